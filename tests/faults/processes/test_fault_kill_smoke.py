"""One fault of processes in every run of the tests: the shipped command is killed, and the next run makes everything right.

All the others are in ``make faults``.
"""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.support.fault_tally import Tally
from tests.support.faults import Fault, bare
from tests.support.hostile_site import item, rss
from tests.support.serving import Feed
from tests.unit.net.net_server import serve

POSTS = [f"g{number}" for number in range(12)]


@pytest.mark.timeout(400)
def test_a_run_that_is_killed_between_storing_and_reading(tmp_path: Path) -> None:
    tally = Tally("smoke: killed between store and score")
    with serve() as site:
        site["/news.xml"] = rss(*(item(guid, f"Quillon is great ({guid}).") for guid in POSTS))
        with bare(tmp_path / "stage", [Feed("news", site.url("/news.xml"))]) as stage:
            stage.expected = Counter(("news", guid) for guid in POSTS)
            ended = stage.spawn("run", fault=Fault("storage.analyses:Analyses.save_analyses"))
            assert ended.status == -signal.SIGKILL, ended.said[-1000:]
            tally.injected += 1
            assert stage.heard() == stage.expected
            assert stage.rows("select 1 from analyses") == []
            tally.recovered(stage.recover())
            stage.count(tally)
            tally.check(len(stage.rows("select 1 from analyses")) == len(POSTS), "some posts were not read")
    tally.close()
