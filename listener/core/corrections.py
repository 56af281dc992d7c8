"""Corrections by people: what they can say, and how they lie over an engine's analysis.

``lay`` is all there is to a correction's effect: the engine's own analysis is kept, and what is stored and shown is that analysis
with the corrections laid over it, in the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from listener.core.analysis import Analysis, Intent, Label, Level, Relevance, Sentiment, TargetSentiment
from listener.core.brand import TargetKind

HUMAN = "human"
"""The engine of a sentiment that a person gave."""
HUMAN_VERSION = "1"
"""The same for everybody: who it was is kept with the correction only."""
NOT_US = "a person said that it is not about us"
"""The note of a mention that was corrected to be about nothing of ours."""
NOT_SCORED = "a person said that it is about this; no engine has read it so"

_SCORES = {Label.POSITIVE: 0.5, Label.NEGATIVE: -0.5}
"""The label is all that a person gave: neither an extreme feeling nor a faint one."""


class CorrectionKind(StrEnum):
    SENTIMENT = "sentiment"
    RELEVANCE = "relevance"
    TARGET = "target"
    INTENT = "intent"
    PHRASE = "phrase"
    """A rule for all mentions: what a phrase means in our community."""


NONE = "none"
"""The relevance of what is not about us at all."""
ADD, REMOVE = "add", "remove"


@dataclass(frozen=True, slots=True)
class Named:
    """One of our targets, as a correction names it. ``ambiguous`` where its name is also a common word."""

    target: str
    kind: TargetKind
    brand: str
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a mention, or (``PHRASE``) of a phrase.

    ``value`` is a label, a level or ``none``, ``add`` or ``remove``, or intents as ``+praise -question``. ``named`` are the
    targets that it is about: that of a sentiment or target, those whose names stand in a mention of corrected relevance.
    """

    kind: CorrectionKind
    value: str
    mention_id: int | None = None
    named: tuple[Named, ...] = ()
    phrase: str | None = None
    brand: str | None = None
    """Whose mentions a phrase rule is for; ``None``: all."""

    @property
    def target(self) -> str | None:
        """The target that a sentiment, or a target, is about."""
        about_one = self.kind in {CorrectionKind.SENTIMENT, CorrectionKind.TARGET}
        return self.named[0].target if about_one and self.named else None


@dataclass(frozen=True, slots=True)
class Wrong:
    """The verdict that was corrected; updated when a newer engine reads the mention. ``probability`` as in ``Sentiment``."""

    engine: str
    version: str
    verdict: str
    probability: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction as it is kept. ``outdated`` where the author has edited the post since: it no longer applies."""

    correction_id: int
    said: Said
    actor: str
    at: datetime
    note: str = ""
    revision: int | None = None
    outdated: bool = False
    wrong: Wrong | None = None
    ended_at: datetime | None = None
    """When it was undone, or another took its place."""


def lay(analysis: Analysis, corrections: Sequence[Said]) -> Analysis:
    """The analysis as people corrected it; later corrections lie over earlier ones."""
    for said in corrections:
        if said.kind in _LAY:
            analysis = _LAY[said.kind](analysis, said)
    return analysis


def verdict_on(analysis: Analysis, said: Said) -> Wrong | None:
    """What the engine itself says where the person speaks; ``None`` where it says nothing there."""
    if said.kind is CorrectionKind.SENTIMENT:
        felt = next((one.sentiment for one in analysis.targets if one.target == said.target), None)
        return Wrong(felt.engine, felt.version, felt.label.value, felt.probability) if felt else None
    if said.kind is CorrectionKind.RELEVANCE:
        return Wrong("rules", "", level_of(analysis))
    if said.kind is CorrectionKind.TARGET:
        return Wrong("rules", "", ADD if any(one.target == said.target for one in analysis.targets) else REMOVE)
    if said.kind is CorrectionKind.INTENT:
        asked = [intent for _, intent in parse_intents(said.value)]
        return Wrong("rules", "", " ".join(f"{'+' if intent in analysis.intents else '-'}{intent}" for intent in asked))
    return None


def level_of(analysis: Analysis) -> str:
    """How relevant a mention is, in one word; what is about us and has no level counts as high."""
    if analysis.relevance is not Relevance.ABOUT:
        return NONE
    return (analysis.level or Level.HIGH).value


def parse_intents(value: str) -> list[tuple[bool, Intent]]:
    """``+praise -question`` as whether each holds.

    Raises:
        ValueError: it is not of that form, or names an intent that there is not.
    """
    parts = value.split()
    if not parts or any(part[0] not in "+-" for part in parts):
        raise ValueError("intents are written +praise -question")
    return [(part[0] == "+", Intent(part[1:])) for part in parts]


def _sentiment(analysis: Analysis, said: Said) -> Analysis:
    """Of a target that the analysis no longer names there is nothing to correct: the correction waits."""
    label = Label(said.value)
    targets = tuple(
        replace(one, sentiment=_felt(label, one.sentiment.evidence)) if one.target == said.target else one
        for one in analysis.targets
    )
    return replace(analysis, targets=targets)


def _felt(label: Label, evidence: tuple[str, ...]) -> Sentiment:
    return Sentiment(label, _SCORES.get(label, 0.0), HUMAN, HUMAN_VERSION, evidence=evidence)


def _relevance(analysis: Analysis, said: Said) -> Analysis:
    if said.value == NONE:
        return _about_nothing(analysis)
    level = Level(said.value)
    targets = analysis.targets or tuple(map(_unread, said.named))
    if not targets:
        return analysis
    noise = analysis.noise if level is Level.LOW else None
    return replace(analysis, relevance=Relevance.ABOUT, level=level, noise=noise, targets=targets, note=None)


def _about_nothing(analysis: Analysis) -> Analysis:
    cleared = replace(analysis, relevance=Relevance.NO_TARGET, level=None, noise=None, note=NOT_US)
    return replace(cleared, targets=(), aspects=(), intents=(), sketch=None)


def _unread(named: Named) -> TargetSentiment:
    sentiment = Sentiment(Label.UNSCORED, 0.0, HUMAN, HUMAN_VERSION, reason=NOT_SCORED)
    return TargetSentiment(named.target, named.kind, named.brand, sentiment, alias="")


def _target(analysis: Analysis, said: Said) -> Analysis:
    there = any(one.target == said.target for one in analysis.targets)
    if said.value == ADD:
        if there:
            return analysis
        targets = (*analysis.targets, *map(_unread, said.named))
        if analysis.relevance is Relevance.ABOUT:
            return replace(analysis, targets=targets)
        return replace(analysis, targets=targets, relevance=Relevance.ABOUT, level=Level.HIGH, note=None)
    kept = tuple(one for one in analysis.targets if one.target != said.target)
    if not kept and there:
        return _about_nothing(analysis)
    return replace(analysis, targets=kept, aspects=tuple(one for one in analysis.aspects if one.target != said.target))


def _intents(analysis: Analysis, said: Said) -> Analysis:
    found = set(analysis.intents)
    for holds, intent in parse_intents(said.value):
        (found.add if holds else found.discard)(intent)
    return replace(analysis, intents=tuple(intent for intent in Intent if intent in found))


_LAY = {
    CorrectionKind.SENTIMENT: _sentiment,
    CorrectionKind.RELEVANCE: _relevance,
    CorrectionKind.TARGET: _target,
    CorrectionKind.INTENT: _intents,
}
