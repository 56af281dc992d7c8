"""Running the connectors of forums and developers' sites against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.connector import ConnectorContext
from listener.core.mention import Mention
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Reply, Site

DATA = Path(__file__).parents[2] / "data"
QUILLON = Brand("quillon", "Quillon", ListeningRule("quillon", (Target("quillon", TargetKind.BRAND, "quillon", "Quillon"),)))


def golden(kind: str, name: str) -> bytes:
    return (DATA / kind / f"{name}.json").read_bytes()


def body(value: object, **headers: str) -> Reply:
    return Reply(json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


def context(door, **more) -> ConnectorContext:
    return ConnectorContext(**{"door": door, "now": NOW, "brands": (QUILLON,), **more})


def run(spec, options: Mapping[str, object], context: ConnectorContext, cursors=None):
    """Every stream's pages; a cursor goes through JSON, as the store keeps it."""
    found = {}
    for name, stream in spec.streams(spec.options(private=True, **options), context).items():
        cursor = json.loads(json.dumps((cursors or {}).get(name, {})))
        found[name] = list(spec.build(stream, context).pages(cursor))
    return found


def only(found):
    """The pages of the one stream."""
    (pages,) = found.values()
    return pages


def ends(found):
    return {name: pages[-1].cursor for name, pages in found.items() if pages}


def mentions(pages) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def rejected(pages) -> dict[str, str]:
    return {item.item: item.reason for page in pages for item in page.rejected}


def plain(mention: Mention) -> dict[str, object]:
    """Only what is there, as JSON has it; the origin apart, which holds the server's port."""
    facts = {name: value for name, value in asdict(mention).items() if value not in (None, (), "") and name != "origin"}
    facts["author"] = {name: value for name, value in facts["author"].items() if value not in (None, ())}
    if mention.published_at is not None:
        facts["published_at"] = mention.published_at.isoformat()
    return json.loads(json.dumps(facts))


def queries(site: Site, path: str) -> list[dict[str, str]]:
    """What was asked at a path, request by request."""
    from urllib.parse import parse_qsl, urlsplit

    return [dict(parse_qsl(urlsplit(seen.path).query)) for seen in site.seen if urlsplit(seen.path).path == path]
