"""200 sources that are due at once: when each is asked, and how many connections and requests there are at a time.

    python benchmarks/schedule_burst.py [--sources 200] [--jitter 30] [--pause 0.2] [--postgresql]

Each source is a feed on a loopback address of its own, which answers after a pause. The real ``listener serve`` runs in a process
of its own on an empty database (SQLite, or a PostgreSQL that is started for this), in which every source is due. What the hosts
saw is printed; the exit status is 1 where a source was not heard, was asked twice, started later than its jitter allows, or a
limit (32 connections in all, one request of a host at a time) was exceeded.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.crowd import Crowd, crowd  # noqa: E402 - found through the line above
from tests.support.postgres import database_of, running_server  # noqa: E402
from tests.support.serving import Feed, configured, end, events, serving, until  # noqa: E402

CONNECTIONS = 32
SLACK = 2.0
"""Seconds for what stands between a firing and its request: the slot's claim, the threads, this machine's other work."""


@contextmanager
def database(postgresql: bool) -> Iterator[dict[str, str]]:
    """The settings of an empty database."""
    if not postgresql:
        yield {}
        return
    with running_server() as server, database_of(server) as url:
        yield {"LISTENER_STORAGE__URL": url}


def burst(sources: int, jitter: int, pause: float, postgresql: bool) -> list[str]:
    """Serve until every source was heard once; what was wrong with it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = stack.enter_context(database(postgresql))
        hosts = stack.enter_context(crowd(sources, pause))
        configured(folder, [Feed(f"s{at}", url) for at, url in enumerate(hosts.addresses)], jitter=f"{jitter}s")
        process = stack.enter_context(serving(folder, env))
        assert process.stdout
        process.stdout.readline()  # what it announces before it begins
        began = time.time()
        until(lambda: len(hosts.requests) >= sources, jitter + 120)
        time.sleep(pause + 3)
        ended, seconds = end(process)
    heard = events(ended, "source_asked")
    return report(hosts, began, sources, jitter, sum(event["new"] for event in heard), seconds)


def report(hosts: Crowd, began: float, sources: int, jitter: int, stored: int, ended_in: float) -> list[str]:
    after = sorted(moment - began for _, moment in hosts.requests)
    print(
        f"  asked: first after {after[0]:.2f} s, half {after[len(after) // 2]:.2f} s, last {after[-1]:.2f} s (jitter {jitter} s)"
    )
    most = (hosts.most_connections, hosts.most_requests, hosts.most_requests_of_a_host)
    print("  at once: {} connections, {} requests, {} of one host".format(*most))
    print(f"  {len(hosts.requests)} requests, {stored} posts stored; ended {ended_in:.1f} s after it was told to")
    twice = [host for host, count in Counter(host for host, _ in hosts.requests).items() if count > 1]
    wrong = []
    if twice or len(hosts.requests) != sources or stored != sources:
        wrong.append(f"{len(hosts.requests)} requests to {sources} sources, {stored} posts stored, asked twice: {twice[:5]}")
    if after[-1] > jitter + SLACK:
        wrong.append("a source was asked later than its jitter allows")
    if hosts.most_connections > CONNECTIONS or hosts.most_requests_of_a_host > 1:
        wrong.append("a limit was exceeded")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--jitter", type=int, default=30)
    parser.add_argument("--pause", type=float, default=0.2)
    parser.add_argument("--postgresql", action="store_true")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {'PostgreSQL' if chosen.postgresql else 'SQLite'}")
    wrong = burst(chosen.sources, chosen.jitter, chosen.pause, chosen.postgresql)
    print("\n".join(f"WRONG: {line}" for line in wrong) or "all heard once, within the limits")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
