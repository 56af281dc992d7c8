"""Files with a series: read, sorted, laid on their grid, or refused with the line that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from listener.spikes.table import SeriesError, Table, read, spoken


def table(text: str) -> Table:
    return read(text.encode("utf-8", "surrogatepass").splitlines(keepends=True))


def test_rows_in_any_order_and_naive_times_are_utc() -> None:
    found = table("timestamp,value\n2026-01-01 02:00:00,3\n2026-01-01 00:00:00,1\n2026-01-01T01:00:00,2.5\n")
    assert found.values.tolist() == [1, 2.5, 3]
    assert found.bin == timedelta(hours=1)
    assert found.moment(0) == datetime(2026, 1, 1, tzinfo=UTC)
    assert (found.rows, found.usable.all()) == (3, True)


def test_offsets_may_change_as_clocks_do() -> None:
    found = table("timestamp,value\n2026-10-25T02:00:00+02:00,1\n2026-10-25T02:00:00+01:00,2\n2026-10-25T03:00:00+01:00,3\n")
    assert found.values.tolist() == [1, 2, 3]
    assert found.bin == timedelta(hours=1)


def test_missing_bins_are_not_usable() -> None:
    found = table("timestamp,value\n2026-01-01,1\n2026-01-02,2\n2026-01-05,3\n")
    assert found.usable.tolist() == [True, True, False, False, True]
    assert found.moment(3) == datetime(2026, 1, 4, tzinfo=UTC)
    assert found.rows == 3


def test_byte_order_mark_carriage_returns_quotes_and_empty_lines() -> None:
    found = read([b"\xef\xbb\xbfTimestamp, Value\r\n", b"\r\n", b'"2026-01-01 00:00","1"\r\n', b"2026-01-01 00:05, 2 \r\n"])
    assert found.values.tolist() == [1, 2]
    assert found.bin == timedelta(minutes=5)


def test_rows_may_lie_a_little_beside_the_grid() -> None:
    found = table("timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:05:00,2\n2026-01-01 00:10:00,3\n2026-01-01 00:15:02,4\n")
    assert found.values.tolist() == [1, 2, 3, 4]
    assert found.moment(3).second == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing in it"),
        ("time,value\n2026-01-01,1\n", "line 1: the header must be timestamp,value"),
        ("2026-01-01,1\n", "line 1: the header"),
        ("timestamp,value\n2026-01-01,1\n2026-01-01,2\n", "line 3: the same time as in line 2"),
        ("timestamp,value\n2026-01-01,1\nsoon,2\n", 'line 3: "soon" is no time'),
        ("timestamp,value\n2026-13-01,1\n", "is no time"),
        ("timestamp,value\n0001-01-01T00:00:00+14:00,1\nx,1\n", "line 3"),
        ("timestamp,value\n2026-01-01,\n", 'line 2: "" is no number'),
        ("timestamp,value\n2026-01-01,nan\n", 'line 2: "nan" is no number'),
        ("timestamp,value\n2026-01-01,inf\n", "is no number"),
        ("timestamp,value\n2026-01-01,1_000\n", "is no number"),
        ("timestamp,value\n2026-01-01,٣\n", "is no number"),
        ("timestamp,value\n2026-01-01,-1\n", "line 2: a count below 0"),
        ("timestamp,value\n2026-01-01,1e13\n", "line 2: a count above 1e12"),
        ("timestamp,value\n2026-01-01\n", "line 2: 1 cells"),
        ("timestamp,value\n2026-01-01,1,2\n", "line 2: 3 cells"),
        ("timestamp,value\n2026-01-01,1\0\n", "line 2: it holds a NUL byte"),
        ('timestamp,value\n"2026-01-01,1\n', "line 2: its quotes"),
        ("timestamp,value\n2026-01-01," + "1" * 20_000 + "\n", "line 2: longer than 10,000 bytes"),
        ("timestamp,value\n2026-01-01,1\n2026-01-02,1\n2026-01-03,1\n2026-01-03 11:00,1\n", "line 5: 11 h after the row before"),
        ("timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:00:01,1\n9999-01-01,1\n", "line 4: 251,6"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, said: str) -> None:
    with pytest.raises(SeriesError) as told:
        table(text)
    assert said in str(told.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SeriesError, match="line 2: not UTF-8"):
        read([b"timestamp,value\n", b"2026-01-01,\xff\n"])


def test_only_the_first_problems_are_named() -> None:
    with pytest.raises(SeriesError) as told:
        table("timestamp,value\n" + "x,1\n" * 30)
    lines = str(told.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 20 more lines"


def test_terminal_tricks_do_not_get_through() -> None:
    with pytest.raises(SeriesError) as told:
        table("timestamp,value\n\x1b[2Jnow,1\n")
    assert "\x1b" not in str(told.value)


def test_one_row_or_none_has_no_bins() -> None:
    assert table("timestamp,value\n").rows == 0
    found = table("timestamp,value\n2026-01-01,1\n")
    assert (found.rows, found.bin) == (1, timedelta(0))


def test_lengths_in_words() -> None:
    lengths = [timedelta(minutes=5), timedelta(hours=1), timedelta(minutes=90), timedelta(days=7), timedelta(milliseconds=1500)]
    assert [spoken(each) for each in lengths] == ["5 min", "1 h", "90 min", "7 d", "1.5 s"]
