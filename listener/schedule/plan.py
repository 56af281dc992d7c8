"""What is to be done when: the jobs of a configuration, their slots, and the rest of a source that fails. Pure rules.

A source that fails is asked less and less often: after each failure in a row the distance doubles, up to a day. Only its slots
are counted, so that every process that shares the store comes to the same answer from what the store knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listener.core.slots import Cron, Every, Slots, Together, gap, parse_cron
from listener.job import source_job

if TYPE_CHECKING:
    from listener.sources import Source
    from listener.wiring import App
    from storage.runs import StreamState

WORK = "work"
DIGEST = "digest"
RETENTION = "retention"
ORPHANS = "orphans"

WORK_EVERY = timedelta(minutes=5)
"""What is left over (a process was killed, a mail waits, a file of customers changed) waits no longer than this."""
ORPHANS_EVERY = timedelta(seconds=20)
LONGEST_REST = timedelta(days=1)
LONGEST_REST_WITH_RECHECKS = timedelta(hours=6)
"""Of a source whose deletions must be honoured within a day: looking for these is a part of asking it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A job and its slots. ``source`` names the one that it listens to."""

    id: str
    slots: Slots
    source: str | None = None
    longest_rest: timedelta = LONGEST_REST


def source_slots(app: App, source: Source) -> Slots:
    """When a source is to be asked: as it is configured, else as often as its kind is worth it."""
    if source.settings.cron is not None:
        return Cron(parse_cron(source.settings.cron), app.settings.schedule_zone())
    return Every(source.settings.every or source.spec.every)


def source_jobs(app: App) -> tuple[Planned, ...]:
    """One job for each source that can be listened to."""
    return tuple(
        Planned(
            source_job(source.name),
            source_slots(app, source),
            source.name,
            LONGEST_REST_WITH_RECHECKS if source.spec.recheck else LONGEST_REST,
        )
        for source in app.sources
        if not source.disabled
    )


def digest_slots(app: App) -> Slots:
    """Every hour at which somebody's digest is due, each by the clock of their own zone."""
    hours = {(one.hour, one.zone_name): one.zone for one in app.recipients() if one.editions}
    return Together(tuple(Cron(parse_cron(f"0 {hour} * * *"), zone) for (hour, _), zone in sorted(hours.items(), key=str)))


def step_jobs(app: App) -> tuple[Planned, ...]:
    """The jobs beside the sources."""
    return (
        Planned(WORK, Every(WORK_EVERY)),
        Planned(DIGEST, digest_slots(app)),
        Planned(RETENTION, Every(timedelta(days=1))),  # the slot that a run of its own claims, too
        Planned(ORPHANS, Every(ORPHANS_EVERY)),
    )


# --------------------------------------------------------------------------------------------------- after failures


@dataclass(frozen=True, slots=True)
class Tried:
    """How a source's last attempts went: its ``failures`` in a row are those of the stream that does best."""

    last_attempt: datetime | None = None
    failures: int = 0
    left_alone_until: datetime | None = None
    """Set where all of its streams asked to be left alone."""


def tried(states: Sequence[StreamState]) -> Tried:
    """The state of a source, from those of its streams."""
    if not states:
        return Tried()
    latest = max(state.last_attempt for state in states)
    # A stream that is in the configuration no longer is not asked, and says nothing of the source.
    states = [state for state in states if state.last_attempt == latest or (state.not_before and state.not_before > latest)]
    pauses = [state.not_before for state in states]
    return Tried(
        last_attempt=max(state.last_attempt for state in states),
        failures=min(state.failures for state in states),
        left_alone_until=min(pause for pause in pauses if pause) if all(pauses) else None,
    )


def rests_until(slots: Slots, last: Tried, longest: timedelta = LONGEST_REST) -> datetime | None:
    """Until when a source that failed is not asked; ``None`` where it did not fail.

    Counted from the slot of the last attempt: the moment of the attempt itself is a little later each time, and would make a
    source that is asked once a day miss every second day.
    """
    if last.last_attempt is None or last.failures == 0:
        return None
    slot = slots.before(last.last_attempt)
    distance = gap(slots, slot)
    if distance >= longest:
        return slots.after(slot)
    return slot + min(distance * (1 << min(last.failures, 20)), longest)


def next_run(planned: Planned, last: Tried, now: datetime) -> datetime:
    """The first slot after now at which the source will be asked, as things stand."""
    rest = rests_until(planned.slots, last, planned.longest_rest)
    earliest = [moment for moment in (rest, last.left_alone_until) if moment is not None]
    return planned.slots.after(max([now, *(moment - timedelta(microseconds=1) for moment in earliest)]))


def next_runs(app: App, states: Sequence[StreamState], now: datetime) -> Mapping[str, datetime]:
    """When ``listener serve`` asks each source next, by name; disabled ones are left out.

    ``states`` are those of all streams (``store.runs.stream_states()``). The start is up to ``[schedule] jitter`` later.
    """
    by_source: dict[str, list[StreamState]] = {}
    for state in states:
        by_source.setdefault(state.source, []).append(state)
    return {
        planned.source: next_run(planned, tried(by_source.get(planned.source, ())), now)
        for planned in source_jobs(app)
        if planned.source is not None
    }
