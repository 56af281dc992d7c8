"""Labelled texts made of the sentences of ``invented.toml``: how customers of software speak, free of anybody's terms."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from nlp.pairs import pair
from nlp.training.data import Example

Row = tuple[str, str, int]
"""Text, target, label (-1, 0, 1)."""


def examples(count: int, seed: int) -> list[Example]:
    """``count`` texts, the same for the same seed, as the encoder reads them."""
    sentences = tomllib.loads((files("nlp.training") / "invented.toml").read_text(encoding="utf-8"))
    chance = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    made: list[Example] = []
    while len(made) < count:
        made += [Example(*pair(text, target), label + 1) for text, target, label in _one(sentences, chance)]
    return made[:count]


def _one(sentences: dict[str, Any], chance: random.Random) -> Iterator[Row]:
    """A text, toward one or two of the names in it."""
    names = [_spelled(name, chance) for name in chance.sample(sentences["names"], 2)]
    form = chance.random()
    if form < 0.2:
        both = chance.choice(sentences["compared"])
        text = _framed(both["text"].replace("{A}", names[0]).replace("{B}", names[1]), sentences, chance)
        yield text, names[0], both["a"]
        yield text, names[1], both["b"]
        return
    label = chance.choice([-1, 0, 1])
    kind = {-1: "negative", 0: "neutral", 1: "positive"}[label]
    if form < 0.35:
        feature = chance.choice(sentences["features"])
        said = chance.choice(sentences[f"of_feature_{kind}"]).replace("{F}", feature).replace("{T}", names[0])
        yield _framed(said, sentences, chance), feature, label
        return
    said = chance.choice(sentences[kind]).replace("{T}", names[0]).replace("{O}", names[1])
    if label:
        said = f"{said} {chance.choice(sentences[f'after_{kind}'])}".strip()
    if form > 0.8:  # what is said of another beside it is not said of the target
        kind = chance.choice(["positive", "negative", "neutral"])
        other = chance.choice(sentences[kind]).replace("{T}", names[1]).replace("{O}", chance.choice(sentences["names"]))
        said = f"{said} {other}" if chance.random() < 0.5 else f"{other} {said}"
    yield _framed(said, sentences, chance), names[0], label


def _framed(said: str, sentences: dict[str, Any], chance: random.Random) -> str:
    """The words between sentences that say nothing of anybody, maybe under a title."""
    text = " ".join(part for part in (chance.choice(sentences["around"]), said, chance.choice(sentences["around"])) if part)
    title = chance.choice(sentences["titles"])
    return f"{title}\n\n{text}" if title else text


def _spelled(name: str, chance: random.Random) -> str:
    """The name as people write it."""
    form = chance.random()
    if form < 0.08:
        return "@" + name.replace(" ", "").lower()
    if form < 0.14:
        return "#" + name.replace(" ", "")
    return name.lower() if form < 0.24 else name
