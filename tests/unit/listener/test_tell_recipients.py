"""Who is told what and when: each recipient their own hour, zone, weekday, editions and wishes; what is equal is made once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from listener.core.messages import Message, MessageKind
from listener.core.recipients import Edition, Recipient
from listener.core.telling import DigestFacts
from listener.core.trends import TrendFacts, Weeks
from listener.digest.weekly_model import Weekly
from listener.notify.file import FileNotifier
from listener.tell import Desk, DigestPlan, Rewritten, Told, preview, preview_weekly, rewrite, tell
from storage.store import Selector, Store, open_store
from tests.support.heard import DAY, HOUR, PEPPER, sqlite_url
from tests.support.weeks import BERLIN, MONDAY, NAMES, NOW, RIVALS, TOPIC_NAMES, ten_weeks

TOKYO = ZoneInfo("Asia/Tokyo")
FOLDER = Recipient("folder", "digest", zone=BERLIN, zone_name="Europe/Berlin")
MAIL = Recipient("mail", "kim@us.example", name="kim", zone=BERLIN, zone_name="Europe/Berlin")
PLAN = DigestPlan(NAMES, topics=TOPIC_NAMES, rivals=RIVALS)
WEEKLY = frozenset({Edition.WEEKLY})
DAILY = frozenset({Edition.DAILY})


class Counting:
    """The store's books, and how often each window was asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.windows: list[object] = []

    def digest_facts(self, since: datetime, until: datetime) -> DigestFacts:
        self.windows.append((since, until))
        return self.store.digests.digest_facts(since, until)

    def trend_facts(self, weeks: Weeks, brands: Sequence[str]) -> TrendFacts:
        self.windows.append((weeks.since, *brands))
        return self.store.trends.trend_facts(weeks, brands)

    def began(self) -> datetime | None:
        return self.store.trends.began()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store.digests, name)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("weeks") / "store.db"
    with open_store(sqlite_url(file), now=NOW, pepper=PEPPER) as store:
        ten_weeks(store)
    return file.read_bytes()


@pytest.fixture
def store(filled: bytes, tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "store.db"
    file.write_bytes(filled)
    with open_store(f"sqlite:///{file}", now=NOW, pepper=PEPPER) as opened_store:
        yield opened_store


def told(store: Store, *recipients: Recipient, now: datetime = NOW, **options: object) -> tuple[Told, Counting]:
    book = Counting(store)
    desk = Desk(book, book, PLAN, now, often=True)  # type: ignore[arg-type]  # the rest of the book is the store's own
    return tell(desk, store.outbox, {}, recipients, **options), book  # type: ignore[arg-type]  # as given


def waiting(store: Store) -> list[Message]:
    return [store.outbox.load([one.dedup_key])[one.dedup_key] for one in store.outbox.waiting()]


def test_each_is_told_at_their_own_hour_and_zone(store: Store) -> None:
    early, late = replace(FOLDER, editions=DAILY), replace(FOLDER, channel="late", hour=9, editions=DAILY)
    tokyo = replace(FOLDER, channel="tokyo", zone=TOKYO, zone_name="Asia/Tokyo", hour=18, editions=DAILY)
    everybody = (early, late, tokyo)
    assert told(store, *everybody)[0].digests == 3  # the first comes at once
    days = []
    for hours in range(20, 30):  # from 04:30 to 13:30 in Berlin, 12:30 to 21:30 in Tokyo
        now = NOW + hours * HOUR
        before = [one.key for one in everybody if store.digests.told_until(one.key) == now]
        told(store, *everybody, now=now)
        days += [(one.channel, hours) for one in everybody if store.digests.told_until(one.key) == now and one.key not in before]
    assert days == [("folder", 23), ("late", 25), ("tokyo", 26)]
    assert store.digests.saved_digest(tokyo.key, MONDAY + DAY) is not None


def test_windows_are_read_once_for_all(store: Store) -> None:
    everybody = [replace(FOLDER, channel=f"c{n}") for n in range(20)]
    done, book = told(store, *everybody, now=NOW)
    assert done.digests == 40
    assert len(book.windows) == 2
    assert len({store.digests.saved_digest(one.key, MONDAY) for one in everybody}) == 1


def test_who_wants_other_things_is_told_others_of_the_same_facts(store: Store) -> None:
    gold, none = (
        replace(FOLDER, channel="gold", segments=frozenset({"mid-market"})),
        replace(FOLDER, channel="none", brands=frozenset({"press"})),
    )
    _, book = told(store, FOLDER, gold, none)
    assert len(book.windows) == 3  # a day for all, and a week for each set of brands
    all_of_it, theirs = (
        Weekly.from_json(store.digests.saved_digest(one.edition_key(Edition.WEEKLY), MONDAY) or "") for one in (FOLDER, gold)
    )
    assert all_of_it.weeks == theirs.weeks
    assert len(theirs.people) + theirs.people_more < len(all_of_it.people) + all_of_it.people_more
    assert any("mid-market" in note for note in theirs.notes)
    other = Weekly.from_json(store.digests.saved_digest(none.edition_key(Edition.WEEKLY), MONDAY) or "")
    assert other.headline == "Nobody mentioned us"


def test_editions_are_those_that_are_wanted(store: Store) -> None:
    assert (
        told(
            store,
            replace(FOLDER, editions=WEEKLY),
            replace(FOLDER, channel="b", editions=DAILY),
            replace(FOLDER, channel="c", editions=frozenset()),
        )[0].digests
        == 2
    )
    assert store.digests.told_until("folder:digest") is None
    assert store.digests.told_until("folder:digest|weekly") == NOW
    assert store.digests.told_until("c:digest") is None


def test_a_weekly_edition_comes_on_its_weekday_and_once(store: Store) -> None:
    friday = replace(FOLDER, weekday=4, editions=WEEKLY)
    assert told(store, friday, now=NOW)[0].digests == 1  # of the Friday before, since listening began long ago
    assert [told(store, friday, now=NOW + n * 12 * HOUR)[0].digests for n in range(1, 16)] == [0] * 7 + [1] + [0] * 7
    assert (
        json.loads(store.digests.saved_digest(friday.edition_key(Edition.WEEKLY), date(2026, 11, 27)) or "")["week"]
        == "20–26 Nov"
    )


def test_what_was_told_before_its_hour_is_not_made_again(store: Store) -> None:
    early = NOW - timedelta(hours=5)  # 03:30 in Berlin, and the hour is 7
    told(store, replace(FOLDER, hour=0), now=early, asked=True)
    weekly = replace(FOLDER, editions=WEEKLY)
    assert [told(store, weekly, now=NOW + n * DAY)[0].digests for n in range(7)] == [0] * 7
    assert told(store, weekly, now=NOW + 7 * DAY)[0].digests == 1


def test_a_zone_that_moves_west_has_one_digest_a_day(store: Store) -> None:
    east = replace(FOLDER, zone=TOKYO, zone_name="Asia/Tokyo", editions=DAILY)
    west = replace(east, zone=ZoneInfo("America/New_York"), zone_name="America/New_York")
    assert told(store, east, now=NOW - 9 * HOUR)[0].digests == 1  # on Monday there, on Sunday in New York
    made = [hours for hours in range(4, 32) if told(store, west, now=NOW + hours * HOUR)[0].digests]
    assert [west.day(NOW + hours * HOUR) for hours in made] == [MONDAY + DAY]


def test_what_is_heard_after_a_clock_was_put_right_is_told(store: Store) -> None:
    daily = replace(FOLDER, editions=DAILY)
    told(store, daily, now=NOW)
    assert told(store, daily, now=NOW + 2 * DAY)[0].digests == 1  # by a clock that is a day ahead
    told(store, daily, now=NOW + DAY + HOUR)
    assert store.digests.told_until(daily.key) == NOW + DAY + HOUR
    assert told(store, daily, now=NOW + 2 * DAY)[0].digests == 0, "that day was told"
    done, book = told(store, daily, now=NOW + 3 * DAY)
    assert done.digests == 1
    assert book.windows == [(NOW + DAY + HOUR, NOW + 3 * DAY)]


def test_a_clock_that_is_far_behind_for_once_repeats_one_window_at_most(store: Store) -> None:
    daily = replace(FOLDER, editions=DAILY)
    for day in range(3):
        told(store, daily, now=NOW + day * DAY)
    for _ in range(2):
        told(store, daily, now=NOW - 300 * DAY)
    _, book = told(store, daily, now=NOW + 3 * DAY)
    assert book.windows == [(NOW + DAY, NOW + 3 * DAY)]


def test_clocks_of_two_machines_may_differ_a_little(store: Store) -> None:
    daily = replace(FOLDER, editions=DAILY)
    told(store, daily, now=NOW)
    told(store, daily, now=NOW - timedelta(seconds=50))
    assert store.digests.told_until(daily.key) == NOW


def test_one_address_can_be_two_recipients(store: Store) -> None:
    assert told(store, replace(MAIL, name="north"), replace(MAIL, name="south", segments=frozenset({"none"})))[0].digests == 4
    assert len(waiting(store)) == 4
    assert told(store, replace(MAIL, name="north"), replace(MAIL, name="north"))[0].digests == 0


def test_mail_has_its_pictures_beside_it_and_pages_have_them_inside(store: Store, tmp_path: Path) -> None:
    notifiers = {"folder": FileNotifier(tmp_path / "out")}
    desk = Desk(store.digests, store.trends, PLAN, NOW)
    tell(desk, store.outbox, notifiers, [MAIL, FOLDER], editions=WEEKLY)
    (mail,) = waiting(store)
    assert mail.kind is MessageKind.WEEKLY
    assert [picture.name for picture in mail.pictures] == ["volume", "voices"]
    assert all(f'src="cid:{picture.name}"' in (mail.html or "") for picture in mail.pictures)
    assert mail.card is not None
    assert mail.card.title == mail.subject
    (page,) = (tmp_path / "out").glob("weekly-2026-11-23-*.html")
    html = page.read_text()
    assert "cid:" not in html
    assert html.count("<svg") == 2
    assert page.with_suffix(".txt").read_text() == mail.text


def test_nobody_gets_a_first_digest_of_a_run_that_heard_nothing(store: Store) -> None:
    assert told(store, FOLDER, unheard=True)[0].digests == 0
    told(store, FOLDER)
    assert told(store, FOLDER, now=NOW + 8 * DAY, unheard=True)[0].digests == 2


def test_a_first_weekly_edition_can_be_asked_for(store: Store) -> None:
    friday = replace(FOLDER, weekday=4, hour=0)
    with structlog.testing.capture_logs():
        empty = open_store("sqlite://", now=NOW, pepper=PEPPER)
    with empty:
        assert told(empty, friday, editions=WEEKLY)[0].digests == 0
        assert told(empty, friday, editions=WEEKLY, asked=True)[0].digests == 1
        assert told(empty, friday, editions=WEEKLY, asked=True)[0].digests == 0


def test_a_preview_is_what_would_be_told_and_is_not_kept(store: Store) -> None:
    desk = Desk(store.digests, store.trends, PLAN, NOW)
    day, week = preview(desk, FOLDER), preview_weekly(desk, FOLDER)
    assert store.digests.told_until(FOLDER.key) is None
    told(store, FOLDER)
    assert store.digests.saved_digest(FOLDER.key, MONDAY) == day.to_json()
    assert store.digests.saved_digest(FOLDER.edition_key(Edition.WEEKLY), MONDAY) == week.to_json()


def test_files_of_weekly_editions_are_written_again(store: Store, tmp_path: Path) -> None:
    notifiers = {"folder": FileNotifier(tmp_path / "out")}
    desk = Desk(store.digests, store.trends, PLAN, NOW)
    tell(desk, store.outbox, notifiers, [FOLDER], editions=WEEKLY)
    key = FOLDER.edition_key(Edition.WEEKLY)
    (first, *_) = Weekly.from_json(store.digests.saved_digest(key, MONDAY) or "").people
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert all(first.name in path.read_text() for path in (tmp_path / "out").iterdir())
    erased = store.privacy.erase_person(Selector(contact_id=f"C{first.name.rpartition('-')[2]}"), NOW)
    changed = [(one.recipient, one.day) for one in erased.digests]
    assert changed == [(key, MONDAY)]
    found = rewrite(
        store.digests, notifiers, [FOLDER], [*changed, ("gone:x|weekly", MONDAY), (key, MONDAY - timedelta(days=7))], NOW
    )
    assert found.written == ((key, MONDAY),)
    assert found.beyond_reach == (("gone:x|weekly", MONDAY),)
    assert found.failed == (f"the digest of 2026-11-16 for {key}: it is not stored any more",)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    assert not any(first.name in path.read_text() for path in (tmp_path / "out").iterdir())
    assert Rewritten() == rewrite(store.digests, notifiers, [FOLDER], [], NOW)
