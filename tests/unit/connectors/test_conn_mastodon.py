"""Mastodon against an instance on loopback: hashtags, search, accounts, paging by Link header, limits and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.mastodon import SPEC
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.errors import ConfigError, RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Kind
from tests.unit.connectors.conn_door import NOW
from tests.unit.connectors.conn_social import FAULTS, Bench, answer, asked, bench, golden, mentions, status
from tests.unit.net.net_server import Reply, Seen

TAG = "/api/v1/timelines/tag/quillon"
SEARCH = "/api/v2/search"
LOOKUP = "/api/v1/accounts/lookup"
TOKEN = "a-very-secret-token"


@pytest.fixture
def instance() -> Iterator[Bench]:
    with bench(SPEC, "instance", tags=("#quillon",)) as one:
        one.site[TAG] = answer(golden("mastodon/tag_timeline.json"))
        yield one


class Timeline:
    """A list of statuses with ``Link`` headers and limits, as an instance gives it."""

    def __init__(self, bench: Bench, path: str, statuses: list[dict[str, Any]], calls: int = 300) -> None:
        self.bench, self.path, self.statuses, self.calls = bench, path, statuses, calls
        bench.site[path] = self

    def __call__(self, seen: Seen) -> Reply:
        query = asked(seen)
        older = [one for one in self.statuses if "max_id" not in query or int(one["id"]) < int(query["max_id"])]
        found = sorted(older, key=lambda one: -int(one["id"]))[: int(query["limit"])]
        self.calls -= 1
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(self.calls),
            "X-RateLimit-Reset": (NOW + timedelta(minutes=3)).isoformat().replace("+00:00", "Z"),
        }
        if found:
            here = self.bench.site.url(self.path)
            headers["Link"] = (
                f'<{here}?limit=40&max_id={found[-1]["id"]}>; rel="next", <{here}?limit=40&min_id={found[0]["id"]}>; rel="prev"'
            )
        return answer(found, headers=headers)


# ------------------------------------------------------------------------------------------------ lists


def test_a_hashtag_is_followed_by_its_link_headers_back_to_what_is_known(instance):
    timeline = Timeline(instance, TAG, [status(number) for number in range(1, 101)])
    pages = instance.run()
    assert sorted(int(one.external_id.rpartition("/")[2]) for one in mentions(pages)) == list(range(1, 101))
    assert "max_id" not in asked(instance.site.seen[0])
    assert "jo" not in str(pages[-1].cursor)
    timeline.statuses += [status(number, created_at=(NOW - timedelta(hours=2)).isoformat()) for number in range(101, 104)]
    requests = len(instance.site.seen)
    assert len(mentions(instance.run(cursor=pages[-1].cursor))) == 3, "a late post of another instance is heard"
    assert len(instance.site.seen) == requests + 1


def test_a_run_that_may_fetch_only_one_page_is_continued(instance):
    Timeline(instance, TAG, [status(number) for number in range(1, 101)])
    first = instance.run(max_pages=1)
    assert first[-1].heard_until == NOW - timedelta(days=7)
    second = instance.run(cursor=first[-1].cursor, max_pages=9)
    assert len({one.key for one in mentions(first) + mentions(second)}) == 100
    assert len(mentions(second)) == 60


@pytest.mark.parametrize("link", ["https://evil.example/steal", "http://[", "//evil.example/", "http://127.0.0.1:1/api"])
def test_a_next_page_elsewhere_is_refused_and_the_token_stays_here(instance, link):
    instance.site[TAG] = answer([status(1)], headers={"Link": f'<{link}>; rel="next"'})
    with pytest.raises(SourceProtocolError, match=r"not its own|no address"):
        instance.run(token=TOKEN)
    assert len(instance.site.seen) == 1


def test_a_relative_next_page_and_odd_links_are_read(instance):
    instance.site[TAG] = answer([status(2)], headers={"Link": '</api/v1/timelines/tag/quillon/2>; rel="next", <>; rel=, ;;'})
    instance.site[f"{TAG}/2"] = answer([status(1)])
    assert len(mentions(instance.run())) == 2


def test_a_next_page_that_repeats_itself_ends_the_sweep_with_a_gap(instance):
    instance.site[TAG] = answer([status(1)], headers={"Link": f'<{instance.site.url(TAG)}?max_id=1>; rel="next"'})
    pages = instance.run(max_pages=50)
    assert [gap.reason for page in pages for gap in page.gaps] == ["the service named the same page twice"]
    assert len(instance.site.seen) == 2


def test_a_hashtag_that_nobody_used_yet_is_quiet_and_no_error(instance):
    instance.site[TAG] = answer({"error": "Record not found"}, 404)
    (page,) = instance.run()
    assert page.unchanged


def searching(instance: Bench, statuses: list[dict[str, Any]]) -> None:
    def search(seen: Seen) -> Reply:
        query = asked(seen)
        offset = int(query["offset"])
        return answer({"accounts": [], "statuses": statuses[offset : offset + int(query["limit"])], "hashtags": []})

    instance.site[SEARCH] = search


def test_full_text_search_counts_its_pages_until_nothing_comes(instance):
    searching(instance, [status(number) for number in range(100, 0, -1)])
    pages = instance.run("search words", token=TOKEN, queries=("words",))
    assert len(mentions(pages)) == len({one.key for one in mentions(pages)}) == 100
    query = asked(instance.site.seen[0])
    assert (query["q"], query["type"]) == ("words", "statuses")
    assert instance.site.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "opted in" in (pages[-1].notice or "")


def test_posts_that_are_deleted_while_a_search_is_paged_hide_no_others(instance):
    statuses = [status(number) for number in range(100, 0, -1)]
    searching(instance, statuses)
    stream = instance.streams(token=TOKEN, queries=("words",))["search words"]
    pages = SPEC.build(stream, instance.context).pages({})
    first = next(pages)
    del statuses[3:5]
    assert len(mentions([first, *pages])) == 100


def test_a_search_that_gives_the_same_page_again_ends_with_a_gap(instance):
    instance.site[SEARCH] = answer({"statuses": [status(number) for number in range(40)]})
    pages = instance.run("search words", token=TOKEN, queries=("words",))
    assert len(mentions(pages)) == 40
    assert [gap.reason for page in pages for gap in page.gaps] == ["the service named the same page twice"]
    assert len(instance.site.seen) == 2


def test_what_a_search_is_too_deep_for_is_a_gap_that_is_told(instance, monkeypatch):
    monkeypatch.setattr("connectors.mastodon._DEEPEST", 80)
    searching(instance, [status(number) for number in range(300, 0, -1)])
    pages = instance.run("search words", token=TOKEN, queries=("words",))
    assert len(mentions(pages)) == 78
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert (gap.since, gap.until) == (instance.context.since, mentions(pages)[-1].published_at)


def test_an_account_is_looked_up_once_and_heard_whatever_it_says(instance):
    instance.site[LOOKUP] = answer({"id": "42", "acct": "jonas"})
    Timeline(instance, "/api/v1/accounts/42/statuses", golden("mastodon/account_statuses.json"))
    pages = instance.run("account @jonas@social.example", watch=("@jonas@social.example",))
    assert [one.kind for one in mentions(pages)] == [Kind.REPOST]
    assert asked(instance.site.seen[0]) == {"acct": "jonas@social.example"}
    assert pages[-1].cursor["account"] == "42"
    again = instance.run("account @jonas@social.example", pages[-1].cursor, watch=("@jonas@social.example",))
    assert again[-1].unchanged
    assert [seen.path.partition("?")[0] for seen in instance.site.seen].count(LOOKUP) == 1


def test_an_account_whose_id_has_changed_is_looked_up_again(instance):
    instance.site[LOOKUP] = answer({"id": "43"})
    instance.site["/api/v1/accounts/42/statuses"] = answer({"error": "Record not found"}, 404)
    instance.site["/api/v1/accounts/43/statuses"] = answer([status(1)])
    pages = instance.run("account @jo", {"account": "42"}, watch=("jo",))
    assert len(mentions(pages)) == 1
    assert pages[-1].cursor["account"] == "43"


def test_an_account_that_the_instance_does_not_know_is_an_error(instance):
    instance.site[LOOKUP] = answer({"error": "Record not found"}, 404)
    with pytest.raises(SourceRejected, match="knows no such account") as caught:
        instance.run("account @jo@x.example", watch=("jo@x.example",))
    assert "jo@x" not in str(caught.value)
    instance.site[LOOKUP] = answer({"name": "no id"})
    with pytest.raises(SourceProtocolError, match="names no account"):
        instance.run("account @jo@x.example", watch=("jo@x.example",))


# ------------------------------------------------------------------------------------------------ limits and refusals


def test_it_stops_before_the_limit_is_reached_and_what_was_heard_stands(instance):
    Timeline(instance, TAG, [status(number) for number in range(1, 101)], calls=7)
    stream = next(iter(instance.streams().values()))
    pages = SPEC.build(stream, instance.context).pages({})
    assert len(next(pages).mentions) == 40
    assert len(next(pages).mentions) == 40
    with pytest.raises(RetryLater, match="nearly reached") as caught:
        next(pages)
    assert caught.value.after == timedelta(minutes=3)
    assert len(instance.site.seen) == 2


def test_the_streams_of_a_source_share_what_is_left(instance):
    Timeline(instance, TAG, [status(1)], calls=4)
    first, second = instance.streams(tags=("quillon", "other")).values()
    with pytest.raises(RetryLater):
        list(SPEC.build(first, instance.context).pages({}))
    with pytest.raises(RetryLater):
        list(SPEC.build(second, instance.context).pages({}))
    assert len(instance.site.seen) == 1


def test_a_reached_limit_is_left_alone_until_its_reset(instance):
    instance.site[TAG] = answer({"error": "Too many requests"}, 429, {"X-RateLimit-Reset": "2026-02-01T00:04:30.123456Z"})
    with pytest.raises(RetryLater, match="limit of requests") as caught:
        instance.run()
    assert timedelta(minutes=4, seconds=30) < caught.value.after < timedelta(minutes=4, seconds=31)


@pytest.mark.parametrize(
    ("code", "token", "words"),
    [
        (401, None, "give the source a token"),
        (403, None, "give the source a token"),
        (422, None, "give the source a token"),
        (401, TOKEN, "does not accept the token"),
        (403, TOKEN, "it needs read:statuses"),
        (422, TOKEN, "422"),
    ],
)
def test_a_refusal_says_what_to_do(instance, code, token, words):
    instance.site[TAG] = answer({"error": "This method requires an authenticated user"}, code)
    with pytest.raises(SourceRejected, match=words) as caught:
        instance.run(token=token)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_instance_that_misbehaves_is_an_error_and_never_silence(instance, fault):
    reply, error = FAULTS[fault]
    instance.site[TAG] = reply
    with pytest.raises(error):
        instance.run()
    instance.site[SEARCH] = reply
    with pytest.raises(error) as caught:
        instance.run("search words", token=TOKEN, queries=("words",))
    assert "words" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ what it listens for


def branded(bench: Bench) -> Bench:
    names = (Target("q", TargetKind.BRAND, "q", "Quillon Flow", ("quillon-flow", "42")),)
    bench.context = replace(bench.context, brands=[Brand("q", "Quillon Flow", ListeningRule("q", names))])
    return bench


def test_without_a_token_our_names_are_followed_as_hashtags_and_it_says_what_is_missing(instance):
    streams = branded(instance).streams(tags=(), queries=("ignored without a token",))
    assert list(streams) == ["tag quillonflow"]
    instance.site["/api/v1/timelines/tag/QuillonFlow"] = answer([])
    (page,) = instance.run(tags=())
    assert "needs a token" in (page.notice or "")


def test_with_a_token_our_names_are_searched_for_too(instance):
    streams = branded(instance).streams(tags=(), token=TOKEN)
    assert list(streams) == ["tag quillonflow", 'search "Quillon Flow"', 'search "quillon-flow"', 'search "42"']
    assert TOKEN not in repr(streams)
    assert [bool(stream.notice) for stream in streams.values()] == [False, True, False, False]


def test_a_customers_account_is_followed_only_where_it_is_sure_and_is_not_named(instance):
    known = ["mira@tools.example", "jo"]
    instance.context = replace(instance.context, handles=lambda platform: known if platform == "mastodon" else [])
    streams = instance.streams(watch=("sam",), watch_customers=True)
    assert [stream.account for stream in streams.values() if stream.account] == ["sam", "mira@tools.example"]
    assert "mira" not in " ".join(streams)


def test_hashtags_are_asked_for_as_they_are_written(instance):
    instance.site["/api/v1/timelines/tag/a%2Fb%C3%A9"] = answer([status(1)])
    assert len(mentions(instance.run(tags=("#a/bé",)))) == 1


def test_nothing_to_listen_for_is_a_configuration_problem(instance):
    with pytest.raises(ConfigError, match="nothing to listen for"):
        instance.streams(tags=())
