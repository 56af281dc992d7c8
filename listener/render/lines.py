"""The lines that text and HTML share: the subject and what stands above and below the people."""

from __future__ import annotations

from datetime import UTC, datetime

from listener.core.analysis import Label
from listener.core.telling import Health
from listener.counting import counted
from listener.digest.model import Digest, Entry, HeardLine, Hidden, TopicLine
from listener.digest.sections import SECTIONS
from listener.timewords import moment_words

INTERNAL = "Quotes are for us only. Nothing here may be used in public before its author has approved it."


def headline(digest: Digest) -> str:
    """The news in one line: ``2 need a call, 1 new candidate, 5 customers heard``."""
    totals = digest.totals
    parts = [counted(totals[section.key], section.one, section.many) for section in SECTIONS if totals.get(section.key)]
    if parts:
        return ", ".join(parts)
    sources = digest.coverage
    if sources and digest.coverage_heard is None and not any(line.health in {Health.OK, Health.PARTIAL} for line in sources):
        return "Nothing could be heard"
    return "Nobody needs you today"


def subject(digest: Digest) -> str:
    return f"{headline(digest)} — {digest.title}, {digest.day}"


def period(digest: Digest) -> str:
    return f"{digest.since:%Y-%m-%d %H:%M} to {digest.until:%Y-%m-%d %H:%M} ({digest.zone})"


def heard_line(digest: Digest) -> str:
    """What was heard, in numbers; a zero says so."""
    counts = digest.counts
    if not counts.mentions:
        return "Nobody mentioned us."
    labels = ", ".join(
        f"{number:,} {_LABELS[label]}" for label, number in counts.labels.items() if number and label is not Label.UNSCORED
    )
    unscored = f"{counts.unscored:,} not scored" if counts.unscored else ""
    unsure = f"{counts.unsure:,} unsure" if counts.unsure else ""
    detail = ", ".join(part for part in (labels, unsure, unscored) if part)
    about = counted(counts.mentions, "mention", "mentions") + " of us"
    if counts.stories and counts.stories != counts.mentions:
        about += " in " + counted(counts.stories, "story", "stories")
    return f"{about}: {detail}." if detail else f"{about}."


_LABELS = {Label.POSITIVE: "positive", Label.NEUTRAL: "neutral", Label.NEGATIVE: "negative", Label.MIXED: "mixed"}


def standing_line(entry: Entry) -> str:
    """The standing, and in a sentence of its own what it rests on."""
    return f"{entry.standing}. {entry.why[0].upper()}{entry.why[1:]}" if entry.why else entry.standing


def authors_line(digest: Digest) -> str:
    """Whose words these were; empty where there were none."""
    counts = digest.counts
    if not counts.mentions:
        return ""
    parts = [
        counted(counts.customers, "customer spoke", "customers spoke"),
        counted(counts.unmatched, "author is not known as a customer", "authors are not known as customers"),
    ]
    if counts.own_side:
        parts.append(counted(counts.own_side, "mention came from our own side", "mentions came from our own side"))
    return "; ".join(parts) + "."


def more_line(digest: Digest) -> str:
    """Who is not shown for want of room; empty where everybody is."""
    if not digest.more:
        return ""
    parts = [counted(digest.more[section.key], section.one, section.many) for section in SECTIONS if digest.more.get(section.key)]
    return f"And {sum(digest.more.values())} more ({', '.join(parts)}): listener cases"


def coverage_rest(digest: Digest) -> str:
    """What is known of the sources that have no line; empty where all have one."""
    rest, gaps = digest.coverage_more, digest.coverage_more_gaps
    if not rest:
        return ""
    heard = "all heard without gaps" if not gaps else f"{gaps:,} of them with gaps"
    return f"And {counted(rest, 'more source', 'more sources')}, {heard}: listener sources"


def heard_names(heard: HeardLine) -> str:
    """``blog, forum and 20 more``."""
    more = f" and {heard.more:,} more" if heard.more else ""
    return ", ".join(heard.sources) + more


def felt_words(line: TopicLine) -> str:
    """``2 positive, 6 negative of 9``; what is neither, nor in doubt, is not told."""
    felt = ", ".join(_felt(line))
    return f"{felt} of {line.mentions:,}" if felt else counted(line.mentions, "mention", "mentions")


def _felt(line: TopicLine) -> list[str]:
    felt = ((line.positive, "positive"), (line.negative, "negative"), (line.unsure, "unsure"))
    return [f"{number:,} {word}" for number, word in felt if number]


def themes_line(digest: Digest) -> str:
    """``“overnight export” (4 authors, 3 negative)``, one after the other; empty where nothing recurs."""
    return "; ".join(f"“{line.name}” ({theme_words(line)})" for line in digest.themes)


def theme_words(line: TopicLine) -> str:
    """``4 authors, 3 negative``."""
    return ", ".join([counted(line.authors, "author", "authors"), *_felt(line)])


def hidden_title(hidden: Hidden) -> str:
    return f"Hidden as not relevant: {hidden.number:,}"


def hidden_reasons(hidden: Hidden) -> str:
    """``2 job ads, 1 giveaway, 3 where the name means something else``, as a sentence."""
    return f"{', '.join(hidden.reasons)}. Kept, but counted nowhere."


def hidden_command(hidden: Hidden) -> str:
    """How the first of the sample is brought back."""
    return f"listener correct relevance {hidden.posts[0].mention_id} high" if hidden.posts else ""


def until_words(moment: datetime, digest: Digest) -> str:
    """Of a moment in the reader's zone: ``06:30`` on the digest's day, ``21 Nov 22:00`` on another."""
    return moment_words(moment, moment.tzinfo or UTC, digest.day)
