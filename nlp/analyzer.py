"""The analyzer: what a stored mention says about which of our targets.

    title, text ──own words──> literal scan ──hits──> paragraphs ──spaCy──> sentences, names ──rules──> relevance
                                    │                                              └── passages ──engine──> sentiment
                                    └── nothing of ours: done                      └── matchers ──> intents

A batch is a pure function of its jobs. An analyzer can be sent to another process.
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import structlog

from listener.core.analysis import Analysis, AnalysisJob, Intent, Relevance, TargetSentiment
from listener.core.brand import ListeningRule, TargetKind
from listener.core.errors import EngineError
from listener.core.mention import digest, normal_text
from nlp.engines import ENGINES, Engine, load_engine, unscored
from nlp.intent import about, find_intents, in_order
from nlp.intent import prepare as prepare_intents
from nlp.language import LANGUAGES, identify, primary
from nlp.passages import Sentence, find_passages
from nlp.sentences import Place, paragraphs, parse, sentence_places, zone
from nlp.targets import Finding, Hit, TargetFinder, Word, names
from nlp.text import is_repost, own_words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["ENGINES", "ListeningAnalyzer", "build_analyzer", "load_engine"]

log = structlog.get_logger()

SHORT = 600
"""Characters up to which a text counts as one train of thought: what follows a sentence may then stand in the next paragraph."""
MOST_PARAGRAPHS = 40
"""Paragraphs that are parsed of one text; a page that names us in more says no more for it."""

_REPOSTED = "a repost: the words are another author's"
_ANSWERING_TITLE = re.compile(r"(?:re|aw|sv|vs|fwd?|wg|antw|by)\s?(?:\[\d+\])?:|comment on\b", re.IGNORECASE)
_MODULES = ("analyzer", "engines", "intent", "intent_rules", "language", "passages", "sentences", "targets", "text", "vader")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as understood: plain values only, nothing of spaCy's."""

    finding: Finding
    sentences: tuple[Sentence, ...] = ()
    intents: tuple[Intent, ...] = ()


def build_analyzer(rules: Sequence[ListeningRule], engine: str = "vader", languages: Sequence[str] = ()) -> ListeningAnalyzer:
    """The analyzer for some rules. ``languages`` are those told apart (ISO 639-1); none given means ``LANGUAGES``.

    Raises:
        EngineError: no engine has that name.
    """
    return ListeningAnalyzer(tuple(rules), engine, tuple(sorted(set(languages))) or LANGUAGES)


class ListeningAnalyzer:
    """The ``Analyzer`` of the core."""

    def __init__(self, rules: tuple[ListeningRule, ...], engine: str, languages: tuple[str, ...]) -> None:
        self._rules = rules
        self._languages = languages
        self._engine: Engine = load_engine(engine)
        self._finder = TargetFinder(rules)

    def __reduce__(self) -> tuple[Callable[..., ListeningAnalyzer], tuple[Any, ...]]:
        # spaCy's and the scan's parts cannot be pickled: the other process builds its own.
        return build_analyzer, (self._rules, self._engine.name, self._languages)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the rules, the languages, the engine, this room's code and the libraries that have a say."""
        libraries = [f"{name} {version(name)}" for name in ("spacy", "py3langid", "vaderSentiment")]
        return digest(
            "analyzer", repr(self._rules), repr(self._languages), self._engine.name, self._engine.version, *libraries, _code()
        )

    def analyze(self, jobs: Sequence[AnalysisJob]) -> list[Analysis]:
        """One verdict for each job, in order.

        Raises:
            EngineError: the engine or the language identification cannot work at all; the fault is not in a text.
        """
        return [self._analyze_safely(job) for job in jobs]

    def _analyze_safely(self, job: AnalysisJob) -> Analysis:
        try:
            return self._analyze(job)
        except EngineError:
            raise
        except Exception as error:  # a text that breaks a library must not cost the batch; the reason is kept and logged
            # Neither message nor traceback: both may hold the text.
            facts = {"mention_id": job.mention_id, "error": type(error).__name__, "at": _origin(error)}
            log.error("A mention could not be analysed.", action="analysis-failed", **facts)  # noqa: TRY400 - as above
            return self._failed(job, f"the analysis failed ({type(error).__name__})")

    def _failed(self, job: AnalysisJob, reason: str) -> Analysis:
        """Unscored toward every target whose name seems to stand in the text: a person should look."""
        targets = sorted(names(self._finder.scan(f"{job.title or ''}\n\n{job.text}")))
        found = tuple(
            TargetSentiment(t.key, t.kind, t.brand, unscored(self._engine, reason), t.name)
            for t in (self._finder.targets[i] for i in targets)
        )
        relevance = Relevance.ABOUT if found else Relevance.NO_TARGET
        return Analysis(relevance, primary(job.language), found, note=reason)

    def _analyze(self, job: AnalysisJob) -> Analysis:
        everything = f"{job.title or ''}\n\n{job.text}"
        words = self._finder.scan(everything)
        if not names(words):
            return Analysis(Relevance.NO_TARGET, primary(job.language))
        repost = is_repost(job.text)
        title = _own_title(job)
        text = "\n\n".join(part for part in (title, job.text if repost else own_words(job.text)) if part)
        language = identify(text, job.language, self._languages)
        self._finder.prepare()
        prepare_intents()
        with zone() as nlp:
            reading = self._read(nlp, text, titled=bool(title), words=words)
        finding = reading.finding
        if finding.relevance is not Relevance.ABOUT:
            note = finding.note
            if finding.relevance is Relevance.NO_TARGET and not self._finder.may_name(text):
                note = "named only in quoted text, which is not the author's own"
            return Analysis(finding.relevance, language, note=note)
        targets = self._sentiments(text, reading, language, repost=repost)
        return Analysis(Relevance.ABOUT, language, targets, () if repost else reading.intents)

    # -------------------------------------------------------------------------------------------- inside the zone

    def _read(self, nlp: Language, text: str, *, titled: bool, words: set[Word]) -> _Reading:
        parsed = [(parse(nlp, text[start:end]), start, run) for start, end, run in self._worth_parsing(text, titled=titled)]
        hits = [hit for doc, start, _ in parsed for hit in self._finder.hits(doc, text[start : start + len(doc.text)], start)]
        finding = self._finder.judge(hits, words)
        if finding.relevance is not Relevance.ABOUT:
            return _Reading(finding)
        sentences = tuple(Sentence(*place, run) for doc, start, run in parsed for place in sentence_places(doc, start))
        return _Reading(finding, sentences, self._intents(parsed, finding.hits))

    def _worth_parsing(self, text: str, *, titled: bool) -> list[tuple[int, int, int]]:
        """Paragraphs as ``(start, end, run)``: all of a short text; of a long one those that seem to name a target.

        What stands right below a title that names one goes on about it.
        """
        places = list(paragraphs(text))
        if len(text) <= SHORT:
            return [(start, end, 0) for start, end in places]
        naming = (i for i, (start, end) in enumerate(places) if self._finder.may_name(text[start:end]))
        runs = {i: i for i in islice(naming, MOST_PARAGRAPHS)}
        if titled and 0 in runs and len(places) > 1:
            runs[1] = 0
        return [(*places[i], runs[i]) for i in sorted(runs)]

    def _intents(self, parsed: Sequence[tuple[Doc, int, int]], hits: Sequence[Hit]) -> tuple[Intent, ...]:
        found: set[Intent] = set()
        for doc, offset, _ in parsed:
            ours, rivals = self._sides(hits, offset, offset + len(doc.text))
            if ours:
                found |= find_intents(doc, ours, rivals, about(sentence_places(doc), ours, rivals))
        return in_order(found)

    def _sides(self, hits: Sequence[Hit], start: int, end: int) -> tuple[list[Place], list[Place]]:
        """Where we and where our rivals are named between two places, counted from the first."""
        ours: list[Place] = []
        rivals: list[Place] = []
        for hit in hits:
            if start <= hit.start < end:
                side = rivals if self._finder.targets[hit.target].kind is TargetKind.COMPETITOR else ours
                side.append((hit.start - start, hit.end - start))
        return ours, rivals

    # -------------------------------------------------------------------------------------------- outside it

    def _sentiments(self, text: str, reading: _Reading, language: str | None, *, repost: bool) -> tuple[TargetSentiment, ...]:
        by_target: dict[int, list[Hit]] = {}
        for hit in reading.finding.hits:
            by_target.setdefault(hit.target, []).append(hit)
        found = []
        for index, hits in by_target.items():
            own = [(hit.start, hit.end) for hit in hits]
            others = [(hit.start, hit.end) for hit in reading.finding.hits if (hit.start, hit.end) not in own]
            passages = find_passages(text, reading.sentences, own, others)
            target = self._finder.targets[index]
            sentiment = (
                unscored(self._engine, _REPOSTED, tuple(p.sentence for p in passages[:3]))
                if repost
                else self._engine.score_passages(passages, language)
            )
            found.append(TargetSentiment(target.key, target.kind, target.brand, sentiment, text[hits[0].start : hits[0].end]))
        return tuple(found)


def _own_title(job: AnalysisJob) -> str:
    """The title where it is the author's and says something that the text does not begin with anyway."""
    title = (job.title or "").strip()
    if not title or _ANSWERING_TITLE.match(title) or is_repost(title):
        return ""
    return "" if normal_text(job.text).startswith(normal_text(title).rstrip("….")) else title


def _origin(error: Exception) -> str:
    """The file and line that raised the error."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{PurePath(frame.filename).name}:{frame.lineno}"


@cache
def _code() -> str:
    """A hash of this room's code that comments and layout do not change: nobody has to remember to raise a number."""
    room = files("nlp")
    return digest(*(ast.dump(ast.parse((room / f"{name}.py").read_text(encoding="utf-8"))) for name in _MODULES))
