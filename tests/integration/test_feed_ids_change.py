"""A feed whose posts get new ids, as after a change of the blog's software, brings nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.rss import SPEC
from listener.core.brand import OPEN_WEB
from listener.core.connector import ConnectorContext
from listener.core.ports import Saved
from listener.net.door import open_door
from storage.store import Store, open_store
from tests.support.heard import LONG_AGO, NOW, PEPPER, sqlite_url
from tests.unit.net.net_server import Site, serve

POSTS = ("We love Quillon, it signs in seconds.", "Quillon lost our agreement and support is silent.", "Quillon again.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_url(tmp_path / "store.db"), now=NOW, pepper=PEPPER) as store:
        yield store


def feed(site: Site, software: str, *texts: str) -> str:
    items = "".join(
        f"<item><guid isPermaLink='false'>{software}-{number}</guid><title>Note {number}</title>"
        f"<link>{site.url(f'/{number}')}</link><author>jo@b.example (Jo)</author>"
        f"<pubDate>Fri, 02 Jan 2026 0{number}:00:00 GMT</pubDate><description>{text}</description></item>"
        for number, text in enumerate(texts)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def poll(store: Store, site: Site) -> Saved:
    """What one run brings."""
    url = site.url("/feed")
    options = SPEC.options(url=url, private=True)
    with open_door() as door:
        connector = SPEC.build(options, ConnectorContext(door=door, now=NOW))
        (page,) = connector.pages(store.mentions.cursors("blog").get(url, {}))
    return store.mentions.save_page("blog", url, SPEC.platform, OPEN_WEB.name, page, NOW, LONG_AGO)


def test_new_ids_for_known_posts_are_no_news_and_a_new_post_still_is(store: Store) -> None:
    with serve() as site:
        site["/feed"] = feed(site, "old", *POSTS)
        assert poll(store, site) == Saved(new=3)
        site["/feed"] = feed(site, "new", *POSTS)
        assert poll(store, site) == Saved(duplicates=3)
        site["/feed"] = feed(site, "newest", *POSTS, "Quillon has a new plan.")
        assert poll(store, site) == Saved(new=1, duplicates=3)
        assert len(store.mentions.find()) == 4
