"""Refusals behind redirects: the service's own meaning stays, unless it is a web page of another host that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors import _x_client, discourse
from connectors._api import Api
from connectors._paging import NotThere
from connectors.crm import _hubspot_api, _salesforce_api
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import RetryLater, SourceRejected
from listener.net.door import open_door
from listener.net.settings import DoorSettings
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, serve

PAGE = b"\n<!DOCTYPE html><html><title>Log in to the network</title></html>"


@pytest.fixture
def api(site) -> Iterator[Api]:
    with open_door(DoorSettings(read_timeout=0.3, total_timeout=1)) as door:
        yield Api(ConnectorContext(door, NOW), site.url(""), private=True)


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_json_of_another_host_is_the_services_own_refusal(site, api, kind):
    api = replace(api, refusal=lambda *_: SourceRejected("its own words"))
    with serve() as moved:
        site["/x"] = Reply(status=301, headers={"Location": moved.url("/x", host="localhost")})
        moved["/x"] = Reply(b' {"error": "gone"}', 404, {"Content-Type": kind})
        with pytest.raises(SourceRejected, match="its own words"):
            api.get("x")


@pytest.mark.parametrize(
    ("asked", "came", "own"),
    [
        ("http://forum.example/x", "https://forum.example/x", True),
        ("http://Forum.example/x", "https://www.forum.example/x", True),
        ("https://www.b\u00fccher.example/x", "https://xn--bcher-kva.example/x", True),
        ("https://forum.example/x", "https://forum.example/y", True),
        ("https://forum.example/x", "https://portal.example/x", False),
        ("https://forum.example/x", "https://forum.example.evil.example/x", False),
    ],
)
def test_a_page_behind_a_harmless_redirect_is_the_services_own(api, asked, came, own):
    api = replace(api, refusal=lambda *_: SourceRejected("its own words"))
    with pytest.raises(SourceRejected) as told:
        api.check(Answer(404, came, PAGE, "text/html", asked=asked))
    assert (str(told.value) == "its own words") is own


@pytest.mark.parametrize("after", ["300", "Sun, 01 Feb 2026 00:05:00 GMT"])
@pytest.mark.parametrize("refusal", [None, lambda *_: RetryLater("its own words")])
@pytest.mark.parametrize("asked", [None, "https://forum.example/x"])
def test_a_named_pause_is_kept_whoever_names_it(api, after, refusal, asked):
    api = replace(api, refusal=refusal) if refusal else api
    headers = {"retry-after": after, "x-ratelimit-reset": "5"}
    with pytest.raises(RetryLater) as told:
        api.check(Answer(429, "https://portal.example/", PAGE, "text/html", headers=headers, asked=asked))
    assert told.value.after == timedelta(minutes=5)


def test_any_header_is_read(api):
    """Realms hold words of any language."""
    headers = {"www-authenticate": 'Basic realm="Zugang für ²"', "retry-after": "²"}
    with pytest.raises(SourceRejected, match="answered 401"):
        api.check(Answer(401, "https://forum.example/x", b"", headers=headers))
    assert "answered 405" in str(_hubspot_api.refusal(Answer(405, "https://x.example/", b"", headers=headers), NOW))
    assert "answered 405" in str(_x_client.refusal(Answer(405, "https://x.example/", b"", headers=headers), "x", NOW))
    assert "answered 405" in str(_salesforce_api.refusal(Answer(405, "https://x.example/", b"", headers=headers), NOW))


@pytest.mark.parametrize(("status", "error"), [(404, NotThere), (403, discourse.Refused)])
def test_a_forum_behind_a_redirect_keeps_the_meaning_of_its_refusals(api, status, error):
    api = replace(api, refusal=discourse.refusal)
    with pytest.raises(error):
        api.check(Answer(status, "https://www.f.example/x", b"{}", "application/json", asked="http://f.example/x"))


def test_a_forum_behind_a_redirect_says_how_long_to_wait(api):
    api = replace(api, refusal=discourse.refusal)
    body = b'{"extras": {"wait_seconds": 12}}'
    with pytest.raises(RetryLater) as told:
        api.check(Answer(429, "https://www.f.example/x", body, "application/json", asked="http://f.example/x"))
    assert told.value.after == timedelta(seconds=12)


@pytest.mark.parametrize(
    ("came", "body", "own"),
    [
        ("https://api.hubapi.example/y", b"{}", True),
        ("https://api.hubapi.example/y", PAGE, False),
        ("https://portal.example/y", b"{}", False),
    ],
)
def test_hubspots_advice_is_for_its_own_refusal(came, body, own):
    answer = Answer(401, came, body, asked="http://api.hubapi.example/x")
    assert ("does not accept the token" in str(_hubspot_api.refusal(answer, NOW))) is own
