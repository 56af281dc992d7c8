"""Clocks that are wrong, set, or change for summer: nothing is lost, doubled, or told twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.fault_mails import promised
from tests.support.fault_tally import Tally
from tests.support.faults import Stage, promises, shifted, staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@contextmanager
def on(folder: Path, moment: datetime) -> Iterator[tuple[Stage, timedelta]]:
    """A stage on that day, with what an undisturbed run there sends, and how far that is from here."""
    away = moment - datetime.now(UTC)
    due = promises(folder / "undisturbed", now=moment, env=shifted(away))
    with staged(folder / "stage", now=moment) as stage:
        stage.promised = due
        yield stage, away


@pytest.mark.parametrize("by", [-HOUR, DAY], ids=["an hour back", "a day forward"])
def test_the_clock_is_set_between_two_runs(tmp_path: Path, by: timedelta) -> None:
    """And once more, back to what is right."""
    tally = Tally(f"clock {'an hour back' if by < timedelta() else 'a day forward'} between runs")
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    with on(tmp_path, noon) as (stage, away):
        stage.recover(env=shifted(away))
        for step in (by, timedelta()):
            tally.injected += 1
            tally.recovered(stage.recover(env=shifted(away + step)))
        stage.count(tally)
        # Tomorrow's digest is told by a clock that says it is tomorrow; nothing else may come.
        more = {what for _, what in promised(stage.box.accepted) - stage.promised}
        due = {f"digest of Quillon · {noon + DAY:%Y-%m-%d}"} if by == DAY else set()
        tally.check(more <= due, f"told besides: {sorted(more - due)}")
    tally.close()


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("gap", datetime(2027, 3, 28, 0, 59, 40, tzinfo=UTC)),  # 01:59:40 in Berlin, 20 seconds before 03:00
        ("overlap", datetime(2026, 10, 25, 0, 59, 40, tzinfo=UTC)),  # 02:59:40, 20 seconds before 02:00
    ],
)
def test_a_day_on_which_the_clocks_change(tmp_path: Path, name: str, moment: datetime) -> None:
    """Runs every half hour over the change, by a reader whose digest is due in the hour that is missing, or comes twice."""
    tally = Tally(f"DST {name}")
    reader = '\n[[recipients]]\nname = "early"\nnotifier = "mail"\nto = ["early@quillon.example"]\nalerts = []\n'
    reader += 'digest = ["daily"]\nhour = 2\ntimezone = "Europe/Berlin"\n'
    away = moment - datetime.now(UTC)
    with staged(tmp_path / "stage", now=moment, more=reader) as stage:
        for half in range(-1, 4):
            tally.injected += half == 0
            tally.recovered(stage.recover(env=shifted(away + half * HOUR / 2)))
        stage.count(tally)
        digests = [str(mail["Subject"]) for mail in stage.box.accepted if mail["To"] == "early@quillon.example"]
        tally.check(len(digests) == 1, f"{len(digests)} digests on that day")
    tally.close()


def test_the_clock_is_set_back_while_a_run_is_at_work(stage: Stage) -> None:
    """Some of the run is an hour later than the rest of it."""
    tally = Tally("clock jumps during a run")
    for start in ("+3600", "-3600"):
        control = stage.folder / "clock"
        control.write_text(f"{start}\n", encoding="ascii")
        env = {**shifted(timedelta()), "FAKETIME_TIMESTAMP_FILE": str(control), "FAKETIME_NO_CACHE": "1"}
        del env["FAKETIME"]
        process = stage.start("run", env=env)
        tally.injected += 1
        _once_heard(stage, lambda control=control: control.write_text("+0\n", encoding="ascii"))
        out, err = process.communicate(timeout=400)
        tally.check(process.returncode == 0, f"the run ended with {process.returncode}: {(out + err)[-300:]}")
    stage.settle(tally)
    tally.close()


def _once_heard(stage: Stage, then: object) -> None:
    from tests.support.serving import until

    def heard() -> object:
        tables = stage.rows("select name from sqlite_master where name = 'mentions'") if stage.database.exists() else []
        return tables and stage.rows("select 1 from mentions limit 1")

    until(heard, 400)
    assert callable(then)
    then()
