"""What changed in a week, in a headline and in three sentences with numbers: chosen by rule, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from listener.counting import counted
from listener.digest.trends import SMALL, change, differ, per_cent, points, share, shares_differ, signed
from listener.digest.weekly_model import Bar, Number, TopicTrend, Voice

SENTENCES = 3
PART = 0.25
"""A topic is what a rise or a fall is mostly about when it makes up so much of it, and at least ``LEAST``."""
LEAST = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """A week and what it is compared with; ``before`` is ``None`` where there is no whole week before."""

    now: Bar
    before: Bar | None
    voices: Sequence[Voice] = ()
    topics: Sequence[TopicTrend] = ()
    topics_before: Mapping[str, int] | None = None
    """Mentions of each topic in the week before."""
    turns: Sequence[Number] = ()
    overdue: int = 0
    spikes: Sequence[str] = ()


def headline(week: Compared) -> str:
    """``Mentions up 40 %, share of voice 38 % (+5)``: what stands in the subject."""
    now, before = week.now.mentions, week.before.mentions if week.before else None
    if not now:
        first = "Nobody mentioned us"
    elif before is None or not differ(now, before):
        first = counted(now, "mention", "mentions")
    else:
        way = "up" if now > before else "down"
        amount = f" {per_cent(abs(now - before), before)}" if min(now, before) >= SMALL else f" ({before:,} → {now:,})"
        first = f"Mentions {way}{amount}"
    voice = _voice(week.voices)
    if voice is None:
        return first
    (part, of), earlier = voice
    moved = points((part, of), earlier) if earlier and shares_differ((part, of), earlier) else None
    return f"{first}, share of voice {per_cent(part, of)}" + (f" ({signed(moved)})" if moved else "")


def sentences(week: Compared) -> tuple[str, ...]:
    """At most three: how much was said, and the two weightiest of what else there is."""
    rest = sorted(_others(week), key=lambda found: -found[0])
    return (_volume(week), *(text for _, text in rest[: SENTENCES - 1]))


def _voice(voices: Sequence[Voice]) -> tuple[tuple[int, int], tuple[int, int] | None] | None:
    """Our share of what was said of us and the competitors, now and before; ``None`` where that is of too few."""
    total = sum(voice.mentions for voice in voices)
    if len(voices) < 2 or total < SMALL:
        return None
    us = voices[0]
    before = sum(voice.before or 0 for voice in voices)
    if us.mentions == total and (us.before or 0) == before:  # nobody spoke of the others: all of nothing is no news
        return None
    return (us.mentions, total), ((us.before, before) if us.before is not None and before else None)


def _volume(week: Compared) -> str:
    now = week.now.mentions
    if week.before is None:
        return (
            f"{counted(now, 'mention', 'mentions')}; there is no whole week before to compare with."
            if now
            else "Nobody mentioned us."
        )
    before = week.before.mentions
    text = f"Mentions {change(now, before)}"
    mostly = _mostly(week, now - before) if differ(now, before) else ""
    return f"{text}{mostly}."


def _mostly(week: Compared, rise: int) -> str:
    """``, mostly Pricing (+9, 7 negative)``; empty where no topic makes up much of it."""
    before = week.topics_before or {}
    way = 1 if rise > 0 else -1
    moved = [(one, one.mentions - before.get(one.name, 0)) for one in week.topics]
    found = max(moved, key=lambda each: (way * each[1], each[0].name), default=None)
    if found is None or way * found[1] < max(LEAST, PART * abs(rise)):
        return ""
    topic, by = found
    negative = f", {topic.negative:,} negative" if topic.negative and rise > 0 else ""
    return f", mostly {topic.name} ({signed(by)}{negative})"


def _others(week: Compared) -> Iterator[tuple[float, str]]:
    """Each with its weight: people before figures, what is more than chance before what is not."""
    yield from _sentiment(week)
    voice = _voice(week.voices)
    if voice is not None:
        yield _voice_sentence(week, *voice)
    if week.turns:
        told = ", ".join(f"{one.value:,} {one.label}" for one in week.turns)
        yield 9.0, f"Of the customers, {told}."
    if week.overdue:
        yield 5.0, f"{counted(week.overdue, 'follow-up is', 'follow-ups are')} overdue."
    if week.spikes:
        yield 6.0, week.spikes[0]
    for topic in week.topics:
        if topic.way and topic.usual is not None:
            felt = f", {topic.negative:,} of them negative" if topic.negative else ""
            yield (
                4.0,
                f"{topic.name} came up {counted(topic.mentions, 'time', 'times')}{felt}; usually {usual_words(topic.usual)}.",
            )
            return


def _sentiment(week: Compared) -> Iterator[tuple[float, str]]:
    now = _negative(week.now)
    before = _negative(week.before) if week.before else (0, 0)
    if shares_differ(now, before):
        way = "up" if now[0] * before[1] > before[0] * now[1] else "down"
        yield 8.0, f"Negative {way} to {share(*now)} of those with a sure verdict, from {share(*before)}."
    elif now[1] >= SMALL:
        as_before = ", about as before" if min(now[1], before[1]) >= SMALL else ""
        yield 1.0, f"Negative {share(*now)} of those with a sure verdict{as_before}."


def _negative(bar: Bar) -> tuple[int, int]:
    """The negative ones of those with a sure verdict."""
    return bar.negative, bar.positive + bar.neutral + bar.mixed + bar.negative


def _voice_sentence(week: Compared, now: tuple[int, int], before: tuple[int, int] | None) -> tuple[float, str]:
    rival = week.voices[1]
    theirs = f"; {rival.name} {per_cent(rival.mentions, now[1])}"
    text = f"Share of voice {share(*now)}"
    if before is not None and shares_differ(now, before):
        moved = points(now, before)
        return 7.0, f"{text}, {signed(moved or 0)} points{theirs}."
    return 2.0, f"{text}{', about as before' if before and before[1] >= SMALL else ''}{theirs}."


def usual_words(usual: float) -> str:
    """``3.5``, ``12``, ``none``."""
    return "none" if not usual else f"{usual:.1f}".removesuffix(".0") if usual < SMALL else f"{usual:.0f}"
