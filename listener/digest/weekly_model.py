"""The weekly edition as data: what is shown, already compared, chosen and worded, and its JSON form.

All text of strangers in it has been through ``one_line``. Nothing but an item of ``people`` holds personal data, so that erasing
a person is removing these.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from listener.core.recipients import Edition
from listener.digest.parts import plain_json

VERSION = 1


@dataclass(frozen=True, slots=True)
class Bar:
    """What was said in one week, or on one day, in pieces that add up to ``mentions``."""

    first: date
    mentions: int
    positive: int
    neutral: int
    mixed: int
    negative: int
    unjudged: int
    """Unsure, not scored, or another's words passed on."""
    whole: bool = True
    """False for a week that began before listening did: it holds only what sources still had."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How many posts named us or a competitor, and how many in the week before (``None``: no whole one)."""

    name: str
    mentions: int
    before: int | None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class TopicTrend:
    """How often a topic was spoken of; ``usual`` is the mean of up to four weeks before, ``None`` where there is no whole one."""

    name: str
    mentions: int
    usual: float | None
    positive: int
    negative: int
    unsure: int = 0
    way: str = ""
    """``up`` or ``down`` where that is more than chance."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with what it counts, in words."""

    label: str
    value: int
    tone: str = "changed"


@dataclass(frozen=True, slots=True)
class WeeklyPerson:
    """A customer who spoke often."""

    person_id: int
    name: str
    company: str | None
    mentions: int
    positive: int
    negative: int
    stance: str = ""
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True)
class Weekly:
    """The edition of the seven days before ``day``."""

    day: date
    zone: str
    since: datetime
    until: datetime
    brand: str
    """The keys of its brands, or ``all``."""
    title: str
    week: str
    """``week 47``, or ``13–19 Nov`` where weeks begin on another day than Monday."""
    headline: str
    changed: tuple[str, ...]
    mentions: str
    """How many, by how many people, in a sentence."""
    weeks: tuple[Bar, ...]
    days: tuple[Bar, ...]
    voices: tuple[Voice, ...] = ()
    """Us first, then those most spoken of, at last all others as one; empty where no competitor is configured."""
    topics: tuple[TopicTrend, ...] = ()
    turns: tuple[Number, ...] = ()
    turns_first: str = ""
    """What was found out of customers who had no stance before; no change."""
    funnel: tuple[Number, ...] = ()
    follow_ups: str = ""
    overdue: int = 0
    spikes: tuple[str, ...] = ()
    people: tuple[WeeklyPerson, ...] = ()
    people_more: int = 0
    coverage: str = ""
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What keeps the numbers from being comparable, and whom the figures of customers are about."""

    @property
    def last(self) -> date:
        return self.days[-1].first

    def to_json(self) -> str:
        """One JSON object; equal editions give equal bytes."""
        named = {"version": VERSION, "edition": str(Edition.WEEKLY), **asdict(self)}
        return json.dumps(named, ensure_ascii=False, separators=(",", ":"), default=plain_json)

    @classmethod
    def from_json(cls, data: str) -> Weekly:
        """The edition that ``to_json`` wrote, less the people that erasure removed.

        Raises:
            ValueError: it is none, or one of a later version of the program.
        """
        raw = json.loads(data)
        if not isinstance(raw, dict) or (raw.pop("version", None), raw.pop("edition", None)) != (VERSION, Edition.WEEKLY):
            raise ValueError(f"the stored digest is no weekly edition of version {VERSION}")
        try:
            return _weekly(raw)
        except (KeyError, TypeError) as problem:
            raise ValueError("the stored weekly edition lacks something, or has something unknown") from problem


def _weekly(raw: dict[str, Any]) -> Weekly:
    return Weekly(
        **raw
        | {
            "day": date.fromisoformat(raw["day"]),
            "since": datetime.fromisoformat(raw["since"]),
            "until": datetime.fromisoformat(raw["until"]),
            "weeks": tuple(_bar(item) for item in raw["weeks"]),
            "days": tuple(_bar(item) for item in raw["days"]),
            "voices": tuple(Voice(**item) for item in raw["voices"]),
            "topics": tuple(TopicTrend(**item) for item in raw["topics"]),
            "turns": tuple(Number(**item) for item in raw["turns"]),
            "funnel": tuple(Number(**item) for item in raw["funnel"]),
            "people": tuple(WeeklyPerson(**item) for item in raw["people"]),
            **{name: tuple(raw[name]) for name in ("changed", "spikes", "gaps", "notes")},
        }
    )


def _bar(raw: dict[str, Any]) -> Bar:
    return Bar(**raw | {"first": date.fromisoformat(raw["first"])})
