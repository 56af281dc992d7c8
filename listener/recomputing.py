"""What reading history anew would change: compared mention by mention, and added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from listener.core.analysis import Analysis, TargetSentiment
from listener.core.corrections import level_of
from listener.core.ports import Analyzer

if TYPE_CHECKING:
    from storage.outdated import Outdated, OutdatedCount, OutdatedMention

ABSENT = "-"
"""The label toward a target that is not named on one of the two sides."""
BATCH = 500
_EXCERPT = 500  # characters of a text that are kept for an example


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes in one mention: the label toward a ``target``, or (``None``) how relevant it is."""

    target: str | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Example:
    """``text`` is what may be shown of the mention, ``withheld`` why that is nothing."""

    mention_id: int
    differences: tuple[Difference, ...]
    text: str
    withheld: str | None


@dataclass(slots=True)
class Preview:
    """What a recompute would change. ``people`` are those of whom a label, its sureness, relevance or an intent changes."""

    count: OutdatedCount
    read: int = 0
    changed: int = 0
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    relevance: Counter[tuple[str, str]] = field(default_factory=Counter)
    surer: int = 0
    less_sure: int = 0
    intents: int = 0
    people: set[int] = field(default_factory=set)
    examples: list[Example] = field(default_factory=list)

    def add(self, mention: OutdatedMention, after: Analysis, most_examples: int) -> None:
        found = differences(mention.stored, after)
        surer, less_sure = _sureness(mention.stored, after)
        intents = mention.stored.intents != after.intents
        self.read += 1
        self.surer += surer
        self.less_sure += less_sure
        self.intents += intents
        self.changed += bool(found)
        if found or surer or less_sure or intents:
            self.people.add(mention.person_id)
        for one in found:
            (self.relevance if one.target is None else self.labels)[one.before, one.after] += 1
        if found and len(self.examples) < most_examples:
            text = "" if mention.withheld else mention.job.text or mention.job.title or ""
            self.examples.append(Example(mention.job.mention_id, tuple(found), text[:_EXCERPT], mention.withheld))


def differences(before: Analysis, after: Analysis) -> list[Difference]:
    """Relevance first, then the targets by their keys."""
    found = []
    if level_of(before) != level_of(after):
        found.append(Difference(None, level_of(before), level_of(after)))
    old, new = _by_target(before), _by_target(after)
    for target in sorted(old.keys() | new.keys()):
        labels = [its[target].sentiment.label.value if target in its else ABSENT for its in (old, new)]
        if labels[0] != labels[1]:
            found.append(Difference(target, labels[0], labels[1]))
    return found


def _by_target(analysis: Analysis) -> dict[str, TargetSentiment]:
    return {one.target: one for one in analysis.targets}


def _sureness(before: Analysis, after: Analysis) -> tuple[int, int]:
    """Of how many labels that stay the engine becomes sure, and unsure."""
    old, new = _by_target(before), _by_target(after)
    both = [(old[key].sentiment, new[key].sentiment) for key in old.keys() & new.keys()]
    changes = [(was.unsure, now.unsure) for was, now in both if was.label == now.label]
    return changes.count((True, False)), changes.count((False, True))


def preview(
    outdated: Outdated,
    analyzer: Analyzer,
    now: datetime,
    *,
    most_examples: int,
    progress: Callable[[str, int, int | None], None],
) -> Preview:
    """Read everything that is outdated, a batch at a time, and store nothing."""
    found = Preview(outdated.count(analyzer.fingerprint))
    for mentions in _pages(outdated, analyzer.fingerprint, now):
        jobs = [mention.job for mention in mentions]
        read = outdated.corrected(list(zip(jobs, analyzer.analyze(jobs), strict=True)))
        for mention, (_, analysis) in zip(mentions, read, strict=True):
            found.add(mention, analysis, most_examples)
        progress("preview", found.read, found.count.outdated)
    return found


def _pages(outdated: Outdated, fingerprint: str, now: datetime) -> Iterator[Sequence[OutdatedMention]]:
    after = 0
    while mentions := outdated.page(fingerprint, after, BATCH, now):
        yield mentions
        after = mentions[-1].job.mention_id
