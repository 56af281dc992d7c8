"""What a reader needs to know to decide about a person: shared by the digest and the case list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from listener.core.analysis import Label
from listener.core.cases import Case, CaseState, Event
from listener.core.deletions import is_hidden
from listener.core.people import Customer, Match, Outcome
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, PersonFacts, Quote
from storage.database import batches
from storage.due import OURS
from storage.near_tables import TOLD, near_stories
from storage.policies import Policies
from storage.rows import of_brand, to_customer, to_event, to_match
from storage.standings import Pair, cases_of, current_standings
from storage.tables import analysis_targets, authors, case_events, cases, customers, matches, mentions, people, standings

QUOTES = 5
"""Mentions quoted for each person and brand."""
OF_CASE = 2
"""So many of the newest mentions that an open case rests on are always among them."""
LENGTH = 280
"""Characters quoted of a text in which no sentence decided."""

CLOSED = frozenset({CaseState.RESOLVED, CaseState.DISMISSED, CaseState.LAPSED})


def person_facts(
    connection: Connection, pairs: Sequence[Pair], since: datetime, until: datetime, policies: Policies
) -> list[PersonFacts]:
    """The facts of each (person, brand), in order, with the events in the window. Erased people are left out.

    ``until`` is now, as far as quoting is concerned.
    """
    persons = {person for person, _ in pairs}
    known = _customers(connection, persons)
    accounts = _accounts(connection, persons)
    standing = current_standings(connection, persons)
    before = _stances_before(connection, persons, since)
    their_cases = cases_of(connection, persons)
    events = _events(connection, persons, since, until)
    quotes = _quotes(connection, pairs, their_cases, since, until, policies)
    found = []
    for person, brand in pairs:
        if person not in known:
            continue
        customer = known[person]
        match = _best_match(accounts[person])
        followers = [row.followers for row in accounts[person] if row.followers is not None]
        found.append(
            PersonFacts(
                person_id=person,
                brand=brand,
                name=_name(customer, accounts[person], person),
                company=(customer.company if customer else "") or (match.account if match else None),
                contact_id=customer.contact_id if customer else None,
                job_title=customer.title if customer else None,
                owner=customer.owner if customer else None,
                segment=customer.segment if customer else None,
                do_not_contact=customer.do_not_contact if customer else False,
                standing=standing[person, brand][1] if (person, brand) in standing else None,
                stance_before=before.get((person, brand)),
                match=match,
                platforms=tuple(sorted({row.platform for row in accounts[person]})),
                reach=max(followers, default=None),
                quotes=tuple(quotes.get((person, brand), ())),
                cases=tuple(CaseFacts(case, tuple(events[case.case_id])) for case in their_cases.get((person, brand), ())),
            )
        )
    return found


def _customers(connection: Connection, person_ids: Iterable[int]) -> dict[int, Customer | None]:
    found: dict[int, Customer | None] = {}
    for ids in batches(person_ids):
        query = select(people.c.id.label("person_id"), customers)
        query = query.outerjoin(customers, customers.c.id == people.c.customer_id).where(people.c.id.in_(ids))
        for row in connection.execute(query):
            found[row.person_id] = to_customer(row) if row.id is not None else None
    return found


def _accounts(connection: Connection, person_ids: Iterable[int]) -> dict[int, list[Any]]:
    """The people's authors, each with its match if it has one, the last heard first."""
    names = (authors.c.person_id, authors.c.platform, authors.c.display_name, authors.c.handle, authors.c.followers)
    found: dict[int, list[Any]] = defaultdict(list)
    for ids in batches(person_ids):
        query = select(*names, matches).outerjoin(matches, matches.c.author_id == authors.c.id)
        query = query.where(authors.c.person_id.in_(ids)).order_by(authors.c.last_heard_at.desc(), authors.c.id)
        for row in connection.execute(query):
            found[row.person_id].append(row)
    return found


def _best_match(accounts: Iterable[Any]) -> Match | None:
    found = [to_match(row) for row in accounts if row.outcome is not None]
    return max(found, key=lambda match: (match.outcome == Outcome.LINK, match.probability), default=None)


def _name(customer: Customer | None, accounts: Iterable[Any], person: int) -> str:
    if customer:
        return customer.name or customer.contact_id
    names = (row.display_name or row.handle for row in accounts)
    return next((name for name in names if name), f"person {person}")


def _stances_before(connection: Connection, person_ids: Iterable[int], moment: datetime) -> dict[Pair, Stance]:
    found: dict[Pair, Stance] = {}
    for ids in batches(person_ids):
        query = select(standings.c.person_id, standings.c.brand, standings.c.stance)
        query = query.where(standings.c.person_id.in_(ids), standings.c.recorded_at <= moment)
        for row in connection.execute(query.order_by(standings.c.recorded_at, standings.c.id)):
            found[row.person_id, row.brand] = Stance(row.stance)
    return found


def _events(connection: Connection, person_ids: Iterable[int], since: datetime, until: datetime) -> Mapping[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for ids in batches(person_ids):
        query = select(case_events).join(cases, cases.c.id == case_events.c.case_id).where(cases.c.person_id.in_(ids))
        query = query.where(case_events.c.at > since, case_events.c.at <= until)
        for row in connection.execute(query.order_by(case_events.c.id)):
            found[row.case_id].append(to_event(row))
    return found


# --------------------------------------------------------------------------------------------------------- quotes


def _quotes(
    connection: Connection,
    pairs: Sequence[Pair],
    their_cases: Mapping[Pair, Sequence[Case]],
    since: datetime,
    until: datetime,
    policies: Policies,
) -> dict[Pair, list[Quote]]:
    """Newest first: what was heard in the window, or the latest where nothing was; and what open cases rest on."""
    said = _said(connection, {person for person, _ in pairs})
    chosen: dict[Pair, list[int]] = {}
    for pair in pairs:
        rows = said.get(pair, [])
        fresh = [row for row in rows if since < row.heard_at <= until] or rows
        of_cases = {
            mention for case in their_cases.get(pair, ()) if case.state not in CLOSED for mention in case.mention_ids[-OF_CASE:]
        }
        newest = {row.mention_id for row in fresh[:QUOTES]}
        chosen[pair] = [row.mention_id for row in rows if row.mention_id in newest | of_cases]
    targets = _targets(connection, {mention for ids in chosen.values() for mention in ids})
    return {
        (person, brand): [_quote(of_brand(targets[mention, brand]), policies, until) for mention in ids]
        for (person, brand), ids in chosen.items()
    }


def _said(connection: Connection, person_ids: Iterable[int]) -> dict[Pair, list[Any]]:
    """Which mentions of each person speak of each brand, newest first: ids and times only."""
    found: dict[Pair, list[Any]] = defaultdict(list)
    for ids in batches(person_ids):
        query = (
            select(
                authors.c.person_id,
                analysis_targets.c.brand,
                mentions.c.id.label("mention_id"),
                mentions.c.heard_at,
                mentions.c.said_at,
            )
            .join(mentions, mentions.c.author_id == authors.c.id)
            .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
            .where(authors.c.person_id.in_(ids), mentions.c.about_us, analysis_targets.c.kind.in_(OURS))
            .distinct()
            .order_by(mentions.c.said_at.desc(), mentions.c.id.desc())
        )
        for row in connection.execute(query):
            found[row.person_id, row.brand].append(row)
    return found


_SHOWN = select(
    mentions.c.said_at,
    mentions.c.platform,
    mentions.c.source,
    mentions.c.policy,
    mentions.c.url,
    mentions.c.title,
    mentions.c.text,
    mentions.c.own_words,
    mentions.c.heard_at,
    mentions.c.confirmed_at,
    TOLD,
    analysis_targets,
)
_SHOWN = _SHOWN.join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
_SHOWN = _SHOWN.outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)


def quotes_of(
    connection: Connection, wanted: Iterable[tuple[int, str]], policies: Policies, now: datetime
) -> dict[tuple[int, str], Quote]:
    """What each mention says of each brand, as it may be shown at ``now``; those that say nothing of it are left out."""
    pairs = set(wanted)
    found = _targets(connection, {mention for mention, _ in pairs})
    return {pair: _quote(of_brand(targets), policies, now) for pair, targets in found.items() if pair in pairs}


def _targets(connection: Connection, mention_ids: Iterable[int]) -> dict[tuple[int, str], list[Any]]:
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for ids in batches(mention_ids):
        query = _SHOWN.where(mentions.c.id.in_(ids), analysis_targets.c.kind.in_(OURS))
        for row in connection.execute(query.order_by(analysis_targets.c.position)):
            found[row.mention_id, row.brand].append(row)
    return found


def _quote(row: Any, policies: Policies, now: datetime) -> Quote:
    """The quote as it may be shown at ``now``: without words and address where nobody lately saw that the post is still there."""
    policy = policies.of(row.policy)
    hidden = policy is not None and is_hidden(policy, row.confirmed_at or row.heard_at, now)
    text = "" if hidden else _as_written(row.evidence, row.text) or _beginning(row.text)
    return Quote(
        mention_id=row.mention_id,
        text=text,
        alias=row.alias if row.alias in text else "",
        label=Label(row.label),
        unsure=row.unsure,
        said_at=row.said_at,
        platform=row.platform,
        source=row.source,
        url=None if hidden else row.url,
        title=None if hidden else row.title,
        may_quote=policies.may_quote(row.policy) and not hidden,
        own_words=row.own_words,
        reason=row.reason,
        story=row.story,
    )


def _as_written(sentences: Sequence[str], text: str) -> str:
    """The sentences with a space between them, and with none where the text has none: ``<!channel>`` stays in one piece."""
    joined = ""
    for before, sentence in zip(("", *sentences), sentences, strict=False):
        joined += sentence if not before or before + sentence in text else f" {sentence}"
    return joined


def _beginning(text: str) -> str:
    return text if len(text) <= LENGTH else text[: LENGTH - 1].rstrip() + "…"
