"""Every error this project raises on purpose, grouped by what the caller should do.

    ListenerError
    ├── SourceError            one source; the others go on
    │   ├── RetryLater         ask again after a pause (429, 5xx, time-out, connection lost)
    │   ├── SourceRejected     a person must act (401, 403, 404, 410, refused address)
    │   ├── SourcePaused       a limit of ours, or the service's usage cap, is reached: on purpose, until a moment
    │   └── SourceProtocolError  the answer was not what the source promises
    ├── BadItem                skip this one record, count it
    ├── ConfigError            stop; every problem is listed
    ├── StorageError           stop; nothing half-written is kept
    │   ├── StoreBusy          another run holds the lock
    │   ├── ImportRefused      an import of customers would lose too many of them
    │   └── SchemaMismatch     the database is older or newer than the program
    ├── EngineError            an analysis engine cannot work (a model is missing or damaged)
    └── NotifyError            one message to one recipient could not be delivered

Messages name an item by source, row or id; never by handle, name, e-mail address or text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


class ListenerError(Exception):
    """Root of all deliberate errors; its text is fit to be shown to a person."""


class SourceError(ListenerError):
    """A source could not be heard, wholly or in part.

    ``source`` is filled in by whoever knows it (the connector does not know its own name). ``unsent`` is true where it is certain
    that no part of the request was written to the service: it cannot have acted on it, nor charged for it.
    """

    def __init__(self, reason: str, *, source: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.source = source
        self.unsent = False

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}" if self.source else self.reason


class RetryLater(SourceError):
    """Nothing is wrong with the configuration; try again, not before ``after`` has passed."""

    def __init__(self, reason: str, *, after: timedelta | None = None, source: str | None = None) -> None:
        super().__init__(reason, source=source)
        self.after = after


class SourceRejected(SourceError):
    """The source refuses us, or is gone, or its address is not allowed: a person must act."""


class SourcePaused(SourceError):
    """Nothing failed: a cap of ours, or the service's on our use of it, is reached; listening goes on at ``until``."""

    def __init__(self, reason: str, *, until: datetime | None = None, source: str | None = None) -> None:
        super().__init__(reason, source=source)
        self.until = until


class SourceProtocolError(SourceError):
    """The source answered with something that it should not have answered."""


class BadItem(ListenerError):
    """One record cannot be used; the rest of its page can."""

    def __init__(self, item: str, reason: str) -> None:
        super().__init__(f"{item}: {reason}")
        self.item = item
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the configuration: where, what was found, what would be right."""

    path: str
    got: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.path}: {self.got}; {self.allowed}" if self.allowed else f"{self.path}: {self.got}"


class ConfigError(ListenerError):
    """The configuration cannot be used; ``problems`` lists everything found, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StorageError(ListenerError):
    """The database cannot be read or written."""


class StoreBusy(StorageError):
    """Another run holds this store."""


class ImportRefused(StorageError):
    """The import of customers would retire too many of them; nothing was changed."""


class SchemaMismatch(StorageError):
    """The database's schema is not the one this program knows."""


class EngineError(ListenerError):
    """An analysis engine cannot work."""


class NotifyError(ListenerError):
    """A message could not be delivered to one recipient.

    ``permanent`` is true where trying again cannot help (an address that does not exist).
    """

    def __init__(self, reason: str, *, permanent: bool = False, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.after = after
