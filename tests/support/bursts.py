"""A month of mentions in a store, hour by hour, and passes that watch it: for tests of bursts and of what spreads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from listener.alerts.stories import watch_stories
from listener.core.alerting import AlertPlan, AlertPolicy, AlertRecord
from listener.core.analysis import Label
from listener.core.errors import RetryLater
from listener.core.mention import Mention
from listener.core.ports import Saved, StreamResult
from listener.core.recipients import Recipient
from listener.spikes.watch import Watched, watch_spikes
from storage.store import Store
from tests.support.heard import BRAND, HOUR, about, hear, identify, mention, target, understand
from tests.support.outbox import entries

BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = {BRAND: "Quillon"}
RULES = frozenset({"spike", "spreading"})
TEAM = (Recipient("file", "team", alerts=RULES),)
POLICY = AlertPolicy()


@dataclass
class Month:
    """Mentions at about one an hour, each heard at the end of its hour, and what they say."""

    store: Store
    now: datetime = BEGUN
    random: Random = field(default_factory=lambda: Random(7))
    number: int = 0

    def say(self, at: datetime, label: Label = Label.NEUTRAL, **values: Any) -> tuple[Mention, Label]:
        self.number += 1
        text = values.pop("text", f"Post number {self.number} says something of Quillon Flow, and nobody has said that before.")
        return mention(self.number, text, published_at=values.pop("published_at", at), **values), label

    def usual(self, hour: datetime, mean: float = 1.0) -> list[tuple[Mention, Label]]:
        """What is said in an hour of nothing special: now and then something negative."""
        number = sum(self.random.random() < mean / 4 for _ in range(4))
        labels = self.random.choices([Label.NEUTRAL, Label.POSITIVE, Label.NEGATIVE], [6, 3, 1], k=number)
        return [self.say(hour + self.random.random() * HOUR, label) for label in labels]

    def many(self, hour: datetime, number: int, label: Label, **values: Any) -> list[tuple[Mention, Label]]:
        return [self.say(hour + (n + 0.5) / number * HOUR, label, **values) for n in range(number)]

    def hear(self, said: Iterable[tuple[Mention, Label]], now: datetime, **values: Any) -> Saved:
        """Hear, understand and identify; the source is logged as heard."""
        given = list(said)
        saved = hear(self.store, *(one for one, _ in given), now=now, **values)
        labels = {one.text: label for one, label in given}
        jobs = self.store.analyses.pending_analyses("analyzer 1", 10_000)
        verdicts = [about(target(labels[job.text], job.text)) for job in jobs]
        self.store.analyses.save_analyses(list(zip(jobs, verdicts, strict=True)), "analyzer 1", now)
        identify(self.store, now=now)
        self.log(now, source=values.get("source", "blogs"))
        return saved

    def log(self, now: datetime, *, source: str = "blogs", failed: bool = False) -> None:
        error = RetryLater("the service does not answer") if failed else None
        run = self.store.runs.begin_run(now)
        self.store.runs.log_streams(run, "rss", [StreamResult(source, "", error=error)], now)
        self.store.runs.end_run(run, now, {})

    def usual_days(self, days: int) -> None:
        """So many days of nothing special, the first of them heard and watched by itself: listening began at its end."""
        for part in (1, days - 1):
            said = [one for hour in range(part * 24) for one in self.usual(self.now + hour * HOUR)]
            for _ in range(part):
                self.now += timedelta(days=1)
                self.log(self.now)
            self.hear(said, self.now)
            self.watch()

    def hour(self, *more: tuple[Mention, Label], usual: bool = True, **values: Any) -> Watched:
        """One hour: what is usual and what is said besides, heard at its end, and one look."""
        said = [*(self.usual(self.now) if usual else []), *more]
        self.now += HOUR
        self.hear(said, self.now, **values)
        return self.watch()

    def watch(self, recipients: Sequence[Recipient] = TEAM, policy: AlertPolicy = POLICY, **names: str) -> Watched:
        brands = names or NAMES
        return watch_spikes(self.store.spikes, self.store.alerts, policy, recipients, brands, self.now, UTC)

    def watch_stories(self, recipients: Sequence[Recipient] = TEAM, policy: AlertPolicy = POLICY) -> AlertPlan:
        return watch_stories(self.store.spreading, self.store.alerts, policy, recipients, NAMES, self.now, UTC)

    @property
    def told(self) -> Sequence[AlertRecord]:
        """All alerts, the first first."""
        return sorted(self.store.alerts.find(), key=lambda record: record.id)

    @property
    def messages(self) -> int:
        return len(entries(self.store))


__all__ = ["BEGUN", "NAMES", "RULES", "TEAM", "Month", "understand"]
