"""What the weekly edition is made of: how much was said week by week, of what and of whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from listener.core.analysis import Label
from listener.core.cases import Action, CaseKind, EventKind
from listener.core.spikes import SpikeIncident
from listener.core.standing import Stance
from listener.core.telling import Coverage

WEEK = 7
"""Days."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Whole weeks of somebody's calendar, one after the other, as their days and the moments between these."""

    days: tuple[date, ...]
    edges: tuple[datetime, ...]
    """Where each day begins, in UTC, and where the last one ends: one more than ``days``."""

    @classmethod
    def before(cls, day: date, zone: tzinfo, number: int) -> Weeks:
        """So many weeks up to the beginning of that day; days have 23 or 25 hours where the clocks change."""
        first = day - timedelta(days=WEEK * number)
        days = tuple(first + timedelta(days=n) for n in range(WEEK * number))
        edges = tuple(datetime.combine(each, time.min, zone).astimezone(UTC) for each in (*days, day))
        return cls(days, edges)

    @property
    def number(self) -> int:
        return len(self.days) // WEEK

    @property
    def since(self) -> datetime:
        """Where the last week begins."""
        return self.edges[-WEEK - 1]

    @property
    def until(self) -> datetime:
        return self.edges[-1]

    def starts(self) -> Sequence[datetime]:
        """Where each week begins."""
        return self.edges[:-1:WEEK]

    def first_days(self) -> Sequence[date]:
        return self.days[::WEEK]


@dataclass(frozen=True, slots=True)
class DayCount:
    """What others than our own side said of us on one day, by the time of publication; a post counts once."""

    labels: Mapping[Label, int] = field(default_factory=dict)
    """Posts in their authors' own words, by sure verdicts; ``UNSCORED`` among them."""
    unsure: int = 0
    shared: int = 0
    """Posts that only pass on another's words."""

    @property
    def mentions(self) -> int:
        return sum(self.labels.values()) + self.unsure + self.shared


@dataclass(frozen=True, slots=True)
class VoiceCount:
    """How many posts named a target in the last week, and in the one before. ``key`` is empty for us ourselves."""

    key: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class TopicWeek:
    """How often a topic of a brand was spoken of in one week, in somebody's own words."""

    brand: str
    topic: str
    week: int
    """Of the weeks asked for: the last has the highest number."""
    labels: Mapping[Label, int]
    """The sentiment toward the topic, where it is sure."""
    unsure: int = 0

    @property
    def mentions(self) -> int:
        return sum(self.labels.values()) + self.unsure


@dataclass(frozen=True, slots=True)
class Whose:
    """Which person and brand something is about: what a recipient's filter needs."""

    person_id: int
    brand: str
    segment: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A customer's stance as it was when the week began (``None``: there was none) and as it is at its end."""

    whose: Whose
    before: Stance | None
    after: Stance


@dataclass(frozen=True, slots=True)
class Step:
    """That something happened to a customer's case in the week, however often."""

    whose: Whose
    kind: CaseKind
    event: EventKind
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up that was opened in the week, or answered in it, or that is overdue at its end."""

    whose: Whose
    opened_at: datetime
    contacted_at: datetime | None = None
    """When it was first answered in the week."""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """A customer who spoke of us in the week."""

    whose: Whose
    name: str
    company: str | None
    mentions: int
    positive: int
    negative: int
    stance: Stance | None = None
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True)
class TrendFacts:
    """What the store knows of some weeks, of some brands together, before anything is compared or chosen."""

    weeks: Weeks
    days: tuple[DayCount, ...]
    """One for each day of the weeks."""
    authors: tuple[int, ...]
    """Distinct ones, week by week."""
    voices: tuple[VoiceCount, ...] = ()
    topics: tuple[TopicWeek, ...] = ()
    turns: tuple[Turn, ...] = ()
    steps: tuple[Step, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    """All customers who spoke in the last week."""
    spikes: tuple[SpikeIncident, ...] = ()
    """Bursts that were going on in the last week."""
    coverage: tuple[Coverage, ...] = ()
    """Of the last week."""
    began: datetime | None = None
    """When listening began; of the time before there is only what sources still had."""
    added: tuple[str, ...] = ()
    """Sources that were first heard in the last two weeks, where listening began before."""


class TrendBook(Protocol):
    """Telling reads here what the weekly edition is made of."""

    def trend_facts(self, weeks: Weeks, brands: Sequence[str]) -> TrendFacts:
        """What is known of the weeks about these brands together."""
        ...

    def began(self) -> datetime | None:
        """When listening began; ``None`` before anything was heard."""
        ...
