"""Is all well? What the five lines say, and when one of them says that something is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listener.core.telling import Health
from listener.status import Facts, Line, RunFact, SourceFact, headline, is_well, status_lines

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def runs(*ages: timedelta, error: str | None = None, ended: bool = True) -> list[RunFact]:
    """Runs that began so long ago, newest first; error and end are of the newest."""
    found = [RunFact(NOW - age, NOW - age + MINUTE, None) for age in ages]
    return [replace(found[0], error=error, ended_at=found[0].ended_at if ended else None), *found[1:]]


GOOD = Facts(
    runs=runs(*(n * 30 * MINUTE for n in range(1, 6))),
    sources=[SourceFact("forum", Health.OK, None), SourceFact("blog", Health.OK, None)],
    waiting=0,
    waiting_since=None,
    parked=0,
    refused=0,
    told_at=NOW - 2 * HOUR,
    alerts=0,
    overdue=0,
    new=0,
    database="listener.db",
    size_bytes=12_000_000,
    schema="0007",
    free_bytes=40_000_000_000,
)


def line(about: str, **changes: Any) -> Line:
    found = status_lines(replace(GOOD, **changes), NOW, UTC)
    assert len(found) == 5
    return next(each for each in found if each.about == about)


def test_where_all_is_well_five_lines_say_so_and_ask_for_nothing() -> None:
    lines = status_lines(GOOD, NOW, UTC)
    assert headline(lines) == "All is well."
    assert [each.about for each in lines] == ["runs", "sources", "messages", "work", "database"]
    assert all(each.well and not each.do for each in lines)
    assert lines[0].says == "the last one ended 30 min ago; they come about every 30 min"
    assert lines[2].says == "the last digest was made 07:00; nothing waits to be sent"


@pytest.mark.parametrize(
    ("found", "well", "says"),
    [
        ([], False, "none so far"),
        (runs(25 * HOUR), True, "ended 25 hours ago"),
        (runs(27 * HOUR), False, "began 27 hours ago"),
        (runs(3 * HOUR, 4 * HOUR, 5 * HOUR, 6 * HOUR), True, "every 60 min"),
        (runs(4 * HOUR, 5 * HOUR, 6 * HOUR, 7 * HOUR), False, "began 4 hours ago"),
        (runs(3 * DAY, 4 * DAY, 5 * DAY, 6 * DAY), True, "every 24 hours"),
        (runs(10 * MINUTE, error="StorageError"), False, "failed (StorageError)"),
        (runs(10 * MINUTE, ended=False), True, "under way, begun 10 min ago"),
        (runs(7 * HOUR, ended=False), False, "killed before its end"),
    ],
)
def test_runs_that_stopped_failed_or_were_killed_are_told(found: list[RunFact], well: bool, says: str) -> None:
    told = line("runs", runs=found)
    assert told.well is well
    assert says in told.says
    assert bool(told.do) is not well


def test_a_run_without_an_end_was_killed_where_nobody_works_on_the_store() -> None:
    told = line("runs", runs=runs(7 * MINUTE, ended=False), at_work=False)
    assert (told.well, told.says) == (False, "the last one, 7 min ago, was killed before its end")
    assert line("runs", runs=runs(7 * MINUTE), at_work=False).well, "one that ended is as it was"


def test_a_source_that_fails_is_named_with_its_reason_and_the_command() -> None:
    told = line("sources", sources=[SourceFact("forum", Health.OK, None), SourceFact("trade press", Health.FAILED, "404")])
    assert told == Line(
        "sources", False, "1 of 2 heard without gaps; not wholly: trade press (404)", "listener sources 'trade press'"
    )


def test_of_many_that_fail_the_first_are_named() -> None:
    told = line("sources", sources=[SourceFact(f"s{n}", Health.PARTIAL, "x") for n in range(5)])
    assert told.says == "0 of 5 heard without gaps; not wholly: s0, s1, s2 and 2 more"
    assert told.do == "listener sources"


def test_what_rests_on_purpose_or_is_switched_off_is_no_fault() -> None:
    states = (Health.OK, Health.PAUSED, Health.WAITING, Health.DISABLED)
    told = line("sources", sources=[SourceFact(state.value, state, "why") for state in states])
    assert told.well
    assert told.says == "1 of 3 heard without gaps, 1 paused on purpose, 1 waiting"
    assert line("sources", sources=[SourceFact("off", Health.DISABLED, "no key")]).well is False


def test_messages_that_wait_a_little_are_no_fault_and_those_that_cannot_be_sent_are() -> None:
    assert line("messages", waiting=2, waiting_since=NOW - 59 * MINUTE).well
    stuck = line("messages", waiting=2, waiting_since=NOW - 3 * HOUR)
    assert (stuck.well, stuck.do) == (False, "listener alerts list --state waiting")
    assert "2 cannot be sent, the oldest for 3 hours" in stuck.says
    parked = line("messages", parked=1)
    assert (parked.well, parked.do) == (False, "listener alerts list --state parked, then retry --all or drop ID")
    assert "1 message given up;" in parked.says
    assert "1 was refused" in line("messages", refused=1).says


def test_work_that_waits_for_people_is_neither_good_nor_bad() -> None:
    told = line("work", overdue=1, new=4, alerts=2)
    assert told == Line("work", None, "1 call overdue, 4 cases undecided, 2 alerts not acknowledged", "listener cases")
    assert line("work", alerts=1).do == "listener alerts open"
    assert is_well(status_lines(replace(GOOD, overdue=9), NOW, UTC))
    unread = line("work", unread=1)
    assert (unread.well, unread.says) == (None, "1 text left unread, since reading ended the program")
    assert "mention_unread" in unread.do


def test_a_disk_that_fills_is_told_before_it_is_full() -> None:
    assert line("database", free_bytes=900_000_000).well is False
    assert line("database", size_bytes=50_000_000_000).well is False, "a backup or a migration would not fit"
    assert line("database", free_bytes=None).well


def test_several_faults_are_counted() -> None:
    lines = status_lines(replace(GOOD, runs=[], parked=1), NOW, UTC)
    assert headline(lines) == "2 things need you."
    assert headline(status_lines(replace(GOOD, parked=1), NOW, UTC)) == "1 thing needs you."
