"""The reddit connector against the listings that Reddit documents."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path

from tests.contract.conn_cases import METADATA, Case
from tests.unit.net.net_server import Reply, Site, serve

DATA = Path(__file__).parents[2] / "data" / "reddit"
ANSWERS = {
    "/api/v1/access_token": "token.json",
    "/search": "search.json",
    "/r/bookkeeping/new": "search.json",
    "/r/bookkeeping/comments": "comments.json",
}


def serve_golden(site: Site) -> None:
    limits = {"x-ratelimit-used": "5", "x-ratelimit-remaining": "595.0", "x-ratelimit-reset": "206"}
    for path, name in ANSWERS.items():
        site[path] = Reply((DATA / name).read_bytes(), headers={"Content-Type": "application/json; charset=UTF-8", **limits})


def _break(site: Site) -> Callable[[], None]:
    def fail() -> None:
        site["/search"] = Reply(b"", 500)

    return fail


def case(site: Site, folder: Path) -> Case:
    serve_golden(site)
    # Tokens come from a server of their own, as with Reddit: a redirect there is refused before anybody looks where it leads.
    running = serve()
    tokens = running.__enter__()
    weakref.finalize(site, running.__exit__, None, None, None)  # ends with the site that the suite made for this case
    serve_golden(tokens)
    options = {"client_id": "an-invented-id", "client_secret": "an-invented-secret", "queries": ["quillon"]}
    here = {"api": site.url(""), "auth": tokens.url("")}
    return Case({**options, **here, "private": True}, {**options, **here, "auth": METADATA}, _break(site))
