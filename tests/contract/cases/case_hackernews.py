"""The search of Hacker News, as it answers."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case
from tests.unit.net.net_server import Reply, Site

SEARCH = Path(__file__).parents[2] / "data/hackernews/search_by_date.json"


def case(site: Site, folder: Path) -> Case:
    site["/api/v1/search_by_date"] = SEARCH.read_bytes()

    def fail() -> None:
        site["/api/v1/search_by_date"] = Reply(b"", 500)

    return Case(
        {"queries": ['"Quillon"'], "api": site.url("/api/v1"), "private": True}, {"queries": ["x"], "api": METADATA}, fail
    )
