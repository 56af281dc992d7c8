"""Several processes that serve one PostgreSQL database: each slot is one's, and what a killed one had begun is another's."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from listener.schedule.jobs import Jobs
from listener.schedule.plan import ORPHANS
from listener.wiring import load_app, system_clock
from tests.support.hostile_site import item, rss
from tests.support.serving import Feed, configured, end, events, serving, until
from tests.unit.net.net_server import Reply, Seen, Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


def replica(folder: Path, name: str, feeds: list[Feed], jitter: str) -> Path:
    """A folder of its own, with the same configuration."""
    (folder / name).mkdir()
    return configured(folder / name, feeds, jitter=jitter).parent


def test_two_replicas_never_do_one_slot_twice(tmp_path: Path, site: Site, postgres_url: str) -> None:
    """Six slots are lived through: this takes as many seconds."""
    names = [f"feed{number}" for number in range(4)]
    for name in names:
        site[f"/{name}.xml"] = rss(item(name, f"Quillon is great, says {name}."))
    feeds = [Feed(name, site.url(f"/{name}.xml"), 'every = "1s"') for name in names]
    env = {"LISTENER_STORAGE__URL": postgres_url, "LISTENER_STORAGE__PEPPER": "pepper of the tests"}
    one, two = (replica(tmp_path, name, feeds, "1s") for name in ("one", "two"))
    with serving(one, env) as first, serving(two, env) as second:
        until(lambda: len(site.seen) >= 6 * len(names))
        (ended_one, _), (ended_two, _) = end(first), end(second)
    assert (ended_one.status, ended_two.status) == (0, 0), ended_one.err + ended_two.err
    asked = [[(event["source"], event["slot"]) for event in events(each, "source_asked")] for each in (ended_one, ended_two)]
    assert all(asked), "each of them did a part"
    both = Counter(asked[0] + asked[1])
    assert both.most_common(1)[0][1] == 1
    stopped = len(events(ended_one, "job_stopped")) + len(events(ended_two, "job_stopped"))
    assert len(both) <= len(site.seen) <= len(both) + stopped
    brought = [event["new"] for each in (ended_one, ended_two) for event in events(each, "source_asked")]
    assert sum(brought) == len(names)


def test_a_killed_replica_s_work_is_found_and_done_by_another(tmp_path: Path, site: Site, postgres_url: str) -> None:
    asked, over = threading.Event(), threading.Event()

    def answer(_: Seen) -> Reply:
        asked.set()
        if len(site.seen) == 1:
            over.wait(30)
        return Reply(rss(item("g1", "Quillon is great, we love it.")).encode())

    site["/feed.xml"] = answer
    folder = replica(tmp_path, "one", [Feed("news", site.url("/feed.xml"))], "0s")
    env = {"LISTENER_STORAGE__URL": postgres_url, "LISTENER_STORAGE__PEPPER": "pepper of the tests"}
    with serving(folder, env) as process:
        assert asked.wait(30)
        end(process, signal.SIGKILL)
    over.set()

    app = load_app(folder / "listener.toml", env)
    later: list[tuple[str, datetime | None]] = []
    with app.open_store(system_clock()) as store, app.open_door() as door:
        jobs = Jobs(
            app,
            store,
            door,
            later=lambda name, slot, _: later.append((name, slot)),
            stop=threading.Event(),
            clock=system_clock,
            alone=False,
        )
        until(store.jobs.orphans)
        died = system_clock()
        jobs.perform(ORPHANS)
        found = [(name, slot) for name, slot in later if slot is not None]
        assert "source:news" in dict(found)
        for name, slot in (*found, *found):
            jobs.perform(name, slot)
        assert store.jobs.orphans() == []
        states = store.runs.stream_states("news")
    assert len(site.seen) == 2, "done once more, and not twice"
    assert [state.failures for state in states] == [0]
    assert died <= states[0].last_attempt <= system_clock()
