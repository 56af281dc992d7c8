"""What a mention says: its language, what it is about, and the sentiment toward each of these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from listener.core.brand import TargetKind


class Label(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    MIXED = "mixed"
    UNSCORED = "unscored"


class Relevance(StrEnum):
    """Whether a mention is about one of our targets, and if not, why not. How much it is, ``Level`` says."""

    ABOUT = "about"
    NO_TARGET = "no-target"
    EXCLUDED = "excluded"
    AMBIGUOUS = "ambiguous"
    """The name was found, but nothing shows that it means us."""


class Level(StrEnum):
    """How much a mention is worth reading; what is low is hidden from people and standings, and never deleted."""

    HIGH = "high"
    MEDIUM = "medium"
    """Named in passing, or by an ambiguous name that only its surroundings explain."""
    LOW = "low"
    """An ambiguous name that nothing explains, or noise."""


class Noise(StrEnum):
    """What a post is that names us and is nobody's opinion."""

    JOB_AD = "job-ad"
    GIVEAWAY = "giveaway"
    SPAM = "spam"
    BOT = "bot"
    PRESS_RELEASE = "press-release"


class Intent(StrEnum):
    """What the author does, beyond feeling something; several may hold."""

    RECOMMENDS = "recommends"
    """To others."""
    PRAISE = "praise"
    COMPLAINT = "complaint"
    QUESTION = "question"
    """Or a request for support."""
    COMPARISON = "comparison"
    SWITCHED_TO = "switched-to"
    """From another to us."""
    LEAVING = "leaving"
    """Has left us, or is leaving."""
    CANCELLATION = "cancellation"
    """Threatens to leave."""
    BUYING = "buying"
    """Is interested in becoming a customer, or in buying more."""
    TESTIMONIAL = "testimonial"
    """First-hand praise with a result or a reason: worth asking whether it may be quoted."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The sentiment of a text, or toward one target in it.

    ``score`` lies in [-1, 1]. ``probability`` is ``(negative, neutral, positive)``, calibrated, or ``None`` where the
    engine has none.
    For ``UNSCORED``, ``score`` is 0, ``reason`` says why, and nobody may read it as neutral.
    """

    label: Label
    score: float
    engine: str
    version: str
    probability: tuple[float, float, float] | None = None
    unsure: bool = False
    reason: str | None = None
    evidence: tuple[str, ...] = ()
    """The sentences that decided."""


@dataclass(frozen=True, slots=True)
class TargetSentiment:
    """The sentiment toward one target, with the sentences that speak of it (for quoting)."""

    target: str
    kind: TargetKind
    brand: str
    sentiment: Sentiment
    alias: str
    """The spelling that was found in the text."""


@dataclass(frozen=True, slots=True)
class AspectSentiment:
    """The sentiment toward a topic or feature of one of our targets; ``surface`` is how the text names it."""

    aspect: str
    target: str
    surface: str
    sentiment: Sentiment


@dataclass(frozen=True, slots=True)
class Analysis:
    """The verdict on one revision of one mention."""

    relevance: Relevance
    language: str | None
    targets: tuple[TargetSentiment, ...] = ()
    intents: tuple[Intent, ...] = ()
    note: str | None = None
    """Why it is not about us, or not worth reading (which exclusion, which missing context), for ``listener mentions show``."""
    level: Level | None = None
    """``None`` where it is about nothing of ours."""
    noise: Noise | None = None
    aspects: tuple[AspectSentiment, ...] = ()
    sketch: bytes | None = None
    """By which near-duplicates are found (``listener.core.sketch``); ``None`` for what is too short, or not about us."""

    @property
    def counts(self) -> bool:
        """Whether people and standings see it: it is about one of our targets and not of low relevance."""
        return self.relevance is Relevance.ABOUT and self.level is not Level.LOW


GIVEN_UP = "reading it ended the program again and again"
"""The note of an analysis that was never made."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What was being read when a process died: ``mentions`` as pairs of id and revision; ``alone`` is how often the only one of
    them has been begun on its own, 0 for a batch."""

    mentions: frozenset[tuple[int, int]]
    alone: int


@dataclass(frozen=True, slots=True)
class AnalysisJob:
    """One stored mention that waits to be understood."""

    mention_id: int
    revision: int
    title: str | None
    text: str
    language: str | None
    source: str = ""
    platform: str = ""
    kind: str = "post"
    url: str | None = None
    author: str | None = None
    """The author's handle."""
    author_name: str | None = None
    """The name that the author shows."""
    followers: int | None = None
    rating: float | None = None
