"""The seams of alerts and bursts: what is read of the store, and what is kept, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from listener.core.alerting import AlertPlan, AlertRecord
from listener.core.analysis import Label
from listener.core.spikes import Measure, SpikeIncident
from listener.core.telling import PersonFacts, Quote


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What happened to cases since alerts were last made of it."""

    seen: int
    """The id of the newest event among these: alerts have been made of all up to it once the plan is saved with it."""
    people: tuple[PersonFacts, ...] = ()
    """Whom the events are about, each with just these events."""
    news: frozenset[int] = frozenset()
    """The mentions, of those that the events name, that are no history and were heard in the week before: neither history, nor a
    backfill, nor what is read anew ever alerts."""


@dataclass(frozen=True, slots=True)
class StorySize:
    """A story in which a brand is criticised: how many tell it, before anybody looks at what it says."""

    story_id: int
    brand: str
    authors: int
    """Distinct authors (by person) who told it in the window, other than our own side."""
    known_as: tuple[int, ...] = ()
    """All ids under which it may have been told before: stories that turn out to be one take the lowest of their ids."""


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """A story in which a brand is criticised, as several tell it."""

    story_id: int
    brand: str
    authors: int
    """Distinct authors (by person) who told it in the window, other than our own side."""
    sources: tuple[str, ...]
    mentions: int
    customers: int
    """Of the authors."""
    reach: int | None
    """The followers of all its authors together, as far as they are known."""
    first_said_at: datetime
    last_heard_at: datetime
    label: Label
    quotes: tuple[Quote, ...] = ()
    """The first words of it, and the most heard ones."""


class AlertBook(Protocol):
    """Alerts as they are kept."""

    def alert_facts(self, now: datetime, limit: int) -> AlertFacts | None:
        """Case events that no alert was made of so far, oldest first, at most so many; ``None`` where there are none.

        Only people of whom something new was heard are told of; words are quoted as they may be at ``now``.
        """
        ...

    def recent(self, subjects: Collection[str], since: datetime) -> Sequence[AlertRecord]:
        """Alerts about the subjects that were opened since then, held ones among them."""
        ...

    def waiting(self, now: datetime, escalate_after: timedelta | None) -> Sequence[AlertRecord]:
        """Alerts that something may become of by themselves: those whose snooze is over, open ones whose case was decided, and
        open ones that nobody acknowledged for so long (``None``: none of these)."""
        ...

    def close_moved(self, now: datetime) -> int:
        """Close alerts whose words turned out to be somebody else's, and withdraw what waits to tell of them; how many."""
        ...

    def save(self, plan: AlertPlan, now: datetime, *, seen: int | None = None) -> None:
        """Keep alerts, changes and messages in one transaction, and that events up to ``seen`` were looked at."""
        ...


@dataclass(frozen=True, slots=True)
class HourlySeries:
    """What was said of one brand, hour by hour, by time of publication (UTC): equally long tuples, oldest first."""

    brand: str
    first: datetime
    """The start of the first hour."""
    mentions: tuple[int, ...]
    """By others than our own side; a copied text counts each time: copies are how a story spreads."""
    negative: tuple[int, ...]
    authors: tuple[int, ...]
    """Distinct ones within the hour."""
    fresh: tuple[int, ...]
    """Of the mentions, those that are no history, nor older than alerts in this store: an hour without any is never an excess."""
    heard: tuple[bool, ...]
    """False for hours in which collection failed: they are no calm, and leave the baseline."""
    since: datetime | None = None
    """From when on the brand was listened to; before that there is no baseline."""

    def said_before(self, at: datetime, hours: int) -> int:
        """How many mentions there were in so many hours before a whole hour within the series."""
        end = round((at - self.first) / timedelta(hours=1))
        return sum(self.mentions[max(end - hours, 0) : end])


@dataclass(frozen=True, slots=True)
class SpikeMark:
    """How far a brand was judged."""

    judged_until: datetime
    """The end of the last hour that was judged."""
    looked_at: datetime
    """When that was done: posts of an hour may be heard later."""


@dataclass(frozen=True, slots=True)
class SpikeFacts:
    """A burst as it is told: with what was said in it, by others than our own side."""

    incident: SpikeIncident
    labels: Mapping[Label, int] = field(default_factory=dict)
    """Of the mentions whose verdict is sure, and of those that have none."""
    authors: int = 0
    """Distinct persons."""
    quotes: tuple[Quote, ...] = ()
    """The most heard posts, of those that the burst is about."""
    topics: tuple[tuple[str, int], ...] = ()
    """Keys of topics, each with how many mentions speak of it, the most frequent first."""
    mentions: int = 0
    """From the first hour that was counted to the last one that was too much."""
    sources: tuple[tuple[str, int], ...] = ()
    """The sources that brought most of them."""
    until: datetime | None = None
    """The end of the window that ``incident.count`` is of, where that is known."""
    learning: bool = False
    """What is usual was not known yet: so many are told of in any case."""


class SpikeBook(Protocol):
    """Counts by the hour, and bursts."""

    def hourly(self, brands: Sequence[str], until: datetime, hours: int) -> Sequence[HourlySeries]:
        """The last so many whole hours before ``until`` of each brand, in the order of the brands."""
        ...

    def marks(self, brands: Sequence[str]) -> Mapping[str, SpikeMark]:
        """How far each brand was judged; brands that never were are missing."""
        ...

    def latest(self, since: datetime) -> Sequence[SpikeIncident]:
        """The bursts that are open, and those that were closed since then."""
        ...

    def open_spikes(self) -> Sequence[SpikeIncident]: ...

    def between(self, since: datetime, until: datetime) -> Sequence[SpikeIncident]:
        """Bursts that began, went on or ended in the window (the digest's)."""
        ...

    def spike_facts(self, incidents: Sequence[SpikeIncident], now: datetime) -> Sequence[SpikeFacts]:
        """What was said in each of the bursts; words are quoted as they may be at ``now``."""
        ...

    def save(self, changed: Sequence[SpikeIncident], judged: Mapping[str, datetime], plan: AlertPlan, now: datetime) -> None:
        """Keep bursts (new ones have no id), until when brands were judged, and the alerts of it, in one transaction."""
        ...


class StoryBook(Protocol):
    """Critiques that several people repeat."""

    def spreading(self, since: datetime, until: datetime, authors: int, brands: Collection[str]) -> Sequence[StorySize]:
        """The stories in which at least so many people criticise one of the brands in the window."""
        ...

    def story_facts(
        self, stories: Collection[StorySize], since: datetime, until: datetime, now: datetime
    ) -> Sequence[StoryFacts]:
        """Those of the stories that are critiques on the whole; quoted as they may be at ``now``."""
        ...


@dataclass(frozen=True, slots=True)
class Blame:
    """One post that is negative of a brand, sure or not. Its words are for finding what recurs; they are not shown."""

    mention_id: int
    person_id: int
    story_id: int
    """The story as which it is told."""
    text: str


@dataclass(frozen=True, slots=True)
class PhraseUse:
    """Who uses a phrase of a brand: persons, other than our own side."""

    people: int
    """In the window."""
    against: int
    """Of these, who was negative, sure or not."""
    surely: int
    """Of these, who was surely negative."""
    earlier: int
    """In the time before the window."""
    heard: timedelta
    """For so long before the window the brand was heard, at most the time that was asked for."""


class BlameBook(Protocol):
    """What is held against a brand, each in words of their own."""

    def blame(self, brand: str, since: datetime, until: datetime) -> Sequence[Blame]:
        """The posts of the window that are negative of the brand, sure or not."""
        ...

    def phrase_use(self, brand: str, words: Sequence[str], since: datetime, until: datetime, before: timedelta) -> PhraseUse:
        """Who used these words, in this order, of the brand."""
        ...

    def said_in(self, brand: str, mention_ids: Collection[int], now: datetime) -> StoryFacts | None:
        """These posts as one story, quoted as they may be at ``now``."""
        ...


__all__ = [
    "AlertBook",
    "AlertFacts",
    "Blame",
    "BlameBook",
    "HourlySeries",
    "Measure",
    "PhraseUse",
    "SpikeBook",
    "SpikeFacts",
    "SpikeMark",
    "StoryBook",
    "StoryFacts",
    "StorySize",
]
