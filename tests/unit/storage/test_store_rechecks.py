"""Deletions at the source are honoured: who is checked again, what is hidden, and what is left of a post that is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from listener.core.analysis import Label
from listener.core.brand import MatchingPolicy
from listener.core.cases import CaseState
from listener.core.deletions import CONFIRM_WITHIN, ERASE_AFTER, WITHHELD, is_hidden
from listener.core.mention import Author, Kind, Mention
from listener.core.messages import Message
from listener.core.ports import Saved
from listener.core.telling import Quote
from listener.core.terms import REDDIT, X
from listener.query import parse
from storage.metadata import metadata
from storage.outbox import MessageState
from storage.store import Retention, Selector, Store, open_store
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    JUDGE,
    NOW,
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
    opened,
    pending,
    sqlite_url,
    target,
    understand,
)
from tests.support.outbox import entries

SECRET = "zyzzyva"
MICROSECOND = timedelta(microseconds=1)
TOMORROW = NOW + DAY


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, sqlite_file: Path) -> Iterator[Store]:
    """A store of a configuration that has X."""
    url = sqlite_url(sqlite_file) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_store(url, now=NOW, pepper=PEPPER, policies={X.name: X}) as opened_store:
        yield opened_store


def _hear(store: Store, *posts: Mention, now: datetime = NOW) -> Saved:
    return hear(store, *posts, source="x", policy=X.name, now=now)


def _post(number: int, **values: Any) -> Mention:
    author = Author(service_id=f"{SECRET}{number}", handle=f"{SECRET}{number}", display_name=SECRET, bio=SECRET, followers=7)
    defaults: dict[str, Any] = {
        "text": f"{SECRET} says that Quillon Flow has saved our team many hours ({number})",
        "title": SECRET,
        "url": f"https://x.example/{SECRET}/{number}",
        "external_id": f"{SECRET}-{number}",
        "origin": f"x {SECRET}",
        "author": author,
        "engagement": 5,
        "rating": 4.0,
    }
    return mention(number, **{**defaults, **values})


def _case(store: Store, *mention_ids: int, person: int = 1, **values: Any) -> None:
    store.cases.apply(opened(person, mention_ids=mention_ids, **values))


def _tell(store: Store, *people: dict[str, Any], day: int = 0) -> Message:
    until = NOW + day * DAY
    mail = Message(f"d{day}", "mail", "kim", SECRET, SECRET, None, until)
    store.digests.save_digest("mail:kim", until.date(), until - DAY, until, json.dumps({"people": people}), [mail], until)
    return mail


def _quote(mention_id: int, text: str = SECRET, **values: Any) -> dict[str, Any]:
    return {"mention_id": mention_id, "text": text, **values}


def _due(store: Store, now: datetime = TOMORROW, limit: int = 99) -> list[int]:
    return [post.mention_id for post in store.rechecks.due_rechecks("x", now, limit)]


def _rows(store: Store) -> str:
    with store._database.read() as connection:
        return "\n".join(repr(row) for table in metadata.sorted_tables for row in connection.execute(select(table)))


# --------------------------------------------------------------------------------------------------- what is checked


def test_what_open_cases_rest_on_and_what_was_shown_is_checked_every_day(store: Store) -> None:
    _hear(store, *(_post(number) for number in range(1, 9)))
    understand(store)
    assert (_due(store), store.rechecks.daily_rechecks("x", NOW)) == ([], 0)
    _case(store, 1, 2)
    _case(store, 3, person=2, state=CaseState.RESOLVED)
    _tell(store, {"person_id": 4, "quotes": [_quote(4), _quote(1), _quote(5, "", url="https://x.example/5")]}, {"person_id": 5})
    _tell(store, {"person_id": 6, "quotes": [_quote(6, "", url=None)]}, day=1)
    assert _due(store) == [1, 2, 4, 5]
    assert store.rechecks.daily_rechecks("x", NOW) == 4
    assert [post.external_id for post in store.rechecks.due_rechecks("x", TOMORROW, 1)] == [f"{SECRET}-1"]
    assert store.rechecks.due_rechecks("others", TOMORROW, 9) == []


def test_what_was_taken_out_of_a_digest_is_not_shown_any_more(store: Store) -> None:
    _hear(store, _post(1), _post(2))
    understand(store)
    _tell(store, {"person_id": 1, "quotes": [_quote(2)]})
    assert _due(store) == [2]
    store.privacy.erase_person(Selector(author_id=1), NOW)
    assert (_people(store, 0), _due(store)) == ([], [])


def test_other_terms_ask_for_no_check(store: Store) -> None:
    hear(store, _post(1), source="x")
    hear(store, _post(2), source="x", policy=REDDIT.name)
    hear(store, _post(3), source="x", policy="x, changed for gone")
    _case(store, 1, 2, 3)
    assert _due(store) == [3]


def test_a_post_is_checked_once_a_day_the_longest_unseen_first(store: Store) -> None:
    _hear(store, _post(1), _post(2), _post(3))
    _case(store, 1, 2, 3)
    midnight = datetime(2026, 3, 11, tzinfo=NOW.tzinfo)
    assert _due(store, midnight - MICROSECOND) == []
    assert _due(store, midnight) == [1, 2, 3]
    assert store.rechecks.save_rechecked([1], [], midnight) == ()
    assert _due(store, midnight + 23 * HOUR) == [2, 3]
    assert _due(store, midnight + DAY) == [2, 3, 1]
    assert _due(store, midnight + DAY, limit=2) == [2, 3]
    assert store.rechecks.daily_rechecks("x", midnight) == 3


def test_a_post_that_is_heard_again_needs_no_check(store: Store) -> None:
    _hear(store, _post(1), _post(2))
    hear(store, mention(3), source="blogs")
    _case(store, 1, 2)
    assert _hear(store, _post(1), now=TOMORROW) == Saved(duplicates=1)
    assert _hear(store, _post(2, text=f"{SECRET} says something else of Quillon now"), now=TOMORROW) == Saved(changed=1)
    assert _due(store, TOMORROW + HOUR) == []
    assert not _hidden(store, 1, NOW + 2 * DAY)
    assert _hidden(store, 1, NOW + 2 * DAY + MICROSECOND)


# ------------------------------------------------------------------------------------------------------- what is hidden


def _hidden(store: Store, mention_id: int, now: datetime) -> bool:
    shown = store.mentions.show(mention_id, now)
    assert shown is not None
    words = repr((shown.mention.text, shown.mention.title, shown.mention.url, shown.analysis))
    assert (shown.mention.withheld == WITHHELD) == (SECRET not in words)
    return shown.mention.withheld is not None


@pytest.mark.parametrize(
    ("policy", "age", "hidden"),
    [
        (X, CONFIRM_WITHIN, False),
        (X, CONFIRM_WITHIN + MICROSECOND, True),
        (replace(X, honour_deletion=False), 99 * DAY, False),
    ],
)
def test_a_post_is_hidden_when_a_day_has_passed(policy: MatchingPolicy, age: timedelta, *, hidden: bool) -> None:
    assert is_hidden(policy, NOW - age, NOW) == hidden
    assert ERASE_AFTER > CONFIRM_WITHIN == DAY


def test_what_nobody_confirmed_for_a_day_is_not_shown_anywhere(store: Store) -> None:
    _hear(store, _post(1))
    understand(store, replace(about(target(Label.POSITIVE, SECRET, alias=SECRET)), note=SECRET))
    (job,) = pending(store)
    pair = [(job.person_id, BRAND)]
    late = TOMORROW + MICROSECOND

    def quote(now: datetime) -> Quote:
        (person,) = store.cases.facts(pair, NOW - DAY, now)
        return person.quotes[0]

    assert (quote(TOMORROW).text, quote(TOMORROW).may_quote) == (SECRET, True)
    hidden = quote(late)
    assert (hidden.text, hidden.title, hidden.url, hidden.alias, hidden.may_quote) == ("", None, None, "", False)
    assert hidden.label == Label.POSITIVE
    assert not _hidden(store, 1, TOMORROW)
    assert _hidden(store, 1, late)
    assert [found.text for found in store.mentions.find(now=late)] == [""]
    assert store.mentions.find(parse("Quillon"), now=late) == []
    assert len(store.mentions.find(parse("Quillon"), now=TOMORROW)) == 1
    assert len(store.mentions.find(parse("Quillon"))) == 1, "when the store was opened it could be shown"
    store.rechecks.save_rechecked([1], [], late)
    assert quote(late).text == SECRET
    assert len(store.mentions.find(parse("Quillon"), now=late)) == 1


def test_a_person_gets_their_own_words_although_they_are_hidden(store: Store) -> None:
    _hear(store, _post(1))
    assert SECRET in json.dumps(store.privacy.export_person(Selector(author_id=1))["mentions"])


def test_what_nobody_confirmed_for_a_week_is_taken_away(store: Store) -> None:
    _hear(store, _post(1), _post(2))
    hear(store, mention(3))
    understand(store)
    _tell(store, {"person_id": 1, "quotes": [_quote(1), _quote(2)]})
    store.rechecks.save_rechecked([2], [], NOW + MICROSECOND)
    assert store.privacy.prune(NOW + ERASE_AFTER, Retention()).mentions_blanked == 0
    pruned = store.privacy.prune(NOW + ERASE_AFTER + MICROSECOND, Retention())
    assert pruned.mentions_blanked == 1
    assert [(one.recipient, one.day) for one in pruned.told] == [("mail:kim", NOW.date())]
    assert [bool(found.text) for found in store.mentions.find(now=NOW)] == [True, True, False]
    assert _due(store) == [2]


def test_a_quote_that_nobody_confirmed_for_a_day_is_taken_out_of_what_was_told(store: Store) -> None:
    _hear(store, _post(1), _post(2), _post(3))
    hear(store, mention(4))
    _case(store, 3)
    late = TOMORROW + MICROSECOND
    first = _tell(store, {"person_id": 1, "quotes": [_quote(1), _quote(2)]})
    store.outbox.record([(first, _ok())], NOW)
    _tell(store, {"person_id": 1, "quotes": [_quote(1), _quote(3), _quote(4)]}, day=1)
    _tell(store, {"person_id": 1, "quotes": [_quote(1, "", url=None)]}, day=2)
    _tell(store, {"person_id": 1, "quotes": [_quote(2), _quote(4)]}, day=3)
    store.rechecks.save_rechecked([2], [], TOMORROW)
    assert store.rechecks.hide_overdue(TOMORROW) == ()
    assert store.rechecks.hide_overdue(late) == [("mail:kim", NOW.date()), ("mail:kim", TOMORROW.date())]
    assert _people(store, 0) == [{"person_id": 1, "quotes": [_quote(2)]}]
    assert _people(store, 1) == [{"person_id": 1, "quotes": [_quote(4)]}]
    assert _people(store, 2) == [{"person_id": 1, "quotes": [_quote(1, "", url=None)]}], "that shows nothing of the post"
    assert _people(store, 3) == [{"person_id": 1, "quotes": [_quote(2), _quote(4)]}]
    states = {entry.dedup_key: entry.state.value for entry in entries(store)}
    assert states == {"d0": "sent", "d1": "withdrawn", "d2": "waiting", "d3": "waiting"}
    assert _due(store, TOMORROW + DAY) == [3, 2], "of an open case, and still shown"
    store.rechecks.save_rechecked([1], [], late)
    assert store.rechecks.hide_overdue(late) == ()
    _tell(store, {"person_id": 1, "quotes": [_quote(1)]})
    assert _people(store, 0) == [{"person_id": 1, "quotes": [_quote(2)]}], "it does not come back"


# -------------------------------------------------------------------------------------------------------- what is gone


def test_of_a_post_that_is_gone_nothing_stays_but_that_it_was_removed(store: Store) -> None:
    import_customers(store, customer(1))
    _hear(store, _post(1), _post(2))
    _hear(store, _post(1, text=f"{SECRET} now says of Quillon Flow that it costs hours every week"), now=NOW + HOUR)
    understand(store, replace(about(target(Label.POSITIVE, SECRET, alias=SECRET)), note=SECRET))
    identify(store, {f"{SECRET}1": linked("C1")})
    judge(store)
    mine, other = (store.mentions.show(number) for number in (1, 2))
    assert mine is not None
    assert other is not None
    first = _tell(store, {"person_id": mine.person_id, "quotes": [_quote(1), _quote(2)]}, {"person_id": other.person_id})
    store.outbox.record([(first, _ok())], NOW)
    _tell(store, {"person_id": mine.person_id, "quotes": [_quote(1)]}, day=1)
    _tell(store, {"person_id": other.person_id, "quotes": [_quote(2, "kept")]}, day=2)
    changed = store.rechecks.save_rechecked([2], [1], TOMORROW)
    assert list(changed) == [("mail:kim", NOW.date()), ("mail:kim", TOMORROW.date())]
    told = [_people(store, day) for day in (0, 1, 2)]
    assert told[0] == [{"person_id": mine.person_id, "quotes": [_quote(2)]}, {"person_id": other.person_id}]
    assert told[1] == [{"person_id": mine.person_id, "quotes": []}]
    states = {entry.dedup_key: entry.state for entry in entries(store)}
    assert states == {"d0": MessageState.SENT, "d1": MessageState.WITHDRAWN, "d2": MessageState.WAITING}
    (due,) = pending(store, TOMORROW)
    assert (due.person_id, due.opinions, due.customer) == (mine.person_id, (), True)
    store.privacy.erase_person(Selector(author_id=2), TOMORROW)
    store.privacy.erase_person(Selector(contact_id="C1"), TOMORROW)
    rows = _rows(store)
    assert SECRET not in "\n".join(line for line in rows.splitlines() if "mail:kim" not in line and "'d2'" not in line)
    shown = store.mentions.show(1)
    assert shown is not None, "that there was one stays"
    assert (shown.analysis, shown.mention.about_us, shown.mention.language) == (None, None, None)
    with store._database.read() as connection:
        row = connection.execute(select(metadata.tables["mentions"])).one()
    assert (row.removed_at, row.engagement, row.rating, row.content_hash, row.link_key) == (TOMORROW, None, None, "", None)


def _ok() -> Any:
    from listener.core.messages import Delivery

    return Delivery(True, "ok")


def _people(store: Store, day: int) -> Any:
    return json.loads(store.digests.saved_digest("mail:kim", (NOW + day * DAY).date()) or "")["people"]


def test_a_removed_post_does_not_come_back(store: Store) -> None:
    _hear(store, _post(1))
    understand(store)
    store.rechecks.save_rechecked([], [1], NOW)
    again = (_post(1), _post(1, text="Edited, and heard of late in a search."))
    for post in again:
        assert _hear(store, post, now=TOMORROW) == Saved(duplicates=1)
    store.rechecks.save_rechecked([1], [], TOMORROW)
    store.rechecks.save_rechecked([], [1], TOMORROW)
    assert SECRET not in _rows(store)
    assert store.analyses.pending_analyses("another", 9) == []
    assert store.rechecks.daily_rechecks("x", NOW) == 0


def test_an_author_without_another_post_becomes_nobody_and_one_with_stays(store: Store) -> None:
    other = replace(_post(2), author=_post(1).author)
    _hear(store, _post(1), other, _post(3))
    understand(store)
    identify(store)
    judge(store)
    alone = store.mentions.show(3)
    assert alone is not None
    _tell(store, {"person_id": alone.person_id, "name": SECRET, "quotes": []})
    changed = store.rechecks.save_rechecked([], [1, 3], NOW)
    assert [day for _, day in changed] == [NOW.date()]
    assert _people(store, 0) == []
    third, second, first = store.mentions.find()
    assert (first.author.handle, second.author.handle) == (f"{SECRET}1", f"{SECRET}1")
    assert third.author == Author()
    assert [(job.person_id, len(job.opinions)) for job in pending(store)] == [(1, 1), (alone.person_id, 0)]
    assert store.cases.facts([(alone.person_id, BRAND)], NOW, NOW)[0].name == f"person {alone.person_id}"
    store.rechecks.save_rechecked([], [2], NOW)
    assert SECRET not in "\n".join(line for line in _rows(store).splitlines() if "mail:kim" not in line and "'d0'" not in line)
    _hear(store, _post(9, author=_post(3).author), now=TOMORROW)
    understand(store)
    assert [job.author.handle for job in identify(store)] == [f"{SECRET}3"], "who speaks again is somebody again"


def test_who_was_a_customer_by_that_post_alone_is_judged_without_it(store: Store) -> None:
    import_customers(store, customer(1))
    _hear(store, _post(1))
    understand(store)
    identify(store, {f"{SECRET}1": linked("C1")})
    judge(store)
    (case,) = store.cases.find()
    store.rechecks.save_rechecked([], [1], NOW)
    (due,) = [job for job in pending(store) if job.customer]
    assert (due.person_id, due.opinions) == (case.person_id, ())
    (person,) = store.cases.facts([(case.person_id, BRAND)], NOW - DAY, NOW)
    assert (person.match, person.platforms, person.quotes) == (None, (), ())
    assert JUDGE


def test_reposts_of_a_removed_post_go_with_it_and_others_stay(store: Store) -> None:
    _hear(store, _post(1, text=PRAISE), _post(2, text=PRAISE, kind=Kind.REPOST, repost_of=f"{SECRET}-1"))
    _hear(store, _post(3, text=PRAISE, kind=Kind.REPOST, repost_of=f"https://x.example/{SECRET}/1"))
    _hear(store, _post(4, text=PRAISE, kind=Kind.REPOST, repost_of="another"))
    hear(store, mention(5, PRAISE, kind=Kind.REPOST, repost_of=f"https://x.example/{SECRET}/1", platform="other"))
    store.rechecks.save_rechecked([], [1], NOW)
    assert [(found.mention_id, bool(found.text)) for found in store.mentions.find()] == [
        (5, True),
        (4, True),
        (3, False),
        (2, False),
        (1, False),
    ]


def test_an_address_that_only_a_removed_post_had_is_forgotten(store: Store) -> None:
    _hear(store, _post(1), _post(2, author=_post(1).author))
    with store._database.read() as connection:
        assert len(connection.execute(select(metadata.tables["story_keys"])).all()) == 2
    store.rechecks.save_rechecked([], [1], NOW)
    with store._database.read() as connection:
        assert [row.story_id for row in connection.execute(select(metadata.tables["story_keys"]))] == [2]


def test_thousands_are_confirmed_and_removed_in_few_statements(store: Store) -> None:
    _hear(store, *(_post(number, author=Author(handle=f"w{number % 300}")) for number in range(1, 1_301)))
    understand(store)
    _case(store, *range(1, 1_301))
    assert len(_due(store, limit=10_000)) == 1_300
    store.rechecks.save_rechecked(list(range(1, 651)), list(range(651, 1_301)), TOMORROW)
    assert _due(store, TOMORROW, limit=10_000) == []
    assert len(_due(store, TOMORROW + DAY, limit=10_000)) == 650


def test_the_bytes_of_what_was_removed_are_gone_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with open_store(sqlite_url(file), now=NOW, pepper=PEPPER, policies={X.name: X}) as sqlite_store:
        _hear(sqlite_store, _post(1))
        understand(sqlite_store)
        sqlite_store.rechecks.save_rechecked([], [1], NOW)
        assert SECRET.encode() not in b"".join(part.read_bytes() for part in tmp_path.glob("store.db*"))
