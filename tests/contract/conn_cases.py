"""For each kind of source: options that work against a given site, and options that lead to a forbidden address.

A new connector gets the whole contract suite by being registered and by one factory: here, or in ``cases/case_<kind>.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.unit.connectors.conn_door import item, rss
from tests.unit.net.net_server import Reply, Site


@dataclass(frozen=True)
class Case:
    """``working`` yields something; ``hostile`` is ``None`` for a source that uses no network."""

    working: Mapping[str, Any]
    hostile: Mapping[str, Any] | None = None
    broken: Callable[[], None] | None = None
    """Makes the source fail (it answers 500, the file goes away)."""


METADATA = "http://169.254.169.254/latest/meta-data"
FEED = rss(
    item(1, "first", "<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>"),
    item(2, "second", "<pubDate>no date</pubDate>"),
    item(1, "another entry with the id of the first"),
    "<item/>",
)


def _break(site: Site) -> Callable[[], None]:
    def fail() -> None:
        for path in site.answers:
            site[path] = Reply(b"", 500)

    return fail


def rss_case(site: Site, folder: Path) -> Case:
    site["/feed"] = Reply(FEED.encode(), etag='"1"')
    return Case({"url": site.url("/feed"), "private": True}, {"url": METADATA}, _break(site))


def blog_case(site: Site, folder: Path) -> Case:
    thread = f"<wfw:commentRss>{site.url('/1/comments')}</wfw:commentRss>"
    feed = rss(item(1, "An excerpt", thread).replace("https://b.example", site.url("")), item(2)).encode()
    site["/"] = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'
    site["/feed"] = Reply(feed, etag='"1"')
    site["/1"] = f"<html><body><article><p>{'A full sentence about it. ' * 40}</p></article></body></html>"
    site["/1/comments"] = rss("<item><guid isPermaLink='false'>c1</guid><description>Agreed</description></item>")
    return Case({"url": site.url("/"), "private": True}, {"url": METADATA}, _break(site))


def file_case(site: Site, folder: Path) -> Case:
    path = folder / "mentions.jsonl"
    rows = [
        {"text": "one", "external_id": "1", "published_at": "2026-01-05"},
        {"text": "two"},
        {"published_at": "never", "text": "x"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return Case({"path": str(path)}, broken=path.unlink)


Factory = Callable[[Site, Path], Case]


def case_of(kind: str) -> Factory:
    """The kind's factory: one of this file, or ``case`` of a file of its own in ``cases/``."""
    here: dict[str, Factory] = {"rss": rss_case, "blog": blog_case, "file": file_case}
    if kind in here:
        return here[kind]
    name = f"case_{kind}"
    there = (Path(__file__).parent / "cases" / f"{name}.py").exists()
    assert there, f"the connector {kind!r} has no tests/contract/cases/{name}.py"
    found: Factory = import_module(f"tests.contract.cases.{name}").case
    return found
