"""The lines that text and HTML share: the subject, and everything that is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from listener.core.analysis import Label
from listener.core.cases import CaseKind
from listener.core.telling import Health
from listener.counting import counted
from listener.digest.model import CALL, HANDS_OFF, REACH, Digest, Entry
from listener.digest.parts import CoverageLine, HeardLine, Hidden, ProposalLine, QuoteLine, TopicLine
from listener.digest.sections import SECTIONS, Section, Tone
from listener.timewords import day_words, moment_words

INTERNAL = "Quotes are for us only. Nothing here may be used in public before its author has approved it."
NO_QUOTE = "The terms of this source do not let us quote it."
NOT_CALLED, NOT_CALLED_SHORT = "not to be contacted", "not to call"
"""Who needs a call that the CRM forbids: somebody who looks after them is told."""
SUBJECT = 78
"""Characters of a subject, where possible: what mail programs show of it, and one line of a mail's head."""


# -------------------------------------------------------------------------------------------------------- the news


def news(digest: Digest, *, short: bool = False) -> list[tuple[int, str, Section]]:
    """How many people are in each section, what that is called, and the section; empty sections are left out.

    Who needs a call that nobody may make is counted apart.
    """
    totals, found = digest.totals, []
    for section in SECTIONS:
        if number := totals.get(section.key):
            words = section.short[number != 1] if short else section.one if number == 1 else section.many
            late = f" ({digest.overdue:,} overdue)" if section.key == CALL and digest.overdue else ""
            found.append((number, f"{words}{late}", section))
        if section.key == CALL and (number := totals.get(HANDS_OFF)):
            found.append((number, NOT_CALLED_SHORT if short else NOT_CALLED, section))
    return found


def section_count(digest: Digest, section: Section) -> str:
    """How many people a section has: ``3``, ``2 and 1 not to be contacted``."""
    hands_off = digest.totals.get(HANDS_OFF, 0) if section.key == CALL else 0
    number = digest.totals.get(section.key, 0)
    parts = [f"{number:,}" if number or not hands_off else "", f"{hands_off:,} {NOT_CALLED}" if hands_off else ""]
    return " and ".join(part for part in parts if part)


def spike_news(digest: Digest) -> str:
    return counted(len(digest.spikes), "burst of mentions", "bursts of mentions") if digest.spikes else ""


def headline(digest: Digest) -> str:
    """The news in one line: ``3 to call (1 overdue), 1 new candidate, 5 customers heard``."""
    return ", ".join(_parts(digest)) or _nothing(digest)


def _parts(digest: Digest, *, short: bool = False) -> list[str]:
    """The news in the order of what matters."""
    parts = [f"{number:,} {what}" for number, what, _ in news(digest, short=short)]
    if digest.spikes:
        parts.insert(sum(section.key in {"call", "turned"} for _, _, section in news(digest)), spike_news(digest))
    if not parts and digest.proposals:
        number = len(digest.proposals) + digest.proposals_more
        parts.append(counted(number, "match to confirm", "matches to confirm"))
    return parts


def _nothing(digest: Digest) -> str:
    sources = digest.coverage
    if sources and digest.coverage_heard is None and not any(line.health in {Health.OK, Health.PARTIAL} for line in sources):
        return "Nothing could be heard"
    return "Nobody needs you today"


def subject(digest: Digest) -> str:
    """The news, the most important first, cut at the end where it would not be seen; the brands; the day."""
    end = f" - {digest.title}, {digest.day}"  # a hyphen: a dash would be folded into two blanks
    full, short = _parts(digest), _parts(digest, short=True)
    if not full:
        return f"{_nothing(digest)}{end}"
    for parts in (full, *(short[:number] for number in range(len(short), 0, -1))):
        found = f"{', '.join(parts)}{end}"
        if len(found) <= SUBJECT:
            return found
    return f"{short[0]}{end}"


def period(digest: Digest) -> str:
    return f"{digest.since:%Y-%m-%d %H:%M} to {digest.until:%Y-%m-%d %H:%M} ({digest.zone})"


def preheader(digest: Digest) -> str:
    """What a mail program shows after the subject: the first thing to do, or what was heard."""
    first = next(iter(digest.today), None)
    return f"First: {todo_line(first)}." if first else f"{heard_line(digest)} {authors_line(digest)}".strip()


# -------------------------------------------------------------------------------------------------------- a quiet day


def quiet_line(digest: Digest) -> str:
    """A day on which nobody has to be told about, in one line; empty on any other."""
    if not digest.is_quiet:
        return ""
    heard = heard_line(digest).rstrip(".")
    customers = "" if not digest.counts.mentions else f"; none by {_whose(digest)}" if not digest.counts.customers else ""
    hidden = f" {hidden_title(digest.hidden)}." if digest.hidden else ""
    waiting = f" {waiting_line(digest)}." if digest.waiting else ""
    return f"{_nothing(digest)}. {heard}{customers}.{hidden}{waiting}"


def _whose(digest: Digest) -> str:
    return "your customers" if digest.restricted else "a customer"


def unheard_line(digest: Digest) -> str:
    """``Not heard in full: forum (refused 4 of 6 runs), x (paused)``; empty where all was."""
    gaps = [line for line in digest.coverage if not line.is_whole]
    named = [f"{line.source} ({gap_words(line, digest)})" for line in gaps[:3]]
    more = len(gaps) - 3 + digest.coverage_more_gaps
    named += [f"{more:,} more"] if more > 0 else []
    return f"Not heard in full: {', '.join(named)}. How well: listener sources" if named else ""


def gap_words(line: CoverageLine, digest: Digest) -> str:
    until = f"heard until {until_words(line.heard_until, digest)}" if line.heard_until else "never heard"
    return "; ".join(part for part in (line.remark, line.lost) if part) or until


# -------------------------------------------------------------------------------------------------------- people


def numbers(digest: Digest) -> dict[int, int]:
    """By person: their number in the list of what to do today."""
    return {entry.person_id: number for number, entry in enumerate(digest.today, 1)}


def todo_line(entry: Entry) -> str:
    """``Call Ada Lovelace (Acme): overdue since 20 Nov``."""
    before, who, after = todo_parts(entry)
    return f"{before} {who}{after}"


def todo_parts(entry: Entry) -> tuple[str, str, str]:
    """What is to be done, about whom, and why."""
    company = f" ({entry.company})" if entry.company else ""
    why = f": {entry.todo_why}" if entry.todo_why else ""
    return entry.todo, entry.name, f"{company}{entry.todo_end}{why}"


def tone_of(entry: Entry) -> Tone:
    return next((section.tone for section in SECTIONS if section.key == entry.section), Tone.CHANGED)


def facts_line(entry: Entry) -> str:
    """Standing, how we know them, a reach that counts, and owner in one line."""
    parts = [
        f"{entry.standing[:1].upper()}{entry.standing[1:]}",
        entry.evidence,
        f"{entry.reach:,} followers" if entry.reach is not None and entry.reach >= REACH else "",
        entry.owner or "",
    ]
    told = entry.owner is not None and entry.owner in entry.step
    return " · ".join(part for part in (parts[:3] if told else parts) if part)


def why_line(entry: Entry) -> str:
    """What the standing rests on, as a sentence; empty where it is not told."""
    return f"{entry.why[0].upper()}{entry.why[1:].rstrip('.')}." if entry.why else ""


def said_line(quote: QuoteLine, digest: Digest) -> str:
    """``19 Nov, forum``, and the verdict where it says more than the words: ``negative, unsure, 19 Nov, forum``."""
    verdict = "" if quote.verdict == quote.label else f"{quote.verdict}, "
    return f"{verdict}{day_words(quote.said_at.date(), digest.day)}, {quote.where}"


def more_line(digest: Digest) -> str:
    """How many are not shown for want of room; empty where everybody is. The headline says of what kind they are."""
    return f"And {sum(digest.more.values()):,} more: listener cases" if digest.more else ""


def waiting_line(digest: Digest) -> str:
    """Cases that were told before and still wait; empty where none do."""
    parts = [
        f"{counted(line.number, *_WAITING[line.kind])} (since {day_words(line.since, digest.day)})" for line in digest.waiting
    ]
    return f"Still waiting: {', '.join(parts)}" if parts else ""


_WAITING = {
    CaseKind.FOLLOW_UP: ("follow-up not due yet", "follow-ups not due yet"),
    CaseKind.CANDIDATE: ("undecided candidate", "undecided candidates"),
    CaseKind.HEARD: ("customer heard", "customers heard"),
}


def proposal_line(line: ProposalLine) -> str:
    """``Fiona T (blog): Fiona Tarrick, Hartmoor Housing? 94%, by name``."""
    by = f", by {line.evidence}" if line.evidence else ""
    return f"{line.author}: {line.customer}? {line.sure}{by}"


def proposals_rest(digest: Digest) -> str:
    more = digest.proposals_more
    return f"And {counted(more, 'more', 'more')}: listener identities review" if more else ""


# -------------------------------------------------------------------------------------------------------- in numbers


def heard_line(digest: Digest) -> str:
    """What was heard, in numbers; a zero says so."""
    counts = digest.counts
    us = "us" if digest.brand == "all" else "all our brands"
    if not counts.mentions:
        return f"Nobody mentioned {us}." if digest.brand == "all" else "Nobody mentioned any of our brands."
    labels = ", ".join(
        f"{number:,} {_LABELS[label]}" for label, number in counts.labels.items() if number and label is not Label.UNSCORED
    )
    unscored = f"{counts.unscored:,} not scored" if counts.unscored else ""
    unsure = f"{counts.unsure:,} unsure" if counts.unsure else ""
    detail = ", ".join(part for part in (labels, unsure, unscored) if part)
    about = counted(counts.mentions, "mention", "mentions") + f" of {us}" + (" by everybody" if digest.restricted else "")
    if counts.stories and counts.stories != counts.mentions:
        about += " in " + counted(counts.stories, "story", "stories")
        return f"{about} (of the stories {detail})." if detail else f"{about}."
    return f"{about}: {detail}." if detail else f"{about}."


def said_title(digest: Digest) -> str:
    """The heading of what was said in numbers: of everybody, also where the people above are the reader's customers alone."""
    return "What was said, by everybody" if digest.restricted else "What was said"


def _under_heard(digest: Digest) -> str:
    """Why more customers spoke than stand under "customers heard"; empty where it is as many."""
    elsewhere = digest.counts.customers - digest.totals.get("heard", 0)
    if not digest.totals.get("heard") or elsewhere <= 0:
        return ""
    return f" ({elsewhere:,} of them told under another heading)"


_LABELS = {Label.POSITIVE: "positive", Label.NEUTRAL: "neutral", Label.NEGATIVE: "negative", Label.MIXED: "mixed"}


def authors_line(digest: Digest) -> str:
    """Whose words these were; empty where there were none."""
    counts = digest.counts
    if not counts.mentions:
        return ""
    if digest.restricted:
        parts = [f"{counts.customers:,} of your customers spoke{_under_heard(digest)}"]
    else:
        parts = [
            counted(counts.customers, "customer spoke", "customers spoke") + _under_heard(digest),
            counted(counts.unmatched, "author is not known as a customer", "authors are not known as customers"),
        ]
    if counts.own_side:
        parts.append(counted(counts.own_side, "mention came from our own side", "mentions came from our own side"))
    return "; ".join(parts) + "."


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


def parts_of(digest: Digest) -> Iterator[tuple[Section, list[Entry]]]:
    """The sections that have people to show, in order."""
    for section in SECTIONS:
        if people := [entry for entry in digest.people if entry.section == section.key]:
            yield section, people
