"""The trigger: what APScheduler fires, with simulated time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from listener.core.slots import Cron, Every, Slots, parse_cron, slots_between
from listener.schedule.trigger import SlotTrigger, next_fire_times

START = datetime(2026, 3, 27, 12, 34, 56, tzinfo=UTC)
NIGHTLY = Cron(parse_cron("30 2 * * *"), ZoneInfo("Europe/Berlin"))
MINUTES = Every(timedelta(minutes=15))


@pytest.mark.parametrize("start", [START, datetime(2026, 10, 23, 12, tzinfo=UTC)])
@pytest.mark.parametrize("slots", [NIGHTLY, MINUTES, Cron(parse_cron("*/10 * * * *"), ZoneInfo("Europe/Berlin"))])
@pytest.mark.parametrize("jitter", [timedelta(), timedelta(seconds=30), timedelta(hours=1)])
def test_it_fires_once_for_each_slot_also_when_clocks_change(start: datetime, slots: Slots, jitter: timedelta) -> None:
    end = slots.after(start + timedelta(days=4))
    fired = next_fire_times(SlotTrigger(slots, jitter, chance=random.Random(7)), start, end)
    assert [slots.before(at) for at in fired] == slots_between(slots, start, end)


def test_jitter_is_after_the_slot_and_before_half_of_the_way_to_the_next() -> None:
    trigger = SlotTrigger(Every(timedelta(seconds=10)), timedelta(minutes=5), chance=random.Random(7))
    delays = [at.timestamp() % 10 for at in next_fire_times(trigger, START, START + timedelta(minutes=30))]
    assert max(delays) <= 5
    assert max(delays) - min(delays) > 4


def test_replicas_fire_for_the_same_slots_at_other_moments() -> None:
    end = START + timedelta(days=1)
    one, two = (next_fire_times(SlotTrigger(MINUTES, timedelta(seconds=30)), START, end) for _ in range(2))
    assert [MINUTES.before(at) for at in one] == [MINUTES.before(at) for at in two]
    assert one != two


def test_of_many_slots_that_passed_only_the_last_is_made_up_for() -> None:
    trigger = SlotTrigger(MINUTES)
    awake = START + timedelta(days=30)
    assert trigger.get_next_fire_time(START, awake) == MINUTES.before(awake)
    assert trigger.get_next_fire_time(MINUTES.before(awake), awake) == MINUTES.after(awake)


def test_a_firing_in_between_slots_does_not_move_them() -> None:
    assert SlotTrigger(MINUTES).get_next_fire_time(START, START) == MINUTES.after(START)


def test_a_slot_that_is_now_is_fired_now() -> None:
    slot = MINUTES.after(START)
    assert SlotTrigger(MINUTES).get_next_fire_time(None, slot) == slot
