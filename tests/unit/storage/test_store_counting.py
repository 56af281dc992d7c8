"""Posts under terms that allow nothing but counts: they become counts, and nothing else of them remains in any table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from listener.core.analysis import Label
from listener.core.brand import OPEN_WEB, MatchingPolicy, TargetKind
from listener.core.mention import Author, Kind, Mention
from listener.core.messages import Message
from listener.core.ports import Saved
from listener.core.terms import REDDIT
from listener.query import parse
from storage.listening_tables import counts
from storage.metadata import metadata
from storage.store import Retention, Selector, Store, open_store
from tests.support.heard import (
    ANALYZER,
    DAY,
    HOUR,
    MATCHER,
    NOW,
    OFF_TARGET,
    PEPPER,
    PRAISE,
    about,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    sqlite_url,
    target,
    understand,
)
from tests.support.outbox import entries

SECRET = "zyzzyva"


def _post(number: int, **values: Any) -> Mention:
    """A post every word of which is marked, by a marked author."""
    author = Author(
        service_id=f"{SECRET}-id", handle=f"{SECRET}{number}", display_name=SECRET, email=f"{SECRET}@x.example", bio=SECRET
    )
    defaults: dict[str, Any] = {
        "text": f"{SECRET} says that Quillon Flow has saved our team many hours ({number})",
        "title": SECRET,
        "url": f"https://reddit.example/r/{SECRET}/{number}",
        "external_id": f"{SECRET}-{number}",
        "origin": f"r/{SECRET}",
        "author": author,
    }
    return mention(number, **{**defaults, **values})


def _hear(store: Store, *posts: Mention, **values: Any) -> Saved:
    return hear(store, *posts, source="reddit", policy=REDDIT.name, **values)


def _rows(store: Store) -> dict[str, list[str]]:
    with store._database.read() as connection:
        return {table.name: [repr(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables}


def _counted(store: Store) -> list[tuple[Any, ...]]:
    columns = [counts.c[name] for name in ("source", "brand", "target", "day", "label", "history", "mentions")]
    with store._database.read() as connection:
        return sorted(tuple(row) for row in connection.execute(select(*columns)))


LISTENING = {"meta", "alembic_version", "cursors", "counts", "counted"}


def test_nothing_but_counts_remains_in_any_table(any_store: Store) -> None:
    posts = [_post(1), _post(2), _post(3, kind=Kind.REPOST, repost_of=f"https://{SECRET}.example/"), _post(4)]
    assert _hear(any_store, *posts) == Saved(new=4)
    assert _hear(any_store, _post(1, text=f"{SECRET} took the praise for Quillon Flow back in an edit")) == Saved(changed=1)
    understand(any_store, about(target(Label.NEGATIVE, SECRET)), about(), OFF_TARGET, replace(about(), note=SECRET))
    rows = _rows(any_store)
    assert {name for name, found in rows.items() if found} <= LISTENING
    assert SECRET not in repr(rows)
    assert _counted(any_store) == [
        ("reddit", "quillon", "quillon", "2026-03-10", "negative", False, 1),
        ("reddit", "quillon", "quillon", "2026-03-10", "positive", False, 2),
    ]
    assert any_store.matches.pending_matches(MATCHER, 9, {}) == []
    assert any_store.standings.pending_standings(NOW, "j", 9) == []


def test_a_post_that_was_counted_does_not_count_again(any_store: Store) -> None:
    assert _hear(any_store, _post(1), _post(2)) == Saved(new=2)
    understand(any_store, about(), OFF_TARGET)
    again = (_post(1, text=f"{SECRET} edited what was said of Quillon Flow"), _post(2), _post(3))
    assert _hear(any_store, *again, stream="another search", now=NOW + HOUR) == Saved(new=1, duplicates=2)
    understand(any_store, now=NOW + HOUR)
    assert sum(row[-1] for row in _counted(any_store)) == 2
    kept = repr(_rows(any_store)["counted"])
    assert _post(1).key not in kept, "only a keyed hash is kept"
    assert hear(any_store, _post(1), source="blogs", now=NOW + HOUR) == Saved(new=1), "other terms keep the post itself"


def test_a_counted_post_is_known_until_a_month_after_it_was_last_heard(any_store: Store) -> None:
    _hear(any_store, _post(1), _post(2))
    understand(any_store)
    assert _hear(any_store, _post(1), now=NOW + 20 * DAY) == Saved(duplicates=1)
    any_store.privacy.prune(NOW + 30 * DAY, Retention())
    assert len(_rows(any_store)["counted"]) == 2
    any_store.privacy.prune(NOW + 30 * DAY + HOUR, Retention())
    assert _hear(any_store, _post(1), _post(2), now=NOW + 31 * DAY) == Saved(new=1, duplicates=1)


def test_the_author_is_never_written(any_store: Store) -> None:
    _hear(any_store, _post(1), _post(2))
    rows = _rows(any_store)
    assert not rows["story_keys"]
    assert len(rows["authors"]) == 1, "the origin's own: nobody"
    assert f"{SECRET}-id" not in repr(rows["authors"])
    assert f"{SECRET}1" not in repr(rows["authors"])


def test_a_post_is_not_shown_before_it_is_counted(any_store: Store) -> None:
    _hear(any_store, _post(1))
    (found,) = any_store.mentions.find()
    assert (found.text, found.title, found.url) == ("", None, None)
    assert found.withheld == "withheld: the terms of its source allow counts only"
    assert any_store.mentions.find(parse(f'"{SECRET}"')) == []
    (job,) = any_store.analyses.pending_analyses(ANALYZER, 9)
    assert SECRET in job.text


def test_each_brand_and_label_of_a_day_is_counted_for_its_speaking_target(any_store: Store) -> None:
    product = target(Label.POSITIVE, kind=TargetKind.PRODUCT)
    other = target(Label.NEUTRAL, brand="other", key="other")
    rival = target(Label.NEGATIVE, kind=TargetKind.COMPETITOR)
    verdicts = (about(product, target(Label.NEGATIVE), other, rival), about(rival), about(product))
    _hear(any_store, *(_post(n, published_at=NOW - n * DAY) for n in (0, 1, 2)), news_since=NOW - DAY)
    understand(any_store, *verdicts)
    assert _counted(any_store) == [
        ("reddit", "other", "other", "2026-03-10", "neutral", False, 1),
        ("reddit", "quillon", "quillon", "2026-03-10", "negative", False, 1),
        ("reddit", "quillon", "quillon/product", "2026-03-08", "positive", True, 1),
    ]


def test_counts_of_several_batches_add_up(any_store: Store) -> None:
    for number in range(3):
        _hear(any_store, _post(number))
        understand(any_store)
    assert [row[-1] for row in _counted(any_store)] == [3]


def test_digests_count_what_was_only_counted(any_store: Store) -> None:
    hear(any_store, mention(1))
    _hear(any_store, _post(2), _post(3), _post(4), _post(5, published_at=NOW - 90 * DAY), news_since=NOW - DAY)
    understand(any_store, about(), about(target(Label.NEGATIVE)), about(target(Label.UNSCORED)), OFF_TARGET, about())
    facts = any_store.digests.digest_facts(NOW - HOUR, NOW)
    assert (facts.mentions, facts.unscored, facts.unmatched) == (3, 1, 1)
    assert facts.labels == {Label.POSITIVE: 1, Label.NEGATIVE: 1, Label.UNSCORED: 1}
    assert any_store.digests.digest_facts(NOW, NOW + DAY).mentions == 0


def test_other_posts_of_the_same_batch_are_kept(any_store: Store) -> None:
    hear(any_store, mention(1, PRAISE, by="ada"))
    _hear(any_store, _post(2, text=PRAISE))
    hear(any_store, mention(3, PRAISE, by="bob", published_at=NOW))
    understand(any_store)
    assert [(found.author.handle, found.own_words) for found in any_store.mentions.find()] == [("bob", False), ("ada", True)]
    assert len(identify(any_store)) == 2


def test_an_analysis_of_a_former_text_counts_nothing(any_store: Store) -> None:
    _hear(any_store, _post(1))
    (job,) = any_store.analyses.pending_analyses(ANALYZER, 9)
    _hear(any_store, _post(1, text="Edited meanwhile."))
    any_store.analyses.save_analyses([(job, about())], ANALYZER, NOW)
    assert _counted(any_store) == []
    understand(any_store)
    assert [row[-1] for row in _counted(any_store)] == [1]


def test_the_bytes_are_gone_from_the_file(sqlite_store: Store, sqlite_file: Path) -> None:
    def kept() -> bytes:
        return b"".join(part.read_bytes() for part in sqlite_file.parent.glob("store.db*"))

    _hear(sqlite_store, _post(1))
    assert SECRET.encode() in kept()
    understand(sqlite_store)
    assert SECRET.encode() not in kept()


def test_what_nothing_ever_analysed_goes_after_its_time(any_store: Store) -> None:
    _hear(any_store, _post(1))
    any_store.privacy.prune(NOW + 2 * DAY, Retention())
    assert len(any_store.mentions.find()) == 1
    any_store.privacy.prune(NOW + 2 * DAY + HOUR, Retention())
    assert SECRET not in repr(_rows(any_store))
    assert _rows(any_store)["authors"] == []


def test_a_changed_policy_whose_source_is_gone_still_demands_what_it_demanded(any_store: Store) -> None:
    hear(any_store, _post(1), source="reddit", policy="reddit, changed for reddit")
    hear(any_store, mention(2), source="blogs", policy="open-web, changed for blogs")
    understand(any_store)
    assert [found.source for found in any_store.mentions.find()] == ["blogs"]
    assert len(_counted(any_store)) == 1


# ------------------------------------------------------------------------------------------- terms that become stricter

STRICT = MatchingPolicy("strict", counts_only=True)


def _told(store: Store, persons: list[int]) -> None:
    people = [{"person_id": person, "quotes": [{"mention_id": n, "text": SECRET} for n in (1, 3)]} for person in persons]
    mail = Message("d1", "mail", "kim", "S", SECRET, None, NOW)
    store.digests.save_digest("mail:kim", NOW.date(), NOW - DAY, NOW, json.dumps({"people": people}), [mail], NOW)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, sqlite_file: Path) -> Iterator[Store]:
    """A store of a configuration that has the strict policy."""
    url = sqlite_url(sqlite_file) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_store(url, now=NOW, pepper=PEPPER, policies={STRICT.name: STRICT}) as opened_store:
        yield opened_store


@pytest.mark.parametrize("named", [True, False])
def test_a_source_that_may_only_be_counted_from_now_on_becomes_counts(store: Store, *, named: bool) -> None:
    author = Author(handle="ada", display_name=SECRET)
    import_customers(store, customer(1))
    hear(store, replace(_post(1), author=author), _post(2), source="forum")
    hear(store, mention(3, by="ada" if named else "writer1"), source="blogs")
    understand(store, about(), OFF_TARGET, about())
    identify(store, {"ada": linked("C1"), "writer1": linked("C1")})
    judge(store)
    person = next(case.person_id for case in store.cases.find())
    _told(store, [person])
    hear(store, _post(4), source="forum")
    assert store.mentions.adopt_policies({"forum": replace(STRICT, counts_only=False), "blogs": OPEN_WEB}, NOW) == ()
    assert store.mentions.adopt_policies({"forum": STRICT, "blogs": OPEN_WEB}, NOW) == (("mail:kim", NOW.date()),)
    saved = json.loads(store.digests.saved_digest("mail:kim", NOW.date()) or "")
    assert saved["people"] == [{"person_id": person, "quotes": [{"mention_id": 3, "text": SECRET}]}]
    assert entries(store)[0].state == "withdrawn"
    assert [row[0] for row in _counted(store)] == ["forum"]
    assert [found.mention_id for found in store.mentions.find()] == [4, 3]
    assert store.digests.digest_facts(NOW - HOUR, NOW).mentions == 2, "it counts for the time when it was heard"
    (due,) = store.standings.pending_standings(NOW, "judge 1", 9)
    assert [opinion.mention_id for opinion in due.opinions] == [3]
    assert store.mentions.adopt_policies({"forum": STRICT, "blogs": OPEN_WEB}, NOW) == ()
    assert hear(store, _post(2), source="forum", policy=STRICT.name) == Saved(duplicates=1), "what was counted then is known"
    understand(store)
    assert {author.author.handle for author in store.mentions.find()} == {"ada" if named else "writer1"}
    assert store.privacy.export_person(Selector(contact_id="C1"))
