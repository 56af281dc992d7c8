"""Bluesky's public search, as it answers strangers."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case
from tests.unit.net.net_server import Reply, Site

POSTS = Path(__file__).parents[2] / "data/bluesky/search_posts.json"
PATH = "/xrpc/app.bsky.feed.searchPosts"


def case(site: Site, folder: Path) -> Case:
    site[PATH] = POSTS.read_bytes()

    def fail() -> None:
        site[PATH] = Reply(b"", 500)

    return Case({"queries": ["quillon"], "api": site.url(""), "private": True}, {"queries": ["x"], "api": METADATA}, fail)
