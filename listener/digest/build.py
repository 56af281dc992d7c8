"""From the facts of a window to the digest: one matter a person, ranked, worded, bounded in length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from listener.allowances import Spent
from listener.core.analysis import Label
from listener.core.cases import CaseKind
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.core.spikes import SpikeIncident
from listener.core.telling import DigestFacts, PersonFacts, Quote, Theme
from listener.core.times import as_utc
from listener.digest.beside import due_tomorrow, proposal_lines, spike_lines, waiting_lines
from listener.digest.coverage import coverage_lines
from listener.digest.gist import hidden_lines, theme_lines, topic_lines
from listener.digest.model import CALL, Digest, Entry, counted_as
from listener.digest.parts import Counts, ProposalLine, QuoteLine
from listener.digest.quotes import quote_line, telling
from listener.digest.reading import WORDS, beside_words, least_missed, reading_words
from listener.digest.sections import OVERDUE, PRESSING, SECTIONS, Matter, Section, Todo, Window, heard
from listener.digest.together import cause, same_words
from listener.digest.words import evidence_short, standing_short, where_short

PEOPLE = 10
"""More is a list, not a digest."""
TODAY = 5
"""So many lines say what to do today."""
CARDS = 5
"""So many of those who wait for a decision are told on a card: the first of all, the first candidate, then by urgency."""
FIRST_OF_SECTION = 2
"""So many people of each section are shown before any section fills the rest: calls must not hide the candidates."""
QUOTES = 1
ON_CARD, IN_ROW, OF_BOTH = 66, 54, 84
"""Characters of a quote: a line of a mail; two of it for praise and blame in one breath."""
SOURCES = 14
"""Coverage lines; sources with gaps go first, so that what is cut off was heard."""


def build_digest(
    facts: DigestFacts,
    day: date,
    tz: tzinfo,
    brands: Mapping[str, str],
    *,
    only: Recipient | None = None,
    people: int = PEOPLE,
    quotes: int = QUOTES,
    spent: Mapping[str, Sequence[Spent]] | None = None,
    resumes: Mapping[str, datetime] | None = None,
    topics: Mapping[tuple[str, str], str] | None = None,
    themes: Sequence[Theme] = (),
) -> Digest:
    """The digest of ``day`` in the reader's zone.

    ``brands`` maps the keys of the configured brands to their names. With ``only`` people, proposals, bursts and topics that do
    not concern the recipient (``Recipient.wants``) are left out and not counted; mentions, what recurs, what was hidden and the
    coverage are of all brands nevertheless, as every source is heard for all. ``spent`` and ``resumes`` say, by source, what was
    used of its allowances and when a paused one goes on. ``topics`` maps brand and key of the configured topics to their names;
    ``themes`` recur in what was said.
    """
    window = Window(as_utc(facts.since), as_utc(facts.until), day, tz)
    wants = only.wants if only else _everything
    chosen = [person for person in facts.people if wants(person.brand, person.segment, person.owner)]
    ranked = _once_each(sorted(_by_person(chosen, window), key=lambda found: found[0].rank), facts.spikes)
    mine = {key: name for key, name in brands.items() if only is None or not only.brands or key in only.brands}
    told, heard_line = coverage_lines(facts.coverage, day, tz, spent or {}, resumes or {})
    proposals, proposals_more = proposal_lines(facts.proposals, wants)
    spikes = spike_lines(facts.spikes, window, brands, wants)
    waiting = waiting_lines([*facts.waiting, *due_tomorrow(facts.people, window)], window, wants)
    beside = beside_words(proposals[:1], spikes, waiting)
    entries = _readable(_shown(ranked, people), beside, lambda shown, cards: _entries(shown, window, brands, quotes, cards))
    asked = _asked(proposals, WORDS - reading_words(entries, beside))
    there = {entry.person_id for entry in entries}
    left = [found[0] for found in ranked if found[0].facts.person_id not in there]
    return Digest(
        day=day,
        zone=str(tz),
        since=facts.since.astimezone(tz),
        until=facts.until.astimezone(tz),
        brand="all" if len(mine) == len(brands) else "+".join(sorted(mine)),
        title=_title(list(mine.values())),
        counts=_counts(facts, chosen, window),
        people=tuple(entries),
        more=dict(Counter(map(_counted, left))),
        more_overdue=sum(_counted(found) == CALL and found.matter.urgency == OVERDUE for found in left),
        coverage=tuple(told[:SOURCES]),
        coverage_heard=heard_line,
        coverage_more=len(told[SOURCES:]),
        coverage_more_gaps=sum(not line.is_whole for line in told[SOURCES:]),
        topics=topic_lines(facts.topics, topics or {}, mine),
        themes=theme_lines(themes),
        hidden=hidden_lines(facts, tz),
        proposals=asked,
        proposals_more=proposals_more + len(proposals) - len(asked),
        spikes=spikes,
        waiting=waiting,
        restricted=bool(only and (only.segments or only.owners)),
    )


def _counted(found: _Found) -> str:
    return counted_as(found.section.key, found.facts.do_not_contact)


def _everything(_brand: str | None, _segment: str | None, _owner: str | None) -> bool:
    return True


def _shown(ranked: Sequence[list[_Found]], people: int) -> list[list[_Found]]:
    """At most so many people, by rank; but a busy section leaves room for the first ones of the others."""
    of_section: Counter[str] = Counter()
    first: list[int] = []
    for place, found in enumerate(ranked):
        of_section[found[0].section.key] += 1
        if of_section[found[0].section.key] <= FIRST_OF_SECTION:
            first.append(place)
    chosen = {*first}
    rest = [place for place in range(len(ranked)) if place not in chosen]
    return [ranked[place] for place in sorted([*first, *rest][:people])]


def _readable(shown: list[list[_Found]], beside: int, made: Callable[[list[list[_Found]], int], list[Entry]]) -> list[Entry]:
    """The people as told: fewer of them, then fewer cards, where they could not be read in a minute otherwise.

    Whoever is on the list of what to do today stays, and somebody of each section.
    """
    entries: list[Entry] = []
    for cards in range(CARDS, 0, -1):
        left = shown
        entries = made(left, cards)
        while reading_words(entries, beside) > WORDS and (out := least_missed(entries)) is not None:
            left = [found for place, found in enumerate(left) if place != out]
            entries = made(left, cards)
        if reading_words(entries, beside) <= WORDS:
            break
    return entries


def _asked(proposals: Sequence[ProposalLine], room: int) -> tuple[ProposalLine, ...]:
    """The first of the proposals, and so many more as so many words have room for."""
    fitting = [number for number in range(len(proposals) + 1) if beside_words(proposals[1:number], (), ()) <= room]
    return tuple(proposals[: max([1, *fitting])])


def _entries(shown: Sequence[list[_Found]], window: Window, brands: Mapping[str, str], quotes: int, cards: int) -> list[Entry]:
    today = _today([found[0] for found in shown])
    decisions = [place for place in today if shown[place][0].section.cards]
    chance = [place for place in decisions if shown[place][0].section.key == _CHANCE][:1]
    told = list(dict.fromkeys([*decisions[:1], *chance, *decisions]))[:cards]
    return [_entry(found, window, brands, quotes, asked=place in today, card=place in told) for place, found in enumerate(shown)]


def _today(shown: Sequence[_Found]) -> list[int]:
    """The places of those about whom there is something to do today.

    The first ones; but the last places of the list go to the first candidate and to the first who turned against us, unless calls
    that cannot wait have them.
    """
    asked = [place for place, found in enumerate(shown) if found.matter.todo]
    today, later = asked[:TODAY], asked[TODAY:]
    for key in (_CHANCE, _TURNED):
        first = next((place for place in later if shown[place].section.key == key), None)
        gives = [place for place in today if shown[place].section.key in _YIELDS and shown[place].matter.urgency not in PRESSING]
        if first is not None and gives and not any(shown[place].section.key == key for place in today):
            today = [place for place in today if place != gives[-1]] + [first]
    return sorted(today)


_CHANCE, _TURNED, _ANSWER = "candidate", "turned", "answer"
_YIELDS = frozenset({CALL, _ANSWER})


@dataclass(frozen=True, slots=True)
class _Found:
    """A matter with its section and person, ready to be ranked."""

    section: Section
    matter: Matter
    facts: PersonFacts
    due: date | None
    """By the reader's calendar."""
    others: int = 0
    """Strangers whose complaint is the same, and who are told with this one."""

    @property
    def rank(self) -> tuple[object, ...]:
        """Section, grade, the day on which it is due, how many say the same, weight, who spoke last; the id makes it total.

        Not the hour: who came first that day is no more urgent than a customer whom thousands hear.
        """
        spoke = self.facts.quotes[0].said_at.timestamp() if self.facts.quotes else 0.0
        return (
            SECTIONS.index(self.section),
            self.matter.grade,
            self.due.toordinal() if self.due else float("inf"),
            -self.others,
            -self.matter.weight,
            -spoke,
            self.facts.person_id,
            self.facts.brand,
        )


def _once_each(ranked: Sequence[list[_Found]], spikes: Sequence[SpikeIncident]) -> list[list[_Found]]:
    """Strangers who complain of one thing are told once, by the first of them."""
    leaders: dict[Hashable, int] = {}
    told: list[list[_Found]] = []
    for found in ranked:
        first = found[0]
        why = (
            cause(first.facts, first.matter.case.mention_ids, spikes)
            if first.section.key == _ANSWER and first.matter.case
            else None
        )
        if why is not None and (place := leaders.setdefault(why, len(told))) < len(told):
            told[place][0] = replace(told[place][0], others=told[place][0].others + 1)
        else:
            told.append(list(found))
    return sorted(told, key=lambda found: found[0].rank)


def _found(section: Section, matter: Matter, facts: PersonFacts, window: Window) -> _Found:
    due = matter.case.due_at if matter.case else None
    return _Found(section, matter, facts, window.on(due) if due else None)


def _by_person(people: Sequence[PersonFacts], window: Window) -> Iterator[list[_Found]]:
    """Each person's matters, of all brands, the most urgent first; people without any are left out."""
    found: dict[int, list[_Found]] = {}
    for facts in people:
        for section in SECTIONS:
            if matter := section.find(facts, window):
                found.setdefault(facts.person_id, []).append(_found(section, matter, facts, window))
    for matters in found.values():
        yield sorted(matters, key=lambda item: item.rank)


def _entry(found: Sequence[_Found], window: Window, brands: Mapping[str, str], quotes: int, *, asked: bool, card: bool) -> Entry:
    first, *rest = found
    facts, matter = first.facts, first.matter
    todo = matter.todo if asked and matter.todo else Todo("")
    room, number = (ON_CARD, quotes) if card else (IN_ROW, quotes if asked or not first.section.cards else 0)
    lines = tuple(_quoted(each, window.tz, room) for each in _telling(first)[:number])
    rests = card and (first.section.rests or not any(line.text for line in lines))
    return Entry(
        person_id=facts.person_id,
        section=first.section.key,
        urgency=matter.urgency,
        status=one_line(matter.status, 80),
        brand=_brand(facts.brand, brands),
        name=one_line(facts.name, 80) or "(no name)",
        job_title=_short(facts.job_title),
        company=_short(facts.company),
        segment=_short(facts.segment),
        owner=_short(facts.owner),
        contact_id=_short(facts.contact_id),
        do_not_contact=facts.do_not_contact,
        reach=facts.reach,
        standing=standing_short(facts),
        why=one_line(facts.standing.why, 160) if facts.standing and rests else "",
        evidence=evidence_short(facts),
        step=one_line(matter.step, 200),
        command=_command(matter),
        quotes=lines,
        also=tuple(_also(first, rest, brands)),
        todo=one_line(todo.verb, 100),
        todo_end=f"{f' and {first.others:,} more' if first.others and todo.verb else ''}{todo.end}",
        todo_why=one_line(todo.why, 100),
        brief=not card,
    )


def _quoted(quote: Quote, tz: tzinfo, room: int) -> QuoteLine:
    """Of praise and blame in one breath both are quoted."""
    room = OF_BOTH if quote.label is Label.MIXED else room
    return replace(quote_line(quote, tz, room), where=where_short(quote))


def _short(text: str | None) -> str | None:
    return (one_line(text, 80) or None) if text else None


def _brand(key: str, brands: Mapping[str, str]) -> str:
    return one_line(brands.get(key, key), 60)


def _command(matter: Matter) -> str:
    if matter.case is None:
        return ""
    if matter.action is None:
        return f"listener cases show {matter.case.case_id}"
    return f"listener cases decide {matter.case.case_id} {matter.action}"


def _also(first: _Found, rest: Sequence[_Found], brands: Mapping[str, str]) -> Iterator[str]:
    """Who says the same; the person's further matters: that they spoke, or that a case moved, is news only of a brand not yet
    told of."""
    if first.others:
        yield same_words(first.others)
    told = {first.facts.brand}
    for found in rest:
        if found.section.key in {"heard", "changed"} and found.facts.brand in told:
            continue
        told.add(found.facts.brand)
        case = f", case {found.matter.case.case_id}" if found.matter.case else ""
        yield f"{found.section.title}: {one_line(found.matter.status, 80)} ({_brand(found.facts.brand, brands)}{case})"


def _telling(found: _Found) -> list[Quote]:
    case = found.matter.case
    return telling(found.facts.quotes, found.matter.quotes, frozenset(case.mention_ids) if case else frozenset())


def _counts(facts: DigestFacts, people: Sequence[PersonFacts], window: Window) -> Counts:
    spoke = {person.person_id for person in people if _is_customer(person) and heard(person, window)}
    return Counts(
        mentions=facts.mentions,
        customers=len(spoke),
        unmatched=facts.unmatched,
        own_side=facts.own_side,
        unscored=facts.unscored,
        labels={label: facts.labels[label] for label in Label if facts.labels.get(label)},
        unsure=facts.unsure,
        stories=facts.stories,
    )


def _is_customer(person: PersonFacts) -> bool:
    return person.contact_id is not None or any(found.case.kind is CaseKind.HEARD for found in person.cases)


def _title(names: Sequence[str]) -> str:
    clean = [one_line(name, 60) for name in names]
    return ", ".join(clean) if len(clean) <= 3 else f"{len(clean)} brands"
