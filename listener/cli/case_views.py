"""A case as people see it: a row of a sheet, and a page about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listener.cli.output import facts, jsonable, moment, paragraph, say
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.core.cases import Action, Case, Event
    from listener.core.people import Match
    from listener.core.telling import PersonFacts
    from storage.who import Identity


@dataclass(frozen=True, slots=True)
class Known:
    """A case and what is known about its person."""

    case: Case
    person: PersonFacts | None

    @property
    def name(self) -> str:
        return self.person.name if self.person else f"person {self.case.person_id}"

    @property
    def company(self) -> str:
        return (self.person.company or "") if self.person else ""


COLUMNS = (
    "case_id",
    "kind",
    "state",
    "brand",
    "contact_id",
    "name",
    "company",
    "job_title",
    "owner",
    "do_not_contact",
    "standing",
    "promoter_probability",
    "why",
    "opened_at",
    "due_at",
    "changed_at",
    "assignee",
    "snoozed_until",
    "last_said_at",
    "last_url",
)
"""A case on one line: the keys of ``--json`` and the columns of the export."""


def row_of(known: Known) -> dict[str, object]:
    case, person = known.case, known.person
    standing = person.standing if person else None
    last = person.quotes[0] if person and person.quotes else None
    values = (
        case.case_id,
        case.kind,
        case.state,
        case.brand,
        person and person.contact_id,
        known.name,
        known.company,
        person and person.job_title,
        person and person.owner,
        person.do_not_contact if person else None,
        standing and standing.stance,
        standing and standing.probability[0],
        standing and standing.why,
        case.opened_at,
        case.due_at,
        case.changed_at,
        case.assignee,
        case.snoozed_until,
        last and last.said_at,
        last and last.url,
    )
    return dict(zip(COLUMNS, map(jsonable, values), strict=True))


ACCOUNTS = 3
"""Of whom it is told in full how we know who they are."""


def print_case(known: Known, accounts: Sequence[Identity], events: Sequence[Event], actions: Sequence[Action]) -> None:
    """Everything about a case: its person, how we know who that is, what they said, its history and what can be decided."""
    facts(_lines(known.case, known.person))
    say()
    _who(accounts)
    say("What they said")
    _quotes(known.person)
    say()
    say("What happened")
    for event in events:
        facts([(moment(event.at), _event(event))])
    say()
    paragraph(f"Possible now: {', '.join(actions)}  (listener cases decide {known.case.case_id} ACTION)")


def _who(accounts: Sequence[Identity]) -> None:
    from listener.cli.identity_views import BITS, print_why, told

    matched = [one for one in accounts if one.customer is not None or (one.match and one.match.contact_id)]
    if not matched:
        return
    told(f"How we know who this is ({BITS})")
    for one in matched[:ACCOUNTS]:
        print_why(one)
        say()
    more = ", ".join(str(one.author_id) for one in matched[ACCOUNTS:])
    if more:
        told(f"And authors {more}: listener identities explain AUTHOR")
        say()


def _lines(case: Case, person: PersonFacts | None) -> Iterator[tuple[str, str | None]]:
    yield "case", f"{case.case_id}: {case.kind}, {case.state}"
    yield "brand", case.brand
    if person:
        from listener.digest.words import standing_words

        yield "person", ", ".join(part for part in (person.name, person.job_title, person.company) if part)
        yield (
            "customer",
            f"{person.contact_id}" + (", DO NOT CONTACT" if person.do_not_contact else "") if person.contact_id else None,
        )
        yield "owner", person.owner
        yield "how we know", _known_words(person.match, person.contact_id)
        yield "standing", standing_words(person)
        yield "why", person.standing.why if person.standing else None
    yield "opened", moment(case.opened_at)
    yield "due", moment(case.due_at, "")
    yield "assignee", case.assignee
    yield "snoozed until", moment(case.snoozed_until, "")


def _known_words(match: Match | None, contact_id: str | None) -> str:
    """How we know who this is, or that we do not: how sure it is, and what speaks for it most."""
    from listener.core.people import Outcome
    from listener.identities import SHOWN, by_hand, strongest, sure_words, verdict_words

    if match is None:
        return "listed in the CRM" if contact_id else "no known customer"
    if match.outcome is Outcome.NONE or match.contact_id is None:
        return verdict_words(match, ())
    if by_hand(match):
        return "linked by hand"
    perhaps = "perhaps a customer, to be checked; " if match.outcome is Outcome.REVIEW else ""
    return (
        f"{perhaps}{sure_words(match.probability)}: {', '.join(one_line(each.what, SHOWN) for each in strongest(match.evidence))}"
    )


def _quotes(person: PersonFacts | None) -> None:
    from listener.digest.words import excerpt, verdict_words, where_words

    quotes = person.quotes if person else ()
    if not quotes:
        say("  (nothing is kept of it)")
    for quote in quotes:
        heading = f"{verdict_words(quote)}; {where_words(quote)}; mention {quote.mention_id}"
        paragraph(heading, f"  {moment(quote.said_at)}  ")
        paragraph(excerpt(quote.text, quote.alias) if quote.may_quote else "(the source's terms do not allow quoting it)", "    ")
        if quote.url:
            say(f"    {one_line(quote.url)}")


def _event(event: Event) -> str:
    done = f"{event.action} by {event.actor}" if event.action else f"{event.kind}"
    return f"{done}: now {event.state}" + (f"; {event.reason}" if event.reason else "")
