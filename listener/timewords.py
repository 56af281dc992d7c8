"""Moments, lengths of time and lost windows in words, for whoever reads a digest, an alert or a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo

from listener.core.mention import Gap
from listener.core.plain import one_line

LOST = 3
"""So many lost windows are named; further ones are counted."""
_FINE = timedelta(days=2)
"""A shorter window is told by its hours, a longer one by its days."""


def span_words(length: timedelta) -> str:
    """``40 s``, ``12 min``, ``3 hours``, ``4 days``: one unit, rounded, never zero of a larger one."""
    seconds = max(length.total_seconds(), 0)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 47.5 * 3600:
        return f"{seconds / 3600:.0f} hours"
    return f"{seconds / 86_400:,.0f} days"


def day_words(day: date, today: date) -> str:
    """``3 Nov``; with the year where it is another one."""
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b} {day.year}"


def moment_words(moment: datetime, zone: tzinfo, today: date) -> str:
    """``14:05`` of today, ``3 Nov 14:05`` of another day, in the reader's zone."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today else stamp_words(moment, zone, today)


def stamp_words(moment: datetime, zone: tzinfo, today: date) -> str:
    """``12 Nov 14:05``, of today too: for what may be read on another day."""
    local = moment.astimezone(zone)
    return f"{day_words(local.date(), today)} {local:%H:%M}"


def when_words(moment: datetime, zone: tzinfo, today: date) -> str:
    """As ``moment_words``; a moment that is the beginning of a day is that day."""
    local = moment.astimezone(zone)
    midnight = (local.hour, local.minute) == (0, 0)
    return day_words(local.date(), today) if midnight and local.date() != today else moment_words(moment, zone, today)


def window_words(since: datetime, until: datetime, zone: tzinfo, today: date) -> str:
    """``3–5 Nov``, ``30 Nov–2 Dec``, or by the hour where it is short: ``3 Nov 10:00–14:00``."""
    first, last = since.astimezone(zone), until.astimezone(zone)
    if until - since < _FINE:
        end = f"{last:%H:%M}" if last.date() == first.date() else f"{day_words(last.date(), today)} {last:%H:%M}"
        return f"{day_words(first.date(), today)} {first:%H:%M}–{end}"
    final = max(first.date(), (last - timedelta(microseconds=1)).date())  # a window to midnight does not hold the day that begins
    if (first.year, first.month) == (final.year, final.month):
        return f"{first.day}–{day_words(final, today)}"
    return f"{day_words(first.date(), today)}–{day_words(final, today)}"


def lost_words(gaps: Sequence[Gap], zone: tzinfo, today: date, limit: int = LOST) -> str:
    """``3–5 Nov, the service goes back no further than 7 days``; the latest windows, and how many more; empty for none.

    Windows that overlap, or that several streams of a source lost for the same reason, are one.
    """
    windows = sorted(_merged(gaps), key=lambda gap: (gap.until, gap.since), reverse=True)
    shown = [
        window_words(gap.since, gap.until, zone, today) + (f", {reason}" if (reason := one_line(gap.reason, 120)) else "")
        for gap in windows[:limit]
    ]
    if more := len(windows) - len(shown):
        shown.append(f"{more:,} more {'window' if more == 1 else 'windows'} before that")
    return "; ".join(shown)


def _merged(gaps: Sequence[Gap]) -> Iterator[Gap]:
    by_reason: dict[str, list[Gap]] = {}
    for gap in sorted(gaps, key=lambda each: each.since):
        by_reason.setdefault(gap.reason, []).append(gap)
    for reason, theirs in by_reason.items():
        since, until = theirs[0].since, theirs[0].until
        for gap in theirs[1:]:
            if gap.since > until:
                yield Gap(since, until, reason)
                since = gap.since
            until = max(until, gap.until)
        yield Gap(since, until, reason)
