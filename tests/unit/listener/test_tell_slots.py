"""``listener serve`` looks at every hour at which somebody's digest is due, by the clock of their own zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from listener.core.slots import Cron, Every, Together, parse_cron, slots_between
from listener.schedule.plan import DIGEST, digest_slots, step_jobs
from listener.wiring import App, load_app

CONFIG = """
[[brands]]
name = "Quillon"
[digest]
timezone = "Europe/Berlin"
[[notifiers]]
name = "share"
kind = "file"
folder = "out"
"""


def app(tmp_path: Path, *recipients: str) -> App:
    tables = "".join(f'[[recipients]]\nname = "r{n}"\nnotifier = "share"\n{one}\n' for n, one in enumerate(recipients))
    (tmp_path / "listener.toml").write_text(CONFIG + tables)
    return load_app(tmp_path / "listener.toml", {})


def hours(found: App, day: int = 23) -> list[str]:
    slots = slots_between(digest_slots(found), datetime(2026, 11, day, tzinfo=UTC), datetime(2026, 11, day + 1, tzinfo=UTC))
    return [f"{slot:%H:%M}" for slot in slots]


def test_the_folders_hour_is_always_looked_at(tmp_path: Path) -> None:
    assert hours(app(tmp_path)) == ["06:00"]


def test_each_hour_and_zone_is_looked_at_once(tmp_path: Path) -> None:
    found = app(tmp_path, "hour = 9", 'hour = 9\nsegments = ["x"]', 'timezone = "Asia/Kathmandu"', "hour = 3\ndigest = []")
    assert hours(found) == ["01:15", "06:00", "08:00"]
    assert next(job for job in step_jobs(found) if job.id == DIGEST).slots == digest_slots(found)


def test_slots_together_are_those_of_each() -> None:
    first, second = Cron(parse_cron("0 7 * * *"), ZoneInfo("Europe/Berlin")), Cron(parse_cron("0 7 * * *"), UTC)
    both = Together((first, second, first))
    now = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert (both.before(now), both.after(now)) == (datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 23, 7, tzinfo=UTC))
    assert Together((Every(first.after(now) - now),)).before(now) <= now
