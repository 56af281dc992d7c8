"""What is told to people: the facts behind a digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listener.core.analysis import Label
from listener.core.cases import Case, CaseKind, Event
from listener.core.mention import Gap
from listener.core.people import Match
from listener.core.spikes import SpikeIncident
from listener.core.standing import Stance, Standing


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of one mention that speak of the brand, with what is needed to show them honestly."""

    mention_id: int
    text: str
    alias: str
    """The spelling of the target that the text uses, for marking it; empty where it is not in ``text``."""
    label: Label
    unsure: bool
    said_at: datetime
    platform: str
    source: str
    url: str | None = None
    title: str | None = None
    may_quote: bool = True
    own_words: bool = True
    reason: str | None = None
    """Why it is ``UNSCORED``, as ``Sentiment.reason`` says it."""
    story: int | None = None
    """The story that it tells, where that is known: what several people say in nearly the same words is one."""


DUE_AHEAD = timedelta(days=1)
"""A follow-up that is due later today, wherever the reader is, belongs to the facts of today's digest."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case and what happened to it in the digest's window."""

    case: Case
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Everything a reader needs to decide about one person and brand. ``name`` falls back to the author's own."""

    person_id: int
    brand: str
    name: str
    company: str | None
    contact_id: str | None
    job_title: str | None = None
    owner: str | None = None
    segment: str | None = None
    do_not_contact: bool = False
    standing: Standing | None = None
    stance_before: Stance | None = None
    """The stance at the start of the window."""
    match: Match | None = None
    platforms: tuple[str, ...] = ()
    reach: int | None = None
    """The largest follower count known of the person's accounts; ``None`` is unknown, not zero."""
    quotes: tuple[Quote, ...] = ()
    """Newest first."""
    cases: tuple[CaseFacts, ...] = ()


class Health(StrEnum):
    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    PAUSED = "paused"
    """A limit of ours, or the service's cap on our use, is reached."""
    DISABLED = "disabled"
    WAITING = "waiting"
    """Never run so far, or told to come back later."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well one source was heard between two moments: the honest line."""

    source: str
    kind: str
    health: Health
    heard_until: datetime | None
    """Everything the source published until then was heard."""
    runs: int = 0
    failed_runs: int = 0
    streams: int = 1
    streams_failed: int = 0
    new: int = 0
    changed: int = 0
    duplicates: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None
    """Why it is not ``OK``, and what to do."""
    refused_runs: int = 0
    """Runs in which the source refused us (401, 403 and the like) in at least one part."""
    lag_p95: timedelta | None = None
    """95 of 100 mentions that were news in the window were heard so soon after they were published, or sooner."""
    gaps: tuple[Gap, ...] = ()
    """What was lost for good, as noticed in the window."""
    notices: tuple[str, ...] = ()
    """What a person should know or do, now."""
    used: Mapping[str, int] = field(default_factory=dict)
    """What the source used of its allowances in the window, by unit of its ledger."""


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """How often a configured topic of a brand was spoken of in a window, and how."""

    brand: str
    topic: str
    labels: Mapping[Label, int]
    """One label a story: the sentiment toward the topic, not toward the brand, where it is sure."""
    unsure: int = 0
    """Further stories, of which no verdict is sure."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """The words of one mention about us, for finding what recurs. They are not shown."""

    author_id: int
    text: str
    label: Label
    """Toward the brand."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A phrase that recurs in what several authors say of us, and that nobody configured."""

    phrase: str
    authors: int
    labels: Mapping[Label, int]
    """The labels of the mentions that it stands in."""
    key: str = field(default="", compare=False)
    """The same for every spelling of it: small letters, nouns in the singular."""
    places: tuple[int, ...] = field(default=(), compare=False)
    """Where, among the utterances that were given, it stands."""


@dataclass(frozen=True, slots=True)
class HiddenPost:
    """A post that names us and is hidden as not relevant, shown as a sample, so that nobody has to trust blindly."""

    mention_id: int
    reason: str
    """One of the keys of ``DigestFacts.hidden``."""
    text: str
    said_at: datetime
    platform: str
    source: str
    url: str | None = None
    may_quote: bool = True


AMBIGUOUS, UNIMPORTANT, UNKNOWN_LANGUAGE = "ambiguous", "unimportant", "unknown-language"
"""Why a post is hidden that is no noise: the name means something else, somebody said that it is not worth reading, or a brand's
query asks for a language and the post's is not known."""


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """An author who spoke in a window and may be a customer: for a person to confirm or to refuse."""

    author_id: int
    person_id: int
    """The author's own person."""
    customer_id: int
    """The store's id of the customer, and of nobody else's."""
    mention_id: int
    """The newest of what they said in the window."""
    brand: str
    author: str
    """The display name, or the handle."""
    platform: str
    said_at: datetime
    match: Match
    """With outcome ``REVIEW``; its ``contact_id`` is the customer's."""
    name: str
    company: str | None = None
    segment: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Cases that nobody has decided and that nothing happened to in a window, of customers of one segment and owner."""

    kind: CaseKind
    brand: str
    number: int
    since: datetime
    """When the oldest was opened."""
    segment: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What the store knows about a window, before anything is chosen or ranked."""

    since: datetime
    until: datetime
    people: tuple[PersonFacts, ...]
    coverage: tuple[Coverage, ...]
    mentions: int = 0
    """Mentions first heard in the window that are about a brand of ours, by others than our own side."""
    own_side: int = 0
    """Further ones, by our own side."""
    unmatched: int = 0
    """Authors who spoke about us in the window and are no known customer."""
    unscored: int = 0
    labels: Mapping[Label, int] = field(default_factory=dict)
    """One label a story that somebody told in their own words, where it is sure; ``unscored`` among them."""
    unsure: int = 0
    """Further such stories, of which no verdict is sure."""
    stories: int = 0
    """What the ``mentions`` tell: copies and near-copies of one text are one story."""
    topics: tuple[TopicFacts, ...] = ()
    texts: tuple[Utterance, ...] = ()
    hidden: Mapping[str, int] = field(default_factory=dict)
    """Posts of low relevance first heard in the window, by reason: a ``Noise`` or one of those above."""
    hidden_sample: tuple[HiddenPost, ...] = ()
    proposals: tuple[ProposalFacts, ...] = ()
    """Authors who spoke in the window and wait for somebody to say who they are, the most probable first."""
    spikes: tuple[SpikeIncident, ...] = ()
    """Bursts that began, went on or ended in the window, the first first."""
    waiting: tuple[Waiting, ...] = ()
    """Candidates without a decision, and follow-ups that are not due yet."""
