"""Sentiment engines by name, and what the analyzer asks of one beyond the core's ``SentimentEngine``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from listener.core.analysis import Label, Sentiment
from listener.core.errors import EngineError
from listener.core.ports import SentimentEngine
from nlp.passages import Passage

_PLACES: Mapping[str, str] = {"vader": "nlp.vader:Vader"}
ENGINES = tuple(_PLACES)
"""The names that ``load_engine`` knows."""


class Engine(SentimentEngine, Protocol):
    """A sentiment engine that can also score passages that were found already."""

    def score_passages(self, passages: Sequence[Passage], language: str | None) -> Sentiment:
        """The sentiment that the passages of one text carry toward one target.

        ``language`` is that of the text, ``None`` where it is not known. Evidence are verbatim sentences of the passages.
        """
        ...


def load_engine(name: str) -> Engine:
    """An engine, ready to score; nothing is ever downloaded.

    Raises:
        EngineError: no engine has that name.
    """
    if name not in _PLACES:
        raise EngineError(f"sentiment engine {name!r} is not known; choose one of: {', '.join(ENGINES)}")
    module, _, attribute = _PLACES[name].partition(":")
    build: Callable[[], Engine] = getattr(import_module(module), attribute)
    return build()


def unscored(engine: SentimentEngine, reason: str, evidence: tuple[str, ...] = ()) -> Sentiment:
    """The verdict on a text that the engine cannot or must not judge; ``evidence`` are sentences to show people."""
    return Sentiment(Label.UNSCORED, 0.0, engine.name, engine.version, reason=reason, evidence=evidence)
