"""X, served by the fake of its API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.contract.conn_cases import Case
from tests.support.x_api import TOKEN, FakeX
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, Site


def case(site: Site, folder: Path) -> Case:
    fake = FakeX(site, NOW)
    for number in range(3):
        fake.post(NOW - timedelta(hours=number + 1), f"Quillon is fine, number {number}", sequence=number)

    def fail() -> None:
        for path in list(site.answers):
            site[path] = Reply(b"", 503)

    options = {"api": site.url(""), "private": True, "token": TOKEN, "queries": ('"quillon" -is:retweet',)}
    return Case(options, {**options, "api": "http://169.254.169.254", "private": False}, fail)
