"""Near-duplicates in the store: told as one story, whose words they are, and what becomes of them when texts change or go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from listener.core.analysis import Analysis, Label
from listener.core.brand import TargetKind
from listener.core.corrections import NONE, CorrectionKind, Named, Said
from listener.core.mention import Kind, Mention
from nlp.sketch import sketches
from storage import near
from storage.near_tables import near_bands, near_sketches, near_stories
from storage.retention import blank_mentions
from storage.store import Retention, Selector, Store, open_store
from tests.support.heard import (
    DAY,
    NOW,
    OFF_TARGET,
    PEPPER,
    about,
    hear,
    judge,
    mention,
    pending,
    sqlite_url,
    target,
)

POST = (
    "We moved our contracts team of fourteen people to Quillon Flow in the spring, after six years with a shared drive and a "
    "spreadsheet that only one person understood. The first two weeks were rough, because nobody had told us that templates "
    "lose their numbering on import. Support sorted that out in a day, and since then I have not chased anybody by phone."
)
WIRE = f"HALDEN (Wire) - {POST}"
MORE = f"{POST} Read more at the author's own site."
OTHER = (
    "Third outage of Quillon Sign this month and again nothing on the status page until two hours later. We had a closing at "
    "ten, four parties on the line, lawyers billing by the minute, and nobody could open the document. I asked for a credit."
)


def said(number: int, text: str, hours: float = 1, **values: Any) -> Mention:
    """A post of a blog of its own, said some hours ago."""
    defaults = {"origin": f"https://site{number}.example/feed", "url": f"https://site{number}.example/{number}"}
    return mention(number, text, title=None, published_at=NOW - timedelta(hours=hours), **{**defaults, **values})


def read(store: Store, fingerprint: str = "analyzer 1", verdict: Analysis | None = None, limit: int = 10_000) -> None:
    """Analyse all that waits, with the sketch of each text, unless another verdict is given."""
    while jobs := store.analyses.pending_analyses(fingerprint, limit):
        made = sketches([job.text for job in jobs])
        done = [(job, verdict or replace(about(), sketch=sketch)) for job, sketch in zip(jobs, made, strict=True)]
        store.analyses.save_analyses(done, fingerprint, NOW)


def told(store: Store) -> dict[str, int]:
    """By which story each mention is told, by the handle of its author."""
    jobs = pending(store, fingerprint="whoever asks")
    by_id = {opinion.mention_id: opinion.story_id for job in jobs for opinion in job.opinions}
    return {
        str(found.author.handle): by_id[found.mention_id]
        for found in store.mentions.find(limit=1000)
        if found.mention_id in by_id
    }


def owners(store: Store) -> set[str]:
    return {str(found.author.handle) for found in store.mentions.find(limit=1000) if found.own_words}


def count(store: Store, table: Any) -> int:
    with store._database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def stored(store: Store) -> list[list[Any]]:
    with store._database.read() as connection:
        return [sorted(map(tuple, connection.execute(select(table)))) for table in (near_sketches, near_bands, near_stories)]


@pytest.mark.parametrize("batch", [1, 2, 10])
def test_a_syndicated_text_is_one_story_and_its_first_authors_words(any_store: Store, batch: int) -> None:
    hear(
        any_store, said(1, WIRE, 2, by="wire"), said(2, OTHER, by="eve"), said(3, POST, 5, by="ada"), said(4, MORE, 1, by="desk")
    )
    read(any_store, limit=batch)
    its = told(any_store)
    assert its["ada"] == its["wire"] == its["desk"] != its["eve"]
    assert owners(any_store) == {"ada", "eve"}


def test_an_original_that_is_heard_later_takes_its_words_back(any_store: Store) -> None:
    hear(any_store, said(1, WIRE, by="wire"))
    read(any_store)
    judge(any_store)
    assert owners(any_store) == {"wire"}
    hear(any_store, said(2, POST, 3, by="ada"))
    read(any_store)
    assert owners(any_store) == {"ada"}
    assert [[opinion.own_words for opinion in job.opinions] for job in pending(any_store)] == [[False], [True]]


def test_the_order_of_hearing_does_not_matter(tmp_path: Path) -> None:
    posts = (said(1, POST, 9, by="ada"), said(2, WIRE, 5, by="wire"), said(3, MORE, 3, by="desk"))
    for number, order in enumerate(permutations(posts)):
        with open_store(sqlite_url(tmp_path / f"{number}.db"), now=NOW, pepper=PEPPER) as store:
            for one in order:
                hear(store, one, stream=one.external_id)
                read(store)
            its = told(store)
            assert its["ada"] == its["wire"] == its["desk"]
            assert owners(store) == {"ada"}


def test_ones_own_post_on_two_sites_counts_once_and_stays_ones_own(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, MORE, 1, by="ada"))
    read(any_store)
    (job,) = pending(any_store)
    assert len({opinion.story_id for opinion in job.opinions}) == 1
    assert [opinion.own_words for opinion in job.opinions] == [True, True]


def test_stories_of_one_address_come_along(any_store: Store) -> None:
    address = "https://site1.example/1"
    hear(
        any_store, said(1, POST, 3, by="ada"), said(2, "Short: Quillon Flow.", 2, by="ida", url=address), said(3, OTHER, by="eve")
    )
    hear(any_store, said(4, WIRE, 1, by="wire"))
    read(any_store)
    its = told(any_store)
    assert its["ada"] == its["ida"] == its["wire"] != its["eve"]
    assert owners(any_store) == {"ada", "ida", "eve"}


def test_reading_again_changes_nothing(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"), said(3, OTHER, by="eve"))
    read(any_store)
    before = stored(any_store)
    judge(any_store)
    read(any_store, "analyzer 2", limit=2)
    assert stored(any_store) == before
    assert owners(any_store) == {"ada", "eve"}


def test_a_copy_that_is_edited_into_words_of_its_own_is_told_alone(any_store: Store) -> None:
    copy = said(2, WIRE, 2, by="wire")
    hear(any_store, said(1, POST, 3, by="ada"), copy, said(3, MORE, 1, by="desk"))
    read(any_store)
    hear(any_store, replace(copy, text=OTHER))
    read(any_store)
    its = told(any_store)
    assert its["ada"] == its["desk"] != its["wire"]
    assert owners(any_store) == {"ada", "wire"}


def test_no_copy_becomes_the_original_because_the_author_edited_the_post(any_store: Store) -> None:
    ada = said(1, POST, 3, by="ada")
    hear(any_store, ada, said(2, WIRE, 2, by="wire"), said(3, MORE, 1, by="desk"))
    read(any_store)
    hear(any_store, replace(ada, text=OTHER))
    read(any_store)
    its = told(any_store)
    assert its["wire"] == its["desk"] != its["ada"]
    assert owners(any_store) == {"ada"}
    hear(any_store, said(4, f"{POST} (via)", 0.5, by="late"))
    read(any_store)
    assert owners(any_store) == {"ada"}
    hear(any_store, ada)
    read(any_store)
    assert len(set(told(any_store).values())) == 1
    assert owners(any_store) == {"ada"}


def test_a_text_that_is_about_us_no_more_leaves_no_sketch(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"))
    read(any_store)
    assert count(any_store, near_stories) == 2
    read(any_store, "analyzer 2", OFF_TARGET)
    assert [count(any_store, table) for table in (near_sketches, near_bands, near_stories)] == [0, 0, 0]
    read(any_store, "analyzer 3")
    assert count(any_store, near_stories) == 2
    assert owners(any_store) == {"ada"}


def test_a_repost_is_nobodys_original(any_store: Store) -> None:
    hear(any_store, said(1, POST, 5, by="bob", kind=Kind.REPOST), said(2, WIRE, 2, by="wire"))
    read(any_store)
    assert owners(any_store) == {"wire"}
    assert len(set(told(any_store).values())) == 1


def test_a_post_that_joins_two_groups_makes_them_one(any_store: Store) -> None:
    words = f"{POST} {OTHER}".split()
    other_end = " ".join([*words[:-18], *["and", "that", "is", "all", "there", "was", "to", "say", "about", "it"]])
    other_start = " ".join([*["Hello", "again", "from", "the", "harbour", "today"], *words[18:]])
    hear(any_store, said(1, other_end, 3, by="ada"), said(2, other_start, 2, by="bob"))
    read(any_store)
    assert len(set(told(any_store).values())) == 2
    hear(any_store, said(3, " ".join(words), 1, by="eve"))
    read(any_store)
    assert len(set(told(any_store).values())) == 1
    assert owners(any_store) == {"ada"}


def test_a_flood_of_copies_keeps_a_crowd_and_finds_its_story(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "CROWD", 4)
    hear(any_store, *(said(number, f"{POST} {number * 'so '}", 5, by=f"bot{number}") for number in range(30)))
    read(any_store, limit=12)
    assert len(set(told(any_store).values())) == 1
    with any_store._database.read() as connection:
        largest = connection.scalars(select(func.count()).select_from(near_bands).group_by(near_bands.c.band)).all()
    assert max(largest) <= near.CROWD
    assert len(owners(any_store)) == 1


def test_erasing_the_author_takes_near_copies_along(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"), said(3, OTHER, by="eve"))
    read(any_store)
    exported: Any = any_store.privacy.export_person(Selector(platform="rss", handle="ada"))
    assert len(exported["near_sketches"]) == 1
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW).copies_blanked == 1
    assert {found.author.handle: found.text for found in any_store.mentions.find()} == {"wire": "", "eve": OTHER}
    assert count(any_store, near_sketches) == 1


def test_erasing_a_copyist_takes_nobodys_words_away(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"), said(3, MORE, 2, by="desk"))
    read(any_store)
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="wire"), NOW).copies_blanked == 0
    assert owners(any_store) == {"ada"}
    assert count(any_store, near_sketches) == 2


def test_a_near_copy_of_anothers_words_in_the_erased_persons_story_stays(any_store: Store) -> None:
    address = "https://site1.example/1"
    hear(any_store, said(1, POST, 3, by="ada"), said(2, OTHER, 9, by="eve"))
    hear(any_store, said(3, f"Found: {OTHER}", 2, by="desk", url=address))
    read(any_store)
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW).copies_blanked == 0


def test_what_is_blanked_or_removed_has_no_sketch(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"))
    read(any_store)
    any_store.rechecks.save_rechecked([], [1], NOW)
    assert count(any_store, near_sketches) == 1
    hear(any_store, said(3, MORE, 1, by="desk"))
    read(any_store)
    assert owners(any_store) == {"None"}  # removed, with its author; no copy becomes the original by that
    any_store.privacy.prune(NOW + 800 * DAY, Retention())
    assert [count(any_store, table) for table in (near_sketches, near_bands)] == [0, 0]


def test_show_says_who_else_tells_the_story(any_store: Store) -> None:
    hear(any_store, said(1, WIRE, 2, by="wire"), said(2, POST, 3, by="ada"), said(3, OTHER, by="eve"))
    read(any_store)
    shown = [any_store.mentions.show(number) for number in (1, 2, 3)]
    assert [one.told_with for one in shown if one] == [near.ToldWith(2, 2), near.ToldWith(2, None), None]


def test_many_texts_cost_few_statements(sqlite_store: Store) -> None:
    hear(sqlite_store, *(said(number, f"{OTHER} {POST}", number + 1) for number in range(100)))
    statements: list[str] = []
    event.listen(sqlite_store._database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    jobs = sqlite_store.analyses.pending_analyses("1", 1000)
    made = sketches([job.text for job in jobs])
    statements.clear()
    done = [(job, replace(about(), sketch=sketch)) for job, sketch in zip(jobs, made, strict=True)]
    sqlite_store.analyses.save_analyses(done, "1", NOW)
    assert len(statements) < 50
    statements.clear()
    sqlite_store.analyses.save_analyses(done, "1", NOW)
    assert not any("near_bands" in one for one in statements)


def oppose(store: Store, labels: dict[str, Label], fingerprint: str = "analyzer 1") -> None:
    """As ``read``; what each author feels toward the brand is given by the handle."""
    jobs = store.analyses.pending_analyses(fingerprint, 10_000)
    made = sketches([job.text for job in jobs])
    done = [(job, replace(about(target(labels[str(job.author)])), sketch=sketch)) for job, sketch in zip(jobs, made, strict=True)]
    store.analyses.save_analyses(done, fingerprint, NOW)


def test_an_edit_of_a_comma_makes_no_copy_an_opinion(any_store: Store) -> None:
    copy = said(2, f"HALDEN {POST}", 2, by="wire")
    hear(any_store, said(1, POST, 3, by="ada"), copy)
    read(any_store)
    assert owners(any_store) == {"ada"}
    for text in (f"HALDEN - {POST}", f"Halden: {POST}", WIRE):
        hear(any_store, replace(copy, text=text))
        assert owners(any_store) == {"ada"}
        read(any_store)
        assert owners(any_store) == {"ada"}
        assert len(set(told(any_store).values())) == 1
    hear(any_store, replace(copy, text=OTHER))
    read(any_store)
    assert owners(any_store) == {"ada", "wire"}


def test_an_edited_copy_does_not_become_the_original_that_was_removed(any_store: Store) -> None:
    copy = said(2, f"HALDEN {POST}", 2, by="wire")
    hear(any_store, said(1, POST, 3, by="ada"), copy, said(3, MORE, 1, by="desk"))
    read(any_store)
    any_store.rechecks.save_rechecked([], [1], NOW)
    hear(any_store, replace(copy, text=f"HALDEN - {POST}"))
    read(any_store)
    assert owners(any_store).isdisjoint({"wire", "desk"})


def test_those_who_feel_the_opposite_copied_nobody(any_store: Store) -> None:
    hear(any_store, said(1, f"Good. {POST}", 3, by="ada"), said(2, f"Bad. {POST}", 2, by="bob"))
    hear(any_store, said(3, f"Bad! {MORE}", 1, by="desk"), said(4, f"So so. {POST}", 1, by="ida"), stream="more")
    felt = {"ada": Label.POSITIVE, "bob": Label.NEGATIVE, "desk": Label.NEGATIVE, "ida": Label.NEUTRAL}
    oppose(any_store, felt)
    its = told(any_store)
    assert owners(any_store) == {"ada", "bob"}
    assert its["ada"] == its["ida"] != its["bob"] == its["desk"]
    before = stored(any_store)
    oppose(any_store, felt, "analyzer 2")
    assert (stored(any_store), owners(any_store)) == (before, {"ada", "bob"})
    oppose(any_store, dict.fromkeys(felt, Label.POSITIVE), "analyzer 3")
    assert (len(set(told(any_store).values())), owners(any_store)) == (1, {"ada"})
    oppose(any_store, felt, "analyzer 4")
    assert (stored(any_store), owners(any_store)) == (before, {"ada", "bob"})


def test_ones_own_opposite_reviews_are_two_stories(any_store: Store) -> None:
    hear(any_store, said(1, f"Good. {POST}", 3, by="ada"), said(2, f"Bad. {POST}", 2, by="bob"))
    oppose(any_store, {"ada": Label.POSITIVE, "bob": Label.NEGATIVE})
    assert [len(job.opinions) for job in pending(any_store)] == [1, 1]
    assert all(opinion.own_words for job in pending(any_store) for opinion in job.opinions)


def test_a_correction_parts_and_joins_at_once(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"))
    read(any_store)
    made = any_store.corrections.correct(
        Said(CorrectionKind.SENTIMENT, Label.NEGATIVE.value, 2, (Named("quillon", TargetKind.BRAND, "quillon"),)),
        actor="kim",
        now=NOW,
    )
    assert (owners(any_store), len(set(told(any_store).values()))) == ({"ada", "wire"}, 2)
    any_store.corrections.undo(made.correction_id, actor="kim", now=NOW)
    assert (owners(any_store), len(set(told(any_store).values()))) == ({"ada"}, 1)


def test_what_a_person_says_is_not_about_us_leaves_its_story_at_once(any_store: Store) -> None:
    hear(any_store, said(1, POST, 3, by="ada"), said(2, WIRE, 2, by="wire"))
    read(any_store)
    made = any_store.corrections.correct(Said(CorrectionKind.RELEVANCE, NONE, 2), actor="kim", now=NOW)
    assert [count(any_store, table) for table in (near_sketches, near_stories)] == [1, 0]
    any_store.corrections.undo(made.correction_id, actor="kim", now=NOW)
    read(any_store)
    assert [count(any_store, table) for table in (near_sketches, near_stories)] == [2, 2]
    assert owners(any_store) == {"ada"}


@pytest.mark.parametrize("way", ["removed", "blanked", "erased"])
def test_a_flood_is_found_when_its_first_are_gone(any_store: Store, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(near, "CROWD", 3)
    flood = [said(number, f"{POST} {number * 'so '}", 9 - number / 10, by=f"bot{number}") for number in range(1, 13)]
    for one in flood:
        hear(any_store, one, stream=one.external_id)
    read(any_store)
    for number in range(1, 10):
        if way == "removed":
            any_store.rechecks.save_rechecked([], [number], NOW)
        elif way == "erased":
            any_store.privacy.erase_person(Selector(platform="rss", handle=f"bot{number + 1}"), NOW)
        else:
            with any_store._database.write() as connection:
                blank_mentions(connection, [number], NOW)
    hear(any_store, said(20, WIRE, 1, by="wire"))
    read(any_store)
    assert "wire" not in owners(any_store)
    with any_store._database.read() as connection:
        largest = connection.scalars(select(func.count()).select_from(near_bands).group_by(near_bands.c.band)).all()
    assert 0 < max(largest) <= 3
