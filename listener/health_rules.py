"""When a source fails or is silent, and when it is heard again: the rules, from what is known of it to incidents.

    history, open incidents, now ──judge_health──> incidents to open and to close

A dead source must never look like a quiet day, and a quiet night must not look like a dead source. A source has at most one
open incident: one alert when it opens, one notice when it closes, and nothing between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from listener.core.health import Incident, IncidentKind, SourceHistory
from listener.timewords import span_words

FAILURES = 3
"""In a row, of every stream of a source, before it counts as failing."""
GAPS = 10
"""Between publications, before anything is said about what is usual."""
RECENT = 100
"""So many of the last gaps say what is usual."""
USUAL = 0.9
"""The usual gap is one that 90 of 100 gaps do not exceed."""
SHORTEST = timedelta(hours=3)
"""No silence counts before that: services show posts late, and nobody acts within the hour."""
WHOLE_WEEK = timedelta(days=8)
"""A record of publications this long has seen the source's nights and a weekend."""
ROUND_THE_CLOCK = timedelta(days=4)
"""A shorter record will do where it shows no pause in so long a time."""
LONG_WEEKEND = timedelta(days=4)
"""How long a silence must be at least while the record is too short to know of weekends."""


def judge_health(
    histories: Sequence[SourceHistory], open_incidents: Sequence[Incident], now: datetime
) -> tuple[list[Incident], list[Incident]]:
    """The incidents to open and those to close.

    A source of which every part rests on purpose is neither called failing nor silent. Silence is counted until the source was
    last heard and no longer: of one that was not asked, or did not answer, nothing can be said.
    """
    already = {incident.source: incident for incident in open_incidents}
    opened, closed = [], []
    for history in histories:
        incident = already.get(history.source)
        if incident is None:
            if new := _new_incident(history, now):
                opened.append(new)
        elif _is_over(incident, history, now):
            closed.append(replace(incident, closed_at=now))
    return opened, closed


def _new_incident(history: SourceHistory, now: datetime) -> Incident | None:
    if history.paused:
        return None
    if history.failures >= FAILURES:
        return Incident(None, history.source, IncidentKind.FAILING, history.reason or "no reason is known", now)
    if history.failures or history.last_success is None:
        return None
    times = published(history.times, history.last_success)
    limit = silence_limit(times)
    if limit is None or history.last_success - times[0] <= limit:
        return None
    return Incident(None, history.source, IncidentKind.SILENT, silence_words(times, history.last_success), now)


def _is_over(incident: Incident, history: SourceHistory, now: datetime) -> bool:
    """One success ends a failure; a post that is newer than the silence ends that."""
    if incident.kind is IncidentKind.FAILING:
        since = history.last_success
        return history.failures < FAILURES and since is not None and since > incident.opened_at
    times = published(history.times, now)
    return bool(times) and times[0] > incident.opened_at - SHORTEST


def published(times: Sequence[datetime], until: datetime) -> list[datetime]:
    """The times of publication until then, newest first: a post dated into the future would hide a silence for as long."""
    return sorted({each for each in times if each <= until}, reverse=True)


def silence_limit(times: Sequence[datetime]) -> timedelta | None:
    """How long a source with these times of publication (newest first) may be silent; ``None`` where too few are known.

    Three times the usual gap, and half as long again as the longest: a source that rests at night and on weekends has such a
    gap in its record, once the record is long enough. Until then only a silence that no long weekend explains counts.
    """
    if len(times) <= GAPS:
        return None
    usual, longest = usual_gap(times), longest_gap(times)
    limit = max(3 * usual, 1.5 * longest, SHORTEST)
    record = times[0] - times[-1]
    regular = record >= ROUND_THE_CLOCK and longest < 3 * usual
    return limit if record >= WHOLE_WEEK or regular else max(limit, LONG_WEEKEND)


def usual_gap(times: Sequence[datetime]) -> timedelta:
    """The gap that 90 of 100 of the last ones do not exceed."""
    gaps = sorted(after - before for after, before in pairwise(times[: RECENT + 1]))
    return gaps[ceil(USUAL * len(gaps)) - 1]


def longest_gap(times: Sequence[datetime]) -> timedelta:
    return max(after - before for after, before in pairwise(times))


def silence_words(times: Sequence[datetime], heard_at: datetime) -> str:
    """Why a silence is one."""
    return (
        f"it answers, and has published nothing new for {span_words(heard_at - times[0])}; until now 9 of 10 posts came within "
        f"{span_words(usual_gap(times))} of the one before, and its longest pause was {span_words(longest_gap(times))}"
    )
