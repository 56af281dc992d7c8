"""The weekly edition: from what the store knows of eight weeks to what is shown of the last one.

    facts of eight weeks ──compared, filtered, worded──> Weekly ──render──> text, HTML, pictures, card

It tells of numbers and of what moved; who is new or due is told by the daily digest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter

from listener.core.analysis import Label
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.core.standing import Stance
from listener.core.telling import Coverage, Health
from listener.core.trends import WEEK, DayCount, TopicWeek, TrendFacts, VoiceCount, Whose
from listener.counting import counted
from listener.digest.beside import spike_lines
from listener.digest.changes import Compared, headline, sentences
from listener.digest.conversion import follow_ups, funnel, turns
from listener.digest.matter import Window
from listener.digest.trends import SMALL, differ, felt, whole_weeks
from listener.digest.weekly_model import Bar, TopicTrend, Voice, Weekly, WeeklyPerson
from listener.digest.words import coverage_words
from listener.timewords import day_words, lost_words, window_words

NUMBER = 8
"""Weeks shown."""
USUAL = 4
"""Weeks that a topic is compared with."""
TOPICS = 8
VOICES = 6
PEOPLE = 5
BURSTS = 7
GAPS = 8
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Names:
    """How what is configured is called: brands by their keys, competitors and topics by brand and key."""

    brands: Mapping[str, str]
    rivals: Mapping[tuple[str, str], str] = field(default_factory=dict)
    topics: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of_brands(self, keys: Collection[str]) -> str:
        """The names of the brands; of all where none is given."""
        clean = [one_line(name, 60) for key, name in self.brands.items() if not keys or key in keys]
        return ", ".join(clean) if len(clean) <= 3 else f"{len(clean)} brands"


def build_weekly(facts: TrendFacts, recipient: Recipient, names: Names) -> Weekly:
    """The edition for the recipient of the facts of their brands.

    Figures of people are of those whom the recipient wants to hear of; what was said in all is everybody's.
    """
    day = facts.weeks.days[-1] + timedelta(days=1)
    weeks = _weeks(facts)
    comparable = len(weeks) > 1 and weeks[-2].whole
    voices = _voices(facts.voices, names, recipient, comparable=comparable)
    topics = _topics(facts, weeks, names)
    mine = _of(recipient)
    people = [one for one in facts.speakers if mine(one)]
    turned, first = turns([one for one in facts.turns if mine(one)])
    calls = [one for one in facts.follow_ups if mine(one)]
    overdue = sum(one.overdue for one in calls)
    window = Window(facts.weeks.since, facts.weeks.until, day, recipient.zone)
    bursts = tuple(f"{line}." for line in spike_lines(facts.spikes, window, names.brands, _everything, BURSTS))
    compared = Compared(
        now=weeks[-1],
        before=weeks[-2] if comparable else None,
        voices=voices,
        topics=topics,
        topics_before=_topic_counts(facts, names, week=facts.weeks.number - 2),
        turns=turned,
        overdue=overdue,
        spikes=bursts,
    )
    coverage, gaps = _coverage(facts.coverage, recipient, day)
    return Weekly(
        day=day,
        zone=recipient.zone_name,
        since=facts.weeks.since.astimezone(recipient.zone),
        until=facts.weeks.until.astimezone(recipient.zone),
        brand="+".join(sorted(recipient.brands)) or "all",
        title=names.of_brands(recipient.brands),
        week=_week(facts, recipient, day),
        headline=headline(compared),
        changed=sentences(compared),
        mentions=_mentions(weeks[-1], facts.authors[-1], len(people), filtered=_filtered(recipient)),
        weeks=weeks,
        days=tuple(_bar(each, count) for each, count in zip(facts.weeks.days[-WEEK:], facts.days[-WEEK:], strict=True)),
        voices=voices,
        topics=topics,
        turns=turned,
        turns_first=first,
        funnel=funnel([one for one in facts.steps if mine(one)], len(people)),
        follow_ups=follow_ups(calls, facts.weeks),
        overdue=overdue,
        spikes=bursts,
        people=tuple(
            WeeklyPerson(
                one.whose.person_id,
                one_line(one.name, 80) or "(no name)",
                one_line(one.company or "", 80) or None,
                one.mentions,
                one.positive,
                one.negative,
                "" if one.stance in {None, Stance.UNKNOWN} else str(one.stance),
                one.do_not_contact,
            )
            for one in people[:PEOPLE]
        ),
        people_more=len(people[PEOPLE:]),
        coverage=coverage,
        gaps=gaps,
        notes=tuple(_notes(facts, recipient, day, comparable=comparable)),
    )


def _of(recipient: Recipient) -> Callable[[object], bool]:
    whose: Callable[[object], Whose] = attrgetter("whose")

    def wanted(one: object) -> bool:
        its = whose(one)
        return recipient.wants(its.brand, its.segment, its.owner)

    return wanted


def _everything(_brand: str | None, _segment: str | None, _owner: str | None) -> bool:
    """Bursts are of all who spoke of the recipient's brands; the facts are of these alone."""
    return True


def _filtered(recipient: Recipient) -> bool:
    return bool(recipient.segments or recipient.owners)


def _week(facts: TrendFacts, recipient: Recipient, day: date) -> str:
    if facts.weeks.days[-WEEK].weekday() == MONDAY:
        return f"week {facts.weeks.days[-1].isocalendar().week}"
    return window_words(facts.weeks.since, facts.weeks.until, recipient.zone, day)


# ------------------------------------------------------------------------------------------------------- what was said


def _weeks(facts: TrendFacts) -> tuple[Bar, ...]:
    """The weeks from the first one in which anything was said; the last one and the one before in any case."""
    pooled = whole_weeks(facts.days)
    began = facts.began
    bars = [
        _bar(first, count, whole=began is not None and start >= began)
        for first, start, count in zip(facts.weeks.first_days(), facts.weeks.starts(), pooled, strict=True)
    ]
    first = next((n for n, bar in enumerate(bars) if bar.mentions or bar.whole), len(bars))
    return tuple(bars[min(first, len(bars) - 2) :]) if len(bars) > 1 else tuple(bars)


def _bar(first: date, count: DayCount, *, whole: bool = True) -> Bar:
    labels = count.labels
    positive, neutral, mixed, negative = (
        felt(labels, label) for label in (Label.POSITIVE, Label.NEUTRAL, Label.MIXED, Label.NEGATIVE)
    )
    unjudged = count.mentions - positive - neutral - mixed - negative
    return Bar(first, count.mentions, positive, neutral, mixed, negative, unjudged, whole)


def _mentions(now: Bar, authors: int, customers: int, *, filtered: bool) -> str:
    if not now.mentions:
        return "Nobody mentioned us."
    mentions = f"{counted(now.mentions, 'mention', 'mentions')} of us"
    if not authors:
        return f"{mentions}; the terms of their sources let us count them, and keep nobody."
    by = counted(authors, "person", "people")
    theirs = "of your customers" if filtered else "known as customers"
    return f"{mentions} by {by}; {customers:,} of them {theirs}."


def _voices(found: Sequence[VoiceCount], names: Names, recipient: Recipient, *, comparable: bool) -> tuple[Voice, ...]:
    """Us and the competitors that are configured, spoken of or not. One that several brands compete with is one voice."""
    ours = [name for key, name in names.brands.items() if not recipient.brands or key in recipient.brands]
    rivals = {key: name for (brand, key), name in names.rivals.items() if not recipient.brands or brand in recipient.brands}
    if not rivals:
        return ()
    by_key = {one.key: one for one in found}
    us = by_key.get("", VoiceCount("", 0, 0))
    voices: dict[str, Voice] = {}
    for key, name in rivals.items():
        one, clean = by_key.get(key, VoiceCount(key, 0, 0)), one_line(name, 40)
        before = voices.get(clean, Voice(clean, 0, 0))
        voices[clean] = Voice(clean, max(one.now, before.mentions), max(one.before, before.before or 0) if comparable else None)
    ranked = sorted(voices.values(), key=lambda voice: (-voice.mentions, voice.name))
    named = VOICES if len(ranked) > VOICES + 1 else len(ranked)
    us_ = Voice(one_line(ours[0], 40) if len(ours) == 1 else "We", us.now, us.before if comparable else None, ours=True)
    return us_, *ranked[:named], *_others(ranked[named:], comparable=comparable)


def _others(rest: Sequence[Voice], *, comparable: bool) -> Iterator[Voice]:
    """The least spoken of as one, so that shares are of all."""
    if rest:
        before = sum(one.before or 0 for one in rest) if comparable else None
        yield Voice(f"{len(rest):,} others", sum(one.mentions for one in rest), before)


def _topic_name(one: TopicWeek, names: Names) -> str:
    name = one_line(names.topics.get((one.brand, one.topic), one.topic), 60)
    return f"{name} ({one_line(names.brands.get(one.brand, one.brand), 60)})" if len(names.brands) > 1 else name


def _topic_counts(facts: TrendFacts, names: Names, week: int) -> Mapping[str, int]:
    return {_topic_name(one, names): one.mentions for one in facts.topics if one.week == week}


def _topics(facts: TrendFacts, weeks: Sequence[Bar], names: Names) -> tuple[TopicTrend, ...]:
    """The topics most spoken of, now or before; compared with the whole weeks among the last four."""
    last = facts.weeks.number - 1
    whole = [last - back for back in range(1, USUAL + 1) if back < len(weeks) and weeks[-1 - back].whole]
    by_name: dict[str, list[TopicWeek]] = {}
    for one in facts.topics:
        by_name.setdefault(_topic_name(one, names), []).append(one)
    found = []
    for name, its in by_name.items():
        now = next((one for one in its if one.week == last), TopicWeek("", "", last, {}))
        total = sum(one.mentions for one in its if one.week in whole)
        if not now.mentions and not total:
            continue
        usual = total / len(whole) if whole else None
        way = (
            "" if not whole or not differ(now.mentions, round(usual or 0)) else ("up" if now.mentions > (usual or 0) else "down")
        )
        positive, negative = (felt(now.labels, label) for label in (Label.POSITIVE, Label.NEGATIVE))
        found.append(TopicTrend(name, now.mentions, usual, positive, negative, now.unsure, way))
    return tuple(sorted(found, key=lambda one: (-one.mentions, -(one.usual or 0), one.name))[:TOPICS])


# ------------------------------------------------------------------------------------------------ how well it was heard


def _coverage(lines: Sequence[Coverage], recipient: Recipient, day: date) -> tuple[str, tuple[str, ...]]:
    """How many sources were heard, and what is missing of the others."""
    asked = [line for line in lines if line.health is not Health.DISABLED]
    gaps = []
    for line in sorted(asked, key=lambda each: each.source):
        lost = lost_words(line.gaps, recipient.zone, day)
        words = "; ".join(part for part in (coverage_words(line), f"lost for good: {lost}" if lost else "") if part)
        if words:
            gaps.append(f"{one_line(line.source, 60)}: {words}")
    if not asked:
        return "No source was asked in that week.", ()
    whole = len(asked) - len(gaps)
    if not gaps:
        return f"{counted(len(asked), 'source', 'sources')}, heard without gaps.", ()
    more = [f"and {len(gaps) - GAPS:,} more: listener sources"] if len(gaps) > GAPS else []
    return f"{counted(len(asked), 'source', 'sources')}, {whole:,} of them without gaps.", (*gaps[:GAPS], *more)


def _notes(facts: TrendFacts, recipient: Recipient, day: date, *, comparable: bool) -> Sequence[str]:
    notes = []
    if not comparable and facts.began is not None:
        began = day_words(facts.began.astimezone(recipient.zone).date(), day)
        notes.append(f"Listening began on {began}: of the time before there is only what sources still had.")
    if facts.added:
        shown = ", ".join(one_line(name, 40) for name in facts.added[:SMALL])
        more = f" and {len(facts.added) - SMALL:,} more" if len(facts.added) > SMALL else ""
        notes.append(f"New among the sources since the week before: {shown}{more}. A part of every rise may be theirs.")
    if _filtered(recipient):
        segments = f"of {' or '.join(sorted(recipient.segments))}" if recipient.segments else ""
        teams = "of your teams" if recipient.owners else ""
        whose = ", ".join(part for part in (segments, teams) if part)
        notes.append(f"Figures of customers are of those {whose}; all others are of everybody.")
    return notes
