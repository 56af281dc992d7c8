"""Asking a JSON API through the real door, and reading what comes back: every refusal is named, nothing hostile gets through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._api import Api, reset_pause
from connectors._json import document, each, moment, records, required, text, whole
from connectors._terms import phrase, search_terms, something, watch_streams, watched
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import BadItem, ConfigError, RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Mention, Rejected
from listener.net.door import open_door
from listener.net.settings import DoorSettings
from tests.unit.connectors.conn_door import NOW, ScriptedDoor
from tests.unit.net.net_server import Reply, raw, serve


@pytest.fixture
def api(site) -> Iterator[Api]:
    with open_door(DoorSettings(read_timeout=0.3, total_timeout=1)) as door:
        yield Api(ConnectorContext(door, NOW), site.url(""), private=True, headers={"authorization": "Bearer hush"})


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, "https://api.example/x?q=secret", body, "application/json", headers=given)


# ------------------------------------------------------------------------------------------------ asking


PAGE = b"\n<!DOCTYPE html><html><title>Log in to the network</title></html>"


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", None])
def test_a_web_page_is_told_with_who_answered(site, api, kind):
    site["/x"] = Reply(PAGE, headers={"Content-Type": kind} if kind else {})
    with pytest.raises(SourceProtocolError, match=r"answered a web page: is this the address of the API\?.*log-in page") as told:
        api.get("x", {"q": "hush"})
    assert told.value.reason.startswith(f"{site.url('/x')}?…: answered")


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [(200, SourceProtocolError, ": answered a web page"), (401, SourceRejected, " (a web page): answered 401")],
)
def test_a_redirect_to_a_login_page_is_told_with_both_hosts(site, api, status, error, said):
    """Of what that page refuses the service's own meanings say nothing."""
    api = replace(api, refusal=lambda *_: pytest.fail("another host's refusal"))
    with serve() as portal:
        site["/x"] = Reply(status=302, headers={"Location": portal.url("/login?back=hush", host="localhost")})
        portal["/login"] = Reply(PAGE, status)
        with pytest.raises(error) as told:
            api.get("x", {"q": "hush"})
    assert told.value.reason.startswith(f"{site.url('/x')}?… redirects to {portal.url('/login', host='localhost')}?…{said}")
    assert "authorization" not in portal.seen[0].headers


def test_parameters_and_token_are_sent_and_json_comes_back(site, api):
    site["/search"] = b'{"found": [1]}'
    found, came = api.get("search", {"q": "a & b=c", "n": 2})
    assert found == {"found": [1]}
    assert came.status == 200
    assert site.seen[0].path == "/search?q=a+%26+b%3Dc&n=2"
    assert site.seen[0].headers["authorization"] == "Bearer hush"
    assert "hush" not in repr(api)


def test_a_post_sends_its_content(site, api):
    site["/ask"] = lambda seen: Reply(json.dumps({"got": seen.body.decode(), "how": seen.method}).encode())
    assert api.post("/ask", b"{}")[0] == {"got": "{}", "how": "POST"}


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/next", "http://127.0.0.1:1/next", "//evil.example/x", "http://[", "next", "javascript:x"]
)
def test_a_next_page_of_another_host_is_not_asked_for(site, api, elsewhere):
    with pytest.raises(SourceProtocolError, match="not its own"):
        api.get_url(elsewhere)
    assert site.seen == []


def test_a_next_page_of_the_same_host_is(site, api):
    site["/x"] = b"[]"
    assert api.get_url(site.url("/x?page=2"))[0] == []


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(b"{}", 400), SourceRejected, "400"),
        (Reply(b"{}", 401), SourceRejected, "log-in"),
        (Reply(b"<html>no</html>", 403), SourceRejected, "does not let us"),
        (Reply(b"{}", 404), SourceRejected, "nothing at this address"),
        (Reply(b"{}", 422), SourceRejected, "422"),
        (Reply(b"{}", 429), RetryLater, "429"),
        (Reply(b"{}", 500), RetryLater, "500"),
        (Reply(b"{}", 503, {"Retry-After": "60"}), RetryLater, "503"),
        (Reply(b"<!doctype html><html>"), SourceProtocolError, "address of the API"),
        (Reply(b'{"found": [1, '), SourceProtocolError, "address of the API"),
        (Reply(b""), SourceProtocolError, "address of the API"),
        (Reply(b"[" * 100_000), SourceProtocolError, "address of the API"),
        (Reply(b'"\xff"'), SourceProtocolError, "address of the API"),
        (Reply(b'{"n": ' + b"9" * 5000 + b"}"), SourceProtocolError, "address of the API"),
    ],
)
def test_a_refusal_or_nonsense_is_an_error_and_never_nothing(site, api, reply, error, words):
    site["/search"] = reply
    with pytest.raises(error, match=words) as caught:
        api.get("search", {"q": "private words"})
    assert "private" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_silent_server_is_left_for_later(site, api):
    site["/search"] = raw(lambda connection: connection.recv(1))
    with pytest.raises(RetryLater, match="in time"):
        api.get("search")


def test_a_refusal_of_the_services_own_goes_first(site, api):
    site["/search"] = Reply(b'{"error": "x"}', 403)
    with pytest.raises(SourceRejected, match="its own words"):
        Api(api.context, api.base, True, refusal=lambda came, now: SourceRejected("its own words")).get("search")


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry_after": "30"}, timedelta(seconds=30)),
        ({"x_ratelimit_reset": str(int(NOW.timestamp()) + 90)}, timedelta(seconds=90)),
        ({"ratelimit_reset": "45"}, timedelta(seconds=45)),
        ({"x_rate_limit_reset": "2026-02-01T00:05:00.000Z"}, timedelta(minutes=5)),
        ({"x_ratelimit_reset": "2020-01-01T00:00:00Z"}, timedelta(0)),
        ({"x_ratelimit_reset": "never", "ratelimit_reset": "1"}, timedelta(seconds=1)),
        ({"retry_after": "9" * 50}, timedelta(days=7)),
        ({"x_ratelimit_reset": str(int(NOW.timestamp()) * 1000 + 90_000)}, timedelta(seconds=90)),
        ({"x_ratelimit_reset": "9" * 11}, timedelta(days=7)),
        ({"x_ratelimit_reset": "9" * 50}, None),
        ({}, None),
    ],
)
def test_a_limit_says_until_when(headers, pause):
    assert reset_pause(answer(429, **headers), NOW) == pause


def test_a_reached_limit_is_left_alone_until_its_reset(site, api):
    site["/search"] = Reply(b"{}", 429, {"X-RateLimit-Reset": "2026-02-01T00:04:00Z"})
    with pytest.raises(RetryLater, match="limit of requests is reached") as caught:
        api.get("search")
    assert caught.value.after == timedelta(minutes=4)


# ------------------------------------------------------------------------------------------------ reading


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "at", "text"]), inner, max_size=3),
)


@given(anything)
def test_reading_never_fails_on_what_was_not_promised(value):
    assert text(value, "text") is None or text(value, "text").strip()
    assert whole(value, "id") is None or isinstance(whole(value, "id"), int)
    assert moment(value) is None or moment(value).utcoffset() == timedelta(0)


@given(st.lists(anything))
def test_a_bad_record_costs_itself_only(found):
    def read(one):
        return Mention(platform="p", origin="o", external_id=required(one, "id"), text=one["text"])

    kept = each([*found, {"id": 7, "text": "good"}], read)
    assert len(kept) == len(found) + 1
    assert kept[-1].external_id == "7"
    assert all(isinstance(one, Mention) or (one.item and len(one.item) <= 100 and len(one.reason) <= 200) for one in kept)


def test_a_rejected_record_is_named_by_its_id_or_its_number():
    def read(one):
        if "bad" in one:
            raise BadItem("of its own", "why")
        return one["missing"]

    kept = each([{"id": "7"}, {"x": 1}, {"bad": 1}], read)
    assert kept == [
        Rejected("7", "not as promised (KeyError)"),
        Rejected("number 2", kept[0].reason),
        Rejected("of its own", "why"),
    ]


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2026-02-01T01:00:00+01:00", NOW),
        ("2026-02-01T00:00:00Z", NOW),
        ("2026-02-01", NOW),
        (NOW.timestamp(), NOW),
        (True, None),
        (-1, None),
        (10**30, None),
        (float("nan"), None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_moments_are_aware_or_unknown(value, at):
    assert moment(value) == at


def test_numbers_may_be_written_as_text():
    assert [whole({"n": n}, "n") for n in ("12", 12, True, "x", "١", "9" * 30, 1.5, None)] == [
        12,
        12,
        None,
        None,
        None,
        None,
        None,
        None,
    ]


def test_a_list_that_is_none_is_an_error():
    with pytest.raises(SourceProtocolError, match="not the list"):
        records({"error": "x"}, "here")
    assert document(answer(body=b"[1]")) == [1]


# ------------------------------------------------------------------------------------------------ what to ask for


def brand(*targets: Target) -> Brand:
    return Brand("quillon", "Quillon", ListeningRule("quillon", targets))


def target(name: str, kind: TargetKind = TargetKind.BRAND, *aliases: str) -> Target:
    return Target(name.lower(), kind, "quillon", name, aliases)


def test_our_names_are_asked_for_each_once_and_no_competitors():
    ours = brand(
        target("Quillon", TargetKind.BRAND, "quillon", "Quillon HQ"),
        target("Flow", TargetKind.PRODUCT),
        target("Rival", TargetKind.COMPETITOR),
    )
    context = ConnectorContext(ScriptedDoor(), NOW, brands=[ours])
    assert search_terms(context) == ("Quillon", "Quillon HQ", "Flow")
    assert search_terms(context, ["mine", "mine"]) == ("mine",)
    assert phrase('a "b" \\ c') == '"a b c"'


def test_an_account_is_followed_once_and_a_customers_is_not_named():
    context = ConnectorContext(
        ScriptedDoor(), NOW, handles=lambda platform: ["jo@x.example", "sam"] if platform == "here" else []
    )
    assert watched(context, "here", ["@Jo@x.example", " ", "kim"], customers=True) == ("Jo@x.example", "kim", "sam")
    streams = watch_streams(context, "here", ["@Jo@x.example"], customers=True)
    assert list(streams.values()) == ["Jo@x.example", "sam"]
    assert next(iter(streams)) == "account @Jo@x.example"
    assert "sam" not in list(streams)[1]
    assert streams == watch_streams(context, "here", ["@Jo@x.example"], customers=True)
    assert watch_streams(context, "here", [], customers=False) == {}


def test_a_source_that_listens_for_nothing_is_a_configuration_problem():
    assert something({"a": 1}, "queries") == {"a": 1}
    with pytest.raises(ConfigError, match="nothing to listen for"):
        something({}, "queries", "watch")
