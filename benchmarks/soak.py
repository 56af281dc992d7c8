"""An accelerated soak of the scheduler's jobs: a simulated clock, feeds that fail at random, and a process that is killed.

    python benchmarks/soak.py [--days 14] [--calm-days 14] [--feeds 12] [--seed 7] [--kills 40]

The real jobs run (slots, claims, rests after failures, listening, work, health, digests, retention) on a real SQLite database
against real HTTP on loopback; only the clock is simulated: an event loop in the order of the real plan's slots takes the place of
APScheduler. The feeds answer at random with 500, 429, 404, a cut body, HTML, silence, or what they should. In the first
``--days`` the process that does the jobs is killed (SIGKILL) every few seconds, ``--kills`` times at most; in the ``--calm-days``
it is left alone and its memory is measured.
At the end the feeds behave, and what is stored is compared with what was published. The exit status is 1 where something was
lost or doubled, or memory grew by more than a tenth.

Simulated otherwise than in a running ``listener serve``: orphans are looked for every half hour, not every 20 seconds.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import mmap
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.unit.net.net_server import Reply, Seen, Site, serve  # noqa: E402 - found through the line above

START = datetime(2026, 3, 20, 5, tzinfo=UTC)
"""Clocks change within the first days."""
POST_EVERY = timedelta(hours=5)
WINDOW = timedelta(days=12)
"""A feed carries the posts of so long: more than a source that is asked once a day is out of luck, so that none need be lost."""
LAST_ASKED = timedelta(hours=26)
"""What was published so long before the end was there when each source was asked for the last time."""
CONFIG = """
[[brands]]
name = "Quillon"
[digest]
hour = 7
timezone = "Europe/Berlin"
[net]
read_timeout = 0.3
total_timeout = 1.0
[schedule]
jitter = "30s"
"""
SOURCE = """
[[sources]]
name = "feed{n}"
kind = "rss"
private = true
url = "{url}"
{when}
"""
WHENS = ('every = "1h"', 'every = "3h"', 'cron = "30 2 * * *"', 'cron = "*/45 * * * *"', 'cron = "15 */2 * * *"')


class SharedClock:
    """The simulated moment, in a file that the feeds and the jobs' process both see."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", START.timestamp()))
        self._file = path.open("r+b")
        self._memory = mmap.mmap(self._file.fileno(), 8)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(struct.unpack("d", self._memory[:8])[0], tz=UTC)

    def set(self, moment: datetime) -> None:
        self._memory[:8] = struct.pack("d", moment.timestamp())


# ------------------------------------------------------------------------------------------------------- the feeds


def posts(feed: int, now: datetime) -> Iterator[tuple[str, datetime]]:
    """What a feed has published until now, with the moment of each post."""
    first = START - timedelta(days=2) + timedelta(minutes=17 * feed)
    for number in itertools.count():
        at = first + number * POST_EVERY
        if at > now:
            return
        yield f"feed{feed}-{number}", at


class Feeds:
    """Feeds that fail at random until they are told to behave."""

    def __init__(self, site: Site, clock: SharedClock, count: int, chance: random.Random) -> None:
        self.site, self._clock, self._chance = site, clock, chance
        self.behave = False
        self.answers: Counter[str] = Counter()
        for feed in range(count):
            site[f"/{feed}.xml"] = self._answer(feed)

    def _answer(self, feed: int) -> Any:
        def answer(_: Seen) -> Reply:
            kinds = ("good", "500", "429", "cut", "html", "gone silent", "404")
            kind = "good" if self.behave else self._chance.choices(kinds, (62, 8, 8, 8, 5, 5, 4))[0]
            self.answers[kind] += 1
            body = self._feed(feed)
            etag = f'"{len(body)}-{hash(body)}"'
            match kind:
                case "500":
                    return Reply(b"", 500)
                case "429":
                    return Reply(b"", 429, {"Retry-After": str(self._chance.choice((60, 1800, 7200)))})
                case "404":
                    return Reply(b"", 404)
                case "html":
                    return Reply(b"<!doctype html><html><title>Log in</title></html>", headers={"Content-Type": "text/html"})
                case "cut":
                    return Reply(body[: len(body) // 2], headers={"Content-Type": "application/rss+xml"})
                case "gone silent":
                    time.sleep(0.5)
            return Reply(body, headers={"Content-Type": "application/rss+xml"}, etag=etag)

        return answer

    def _feed(self, feed: int) -> bytes:
        now = self._clock()
        items = "".join(
            f"<item><guid>{guid}</guid><title>Post {guid}</title><author>p{feed}@people.example (Person {feed})</author>"
            f"<description>Quillon is great, we love it: {guid}.</description><pubDate>{format_datetime(at)}</pubDate></item>"
            for guid, at in posts(feed, now)
            if at > now - WINDOW
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'.encode()


# ------------------------------------------------------------------------------------------------ the jobs' process


def work(config: str, until: str) -> None:
    """Do all jobs in the order of their slots, from the shared clock's moment on; print the memory in use once a day."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    from listener.core.slots import Every
    from listener.schedule.jobs import Jobs
    from listener.schedule.plan import ORPHANS, Planned
    from listener.schedule.trigger import SlotTrigger
    from listener.wiring import load_app

    clock = SharedClock(Path(config).with_name("clock"))
    app = load_app(Path(config), {})
    queue: list[tuple[datetime, int, str, datetime | None]] = []
    order = itertools.count()
    waiting: set[str] = set()

    def later(name: str, slot: datetime | None, delay: timedelta) -> None:
        if name not in waiting:
            waiting.add(name)
            heapq.heappush(queue, (clock() + delay, next(order), name, slot))

    end, measured = datetime.fromisoformat(until), clock()
    with app.open_store(clock()) as store, app.open_door() as door, store.admin.run_lock():
        jobs = Jobs(app, store, door, later=later, stop=threading.Event(), clock=clock, alone=True)
        jobs.planned[ORPHANS] = Planned(ORPHANS, Every(timedelta(minutes=30)))
        triggers = {name: SlotTrigger(each.slots, app.settings.schedule.jitter) for name, each in jobs.planned.items()}
        for name in triggers:  # as at the start of the server: everything is due
            heapq.heappush(queue, (clock() + timedelta(seconds=next(order)), next(order), f"@{name}", None))
        print("ready", flush=True)
        while queue and queue[0][0] < end:
            at, _, name, slot = heapq.heappop(queue)
            clock.set(max(at, clock()))
            if name.startswith("@"):
                name = name[1:]
                heapq.heappush(queue, (triggers[name].get_next_fire_time(at, clock()), next(order), f"@{name}", None))
                slot = jobs.planned[name].slots.before(clock())
            else:
                waiting.discard(name)
            jobs.perform(name, slot)
            if clock() - measured >= timedelta(days=1):
                measured = clock()
                print(f"memory {measured.isoformat()} {resident_mb():.1f}", flush=True)
    clock.set(end)


def resident_mb() -> float:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


# ------------------------------------------------------------------------------------------------------- the parent


def phase(config: Path, until: datetime, most_kills: int, chance: random.Random) -> tuple[int, list[float]]:
    """Let the jobs' process come to a moment, killed so often at most; how often it was, and its memory by day."""
    kills, memory = 0, list[float]()
    while True:
        command = [sys.executable, __file__, "--work", str(config), until.isoformat()]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        process.stdout.readline()  # it is ready
        killer = threading.Timer(chance.uniform(0.2, 20), process.kill) if kills < most_kills else None
        if killer:
            killer.start()
        memory += [float(line.split()[2]) for line in process.stdout]
        code = process.wait()
        if killer:
            killer.cancel()
        if code == 0:
            return kills, memory
        if code != -signal.SIGKILL:
            sys.exit(f"the jobs ended with {code}")
        kills += 1


def ask(folder: Path, question: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        return database.execute(question).fetchall()


@contextmanager
def set_up(feeds: int, seed: int) -> Iterator[tuple[Path, Path, Feeds]]:
    with tempfile.TemporaryDirectory() as name, serve() as site:
        folder = Path(name)
        clock = SharedClock(folder / "clock")
        served = Feeds(site, clock, feeds, random.Random(seed))
        sources = (SOURCE.format(n=n, url=site.url(f"/{n}.xml"), when=WHENS[n % len(WHENS)]) for n in range(feeds))
        (folder / "listener.toml").write_text(CONFIG + "".join(sources), encoding="utf-8")
        yield folder, folder / "listener.toml", served


def report(folder: Path, feeds: int, end: datetime, days: int) -> list[str]:
    """What is wrong with what is stored."""
    published = {guid for feed in range(feeds) for guid, _ in posts(feed, end)}
    expected = {guid for feed in range(feeds) for guid, _ in posts(feed, end - LAST_ASKED)}
    stored = Counter(row[0] for row in ask(folder, "select title from mentions"))
    heard = {title.removeprefix("Post ") for title in stored if title}
    doubled = [title for title, count in stored.items() if count > 1 and title]
    digests = ask(folder, "select day, count(*) from digests group by day")
    messages = ask(folder, "select state, count(*) from outbox group by state")
    runs = ask(folder, "select count(*), sum(ended_at is null), sum(error is not null) from runs")[0]
    incidents = ask(folder, "select count(*), count(distinct source) from incidents where closed_at is null")[0]
    total = ask(folder, "select count(*) from mentions")[0][0]
    print(f"  published {len(published)}, of these a day before the end {len(expected)}; stored {total}, doubled {len(doubled)}")
    print(f"  digests {len(digests)} on {days} days; messages {dict(messages)}; incidents still open {incidents[0]}")
    print(f"  runs {runs[0]}, cut off by a kill {runs[1]}, ended by an error {runs[2]}")
    wrong = []
    if missing := expected - heard:
        wrong.append(f"{len(missing)} posts were lost, for example {sorted(missing)[:5]}")
    if doubled or total != len(heard) or heard - published:
        wrong.append(f"{total} rows for {len(heard)} posts; stored twice: {doubled[:5]}")
    if any(count > 1 for _, count in digests):
        wrong.append("a day has two digests")
    if not days - 1 <= len(digests) <= days + 1:
        wrong.append(f"{len(digests)} digests on {days} days")
    if incidents[0] > incidents[1]:
        wrong.append("a source has two open incidents")
    if ask(folder, "pragma integrity_check") != [("ok",)]:
        wrong.append("the database is damaged")
    if ask(folder, "select name from jobs where done_at is null"):
        wrong.append("a slot was left open")
    return wrong


def soak(days: int, calm_days: int, feeds: int, seed: int, most_kills: int) -> list[str]:
    chance = random.Random(seed + 1)
    began = time.monotonic()
    with set_up(feeds, seed) as (folder, config, served):
        end = START + timedelta(days=days)
        kills, _ = phase(config, end, most_kills, chance)
        print(f"{days} days with {kills} kills: {time.monotonic() - began:.0f} s, requests {served.answers.total()}", flush=True)
        end += timedelta(days=calm_days)
        _, memory = phase(config, end, 0, chance)
        print(f"{calm_days} days without: {time.monotonic() - began:.0f} s in all, requests {dict(served.answers)}")
        served.behave = True
        end += timedelta(days=2)
        phase(config, end, 0, chance)
        wrong = report(folder, feeds, end, days + calm_days + 2)
        if len(memory) >= 4:
            warm, last = max(memory[: len(memory) // 2]), max(memory[len(memory) // 2 :])
            print(f"  memory, MB, by day: {' '.join(f'{each:.0f}' for each in memory)}; most of each half: {warm:.1f} {last:.1f}")
            if last > 1.1 * warm:
                wrong.append("memory grew")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--calm-days", type=int, default=14)
    parser.add_argument("--feeds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work(*chosen.work)
        return
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, seed {chosen.seed}", flush=True)
    wrong = soak(chosen.days, chosen.calm_days, chosen.feeds, chosen.seed, chosen.kills)
    print("\n".join(f"WRONG: {line}" for line in wrong) or "nothing lost, nothing doubled, memory flat")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
