"""Is all well? Five lines, and what to do where it is not: pure words from what is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from shlex import quote
from statistics import median

from listener.core.plain import one_line
from listener.core.telling import Health
from listener.counting import counted
from listener.timewords import moment_words, span_words

LATE = 3
"""A run is late after so many of the usual pauses between runs."""
LEAST_LATE = timedelta(hours=2)
UNKNOWN_PACE = timedelta(hours=26)
"""Where too few runs tell how often they come: a daily job, and two hours."""
UNDER_WAY = timedelta(hours=6)
"""A run that has not ended after so long is taken for dead, even where somebody works on the store."""
STUCK = timedelta(hours=1)
"""A message that could not be sent for so long is worth a look: a mail server that restarts is back by then."""
LITTLE_ROOM = 1_000_000_000
"""Bytes: less free disk than that, or than the database itself takes, is too little."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One of the five. ``well`` is ``None`` where it is neither good nor bad: work that waits for people."""

    about: str
    well: bool | None
    says: str
    do: str = ""
    """What to do, a command or a sentence; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class RunFact:
    started_at: datetime
    ended_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SourceFact:
    name: str
    health: Health
    reason: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known now. ``runs`` are the last ones, newest first; ``free_bytes`` is ``None`` where it cannot be told."""

    runs: Sequence[RunFact]
    sources: Sequence[SourceFact]
    waiting: int
    waiting_since: datetime | None
    parked: int
    refused: int
    told_at: datetime | None
    alerts: int
    overdue: int
    new: int
    database: str
    size_bytes: int
    schema: str
    free_bytes: int | None = None
    quiet: int = 0
    """Further messages, which wait for quiet hours to end."""
    unread: int = 0
    """Mentions that ended the program each time they were read."""
    at_work: bool = True
    """Whether a process works on the store: where none does, a run without an end was killed."""


def status_lines(facts: Facts, now: datetime, zone: tzinfo) -> list[Line]:
    """Runs, sources, messages, people's work, the database."""
    return [_runs(facts, now), _sources(facts), _messages(facts, now, zone), _work(facts), _database(facts)]


def is_well(lines: Sequence[Line]) -> bool:
    return all(line.well is not False for line in lines)


def headline(lines: Sequence[Line]) -> str:
    """``All is well.``, or how many things are not."""
    wrong = sum(line.well is False for line in lines)
    return "All is well." if not wrong else f"{counted(wrong, 'thing needs', 'things need')} you."


# ---------------------------------------------------------------------------------------------------------- the lines


def _runs(facts: Facts, now: datetime) -> Line:
    if not facts.runs:
        return Line("runs", False, "none so far", "listener run, and schedule it (docs/operations.md)")
    last = facts.runs[0]
    ago = span_words(now - last.started_at)
    if last.ended_at is None and facts.at_work and now - last.started_at <= UNDER_WAY:
        return Line("runs", True, f"one is under way, begun {ago} ago")
    pace = _pace(facts.runs)
    usual = f"; they come about every {span_words(pace)}" if pace else ""
    if now - last.started_at > (max(LATE * pace, LEAST_LATE) if pace else UNKNOWN_PACE):
        return Line("runs", False, f"the last one began {ago} ago{usual}", "look at what schedules them, and at its log")
    if last.ended_at is None:
        return Line("runs", False, f"the last one, {ago} ago, was killed before its end", "look at its log; the next one goes on")
    if last.error is not None:
        return Line("runs", False, f"the last one, {ago} ago, failed ({one_line(last.error, 60)})", "listener run --debug")
    return Line("runs", True, f"the last one ended {ago} ago{usual}")


def _pace(runs: Sequence[RunFact]) -> timedelta | None:
    """The usual pause between runs; ``None`` where fewer than four tell it."""
    pauses = [(after.started_at - before.started_at).total_seconds() for after, before in pairwise(runs)]
    return timedelta(seconds=median(pauses)) if len(pauses) >= 3 else None


_BAD = (Health.FAILED, Health.PARTIAL)


def _sources(facts: Facts) -> Line:
    listened = [source for source in facts.sources if source.health is not Health.DISABLED]
    if not listened:
        return Line("sources", False, "none is listened to", "add a [[sources]] table, then listener check")
    bad = [source for source in listened if source.health in _BAD]
    never = sum(source.health is Health.WAITING for source in listened)
    paused = sum(source.health is Health.PAUSED for source in listened)
    heard = len(listened) - len(bad) - never - paused
    says = f"{heard:,} of {len(listened):,} heard without gaps" + "".join(_others(paused, never))
    if not bad:
        nothing = facts.runs and not heard + paused
        return Line("sources", not nothing, says, "listener sources" if nothing else "")
    names = ", ".join(one_line(source.name, 40) for source in bad[:NAMED]) + (
        f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    )
    why = f" ({one_line(bad[0].reason, 80)})" if len(bad) == 1 and bad[0].reason else ""
    command = f"listener sources {quote(one_line(bad[0].name))}" if len(bad) == 1 else "listener sources"
    return Line("sources", False, f"{says}; not wholly: {names}{why}", command)


def _others(paused: int, never: int) -> Iterator[str]:
    if paused:
        yield f", {paused:,} paused on purpose"
    if never:
        yield f", {never:,} waiting"


def _messages(facts: Facts, now: datetime, zone: tzinfo) -> Line:
    told = "no digest was made so far"
    if facts.told_at:
        told = f"the last digest was made {moment_words(facts.told_at, zone, now.astimezone(zone).date())}"
    if facts.parked:
        says = f"{counted(facts.parked, 'message', 'messages')} given up; {told}"
        return Line("messages", False, says, "listener alerts list --state parked, then retry --all or drop ID")
    if facts.waiting_since is not None and now - facts.waiting_since > STUCK:
        since = span_words(now - facts.waiting_since)
        says = f"{facts.waiting:,} cannot be sent, the oldest for {since}; {told}"
        return Line("messages", False, says, "listener alerts list --state waiting")
    says = f"{told}; {_waiting_words(facts)}"
    if facts.refused:
        says += f"; {counted(facts.refused, 'was', 'were')} refused: listener alerts list --state refused"
    return Line("messages", True, says)


def _waiting_words(facts: Facts) -> str:
    """The two together are what ``listener alerts list --state waiting`` lists."""
    if not facts.waiting:
        held = f"{counted(facts.quiet, 'message waits', 'messages wait')} for quiet hours to end"
        return held if facts.quiet else "nothing waits to be sent"
    more = f", {facts.quiet:,} more for quiet hours to end" if facts.quiet else ""
    return f"{counted(facts.waiting, 'message waits', 'messages wait')} to be sent{more}"


def _work(facts: Facts) -> Line:
    parts = [
        f"{counted(facts.overdue, 'call', 'calls')} overdue" if facts.overdue else "",
        f"{counted(facts.new, 'case', 'cases')} undecided" if facts.new else "",
        f"{counted(facts.alerts, 'alert', 'alerts')} not acknowledged" if facts.alerts else "",
        f"{counted(facts.unread, 'text', 'texts')} left unread, since reading ended the program" if facts.unread else "",
    ]
    said = ", ".join(part for part in parts if part)
    if not said:
        return Line("work", True, "nothing waits for a decision")
    if facts.overdue or facts.new:
        return Line("work", None, said, "listener cases")
    return Line("work", None, said, "listener alerts open" if facts.alerts else "find mention_unread in the log and report it")


def _database(facts: Facts) -> Line:
    size = f"{facts.size_bytes / 1_000_000:,.0f} MB"
    says = f"{facts.database}, {size}, schema {facts.schema}"
    if facts.free_bytes is None:
        return Line("database", True, says)
    says += f", {facts.free_bytes / 1_000_000_000:,.1f} GB free"
    if facts.free_bytes < max(LITTLE_ROOM, facts.size_bytes):
        return Line("database", False, says, "make room on its disk; listener db prune takes away what is old")
    return Line("database", True, says)
