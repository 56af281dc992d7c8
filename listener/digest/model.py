"""The digest as data: what is shown, already chosen, ranked and worded, and its JSON form.

All text of strangers in it has been through ``one_line``. Every moment is in the reader's zone. Nothing but an item of
``people``, and of the ``posts`` of ``hidden``, holds personal data, so that erasing a person is removing these; the subject is
computed from what is left. A recurring phrase is of several authors, and no name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from listener.core.analysis import Label
from listener.core.telling import Health

VERSION = 1


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One mention as it is shown. ``text`` is empty where the source's terms do not allow quoting."""

    mention_id: int
    text: str
    alias: str
    """The spelling of the target to mark in ``text``; may be empty."""
    label: Label
    verdict: str
    """The label in words: ``negative``, ``positive, unsure``, ``not scored: German``."""
    said_at: datetime
    where: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One person and the most urgent matter about them."""

    person_id: int
    section: str
    urgency: str
    """The section's own grade of the matter: ``overdue``, ``new``, …"""
    status: str
    """The grade in words, short: ``overdue since 2026-11-20``."""
    brand: str
    name: str
    job_title: str | None
    company: str | None
    segment: str | None
    owner: str | None
    contact_id: str | None
    do_not_contact: bool
    reach: int | None
    standing: str
    why: str
    """What the standing rests on, one line; may be empty."""
    evidence: str
    """How we know who this is, one line."""
    step: str
    """What to do next, one sentence."""
    command: str
    """The command that records it."""
    quotes: tuple[QuoteLine, ...] = ()
    also: tuple[str, ...] = ()
    """Further matters about the same person, a line each."""

    @property
    def about(self) -> str:
        """Job title, company and segment in one line; may be empty."""
        place = ", ".join(part for part in (self.job_title, self.company) if part)
        return f"{place} ({self.segment})" if place and self.segment else place or self.segment or ""


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """How well one source was heard, in words."""

    source: str
    kind: str
    health: Health
    heard_until: datetime | None
    remark: str
    """What is missing and why; empty where nothing is."""
    lost: str = ""
    """What was lost for good, and why."""
    notice: str = ""
    """What a person should know or do."""
    spent: str = ""
    """What it used of its allowances, where these are counted."""

    @property
    def is_whole(self) -> bool:
        """Whether it was heard without any gap."""
        return self.health is Health.OK and not self.lost


@dataclass(frozen=True, slots=True)
class HeardLine:
    """The sources of which there is nothing to say but that they were heard: they share one line."""

    sources: tuple[str, ...]
    more: int
    """Further ones, not named."""
    heard_until: datetime | None
    """All of them were heard until then."""

    @property
    def number(self) -> int:
        return len(self.sources) + self.more


@dataclass(frozen=True, slots=True)
class TopicLine:
    """What was said of a topic, in numbers; ``name`` is a configured topic, or a phrase that recurs."""

    name: str
    mentions: int
    positive: int
    negative: int
    authors: int = 0
    """Of a recurring phrase."""
    unsure: int = 0
    """Of the mentions, a copied one counted once."""


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """A post that was hidden as not relevant, on one line; ``text`` is empty where its terms do not allow quoting."""

    mention_id: int
    why: str
    text: str
    said_at: datetime
    where: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was hidden: how many posts for which reason (in words, the most frequent first), and a sample of them."""

    number: int
    reasons: tuple[str, ...]
    posts: tuple[HiddenLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What was heard in the window: ``mentions`` about us, and the ``stories`` they tell; ``unmatched`` counts authors.

    ``labels`` count the stories that somebody told in their own words, by sure verdicts; ``unsure`` are the rest of them.
    """

    mentions: int = 0
    customers: int = 0
    unmatched: int = 0
    own_side: int = 0
    unscored: int = 0
    labels: Mapping[Label, int] = field(default_factory=dict)
    unsure: int = 0
    stories: int = 0
    """0 in what an older version stored."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of one day. ``brand`` is the brand's key, or ``all``; ``title`` names the brands for people."""

    day: date
    zone: str
    since: datetime
    until: datetime
    brand: str
    title: str
    counts: Counts
    people: tuple[Entry, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    """People who are not shown because of the limit, by section."""
    coverage: tuple[CoverageLine, ...] = ()
    coverage_heard: HeardLine | None = None
    """Sources without a line of their own because they were heard and there is nothing more to say."""
    coverage_more: int = 0
    """Further sources, all without gaps unless ``coverage_more_gaps`` says otherwise."""
    coverage_more_gaps: int = 0

    topics: tuple[TopicLine, ...] = ()
    themes: tuple[TopicLine, ...] = ()
    hidden: Hidden | None = None
    """``None`` where nothing was hidden."""

    @property
    def totals(self) -> Mapping[str, int]:
        """How many people are in each section, shown or not."""
        return Counter(entry.section for entry in self.people) + Counter(self.more)

    def to_json(self) -> str:
        """One JSON object; equal digests give equal bytes."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False, separators=(",", ":"), default=_plain)

    @classmethod
    def from_json(cls, data: str) -> Digest:
        """The digest that ``to_json`` wrote, less the people that erasure removed.

        Raises:
            ValueError: it is not a digest, or one of a later version of the program.
        """
        raw = json.loads(data)
        if not isinstance(raw, dict) or raw.pop("version", None) != VERSION:
            raise ValueError(f"the stored digest is not of version {VERSION}")
        try:
            return _digest(raw)
        except (KeyError, TypeError) as problem:
            raise ValueError("the stored digest lacks something, or has something unknown") from problem


@dataclass(frozen=True, slots=True)
class Rendered:
    """One digest, ready to be sent: both parts say the same."""

    subject: str
    text: str
    html: str


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _digest(raw: dict[str, Any]) -> Digest:
    return Digest(
        **raw
        | {
            "day": date.fromisoformat(raw["day"]),
            "since": datetime.fromisoformat(raw["since"]),
            "until": datetime.fromisoformat(raw["until"]),
            "counts": Counts(**raw["counts"] | {"labels": {Label(key): n for key, n in raw["counts"]["labels"].items()}}),
            "people": tuple(_entry(item) for item in raw["people"]),
            "coverage": tuple(_coverage(item) for item in raw["coverage"]),
            "coverage_heard": _heard(raw.get("coverage_heard")),
            # What an older version stored has none of these.
            "topics": tuple(TopicLine(**item) for item in raw.get("topics", ())),
            "themes": tuple(TopicLine(**item) for item in raw.get("themes", ())),
            "hidden": _hidden(raw.get("hidden")),
        }
    )


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(**raw | {"quotes": tuple(_quote(item) for item in raw["quotes"]), "also": tuple(raw["also"])})


def _quote(raw: dict[str, Any]) -> QuoteLine:
    return QuoteLine(**raw | {"label": Label(raw["label"]), "said_at": datetime.fromisoformat(raw["said_at"])})


def _coverage(raw: dict[str, Any]) -> CoverageLine:
    until = raw["heard_until"]
    return CoverageLine(
        **raw | {"health": Health(raw["health"]), "heard_until": until and datetime.fromisoformat(until)},
    )


def _heard(raw: dict[str, Any] | None) -> HeardLine | None:
    """A digest that an older version stored has none."""
    if raw is None:
        return None
    until = raw["heard_until"]
    return HeardLine(tuple(raw["sources"]), int(raw["more"]), until and datetime.fromisoformat(until))


def _hidden(raw: dict[str, Any] | None) -> Hidden | None:
    if raw is None:
        return None
    posts = (HiddenLine(**item | {"said_at": datetime.fromisoformat(item["said_at"])}) for item in raw["posts"])
    return Hidden(int(raw["number"]), tuple(raw["reasons"]), tuple(posts))
