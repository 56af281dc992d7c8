"""Feeds of every format beside the exact mentions they yield."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from connectors._document import read_document
from connectors._entries import items_of
from connectors._feeds import read_feed
from tests.unit.connectors.conn_door import NOW

FEEDS = Path(__file__).parents[2] / "data" / "feeds"
URL = "https://feeds.example/sub/feed"
FILES = sorted(path for path in FEEDS.iterdir() if not path.name.endswith(".expected.json"))


def plain(mention) -> dict:
    facts = {k: v for k, v in asdict(mention).items() if v not in (None, (), "") and k not in ("platform", "origin")}
    facts["author"] = {k: v for k, v in facts["author"].items() if v not in (None, ())}
    if mention.published_at is not None:
        facts["published_at"] = mention.published_at.isoformat()
    return facts


def expected(path: Path) -> dict:
    return json.loads(path.with_name(path.stem + ".expected.json").read_text())


def test_every_format_is_there():
    assert {path.stem for path in FILES} == {
        *("rss090", "rss091", "rss092", "rss10", "rss20", "atom03", "atom10", "jsonfeed10", "jsonfeed11")
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_feed_yields_exactly_these_mentions(path: Path):
    found = items_of(read_document(path.read_bytes(), ""), origin="o", url=URL, now=NOW)
    want = expected(path)
    assert [plain(mention) for mention in found.mentions] == want["mentions"]
    assert [asdict(rejected) for rejected in found.rejected] == want["rejected"]
    assert found.undated == want["undated"]
    assert all(mention.platform == "blog" and mention.origin == "o" for mention in found.mentions)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_worker_process_reads_the_same(path: Path):
    page = read_feed(path.read_bytes(), URL, NOW)
    assert [plain(mention) for mention in page.mentions] == expected(path)["mentions"]
    assert {mention.origin for mention in page.mentions} == {URL}
