"""Edits that syndication makes to a text, for volume beside the pairs written by hand in ``data/near_duplicates.jsonl``.

python benchmarks/near_variants.py      write the made pairs of that file anew, from the texts of its hand-written ones
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "near_duplicates.jsonl"
SHORT = 45
"""Words of the short posts that are made from the beginnings of long ones."""

Edit = Callable[[str, random.Random], str]

_CITIES = ("LONDON", "Halden", "BERGEN", "NEW YORK", "Oslo")
_HEADLINES = (
    "What users say about Quillon this week",
    "Read this before you sign anything",
    "Quillon in the news",
    "A view from the office",
    "Found on the web: paperless, one more time",
)
_ADS = (
    "Advertisement: Save 20% on office chairs until Sunday.",
    "Sign up for our daily newsletter and never miss a story.",
    "Story continues below. Related: the ten best printers of the year",
)
_ENDS = (
    "Read more at https://news.example/story?utm_medium=rss",
    "The post appeared first on The Desk.",
    "Continue reading on the original site. Filed under: software, office.",
    "(c) Nordwire. All rights reserved.",
)
_LEADS = (
    "Here is what one writer had to say about it.",
    "According to a report that reached us this morning, things have moved.",
    "A reader sent us the following lines, which we print in full.",
)
_OTHER_WORDS = {"because": "since", "which": "that", "everybody": "everyone", "nobody": "no one", "but": "though", "year": "yr"}


def agency(text: str, rng: random.Random) -> str:
    return f"{rng.choice(_CITIES)} (Wire) - {text}"


def headline(text: str, rng: random.Random) -> str:
    return f"{rng.choice(_HEADLINES)}\n\n{text}"


def read_more(text: str, rng: random.Random) -> str:
    return f"{text} {rng.choice(_ENDS)}"


def typography(text: str, rng: random.Random) -> str:  # noqa: ARG001 - an edit like the others
    curly = text.replace(" - ", " \u2014 ").replace("'", "\u2019").replace(", ", ",\u00a0")
    return curly.replace(' "', " \u201c").replace('"', "\u201d").replace(". ", ".  ")


def html(text: str, rng: random.Random) -> str:
    sentences = [f"<p>{escape(part)}.</p>" for part in text.rstrip(".").split(". ")]
    spot = rng.randrange(len(sentences))
    sentences[spot] += '<a href="https://news.example/x">&nbsp;</a>'
    return "\n".join(sentences)


def advert(text: str, rng: random.Random) -> str:
    sentences = text.split(". ")
    spot = rng.randrange(1, max(2, len(sentences)))
    return ". ".join(sentences[:spot]) + f".\n{rng.choice(_ADS)}\n" + ". ".join(sentences[spot:])


def reorder(text: str, rng: random.Random) -> str:
    sentences = text.rstrip(".").split(". ")
    spot = rng.randrange(1, max(2, len(sentences)))
    return ". ".join([*sentences[spot:], *sentences[:spot]]) + "."


def lead(text: str, rng: random.Random) -> str:
    """The first words told otherwise."""
    words = text.split()
    return f"{rng.choice(_LEADS)} {' '.join(words[rng.randrange(3, max(4, len(words) // 12)) :])}"


def cut(text: str, rng: random.Random) -> str:
    words = text.split()
    return " ".join(words[: round(len(words) * rng.uniform(0.8, 0.95))]) + " […]"


def reworded(text: str, rng: random.Random) -> str:  # noqa: ARG001 - an edit like the others
    words = text.split()
    return " ".join(_OTHER_WORDS.get(word, word) if number % 2 else word for number, word in enumerate(words))


EDITS: Sequence[Edit] = (agency, headline, read_more, typography, html, advert, reorder, lead, cut, reworded)


def quoted(text: str, comment: str, rng: random.Random) -> str:
    """A part of the text, in quotation marks or not, and then somebody's own words."""
    words, own = text.split(), comment.split()
    start = rng.randrange(max(1, len(words) // 2))
    part = " ".join(words[start : start + rng.randrange(20, 40)]).strip(".,").replace('"', "'")
    said = f'"{part}."' if rng.random() < 0.5 else f"{part}."
    return f"{said} {' '.join(own[: rng.randrange(30, 60)])}."


def half(text: str) -> str:
    """Which half of the set a text's pairs are in: all pairs of a text are in the same."""
    return ("development", "held-out")[sha256(text[:60].encode()).digest()[0] % 2]


def read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def make(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Pairs made of the texts: duplicates with one to three edits, of the whole and of its beginning; and quotations."""
    rows: list[dict[str, Any]] = []
    for number, text in enumerate(texts):
        rng = random.Random(number)
        short = " ".join(text.split()[:SHORT]).rstrip(".,") + "."
        common = {"made": True, "half": half(text)}
        for turn, whole in enumerate((text, text, text, text, text, short, short)):
            edits = rng.sample(EDITS, 1 if whole is short else 1 + turn % 3)
            edited = whole
            for edit in sorted(edits, key=EDITS.index):
                edited = edit(edited, rng)
            kind = "+".join(sorted(edit.__name__ for edit in edits))
            rows.append({"kind": ("short:" if whole is short else "") + kind, "same": True, **common, "a": whole, "b": edited})
        for step in (1, 2, 3):
            comment = texts[(number + step) % len(texts)]
            rows.append({"kind": "made-quote", "same": False, **common, "a": text, "b": quoted(text, comment, rng)})
    return rows


def main() -> None:
    by_hand = [row for row in read() if not row["made"]]
    texts = list(dict.fromkeys(row["a"] for row in by_hand if len(row["a"].split()) > 2 * SHORT))
    lines = [json.dumps(row, ensure_ascii=False) for row in [*by_hand, *make(texts)]]
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
