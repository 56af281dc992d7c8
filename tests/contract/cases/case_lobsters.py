"""lobsters in the contract suite."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case, _break
from tests.unit.connectors.conn_forums import golden
from tests.unit.net.net_server import Site


def case(site: Site, folder: Path) -> Case:
    site["/newest.json"] = golden("lobsters", "newest")
    site["/newest/page/2.json"] = "[]"
    return Case({"api": site.url(""), "private": True, "comments": False}, {"api": METADATA, "comments": False}, _break(site))
