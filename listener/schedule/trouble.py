"""A store that cannot be used: for a while it is tried again, and said so once; for good it is not."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from listener.core.errors import StorageError

log = structlog.get_logger()

LOST_AFTER = timedelta(minutes=15)
"""A database server is restarted or replaced in less; then whoever looks after this process must know."""


class Trouble:
    """Since when nothing could be stored, and why. One object serves all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._last: StorageError | None = None

    def met(self, problem: StorageError, now: datetime) -> None:
        """A job could not use the store."""
        with self._lock:
            first = self._since is None
            self._since = self._since or now
            self._last = problem
        if first:
            log.warning("The store cannot be used; it is tried again.", action="store_unavailable", reason=str(problem))
        else:
            log.debug("The store still cannot be used.", action="store_still_unavailable", reason=str(problem))

    def over(self) -> None:
        """A job could."""
        with self._lock:
            met, self._since, self._last = self._since is not None, None, None
        if met:
            log.warning("The store can be used again.", action="store_available")

    def lost(self, now: datetime) -> StorageError | None:
        """What is wrong with a store that nobody could use for so long that it is not to be waited for."""
        with self._lock:
            return self._last if self._since is not None and now - self._since >= LOST_AFTER else None
