"""Further targets in labelled texts: pairs that nobody labelled, about which the teachers are asked.

A text with one labelled target names other things too. What the teachers together say of these is new to each of them: unlike
their verdicts on what they learned by heart, it carries what an ensemble knows beyond its members (Hinton et al., 2015).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from nlp.pairs import pair
from nlp.training.data import is_for_choosing, key, rows

_NAME = re.compile(r"#\w{3,}|\b[A-Z][\w'’-]+(?: (?:of |the )?[A-Z][\w'’-]+)*")
_WORD = re.compile(r"\b[a-z]{4,}\b")
_LONGEST = 40
_NAMES_SHARE = 0.75
"""So often a name or a hashtag is taken where the text has one; otherwise any longer word."""
_NO_TARGETS = frozenset(
    _WORD.findall("""
    about after also always because been before being best cant could days didn doesn even ever every from give going good
    great hate have here into isn just know like love made make many more most much need never only other over really should
    some still than that them then there they think this today tomorrow tonight user very want were what when where which
    while will with won would your
    """)
)


def other_pairs(
    paths: Mapping[str, Path], wanted: Mapping[str, float], held_out: frozenset[str], seed: int
) -> list[tuple[str, str]]:
    """Pairs as the encoder reads them, from the texts that are learned from: ``wanted`` a text on average, by set.

    Sets whose texts come with a target give each text once more as a whole, without any.
    """
    chance = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    found: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for name, many in wanted.items():
        for row in rows(paths[name]):
            text, target = str(row["text"]), row.get("target")
            its = key(text)
            if its in held_out or is_for_choosing(its):
                continue
            targets: list[str | None] = list(_others(text, str(target or ""), many, chance))
            if target is not None:
                targets.append(None)
            for other in targets:
                if (its, (other or "").lower()) not in seen:
                    seen.add((its, (other or "").lower()))
                    found.append(pair(text, other))
    return found


def _others(text: str, target: str, many: float, chance: random.Random) -> Iterator[str]:
    known = target.lower()
    names = [at[0] for at in _NAME.finditer(text) if (at.start() or " " in at[0]) and len(at[0]) < _LONGEST]
    names = [name for name in names if name.lower().strip("#") not in _NO_TARGETS and not _same(name.lower(), known)]
    words = [at[0] for at in _WORD.finditer(text) if at[0] not in _NO_TARGETS and not _same(at[0], known)]
    for _ in range(int(many) + (chance.random() < many % 1)):
        if pool := names if names and chance.random() < _NAMES_SHARE else words:
            yield chance.choice(pool)


def _same(name: str, known: str) -> bool:
    return bool(known) and (name in known or known in name)
