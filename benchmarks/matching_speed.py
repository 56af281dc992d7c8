"""How fast authors are matched: one by one and in batches, against 10,000 to 1,000,000 customers in a SQLite store.

python benchmarks/matching_speed.py [N …]                  for each N (10000 100000): import, one by one, batches, memory
python benchmarks/matching_speed.py N --keep FOLDER        keep the stores, and use those that are there
python benchmarks/matching_speed.py N --duplicates 0.3     the share of customers that are entered twice (0.1)

Customers are invented as they come: first and last names, companies and handles are as unevenly frequent as real ones are
(Zipf). Half of the authors are customers, under a form of their name, with or without handle, site, employer or e-mail.
A store is made in one process and measured in another, so that memory is that of matching alone. CPU times are of the process,
wall times are of the machine: compare either only within one run.
"""

from __future__ import annotations

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from random import Random

from listener.core.brand import MatchingPolicy, OwnSide, Provenance
from listener.core.mention import Author
from listener.core.people import Customer, KnownHandle, MatchJob
from nlp.identity.customer_keys import customer_keys
from nlp.identity.matcher import build_matcher
from storage.store import Store, open_store

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
PEPPER = "pepper of the benchmark"
PAGE = 1000
BATCH = 500
ONE_BY_ONE = 1000
IN_BATCHES = 10_000
FIRST_NAMES, LAST_NAMES = 3_000, 60_000
PLATFORMS = ("x", "mastodon", "github", "reddit", "youtube")
ANYTHING = MatchingPolicy("ignored")
_ONSETS = "b br d dr f g gr h j k kl l m n p pr r s st t tr v w z".split()  # noqa: SIM905 - as a list it takes thirty lines
_VOWELS = (*"aeiou", "ei", "ou")
_CODAS = ("", "n", "l", "r", "s", "m", "nd", "rt")


# ---------------------------------------------------------------------------------------------------- invented people


def word(number: int, salt: int) -> str:
    """An invented name, another for each number."""
    parts: list[str] = []
    rest = number
    while rest or len(parts) < 2:
        rest, onset = divmod(rest * 7 + salt if not parts else rest, len(_ONSETS))
        rest, vowel = divmod(rest, len(_VOWELS))
        parts.append(_ONSETS[onset] + _VOWELS[vowel])
    return "".join(parts) + _CODAS[number % len(_CODAS)]


@cache
def frequencies(size: int, exponent: float) -> list[float]:
    return list(accumulate(1 / rank**exponent for rank in range(1, size + 1)))


def pick(random: Random, size: int, exponent: float = 0.9) -> int:
    return random.choices(range(size), cum_weights=frequencies(size, exponent))[0]


def person(number: int, customers: int) -> Customer:
    """The customer of that number, always the same."""
    random = Random(number)
    first = word(pick(random, FIRST_NAMES), 3).capitalize()
    last = word(pick(random, LAST_NAMES), 5).capitalize()
    company = pick(random, max(10, customers // 12), 0.6)
    name = word(company, 11)
    domain = f"{name}{company % 97}.example"
    mail = random.random()
    address = f"{first}.{last}{number % 13 or ''}".lower()
    handles = tuple(
        KnownHandle(platform, f"{first[0]}{last}{random.randrange(100)}".lower(), Provenance.GIVEN)
        for platform in random.sample(PLATFORMS, random.choice((0, 0, 0, 1, 1, 2)))
    )
    return Customer(
        f"C-{number}",
        first,
        last,
        f"{address}@{domain}" if mail < 0.7 else f"{address}@gmail.com" if mail < 0.9 else None,
        f"{name.capitalize()} {random.choice(('GmbH', 'Ltd', 'Inc.', ''))}".strip(),
        f"https://www.{domain}/",
        (),
        random.choice(("Engineer", "Head of Logistics", "Buyer", None)),
        word(pick(random, 2000), 17).capitalize(),
        random.choice(("Norland", "Estmark", None)),
        random.choice(("en", "de", None)),
        random.choice(("Gold", "Silver", None)),
        random.choice(((), ("Core",), ("Core", "API"))),
        f"{2005 + number % 20}-0{1 + number % 9}-15",
        None,
        f"Owner {number % 40}",
        handles,
    )


def everybody(customers: int, duplicates: float) -> Iterator[Customer]:
    """The CRM; some are entered twice, under another id."""
    random = Random(1)
    for number in range(customers):
        if number and random.random() < duplicates:
            again = person(random.randrange(number), customers)
            values = {name: getattr(again, name) for name in Customer.__slots__}
            yield Customer(**{**values, "contact_id": f"C-{number}", "email": None, "handles": ()})
        else:
            yield person(number, customers)


def author(number: int, customers: int) -> MatchJob:
    """Every second one is a customer; the others only have names that customers have, too."""
    random = Random(f"author {number}")
    known = number % 2 == 0
    who = person(random.randrange(customers) if known else customers + number, customers)
    platform = random.choice(PLATFORMS)
    names = (who.name, f"{who.first_name[0]}. {who.last_name}", f"{who.last_name} {who.first_name}", who.first_name, None)
    (shown,) = random.choices(names, (6, 1, 1, 1, 1))
    handle = who.handles[0].handle if who.handles and random.random() < 0.7 else f"{who.first_name}{number}".lower()
    says = random.random() < 0.5
    found = Author(
        handle=handle,
        display_name=shown,
        bio=f"{who.title or 'People person'} at {who.company}. Opinions are mine." if says else "Coffee, trains and the sea.",
        links=(who.website,) if who.website and random.random() < 0.2 else (),
        email=who.email if random.random() < 0.1 else None,
        location=who.city if random.random() < 0.4 else None,
        created_year=2008 + number % 15,
    )
    return MatchJob(number, platform, platform, found, ANYTHING)


# ------------------------------------------------------------------------------------------------------------ measuring


def build(file: Path, customers: int, duplicates: float) -> None:
    """Import the customers into a new store, as `listener customers import` does."""
    began, cpu = time.perf_counter(), time.process_time()
    with open_store(f"sqlite:///{file}", now=NOW, pepper=PEPPER) as store:
        before = resident()
        source = everybody(customers, duplicates)
        keys = made = 0.0
        while page := list(islice(source, PAGE)):
            start = time.process_time()
            keyed = [(one, customer_keys(one)) for one in page]
            made += time.process_time() - start
            keys += sum(len(its) for _, its in keyed)
            store.customers.save_customers(keyed, "benchmark", NOW)
        staged = time.perf_counter() - began
        store.customers.finish_import("benchmark", NOW, allow_shrink=True)
        print(
            f"{customers:>9,} customers, {keys / customers:.1f} keys each: imported in {time.perf_counter() - began:.1f} s wall"
            f" ({staged:.1f} s staging), {time.process_time() - cpu:.1f} s CPU ({made:.1f} s making keys);"
            f" file {size(file) / 1e6:.0f} MB; memory at most {peak() - before:.0f} MB more",
            flush=True,
        )


def measure(file: Path, customers: int) -> None:
    with open_store(f"sqlite:///{file}", now=NOW, pepper=PEPPER) as store:
        matcher = build_matcher(OwnSide())
        matcher.match([author(-1, customers)], store.customers)  # what is made at the first use is no part of the growth
        jobs = [author(number, customers) for number in range(IN_BATCHES)]
        gc.collect()
        before = resident()
        one = [[job] for job in jobs[:ONE_BY_ONE]]
        cold = timed(one, lambda batch: matcher.match(batch, store.customers))
        warm = timed(one, lambda batch: matcher.match(batch, store.customers))
        began, cpu = time.perf_counter(), time.process_time()
        links = candidates = 0
        source = iter(jobs)
        while batch := list(islice(source, BATCH)):
            found = matcher.match(batch, store.customers)
            links += sum(match.contact_id is not None for match in found)
            candidates += sum(len(match.evidence) > 0 for match in found)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - began
        grown = peak() - before
        for name, times in (("first time", cold), ("again", warm)):
            print(f"          one author, {name:<10}  {percentiles([each[0] for each in times])} ms wall,"
                  f"  {percentiles([each[1] for each in times])} ms CPU  (p50 / p95 / p99)")  # fmt: skip
        print(f"          {len(jobs):,} authors in batches of {BATCH}: {len(jobs) / cpu:,.0f} a second of CPU,"
              f" {len(jobs) / wall:,.0f} a second of wall time; memory {grown:.0f} MB more;"
              f" {links:,} linked or to review", flush=True)  # fmt: skip
        lookups(store, jobs)


def lookups(store: Store, jobs: Sequence[MatchJob]) -> None:
    """What the store alone takes of it."""
    from nlp.identity.author_keys import author_keys

    keys = [author_keys(job.author, job.platform, job.origin) for job in jobs[:ONE_BY_ONE]]
    start = time.process_time()
    found = [len({one.contact_id for its in store.customers.candidates(each, 300).values() for one in its}) for each in keys]
    one = (time.process_time() - start) / len(keys)
    start = time.process_time()
    store.customers.candidates({key for each in keys for key in each}, 300)
    together = (time.process_time() - start) / len(keys)
    found.sort()
    print(f"          candidates alone (all keys, cap 300): {one * 1000:.2f} ms CPU one by one, {together * 1000:.2f} ms in one"
          f" batch; {found[len(found) // 2]} a median author, {found[len(found) * 95 // 100]} at p95", flush=True)  # fmt: skip


def timed(batches: Sequence[list[MatchJob]], work: Callable[[list[MatchJob]], object]) -> list[tuple[float, float]]:
    found = []
    for batch in batches:
        wall, cpu = time.perf_counter(), time.process_time()
        work(batch)
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return found


def percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return " / ".join(f"{ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1000:.2f}" for share in (50, 95, 99))


def resident() -> float:
    """Megabytes now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def peak() -> float:
    """Megabytes at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def size(file: Path) -> int:
    return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--duplicates", type=float, default=0.1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--step", choices=("build", "measure"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matching-speed-") as folder:
        for customers in given.customers:
            file = (given.keep or Path(folder)) / f"customers-{customers}.db"
            if given.step == "build":
                build(file, customers, given.duplicates)
            elif given.step == "measure":
                measure(file, customers)
            else:
                for step in ("measure",) if file.exists() else ("build", "measure"):
                    again = [sys.executable, __file__, str(customers), "--step", step, "--keep", str(file.parent)]
                    subprocess.run([*again, "--duplicates", str(given.duplicates)], check=True)


if __name__ == "__main__":
    main()
