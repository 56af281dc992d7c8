"""Texts that are cleaned in a process of its own: the same text comes back, and one that ends the process costs itself alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener import cleaning
from listener.cleaning import CleaningApart, CleaningFailed
from listener.core.mention import Markup
from nlp.text import to_text
from storage.store import open_store
from tests.support.faults import HOOK
from tests.support.heard import DAY, NOW, PEPPER, sqlite_url

POST = "<p>Quillon is <b>great</b> &amp; we\u2019re glad: \U0001f600</p><script>no()</script>\ud800"


@pytest.fixture
def apart() -> Iterator[CleaningApart]:
    cleaner = CleaningApart(seconds=20)
    yield cleaner
    cleaner.close()


def test_a_text_comes_back_as_it_does_from_here(apart: CleaningApart) -> None:
    assert apart(POST, Markup.HTML) == to_text(POST, Markup.HTML)
    assert apart("a <b>", Markup.PLAIN) == to_text("a <b>", Markup.PLAIN)


@pytest.mark.parametrize(("harm", "times", "said"), [("abort", 2, "ended its process"), ("hang", 1, "took longer than 2 s")])
def test_a_text_that_ends_its_reader_costs_itself(harm: str, times: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HOOK))
    monkeypatch.setenv("FAULT_AT", f"nlp.text:to_text|before|with deadly|{harm}")
    started: list[object] = []
    start = cleaning._start
    monkeypatch.setattr(cleaning, "_start", lambda: started.append(1) or start())
    apart = CleaningApart(seconds=2 if harm == "hang" else 60)
    with pytest.raises(CleaningFailed, match=said):
        apart("<p>deadly</p>", Markup.HTML)
    assert len(started) == times
    assert CleaningApart()("<p>harmless</p>", Markup.HTML) == "harmless"
    apart.close()


def test_a_run_that_never_ended_is_known_to_who_comes_after_it_for_a_week(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "store.db")
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        ended = store.runs.begin_run(NOW)
        store.runs.end_run(ended, NOW, {})
        store.runs.begin_run(NOW)
        assert not store.runs.died(NOW - DAY), "it is at work"
    with open_store(url, now=NOW + timedelta(minutes=1), pepper=PEPPER) as store:
        assert store.runs.died(NOW - DAY)
        assert not store.runs.died(NOW + timedelta(seconds=1))
