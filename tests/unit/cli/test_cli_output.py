"""What commands print, and what of strangers' text reaches a terminal, a spreadsheet or a log."""

from __future__ import annotations

import csv
import errno
import io
import json
import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest
import structlog

from listener import logs
from listener.cli.moments import parse_day, parse_moment
from listener.cli.output import Column, as_json, facts, moment, progress, table
from listener.cli.sheets import harmless, private, write_sheet
from listener.core.errors import ConfigError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    when: datetime
    colour: Colour
    parts: tuple[int, ...]


def test_core_types_become_json() -> None:
    thing = Thing(NOW, Colour.RED, (1, 2))
    assert json.loads(as_json(thing)) == {"when": "2026-03-10T12:00:00+00:00", "colour": "red", "parts": [1, 2]}
    odd = {"b": {"z", "a"}, "d": date(2026, 1, 2), "t": timedelta(minutes=1), "p": Path("/x"), 5: None, "f": 0.5, "y": True}
    assert json.loads(as_json(odd)) == {"b": ["a", "z"], "d": "2026-01-02", "t": 60.0, "p": "/x", "5": None, "f": 0.5, "y": True}


def test_json_is_one_line_of_utf8_whatever_the_text() -> None:
    line = as_json({"t": "ü\n\ud800\u2028"})
    line.encode("utf-8")
    assert "\n" not in line
    assert json.loads(line)["t"].startswith("ü\n")
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(float("nan"))


def test_tables_are_aligned_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table(
        [Column("id", right=True), Column("text", wide=True), Column("x")],
        [("1", "a\nb\x1b[31m", ""), ("100", "long " * 40, "y")],
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9].rstrip() for line in lines] == [" id  text", "  1  a b[", "100  long"]
    assert len(lines) == 3


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    columns = [Column("id", right=True), Column("empty"), Column("text", wide=True)]
    table(columns, [("1", "", "word " * 50 + "[bold]kept[/bold]")])
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "[bold]kept[/bold]" in screen.getvalue()
    assert "word word" in lines[2]
    assert "empty" not in screen.getvalue()


def test_facts_leave_out_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    facts([("name", "A"), ("e-mail", None), ("title", "")])
    facts([])
    assert capsys.readouterr().out == "name  A\n"


def test_moments_for_people() -> None:
    assert moment(NOW) == "2026-03-10 12:00"
    assert moment(None) == "never"


def test_a_bar_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, file = Terminal(), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    for stream in (screen, file):
        monkeypatch.setattr("sys.stderr", stream)
        with progress() as bar:
            bar("collect", 1, 3)
            bar("collect", 3, 3)
            bar("judge", 2)
    assert "collect" in screen.getvalue()
    assert file.getvalue() == ""
    monkeypatch.setattr("sys.stderr", screen)
    before = screen.getvalue()
    with progress(quiet=True) as bar:
        bar("collect", 1, 3)
    assert screen.getvalue() == before


# -------------------------------------------------------------------------------------------------------- spreadsheets


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'=1"),
        (" \r\n=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        (-1.5, "-1.5"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        ("two\nlines", "two lines"),
    ],
)
def test_no_cell_is_a_formula(value: object, cell: str) -> None:
    assert harmless(value) == cell


def test_sheets_are_read_back_as_written() -> None:
    file = io.StringIO()
    write_sheet(file, ("a", "b"), [{"a": 'say "hi", you', "b": "=1"}])
    assert list(csv.reader(io.StringIO(file.getvalue()))) == [["a", "b"], ['say "hi", you', "'=1"]]


def test_what_holds_personal_data_is_private(tmp_path: Path) -> None:
    with private(tmp_path / "x.csv") as file:
        file.write("ü")
    assert (tmp_path / "x.csv").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "x.csv").read_bytes() == "ü".encode()


@pytest.mark.parametrize(
    ("step", "refusal"),
    [((tempfile, "mkstemp"), errno.EACCES), ((tempfile, "mkstemp"), errno.EROFS), ((os, "replace"), errno.EBUSY)],
)
def test_a_file_whose_folder_takes_no_change_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], refusal: int
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    target = tmp_path / "x.csv"
    target.write_text("the former one, which is longer")
    target.chmod(0o640)
    inode = target.stat().st_ino
    monkeypatch.setattr(*step, refused)
    with private(target) as file:
        file.write("ü")
    assert (target.read_bytes(), target.stat().st_ino, target.stat().st_mode & 0o777) == ("ü".encode(), inode, 0o640)
    with pytest.raises(OSError, match=os.strerror(refusal)), private(tmp_path / "new.csv") as file:
        file.write("ü")
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


# ---------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T08:00+01:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
        (" 7D ", NOW - timedelta(days=7)),
        ("90m", NOW - timedelta(minutes=90)),
    ],
)
def test_times_on_the_command_line(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW, "--since") == expected


def test_times_ahead() -> None:
    assert parse_moment("2w", NOW, "--until", ahead=True) == NOW + timedelta(weeks=2)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "2026-13-01"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        parse_moment(text, NOW, "--since")


def test_days() -> None:
    assert parse_day("2026-03-01", "--date") == date(2026, 3, 1)
    with pytest.raises(ConfigError, match="--date"):
        parse_day("1 March", "--date")


# ----------------------------------------------------------------------------------------------------------------- logs


@pytest.fixture
def _quiet_logs():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet_logs")
def test_logs_for_people_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    structlog.get_logger().info("A source was heard.", action="heard", source="news", reason="a\nb\x1b[31m")
    structlog.get_logger().debug("Not shown.", action="x")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(" info: A source was heard. reason=a b[31m source=news\n")


@pytest.mark.usefixtures("_quiet_logs")
def test_logs_for_programs_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "json")
    structlog.get_logger().warning("Odd.", action="odd", source="x")
    logging.getLogger("somelib").warning("library said %s", "this")
    logging.getLogger("somelib").info("not shown")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["action"], first["level"], first["source"]) == ("Odd.", "odd", "warning", "x")
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is not None
    assert (second["event"], second["action"], second["library"]) == ("library said this", "library", "somelib")


@pytest.mark.usefixtures("_quiet_logs")
def test_a_defect_is_logged_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    logs.configure("debug")
    try:
        {}["x"]
    except KeyError:
        structlog.get_logger().exception("A defect.", action="defect")
    assert "Traceback" in capsys.readouterr().err
    assert sum(type(handler).__name__ == "_Forward" for handler in logging.getLogger().handlers) == 1
