"""From the facts of a window to the digest: one matter a person, ranked, worded, bounded in length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from listener.allowances import Spent, spent_words
from listener.core.analysis import Label
from listener.core.cases import CaseKind
from listener.core.mention import normal_text
from listener.core.plain import one_line, web_link
from listener.core.telling import Coverage, DigestFacts, Health, PersonFacts, Quote, Theme
from listener.core.times import as_utc
from listener.digest.gist import hidden_lines, theme_lines, topic_lines
from listener.digest.model import Counts, CoverageLine, Digest, Entry, HeardLine, QuoteLine
from listener.digest.sections import SECTIONS, Matter, Section, Window, heard
from listener.digest.words import (
    coverage_words,
    evidence_words,
    excerpt,
    notice_words,
    standing_words,
    verdict_words,
    where_words,
)
from listener.timewords import lost_words, when_words

PEOPLE = 10
"""Read in under a minute: more is a list, not a digest."""
FIRST_OF_SECTION = 2
"""So many people of each section are shown before any section fills the rest: calls must not hide the candidates."""
QUOTES = 2
SOURCES = 14
"""Coverage lines; sources with gaps go first, so that what is cut off was heard."""
HEARD_APART = 6
"""So many sources that were simply heard have lines of their own; more of them share one."""
HEARD_NAMED = 12
"""So many of those that share a line are named in it."""


def build_digest(
    facts: DigestFacts,
    day: date,
    tz: tzinfo,
    brands: Mapping[str, str],
    *,
    only: str | None = None,
    people: int = PEOPLE,
    quotes: int = QUOTES,
    spent: Mapping[str, Sequence[Spent]] | None = None,
    resumes: Mapping[str, datetime] | None = None,
    topics: Mapping[tuple[str, str], str] | None = None,
    themes: Sequence[Theme] = (),
) -> Digest:
    """The digest of ``day`` in the reader's zone.

    ``brands`` maps the keys of the configured brands to their names. With ``only`` people of other brands are left out; the
    counts and the coverage are of all brands nevertheless, as every source is heard for all. ``spent`` and ``resumes`` say, by
    source, what was used of its allowances and when a paused one goes on. ``topics`` maps brand and key of the configured topics
    to their names; ``themes`` recur in what was said.
    """
    window = Window(as_utc(facts.since), as_utc(facts.until), day, tz)
    chosen = [person for person in facts.people if only in {None, person.brand}]
    ranked = sorted(_by_person(chosen, window), key=lambda found: found[0].rank)
    shown = _shown(ranked, people)
    hidden = Counter(found[0].section.key for found in ranked) - Counter(found[0].section.key for found in shown)
    lines = sorted(
        (
            _coverage(line, day, tz, (spent or {}).get(line.source, ()), (resumes or {}).get(line.source))
            for line in facts.coverage
        ),
        key=lambda line: (_GAPS.index(line.health), not line.lost, line.source),
    )
    told, heard_line = _heard_together(lines)
    return Digest(
        day=day,
        zone=str(tz),
        since=facts.since.astimezone(tz),
        until=facts.until.astimezone(tz),
        brand=only or "all",
        title=_title([brands[only]] if only else list(brands.values())),
        counts=_counts(facts, chosen, window),
        people=tuple(_entry(first, rest, window, brands, quotes) for first, *rest in shown),
        more=dict(hidden),
        coverage=tuple(told[:SOURCES]),
        coverage_heard=heard_line,
        coverage_more=len(told[SOURCES:]),
        coverage_more_gaps=sum(not line.is_whole for line in told[SOURCES:]),
        topics=topic_lines(facts.topics, topics or {}, brands, only),
        themes=theme_lines(themes),
        hidden=hidden_lines(facts, tz),
    )


_GAPS = (Health.FAILED, Health.PAUSED, Health.PARTIAL, Health.WAITING, Health.DISABLED, Health.OK)
"""What the reader most needs to know first."""


def _shown(ranked: Sequence[list[_Found]], people: int) -> list[list[_Found]]:
    """At most so many people, by rank; but a busy section leaves room for the first ones of the others."""
    of_section: Counter[str] = Counter()
    first: list[int] = []
    for place, found in enumerate(ranked):
        of_section[found[0].section.key] += 1
        if of_section[found[0].section.key] <= FIRST_OF_SECTION:
            first.append(place)
    rest = [place for place in range(len(ranked)) if place not in first]
    return [ranked[place] for place in sorted([*first, *rest][:people])]


@dataclass(frozen=True, slots=True)
class _Found:
    """A matter with its section and person, ready to be ranked."""

    section: Section
    matter: Matter
    facts: PersonFacts

    @property
    def rank(self) -> tuple[object, ...]:
        """Section, grade, what is due first, weight, who spoke last; the id makes the order total."""
        due = self.matter.case.due_at if self.matter.case else None
        spoke = self.facts.quotes[0].said_at.timestamp() if self.facts.quotes else 0.0
        return (
            SECTIONS.index(self.section),
            self.matter.grade,
            due.timestamp() if due else float("inf"),
            -self.matter.weight,
            -spoke,
            self.facts.person_id,
            self.facts.brand,
        )


def _by_person(people: Sequence[PersonFacts], window: Window) -> Iterator[list[_Found]]:
    """Each person's matters, of all brands, the most urgent first; people without any are left out."""
    found: dict[int, list[_Found]] = {}
    for facts in people:
        for section in SECTIONS:
            if matter := section.find(facts, window):
                found.setdefault(facts.person_id, []).append(_Found(section, matter, facts))
    for matters in found.values():
        yield sorted(matters, key=lambda item: item.rank)


def _entry(first: _Found, rest: Sequence[_Found], window: Window, brands: Mapping[str, str], quotes: int) -> Entry:
    facts, matter = first.facts, first.matter
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
        standing=standing_words(facts),
        why=one_line(facts.standing.why, 160) if facts.standing else "",
        evidence=evidence_words(facts),
        step=one_line(matter.step, 200),
        command=_command(matter),
        quotes=tuple(_quote(quote, window.tz) for quote in _telling(first)[:quotes]),
        also=tuple(_also(first, rest, brands)),
    )


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
    """The person's further matters; that they spoke, or that a case moved, is news only of a brand not yet told of."""
    told = {first.facts.brand}
    for found in rest:
        if found.section.key in {"heard", "changed"} and found.facts.brand in told:
            continue
        told.add(found.facts.brand)
        case = f", case {found.matter.case.case_id}" if found.matter.case else ""
        yield f"{found.section.title}: {one_line(found.matter.status, 80)} ({_brand(found.facts.brand, brands)}{case})"


def _telling(found: _Found) -> list[Quote]:
    """The quotes in the order of what they tell about the matter, equal words once."""
    case = found.matter.case
    own = frozenset(case.mention_ids) if case else frozenset()
    ordered = sorted(
        found.facts.quotes,
        key=lambda quote: (
            bool(found.matter.quotes) and quote.label not in found.matter.quotes,
            quote.mention_id not in own,
            not quote.own_words,
            -quote.said_at.timestamp(),
            quote.mention_id,
        ),
    )
    first_of = {normal_text(quote.text): quote for quote in reversed(ordered)}
    return [quote for quote in ordered if first_of[normal_text(quote.text)] is quote]


def _quote(quote: Quote, tz: tzinfo) -> QuoteLine:
    alias = one_line(quote.alias, 80)
    return QuoteLine(
        mention_id=quote.mention_id,
        text=(excerpt(quote.text, alias) or excerpt(quote.title or "", alias)) if quote.may_quote else "",
        alias=alias,
        label=quote.label,
        verdict=verdict_words(quote),
        said_at=quote.said_at.astimezone(tz),
        where=where_words(quote),
        url=web_link(quote.url),
    )


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
    """The lines to be told one by one, and one for all the sources of which there is nothing to say, where these are many."""
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
