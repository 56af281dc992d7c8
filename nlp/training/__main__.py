"""``python -m nlp.training --data FOLDER --out FOLDER``: makes the files of the engine ``target`` from labelled texts.

Needs the extra ``training``. Follows ``recipe.toml`` beside this file, or another. A data set of your own is a file of lines
``{"text": …, "target": … or null, "label": -1, 0 or 1}`` named in the recipe's ``[passes]``.
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer

from nlp.pairs import pair
from nlp.training.calibrate import calibrate
from nlp.training.data import Example, Split, diet, file_of, fingerprint, keys, read, rows
from nlp.training.export import export, prune, pruned_tokenizer, run
from nlp.training.fit import Ids, Recipe, encode, fit, mean_of, predict
from nlp.training.invented import examples
from nlp.training.model import TargetClassifier
from nlp.training.other_targets import other_pairs

PRECISION = 0.80
"""Of "positive" and "negative" where the engine is sure, on texts that were not learned from."""

STUDENT = 0
"""The student's seed."""
INVENTED = "invented"
PAIRS = "pairs"
SHOWN = 150
"""Texts of each set by which the ranges of the int8 numbers are fixed."""


class Course(NamedTuple):
    """The texts as the network reads them, by set."""

    splits: Mapping[str, Split]
    encoded: Mapping[str, list[Ids]]

    @property
    def labels(self) -> dict[str, list[int]]:
        return {name: [one.label for one in split.training] for name, split in self.splits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m nlp.training", description="Make the model of the engine `target`.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with the labelled texts")
    parser.add_argument("--out", type=Path, required=True, help="where the model goes")
    parser.add_argument("--recipe", type=Path, default=Path(str(files("nlp.training") / "recipe.toml")))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--work", type=Path, help="keep each network here, and go on from those that are there")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    make(tomllib.loads(wanted.recipe.read_text(encoding="utf-8")), wanted.data, wanted.out, wanted.work)


def make(recipe: Mapping[str, Any], data: Path, out: Path, work: Path | None) -> None:
    """Fit the teachers, the student, what is taught by both on further pairs, and the finish; calibrate and write their mean."""
    base = Path(str(files(recipe["base"]) / "model"))
    held_out = [file_of(data, name) for name in recipe["validation"]["files"]]
    paths = {name: file_of(data, name) for name in recipe["passes"]}
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(recipe["max_tokens"])
    tokenizer.encode_special_tokens = True
    kept_out = keys(held_out)
    splits = {name: read(path, kept_out) for name, path in paths.items()}
    learnt = {name: split.training for name, split in splits.items()}
    course = Course(splits, {name: encode(tokenizer, split.training) for name, split in splits.items()})
    passes = {name: float(times) for name, times in recipe["passes"].items()}
    numbers = Recipe(
        **{name: recipe[name] for name in ("learning_rate", "batch", "warm_up", "weight_decay", "label_smoothing", "averaging")}
    )

    def teacher(seed: int) -> TargetClassifier:
        torch.manual_seed(seed)
        plan = diet(learnt, passes, seed)
        network = TargetClassifier(base, recipe["dropout"])
        return fit(network, plan, course.encoded, course.labels, numbers, seed, told=_told(f"teacher {seed}"))

    teachers = [_kept(work, f"teacher-{seed}", base, lambda seed=seed: teacher(seed)) for seed in recipe["seeds"]]  # type: ignore[misc]  # binds this turn's seed

    def student() -> TargetClassifier:
        torch.manual_seed(STUDENT)
        its = recipe["student"]
        said = {
            name: torch.stack([predict(one, items).softmax(1) for one in teachers]).mean(0)
            for name, items in course.encoded.items()
        }
        plan = diet(learnt, its["passes"], STUDENT)
        taught = replace(numbers, from_teachers=its["from_teachers"])
        network = TargetClassifier(base, recipe["dropout"])
        return fit(network, plan, course.encoded, course.labels, taught, STUDENT, teachers=said, told=_told("student"))

    def paired() -> TargetClassifier:
        its = recipe["pairs"]
        pairs = other_pairs(paths, its["wanted"], kept_out, its["seed"])
        made = examples(its["invented"], STUDENT)
        encoded = {PAIRS: encode(tokenizer, [Example(first, second, 0) for first, second in pairs])}
        encoded |= {INVENTED: encode(tokenizer, made), **course.encoded}
        said = {
            name: torch.stack([predict(one, items).softmax(1) for one in teachers]).mean(0) for name, items in encoded.items()
        }
        labels = {PAIRS: [0] * len(pairs), INVENTED: [one.label for one in made], **course.labels}
        begin = mean_of([*teachers, _kept(work, "student", base, student)])
        taught = replace(numbers, learning_rate=its["learning_rate"], from_teachers=its["from_teachers"])
        torch.manual_seed(its["seed"])
        plan = diet(encoded, its["passes"], its["seed"])
        shares = {PAIRS: 1.0, INVENTED: 0.0}
        return fit(begin, plan, encoded, labels, taught, its["seed"], teachers=said, shares=shares, told=_told("pairs"))

    def finished() -> TargetClassifier:
        torch.manual_seed(STUDENT)
        its = recipe["finish"]
        made = examples(its["invented"], STUDENT)
        plan = diet({INVENTED: made, **learnt}, {INVENTED: 1.0, **its["passes"]}, STUDENT)
        encoded = {INVENTED: encode(tokenizer, made), **course.encoded}
        labels = {INVENTED: [one.label for one in made], **course.labels}
        slowly = replace(numbers, learning_rate=its["learning_rate"], averaging=its["averaging"])
        return fit(_kept(work, "student", base, student), plan, encoded, labels, slowly, STUDENT, told=_told("finish"))

    # Fitted from one beginning, they differ in what they learned by heart, which the mean forgets.
    half = _kept(work, "paired", base, paired)
    network = mean_of([half, half, teachers[-1], _kept(work, "finished", base, finished)])
    write(
        network,
        tokenizer,
        course,
        {path.name.split(".")[0]: path for path in held_out},
        recipe,
        fingerprint([*paths.values()]),
        out,
    )


def write(
    network: TargetClassifier,
    tokenizer: Tokenizer,
    course: Course,
    validation: Mapping[str, Path],
    recipe: Mapping[str, Any],
    data_hash: str,
    out: Path,
) -> None:
    """Export the network, calibrate what the exported one says, and record how it was made."""
    seen = Counter(number for items in course.encoded.values() for ids, _ in items for number in ids)
    stay = prune(tokenizer, seen)
    settings: dict[str, Any] = {
        "version": "1",
        "max_tokens": recipe["max_tokens"],
        "data": data_hash,
        "rows": {name: len(split.training) for name, split in course.splits.items()},
        "recipe": recipe,
    }
    small = pruned_tokenizer(tokenizer, stay)
    small.enable_truncation(recipe["max_tokens"])
    small.encode_special_tokens = True
    shown = [one for split in course.splits.values() for one in encode(small, split.training[:SHOWN])]
    export(network, tokenizer, stay, shown, out, settings)
    kept_out: dict[str, Sequence[Example]] = {name: split.development for name, split in course.splits.items()}
    kept_out |= {name: _examples(path) for name, path in validation.items()}
    sets = {
        name: (run(out, encode(small, examples)), np.array([one.label for one in examples]))
        for name, examples in kept_out.items()
        if examples
    }
    found = calibrate(sets, PRECISION)
    chosen = {"temperature": found.temperature, "logit_shift": list(found.shift), "sure": found.sure, "precision": PRECISION}
    export(network, tokenizer, stay, shown, out, {**settings, **chosen})


def _examples(path: Path) -> list[Example]:
    return [
        Example(*pair(str(row["text"]), None if row.get("target") is None else str(row["target"])), int(str(row["label"])) + 1)
        for row in rows(path)
    ]


def _kept(work: Path | None, name: str, base: Path, make_it: Callable[[], TargetClassifier]) -> TargetClassifier:
    """The network of that name from the work folder, or made and put there."""
    if work is None:
        return make_it()
    place = work / f"{name}.pt"
    if place.is_file():
        network = TargetClassifier(base)
        network.load_state_dict(torch.load(place, weights_only=True))
        return network
    work.mkdir(parents=True, exist_ok=True)
    network = make_it()
    torch.save(network.state_dict(), place)
    return network


def _told(who: str) -> Callable[[int, int, float], None]:
    started = monotonic()

    def tell(step: int, steps: int, loss: float) -> None:
        if step % 200 == 0 or step == steps:
            print(f"{who}: step {step} of {steps}, loss {loss:.3f}, {monotonic() - started:.0f} s", flush=True)  # noqa: T201 - a script

    return tell


if __name__ == "__main__":
    main()
