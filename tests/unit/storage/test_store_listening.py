"""What is kept of the listening itself: the ledger, how streams stand, what was lost, coverage, cursors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from listener.core.brand import Provenance
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceProtocolError, SourceRejected
from listener.core.mention import Gap
from listener.core.people import KnownHandle
from listener.core.ports import RETRY_LONGEST, Saved, StreamResult
from listener.core.telling import Health
from storage.listening_tables import counts, gaps, incidents, jobs, run_sources, stream_states, used
from storage.runs import Outcome
from storage.store import Retention, Store, open_store
from tests.support.heard import DAY, HOUR, LONG_AGO, NOW, customer, hear, import_customers, mention

TODAY = NOW.date()
MINUTE = timedelta(minutes=1)


def _log(store: Store, *results: StreamResult, now: Any = NOW, kind: str = "rss") -> int:
    run_id = store.runs.begin_run(now)
    store.runs.log_streams(run_id, kind, results, now)
    return run_id


def _failed(stream: str, error: SourceError, **values: Any) -> StreamResult:
    return StreamResult("s", stream, error=error, **values)


# ------------------------------------------------------------------------------------------------------------- ledger


def test_what_is_charged_adds_up_by_day_and_unit(any_store: Store) -> None:
    any_store.ledgers.of("x", TODAY - DAY).charge({"reads": 5})
    ledger = any_store.ledgers.of("x", TODAY)
    ledger.charge({"reads": 10, "cents": 3})
    ledger.charge({"reads": 7, "cents": 0})
    any_store.ledgers.of("others", TODAY).charge({"reads": 100})
    assert ledger.used("reads", TODAY, TODAY) == 17
    assert ledger.used("reads", TODAY - DAY, TODAY) == 22
    assert ledger.used("reads", TODAY + DAY, TODAY + DAY) == 0
    assert (ledger.used("cents", TODAY, TODAY), ledger.used("quota", TODAY, TODAY)) == (3, 0)


def test_what_is_given_back_never_makes_a_day_less_than_nothing(any_store: Store) -> None:
    ledger = any_store.ledgers.of("x", TODAY)
    ledger.charge({"reads": -5})
    assert ledger.used("reads", TODAY, TODAY) == 0
    ledger.charge({"reads": 3})
    ledger.charge({"reads": -1})
    assert ledger.used("reads", TODAY, TODAY) == 2
    ledger.charge({"reads": -3})
    assert ledger.used("reads", TODAY, TODAY) == 0


def test_threads_charge_at_once_and_nothing_is_lost(any_store: Store) -> None:
    ledger = any_store.ledgers.of("x", TODAY)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: ledger.charge({"b": 1, "a": 2} if number % 2 else {"a": 2, "b": 1}), range(60)))
    assert (ledger.used("a", TODAY, TODAY), ledger.used("b", TODAY, TODAY)) == (120, 60)


def test_threads_share_a_store_in_memory() -> None:
    with open_store("sqlite://", now=NOW) as store, ThreadPoolExecutor(4) as pool:
        ledger = store.ledgers.of("x", TODAY)
        list(pool.map(lambda _: ledger.charge({"a": 1}), range(40)))
        assert ledger.used("a", TODAY, TODAY) == 40


# ------------------------------------------------------------------------------------------------------ stream states


@pytest.mark.parametrize(
    ("error", "outcome", "not_before", "failures"),
    [
        (None, Outcome.OK, None, 0),
        (RetryLater("429", after=2 * HOUR), Outcome.RETRY, 2 * HOUR, 1),
        (RetryLater("no answer"), Outcome.RETRY, 15 * MINUTE, 1),
        (SourceRejected("403"), Outcome.REFUSED, None, 1),
        (SourcePaused("the cap is reached", until=NOW + 3 * DAY), Outcome.PAUSED, 3 * DAY, 0),
        (SourcePaused("the cap is reached"), Outcome.PAUSED, None, 0),
        (SourceProtocolError("no feed"), Outcome.BROKEN, None, 1),
        (SourceError("else"), Outcome.BROKEN, None, 1),
    ],
)
def test_an_attempt_ends_in_one_of_five_ways(
    any_store: Store, error: SourceError | None, outcome: Outcome, not_before: timedelta | None, failures: int
) -> None:
    _log(any_store, StreamResult("s", "a", error=error))
    (state,) = any_store.runs.stream_states("s")
    assert (state.outcome, state.failures) == (outcome, failures)
    assert state.not_before == (None if not_before is None else NOW + not_before)
    assert state.last_error == (error.reason if error else None)


def _left_alone_until(store: Store) -> datetime:
    (state,) = store.runs.stream_states("s")
    assert state.not_before is not None
    return state.not_before


def test_a_stream_that_names_no_time_is_left_alone_for_longer_with_each_failure(any_store: Store) -> None:
    pauses = []
    for number in range(8):
        _log(any_store, _failed("a", RetryLater("no answer")), now=NOW + number * DAY)
        pauses.append(_left_alone_until(any_store) - NOW - number * DAY)
    assert [int(pause / MINUTE) for pause in pauses] == [15, 30, 60, 120, 240, 360, 360, 360]
    _log(any_store, StreamResult("s", "a"), now=NOW + 9 * DAY)
    _log(any_store, _failed("a", RetryLater("no answer")), now=NOW + 10 * DAY)
    assert _left_alone_until(any_store) == NOW + 10 * DAY + 15 * MINUTE
    assert timedelta(hours=6) == RETRY_LONGEST


def test_a_pause_is_no_failure_and_ends_no_row_of_failures(any_store: Store) -> None:
    for error in (SourceRejected("403"), SourcePaused("the cap", until=NOW + HOUR), SourceRejected("403")):
        _log(any_store, _failed("a", error))
    assert any_store.runs.stream_states("s")[0].failures == 2


def test_what_was_heard_until_and_what_to_know_outlive_a_failure(any_store: Store) -> None:
    _log(any_store, StreamResult("s", "a", notice="it moved to https://new.example/feed", heard_until=NOW - HOUR))
    _log(any_store, _failed("a", RetryLater("503")), now=NOW + HOUR)
    (state,) = any_store.runs.stream_states("s")
    assert (state.heard_until, state.last_success, state.notice) == (NOW - HOUR, NOW, "it moved to https://new.example/feed")
    assert any_store.runs.coverage(NOW, NOW + HOUR)[0].heard_until == NOW - HOUR
    _log(any_store, StreamResult("s", "a"), now=NOW + 2 * HOUR)
    (state,) = any_store.runs.stream_states("s")
    assert (state.heard_until, state.notice) == (NOW + 2 * HOUR, None)


# ----------------------------------------------------------------------------------------------------------- coverage

PAUSED = SourcePaused("the day's reads are used up", until=NOW + DAY)
REFUSED = SourceRejected("403: the token is not accepted")
LATER = RetryLater("503")


@pytest.mark.parametrize(
    ("errors", "health", "failed", "refused"),
    [
        ((None, None), Health.OK, 0, 0),
        ((None, PAUSED), Health.PAUSED, 0, 0),
        ((PAUSED, PAUSED), Health.PAUSED, 0, 0),
        ((None, REFUSED), Health.PARTIAL, 1, 1),
        ((None, PAUSED, LATER), Health.PARTIAL, 1, 0),
        ((PAUSED, REFUSED), Health.FAILED, 1, 1),
        ((PAUSED, LATER), Health.WAITING, 1, 0),
        ((REFUSED, LATER), Health.FAILED, 2, 1),
    ],
)
def test_the_health_of_a_source_is_that_of_its_streams(
    any_store: Store, errors: tuple[SourceError | None, ...], health: Health, failed: int, refused: int
) -> None:
    run_id = _log(any_store, *(StreamResult("s", str(number), error=error) for number, error in enumerate(errors)))
    (line,) = any_store.runs.coverage(NOW - HOUR, NOW)
    assert (line.health, line.streams, line.streams_failed) == (health, len(errors), failed)
    assert line.refused_runs == (refused > 0)
    with any_store._database.read() as connection:
        assert connection.scalar(select(run_sources.c.streams_refused).where(run_sources.c.run_id == run_id)) == refused
    expected = [error.reason for error in errors if error is not None and not isinstance(error, SourcePaused)] or (
        [PAUSED.reason] if PAUSED in errors else [None]
    )
    assert line.reason is None if expected == [None] else str(line.reason).startswith(str(expected[0]))


def test_runs_in_which_a_source_refused_us_are_counted(any_store: Store) -> None:
    for number, error in enumerate((REFUSED, None, REFUSED)):
        _log(any_store, StreamResult("s", "a", error=error), StreamResult("s", "b"), now=NOW + number * HOUR)
    (line,) = any_store.runs.coverage(NOW - HOUR, NOW + DAY)
    assert (line.runs, line.refused_runs, line.failed_runs) == (3, 2, 0)


def test_what_was_lost_is_told_once_when_it_is_noticed(any_store: Store) -> None:
    gap = Gap(NOW - 3 * DAY, NOW - 2 * DAY, "more posts than the service gives back")
    _log(any_store, StreamResult("s", "a", gaps=(gap,)), StreamResult("s", "b", gaps=(gap,)), StreamResult("t", "", gaps=(gap,)))
    _log(any_store, StreamResult("s", "a", gaps=(gap,)), now=NOW + HOUR)
    with any_store._database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(gaps)) == 3
    assert [line.gaps for line in any_store.runs.coverage(NOW - HOUR, NOW)] == [(gap,), (gap,)]
    assert [line.gaps for line in any_store.runs.coverage(NOW, NOW + HOUR)] == [(), ()]


def test_notices_are_those_of_streams_that_are_still_asked(any_store: Store) -> None:
    _log(any_store, StreamResult("s", "old", notice="it moved"), StreamResult("s", "b", notice="read this"))
    assert any_store.runs.coverage(NOW - HOUR, NOW)[0].notices == ("read this", "it moved")
    resting = RetryLater("429", after=DAY)
    _log(any_store, _failed("b", resting), StreamResult("s", "c", notice="and this"), now=NOW + HOUR)
    assert any_store.runs.coverage(NOW, NOW + HOUR)[0].notices == ("read this", "and this")
    _log(any_store, StreamResult("s", "c"), StreamResult("s", "d", notice="read this"), now=NOW + 2 * HOUR)
    assert any_store.runs.coverage(NOW, NOW + 2 * HOUR)[0].notices == ("read this",)


def test_what_was_used_is_told_by_unit(any_store: Store) -> None:
    _log(any_store, StreamResult("x", ""))
    for day, amount in ((-2, 100), (-1, 10), (0, 5), (1, 1000)):
        any_store.ledgers.of("x", TODAY + day * DAY).charge({"reads": amount})
    any_store.ledgers.of("x", TODAY).charge({"cents": 2})
    assert any_store.runs.coverage(NOW - DAY, NOW)[0].used == {"reads": 15, "cents": 2}


def test_the_lag_is_that_of_ninety_five_in_a_hundred(any_store: Store) -> None:
    _log(any_store, *(StreamResult(name, "") for name in ("hundred", "one", "none")))
    for name in ("hundred", "one"):
        hear(any_store, source=name, now=NOW - DAY)  # since when it is listened to
    hear(any_store, *(mention(n, published_at=NOW - n * MINUTE) for n in range(1, 101)), source="hundred", now=NOW)
    others = [
        mention("a", published_at=NOW + HOUR),  # of the future: heard at once
        mention("b", published_at=None),
        mention("c", published_at=NOW - 900 * DAY),
    ]
    hear(any_store, *others, source="one", news_since=NOW - DAY)
    hear(any_store, mention("d", published_at=NOW - 5 * HOUR), source="one", now=NOW - 2 * HOUR)
    lags = {line.source: line.lag_p95 for line in any_store.runs.coverage(NOW - HOUR, NOW)}
    assert lags == {"hundred": 95 * MINUTE, "one": timedelta(), "none": None}


def test_a_lag_is_exact_to_the_second_over_months(any_store: Store) -> None:
    _log(any_store, StreamResult("s", ""))
    lag = timedelta(days=75, hours=3, seconds=7, microseconds=250)
    hear(any_store, source="s", now=NOW - 100 * DAY)
    hear(any_store, mention(1, published_at=NOW - lag), source="s", news_since=LONG_AGO)
    assert any_store.runs.coverage(NOW - HOUR, NOW)[0].lag_p95 == lag


def test_what_was_published_before_a_stream_was_listened_to_has_no_lag(any_store: Store) -> None:
    _log(any_store, StreamResult("s", "old"), StreamResult("s", "new"))
    hear(any_store, source="s", stream="old", now=NOW - DAY)
    hear(any_store, mention(1, published_at=NOW - MINUTE), source="s", stream="old")
    hear(any_store, mention(2, published_at=NOW - 2 * HOUR), source="s", stream="new", news_since=LONG_AGO)
    assert any_store.runs.coverage(NOW - HOUR, NOW)[0].lag_p95 == MINUTE


def test_many_streams_cost_no_more_statements_than_few(any_store: Store) -> None:
    statements: list[str] = []
    event.listen(any_store._database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    costs = []
    for many in (3, 900):
        results = [StreamResult(f"s{n % 3}", f"{many} {n}", Saved(1), notice="n") for n in range(many)]
        run_id = any_store.runs.begin_run(NOW)
        statements.clear()
        any_store.runs.log_streams(run_id, "rss", results, NOW)
        any_store.runs.coverage(NOW - HOUR, NOW)
        any_store.incidents.history([f"s{n}" for n in range(3)])
        costs.append(len(statements))
    assert costs[0] == costs[1] < 25


# ------------------------------------------------------------------------------------------------------------ cursors


def test_cursors_of_unchanged_streams_are_kept_in_one_transaction(any_store: Store) -> None:
    hear(any_store, mention(1), source="s", stream="0", cursor={"etag": "old"})
    begun: list[object] = []
    event.listen(any_store._database.engine, "begin", begun.append)
    pages = [("s", str(number), "rss", {"etag": str(number)}) for number in range(1_500)]
    any_store.mentions.save_cursors(pages, NOW + HOUR)
    any_store.mentions.save_cursors([], NOW + HOUR)
    assert len(begun) == 1
    assert any_store.mentions.cursors("s") == {str(number): {"etag": str(number)} for number in range(1_500)}
    assert any_store.runs.listened_since("s")["0"] == NOW
    assert any_store.runs.listened_since("s")["7"] == NOW + HOUR


# ------------------------------------------------------------------------------------------------------------ handles


def test_customers_accounts_are_known_by_platform_and_where_they_came_from(any_store: Store) -> None:
    handles = {
        1: (KnownHandle("mastodon", "@Ada@social.example", Provenance.GIVEN), KnownHandle("x", "ada", Provenance.GIVEN)),
        2: (KnownHandle("mastodon", "bob@social.example", Provenance.BOUGHT),),
        3: (KnownHandle("masto_on", "no%body", Provenance.GIVEN), KnownHandle("notes", '"mastodon"', Provenance.GIVEN)),
        4: (KnownHandle("mastodon", "ada@social.example", Provenance.PUBLIC), KnownHandle("mastodon", "@", Provenance.GIVEN)),
    }
    import_customers(any_store, *(customer(number, handles=its) for number, its in handles.items()))
    known = any_store.customers.known_handles
    assert known("mastodon", set(Provenance)) == ["ada@social.example", "bob@social.example"]
    assert known("mastodon", {Provenance.PUBLIC, Provenance.GIVEN}) == ["ada@social.example"]
    assert (known("x", {Provenance.GIVEN}), known("x", set()), known("masto", set(Provenance))) == (["ada"], [], [])
    import_customers(any_store, *(customer(number, handles=()) for number in range(4, 7)), import_id="i2", allow_shrink=True)
    assert known("mastodon", set(Provenance)) == []


# ---------------------------------------------------------------------------------------------------------- retention


def test_what_was_written_down_about_listening_goes_with_the_runs(any_store: Store) -> None:
    gap = Gap(NOW - 3 * DAY, NOW - 2 * DAY, "lost")
    _log(any_store, StreamResult("s", "a", gaps=(gap,)))
    any_store.ledgers.of("s", TODAY).charge({"reads": 1})
    with any_store.jobs.claim("done", NOW, NOW), pytest.raises(ValueError, match="killed"), any_store.jobs.claim("not", NOW, NOW):
        raise ValueError("killed")
    row = {"source": "s", "kind": "silent", "reason": "r", "opened_at": NOW}
    counted = {"source": "s", "platform": "p", "brand": "b", "target": "t", "day": "d", "label": "positive", "history": False}
    with any_store._database.write() as connection:
        any_store._database.add(connection, incidents, [{**row, "closed_at": NOW}])
        any_store._database.add(connection, incidents, [row])
        any_store._database.add(connection, counts, [{**counted, "counted_at": NOW, "mentions": 1}])
    kept = (gaps, used, jobs, incidents, counts, stream_states)

    def rows() -> list[int]:
        with any_store._database.read() as connection:
            return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in kept]

    any_store.privacy.prune(NOW + 10 * DAY, Retention(run_days=30))
    assert rows() == [1, 1, 2, 2, 1, 1]
    any_store.privacy.prune(NOW + 31 * DAY, Retention(run_days=30))
    assert rows() == [0, 1, 1, 1, 0, 0], "what a month's cap is counted by, what is open and what is not done stay"
    any_store.privacy.prune(NOW + 90 * DAY, Retention(run_days=30))
    assert rows() == [0, 0, 1, 1, 0, 0]
