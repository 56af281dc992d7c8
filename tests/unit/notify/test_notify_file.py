"""The notifier that writes files."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.messages import Message, MessageKind, Picture
from listener.notify.file import FileNotifier, file_stem

MESSAGE = Message(
    dedup_key="digest:all:2026-11-22:file:out",
    channel="file",
    recipient="out",
    subject="2 need a call, 1 new candidate — Quillon, 2026-11-22",
    text="Grüße\n",
    html="<p>Grüße</p>",
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
)


def test_both_parts_are_written_under_a_name_that_says_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    (outcome,) = FileNotifier(folder).send([MESSAGE])
    assert outcome.ok
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "digest-2026-11-22-f44d9d83.html",
        "digest-2026-11-22-f44d9d83.txt",
    ]
    assert (folder / names[1]).read_bytes() == "Grüße\n".encode()
    assert (folder / names[0]).read_text(encoding="utf-8") == "<p>Grüße</p>"
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o640}


def test_a_second_delivery_replaces_the_first(tmp_path: Path) -> None:
    notifier = FileNotifier(tmp_path)
    outcomes = list(notifier.send([MESSAGE, replace(MESSAGE, text="again\n", html=None)]))
    assert all(outcome.ok for outcome in outcomes)
    assert len(list(tmp_path.iterdir())) == 2
    assert next(tmp_path.glob("*.txt")).read_text() == "again\n"


def test_a_link_that_waits_under_the_name_is_replaced_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "out", tmp_path / "precious"
    folder.mkdir()
    elsewhere.write_text("keep")
    (folder / f"{file_stem(MESSAGE)}.txt").symlink_to(elsewhere)
    assert next(FileNotifier(folder).send([MESSAGE])).ok
    assert elsewhere.read_text() == "keep"


def test_what_cannot_be_written_is_an_outcome_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    taken = tmp_path / "taken"
    (taken / f"{file_stem(MESSAGE)}.txt").mkdir(parents=True)
    for folder, reason in ((blocked, "File exists"), (taken, "Is a directory")):
        (outcome,) = FileNotifier(folder).send([MESSAGE])
        assert (outcome.ok, outcome.permanent) == (False, False)
        assert outcome.detail == f"cannot write into {folder}: {reason}"
    assert [path.name for path in taken.iterdir()] == [f"{file_stem(MESSAGE)}.txt"]


@pytest.mark.parametrize("key", ["../../etc/passwd", "/absolute\x00\n", "....:x", "日本", "alert:7:../.."])
@pytest.mark.parametrize("kind", list(MessageKind))
def test_a_name_begins_with_the_kind_and_no_key_makes_a_path(key: str, kind: MessageKind) -> None:
    stem = file_stem(replace(MESSAGE, dedup_key=key, kind=kind))
    assert re.fullmatch(rf"{kind.value}-2026-11-23-[0-9a-f]{{8}}", stem)


def test_the_html_holds_its_pictures(tmp_path: Path) -> None:
    html = """<p>cid:chart-1</p><img src="cid:chart-1" alt="up"><img alt='x' src='cid:chart-1'><img src="cid:other">"""
    chart = Picture("chart-1", "up", b"\x89PNG\\1")
    assert next(FileNotifier(tmp_path).send([replace(MESSAGE, html=html, pictures=(chart,))])).ok
    data = "data:image/png;base64,iVBOR1wx"
    written = next(tmp_path.glob("*.html")).read_text()
    assert written == f"""<p>cid:chart-1</p><img src="{data}" alt="up"><img alt='x' src='{data}'><img src="cid:other">"""


def test_without_any_date_the_name_says_so() -> None:
    assert file_stem(replace(MESSAGE, dedup_key="alert:7", kind=MessageKind.ALERT, created_at=None)).startswith("alert-undated-")


@given(st.text(max_size=300), st.text(max_size=50))
def test_every_name_is_safe_and_short(subject: str, key: str) -> None:
    stem = file_stem(replace(MESSAGE, subject=subject, dedup_key=key))
    assert stem.isascii()
    assert all(char.isalnum() or char == "-" for char in stem)
    assert len(stem) <= 110
