"""The sample's server behaves as a feed's server does."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from listener.sample.build import build
from listener.sample.server import serving

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
FEED = "/forum/latest.atom"


def test_everything_built_is_served_and_nothing_else() -> None:
    with serving(NOW) as base_url, httpx.Client(base_url=base_url) as client:
        for path, resource in build(NOW, base_url).resources.items():
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.content == resource.body
            assert answer.headers["content-type"] == resource.content_type
        assert client.get("/elsewhere").status_code == 404


def test_an_unchanged_feed_costs_a_304() -> None:
    with serving(NOW) as base_url, httpx.Client(base_url=base_url) as client:
        etag = client.get(FEED).headers["etag"]
        again = client.get(FEED, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert client.get(FEED, headers={"If-None-Match": '"another"'}).status_code == 200


def test_head_answers_without_a_body() -> None:
    with serving(NOW) as base_url:
        answer = httpx.head(base_url + FEED)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 1000
    assert answer.content == b""


def test_the_server_is_gone_afterwards_and_its_port_can_be_taken_again() -> None:
    with serving(NOW) as base_url:
        httpx.get(base_url + FEED).raise_for_status()
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url + FEED)
    with serving(NOW, port=httpx.URL(base_url).port or 0) as again:
        assert again == base_url
