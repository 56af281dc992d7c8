"""Reading one text: which of its paragraphs matter, which targets stand where, and what its author does."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from listener.core.analysis import AnalysisJob, Intent, Relevance
from listener.core.brand import TargetKind
from nlp.intent import about, find_intents, in_order
from nlp.noise import NoiseFound, find_noise
from nlp.passages import Sentence
from nlp.sentences import Place, paragraphs, parse, sentence_places
from nlp.targets import Finding, Hit, TargetFinder, Word

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

SHORT = 600
"""Characters up to which a text counts as one train of thought: what follows a sentence may then stand in the next paragraph."""
MOST_PARAGRAPHS = 40
"""Paragraphs that are parsed of one text; a page that names us in more says no more for it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that may be about us, ready to be read: the author's own words, its title first if it has one.

    ``words`` are the words of the rules in all of it, quoted text included.
    """

    text: str
    titled: bool
    words: AbstractSet[Word]
    language: str | None
    repost: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as understood: plain values only, nothing of spaCy's."""

    draft: Draft
    finding: Finding
    sentences: tuple[Sentence, ...] = ()
    intents: tuple[Intent, ...] = ()
    noise: NoiseFound | None = None


class _Parsed(NamedTuple):
    doc: Doc
    start: int
    end: int
    """Where the paragraph stands in the text (spaCy's ``doc.text`` would be put together anew at each call)."""
    run: int
    sentences: list[Place]
    """Counted from the paragraph's start."""


def read(nlp: Language, finder: TargetFinder, draft: Draft, job: AnalysisJob) -> Reading:
    """Must be called inside a zone, the finder and the intents prepared before it."""
    parsed = []
    for start, end, run in _worth_parsing(finder, draft):
        doc = parse(nlp, draft.text[start:end])
        parsed.append(_Parsed(doc, start, end, run, sentence_places(doc)))
    hits = [hit for one in parsed for hit in finder.hits(one.doc, draft.text[one.start : one.end], one.start)]
    known = replace(job, language=draft.language or job.language)
    finding = finder.judge(hits, draft.words, draft.text, known)
    if finding.relevance is not Relevance.ABOUT:
        return Reading(draft, finding)
    sentences = tuple(Sentence(one.start + a, one.start + b, one.run) for one in parsed for a, b in one.sentences)
    readable = draft.language in {None, "en"} and not draft.repost
    intents = _intents(finder, parsed, finding.hits) if readable else ()
    return Reading(draft, finding, sentences, intents, find_noise(draft.text, job, finding.hits))


def _worth_parsing(finder: TargetFinder, draft: Draft) -> list[tuple[int, int, int]]:
    """Paragraphs as ``(start, end, run)``: all of a short text; of a long one those that seem to name a target.

    What stands right below a title that names one goes on about it.
    """
    places = list(paragraphs(draft.text))
    if len(draft.text) <= SHORT:
        return [(start, end, 0) for start, end in places]
    naming = (i for i, (start, end) in enumerate(places) if finder.may_name(draft.text[start:end]))
    runs = {i: i for i in islice(naming, MOST_PARAGRAPHS)}
    if draft.titled and 0 in runs and len(places) > 1:
        runs[1] = 0
    return [(*places[i], runs[i]) for i in sorted(runs)]


def _intents(finder: TargetFinder, parsed: Sequence[_Parsed], hits: Sequence[Hit]) -> tuple[Intent, ...]:
    found: set[Intent] = set()
    for doc, start, end, _, sentences in parsed:
        within = [hit for hit in hits if start <= hit.start < end]
        ours = [_place(hit, start) for hit in within if finder.targets[hit.target].kind is not TargetKind.COMPETITOR]
        rivals = [_place(hit, start) for hit in within if finder.targets[hit.target].kind is TargetKind.COMPETITOR]
        if ours:
            found |= find_intents(doc, ours, rivals, about(sentences, ours, rivals))
    return in_order(found)


def _place(hit: Hit, start: int) -> Place:
    return hit.start - start, hit.end - start
