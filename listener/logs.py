"""The log: lines for people, or one JSON object a line, on standard error.

A line is a sentence, a stable ``action`` and the ids it is about; never a handle, a name, an e-mail address, a text or a secret.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

import structlog

from listener.core.errors import ListenerError
from listener.core.plain import one_line

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

Event = MutableMapping[str, Any]


def configure(level: str = "warning", style: str = "human") -> None:
    """Set up logging for the process; ``style`` is ``human`` or ``json``. Warnings of libraries come in the same form."""
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if style == "json" else _for_people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_exception),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=_StandardError()),  # type: ignore[arg-type] # write and flush are all it uses
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Forward)), _Forward()]
    root.setLevel(max(LEVELS[level], logging.WARNING))


def _for_people(_logger: object, _method: str, event: Event) -> str:
    """``07:00:03 warning: A source could not be heard. source=news reason=…``."""
    moment, level, sentence = event.pop("timestamp"), event.pop("level"), event.pop("event")
    event.pop("action", None)
    trace = event.pop("exception", None)
    facts = "".join(f" {key}={one_line(str(value))}" for key, value in sorted(event.items()))
    line = f"{moment[11:19]} {level}: {one_line(str(sentence))}{facts}"
    return f"{line}\n{trace}" if trace else line


def trace(problem: BaseException) -> str:
    """Where an exception, and what led to it, was raised: files, lines, kinds.

    What the exceptions say is left out, but for our own errors: it may quote a post, a name or a secret.
    """
    return "".join(part for each in _led_to(problem) for part in _told(each)).rstrip("\n")


def _led_to(problem: BaseException) -> Iterator[BaseException]:
    """The exception with those before it, the first one first."""
    before = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    if before is not None:
        yield from _led_to(before)
    yield problem


def _told(problem: BaseException) -> Iterator[str]:
    kind = type(problem)
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(problem.__traceback__)
    said = f": {one_line(str(problem))}" if isinstance(problem, ListenerError) else ""
    yield f"{kind.__module__}.{kind.__qualname__}{said}\n"


def _exception(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    return trace(exc_info[1])


class _StandardError:
    """Whatever ``sys.stderr`` is at the moment of writing: a progress bar replaces it while it is shown.

    A log that cannot be written (its disk is full, its reader has gone) must not end the work it tells of.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            _stream().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            _stream().flush()


def _stream() -> TextIO:
    return sys.stderr


class _Forward(logging.Handler):
    """Hands what libraries log through the standard library to the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, record.getMessage(), action="library", library=record.name)
