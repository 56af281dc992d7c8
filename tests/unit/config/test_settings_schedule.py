"""The settings of the scheduler: how often each source is asked, and [schedule]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.example import example
from config.loader import load
from listener.core.errors import ConfigError

BRAND = '[[brands]]\nname = "Quillon"\n'
SOURCE = '[[sources]]\nname = "news"\nkind = "rss"\n'

Load = Callable[..., Any]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def loaded(text: str, env: dict[str, str] | None = None) -> Any:
        path = tmp_path / "listener.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, env or {})

    return loaded


def problems(loaded: Load, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    return {problem.path: f"{problem.got}; {problem.allowed}" for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "expected"), [("1s", timedelta(seconds=1)), ("90 m", timedelta(minutes=90)), ("7D", timedelta(days=7))]
)
def test_a_source_can_say_how_often_it_is_asked(loaded: Load, text: str, expected: timedelta) -> None:
    source = loaded(f'{BRAND}{SOURCE}every = "{text}"\n').sources[0]
    assert (source.every, source.cron) == (expected, None)


def test_or_when_by_a_cron_line_and_from_the_environment(loaded: Load) -> None:
    assert loaded(f'{BRAND}{SOURCE}cron = "*/20 7-19 * * mon-fri"\n').sources[0].cron == "*/20 7-19 * * mon-fri"
    assert loaded(BRAND + SOURCE, {"LISTENER_SOURCES__NEWS__CRON": "0 7 * * *"}).sources[0].cron == "0 7 * * *"
    assert loaded(BRAND + SOURCE).sources[0].every is None


@pytest.mark.parametrize("text", ["0s", "0m", "99999w", "367d"])
def test_never_and_for_ever_are_no_intervals(loaded: Load, text: str) -> None:
    found = problems(loaded, f'{BRAND}{SOURCE}every = "{text}"\n')
    assert found["sources[0].every (line 6)"].endswith("from one second to a year")


def test_both_at_once_are_refused_at_the_place_of_the_second(loaded: Load) -> None:
    found = problems(loaded, f'{BRAND}{SOURCE}every = "5m"\ncron = "0 7 * * *"\n')
    assert found["sources[0].cron (line 7)"].endswith("every or cron, one of the two")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("7 o'clock", "five fields"),
        ("0 7 * *", "five fields"),
        ("0 7 * * * *", "five fields"),
        ("60 7 * * *", "the minute must be from 0 to 59"),
        ("0 7 31 2 *", "no month has that day"),
        ("0 7 * * 8", "the day of the week must be from 0 to 7"),
    ],
)
def test_a_wrong_cron_line_is_refused_with_what_is_wrong(loaded: Load, line: str, says: str) -> None:
    assert says in problems(loaded, f'{BRAND}{SOURCE}cron = "{line}"\n')["sources[0].cron (line 6)"]


def test_the_schedules_own_section_and_its_defaults(loaded: Load) -> None:
    default = loaded(BRAND).schedule
    assert (default.jitter, default.misfire_grace, default.threads) == (timedelta(seconds=30), timedelta(minutes=10), 32)
    changed = loaded(BRAND + '[schedule]\njitter = "0s"\nmisfire_grace = "1h"\nthreads = 4\n').schedule
    assert (changed.jitter, changed.misfire_grace, changed.threads) == (timedelta(), timedelta(hours=1), 4)
    found = problems(loaded, BRAND + '[schedule]\njitter = "2h"\nthreads = 0\ntimezone = "Mars/Base"\n')
    assert set(found) == {f"schedule.{name} (line {line})" for name, line in (("jitter", 4), ("threads", 5), ("timezone", 6))}


def test_cron_lines_are_in_the_digests_time_zone_unless_they_have_their_own(loaded: Load) -> None:
    digest = '[digest]\ntimezone = "Europe/Berlin"\n'
    assert loaded(BRAND + digest).schedule_zone().key == "Europe/Berlin"
    assert loaded(BRAND + digest + '[schedule]\ntimezone = "Asia/Tokyo"\n').schedule_zone().key == "Asia/Tokyo"
    assert loaded(BRAND).schedule_zone().key == "UTC"


def test_the_examples_values_of_the_schedule_are_the_defaults(loaded: Load) -> None:
    text = example("Quillon", "https://quillon.example")
    shown = loaded(text.replace("#jitter", "jitter").replace("#threads", "threads").replace("#misfire", "misfire")).schedule
    assert shown == loaded(BRAND).schedule
