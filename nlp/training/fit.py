"""Fitting one network: batches of like length, a warm-up and a linear descent, and the running mean of the weights."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import torch
from tokenizers import Tokenizer

from nlp.training.data import Example
from nlp.training.model import CLASSES, TargetClassifier

Ids: TypeAlias = tuple[list[int], list[int]]
"""Token ids and segment ids of one text, without padding."""
Place: TypeAlias = tuple[str, int]
"""A set's name and the place of a text in it."""
Network = TypeVar("Network", bound=torch.nn.Module)
"""One that gives logits (batch, 3) from ids, mask and segment ids."""

_LIKE = 50  # batches among which texts are sorted by length
_LAST = 0.02  # of the learning rate is left at the end


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of one fitting; ``from_teachers`` is the share of the loss that the teachers' probabilities have."""

    learning_rate: float
    batch: int = 32
    warm_up: float = 0.06
    weight_decay: float = 0.01
    label_smoothing: float = 0.05
    averaging: float = 0.999
    from_teachers: float = 0.0


def encode(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Ids]:
    """The examples as the network reads them."""
    pairs = [(one.first, one.second) if one.second else one.first for one in examples]
    return [(encoding.ids, encoding.type_ids) for encoding in tokenizer.encode_batch(pairs)]


def collate(items: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and segment ids (batch, longest), padded with zeros."""
    longest = max(len(ids) for ids, _ in items)
    ids = torch.zeros(len(items), longest, dtype=torch.long)
    mask, kinds = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (numbers, segments) in enumerate(items):
        ids[row, : len(numbers)] = torch.tensor(numbers)
        kinds[row, : len(numbers)] = torch.tensor(segments)
        mask[row, : len(numbers)] = 1
    return ids, mask, kinds


def predict(network: torch.nn.Module, items: Sequence[Ids]) -> torch.Tensor:
    """Logits (texts, 3) in the order given."""
    network.eval()
    order = sorted(range(len(items)), key=lambda i: len(items[i][0]))
    logits = torch.zeros(len(items), 3)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            logits[chosen] = network(*collate([items[i] for i in chosen])).float()
    return logits


def asked(network: torch.nn.Module, plan: Iterable[Place], encoded: Mapping[str, Sequence[Ids]]) -> dict[str, torch.Tensor]:
    """By set the network's probabilities (texts, 3) of the texts that the plan reads; zeros for the others."""
    read: dict[str, set[int]] = {name: set() for name in encoded}
    for name, i in plan:
        read[name].add(i)
    said = {name: torch.zeros(len(items), CLASSES) for name, items in encoded.items()}
    for name, places in read.items():
        chosen = sorted(places)
        if chosen:
            said[name][chosen] = predict(network, [encoded[name][i] for i in chosen]).softmax(1)
    return said


def batches(plan: Sequence[Place], encoded: Mapping[str, Sequence[Ids]], size: int, seed: int) -> Iterator[list[Place]]:
    """The plan in batches of texts of like length, which stand in no order of length."""
    chance = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    for start in range(0, len(plan), size * _LIKE):
        window = sorted(plan[start : start + size * _LIKE], key=lambda place: len(encoded[place[0]][place[1]][0]))
        cut = [window[i : i + size] for i in range(0, len(window), size)]
        chance.shuffle(cut)
        yield from cut


def fit(
    network: Network,
    plan: Sequence[Place],
    encoded: Mapping[str, Sequence[Ids]],
    labels: Mapping[str, Sequence[int]],
    recipe: Recipe,
    seed: int,
    teachers: Mapping[str, torch.Tensor] | None = None,
    shares: Mapping[str, float] | None = None,
    rates: Callable[[str], float] = lambda name: 1.0,  # noqa: ARG005 - the same for all
    told: Callable[[int, int, float], None] = lambda step, steps, loss: None,  # noqa: ARG005 - a default that says nothing
) -> Network:
    """The running mean of a copy of the network while it learns the plan; ``teachers`` are probabilities (texts, 3) by set.

    ``shares`` says for single sets how much of the loss the teachers have (1: all of it), instead of ``recipe.from_teachers``,
    ``rates`` how much of the learning rate the weights of a name have.
    ``seed`` orders the batches; what is dropped out follows torch's own generator, which the caller seeds.
    """
    network, mean = copy.deepcopy(network), copy.deepcopy(network)
    learnt = [(own, kept) for own, kept in zip(network.parameters(), mean.parameters(), strict=True) if own.requires_grad]
    kinds: dict[tuple[float, float], list[torch.Tensor]] = {}
    for name, own in network.named_parameters():
        if own.requires_grad:
            kinds.setdefault((rates(name), recipe.weight_decay if own.dim() > 1 else 0.0), []).append(own)
    optimizer = torch.optim.AdamW(
        [{"params": own, "lr": recipe.learning_rate * rate, "weight_decay": decay} for (rate, decay), own in kinds.items()],
        fused=True,
    )
    todo = list(batches(plan, encoded, recipe.batch, seed))
    warm = max(1, int(recipe.warm_up * len(todo)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(_LAST, (len(todo) - step) / max(1, len(todo) - warm)))
    )
    network.train()
    for step, batch in enumerate(todo):
        wanted = torch.tensor([labels[name][i] for name, i in batch])
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(*collate([encoded[name][i] for name, i in batch]))
        logits = logits.float()
        losses = torch.nn.functional.cross_entropy(logits, wanted, label_smoothing=recipe.label_smoothing, reduction="none")
        if teachers is not None:
            said = torch.stack([teachers[name][i] for name, i in batch])
            share = torch.tensor([(shares or {}).get(name, recipe.from_teachers) for name, _ in batch])
            losses = (1 - share) * losses - share * (said * logits.log_softmax(1)).sum(1)
        loss = losses.mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([own for own, _ in learnt], 1.0)
        optimizer.step()
        schedule.step()
        keep = min(recipe.averaging, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_([kept for _, kept in learnt], [own for own, _ in learnt], 1 - keep)
        told(step + 1, len(todo), float(loss.detach()))
    return mean


def mean_of(networks: Sequence[TargetClassifier]) -> TargetClassifier:
    """The network whose weights are the mean of the networks' (a "model soup": Wortsman et al., ICML 2022)."""
    mean = copy.deepcopy(networks[0])
    with torch.no_grad():
        for parts in zip(mean.parameters(), *(one.parameters() for one in networks), strict=True):
            parts[0].copy_(torch.stack([part.detach() for part in parts[1:]]).mean(0))
    return mean
