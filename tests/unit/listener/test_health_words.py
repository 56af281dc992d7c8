"""Moments, lengths of time, lost windows and allowances in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from listener.allowances import Spent, allowance_words, run_words, spent_by, spent_words
from listener.core.connector import Allowance, MemoryLedger
from listener.core.mention import Gap
from listener.timewords import lost_words, moment_words, span_words, stamp_words, when_words, window_words

TODAY = date(2026, 11, 22)
BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int = 0, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(minutes=60), "60 min"),
        (timedelta(hours=3, minutes=20), "3 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=4), "4 days"),
        (timedelta(days=4000), "4,000 days"),
    ],
)
def test_lengths_have_one_unit(length: timedelta, words: str) -> None:
    assert span_words(length) == words


def test_moments_are_told_in_the_readers_zone_and_as_short_as_they_can_be() -> None:
    assert moment_words(at(22, 13, 5), BERLIN, TODAY) == "14:05"
    assert moment_words(at(21, 23, 30), BERLIN, TODAY) == "00:30"
    assert moment_words(at(12, 13, 5), BERLIN, TODAY) == "12 Nov 14:05"
    assert moment_words(at(12, 13, 5, year=2025), BERLIN, TODAY) == "12 Nov 2025 14:05"
    assert stamp_words(at(22, 13, 5), BERLIN, TODAY) == "22 Nov 14:05"
    assert when_words(at(30, 23), BERLIN, TODAY) == "1 Dec"
    assert when_words(at(30, 23, 15), BERLIN, TODAY) == "1 Dec 00:15"
    assert when_words(at(21, 23), BERLIN, TODAY) == "00:00"


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (at(3), at(5, 20), "3–5 Nov"),
        (at(3), at(6), "3–5 Nov"),
        (at(30, month=10), at(2), "30 Oct–1 Nov"),
        (at(3, 10), at(3, 14), "3 Nov 10:00–14:00"),
        (at(3, 22), at(4, 6), "3 Nov 22:00–4 Nov 06:00"),
        (at(28, month=12, year=2025), at(4, month=1), "28 Dec 2025–3 Jan"),
    ],
)
def test_windows_are_told_by_days_or_hours(since: datetime, until: datetime, words: str) -> None:
    assert window_words(since, until, UTC, TODAY) == words


def test_what_several_streams_lost_for_one_reason_is_told_once() -> None:
    reason = "the service goes back no further than 7 days"
    gaps = [Gap(at(3), at(5, 18), reason), Gap(at(3, 1), at(5, 20), reason), Gap(at(5, 20), at(5, 22), reason)]
    assert lost_words(gaps, UTC, TODAY) == f"3–5 Nov, {reason}"
    assert lost_words([], UTC, TODAY) == ""


def test_of_many_lost_windows_the_latest_are_told_and_the_others_counted() -> None:
    gaps = [Gap(at(day), at(day, 6), "") for day in range(1, 9)]
    assert lost_words(gaps, UTC, TODAY) == ("8 Nov 00:00–06:00; 7 Nov 00:00–06:00; 6 Nov 00:00–06:00; 5 more windows before that")
    assert lost_words(gaps[:4], UTC, TODAY).endswith("; 1 more window before that")


MONEY = Allowance("cents", "USD", "month", 2000, 100, most_per_run=30)
READS = Allowance("reads", "posts read", "day", 2000, most_per_run=40)


def test_allowances_in_words() -> None:
    assert spent_words(Spent(MONEY, 320)) == "USD 3.20 of 20.00 this month"
    assert spent_words(Spent(READS, 640)) == "640 of 2,000 posts read today"
    assert (allowance_words(MONEY), allowance_words(READS)) == (
        "at most USD 20.00 a month",
        "at most 2,000 posts read a day",
    )
    assert (run_words(MONEY), run_words(READS)) == ("a run costs at most USD 0.30", "a run uses at most 40 posts read")
    assert run_words(Allowance("x", "x", "day", 1)) == ""


def test_money_is_told_to_the_cent_and_finer_where_it_is_less() -> None:
    fine = Allowance("microusd", "USD", "month", 20_000_000, 1_000_000, most_per_run=5000)
    assert spent_words(Spent(fine, 3_205_000)) in {"USD 3.20 of 20.00 this month", "USD 3.21 of 20.00 this month"}
    assert spent_words(Spent(fine, 5000)) == "USD 0.005 of 20.00 this month"
    assert spent_words(Spent(fine, 0)) == "USD 0.00 of 20.00 this month"
    assert run_words(fine) == "a run costs at most USD 0.005"
    assert spent_words(Spent(Allowance("usd", "USD", "month", 20), 3)) == "USD 3.00 of 20.00 this month"


def test_what_is_left_is_never_less_than_nothing() -> None:
    assert (Spent(MONEY, 320).left, Spent(MONEY, 2500).left) == (1680, 0)


class Ledgers:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(self, source: str, today: date) -> MemoryLedger:
        self.asked.append(source)
        ledger = MemoryLedger(today)
        ledger.charge({"cents": 320, "reads": 640})
        return ledger


def test_what_a_source_used_is_read_from_its_ledger() -> None:
    ledgers = Ledgers()
    assert [spent.used for spent in spent_by(ledgers, "x-search", (MONEY, READS), TODAY)] == [320, 640]
    assert spent_by(ledgers, "forum", (), TODAY) == ()
    assert ledgers.asked == ["x-search"]
