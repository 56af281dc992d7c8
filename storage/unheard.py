"""Hours in which nobody listened: where a source failed or rested, what was lost, and how much of a brand's mentions it brings.

Such an hour is no calm, and must not make the next one look like a burst.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, case, cast, func, or_, select

from listener.core.telling import Health
from storage.listening_tables import cursors, gaps, run_sources

MUCH = 0.25
"""Sources that usually bring so much of a brand's mentions: without them an hour was not heard, and a new one of them changes
what is usual."""
LEARNING = 14 * 24
"""For so many hours after it was first listened to a source, or a brand, is new: what is usual is not known."""
NOBODY_RAN = 36
"""Hours between two attempts after which those between count as not heard: a job that runs once a day is no outage."""
GIVEN_UP = 7 * 24
"""A source that fails for so many hours, and still does, is no part of what is usual any more."""
BURST = 24
"""Hours at the end that do not count for how much a new source usually brings: a burst is not what it usually brings."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours, counted since 1970 (UTC): from ``first`` until before ``end``."""

    first: int
    end: int

    @property
    def start(self) -> datetime:
        return start_of(self.first)

    @property
    def stop(self) -> datetime:
        return start_of(self.end)

    def __len__(self) -> int:
        return self.end - self.first


def number_of(moment: datetime) -> int:
    """The hour that the moment lies in."""
    return int(moment.timestamp() // 3600)


def start_of(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


def hour_of(connection: Connection, moment: ColumnElement[datetime]) -> ColumnElement[int]:
    """The number of the hour that a column's moment lies in."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer) // 3600
    return cast(func.floor(func.extract("epoch", moment) / 3600), BigInteger)


@dataclass(frozen=True, slots=True)
class Listening:
    """How the sources were listened to in some hours."""

    hours: Hours
    unheard: Mapping[str, frozenset[int]]
    """Of each source that was not heard in some of the hours: in which."""
    added: Mapping[str, int]
    """In which hour each source was first listened to, of those that are new."""

    @property
    def sources(self) -> frozenset[str]:
        """Those that matter here: how many mentions each of them brings must be known."""
        return frozenset(self.unheard) | frozenset(self.added)

    def heard(self, brought: Mapping[str, Mapping[int, int]], total: int) -> tuple[bool, ...]:
        """Whether each hour was heard, of a brand with ``total`` mentions; of the ``sources`` it is known what they brought."""
        rates = {source: self._rate(brought.get(source, {}), missing) for source, missing in self.unheard.items()}
        others = total - sum(sum(brought.get(source, {}).values()) for source in rates)
        usual = sum(rates.values()) + others / max(len(self.hours), 1)
        missed: dict[int, float] = defaultdict(float)
        for source, missing in self.unheard.items():
            for hour in missing:
                missed[hour] += rates[source]
        return tuple(not usual or missed[hour] < MUCH * usual for hour in range(self.hours.first, self.hours.end))

    def _rate(self, brought: Mapping[int, int], missing: frozenset[int]) -> float:
        """Mentions an hour, in hours in which the source was heard."""
        number = sum(count for hour, count in brought.items() if hour not in missing)
        return number / max(len(self.hours) - len(missing), 1)

    def changed_at(self, brought: Mapping[str, Mapping[int, int]], total: int) -> datetime | None:
        """Since when what is usual is another thing, because new sources bring much of a brand's mentions; else ``None``."""
        rates = {source: self._rate_of_new(brought.get(source, {}), hour) for source, hour in self.added.items()}
        others = total - sum(sum(brought.get(source, {}).values()) for source in rates)
        usual = sum(rates.values()) + others / max(len(self.hours), 1)
        together = 0.0
        for source, hour in sorted(self.added.items(), key=lambda each: (-each[1], each[0])):
            together += rates[source]
            if usual and together >= MUCH * usual:
                return start_of(hour)
        return None

    def _rate_of_new(self, brought: Mapping[int, int], added: int) -> float:
        until = self.hours.end - BURST if self.hours.end - added > 2 * BURST else self.hours.end
        return sum(count for hour, count in brought.items() if added <= hour < until) / max(until - added, 1)


def listening(connection: Connection, hours: Hours) -> Listening:
    """How the sources were listened to in these hours, by the run log and by what was lost for good."""
    unheard: dict[str, set[int]] = defaultdict(set)
    for source, missing in _failed(connection, hours):
        unheard[source].update(missing)
    for source, missing in _lost(connection, hours):
        unheard[source].update(missing)
    return Listening(
        hours, {source: frozenset(missing) for source, missing in unheard.items() if missing}, _added(connection, hours)
    )


def _failed(connection: Connection, hours: Hours) -> Iterator[tuple[str, range]]:
    """Between the last hour in which a source was heard, and the next: where an attempt failed, or none was made for long."""
    fine = or_(
        run_sources.c.health == Health.OK.value,
        (run_sources.c.health == Health.PARTIAL.value) & (run_sources.c.streams_failed * 2 < run_sources.c.streams),
    )
    hour = hour_of(connection, run_sources.c.at).label("hour")
    query = select(run_sources.c.source, hour, func.max(case((fine, 1), else_=0)).label("fine"))
    query = query.where(run_sources.c.at >= start_of(hours.first - GIVEN_UP), run_sources.c.at < hours.stop)
    attempts: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query.group_by(run_sources.c.source, hour).order_by(run_sources.c.source, hour)):
        attempts[row.source].append(row)
    for source, rows in sorted(attempts.items()):
        for since, until in spans([(row.hour, bool(row.fine)) for row in rows], hours.end):
            yield source, range(max(since, hours.first), min(until, hours.end))


def spans(attempts: Sequence[tuple[int, bool]], end: int) -> Iterator[tuple[int, int]]:
    """From which hour until before which a source was not heard; ``attempts`` are hours, each with whether one succeeded."""
    last, heard = attempts[0][0], attempts[0][0] - 1
    failing = False
    for hour, fine in attempts:
        if fine:
            if failing or hour - last > NOBODY_RAN:
                yield heard + 1, hour
            heard, failing = hour, False
        else:
            failing = True
        last = hour
    if failing and last - heard <= GIVEN_UP:
        yield heard + 1, end


def _lost(connection: Connection, hours: Hours) -> Iterator[tuple[str, range]]:
    """What was lost for good."""
    query = select(gaps.c.source, gaps.c.since, gaps.c.until).where(gaps.c.until > hours.start, gaps.c.since < hours.stop)
    for row in connection.execute(query):
        last = number_of(row.until) if row.until.timestamp() % 3600 else number_of(row.until) - 1
        yield row.source, range(max(number_of(row.since), hours.first), min(last + 1, hours.end))


def _added(connection: Connection, hours: Hours) -> dict[str, int]:
    """The sources that were first listened to lately, and in which hour."""
    first = func.min(cursors.c.first_saved_at, type_=cursors.c.first_saved_at.type)
    query = select(cursors.c.source, first.label("first")).group_by(cursors.c.source)
    query = query.having(first >= start_of(hours.end - LEARNING))
    return {row.source: number_of(row.first) for row in connection.execute(query)}
