"""The plan: which jobs there are, how long a failing source rests, and when each is asked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.slots import Cron, Every, parse_cron
from listener.schedule import next_runs
from listener.schedule.plan import LONGEST_REST, Planned, Tried, next_run, rests_until, source_jobs, step_jobs, tried
from listener.wiring import App, load_app
from storage.runs import StreamState

NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
QUARTER = Every(timedelta(minutes=15))

CONFIG = """
[[brands]]
name = "Quillon"
[digest]
hour = 6
timezone = "Europe/Berlin"
[[sources]]
name = "site"
kind = "blog"
url = "https://quillon.example/"
[[sources]]
name = "often"
kind = "rss"
url = "https://quillon.example/feed"
every = "2m"
[[sources]]
name = "mornings"
kind = "file"
path = "mentions.jsonl"
cron = "30 6 * * mon-fri"
[[sources]]
name = "off"
kind = "rss"
url = "https://quillon.example/off"
enabled = false
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "listener.toml").write_text(CONFIG)
    return load_app(tmp_path / "listener.toml", {})


def state(
    source: str = "site", stream: str = "", failures: int = 0, at: datetime = NOW, pause: datetime | None = None
) -> StreamState:
    return StreamState(
        source=source,
        stream=stream,
        last_attempt=at,
        last_success=None if failures else at,
        last_error="down" if failures else None,
        not_before=pause,
        failures=failures,
    )


def test_one_job_for_each_source_that_can_be_asked(app: App) -> None:
    jobs = {planned.source: planned for planned in source_jobs(app)}
    assert set(jobs) == {"site", "often", "mornings"}
    assert jobs["site"].id == "source:site"
    assert jobs["site"].slots == Every(app.source("site").spec.every)
    assert jobs["often"].slots == Every(timedelta(minutes=2))
    assert jobs["mornings"].slots == Cron(parse_cron("30 6 * * mon-fri"), ZoneInfo("Europe/Berlin"))


def test_the_digest_comes_at_its_hour_in_its_zone_and_retention_once_a_day(app: App) -> None:
    jobs = {planned.id: planned.slots for planned in step_jobs(app)}
    assert set(jobs) == {"work", "digest", "retention", "orphans"}
    assert jobs["digest"].after(NOW) == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert jobs["retention"].after(NOW) == datetime(2026, 11, 21, tzinfo=UTC)


def test_after_each_failure_in_a_row_the_distance_doubles_up_to_a_day() -> None:
    slot = QUARTER.before(NOW)
    rests = [rests_until(QUARTER, Tried(NOW, failures)) for failures in range(8)]
    assert rests[0] is None
    hours = [(rest - slot) / timedelta(hours=1) for rest in rests[1:] if rest]
    assert hours == [0.5, 1, 2, 4, 8, 16, 24]
    assert rests_until(QUARTER, Tried(NOW, 10**9)) == slot + LONGEST_REST


@pytest.mark.parametrize(
    "slots", [Every(timedelta(days=1)), Every(timedelta(weeks=1)), Cron(parse_cron("0 7 * * 1"), ZoneInfo("UTC"))]
)
def test_a_source_that_is_asked_once_a_day_or_less_misses_no_slot(slots: Every | Cron) -> None:
    slot = slots.before(NOW)
    late = slot + timedelta(seconds=29)
    assert rests_until(slots, Tried(late, 5)) == slots.after(slot)
    assert next_run(Planned("job", slots), Tried(late, 5), late) == slots.after(slot)


@given(st.integers(0, 40), st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_next_run_is_a_slot_after_now_and_after_the_rest(failures: int, seconds: int, ago: int) -> None:
    slots = Every(timedelta(seconds=seconds))
    last = Tried(NOW - timedelta(seconds=ago), failures)
    at = next_run(Planned("job", slots), last, NOW)
    assert at > NOW
    assert slots.before(at) == at
    assert at >= (rests_until(slots, last) or NOW)
    assert at <= max(NOW, rests_until(slots, last) or NOW) + slots.interval


def test_a_source_whose_deletions_are_honoured_rests_no_longer_than_that_allows() -> None:
    planned = Planned("job", QUARTER, longest_rest=timedelta(hours=6))
    assert next_run(planned, Tried(NOW, 9), NOW) == QUARTER.before(NOW) + timedelta(hours=6)


def test_a_source_rests_only_when_all_of_its_streams_fail() -> None:
    streams = [state(stream="a", failures=4, at=NOW - timedelta(hours=1)), state(stream="b", failures=2)]
    assert tried(streams) == Tried(NOW, 2)
    assert tried([*streams, state(stream="c")]).failures == 0
    assert tried([]) == Tried()


def test_a_source_whose_every_stream_asked_to_be_left_alone_is_asked_after_that() -> None:
    later = NOW + timedelta(hours=2)
    waiting = [state(stream="a", pause=later), state(stream="b", pause=later + timedelta(minutes=1))]
    assert next_run(Planned("job", QUARTER), tried(waiting), NOW) == datetime(2026, 11, 20, 11, 15, tzinfo=UTC)
    assert next_run(Planned("job", QUARTER), tried([*waiting, state(stream="c")]), NOW) == datetime(
        2026, 11, 20, 9, 15, tzinfo=UTC
    )


def test_a_pause_that_ends_at_a_slot_ends_with_it() -> None:
    slot = QUARTER.after(NOW)
    assert next_run(Planned("job", QUARTER), tried([state(pause=slot)]), NOW) == slot


def test_next_runs_names_every_source_that_will_be_asked(app: App) -> None:
    found = next_runs(app, [state(failures=2), state("gone", failures=1)], NOW)
    assert dict(found) == {
        "site": rests_until(Every(app.source("site").spec.every), Tried(NOW, 2)),
        "often": datetime(2026, 11, 20, 9, 8, tzinfo=UTC),
        "mornings": datetime(2026, 11, 23, 5, 30, tzinfo=UTC),
    }
