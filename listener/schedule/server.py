"""The process that serves: APScheduler and its threads, from the first firing to the end."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from apscheduler.events import EVENT_JOB_MISSED  # type: ignore[import-untyped]
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.jobstores.base import ConflictingIdError  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

from listener.core.ports import Clock
from listener.core.slots import gap
from listener.schedule.jobs import Jobs
from listener.schedule.plan import ORPHANS, Planned
from listener.schedule.trigger import SlotTrigger
from listener.wiring import system_clock

if TYPE_CHECKING:
    from listener.wiring import App
    from storage.store import Store

log = structlog.get_logger()

GRACE = 6.0
"""Seconds that running jobs get at the end. What they have not finished then is cut off: every step can be killed anywhere, and
whoever runs this gives it ten seconds in all before it kills it anyway."""
LOOK_EVERY = 1.0
STEP_THREADS = 4

Wait = Callable[[float], bool]
"""Wait for so many seconds; true, and at once, when the process was told to end."""


class Server:
    """The scheduler of one process."""

    def __init__(self, app: App, store: Store, *, alone: bool, clock: Clock = system_clock) -> None:
        self._app, self._store, self._alone, self._clock = app, store, alone, clock
        settings = app.settings.schedule
        self._jitter, self._grace = settings.jitter, settings.misfire_grace
        self._stop = threading.Event()
        self._chance = random.Random()  # noqa: S311 - it spreads load, it keeps no secret
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # our own lines say what it would
        self._scheduler: Any = BackgroundScheduler(
            timezone=app.settings.schedule_zone(),
            executors={"sources": ThreadPoolExecutor(settings.threads), "steps": ThreadPoolExecutor(STEP_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._missed, EVENT_JOB_MISSED)

    def serve(self, wait: Wait) -> bool:
        """Do what is due until told to end; whether all that was under way then came to its end.

        Raises:
            StorageError: the store could not be used for a quarter of an hour.
        """
        with self._app.open_door() as door:
            jobs = Jobs(self._app, self._store, door, later=self._later, stop=self._stop, clock=self._clock, alone=self._alone)
            self._jobs = jobs
            with self._scheduling(jobs):
                while not wait(LOOK_EVERY):
                    if lost := jobs.trouble.lost(self._clock()):
                        raise lost
            log.info("No job is begun any more; those under way are stopped.", action="serve_ending")
            return jobs.wait_until_idle(GRACE)

    @contextmanager
    def _scheduling(self, jobs: Jobs) -> Iterator[None]:
        now = self._clock()
        for planned in jobs.planned.values():
            self._schedule(planned, now)
        self._scheduler.start()
        log.info("Serving.", action="serve_started", jobs=len(jobs.planned))
        try:
            yield
        finally:
            self._stop.set()
            self._scheduler.shutdown(wait=False)

    def _schedule(self, planned: Planned, now: datetime) -> None:
        """At the start every job is due, within its jitter: what was done for the slot already is not claimed again."""
        self._scheduler.add_job(
            self._fire,
            SlotTrigger(planned.slots, timedelta() if planned.id == ORPHANS else self._jitter, chance=self._chance),
            args=(planned,),
            id=planned.id,
            executor=_executor(planned),
            misfire_grace_time=int(self._grace.total_seconds()) if planned.source else None,
            next_run_time=now if planned.id == ORPHANS else now + self._jitter * self._chance.random(),
        )

    def _fire(self, planned: Planned) -> None:
        self._jobs.perform(planned.id, planned.slots.before(self._clock()))

    def _later(self, name: str, slot: datetime | None, delay: timedelta) -> None:
        planned = self._jobs.planned[name]
        try:
            self._scheduler.add_job(
                self._jobs.perform,
                DateTrigger(self._clock() + delay),
                args=(name, slot),
                id=f"{name}, again",
                executor=_executor(planned),
            )
        except ConflictingIdError:
            log.debug("It is to be done again already.", action="job_waits", job=name)

    def _missed(self, event: Any) -> None:
        """A source came too late: the machine slept, or all threads were busy. If its next slot is not soon, late is better."""
        planned = self._jobs.planned.get(event.job_id)
        if planned is None:
            return
        slot = planned.slots.before(self._clock())
        made_up = gap(planned.slots, slot) > self._grace
        log.info(
            "A job came too late.", action="job_missed", job=planned.id, due=event.scheduled_run_time.isoformat(), made_up=made_up
        )
        if made_up:
            self._later(planned.id, slot, timedelta())


def _executor(planned: Planned) -> str:
    return "sources" if planned.source else "steps"
