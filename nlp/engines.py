"""Sentiment engines by name, and what the analyzer asks of one beyond the core's ``SentimentEngine``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from listener.core.analysis import Label, Sentiment
from listener.core.errors import EngineError
from listener.core.ports import SentimentEngine
from nlp.passages import Passage
from nlp.sentences import Place

DEFAULT_ENGINE = "target"
STAND_IN = "vader"
"""What replaces an engine that cannot be loaded: it needs no model."""

log = structlog.get_logger()


class Said(NamedTuple):
    """What one text says of one target, and the language of the text (``None`` where it is not known).

    ``text`` is all of it and ``places`` where it names the target, for an engine that reads a short text better as a whole; empty
    where the passages must do.
    """

    passages: Sequence[Passage]
    language: str | None
    text: str = ""
    places: Sequence[Place] = ()


class Engine(SentimentEngine, Protocol):
    """A sentiment engine that can also score passages that were found already."""

    languages: frozenset[str]
    """What it reads (ISO 639-1)."""

    def score_passages(self, items: Sequence[Said]) -> list[Sentiment]:
        """The sentiment that the passages of each item carry toward its target, in order.

        Evidence are verbatim sentences of the passages.
        """
        ...


def _target(threads: int, model: Path | None) -> Engine:
    from nlp.target import TargetEngine  # here, as the other: an engine's libraries are only loaded where it is used

    return TargetEngine(model, threads)


def _vader(threads: int, model: Path | None) -> Engine:  # noqa: ARG001 - it has neither threads of its own nor a model
    from nlp.vader import Vader

    return Vader()


_BUILD: Mapping[str, Callable[[int, Path | None], Engine]] = {"target": _target, "vader": _vader}
ENGINES = tuple(_BUILD)
"""The names that ``load_engine`` knows."""


def load_engine(name: str, *, fallback: bool = False, threads: int = 1, model: Path | None = None) -> Engine:
    """An engine, ready to score; nothing is ever downloaded. ``threads`` are those of one call, where it can use several;
    ``model`` is the folder of a model of the engine ``target`` other than the one that is shipped.

    With ``fallback``, one that cannot be loaded is replaced by ``STAND_IN``, whose results then say so in their version.

    Raises:
        EngineError: no engine has that name, or it cannot be loaded.
    """
    if name not in _BUILD:
        raise EngineError(f"sentiment engine {name!r} is not known; choose one of: {', '.join(ENGINES)}")
    try:
        return _BUILD[name](threads, model)
    except EngineError as problem:
        if not fallback or name == STAND_IN:
            raise
        log.warning(
            "A sentiment engine cannot be loaded; another stands in.",
            action="engine_replaced",
            engine=name,
            by=STAND_IN,
            reason=str(problem),
        )
    engine = _BUILD[STAND_IN](threads, None)
    engine.version = f"{engine.version}, in place of {name}"
    return engine


def unscored(engine: SentimentEngine, reason: str, evidence: tuple[str, ...] = ()) -> Sentiment:
    """The verdict on a text that the engine cannot or must not judge; ``evidence`` are sentences to show people."""
    return Sentiment(Label.UNSCORED, 0.0, engine.name, engine.version, reason=reason, evidence=evidence)
