"""stackexchange in the contract suite."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case, _break
from tests.unit.connectors.conn_forums import golden
from tests.unit.net.net_server import Site


def case(site: Site, folder: Path) -> Case:
    site["/2.3/search/excerpts"] = golden("stackexchange", "excerpts")
    site["/2.3/questions/79400100;79400050"] = golden("stackexchange", "questions")
    site["/2.3/questions/79400100"] = golden("stackexchange", "questions")
    site["/2.3/answers/79400222"] = golden("stackexchange", "answers")
    working = {"api": site.url("/2.3"), "queries": ["quillon"], "private": True}
    return Case(working, {"api": METADATA, "queries": ["quillon"]}, _break(site))
