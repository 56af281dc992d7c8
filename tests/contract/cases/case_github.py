"""github in the contract suite: one search, with the notice that discussions want a token."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case, _break
from tests.unit.connectors.conn_forums import golden
from tests.unit.net.net_server import Site


def case(site: Site, folder: Path) -> Case:
    site["/search/issues"] = golden("github", "search")
    return Case(
        {"api": site.url(""), "queries": ["quillon"], "private": True}, {"api": METADATA, "queries": ["quillon"]}, _break(site)
    )
