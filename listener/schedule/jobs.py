"""What a job does when it is due. Whoever calls (the scheduler, a simulation) says which job and which slot.

    source:<name>   claim the slot, listen to the source in a run of its own, then ask for work
    work            understand, identify, judge; look after the sources' health; tell
    digest          the same at the digest's hour
    retention       take away what is older than it may be
    orphans         find what a killed process had begun, and do it

Every job can be killed anywhere. Its slot then stays open, and whoever finds it there does it again, which adds nothing twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from listener import alerting, job, telling
from listener.core.connector import Door
from listener.core.errors import StorageError, StoreBusy
from listener.core.ports import Clock
from listener.metrics import leave_metrics
from listener.schedule.plan import DIGEST, ORPHANS, RETENTION, WORK, Planned, rests_until, source_jobs, step_jobs, tried
from listener.schedule.trouble import Trouble

if TYPE_CHECKING:
    from listener.sources import Source
    from listener.wiring import App
    from storage.store import Store

log = structlog.get_logger()

Later = Callable[[str, "datetime | None", timedelta], None]
"""Do a job once more in so long, at this slot (``None``: at no slot, just so); asked for twice, it is done once."""

SETTLE = timedelta(seconds=2)
"""Sources that are due together bring their posts within seconds; work on them is begun when the first have settled."""
AGAIN = timedelta(seconds=20)
"""After which what another process or a lost store kept from being done is tried again."""
FIRST_ROUND = timedelta(minutes=10)
"""How long the first digest waits for every source to have been asked once."""


class Stopped(Exception):
    """The process is to end: what is not finished stays open for the next one."""


class Jobs:
    """The jobs of one process. One object serves all threads.

    ``alone`` says that this process holds the store for itself (SQLite); otherwise the steps that only one process may do at a
    time are done under the store's run lock.
    """

    def __init__(
        self, app: App, store: Store, door: Door, *, later: Later, stop: threading.Event, clock: Clock, alone: bool
    ) -> None:
        self._app, self._store, self._door = app, store, door
        self._later, self._stop, self._clock, self._alone = later, stop, clock, alone
        self.trouble = Trouble()
        self.planned: dict[str, Planned] = {each.id: each for each in (*source_jobs(app), *step_jobs(app))}
        self._state = threading.Condition()
        self._running: set[str] = set()
        self._unasked = {each.id for each in source_jobs(app)}
        self._began = clock()
        self._one_step = threading.Lock()
        self._heard = False
        """A source was asked since the last steps."""
        self._news = False
        """It brought something."""
        self._ever_heard = False

    # ------------------------------------------------------------------------------------------------------ any job

    def perform(self, name: str, slot: datetime | None = None) -> None:
        """Do a job now unless this process is doing it already or is about to end. Raises nothing: what goes wrong is logged,
        and the slot stays open where trying again can help."""
        with self._state:
            if self._stop.is_set() or name in self._running:
                return
            self._running.add(name)
        try:
            self._do(name, slot)
        except Stopped:
            log.info("A job was stopped; it goes on when listener is started again.", action="job_stopped", job=name)
        except StoreBusy as busy:
            log.debug("Another process does this.", action="store_busy", job=name, reason=str(busy))
            self._later(name, slot, AGAIN)
        except StorageError as problem:
            self.trouble.met(problem, self._clock())
            self._later(name, slot, AGAIN)
        except Exception:  # a defect in one job must not end the others; it is told in full
            log.exception("A job failed in a way that it should not.", action="job_defect", job=name)
        else:
            if name != ORPHANS:  # which only reads: a store that cannot be written is no good
                self.trouble.over()
        finally:
            with self._state:
                self._running.discard(name)
                self._unasked.discard(name)
                self._state.notify_all()

    def wait_until_idle(self, timeout: float) -> bool:
        """Whether no job runs any more, after at most ``timeout`` seconds."""
        with self._state:
            return self._state.wait_for(lambda: not self._running, timeout)

    def _do(self, name: str, slot: datetime | None) -> None:
        planned = self.planned.get(name)
        if planned is None:
            log.debug("A job of another configuration is left alone.", action="job_unknown", job=name)
        elif name == ORPHANS:
            self._take_over()
        elif slot is None:
            self._steps(everything=False)
        elif planned.source is None:
            self._claimed(planned, slot, self._step_of(name))
        else:
            source = self._app.source(planned.source)
            if not self._rests(planned, source, slot):
                self._claimed(planned, slot, lambda: self._listen(source, slot))

    def _claimed(self, planned: Planned, slot: datetime, do: Callable[[], None]) -> None:
        with self._store.jobs.claim(planned.id, slot, self._clock()) as mine:
            if not mine:
                log.debug("The slot is another process's, or done.", action="slot_taken", job=planned.id, slot=slot.isoformat())
                return
            try:
                do()
            except (StorageError, Stopped):
                raise
            except Exception:  # the slot counts as done: a defect would fail again at once, and again, as an orphan
                log.exception("A job failed in a way that it should not.", action="job_defect", job=planned.id)

    def _take_over(self) -> None:
        for name, slot in self._store.jobs.orphans():
            if name in self.planned:
                log.info("What another process left is taken over.", action="orphan", job=name, slot=slot.isoformat())
                self._later(name, slot, timedelta())

    # ------------------------------------------------------------------------------------------------------ sources

    def _rests(self, planned: Planned, source: Source, slot: datetime) -> bool:
        """Whether the source failed a while ago only, or all of it asked to be left alone.

        The first time it is asked all the same: it may have got streams that nobody knows of yet. So is one whose posts must be
        checked again: that it must not be read does not keep deletions from being honoured.
        """
        last = tried(self._store.runs.stream_states(source.name))
        until = rests_until(planned.slots, last, planned.longest_rest)
        if planned.id not in self._unasked and source.spec.recheck is None and last.left_alone_until is not None:
            until = max(until or last.left_alone_until, last.left_alone_until)
        if until is None or slot >= until:
            return False
        log.debug("A source is left alone.", action="source_rests", source=source.name, until=until.isoformat(timespec="seconds"))
        return True

    def _listen(self, source: Source, slot: datetime) -> None:
        """Listen to one source in a run of its own."""
        now = self._clock()
        run_id = self._store.runs.begin_run(now)
        try:
            heard = job.listen(self._app, self._store, run_id, [source], now, door=self._door, stop=self._stop)
            self._go_on()
        except BaseException as problem:
            self._store.runs.end_run(run_id, self._clock(), {}, error=type(problem).__name__)
            raise
        counts = job.PassReport(run_id, heard).counts()
        self._store.runs.end_run(run_id, self._clock(), counts)
        self._ever_heard = self._ever_heard or not heard.collected.all_failed
        told = {each: counts[each] for each in ("new", "changed", "duplicates", "removed")}
        log.info("A source was asked.", action="source_asked", source=source.name, slot=slot.isoformat(), run=run_id, **told)
        with self._state:
            self._heard = True
            self._news = self._news or any(counts[each] for each in ("new", "changed", "removed"))
        self._later(WORK, None, SETTLE)

    # -------------------------------------------------------------------------------------------------------- steps

    def _step_of(self, name: str) -> Callable[[], None]:
        return {WORK: self._all_steps, DIGEST: self._all_steps, RETENTION: self._tidy}[name]

    def _all_steps(self) -> None:
        self._steps(everything=True)

    def _steps(self, *, everything: bool) -> None:
        """From what was heard to the people. What is heard meanwhile is for the next time, which is asked for at the end."""
        with self._exclusively():
            with self._state:
                news, self._news, self._heard = self._news, False, False
            try:
                now, began = self._clock(), monotonic()
                if news or everything:
                    self._work(now)
                defects = alerting.alert_people(self._app, self._store, now)
                if self._may_tell(now):
                    telling.tell_people(self._app, self._store, now, unheard=not self._was_ever_heard(), often=True)
                leave_metrics(self._app, self._store, now, worked=not defects, counts={}, seconds=monotonic() - began)
            except BaseException:
                with self._state:
                    self._news = self._news or news
                raise
        if self._heard:
            self._later(WORK, None, SETTLE)

    def _work(self, now: datetime) -> None:
        try:
            job.work(self._app, self._store, now, progress=self._unless_stopped)
        except (StorageError, Stopped):
            raise
        except Exception:  # an engine that cannot work: people are told of dead sources all the same
            log.exception("A job failed in a way that it should not.", action="job_defect", job=WORK)

    def _tidy(self) -> None:
        with self._exclusively():
            job.tidy(self._app, self._store, self._clock())

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """One process, and one thread of it, at a time.

        Raises:
            StoreBusy: another process is at it.
        """
        with self._one_step:
            if self._alone:
                yield
            else:
                with self._store.admin.run_lock():
                    yield

    def _may_tell(self, now: datetime) -> bool:
        """Not before every source was asked once: the first digest is made once, of what was heard until then."""
        return not self._unasked or now - self._began > FIRST_ROUND

    def _was_ever_heard(self) -> bool:
        if not self._ever_heard:
            self._ever_heard = telling.ever_heard(self._store)
        return self._ever_heard

    def _unless_stopped(self, step: str, done: int, total: int | None = None) -> None:  # noqa: ARG002 - the shape of a progress
        """Between two batches, each of which was stored in one transaction, is the place to stop."""
        self._go_on()

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Stopped
