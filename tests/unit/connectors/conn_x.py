"""What the tests of the X connector share: our brands, a ledger that remembers its peak, and runs against the fake API."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from connectors.twitter import SPEC, Options
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.connector import ConnectorContext
from listener.core.errors import SourceError
from listener.core.mention import Cursor, Gap, Mention, Page
from listener.net.door import GuardedDoor, open_door
from listener.net.settings import DoorSettings
from tests.support.x_api import TOKEN, FakeX
from tests.unit.net.net_server import Site, serve

NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)
MONEY = "microusd"


def brand(*targets: Target, handles: Sequence[str] = ("quillon",)) -> Brand:
    made = targets or (
        Target("quillon", TargetKind.BRAND, "quillon", "Quillon", aliases=("Quillon Inc",)),
        Target("quillon/flow", TargetKind.PRODUCT, "quillon", "Flow Board"),
    )
    return Brand("quillon", "Quillon", ListeningRule("quillon", made), handles={"x": tuple(handles)} if handles else {})


class BookLedger:
    """Charges by day. ``peak`` is the most money that a month ever showed, ``busiest`` the most posts of a day."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.days: dict[date, Counter[str]] = defaultdict(Counter)
        self.peak = self.busiest = 0

    def charge(self, amounts: Mapping[str, int]) -> None:
        self.days[self.today].update(amounts)
        month = self.used(MONEY, self.today.replace(day=1), self.today)
        self.peak, self.busiest = max(self.peak, month), max(self.busiest, self.used("posts", self.today, self.today))

    def used(self, unit: str, since: date, until: date) -> int:
        return sum(amounts[unit] for day, amounts in self.days.items() if since <= day <= until)


class Bench:
    """A source with its cursors as the store keeps them, run after run."""

    def __init__(self, site: Site, door: GuardedDoor, now: datetime = NOON) -> None:
        self.x = FakeX(site, now)
        self.x.account("77", "quillon")
        self.site = site
        self.door = door
        self.brands: tuple[Brand, ...] = (brand(),)
        self.ledger = BookLedger(now.date())
        self.cursors: dict[str, Cursor] = {}
        self.heard: list[Mention] = []
        self.gaps: dict[str, list[Gap]] = defaultdict(list)
        self.pages: dict[str, list[Page]] = {}
        self.lookback = timedelta(days=7)
        self.customers: tuple[str, ...] = ()
        self.chosen: dict[str, Any] = {}

    def options(self, **more: Any) -> Options:
        base = {"token": TOKEN, "api": self.site.url(""), "private": True, "monthly_cap_usd": 1000, "daily_reads": 100_000}
        return Options(**{**base, **self.chosen, **more})

    def context(self, **more: Any) -> ConnectorContext:
        self.ledger.today = self.x.now.date()
        base = ConnectorContext(
            self.door,
            self.x.now,
            since=self.x.now - self.lookback,
            brands=self.brands,
            ledger=self.ledger,
            handles=lambda platform: self.customers if platform == "x" else (),
        )
        return replace(base, **more)

    def streams(self, **more: Any) -> Mapping[str, Any]:
        return SPEC.streams(self.options(**more), self.context())

    def queries(self, **more: Any) -> list[str]:
        """What the searches of a run asked."""
        before = len(self.x.requests)
        self.run(**more)
        return list(dict.fromkeys(asked["query"] for kind, asked in self.x.requests[before:] if kind == "search"))

    def run(self, only: str = "", kill_after: int | None = None, rechecks: int = 0, **more: Any) -> dict[str, SourceError]:
        """One run of every stream (whose name begins with ``only``); each page is kept as the store would keep it. The run may be
        killed after so many pages of a stream. Returns the streams' errors."""
        problems = {}
        context = self.context(rechecks=rechecks)
        self.pages = {}
        for name, part in self.streams(**more).items():
            if not name.startswith(only):
                continue
            kept = self.pages[name] = []
            try:
                for page in islice(SPEC.build(part, context).pages(self.cursors.get(name, {})), kill_after):
                    kept.append(page)
                    self.cursors[name] = json.loads(json.dumps(page.cursor))
                    self.heard += page.mentions
                    self.gaps[name] += page.gaps
            except SourceError as problem:
                problems[name] = problem
        return problems

    def problem(self, only: str = "search", **more: Any) -> SourceError:
        """The one error of a run."""
        (problem,) = self.run(only, **more).values()
        return problem

    def later(self, **passed: float) -> None:
        self.x.now += timedelta(**passed)

    def ids(self) -> list[str]:
        return [mention.external_id for mention in self.heard]


@contextmanager
def bench(settings: DoorSettings | None = None) -> Iterator[Callable[[], Bench]]:
    """Makes benches on one server, one after the other."""
    with serve() as site, open_door(settings or DoorSettings(read_timeout=5, total_timeout=20)) as door:
        yield lambda: Bench(site, door)
