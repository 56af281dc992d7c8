"""One instance of Mastodon: a hashtag and an account, without a token."""

from pathlib import Path

from tests.contract.conn_cases import METADATA, Case
from tests.unit.net.net_server import Reply, Site

DATA = Path(__file__).parents[2] / "data/mastodon"


def case(site: Site, folder: Path) -> Case:
    site["/api/v1/timelines/tag/quillon"] = (DATA / "tag_timeline.json").read_bytes()

    def fail() -> None:
        site["/api/v1/timelines/tag/quillon"] = Reply(b"", 500)

    return Case({"tags": ["quillon"], "instance": site.url(""), "private": True}, {"tags": ["x"], "instance": METADATA}, fail)
