"""The lines that a digest is made of, each with how it is read from its JSON form again.

All text of strangers in them has been through ``one_line``; every moment is in the reader's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from listener.core.analysis import Label
from listener.core.cases import CaseKind
from listener.core.telling import Health


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
class ProposalLine:
    """An author who may be a customer: for the reader to confirm or to refuse."""

    author_id: int
    person_id: int
    customer_id: int
    mention_id: int
    author: str
    """Name and platform."""
    customer: str
    """Name and company; of who is called as the author is, the company."""
    sure: str
    """How likely, in percent."""
    evidence: str
    """What it rests on, in words."""
    link: str
    """The command that confirms it."""
    refuse: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Cases of one kind that were told before and still wait."""

    kind: CaseKind
    number: int
    since: date
    """When the oldest was opened."""


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


def plain_json(value: object) -> str:
    """For ``json.dumps``: days and moments as ISO 8601; anything else of no JSON form is a defect."""
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def quote_line(raw: dict[str, Any]) -> QuoteLine:
    """What ``asdict`` made of it."""
    return QuoteLine(**raw | {"label": Label(raw["label"]), "said_at": datetime.fromisoformat(raw["said_at"])})


def coverage_line(raw: dict[str, Any]) -> CoverageLine:
    """What ``asdict`` made of it."""
    until = raw["heard_until"]
    return CoverageLine(
        **raw | {"health": Health(raw["health"]), "heard_until": until and datetime.fromisoformat(until)},
    )


def heard_line(raw: dict[str, Any] | None) -> HeardLine | None:
    """A digest that an older version stored has none."""
    if raw is None:
        return None
    until = raw["heard_until"]
    return HeardLine(tuple(raw["sources"]), int(raw["more"]), until and datetime.fromisoformat(until))


def hidden_lines(raw: dict[str, Any] | None) -> Hidden | None:
    """What ``asdict`` made of it."""
    if raw is None:
        return None
    posts = (HiddenLine(**item | {"said_at": datetime.fromisoformat(item["said_at"])}) for item in raw["posts"])
    return Hidden(int(raw["number"]), tuple(raw["reasons"]), tuple(posts))


def waiting_line(raw: dict[str, Any]) -> WaitingLine:
    """What ``asdict`` made of it."""
    return WaitingLine(CaseKind(raw["kind"]), int(raw["number"]), date.fromisoformat(raw["since"]))
