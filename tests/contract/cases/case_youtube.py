"""The youtube connector against the answers that YouTube documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.contract.conn_cases import METADATA, Case
from tests.unit.net.net_server import Reply, Site

DATA = Path(__file__).parents[2] / "data" / "youtube"
ANSWERS = {
    "/search": "search.json",
    "/videos": "videos.json",
    "/commentThreads": "comment_threads.json",
    "/channels": "channels.json",
    "/playlistItems": "playlist_items.json",
}


def serve_golden(site: Site) -> None:
    for path, name in ANSWERS.items():
        site[path] = Reply((DATA / name).read_bytes(), headers={"Content-Type": "application/json; charset=UTF-8"})


def _break(site: Site) -> Callable[[], None]:
    def fail() -> None:
        for path in ANSWERS:
            site[path] = Reply(b"", 500)

    return fail


def case(site: Site, folder: Path) -> Case:
    serve_golden(site)
    options = {"key": "an-invented-key", "queries": ["quillon"]}
    return Case({**options, "api": site.url(""), "private": True}, {**options, "api": METADATA}, _break(site))
