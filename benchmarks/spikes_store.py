"""What one look for bursts and for stories that spread costs in a store: CPU and wall time.

    python benchmarks/spikes_store.py [--url postgresql+psycopg://…] [--mentions 100000] [--days 28] [--looks 3]

The store is filled with invented mentions of one brand by 20,000 authors on 20 sources, spread evenly over the days, and with a
run of every source each five minutes, one of them failing for a day. Without a URL it is a new SQLite file. A database that is
named must be empty: it is filled, and stays so. CPU is of this process: on PostgreSQL the server's is not in it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, insert, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from listener.alerts.stories import watch_stories
from listener.core.alerting import AlertPolicy
from listener.spikes.watch import watch_spikes
from storage.listening_tables import run_sources, runs
from storage.store import Store, open_store
from storage.tables import analysis_targets, authors, matches, mentions, people
from tests.support.heard import NOW, PEPPER, sqlite_url

AUTHORS, SOURCES = 20_000, 20
FIVE, DAY = timedelta(minutes=5), timedelta(days=1)
FAILING = range(100, 388)
"""The runs, counted back from now, in which one source failed."""
BATCH = 20_000
HERE = {"origin": "o", "policy": "open-web", "platform": "rss"}


def fill(connection: Connection, number: int, days: int) -> None:
    chance = random.Random(1)
    _write(connection, people, ({"id": n} for n in range(1, AUTHORS + 1)))
    _write(connection, authors, map(_author, range(1, AUTHORS + 1)))
    _write(connection, matches, map(_match, range(1, AUTHORS + 1)))
    _write(connection, mentions, (_mention(n, chance, days) for n in range(1, number + 1)))
    _write(connection, analysis_targets, (_target(n, at, chance) for n in range(1, number + 1) for at in range(1 + (n % 4 == 0))))
    moments = [NOW - FIVE * n for n in range(days * (DAY // FIVE))]
    _write(connection, runs, ({"id": n, "started_at": at, "ended_at": at, "counts": {}} for n, at in enumerate(moments, 1)))
    _write(connection, run_sources, (_heard(n, at, source) for n, at in enumerate(moments, 1) for source in range(SOURCES)))


def _write(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def _author(number: int) -> dict[str, Any]:
    moments = dict.fromkeys(("first_heard_at", "last_heard_at", "last_said_at"), NOW)
    who = {"id": number, "key": f"a{number}", "own_person_id": number, "person_id": number, "named": True, "links": []}
    return who | HERE | moments


def _match(author: int) -> dict[str, Any]:
    """Every 50th is of our own side."""
    found = {"author_id": author, "outcome": "none", "probability": 0, "evidence": [], "own_side": author % 50 == 0}
    return found | {"prior_bits": 0, "policy": "open-web", "engine": "r", "version": "1", "matched_at": NOW}


def _mention(number: int, chance: random.Random, days: int) -> dict[str, Any]:
    at = NOW - chance.random() * days * DAY
    who = {"id": number, "key": f"m{number}", "external_id": str(number), "author_id": chance.randrange(AUTHORS) + 1}
    told = {"story_id": number, "source": f"s{number % SOURCES}", "stream": "", "kind": "post", "text": "words " * 40}
    when = {"published_at": at, "said_at": at, "heard_at": at, "history": False, "own_words": True}
    return who | told | when | HERE | {"revision": 1, "content_hash": "x", "about_us": True, "analysed_by": "a"}


def _target(mention: int, position: int, chance: random.Random) -> dict[str, Any]:
    """Of every fourth mention a product is a second target."""
    label = chance.choice(["negative", "positive", "neutral"])
    found = {"mention_id": mention, "position": position, "target": "q", "kind": "product" if position else "brand"}
    verdict = {"label": label, "score": 0.1, "unsure": False, "alias": "Q", "evidence": ["words" * 10]}
    return found | verdict | {"brand": "quillon", "engine": "v", "version": "1"}


def _heard(run: int, at: Any, source: int) -> dict[str, Any]:
    health = "failed" if source == 3 and run in FAILING else "ok"
    counts = dict.fromkeys(("streams_failed", "new", "changed", "duplicates"), 0) | {"streams": 1, "pages": 1}
    line = {"run_id": run, "source": f"s{source}", "kind": "rss", "health": health, "at": at, "heard_until": at}
    return line | counts | {"rejected": {}, "reason": None}


def timed(what: str, looks: int, look: Callable[[int], object]) -> None:
    """The least and the most of so many looks."""
    cpu, wall = [], []
    for number in range(looks):
        before, began = time.process_time(), time.monotonic()
        look(number)
        cpu.append(time.process_time() - before)
        wall.append(time.monotonic() - began)
    print(f"{what:<26} CPU {min(cpu):.2f} to {max(cpu):.2f} s, wall {min(wall):.2f} to {max(wall):.2f} s")


def look(store: Store, looks: int, days: int) -> None:
    brands, policy, zone = {"quillon": "Quillon"}, AlertPolicy(), NOW.tzinfo
    hours = days * 24
    (found,) = store.spikes.hourly(["quillon"], NOW, hours)
    print(f"counted                    {sum(found.mentions):,} mentions, {sum(found.negative):,} negative, in {hours:,} hours")
    timed("the series", looks, lambda _: store.spikes.hourly(["quillon"], NOW, hours))
    timed(
        "a whole look for bursts",
        looks,
        lambda n: watch_spikes(store.spikes, store.alerts, policy, [], brands, NOW + n * timedelta(hours=1), zone, {}),
    )
    timed("stories that spread", looks, lambda _: watch_stories(store.spreading, store.alerts, policy, [], brands, NOW, zone))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="an empty database; by default a new SQLite file")
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--looks", type=int, default=3)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = asked.url or sqlite_url(Path(folder) / "spikes.db")
        with open_store(url, now=NOW, pepper=PEPPER) as store:
            database = store._database  # noqa: SLF001 - the rows are written as they are stored, not by what would hear them
            with database.write() as connection:
                fill(connection, asked.mentions, asked.days)
            with database.outside_transaction() as connection:
                connection.execute(text("ANALYZE"))
            look(store, asked.looks, asked.days)


if __name__ == "__main__":
    main()
