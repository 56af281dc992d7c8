"""Watching the sources: one alert and one notice of recovery for each trouble, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRule, AlertState
from listener.core.errors import SourceRejected
from listener.core.health import Incident, SourceHistory
from listener.core.mention import Gap, Markup, Mention, Page
from listener.core.messages import Message
from listener.core.ports import StreamResult
from listener.core.recipients import Recipient
from listener.core.telling import Coverage, Health
from listener.health import Watched, watch_health
from listener.notify.file import FileNotifier, file_stem
from listener.render.alert import render_alert
from listener.render.look import LIMIT
from listener.render.text import WIDTH
from listener.tell import send
from storage.store import Store, open_store
from tests.support.outbox import due

NOW = datetime(2026, 11, 12, 13, 35, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
FOLDER = Recipient("folder", "digest", alerts=frozenset({"source"}))
MAIL = Recipient("mail", "ines@quillon.example", alerts=frozenset({"source"}))
GAP = Gap(
    datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 5, 20, tzinfo=UTC), "the service goes back no further than 7 days"
)


class Book:
    """Incidents in memory, with the outbox beside them."""

    def __init__(self, *histories: SourceHistory) -> None:
        self.histories = list(histories)
        self.incidents: list[Incident] = []
        self.messages: list[Message] = []
        self.alerts: list[tuple[AlertDraft, AlertState]] = []
        self.settled: list[str] = []

    def open(self) -> Sequence[Incident]:
        return [one for one in self.incidents if one.closed_at is None]

    def history(self, sources: Collection[str]) -> Sequence[SourceHistory]:
        return [one for one in self.histories if one.source in sources]

    def save(self, opened: Sequence[Incident], closed: Sequence[Incident], plan: AlertPlan, now: datetime) -> None:
        over = {one.id for one in closed}
        kept = [one for one in self.incidents if one.id not in over]
        self.incidents = [*kept, *closed, *(replace(one, id=len(self.incidents) + n) for n, one in enumerate(opened, 1))]
        self.messages += plan.messages
        self.alerts += plan.alerts
        self.settled += plan.settled

    def watch(self, now: datetime = NOW, to: Sequence[Recipient] = (FOLDER,), lost: Sequence[Gap] = ()) -> Watched:
        names = [one.source for one in self.histories]
        return watch_health(self, to, names, now, runs=Runs(names, lost), zone=BERLIN)


class Runs:
    def __init__(self, names: Sequence[str], gaps: Sequence[Gap]) -> None:
        self.lines = [Coverage(name, "rss", Health.OK, None, gaps=tuple(gaps)) for name in names]
        self.asked: list[datetime] = []

    def coverage(self, since: datetime, until: datetime) -> Sequence[Coverage]:
        self.asked.append(since)
        return self.lines


def failing(name: str = "print-forum", **facts: object) -> SourceHistory:
    history = SourceHistory(name, 3, "the site refused us (403); ask its owner", last_success=NOW - HOUR / 2)
    return replace(history, **facts)


def silent(name: str = "trade-press") -> SourceHistory:
    return SourceHistory(name, times=tuple(NOW - HOUR * (5 + place) for place in range(101)), last_success=NOW)


def test_an_alert_says_the_news_and_what_to_do() -> None:
    book = Book(failing())
    book.watch(lost=[GAP])
    (message,) = book.messages
    assert message.subject == "print-forum has not been heard since 12 Nov 14:05 (3 failures in a row)"
    for words in (
        "\nprint-forum\n  rss\n",
        "failing: 3 failures in a row",
        "the site refused us (403); ask its owner",
        "3–5 Nov, the service goes back no further than 7 days",
        "$ listener sources print-forum",
        "12 Nov 2026 14:35 (Europe/Berlin)",
    ):
        assert words in message.text
    assert message.created_at == NOW


def test_a_source_that_was_never_heard_is_told_so() -> None:
    book = Book(failing(last_success=None))
    book.watch()
    assert book.messages[0].subject == "print-forum was never heard (3 failures in a row)"
    assert re.search(r"Since +it was first asked", book.messages[0].text)


def test_a_silent_source_is_told_with_what_is_usual() -> None:
    book = Book(silent())
    book.watch()
    (message,) = book.messages
    assert message.subject == "trade-press has been silent since 12 Nov 09:35 (nothing new for 5 hours)"
    assert "it may have moved" in " ".join(message.text.split())
    assert "Lost" not in message.text


def test_there_is_one_alert_and_one_recovery_for_each_recipient_however_often_it_is_watched() -> None:
    book = Book(failing())
    for later in range(5):
        book.watch(NOW + HOUR * later, [FOLDER, MAIL, FOLDER])
    book.histories = [failing(failures=0, last_success=NOW + 19 * HOUR)]
    for later in range(19, 24):
        book.watch(NOW + HOUR * later, [FOLDER, MAIL])
    assert [(one.channel, one.recipient, one.subject[:20]) for one in book.messages] == [
        ("folder", "digest", "print-forum has not "),
        ("mail", "ines@quillon.example", "print-forum has not "),
        ("folder", "digest", "print-forum is heard"),
        ("mail", "ines@quillon.example", "print-forum is heard"),
    ]
    assert len({one.dedup_key for one in book.messages}) == 4
    recovery = " ".join(book.messages[-1].text.split())
    assert "The alert of 12 Nov 14:35 is over, after 19 hours." in recovery
    assert "Nothing to do." in recovery


def test_an_alert_is_open_until_its_source_is_back_and_the_notice_needs_nobody() -> None:
    book = Book(failing())
    book.watch()
    book.histories = [failing(failures=0, last_success=NOW + HOUR)]
    book.watch(NOW + HOUR)
    (alert, first), (notice, second) = book.alerts
    assert (first, second, notice.notice) == (AlertState.OPEN, AlertState.CLOSED, True)
    assert book.settled == [alert.key]
    assert alert.subject == notice.subject == "source:print-forum"


def test_a_rule_that_is_switched_off_keeps_the_alert_and_tells_nobody() -> None:
    book = Book(failing())
    watch_health(book, [FOLDER], ["print-forum"], NOW, policy=AlertPolicy(rules=frozenset()))
    assert ([state for _, state in book.alerts], book.messages) == ([AlertState.HELD], [])


def test_a_later_trouble_of_the_same_source_has_keys_of_its_own() -> None:
    book = Book(failing())
    book.watch()
    book.histories = [failing(failures=0, last_success=NOW + HOUR)]
    book.watch(NOW + HOUR)
    book.histories = [failing(last_success=NOW + HOUR)]
    book.watch(NOW + 3 * HOUR)
    assert len({one.dedup_key for one in book.messages}) == len(book.messages) == 3


def test_an_incident_of_a_source_that_is_not_listened_to_any_more_is_closed_without_a_word() -> None:
    book = Book(failing())
    book.watch()
    book.histories = []
    done = book.watch(NOW + HOUR)
    assert ([one.source for one in done.closed], done.messages) == (["print-forum"], 0)
    assert (len(book.messages), book.open()) == (1, [])


def test_a_quiet_look_reads_no_coverage_and_writes_nothing() -> None:
    class Fine(Book):
        def save(self, *_: object) -> None:
            raise AssertionError("there is nothing to save")

    assert Fine(SourceHistory("forum", last_success=NOW)).watch() == Watched()


def test_many_troubles_at_once_are_one_message() -> None:
    book = Book(*(failing(f"dealer-{number:02}") for number in range(45)))
    done = book.watch()
    (message,) = book.messages
    assert len(done.opened) == 45
    assert message.subject == "45 sources are not heard: dealer-00, dealer-01, dealer-02 and 42 more"
    assert "And 20 more: listener sources" in message.text
    book.histories = [failing(f"dealer-{number:02}", failures=0, last_success=NOW + HOUR) for number in range(45)]
    book.watch(NOW + HOUR)
    assert book.messages[1].subject == "45 sources are heard again: dealer-00, dealer-01, dealer-02 and 42 more"
    assert len(book.messages) == 2


def test_an_alert_fits_the_terminal_and_is_below_what_mail_clients_cut_off() -> None:
    wide = '🖨️&"<漢' * 80
    facts = (("What", wide), ("Why", wide), ("Lost", wide))
    items = tuple(AlertItem(wide, f"s{n}", facts, wide, "listener sources s", about=wide) for n in range(60))
    rendered = render_alert(Alert("1", AlertRule.SOURCE, "60 sources are not heard", NOW, "UTC", False, items))
    assert len(rendered.html.encode()) <= LIMIT
    assert max(map(cell_len, rendered.text.splitlines())) <= WIDTH
    assert "<漢" not in rendered.html


def test_names_and_reasons_cannot_break_out() -> None:
    nasty = "<script>alert(1)</script>\r\nBcc: x\u202e"
    book = Book(failing(nasty, reason=nasty))
    book.watch(lost=[Gap(NOW - 9 * HOUR, NOW, nasty)])
    (message,) = book.messages
    assert "<script" not in (message.html or "")
    assert "\n" not in message.subject
    assert not {"\u202e", "\r"} & set(message.subject + message.text + (message.html or ""))
    assert "$ listener sources '<script>" in message.text


def test_files_of_alerts_are_named_by_what_they_are_and_their_day() -> None:
    book = Book(failing())
    book.watch()
    book.histories = [failing(failures=0, last_success=NOW + 20 * HOUR)]
    book.watch(NOW + 20 * HOUR)
    assert [file_stem(one)[:-9] for one in book.messages] == ["alert-2026-11-12", "alert-2026-11-13"]


# ------------------------------------------------------------------------------------------------ with the real store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'listener.db'}", now=NOW, pepper="0123456789abcdef") as opened:
        yield opened


def attempt(store: Store, now: datetime, *posted: datetime, refused: bool = False) -> Watched:
    """One run of one source, and a look at its health after it."""
    run_id = store.runs.begin_run(now)
    mentions = tuple(Mention("forum", "f", str(at.timestamp()), "words", published_at=at, markup=Markup.PLAIN) for at in posted)
    store.mentions.save_page("print-forum", "", "forum", "open-web", Page(mentions), now, NOW - timedelta(days=30))
    error = SourceRejected("the site refused us (403)") if refused else None
    store.runs.log_streams(run_id, "rss", [StreamResult("print-forum", "", error=error)], now)
    return watch_health(store.incidents, [FOLDER], ["print-forum"], now, runs=store.runs, zone=BERLIN)


def test_a_source_that_dies_and_comes_back_leaves_two_files(store: Store, tmp_path: Path) -> None:
    files = {"folder": FileNotifier(tmp_path / "out")}
    done = []
    for step in range(9):
        done.append(attempt(store, NOW + HOUR * step, refused=1 <= step <= 6))
        send(store.outbox, files, NOW + HOUR * step)
    assert [(len(one.opened), len(one.closed)) for one in done] == [(0, 0)] * 3 + [(1, 0)] + [(0, 0)] * 3 + [(0, 1), (0, 0)]
    said = sorted(" ".join(file.read_text().split()) for file in (tmp_path / "out").glob("*.txt"))
    assert len(said) == 2
    assert said[0].startswith("print-forum has not been heard since 12 Nov 14:35 (3 failures in a row)")
    assert said[1].startswith("print-forum is heard again")
    assert store.incidents.open() == []


def test_a_source_that_falls_silent_is_told_and_its_next_post_ends_that(store: Store) -> None:
    attempt(store, NOW, *(NOW - HOUR * place for place in range(101)))
    done = [attempt(store, NOW + HOUR * step) for step in range(1, 6)]
    assert [len(one.opened) for one in done] == [0, 0, 0, 1, 0]
    done = [attempt(store, NOW + 6 * HOUR, NOW + 5.9 * HOUR), attempt(store, NOW + 7 * HOUR)]
    assert [len(one.closed) for one in done] == [1, 0]
    assert [one.dedup_key.partition(":")[0] for one in due(store, NOW + 8 * HOUR)] == ["recovery"], "nobody was told before"
    alert, notice = (one.key for one in reversed(store.alerts.find()))
    assert [one.key for one in store.alerts.named(alert[:8])] == [alert], "people name it by its first digits"
    assert [one.key for one in store.alerts.named(notice[:8])] == [notice]
