"""Texts that kill their reader: which are read alone, which are given up, and that reading ends."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from listener.careful import TRIES
from listener.core.analysis import GIVEN_UP, Analysis, AnalysisJob, Relevance
from listener.pipeline import understand
from storage.store import Store, open_store
from tests.support.heard import NOW, PEPPER, hear, mention, sqlite_url

POISON = "A text that nobody survives."


class Died(BaseException):
    """Stands for the end of the process: nothing here catches it."""


@dataclass
class Reader:
    """Dies at one text; remembers how many texts it was given at a time."""

    poison: str = POISON
    given: list[int] = field(default_factory=list)
    fingerprint: str = "reader"

    def analyze(self, jobs: Sequence[AnalysisJob]) -> list[Analysis]:
        self.given.append(len(jobs))
        if any(job.text == self.poison for job in jobs):
            raise Died
        return [Analysis(Relevance.NO_TARGET, "en") for _ in jobs]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_url(tmp_path / "store.db"), now=NOW, pepper=PEPPER) as opened:
        hear(opened, *(mention(number, POISON if number == 3 else "") for number in range(6)))
        yield opened


def lives(store: Store, reader: Reader) -> list[list[int]]:
    """What the reader was given in each of its lives, until it outlived its work."""
    found = []
    while True:
        reader.given = []
        try:
            understand(store.analyses, reader, NOW)
        except Died:
            found.append(reader.given)
        else:
            return [*found, reader.given]


def test_a_text_that_kills_its_reader_is_given_up_and_all_others_are_read(store: Store, tmp_path: Path) -> None:
    reader = Reader()
    assert lives(store, reader) == [[6], [1, 1, 1, 1], [1], [2]]
    assert store.analyses.pending_analyses(reader.fingerprint, 99) == []
    with closing(sqlite3.connect(tmp_path / "store.db")) as database:
        notes = database.execute("select m.text, a.note from analyses a join mentions m on m.id = a.mention_id").fetchall()
    assert len(notes) == 6
    assert [text for text, note in notes if note == GIVEN_UP] == [POISON]


def test_a_text_of_which_only_bystanders_died_is_read(store: Store) -> None:
    """Somebody else ended the process, every time but one that a text may have."""
    reader = Reader()
    for _ in range(TRIES):
        with pytest.raises(Died):
            understand(store.analyses, reader, NOW)
    reader.poison, reader.given = "harmless", []
    understand(store.analyses, reader, NOW)
    assert reader.given[0] == 1
    assert store.analyses.pending_analyses(reader.fingerprint, 99) == []


def test_a_text_behind_ever_new_ones_is_given_up_all_the_same(store: Store) -> None:
    reader, lived = Reader(), 0
    for life in range(6):
        hear(store, *(mention(100 * (life + 1) + number) for number in range(2)))
        with suppress(Died):
            understand(store.analyses, reader, NOW, batch=2)
            lived += 1
    assert lived
    assert store.analyses.pending_analyses(reader.fingerprint, 99) == []


def test_an_edited_text_gets_new_tries(store: Store) -> None:
    reader = Reader()
    for _ in range(1 + TRIES):
        with pytest.raises(Died):
            understand(store.analyses, reader, NOW)
    hear(store, mention(3, "The same post, edited."))
    reader.given = []
    understand(store.analyses, reader, NOW)
    assert reader.given == [3]


def test_reading_that_never_ends_ends_the_process_and_says_where() -> None:
    code = "from listener.careful import ending_after\ndef forever():\n while True: pass\nwith ending_after(0.2): forever()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "in forever" in ended.stderr


def test_reading_that_ends_in_time_is_not_disturbed() -> None:
    code = "import time\nfrom listener.careful import ending_after\nwith ending_after(0.1): pass\ntime.sleep(0.3)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
