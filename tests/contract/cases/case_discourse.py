"""discourse in the contract suite."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case, _break
from tests.unit.connectors.conn_forums import golden
from tests.unit.net.net_server import Site


def case(site: Site, folder: Path) -> Case:
    site["/search.json"] = golden("discourse", "search")
    for id_ in (5012, 5008, 5001):
        site[f"/posts/{id_}.json"] = golden("discourse", f"post-{id_}")
    return Case(
        {"url": site.url(""), "queries": ["quillon"], "private": True}, {"url": METADATA, "queries": ["quillon"]}, _break(site)
    )
