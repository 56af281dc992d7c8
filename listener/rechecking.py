"""Honouring deletions: what people were shown is asked for again at its source, and removed here where it is gone there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from listener.core.connector import Rechecker
from listener.core.errors import SourceError
from listener.core.ports import RecheckBook

log = structlog.get_logger()

RECHECKS = 100_000
"""Posts checked again in one run at most."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What became of a source's posts that had to be checked again; ``error`` says why not all of them were."""

    source: str
    there: int = 0
    gone: int = 0
    unknown: int = 0
    error: SourceError | None = None
    changed: tuple[tuple[str, date], ...] = ()
    """Stored digests that lost a removed post, by recipient and day."""


def recheck(book: RecheckBook, source: str, rechecker: Rechecker, now: datetime, *, batch: int = 100) -> Rechecked:
    """Ask whether the posts that are due are still there; those that are not are removed at once.

    A post that got no answer stays due: it is hidden when a day has passed, and erased later.
    """
    there = gone = unknown = 0
    changed: list[tuple[str, date]] = []
    error: SourceError | None = None
    due = {post.external_id: post.mention_id for post in book.due_rechecks(source, now, RECHECKS)}
    for ids in _in_batches(list(due), batch):
        answered: set[str] = set()
        try:
            for checked in rechecker.check(ids):
                alive = [due[each] for each in checked.there if each in due]
                dead = [due[each] for each in checked.gone if each in due]
                changed += book.save_rechecked(alive, dead, now)
                answered.update(checked.there, checked.gone)
                there, gone = there + len(alive), gone + len(dead)
        except SourceError as problem:
            error = problem
            log.info("Posts could not be checked again.", action="recheck_failed", source=source, reason=problem.reason)
            break
        unknown += len(set(ids) - answered)
    return Rechecked(source, there, gone, unknown, error, tuple(dict.fromkeys(changed)))


def _in_batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
