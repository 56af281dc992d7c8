"""Incidents and what they are judged by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from listener.core.alerting import AlertPlan
from listener.core.errors import RetryLater, SourcePaused, SourceRejected, StorageError
from listener.core.health import Incident, IncidentKind, SourceHistory
from listener.core.messages import Message
from listener.core.ports import StreamResult
from listener.health_rules import judge_health
from storage.incidents import MOST_TIMES, TIMES
from storage.store import Store
from tests.support.heard import DAY, HOUR, NOW, hear, mention
from tests.support.outbox import due

ALERT = Message("incident 1", "mail", "kim", "blogs fails", "It fails.", None, NOW)
TOLD, NOTHING = AlertPlan(messages=(ALERT,)), AlertPlan()
FAILING = Incident(None, "blogs", IncidentKind.FAILING, "403", NOW)


def _log(store: Store, *results: StreamResult, at: int = 0) -> None:
    now = NOW + at * HOUR
    store.runs.log_streams(store.runs.begin_run(now), "rss", results, now)


def test_an_incident_is_opened_once_and_closed_once(any_store: Store) -> None:
    book = any_store.incidents
    silent = replace(FAILING, kind=IncidentKind.SILENT, reason="nothing for 9 h")
    book.save([FAILING, silent, FAILING], [], TOLD, NOW)
    book.save([replace(FAILING, opened_at=NOW + HOUR)], [], TOLD, NOW + HOUR)
    failing, quiet = book.open()
    assert (failing, quiet) == (replace(FAILING, id=1), replace(silent, id=2))
    assert due(any_store, NOW) == [ALERT]
    book.save([], [replace(failing, closed_at=NOW + DAY)], AlertPlan(messages=(replace(ALERT, dedup_key="over"),)), NOW + DAY)
    book.save([], [replace(failing, closed_at=NOW + 2 * DAY)], NOTHING, NOW + 2 * DAY)
    assert book.open() == [quiet]
    assert book.latest() == [quiet, replace(failing, closed_at=NOW + DAY)]
    assert [message.dedup_key for message in due(any_store, NOW + DAY)] == ["incident 1", "over"]
    book.save([replace(FAILING, opened_at=NOW + 3 * DAY)], [], NOTHING, NOW + 3 * DAY)
    assert [one.opened_at for one in book.open()] == [NOW, NOW + 3 * DAY]


def test_an_incident_can_be_closed_and_opened_again_at_once(any_store: Store) -> None:
    any_store.incidents.save([FAILING], [], NOTHING, NOW)
    any_store.incidents.save([replace(FAILING, opened_at=NOW + HOUR)], any_store.incidents.open(), NOTHING, NOW + HOUR)
    assert [one.opened_at for one in any_store.incidents.open()] == [NOW + HOUR]
    assert any_store.incidents.latest()[1].closed_at == NOW + HOUR


def test_an_incident_and_its_messages_are_kept_together_or_not_at_all(any_store: Store) -> None:
    broken = replace(ALERT, channel=None)  # type: ignore[arg-type]  # no database takes it
    with pytest.raises(StorageError):
        any_store.incidents.save([FAILING], [], AlertPlan(messages=(broken,)), NOW)
    assert any_store.incidents.open() == []


def test_a_source_fails_as_often_as_the_part_that_failed_least(any_store: Store) -> None:
    refused = SourceRejected("403: no entry")
    _log(any_store, StreamResult("s", "a", error=refused), StreamResult("s", "b"), StreamResult("t", "", error=refused))
    _log(any_store, StreamResult("s", "a", error=refused), StreamResult("s", "b", error=RetryLater("503")), at=1)
    one, other = any_store.incidents.history(["t", "s", "never asked"])
    assert one == SourceHistory("s", 1, "403: no entry (1 streams; 1 for other reasons)", (), paused=False, last_success=NOW)
    assert other == SourceHistory("t", 1, "403: no entry", ())


def test_what_was_taken_out_of_a_source_neither_fails_nor_works(any_store: Store) -> None:
    refused = SourceRejected("410: gone")
    _log(any_store, StreamResult("s", "removed"), StreamResult("s", "kept", error=refused))
    _log(any_store, StreamResult("s", "kept", error=refused), at=1)
    (history,) = any_store.incidents.history(["s"])
    assert (history.failures, history.last_success) == (2, None)


def test_a_part_that_is_left_alone_is_still_a_part(any_store: Store) -> None:
    _log(any_store, StreamResult("s", "resting", error=RetryLater("429", after=DAY)), StreamResult("s", "a"))
    _log(any_store, StreamResult("s", "a"), at=1)
    (history,) = any_store.incidents.history(["s"])
    assert (history.failures, history.reason, history.last_success) == (0, "429", NOW + HOUR)


def test_a_source_that_rests_on_purpose_says_so(any_store: Store) -> None:
    _log(any_store, StreamResult("s", "a", error=SourcePaused("the cap is reached")), StreamResult("s", "b"))
    assert not any_store.incidents.history(["s"])[0].paused, "a part of it goes on"
    _log(any_store, StreamResult("s", "a", error=SourcePaused("the cap is reached")))
    assert any_store.incidents.history(["s"])[0].paused
    _log(any_store, StreamResult("s", "a"), StreamResult("s", "b"), at=1)
    assert not any_store.incidents.history(["s"])[0].paused


def test_a_part_that_rests_on_purpose_does_not_hide_that_the_others_fail(any_store: Store) -> None:
    resting = StreamResult("s", "a", error=SourcePaused("the cap is reached"))
    _log(any_store, StreamResult("s", "a"), StreamResult("s", "b"))
    for at in (1, 2, 3):
        _log(any_store, resting, StreamResult("s", "b", error=SourceRejected("403: no entry")), at=at)
    (history,) = any_store.incidents.history(["s"])
    assert history == SourceHistory("s", 3, "403: no entry", (), paused=False, last_success=NOW)
    (incident,), _ = judge_health([history], [], NOW + 3 * HOUR)
    assert (incident.kind, incident.reason) == (IncidentKind.FAILING, "403: no entry")
    _log(any_store, resting, StreamResult("s", "b", error=SourcePaused("the cap is reached")), at=4)
    (history,) = any_store.incidents.history(["s"])
    assert (history.paused, judge_health([history], [], NOW + 4 * HOUR)) == (True, ([], []))


def test_when_a_source_published_is_told_newest_first_and_each_moment_once(any_store: Store) -> None:
    for source in ("s", "t"):
        _log(any_store, StreamResult(source, ""))
    moments = [NOW - number * 4 * HOUR for number in range(TIMES + 9)]
    hear(any_store, *(mention(n, published_at=at) for n, at in enumerate(moments)), source="s", news_since=NOW - DAY)
    hear(any_store, *(mention(f"again {n}", published_at=at) for n, at in enumerate(moments[:50])), source="s")
    hear(any_store, mention("future", published_at=NOW + DAY), source="t", now=NOW + HOUR)
    hear(any_store, mention("undated", published_at=None), source="t", now=NOW + 2 * HOUR)
    s, t = any_store.incidents.history(["s", "t"])
    assert s.times == tuple(moments[:TIMES])
    assert t.times == (NOW + HOUR,), "a date of the future counts as the moment of hearing"


def test_of_a_busy_source_two_weeks_are_told_and_no_more_than_can_be_looked_at(any_store: Store) -> None:
    for source in ("busy", "busiest"):
        _log(any_store, StreamResult(source, ""))
    quarters = [NOW - number * HOUR / 4 for number in range(14 * 24 * 4 + 9)]
    minutes = [NOW - number * HOUR / 60 for number in range(MOST_TIMES + 9)]
    hear(any_store, *(mention(f"q{n}", published_at=at, by=None) for n, at in enumerate(quarters)), source="busy")
    hear(any_store, *(mention(f"m{n}", published_at=at, by=None) for n, at in enumerate(minutes)), source="busiest")
    busiest, busy = any_store.incidents.history(["busy", "busiest"])
    assert busy.times == tuple(quarters[: 14 * 24 * 4 + 1])
    assert busiest.times == tuple(minutes[:MOST_TIMES])


def test_many_sources_are_told_in_few_statements(any_store: Store) -> None:
    _log(any_store, *(StreamResult(f"s{number}", "") for number in range(650)))
    hear(any_store, *(mention(number) for number in range(30)), source="s649")
    found = any_store.incidents.history([f"s{number}" for number in range(700)])
    assert len(found) == 650
    assert [one.times for one in found if one.times] == [(NOW - HOUR,)]
