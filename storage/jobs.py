"""Who does what when several processes serve one store: jobs, their slots, and who holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy import select, update

from listener.core.times import as_utc
from storage.database import Database
from storage.listening_tables import jobs
from storage.locks import Locks


class Jobs:
    """Implements ``JobBook``; may be used from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._locks = Locks(database)

    @contextmanager
    def claim(self, job: str, slot: datetime, now: datetime) -> Iterator[bool]:
        """Hold the job's work that was due at ``slot`` for the length of the block.

        False where somebody else holds the job or its slot (or a later one) is done. Work that was begun for a later slot and
        not done is done with this. A block that ends without an error has done it; the lock of a process that dies is free at
        once, and the slot stays open for another.
        """
        with self._locks.hold([job]) as held:
            due = self._begin(job, as_utc(slot), as_utc(now)) if held else None
            yield due is not None
            if due is not None:
                with self._database.write(alone=False) as connection:
                    mine = (jobs.c.name == job, jobs.c.slot == due)
                    connection.execute(update(jobs).where(*mine).values(done_at=now))

    def orphans(self) -> Sequence[tuple[str, datetime]]:
        """Slots that were begun, not done, and are held by nobody: their process was killed, or failed."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(jobs.c.name, jobs.c.slot).where(jobs.c.done_at.is_(None)).order_by(jobs.c.name)
            ).all()
        taken = self._locks.taken([row.name for row in rows]) if rows else ()
        return [(row.name, row.slot) for row in rows if row.name not in taken]

    def hold(self, jobs: Collection[str]) -> AbstractContextManager[Collection[str]]:
        """Hold those of the jobs that nobody else holds, for the length of the block; which these are."""
        return self._locks.hold(jobs)

    def close(self) -> None:
        self._locks.close()

    def _begin(self, job: str, slot: datetime, now: datetime) -> datetime | None:
        """The slot that is begun: the latest that anybody began, or this one; ``None`` where there is nothing to do."""
        with self._database.write(alone=False) as connection:
            known = connection.execute(select(jobs).where(jobs.c.name == job)).first()
            if known is not None and known.slot >= slot and known.done_at is not None:
                return None
            due: datetime = slot if known is None else max(slot, known.slot)
            row = {"name": job, "slot": due, "begun_at": now, "done_at": None}
            self._database.put(connection, jobs, [row], update=("slot", "begun_at", "done_at"))
        return due
