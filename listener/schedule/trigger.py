"""Our slots as a trigger of APScheduler.

APScheduler's own triggers would not do: its cron trigger fires twice in the hour that clocks repeat and counts weekdays from
Monday (cron lines count them from Sunday); its interval trigger counts from the last firing, jitter included, so that it
drifts and no two processes agree on what is due.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from listener.core.slots import Slots, gap


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires once for each slot, up to ``jitter`` after it, and always before half of the way to the next."""

    def __init__(self, slots: Slots, jitter: timedelta = timedelta(), *, chance: random.Random | None = None) -> None:
        self.slots = slots
        self.jitter = jitter
        self._chance = chance or random.Random()  # noqa: S311 - it spreads load, it keeps no secret

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next firing; of slots that have passed since the previous one, the last is made up for."""
        passed = self.slots.before(now)
        if previous_fire_time is None:
            slot = passed if passed == now else self.slots.after(now)
        else:
            slot = max(self.slots.after(previous_fire_time), passed)
        return slot + self._delay(slot)

    def _delay(self, slot: datetime) -> timedelta:
        most = min(self.jitter, gap(self.slots, slot) / 2)
        return most * self._chance.random()


def next_fire_times(trigger: BaseTrigger, start: datetime, end: datetime) -> list[datetime]:
    """When a scheduler that is always awake fires from ``start`` until before ``end``."""
    found: list[datetime] = []
    at = trigger.get_next_fire_time(None, start)
    while at is not None and at < end:
        found.append(at)
        at = trigger.get_next_fire_time(at, at)
    return found
