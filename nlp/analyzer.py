"""The analyzer: what a stored mention says about which of our targets.

    title, text ──own words──> literal scan ──hits──> paragraphs ──spaCy──> sentences, names ──rules──> relevance
                                    │                                              ├── passages ──engine──> sentiment
                                    └── nothing of ours: done                      ├── words ──> topics ──engine──> aspects
                                                                                   └── matchers ──> intents, noise

What the engine scores is gathered over a whole batch of texts, because a network is several times faster on many at once. A
batch is a pure function of its jobs. An analyzer can be sent to another process.
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, ParamSpec, TypeVar

import structlog

from listener.core.analysis import Analysis, AnalysisJob, AspectSentiment, Level, Relevance, Sentiment, TargetSentiment
from listener.core.brand import ListeningRule
from listener.core.errors import EngineError
from listener.core.lessons import NO_LESSONS, Lessons
from listener.core.mention import digest, normal_text
from nlp.engines import DEFAULT_ENGINE, ENGINES, Engine, load_engine, unscored
from nlp.intent import prepare as prepare_intents
from nlp.language import LANGUAGES, identify, primary
from nlp.reading import Draft, Reading, read
from nlp.scoring import Ask, Scorer, asks_of
from nlp.sentences import zone
from nlp.targets import TargetFinder, names
from nlp.text import is_repost, own_words
from nlp.topics import TopicFinder

__all__ = ["ENGINES", "ListeningAnalyzer", "build_analyzer", "load_engine"]

log = structlog.get_logger()

_BATCH = 100
_REPOSTED = "a repost: the words are another author's"
_QUOTED = "named only in quoted text, which is not the author's own"
P = ParamSpec("P")
T = TypeVar("T")
_ANSWERING_TITLE = re.compile(r"(?:re|aw|sv|vs|fwd?|wg|antw|by)\s?(?:\[\d+\])?:|comment on\b", re.IGNORECASE)


def build_analyzer(
    rules: Sequence[ListeningRule],
    engine: str = DEFAULT_ENGINE,
    languages: Sequence[str] = (),
    *,
    lessons: Lessons = NO_LESSONS,
    fallback: bool = False,
    model: Path | None = None,
) -> ListeningAnalyzer:
    """The analyzer for some rules. ``languages`` are those told apart (ISO 639-1); none given means ``LANGUAGES``. ``model`` is
    the folder of the engine's model, where it is not the one that is shipped.

    With ``fallback``, an engine that cannot be loaded is replaced by ``vader``, which every result then says.

    Raises:
        EngineError: no engine has that name, or it cannot be loaded.
    """
    return ListeningAnalyzer(tuple(rules), engine, tuple(sorted(set(languages))) or LANGUAGES, lessons, fallback, model)


class ListeningAnalyzer:
    """The ``Analyzer`` of the core."""

    def __init__(
        self,
        rules: tuple[ListeningRule, ...],
        engine: str,
        languages: tuple[str, ...],
        lessons: Lessons,
        fallback: bool,
        model: Path | None,
    ) -> None:
        self._parts = (rules, engine, languages, lessons, fallback, model)
        self._rules = rules
        self._languages = languages
        self._lessons = lessons
        self._engine: Engine = load_engine(engine, fallback=fallback, model=model)
        self._finder = TargetFinder(rules, lessons.names)
        self._topics = TopicFinder(rules)
        self._scorer = Scorer(lessons.phrases)

    def __reduce__(self) -> tuple[Callable[..., ListeningAnalyzer], tuple[Any, ...]]:
        # spaCy's and the scan's parts cannot be pickled: the other process builds its own.
        return ListeningAnalyzer, self._parts

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the rules, the languages, the engine, this room's code and the libraries that have a say."""
        libraries = [f"{name} {version(name)}" for name in ("spacy", "py3langid", "vaderSentiment")]
        return digest(
            *("analyzer", repr(self._rules), repr(self._languages), repr(self._lessons)),
            *(self._engine.name, self._engine.version, *libraries, _code()),
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
                self._guarded(job, read, nlp, self._finder, draft, job) if isinstance(draft, Draft) else draft
                for job, draft in zip(jobs, drafts, strict=True)
            ]
        asks = [
            self._guarded(job, asks_of, reading, self._finder, self._topics) if isinstance(reading, Reading) else reading
            for job, reading in zip(jobs, readings, strict=True)
        ]
        answers = iter(self._scorer.score(self._engine, [ask for its in asks if isinstance(its, list) for ask in its]))
        from nlp.sketch import sketches  # here, for it loads numpy

        sketched = sketches([_about(reading) for reading in readings])
        done: list[Analysis] = []
        for job, reading, its, sketch in zip(jobs, readings, asks, sketched, strict=True):
            if isinstance(reading, Analysis):
                done.append(reading)
            elif isinstance(its, Analysis):
                done.append(its)
            else:
                done.append(self._verdict(job, reading, list(zip(its, islice(answers, len(its)), strict=True)), sketch))
        return done

    def _guarded(self, job: AnalysisJob, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Analysis:
        """The step's result; a text that breaks a library must not cost the batch, its reason is kept and logged."""
        try:
            return step(*args, **kwargs)
        except EngineError:
            raise
        except Exception as error:
            return self._failed(job, error)

    def _failed(self, job: AnalysisJob, error: Exception) -> Analysis:
        """Unscored toward every target whose name seems to stand in the text: a person should look."""
        # Neither message nor traceback: both may hold the text.
        facts = {"mention_id": job.mention_id, "error": type(error).__name__, "at": _origin(error)}
        log.error("A mention could not be analysed.", action="analysis_failed", **facts)
        reason = f"the analysis failed ({type(error).__name__})"
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

    def _verdict(
        self, job: AnalysisJob, reading: Reading, scored: Sequence[tuple[Ask, Sentiment | Exception]], sketch: bytes | None
    ) -> Analysis:
        finding, draft = reading.finding, reading.draft
        if finding.relevance is Relevance.NO_TARGET and not self._finder.may_name(draft.text):
            return Analysis(Relevance.NO_TARGET, draft.language, note=_QUOTED)
        if finding.relevance is not Relevance.ABOUT:
            return Analysis(finding.relevance, draft.language, note=finding.note, level=finding.level)
        if broken := [answer for _, answer in scored if isinstance(answer, Exception)]:
            return self._failed(job, broken[0])
        answers = [(ask, answer) for ask, answer in scored if isinstance(answer, Sentiment)]
        return Analysis(
            Relevance.ABOUT,
            draft.language,
            tuple(self._toward(reading, ask, sentiment) for ask, sentiment in answers if ask.aspect is None),
            reading.intents,
            note=reading.noise.reason if reading.noise else finding.note,
            level=Level.LOW if reading.noise else finding.level,
            noise=reading.noise.noise if reading.noise else None,
            aspects=tuple(
                AspectSentiment(ask.aspect, self._finder.targets[ask.target].key, ask.alias, sentiment)
                for ask, sentiment in answers
                if ask.aspect is not None
            ),
            sketch=sketch,
        )

    def _toward(self, reading: Reading, ask: Ask, sentiment: Sentiment) -> TargetSentiment:
        target = self._finder.targets[ask.target]
        if reading.draft.repost:
            sentiment = unscored(self._engine, _REPOSTED, tuple(passage.sentence for passage in ask.said.passages[:3]))
        return TargetSentiment(target.key, target.kind, target.brand, sentiment, alias=ask.alias)


def _about(reading: Reading | Analysis) -> str:
    """The words of a text that is about us; nothing of others, of which no copies are looked for."""
    return reading.draft.text if isinstance(reading, Reading) and reading.finding.relevance is Relevance.ABOUT else ""


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
    """A hash of this room's code, and of the query language's, that comments and layout do not change.

    So nobody has to remember to raise a number.
    """
    sources = [file for room in ("nlp", "listener.query") for file in files(room).iterdir() if file.name.endswith(".py")]
    named = sorted(sources, key=lambda file: (file.name, str(file)))
    return digest(*(ast.dump(ast.parse(source.read_text(encoding="utf-8"))) for source in named))
