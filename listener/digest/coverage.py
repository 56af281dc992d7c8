"""How well the sources were heard, in lines for the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo

from listener.allowances import Spent, spent_words
from listener.core.plain import one_line
from listener.core.telling import Coverage, Health
from listener.digest.parts import CoverageLine, HeardLine
from listener.digest.words import coverage_words, notice_words
from listener.timewords import lost_words, when_words

HEARD_APART = 1
"""So many sources that were simply heard have lines of their own; more of them share one."""
HEARD_NAMED = 12
"""So many of those that share a line are named in it."""

_GAPS = (Health.FAILED, Health.PAUSED, Health.PARTIAL, Health.WAITING, Health.DISABLED, Health.OK)
"""What the reader most needs to know first."""


def coverage_lines(
    found: Sequence[Coverage],
    day: date,
    tz: tzinfo,
    spent: Mapping[str, Sequence[Spent]],
    resumes: Mapping[str, datetime],
) -> tuple[list[CoverageLine], HeardLine | None]:
    """The sources with gaps first, and one line for all those of which there is nothing to say, where these are many."""
    lines = sorted(
        (_coverage(line, day, tz, spent.get(line.source, ()), resumes.get(line.source)) for line in found),
        key=lambda line: (_GAPS.index(line.health), not line.lost, line.source),
    )
    return _heard_together(lines)


def _coverage(line: Coverage, day: date, tz: tzinfo, spent: Sequence[Spent], resumes: datetime | None) -> CoverageLine:
    lost = lost_words(line.gaps, tz, day)
    return CoverageLine(
        source=one_line(line.source, 60),
        kind=one_line(line.kind, 30),
        health=line.health,
        heard_until=_local(line.heard_until, tz),
        remark=coverage_words(line, when_words(resumes, tz, day) if resumes else ""),
        lost=f"lost for good: {lost}" if lost else "",
        notice=notice_words(line),
        spent="; ".join(map(spent_words, spent)),
    )


def _heard_together(lines: Sequence[CoverageLine]) -> tuple[list[CoverageLine], HeardLine | None]:
    plain = [line for line in lines if _nothing_to_say(line)]
    if len(plain) <= HEARD_APART:
        return list(lines), None
    moments = [line.heard_until for line in plain]
    until = None if None in moments else min(moment for moment in moments if moment)
    named = tuple(line.source for line in plain[:HEARD_NAMED])
    return [line for line in lines if not _nothing_to_say(line)], HeardLine(named, len(plain) - len(named), until)


def _nothing_to_say(line: CoverageLine) -> bool:
    return line.is_whole and not (line.remark or line.notice or line.spent)


def _local(moment: datetime | None, tz: tzinfo) -> datetime | None:
    return moment.astimezone(tz) if moment else None
