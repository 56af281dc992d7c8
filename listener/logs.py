"""The log: lines for people, or one JSON object a line, on standard error.

A line is a sentence, a stable ``action`` and the ids it is about; never a handle, a name, an e-mail address, a text or a secret.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

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
            structlog.processors.format_exc_info,
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


class _StandardError:
    """Whatever ``sys.stderr`` is at the moment of writing: a progress bar replaces it while it is shown."""

    def write(self, text: str) -> int:
        return _stream().write(text)

    def flush(self) -> None:
        _stream().flush()


def _stream() -> TextIO:
    return sys.stderr


class _Forward(logging.Handler):
    """Hands what libraries log through the standard library to the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, record.getMessage(), action="library", library=record.name)
