"""Labelled texts: read, split by their words, and sampled into a balanced diet."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nlp.pairs import pair

_WORDLESS = re.compile(r"(?:https?://|www\.)\S+|[^\w@]+|@\w+")
_SHARE = 10
"""One text in so many is kept for choosing, by a hash of its words: the same text falls on the same side in every file."""


class Example(NamedTuple):
    """A labelled text: the two segments as the encoder reads them, and the class 0, 1, 2 (negative, neutral, positive)."""

    first: str
    second: str
    label: int


class Split(NamedTuple):
    """One data set: what is learned from, and what is chosen by."""

    training: list[Example]
    development: list[Example]


def file_of(folder: Path, name: str) -> Path:
    """The file of a data set.

    Raises:
        SystemExit: there is none; the message names it.
    """
    for ending in (".jsonl.gz", ".jsonl"):
        if (folder / f"{name}{ending}").is_file():
            return folder / f"{name}{ending}"
    raise SystemExit(f"there is no {name}.jsonl or {name}.jsonl.gz in {folder}")


def rows(path: Path) -> Iterator[dict[str, object]]:
    """The JSON objects of a file of lines, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def key(text: str) -> str:
    """A hash of the text's words: the same for copies that differ in case, links, handles or punctuation."""
    words = _WORDLESS.sub("", text.lower().replace("@user", ""))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def is_for_choosing(its: str) -> bool:
    """Whether the text of that key is kept for choosing, and so never learned from."""
    return int(its, 16) % _SHARE == 0


def read(path: Path, held_out: frozenset[str] = frozenset()) -> Split:
    """A data set of ``{"text", "target", "label"}`` lines; texts whose key is in ``held_out`` are left out altogether."""
    split = Split([], [])
    for row in rows(path):
        text, target = str(row["text"]), row.get("target")
        name = key(text)
        if name in held_out:
            continue
        example = Example(*pair(text, None if target is None else str(target)), int(str(row["label"])) + 1)
        (split.development if is_for_choosing(name) else split.training).append(example)
    return split


def keys(paths: Iterable[Path]) -> frozenset[str]:
    """The keys of all texts of some files."""
    return frozenset(key(str(row["text"])) for path in paths for row in rows(path))


def fingerprint(paths: Sequence[Path]) -> str:
    """A hash of the files' contents, whatever their compression: recorded with the model."""
    whole = hashlib.sha256()
    for path in sorted(paths, key=lambda one: one.name):
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as content:
            whole.update(path.name.split(".")[0].encode() + b"\0")
            while block := content.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()


def diet(sets: Mapping[str, Sequence[object]], passes: Mapping[str, float], seed: int) -> list[tuple[str, int]]:
    """What is read in which order, as ``(set, index)``: each set as often as ``passes`` says, evenly spread over the whole."""
    chance = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    placed: list[tuple[float, str, int]] = []
    for name, examples in sets.items():
        wanted = round(len(examples) * passes[name])
        order: list[int] = []
        while len(order) < wanted:
            once = list(range(len(examples)))
            chance.shuffle(once)
            order += once
        placed += [((i + chance.random()) / wanted, name, index) for i, index in enumerate(order[:wanted])]
    placed.sort()
    return [(name, index) for _, name, index in placed]
