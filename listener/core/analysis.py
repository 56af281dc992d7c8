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
    """Whether a mention is about one of our targets, and if not, why not."""

    ABOUT = "about"
    NO_TARGET = "no-target"
    EXCLUDED = "excluded"
    AMBIGUOUS = "ambiguous"
    """The name was found, but nothing shows that it means us."""


class Intent(StrEnum):
    """What the author does, beyond feeling something."""

    RECOMMENDS = "recommends"
    QUESTION = "question"
    COMPARISON = "comparison"
    SWITCHED_TO = "switched-to"
    LEAVING = "leaving"
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
class Analysis:
    """The verdict on one revision of one mention."""

    relevance: Relevance
    language: str | None
    targets: tuple[TargetSentiment, ...] = ()
    intents: tuple[Intent, ...] = ()
    note: str | None = None
    """Why it is not about us (which exclusion, which missing context), for ``listener mentions show``."""


@dataclass(frozen=True, slots=True)
class AnalysisJob:
    """One stored mention that waits to be understood."""

    mention_id: int
    revision: int
    title: str | None
    text: str
    language: str | None
