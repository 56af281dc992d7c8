"""Feeds that say the same twice, overlap, change what they said, or are from another time: each post is heard once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.support.fault_tally import Tally
from tests.support.faults import Fault, Stage, bare, shifted
from tests.support.hostile_site import item, rss
from tests.support.serving import Feed
from tests.unit.net.net_server import Site, serve

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

POSTS = [f"g{number}" for number in range(30)]


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as served:
        yield served


@pytest.fixture
def feeds(tmp_path: Path, site: Site) -> Iterator[Stage]:
    """Two sources, the second good: what happens to the first must not cost it a post."""
    site["/good.xml"] = rss(*(item(f"good{number}", f"Quillon is great, says {number}.") for number in range(5)))
    sources = [Feed("news", site.url("/news.xml")), Feed("good", site.url("/good.xml"))]
    with bare(tmp_path / "stage", sources) as stage:
        stage.expected = expected()
        yield stage


def expected(*guids: str) -> Counter[tuple[str, str]]:
    return Counter([*(("news", guid) for guid in guids), *(("good", f"good{number}") for number in range(5))])


def page(*guids: str, words: str = "Quillon is great, we love it.") -> str:
    return rss(*(item(guid, f"{words} ({guid})") for guid in guids))


def test_the_same_page_twice_and_pages_that_overlap(feeds: Stage, site: Site) -> None:
    tally = Tally("same page twice, overlapping pages")
    windows = [POSTS[:12], POSTS[:12], POSTS[6:18], POSTS[10:24], POSTS[:4], [*POSTS[20:], *POSTS[20:]]]
    for window in windows:
        site["/news.xml"] = page(*window)
        tally.injected += 1
        tally.recovered(feeds.recover())
    feeds.expected = expected(*POSTS)
    feeds.count(tally)
    tally.close()


def test_a_page_that_came_again_since_its_cursor_was_not_kept(feeds: Stage, site: Site) -> None:
    """The page is stored with its cursor, or neither is: a kill right before costs one more request, and no post."""
    tally = Tally("cursor and data: killed before both")
    site["/news.xml"] = page(*POSTS)
    feeds.expected = expected(*POSTS)
    for when, there in (("before", False), ("after", True)):
        feeds.spawn("run", "--source", "news", fault=Fault("storage.mentions:Mentions.save_page", when))
        tally.injected += 1
        if feeds.database.exists():
            cursors = feeds.rows("select 1 from cursors where source = 'news'")
            stored = feeds.rows("select 1 from mentions where source = 'news'")
            tally.check(bool(stored) is there, f"posts were stored {when} the transaction")
            tally.check(bool(cursors) <= bool(stored), "the cursor moved without its posts")
    tally.recovered(feeds.recover())
    feeds.count(tally)
    tally.close()


def test_edited_and_deleted_posts(feeds: Stage, site: Site) -> None:
    """An edit is a revision of the same post. What left the feed stays: a feed shows the latest only."""
    tally = Tally("edited and deleted posts")
    site["/news.xml"] = page(*POSTS[:10])
    feeds.recover()
    site["/news.xml"] = page(*POSTS[:5], words="Quillon is terrible, we cancel.")
    tally.injected += 10
    for _ in range(2):
        tally.recovered(feeds.recover())
    feeds.expected = expected(*POSTS[:10])
    feeds.count(tally)
    edited = feeds.rows("select external_id from mentions where revision = 2 and text like '%we cancel%' order by 1")
    tally.check([guid for (guid,) in edited] == POSTS[:5], f"{len(edited)} posts are revised")
    tally.close()


def test_dates_of_all_zones_of_the_future_and_of_no_calendar(feeds: Stage, site: Site) -> None:
    tally = Tally("mixed time zones, dates of the future")
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    zones = [timezone(timedelta(hours=hours, minutes=minutes)) for hours, minutes in ((-12, 0), (-3, -30), (5, 45), (14, 0))]
    dates = {f"zone{number}": format_datetime(moment.astimezone(zone)) for number, zone in enumerate(zones)}
    odd = {
        "tomorrow": format_datetime(moment + timedelta(days=1)),
        "nextyear": format_datetime(moment + timedelta(days=400)),
        "never": "Sun, 31 Feb 2026 25:61:00 GMT",
        "ancient": "Thu, 01 Jan 1970 00:00:00 GMT",
    }
    site["/news.xml"] = rss(*(item(guid, f"Quillon is great ({guid})", date=date) for guid, date in (dates | odd).items()))
    tally.injected += len(dates | odd)
    for _ in range(2):
        tally.recovered(feeds.recover())
    feeds.expected = expected(*dates, *odd)
    feeds.count(tally)
    said = dict(feeds.rows("select external_id, said_at from mentions where source = 'news'"))
    tally.check({said[guid][:19] for guid in dates} == {f"{moment:%Y-%m-%d %H:%M:%S}"}, "zones were not read")
    tally.check(max(said.values()) <= f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}", "something was said in the future")
    tally.close()


def test_one_huge_page_and_little_memory(feeds: Stage, site: Site) -> None:
    """The page does not fit: its source is reported, the other is heard; once the page is small, so is the first."""
    tally = Tally("memory limit hit by one huge page")
    words = "Quillon &lt;b&gt;" * 470_000
    site["/news.xml"] = rss(f"<item><guid>huge</guid><title>T</title><description>{words}</description></item>")
    little = Fault("connectors._document:read_document", nth="with huge", action="room:20")
    ended = feeds.spawn("run", fault=little)
    tally.injected += 1
    tally.check(ended.status == 0, f"the run ended with {ended.status}: {ended.said[-300:]}")
    tally.check("it needs more memory than is allowed" in ended.said, f"nobody was told: {ended.said[-300:]}")
    feeds.count(tally)
    site["/news.xml"] = page(*POSTS)
    tally.recovered(feeds.recover(env=shifted(timedelta(minutes=16))))
    feeds.expected = expected(*POSTS)
    feeds.count(tally)
    tally.close()
