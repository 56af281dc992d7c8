"""The youtube connector against answers in YouTube's documented shapes, and against everything it may refuse."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from connectors._youtube_api import charge, quota_day, quota_reset
from connectors.youtube import SPEC, Options
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.connector import ConnectorContext, MemoryLedger
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceProtocolError, SourceRejected
from listener.core.mention import Author, Kind
from listener.net.door import open_door
from listener.net.settings import DoorSettings
from tests.contract.cases.case_youtube import DATA, serve_golden
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, Seen, Site, raw, serve

KEY = "AIza-an-invented-key"
WEEK = NOW - timedelta(days=7)


class Tube:
    """The service on loopback, a ledger, and the streams of a source."""

    def __init__(self, site: Site, door: object) -> None:
        self.site = site
        self.door = door
        self.ledger = MemoryLedger(NOW.date())
        serve_golden(site)

    def context(self, now: datetime = NOW, **more: object) -> ConnectorContext:
        return ConnectorContext(self.door, now, since=WEEK, ledger=self.ledger, **more)

    def run(self, cursor=None, *, stream="search:quillon", context=None, **options):
        asked = {"queries": ("quillon",)} if stream.startswith("search") else {}
        given = Options(key=SecretStr(KEY), api=self.site.url(""), private=True, **{**asked, **options})
        context = context or self.context()
        return list(SPEC.build(SPEC.streams(given, context)[stream], context).pages(cursor or {}))

    def used(self) -> int:
        return self.ledger.used("quota", NOW.date(), NOW.date())

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request for a path."""
        found = [urlsplit(request.path) for request in self.site.seen]
        return [{name: values[0] for name, values in parse_qs(one.query).items()} for one in found if one.path == path]


@contextmanager
def _tube() -> Iterator[Tube]:
    with serve() as site, open_door(DoorSettings(read_timeout=0.5)) as door:
        yield Tube(site, door)


@pytest.fixture
def tube() -> Iterator[Tube]:
    with _tube() as tube:
        yield tube


def golden(name: str) -> dict:
    return json.loads((DATA / name).read_text())


def mentions(pages):
    return [mention for page in pages for mention in page.mentions]


def rejected(pages):
    return [(one.item, one.reason) for page in pages for one in page.rejected]


def later(pages):
    return json.loads(json.dumps(pages[-1].cursor))


def error(status: int, *reasons: str, **more: object) -> Reply:
    """A refusal as Google's APIs write it."""
    entries = [{"message": f"about {KEY}", "domain": "youtube", "reason": reason} for reason in reasons]
    return Reply(json.dumps({"error": {"code": status, "message": f"about {KEY}", "errors": entries, **more}}).encode(), status)


def thread(number: int, at: datetime, replies: int = 0) -> dict:
    top = {"textDisplay": f"words {number}", "videoId": "vQuillon002", "publishedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}", "likeCount": 0}
    return {
        "id": f"t{number}",
        "snippet": {
            "videoId": "vQuillon002",
            "totalReplyCount": replies,
            "topLevelComment": {"id": f"t{number}", "snippet": top},
        },
    }


def reply_to(number: int, of: int) -> dict:
    return {"id": f"t{of}.r{number}", "snippet": {"textDisplay": "a reply", "publishedAt": "2026-01-31T00:00:00Z"}}


def answer(items, token=None) -> Reply:
    return Reply(json.dumps({"items": items, **({"nextPageToken": token} if token else {})}).encode())


def paged(pages: list[list[dict]]):
    """A list whose pages name each other; a page that it did not name is refused."""

    def page(seen: Seen) -> Reply:
        token = parse_qs(urlsplit(seen.path).query).get("pageToken", ["0"])[0]
        if not token.isdigit() or int(token) >= len(pages):
            return error(400, "invalidPageToken")
        number = int(token)
        return answer(pages[number], str(number + 1) if number + 1 < len(pages) else None)

    return page


# ------------------------------------------------------------------------------------------------ what is heard


def test_a_search_brings_videos_and_the_comments_below_them(tube):
    video, silent, angry, glad, reply = mentions(tube.run())
    assert (video.external_id, video.title, video.kind, video.engagement) == (
        "vQuillon002",
        "Quillon & me: a year later",
        Kind.POST,
        15,
    )
    assert video.text.startswith("Why I am still with Quillon.\n\nChapters:")
    assert (video.language, video.url) == ("en-GB", "https://www.youtube.com/watch?v=vQuillon002")
    assert video.author == Author(
        service_id="UCaaaaaaaaaaaaaaaaaaaaa2",
        display_name="Mira Aldenhoven",
        profile_url="https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaa2",
    )
    assert silent.external_id == "vQuillon001"
    assert (angry.author.service_id, angry.author.handle) == ("UCbbbbbbbbbbbbbbbbbbbbb4", None)
    assert angry.author.display_name == "Old Account Name"
    assert (glad.author.handle, glad.kind, glad.engagement) == ("linekohlmann", Kind.COMMENT, 8)
    assert glad.url == "https://www.youtube.com/watch?v=vQuillon002&lc=UgyFirst"
    assert glad.published_at == datetime(2026, 1, 30, 20, 1, 2, tzinfo=UTC)
    assert (reply.external_id, reply.author.handle) == ("UgyFirst.AAreply1", "jonaswittenberg")
    assert {one.platform for one in mentions(tube.run())} == {"youtube"}


def test_the_search_asks_for_the_newest_since_then_and_for_plain_text(tube):
    tube.run()
    (search,) = tube.asked("/search")
    assert search["publishedAfter"] == "2026-01-25T00:00:00Z"
    assert (search["order"], search["type"], search["q"]) == ("date", "video", "quillon")
    (comments,) = tube.asked("/commentThreads")
    assert comments == {
        "part": "snippet,replies",
        "order": "time",
        "maxResults": "100",
        "textFormat": "plainText",
        "videoId": "vQuillon002",
    }


def test_without_queries_our_names_are_looked_for_as_phrases(tube):
    target = Target("q", TargetKind.BRAND, "q", "Quillon Flow")
    context = tube.context(brands=(Brand("q", "Quillon Flow", ListeningRule("q", (target,))),))
    tube.run(stream="search:Quillon Flow", context=context, queries=())
    assert tube.asked("/search")[0]["q"] == '"Quillon Flow"'


def test_a_video_whose_comments_did_not_change_costs_no_call_of_its_own(tube):
    first = tube.run()
    tube.site.seen.clear()
    second = tube.run(later(first))
    assert all(page.unchanged for page in second)
    assert tube.asked("/commentThreads") == []
    assert second[-1].cursor == first[-1].cursor


def test_a_new_comment_is_heard_alone_although_its_thread_is_read_again(tube):
    first = tube.run()
    videos = golden("videos.json")
    videos["items"][0]["statistics"]["commentCount"] = "4"
    tube.site["/videos"] = Reply(json.dumps(videos).encode())
    threads = golden("comment_threads.json")
    threads["items"][0]["replies"] = {"comments": [reply_to(1, 2)]}
    tube.site["/commentThreads"] = Reply(json.dumps(threads).encode())
    second = tube.run(later(first), context=tube.context(NOW + timedelta(hours=6)))
    assert [one.external_id for one in mentions(second)] == ["t2.r1"]
    assert not second[-1].unchanged


def test_comments_can_be_left_out(tube):
    assert {one.kind for one in mentions(tube.run(comments=False))} == {Kind.POST}
    assert tube.used() == 101


def test_all_replies_are_fetched_where_a_thread_carries_only_some(tube):
    tube.site["/commentThreads"] = answer([{**thread(1, NOW, replies=3), "replies": {"comments": [reply_to(1, 1)]}}])
    tube.site["/comments"] = paged([[reply_to(1, 1), reply_to(2, 1)], [reply_to(3, 1)]])
    pages = tube.run(stream="video:vQuillon002", videos=("vQuillon002",))
    assert [one.external_id for one in mentions(pages)] == ["t1", "t1.r1", "t1.r2", "t1.r3"]
    assert tube.asked("/comments")[0]["parentId"] == "t1"
    assert tube.used() == 3


def test_a_pinned_old_comment_does_not_end_the_list(tube):
    old = thread(99, NOW - timedelta(days=400))
    pages = [[old, thread(1, NOW), thread(2, NOW - timedelta(hours=1))], [thread(3, NOW - timedelta(hours=2)), old]]
    tube.site["/commentThreads"] = paged(pages)
    heard = tube.run(stream="channel:UCx", channels=("UCx",))
    assert [one.external_id for one in mentions(heard)] == ["t1", "t2", "t3"]
    assert tube.asked("/commentThreads")[0]["allThreadsRelatedToChannelId"] == "UCx"


def test_a_followed_channel_is_heard_whatever_its_videos_are_about(tube):
    first = tube.run(stream="watch:mira", watch=("@mira",))
    assert [one.external_id for one in mentions(first)] == ["vQuillon002", "vQuillon001"]
    assert tube.asked("/channels")[0]["forHandle"] == "@mira"
    assert tube.asked("/playlistItems")[0]["playlistId"] == "UUaaaaaaaaaaaaaaaaaaaaa2"
    assert tube.used() == 3
    second = tube.run(later(first), stream="watch:mira", watch=("@mira",))
    assert all(page.unchanged for page in second)
    assert len(tube.asked("/channels")) == 1


def test_a_channel_is_followed_by_its_id_too_and_one_that_is_not_known_is_refused(tube):
    tube.run(stream="watch:UCaaaaaaaaaaaaaaaaaaaaa2", watch=("UCaaaaaaaaaaaaaaaaaaaaa2",))
    assert tube.asked("/channels")[0]["id"] == "UCaaaaaaaaaaaaaaaaaaaaa2"
    tube.site["/channels"] = Reply(b'{"pageInfo": {"totalResults": 0}}')
    with pytest.raises(SourceRejected, match="knows no channel") as caught:
        tube.run(stream="watch:mira", watch=("@mira",))
    assert "mira" not in str(caught.value)


def test_a_video_that_a_search_names_and_nobody_may_see_is_named(tube):
    videos = golden("videos.json")
    tube.site["/videos"] = answer(videos["items"][1:])
    pages = tube.run()
    assert rejected(pages) == [("vQuillon002", "the video is not public any more")]
    assert len(mentions(pages)) == 1


def test_only_so_many_videos_are_remembered_the_youngest(tube):
    pages = tube.run(most_videos=1)
    assert set(later(pages)["videos"]) == {"vQuillon002"}


def test_a_bad_record_costs_itself_only(tube):
    threads = golden("comment_threads.json")
    threads["items"] += [{"id": "bad", "snippet": {"topLevelComment": {"id": "bad", "snippet": {"likeCount": "many"}}}}, 7, None]
    tube.site["/commentThreads"] = Reply(json.dumps(threads).encode())
    pages = tube.run()
    assert len(mentions(pages)) == 5
    assert ("bad", "without text") in rejected(pages)


# ------------------------------------------------------------------------------------------------ paging


def test_a_long_search_goes_on_in_the_next_run(tube):
    tube.site["/search"] = paged([[{"id": {"videoId": f"vPage00000{n}"}}] for n in range(5)])

    def video(seen: Seen) -> Reply:
        ids = parse_qs(urlsplit(seen.path).query)["id"][0].split(",")
        return answer([{"id": one, "snippet": {"title": one, "publishedAt": "2026-01-30T00:00:00Z"}} for one in ids])

    tube.site["/videos"] = video
    first = tube.run(max_pages=3)
    assert [one.external_id[-1] for one in mentions(first)] == ["0", "1", "2"]
    assert first[-1].heard_until == WEEK
    assert first[-1].notice
    second = tube.run(later(first), max_pages=3)
    assert [one.external_id[-1] for one in mentions(second)] == ["3", "4"]
    assert second[-1].heard_until is None


def test_a_page_that_is_forgotten_makes_the_list_begin_anew(tube):
    tube.site["/commentThreads"] = paged([[thread(n, NOW - timedelta(minutes=n))] for n in range(4)])
    first = tube.run(stream="channel:UCx", channels=("UCx",), max_pages=2)
    stale = later(first)
    stale["sweep"]["token"] = "long-gone"
    second = tube.run(stale, stream="channel:UCx", channels=("UCx",))
    assert {one.external_id for one in mentions(second)} >= {"t2", "t3"}


def test_a_service_that_names_the_same_page_again_is_not_believed(tube):
    tube.site["/commentThreads"] = lambda seen: answer([thread(1, NOW)], "again")
    pages = tube.run(stream="channel:UCx", channels=("UCx",))
    assert pages[-1].gaps
    assert len(tube.asked("/commentThreads")) == 2


# ------------------------------------------------------------------------------------------------ the quota


def test_every_call_is_charged_before_it_is_made(tube):
    tube.run()
    assert tube.used() == 103
    tube.site["/search"] = Reply(b"", 500)
    with pytest.raises(RetryLater):
        tube.run()
    assert tube.used() == 203


def test_the_days_units_end_in_a_pause_and_not_in_a_failure(tube):
    with pytest.raises(SourcePaused, match="102 quota units") as caught:
        tube.run(daily_units=102)
    assert tube.used() == 102
    assert caught.value.until == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert len(tube.site.seen) == 3


def test_what_was_heard_before_the_pause_is_kept(tube):
    context = tube.context()
    options = Options(key=SecretStr(KEY), api=tube.site.url(""), private=True, queries=("quillon",), daily_units=102)
    pages = SPEC.build(SPEC.streams(options, context)["search:quillon"], context).pages({})
    assert len(next(pages).mentions) == 2
    with pytest.raises(SourcePaused):
        next(pages)


@pytest.mark.parametrize(
    ("now", "began", "ends"),
    [
        (datetime(2026, 2, 1, 7, 59, tzinfo=UTC), datetime(2026, 1, 31, 8, tzinfo=UTC), datetime(2026, 2, 1, 8, tzinfo=UTC)),
        (datetime(2026, 2, 1, 8, 0, tzinfo=UTC), datetime(2026, 2, 1, 8, tzinfo=UTC), datetime(2026, 2, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, 0, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, 0, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
    ],
)
def test_a_quota_day_is_one_of_california_summer_time_included(now, began, ends):
    assert quota_day(now) == began
    assert quota_reset(now) == ends


def test_what_was_used_yesterday_counts_while_californias_day_lasts():
    used_on = {datetime(2026, 1, 31, tzinfo=UTC).date(): 9000}

    class Days:
        def charge(self, amounts):
            pass

        def used(self, unit, since, until):
            return sum(units for day, units in used_on.items() if since <= day <= until)

    def pay(hour: int) -> None:
        charge(ConnectorContext(None, datetime(2026, 2, 1, hour, tzinfo=UTC), ledger=Days()), 1, 8999)

    with pytest.raises(SourcePaused):
        pay(7)
    pay(8)


def test_a_preview_without_a_ledger_counts_nothing(tube):
    tube.ledger = None
    assert len(mentions(tube.run(daily_units=1))) == 5


# ------------------------------------------------------------------------------------------------ refusals

DAILY = {"details": [{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_unit": "1/d/{project}"}}]}
REFUSALS = [
    (error(403, "quotaExceeded"), SourcePaused, "used up"),
    (error(403, "dailyLimitExceeded"), SourcePaused, "used up"),
    (error(429, "rateLimitExceeded", **DAILY), SourcePaused, "used up"),
    (error(429, "rateLimitExceeded"), RetryLater, "too many requests"),
    (error(403, "userRateLimitExceeded"), RetryLater, "too many requests"),
    (error(400, "keyInvalid"), SourceRejected, "refuses the key: it is not valid"),
    (error(400, "badRequest", details=[{"reason": "API_KEY_INVALID"}]), SourceRejected, "it is not valid"),
    (error(403, "accessNotConfigured"), SourceRejected, "switch on the YouTube Data API"),
    (error(403, "ipRefererBlocked"), SourceRejected, "restricted to other addresses"),
    (error(403, "forbidden"), SourceRejected, "does not allow this to the key"),
    (error(400, "processingFailure"), RetryLater, "could not process"),
    (error(400, "invalidSearchFilter"), SourceRejected, "400"),
    (error(401, "authError"), SourceRejected, "401"),
    (error(404, "channelNotFound"), SourceRejected, "no such channel"),
    (Reply(b"<html>Forbidden</html>", 403), SourceRejected, "does not allow"),
    (Reply(b"", 429, {"Retry-After": "120"}), RetryLater, "limit"),
    (Reply(b"", 503), RetryLater, "503"),
    (Reply(b"<html>hello</html>", 200, {"Content-Type": "text/html"}), SourceProtocolError, "address of the API"),
    (Reply(b'{"items": [{"id": {"vid'), SourceProtocolError, "address of the API"),
    (Reply(b'{"items": {}}'), SourceProtocolError, "not the list"),
    (Reply(b'{"error": [1, {"errors": 7}]}', 403), SourceRejected, "does not allow"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), REFUSALS)
def test_each_refusal_says_what_to_do_and_never_the_key(tube, reply, kind, words):
    tube.site["/search"] = reply
    with pytest.raises(SourceError, match=words) as caught:
        tube.run()
    assert type(caught.value) is kind or issubclass(type(caught.value), kind)
    assert KEY not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"
    assert "quillon" not in str(caught.value)


def test_pauses_last_until_californias_midnight_and_limits_a_while(tube):
    tube.site["/search"] = error(403, "quotaExceeded")
    with pytest.raises(SourcePaused) as paused:
        tube.run()
    assert paused.value.until == datetime(2026, 2, 1, 8, tzinfo=UTC)
    tube.site["/search"] = Reply(b"", 429, {"Retry-After": "120"})
    with pytest.raises(RetryLater) as limited:
        tube.run()
    assert limited.value.after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("reason", "words"), [("commentsDisabled", "its comments are switched off"), ("videoNotFound", "no such video")]
)
def test_a_found_video_without_comments_costs_itself_only(tube, reason, words):
    tube.site["/commentThreads"] = error(403 if reason == "commentsDisabled" else 404, reason)
    pages = tube.run()
    assert len(mentions(pages)) == 2
    ((item, why),) = rejected(pages)
    assert item == "vQuillon002"
    assert words in why
    assert set(later(pages)["videos"]) == {"vQuillon001"}


def test_a_configured_video_without_comments_is_for_a_person_to_mend(tube):
    tube.site["/commentThreads"] = error(403, "commentsDisabled")
    with pytest.raises(SourceRejected, match="switched off"):
        tube.run(stream="video:vQuillon002", videos=("vQuillon002",))


def test_a_silent_server_is_given_up(tube):
    tube.site["/search"] = raw(lambda connection: connection.recv(1))
    with pytest.raises(RetryLater):
        tube.run()


def test_the_key_travels_in_a_header_and_stands_in_no_cursor(tube):
    pages = tube.run()
    assert {request.headers["x-goog-api-key"] for request in tube.site.seen} == {KEY}
    assert not any(KEY in request.path for request in tube.site.seen)
    assert KEY not in repr(pages)


# ------------------------------------------------------------------------------------------------ options


def test_there_is_a_stream_for_each_search_video_channel_and_followed_channel(tube):
    context = tube.context(handles=lambda platform: ("jo",) if platform == "youtube" else ())
    options = Options(queries=("a", "b"), videos=("v",), channels=("c",), watch=("@mira",), watch_customers=True)
    assert list(SPEC.streams(options, context)) == ["search:a", "search:b", "video:v", "channel:c", "watch:mira", "watch:jo"]
    assert SPEC.allowances(options)[0].limit == 9000


def test_without_a_key_the_source_is_missing_it():
    for key in (None, SecretStr(" ")):
        assert "LISTENER_SOURCES__<NAME>__KEY" in SPEC.missing(Options(key=key))
    assert SPEC.missing(Options(key=SecretStr(KEY))) is None
    assert KEY not in repr(Options(key=SecretStr(KEY)))
    with pytest.raises(ValidationError):
        Options(daily_units=0)
