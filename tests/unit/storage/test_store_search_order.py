"""The list of mentions: by when they were said, page by page, and languages however they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from listener.query import parse
from storage import searching
from storage.store import Store
from tests.support.heard import NOW, about, hear, mention


def test_the_newest_is_what_was_said_last_not_what_was_heard_last(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "CHUNK", 3)
    hours = [5, 1, 7, 3, 3, 3, 3, 2, 9, 3, 8]
    posts = [mention(n, f"Quillon {n}", published_at=NOW - timedelta(hours=ago)) for n, ago in enumerate(hours, 1)]
    for one in posts:
        hear(any_store, one, stream=one.external_id)
    expected = [n for _, n in sorted((ago, -n) for n, ago in enumerate(hours, 1))]
    assert [-found.mention_id for found in any_store.mentions.find()] == expected
    assert [-found.mention_id for found in any_store.mentions.find(parse("quillon"))] == expected
    assert [-found.mention_id for found in any_store.mentions.find(limit=7)] == expected[:7]
    assert [-found.mention_id for found in any_store.mentions.find(parse("quillon"), limit=7)] == expected[:7]


def test_the_order_is_that_of_an_index(sqlite_store: Store) -> None:
    with sqlite_store._database.read() as connection:
        query = "EXPLAIN QUERY PLAN SELECT * FROM mentions WHERE said_at <= '2026' ORDER BY said_at DESC, id DESC LIMIT 5"
        plan = " ".join(str(row) for row in connection.execute(text(query)))
    assert "ix_mentions_said_at_id" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("written", ["pt_BR", "pt-br", " PT-BR ", "PT_br\t", "\npt-BR", "\u200bpt-BR", "pt-BR-x"])
@pytest.mark.parametrize("found_out", [False, True])
def test_a_language_is_found_however_it_is_written(any_store: Store, written: str, found_out: bool) -> None:
    hear(any_store, mention(1, "Quillon", language="en" if found_out else written), mention(2, "Quillon", language="xx"))
    if found_out:
        (first, second) = any_store.analyses.pending_analyses("1", 10)
        verdict = replace(about(), language=written)
        any_store.analyses.save_analyses([(first, verdict), (second, replace(about(), language="de"))], "1", NOW)
    assert [found.mention_id for found in any_store.mentions.find(parse("lang:pt-br"))] == [1]
    assert [found.mention_id for found in any_store.mentions.find(parse("lang:pt"))] == [1]
