"""devto in the contract suite."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case, _break
from tests.unit.connectors.conn_forums import golden
from tests.unit.net.net_server import Site


def case(site: Site, folder: Path) -> Case:
    site["/api/articles/latest"] = golden("devto", "articles")
    site["/api/articles/2150001"] = golden("devto", "article")
    return Case({"api": site.url(""), "private": True}, {"api": METADATA}, _break(site))
