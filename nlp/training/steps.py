"""The steps of a recipe: teachers, a student, what both teach, the finish, and what a larger network teaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from tokenizers import Tokenizer

from nlp.training.data import Example, Split, diet, file_of, keys, read
from nlp.training.expert import ExpertClassifier, encode_for_expert
from nlp.training.fit import Ids, Network, Recipe, asked, encode, fit, mean_of, predict
from nlp.training.invented import examples
from nlp.training.model import TargetClassifier
from nlp.training.other_targets import other_pairs
from nlp.training.rates import rates
from nlp.training.recipe import INVENTED, PAIRS, RECOMBINED
from nlp.training.recombined import recombined
from nlp.training.rounded import plain, with_rounding

STUDENT = 0
"""The student's seed."""
SHOWN = 150
"""Texts of each set by which the ranges of the int8 numbers are fixed."""


@dataclass(frozen=True)
class Workshop:
    """A recipe, the texts that it names, and the networks made of them."""

    recipe: Mapping[str, Any]
    data: Path
    work: Path | None = None
    larger: Path | None = None

    @cached_property
    def base(self) -> Path:
        return Path(str(files(self.recipe["base"]) / "model"))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return self._tokenizer(self.base)

    @cached_property
    def held_out(self) -> dict[str, Path]:
        return {name: file_of(self.data, name) for name in self.recipe["validation"]["files"]}

    @cached_property
    def kept_out(self) -> frozenset[str]:
        return keys(self.held_out.values())

    @cached_property
    def paths(self) -> dict[str, Path]:
        return {name: file_of(self.data, name) for name in self.recipe["passes"]}

    @cached_property
    def splits(self) -> dict[str, Split]:
        return {name: read(path, self.kept_out) for name, path in self.paths.items()}

    @cached_property
    def learnt(self) -> dict[str, list[Example]]:
        return {name: split.training for name, split in self.splits.items()}

    @cached_property
    def encoded(self) -> dict[str, list[Ids]]:
        return {name: encode(self.tokenizer, texts) for name, texts in self.learnt.items()}

    @cached_property
    def labels(self) -> dict[str, list[int]]:
        return labels_of(self.learnt)

    @cached_property
    def numbers(self) -> Recipe:
        names = ("learning_rate", "batch", "warm_up", "weight_decay", "label_smoothing", "averaging")
        return Recipe(**{name: self.recipe[name] for name in names})

    @cached_property
    def teachers(self) -> list[TargetClassifier]:
        return [self._kept(f"teacher-{seed}", self._empty, partial(self._teacher, seed)) for seed in self.recipe["seeds"]]

    @cached_property
    def student(self) -> TargetClassifier:
        return self._kept("student", self._empty, self._student)

    @cached_property
    def paired(self) -> TargetClassifier:
        return self._kept("paired", self._empty, self._paired)

    @cached_property
    def finished(self) -> TargetClassifier:
        return self._kept("finished", self._empty, self._finished)

    @cached_property
    def expert(self) -> ExpertClassifier:
        return self._kept("expert", self._unread_expert, self._expert)

    @cached_property
    def distilled(self) -> TargetClassifier:
        return self._kept("distilled", self._empty, self._distilled)

    @cached_property
    def sharpened(self) -> TargetClassifier:
        return self._kept("sharpened", self._empty, self._sharpened)

    @cached_property
    def rounded(self) -> TargetClassifier:
        return self._kept("rounded", self._empty, self._rounded)

    @cached_property
    def blend(self) -> TargetClassifier:
        """Fitted from one beginning, they differ in what they learned by heart, which the mean forgets."""
        return mean_of([self.paired, self.paired, self.teachers[-1], self.finished])

    @cached_property
    def network(self) -> TargetClassifier:
        """What ships."""
        if "rounded" in self.recipe:
            return mean_of([self.rounded, self.rounded, self._middle])
        if "sharpened" in self.recipe:
            return self._middle
        return self.distilled if "distilled" in self.recipe else self.blend

    @cached_property
    def _middle(self) -> TargetClassifier:
        return mean_of([self.distilled, self.sharpened])

    def _empty(self) -> TargetClassifier:
        return TargetClassifier(self.base, self.recipe["dropout"])

    def _teacher(self, seed: int) -> TargetClassifier:
        torch.manual_seed(seed)
        plan = diet(self.learnt, self.recipe["passes"], seed)
        return fit(self._empty(), plan, self.encoded, self.labels, self.numbers, seed, told=_told(f"teacher {seed}"))

    def _student(self) -> TargetClassifier:
        torch.manual_seed(STUDENT)
        its = self.recipe["student"]
        said = self._said(self.encoded)
        plan = diet(self.learnt, its["passes"], STUDENT)
        taught = replace(self.numbers, from_teachers=its["from_teachers"])
        return fit(self._empty(), plan, self.encoded, self.labels, taught, STUDENT, teachers=said, told=_told("student"))

    def _paired(self) -> TargetClassifier:
        """From the mean of all these on: pairs of a text and another of its names, of which only the teachers say anything."""
        its = self.recipe["pairs"]
        pairs, made = self._pairs(its), examples(its["invented"], STUDENT)
        encoded = {PAIRS: encode(self.tokenizer, pairs), INVENTED: encode(self.tokenizer, made), **self.encoded}
        labels = labels_of({PAIRS: pairs, INVENTED: made, **self.learnt})
        said = self._said(encoded)
        begin = mean_of([*self.teachers, self.student])
        taught = replace(self.numbers, learning_rate=its["learning_rate"], from_teachers=its["from_teachers"])
        torch.manual_seed(its["seed"])
        plan = diet(encoded, its["passes"], its["seed"])
        shares = {PAIRS: 1.0, INVENTED: 0.0}
        return fit(begin, plan, encoded, labels, taught, its["seed"], teachers=said, shares=shares, told=_told("pairs"))

    def _finished(self) -> TargetClassifier:
        torch.manual_seed(STUDENT)
        its = self.recipe["finish"]
        texts = {INVENTED: examples(its["invented"], STUDENT), **self.learnt}
        plan = diet(texts, {INVENTED: 1.0, **its["passes"]}, STUDENT)
        encoded = {INVENTED: encode(self.tokenizer, texts[INVENTED]), **self.encoded}
        slowly = replace(self.numbers, learning_rate=its["learning_rate"], averaging=its["averaging"])
        return fit(self.student, plan, encoded, labels_of(texts), slowly, STUDENT, told=_told("finish"))

    def _unread_expert(self) -> ExpertClassifier:
        return ExpertClassifier(self._larger, self.recipe["expert"]["frozen"], self.recipe["dropout"])

    def _expert(self) -> ExpertClassifier:
        its = self.recipe["expert"]
        torch.manual_seed(its["seed"])
        network = self._unread_expert()
        plan = diet(self.learnt, its["passes"], its["seed"])
        encoded = self._as_expert_reads(self.learnt)
        slower = replace(self.numbers, learning_rate=its["learning_rate"], averaging=its["averaging"])
        rate = rates(int(network.encoder.config.num_hidden_layers), its["layer_decay"])
        return fit(network, plan, encoded, self.labels, slower, its["seed"], rates=rate, told=_told("expert"))

    def _distilled(self) -> TargetClassifier:
        """From the blend on: what the expert and the teachers say of texts, most of which the expert never read."""
        return self._taught("distilled", self.blend)

    def _sharpened(self) -> TargetClassifier:
        """From there on: what they say of texts that are put together from others, too."""
        return self._taught("sharpened", self.distilled)

    def _rounded(self) -> TargetClassifier:
        """From the mean of both on, with the int8 numbers in view: what they say of more texts of every kind."""
        shown = [one for items in self.encoded.values() for one in items[:SHOWN]]
        return plain(self._taught("rounded", with_rounding(self._middle, shown)))

    def _taught(self, step: str, network: TargetClassifier) -> TargetClassifier:
        """The network after the rounds of a step over texts of which the expert and the teachers say what they think."""
        its = self.recipe[step]
        texts = {
            PAIRS: self._pairs(self.recipe["distilled"]),
            INVENTED: examples(its["invented"], its["seed"]),
            **({RECOMBINED: self._recombined(its)} if RECOMBINED in its else {}),
            **self.learnt,
        }
        encoded = {name: encode(self.tokenizer, some) for name, some in texts.items()}
        plan = diet(texts, its["passes"], its["seed"])
        asking = [place for place in plan if place[0] != INVENTED]
        of_expert = asked(self.expert, asking, self._as_expert_reads(texts))
        of_teachers = [asked(one, asking, encoded) for one in self.teachers]
        share = its["from_expert"]
        said = {
            name: share * of_expert[name] + (1 - share) * torch.stack([one[name] for one in of_teachers]).mean(0)
            for name in texts
        }
        recipe = replace(
            self.numbers, learning_rate=its["learning_rate"], averaging=its["averaging"], from_teachers=its["from_teachers"]
        )
        labels, shares = labels_of(texts), {PAIRS: 1.0, RECOMBINED: 1.0, INVENTED: 0.0}
        for more in range(its.get("rounds", 1)):  # the same texts in another order: of opinions one does not tire as of labels
            seed = its["seed"] + more
            torch.manual_seed(seed)
            told = _told(f"{step} {more + 1}")
            network = fit(network, plan, encoded, labels, recipe, seed, teachers=said, shares=shares, told=told)
        return network

    def _recombined(self, its: Mapping[str, Any]) -> list[Example]:
        """Texts put together from others: nobody labelled them either."""
        return [
            Example(*one, 0)
            for name, how in its[RECOMBINED].items()
            for one in recombined(self.paths[name], how["swapped"], how["joined"], self.kept_out, its["seed"])
        ]

    def _said(self, encoded: Mapping[str, list[Ids]]) -> dict[str, torch.Tensor]:
        """What the teachers together say of all of the texts."""
        return {
            name: torch.stack([predict(one, items).softmax(1) for one in self.teachers]).mean(0)
            for name, items in encoded.items()
        }

    def _pairs(self, its: Mapping[str, Any]) -> list[Example]:
        """Pairs that nobody labelled: their label stands for nothing."""
        return [Example(*pair, 0) for pair in other_pairs(self.paths, its["wanted"], self.kept_out, its["seed"])]

    def _as_expert_reads(self, texts: Mapping[str, list[Example]]) -> dict[str, list[Ids]]:
        tokenizer = self._tokenizer(self._larger)
        return {name: encode_for_expert(tokenizer, some) for name, some in texts.items()}

    @property
    def _larger(self) -> Path:
        if self.larger is None:
            raise SystemExit("this recipe has an expert: say with --expert where its encoder is (docs/model-card.md)")
        return self.larger

    def _tokenizer(self, base: Path) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.recipe["max_tokens"])
        tokenizer.encode_special_tokens = True
        return tokenizer

    def _kept(self, name: str, empty: Callable[[], Network], make_it: Callable[[], Network]) -> Network:
        """The network of that name from the work folder, or made and put there."""
        if self.work is None:
            return make_it()
        place = self.work / f"{name}.pt"
        if place.is_file():
            network = empty()
            network.load_state_dict(torch.load(place, weights_only=True))
            return network
        self.work.mkdir(parents=True, exist_ok=True)
        network = make_it()
        torch.save(network.state_dict(), place)
        return network


def labels_of(texts: Mapping[str, list[Example]]) -> dict[str, list[int]]:
    """The labels of each set."""
    return {name: [one.label for one in some] for name, some in texts.items()}


def _told(who: str) -> Callable[[int, int, float], None]:
    started = monotonic()

    def tell(step: int, steps: int, loss: float) -> None:
        if step % 200 == 0 or step == steps:
            print(f"{who}: step {step} of {steps}, loss {loss:.3f}, {monotonic() - started:.0f} s", flush=True)  # noqa: T201 - a script

    return tell
