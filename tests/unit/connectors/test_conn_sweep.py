"""Sweeping a list: whatever the pages, kills, late and new posts, nothing is lost and nothing is handed over twice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors._sweep import Ask, Entry, Found, entries, marked, step_back, sweep
from listener.core.connector import ConnectorContext
from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Gap, Mention, Rejected
from tests.unit.connectors.conn_door import ScriptedDoor

START = datetime(2026, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def post(name: object, at: datetime | None = START, text: str = "words") -> Mention:
    return Mention(platform="test", origin="o", external_id=str(name), text=text, published_at=at)


def context(now: datetime = START, **more: object) -> ConnectorContext:
    return ConnectorContext(ScriptedDoor(), now, **more)


def through_json(cursor: Cursor) -> Cursor:
    """As a database gives it back, which may order the keys of JSON as it likes."""
    return json.loads(json.dumps(cursor, sort_keys=True))


@dataclass
class Service:
    """A list, newest first, that may be asked for by page number, by the last post's place, or by time; it has a clock."""

    way: str
    size: int
    now: datetime = START
    posts: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    """By number: when each was published, and when the service showed it first."""
    arrivals: list[list[tuple[int, int]]] = field(default_factory=list)
    """What comes in between two requests: minutes since it was published, minutes until it is shown."""

    def tick(self) -> None:
        self.now += MINUTE
        for age, delay in self.arrivals.pop(0) if self.arrivals else ():
            shown = self.now + delay * MINUTE
            # never later than the overlap: that is what it is for
            self.posts[len(self.posts)] = (max(self.now - age * MINUTE, shown - HOUR), shown)

    def listed(self) -> list[tuple[datetime, int]]:
        return sorted(((at, number) for number, (at, shown) in self.posts.items() if shown <= self.now), reverse=True)

    def fetch(self, ask: Ask) -> Found:
        self.tick()
        listed = self.listed()
        if self.way == "page":
            start = int(ask.token or 0) * self.size
            page, following = listed[start : start + self.size], str(int(ask.token or 0) + 1)
        elif self.way == "place":
            after = json.loads(ask.token) if ask.token else None
            rest = [one for one in listed if after is None or (one[0].timestamp(), one[1]) < tuple(after)]
            page = rest[: self.size]
            following = json.dumps([page[-1][0].timestamp(), page[-1][1]]) if page else ""
        else:
            bound = datetime.fromisoformat(ask.token) if ask.token else None
            page = [one for one in listed if bound is None or one[0] <= bound][: self.size]
            if not page:
                return Found(())
            older, gaps = step_back(page[-1][0], bound, timedelta(microseconds=1))
            more = len(page) == self.size
            return Found(entries([post(number, at) for at, number in page]), older.isoformat() if more else None, gaps)
        more = len(page) == self.size
        return Found(entries([post(number, at) for at, number in page]), following if more else None)


def run(service: Service, cursor: Cursor, heard: Counter[str], *, cap: int, killed_after: int | None = None) -> Cursor:
    """One run: what its pages bring is stored with their cursors, until it is killed."""
    here = context(service.now, since=START - HOUR)
    for page in islice(sweep(cursor, here, service.fetch, max_pages=cap), killed_after):
        heard.update(mention.external_id for mention in page.mentions)
        cursor = through_json(page.cursor)
    return cursor


arrivals = st.lists(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=4), max_size=25)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    way=st.sampled_from(["page", "place", "time"]),
    size=st.integers(1, 5),
    arrivals=arrivals,
    runs=st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(0, 3), st.integers(0, 90)), min_size=1, max_size=8),
)
def test_no_post_is_lost_and_none_is_handed_over_twice(way, size, arrivals, runs):
    # by time, posts of one moment that overflow a page are a gap, told; here each page has room for them
    service = Service(way, size if way != "time" else 100, arrivals=arrivals)
    cursor: Cursor = {}
    heard: Counter[str] = Counter()
    for cap, killed_after, pause in runs:
        cursor = run(service, cursor, heard, cap=cap, killed_after=killed_after)
        service.now += pause * MINUTE
    service.now += 2 * HOUR  # everything late has come
    while service.arrivals:
        service.tick()
    service.now += 2 * HOUR
    for _ in range(3):
        cursor = run(service, cursor, heard, cap=1000)
    assert {number: heard[str(number)] for number in service.posts} == dict.fromkeys(service.posts, 1)


@settings(max_examples=100, deadline=None)
@given(moments=st.lists(st.integers(0, 30), max_size=60), size=st.integers(2, 6), cap=st.integers(1, 4))
def test_asked_by_time_what_is_missing_lies_in_a_gap_that_is_told(moments, size, cap):
    service = Service("time", size)
    service.posts = {number: (START - minute * MINUTE, START - HOUR) for number, minute in enumerate(moments)}
    cursor: Cursor = {}
    heard: set[str] = set()
    gaps: list[Gap] = []
    for _ in range(100):
        pages = list(sweep(cursor, context(START + HOUR, since=START - HOUR), service.fetch, max_pages=cap))
        heard |= {mention.external_id for page in pages for mention in page.mentions}
        gaps += [gap for page in pages for gap in page.gaps]
        cursor = through_json(pages[-1].cursor)
        if "sweep" not in cursor:
            break
    assert "sweep" not in cursor
    for number, (at, _) in service.posts.items():
        assert str(number) in heard or any(gap.since <= at <= gap.until for gap in gaps)


# ------------------------------------------------------------------------------------------------ one by one


def listing(*pages: list[Mention | Rejected], endless: bool = False):
    """A list whose pages are numbered; the requests are kept in ``asked``."""
    asked: list[Ask] = []

    def fetch(ask: Ask) -> Found:
        asked.append(ask)
        number = int(ask.token or 0)
        more = endless or number + 1 < len(pages)
        return Found(entries(pages[number % len(pages)]), str(number + 1) if more else None)

    fetch.asked = asked
    return fetch


def names(pages) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]


def test_a_sweep_ends_where_the_last_one_began_less_the_overlap():
    fetch = listing(
        [post(1, START), post(2, START - HOUR)], [post(3, START - 3 * HOUR)], [post(4, START - 9 * HOUR)], endless=True
    )
    pages = list(sweep({"until": (START - HOUR).isoformat()}, context(), fetch, max_pages=9))
    assert names(pages) == ["1", "2"]
    assert [ask.since for ask in fetch.asked] == [START - 2 * HOUR] * 2
    assert pages[-1].heard_until is None


def test_an_old_post_that_is_pinned_to_the_top_does_not_end_the_list():
    fetch = listing([post("pinned", START - 99 * HOUR), post(1, START)], [post(2, START - HOUR)])
    assert names(sweep({}, context(since=START - 2 * HOUR), fetch, max_pages=9)) == ["1", "2"]


def test_the_page_cap_leaves_the_rest_to_the_next_run_and_says_so():
    fetch = listing(*([post(n, START - n * MINUTE)] for n in range(5)))
    first = list(sweep({}, context(), fetch, max_pages=2))
    assert names(first) == ["0", "1"]
    assert first[-1].notice
    assert first[-1].heard_until == START - timedelta(days=7)
    assert fetch.asked[-1].token == "1"
    second = list(sweep(through_json(first[-1].cursor), context(START + HOUR), fetch, max_pages=3))
    assert names(second) == ["2", "3", "4"]
    assert second[-1].heard_until == START, "what came since is still to be heard"
    assert second[-1].notice is None


def test_a_sweep_that_was_left_over_is_followed_by_a_new_one_in_the_same_run():
    fetch = listing([post(1, START)], [post(2, START - MINUTE)])
    (first,) = sweep({}, context(), fetch, max_pages=1)
    later = listing([post(3, START + HOUR), post(1, START)], [post(2, START - MINUTE)])
    pages = list(sweep(through_json(first.cursor), context(START + HOUR), later, max_pages=9))
    assert names(pages) == ["2", "3"]
    assert pages[-1].heard_until is None
    assert not any(page.unchanged for page in pages)


def test_only_the_last_page_of_a_run_says_that_nothing_is_new():
    fetch = listing([post(1, START)], [])
    (first,) = sweep({}, context(), fetch, max_pages=1)
    pages = list(sweep(through_json(first.cursor), context(START + HOUR), fetch, max_pages=9))
    assert [page.unchanged for page in pages] == [False, True]


def test_what_was_handed_over_stands_when_a_later_page_fails():
    def fetch(ask: Ask) -> Found:
        if ask.token:
            raise RetryLater("later")
        return Found(entries([post(1)]), "1")

    pages = sweep({}, context(), fetch, max_pages=9)
    page = next(pages)
    with pytest.raises(RetryLater):
        next(pages)
    again = listing([post(1)], [post(2)])
    assert names(sweep(through_json(page.cursor), context(), again, max_pages=9)) == ["2"]
    assert again.asked[0].token == "1"


def test_a_token_of_an_earlier_run_that_is_refused_begins_the_sweep_anew():
    (first,) = sweep({}, context(), listing([post(1)], [post(2)]), max_pages=1)

    def fetch(ask: Ask) -> Found:
        if ask.token == "1":
            raise SourceRejected("expired")
        return Found(entries([post(1), post(2)]))

    assert names(sweep(through_json(first.cursor), context(), fetch, max_pages=9)) == ["2"]


def test_a_token_of_this_run_that_is_refused_is_an_error():
    def fetch(ask: Ask) -> Found:
        if ask.token:
            raise SourceRejected("no")
        return Found(entries([post(1)]), "1")

    with pytest.raises(SourceRejected):
        list(sweep({}, context(), fetch, max_pages=9))


def test_a_page_that_is_named_twice_ends_the_sweep_with_a_gap():
    pages = list(sweep({}, context(), lambda ask: Found(entries([post(1)]), "again"), max_pages=50))
    assert names(pages) == ["1"]
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert "twice" in gap.reason
    assert (gap.since, gap.until) == (START - timedelta(days=7), START)
    assert "sweep" not in pages[-1].cursor


def test_a_next_page_with_an_endless_name_is_refused():
    with pytest.raises(SourceProtocolError, match="5000 characters"):
        list(sweep({}, context(), lambda ask: Found(entries([post(1)]), "x" * 5000), max_pages=5))


def test_beyond_the_reach_of_the_service_is_a_gap_once():
    until = START - timedelta(days=20)
    fetch = listing([post(1)], [post(2)])
    pages = list(sweep({"until": until.isoformat()}, context(), fetch, max_pages=1, reach=timedelta(days=7)))
    (gap,) = pages[0].gaps
    assert (gap.since, gap.until) == (until, START - timedelta(days=7))
    more = list(sweep(through_json(pages[-1].cursor), context(), fetch, max_pages=5, reach=timedelta(days=7)))
    assert [gap for page in more for gap in page.gaps] == []


def test_a_first_sweep_that_falls_out_of_reach_while_it_waits_says_what_it_lost():
    fetch = listing([post(1, START)], [post(2, START - MINUTE)])
    (first,) = sweep({}, context(since=START - timedelta(days=7)), fetch, max_pages=1, reach=timedelta(days=7))
    assert first.gaps == ()
    late = context(START + timedelta(days=1))
    pages = list(sweep(through_json(first.cursor), late, fetch, max_pages=1, reach=timedelta(days=7)))
    assert [(gap.since, gap.until) for gap in pages[0].gaps] == [(START - timedelta(days=7), START - timedelta(days=6))]


def test_a_date_in_the_future_is_not_remembered_until_it_comes():
    forged = post("forged", START + timedelta(days=3650))
    (first,) = sweep({}, context(), listing([forged]), max_pages=5)
    (same,) = sweep(through_json(first.cursor), context(START + HOUR), listing([forged]), max_pages=5)
    (gone,) = sweep(through_json(same.cursor), context(START + 3 * HOUR), listing([]), max_pages=5)
    assert (names([first]), names([same])) == (["forged"], [])
    assert gone.cursor["seen"] == {}


def test_a_record_that_is_no_post_is_told_once():
    fetch = listing([Rejected("7", "deleted"), post(1)])
    (first,) = sweep({}, context(), fetch, max_pages=5)
    assert first.rejected == (Rejected("7", "deleted"),)
    (second,) = sweep(through_json(first.cursor), context(START + HOUR), fetch, max_pages=5)
    assert second.rejected == ()
    assert second.unchanged


def test_a_preview_takes_what_it_wants_and_leaves_the_cursor():
    fetch = listing([post(1), post(2)], [post(3), post(4)], [post(5)])
    pages = list(sweep({"mine": 1}, context(limit=3), fetch, max_pages=9))
    assert names(pages) == ["1", "2", "3"]
    assert len(fetch.asked) == 2
    assert pages[-1].cursor == {"mine": 1}


def test_a_marked_entry_is_handed_over_again_when_it_was_edited_and_names_nobody():
    at = START - MINUTE

    def fetch_of(text: str):
        return lambda ask: Found([marked(at, post("https://social.example/users/jo/1", at, text))])

    (first,) = sweep({}, context(), fetch_of("as it was"), max_pages=1)
    assert "jo" not in json.dumps(first.cursor)
    (same,) = sweep(first.cursor, context(), fetch_of("as it was"), max_pages=1)
    (edited,) = sweep(first.cursor, context(), fetch_of("as it is now"), max_pages=1)
    assert same.mentions == ()
    assert [mention.text for mention in edited.mentions] == ["as it is now"]
    assert marked(None, Rejected("x", "y")).id != "x"


def test_entries_keep_the_order_of_publication():
    assert entries([post(1), Rejected("2", "odd")]) == [Entry(START, post(1)), Entry(None, Rejected("2", "odd"))]


@pytest.mark.parametrize("broken", [{"until": 3.5}, {"until": "x"}, {"seen": []}, {"sweep": {"began": 1}}, {"sweep": "x"}])
def test_a_cursor_that_cannot_be_read_begins_at_the_beginning(broken):
    assert names(sweep(broken, context(), listing([post(1)]), max_pages=1)) == ["1"]


def test_stepping_back_goes_over_a_moment_that_fills_a_page():
    step = timedelta(seconds=1)
    assert step_back(START, None, step) == (START, ())
    assert step_back(START - step, START, step) == (START - step, ())
    older, (gap,) = step_back(START, START, step)
    assert (older, gap.since, gap.until) == (START - step, START, START + step)
