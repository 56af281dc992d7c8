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
from functools import cache, cached_property
from importlib.metadata import version
from importlib.resources import files
from pathlib import PurePath
from typing import Any, ParamSpec, TypeVar

import structlog

from listener.core.analysis import Analysis, AnalysisJob, Relevance, TargetSentiment
from listener.core.brand import ListeningRule, Target
from listener.core.errors import EngineError
from listener.core.mention import digest, normal_text
from nlp.engines import ENGINES, Engine, load_engine, unscored
from nlp.intent import prepare as prepare_intents
from nlp.language import LANGUAGES, identify, primary
from nlp.passages import find_passages
from nlp.reading import Draft, Reading, read
from nlp.sentences import zone
from nlp.targets import Hit, TargetFinder, names
from nlp.text import is_repost, own_words

__all__ = ["ENGINES", "ListeningAnalyzer", "build_analyzer", "load_engine"]

log = structlog.get_logger()

_BATCH = 100
_REPOSTED = "a repost: the words are another author's"
_QUOTED = "named only in quoted text, which is not the author's own"
P = ParamSpec("P")
T = TypeVar("T")
_ANSWERING_TITLE = re.compile(r"(?:re|aw|sv|vs|fwd?|wg|antw|by)\s?(?:\[\d+\])?:|comment on\b", re.IGNORECASE)
_MODULES = (
    "analyzer",
    "engines",
    "intent",
    "intent_rules",
    "language",
    "passages",
    "reading",
    "sentences",
    "targets",
    "text",
    "vader",
)


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
        return [analysis for start in range(0, len(jobs), _BATCH) for analysis in self._batch(jobs[start : start + _BATCH])]

    def _batch(self, jobs: Sequence[AnalysisJob]) -> list[Analysis]:
        """One memory zone for many texts: they share the words that spaCy has to look up."""
        drafts = [self._guarded(job, self._draft, job) for job in jobs]
        if not any(isinstance(draft, Draft) for draft in drafts):
            return [draft for draft in drafts if isinstance(draft, Analysis)]
        self._finder.prepare()
        prepare_intents()
        with zone() as nlp:
            readings = [
                self._guarded(job, read, nlp, self._finder, draft) if isinstance(draft, Draft) else draft
                for job, draft in zip(jobs, drafts, strict=True)
            ]
        return [
            self._guarded(job, self._verdict, reading) if isinstance(reading, Reading) else reading
            for job, reading in zip(jobs, readings, strict=True)
        ]

    def _guarded(self, job: AnalysisJob, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Analysis:
        """The step's result; a text that breaks a library must not cost the batch, its reason is kept and logged."""
        try:
            return step(*args, **kwargs)
        except EngineError:
            raise
        except Exception as error:
            # Neither message nor traceback: both may hold the text.
            facts = {"mention_id": job.mention_id, "error": type(error).__name__, "at": _origin(error)}
            log.error("A mention could not be analysed.", action="analysis-failed", **facts)  # noqa: TRY400 - as above
            return self._failed(job, f"the analysis failed ({type(error).__name__})")

    def _failed(self, job: AnalysisJob, reason: str) -> Analysis:
        """Unscored toward every target whose name seems to stand in the text: a person should look."""
        found = tuple(
            TargetSentiment(target.key, target.kind, target.brand, unscored(self._engine, reason), target.name)
            for target in (self._finder.targets[i] for i in sorted(names(self._finder.scan(_everything(job)))))
        )
        relevance = Relevance.ABOUT if found else Relevance.NO_TARGET
        return Analysis(relevance, primary(job.language), found, note=reason)

    def _draft(self, job: AnalysisJob) -> Draft | Analysis:
        """The text made ready for reading, or at once the verdict that it names none of our targets."""
        words = self._finder.scan(_everything(job))
        if not names(words):
            return Analysis(Relevance.NO_TARGET, primary(job.language))
        repost = is_repost(job.text)
        title = _own_title(job)
        text = "\n\n".join(part for part in (title, job.text if repost else own_words(job.text)) if part)
        return Draft(text, bool(title), words, identify(text, job.language, self._languages), repost)

    def _verdict(self, reading: Reading) -> Analysis:
        finding, draft = reading.finding, reading.draft
        if finding.relevance is Relevance.ABOUT:
            return Analysis(Relevance.ABOUT, draft.language, self._sentiments(reading), reading.intents)
        if finding.relevance is Relevance.NO_TARGET and not self._finder.may_name(draft.text):
            return Analysis(Relevance.NO_TARGET, draft.language, note=_QUOTED)
        return Analysis(finding.relevance, draft.language, note=finding.note)

    def _sentiments(self, reading: Reading) -> tuple[TargetSentiment, ...]:
        by_target: dict[int, list[Hit]] = {}
        for hit in reading.finding.hits:
            by_target.setdefault(hit.target, []).append(hit)
        return tuple(self._sentiment(reading, self._finder.targets[index], hits) for index, hits in by_target.items())

    def _sentiment(self, reading: Reading, target: Target, hits: Sequence[Hit]) -> TargetSentiment:
        text = reading.draft.text
        own = {(hit.start, hit.end) for hit in hits}
        others = {(hit.start, hit.end) for hit in reading.finding.hits} - own
        passages = find_passages(text, reading.sentences, sorted(own), sorted(others))
        if reading.draft.repost:
            sentiment = unscored(self._engine, _REPOSTED, tuple(passage.sentence for passage in passages[:3]))
        else:
            sentiment = self._engine.score_passages(passages, reading.draft.language)
        return TargetSentiment(target.key, target.kind, target.brand, sentiment, alias=text[hits[0].start : hits[0].end])


def _everything(job: AnalysisJob) -> str:
    return f"{job.title or ''}\n\n{job.text}"


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
