"""Judging's queue: people whose standing is due, with everything they said; standings and case changes in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from listener.core.analysis import Intent
from listener.core.cases import Case, CaseChange
from listener.core.standing import JudgeJob, Opinion, Standing
from listener.core.times import as_utc, midnight
from storage.casebook import apply_changes
from storage.database import Database, batches
from storage.due import OURS, outdated
from storage.near_tables import TOLD, near_stories
from storage.rows import of_brand, standing_row, to_case, to_sentiment, to_standing
from storage.tables import (
    analyses,
    analysis_targets,
    authors,
    cases,
    judge_queue,
    judgements,
    matches,
    mentions,
    people,
    standings,
)

Pair = tuple[int, str]
"""A person and a brand."""


class Standings:
    """Implements ``StandingBook``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending_standings(self, as_of: datetime, fingerprint: str, limit: int) -> Sequence[JudgeJob]:
        """Whose standing is due: new facts first, then a change by decay, then those judged by another fingerprint.

        Who was judged as of that day is not due again by decay, whatever was foretold.
        """
        with self._database.read() as connection:
            pairs = _due(connection, as_utc(as_of), fingerprint, limit)
            return _jobs(connection, pairs)

    def queued_of(self, person_ids: Collection[int]) -> Sequence[JudgeJob]:
        """What is due of these people because a fact changed."""
        with self._database.read() as connection:
            pairs: list[Pair] = []
            for ids in batches(sorted(person_ids)):
                rows = connection.execute(select(judge_queue).where(judge_queue.c.person_id.in_(ids)))
                pairs += [(row.person_id, row.brand) for row in rows]
            return _jobs(connection, sorted(pairs))

    def save_standings(
        self, done: Sequence[tuple[JudgeJob, Standing | None, Sequence[CaseChange]]], fingerprint: str, now: datetime
    ) -> None:
        """Write the judgements, a line of history where a standing changed, and carry out the case changes.

        A person of whom somebody decided a case since the job was read is left in the queue: the decision counts, and they are
        judged again with it.
        """
        with self._database.write() as connection:
            there = _existing(connection, {job.person_id for job, _, _ in done})
            cases_now = _cases_now(connection, there)
            done = [
                item
                for item in done
                if item[0].person_id in there
                and cases_now.get((item[0].person_id, item[0].brand), set()) == {_as_known(case) for case in item[0].cases}
            ]
            current = current_standings(connection, there)
            ids = {pair: standing_id for pair, (standing_id, _) in current.items()}
            news = [
                (pair, standing)
                for job, standing, _ in done
                if standing is not None and _differs(current.get(pair := (job.person_id, job.brand)), standing)
            ]
            rows = []
            for (pair, standing), standing_id in zip(news, self._database.reserve(connection, standings, len(news)), strict=True):
                ids[pair] = standing_id
                rows.append({**standing_row(*pair, standing, now), "id": standing_id})
            self._database.add(connection, standings, rows)
            self._judge(connection, done, ids, fingerprint, now)
            apply_changes(self._database, connection, [change for _, _, changes in done for change in changes])

    def _judge(
        self,
        connection: Connection,
        done: Sequence[tuple[JudgeJob, Standing | None, Sequence[CaseChange]]],
        ids: dict[Pair, int],
        fingerprint: str,
        now: datetime,
    ) -> None:
        rows = [
            {
                "person_id": job.person_id,
                "brand": job.brand,
                "fingerprint": fingerprint,
                "as_of": standing.as_of if standing else midnight(now),
                "next_change_at": standing.next_change_at if standing else None,
                "standing_id": ids[job.person_id, job.brand] if standing else None,
            }
            for job, standing, _ in done
        ]
        self._database.put(connection, judgements, rows, update=("fingerprint", "as_of", "next_change_at", "standing_id"))
        statement = delete(judge_queue).where(
            judge_queue.c.person_id == bindparam("person"), judge_queue.c.brand == bindparam("of_brand")
        )
        for batch in batches(done):
            connection.execute(statement, [{"person": job.person_id, "of_brand": job.brand} for job, _, _ in batch])


def _as_known(case: Case) -> tuple[int, str, datetime, str | None]:
    return case.case_id, case.state.value, case.changed_at, case.assignee


def _cases_now(connection: Connection, person_ids: Iterable[int]) -> dict[Pair, set[tuple[int, str, datetime, str | None]]]:
    """How the people's cases stand, in the form of ``_as_known``."""
    found: dict[Pair, set[tuple[int, str, datetime, str | None]]] = {}
    for ids in batches(person_ids):
        for row in connection.execute(select(cases).where(cases.c.person_id.in_(ids))):
            found.setdefault((row.person_id, row.brand), set()).add((row.id, row.state, row.changed_at, row.assignee))
    return found


def current_standings(connection: Connection, person_ids: Iterable[int]) -> dict[Pair, tuple[int, Standing]]:
    """The latest standing of each of the people toward each brand, with its id in the history."""
    found: dict[Pair, tuple[int, Standing]] = {}
    for ids in batches(person_ids):
        query = select(standings, judgements.c.next_change_at).join(judgements, judgements.c.standing_id == standings.c.id)
        for row in connection.execute(query.where(judgements.c.person_id.in_(ids))):
            found[row.person_id, row.brand] = (row.id, to_standing(row, row.next_change_at))
    return found


def _differs(known: tuple[int, Standing] | None, standing: Standing) -> bool:
    """Whether there is more to say than that another day has passed."""
    if known is None:
        return True
    _, before = known
    return replace(before, as_of=standing.as_of, next_change_at=standing.next_change_at) != standing


def _existing(connection: Connection, person_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for ids in batches(person_ids):
        found.update(connection.scalars(select(people.c.id).where(people.c.id.in_(ids))))
    return found


def _due(connection: Connection, as_of: datetime, fingerprint: str, limit: int) -> list[Pair]:
    queued = select(judge_queue).order_by(judge_queue.c.person_id, judge_queue.c.brand).limit(limit)
    pairs = {(row.person_id, row.brand): None for row in connection.execute(queued)}
    judged = select(judgements.c.person_id, judgements.c.brand)
    decayed = judged.where(judgements.c.next_change_at <= as_of, judgements.c.as_of < as_of).order_by(judgements.c.next_change_at)
    for row in connection.execute(decayed.limit(limit - len(pairs))):
        pairs[row.person_id, row.brand] = None
    for row in outdated(connection, judged, judgements.c.fingerprint, fingerprint, limit - len(pairs)):
        pairs[row.person_id, row.brand] = None
    return list(pairs)


def _jobs(connection: Connection, pairs: Sequence[Pair]) -> list[JudgeJob]:
    persons = {person for person, _ in pairs}
    opinions = _opinions(connection, persons)
    before = current_standings(connection, persons)
    open_cases = cases_of(connection, persons)
    customers, own_side = _flags(connection, persons)
    moved = _moved(connection, open_cases, opinions)
    return [
        JudgeJob(
            person_id=person,
            brand=brand,
            opinions=tuple(opinions.get((person, brand), ())),
            previous=before[person, brand][1] if (person, brand) in before else None,
            cases=tuple(open_cases.get((person, brand), ())),
            customer=person in customers,
            own_side=person in own_side,
            moved=moved.get((person, brand), frozenset()),
        )
        for person, brand in pairs
    ]


def cases_of(connection: Connection, person_ids: Iterable[int]) -> dict[Pair, list[Case]]:
    """All cases of the people, closed ones included."""
    found: dict[Pair, list[Case]] = defaultdict(list)
    for ids in batches(person_ids):
        for row in connection.execute(select(cases).where(cases.c.person_id.in_(ids)).order_by(cases.c.id)):
            found[row.person_id, row.brand].append(to_case(row))
    return found


def _moved(
    connection: Connection, their_cases: Mapping[Pair, Sequence[Case]], opinions: Mapping[Pair, Sequence[Opinion]]
) -> dict[Pair, frozenset[int]]:
    """Of the mentions that the people's cases rest on, those whose author is another person now."""
    said = {pair: {opinion.mention_id for opinion in theirs} for pair, theirs in opinions.items()}
    missing = {
        pair: {number for case in theirs for number in case.mention_ids} - said.get(pair, set())
        for pair, theirs in their_cases.items()
    }
    person_of: dict[int, int] = {}
    for ids in batches({number for numbers in missing.values() for number in numbers}):
        query = select(mentions.c.id, authors.c.person_id).join(authors, authors.c.id == mentions.c.author_id)
        person_of.update((row.id, row.person_id) for row in connection.execute(query.where(mentions.c.id.in_(ids))))
    return {
        pair: frozenset(number for number in numbers if person_of.get(number, pair[0]) != pair[0])
        for pair, numbers in missing.items()
    }


def _flags(connection: Connection, person_ids: Iterable[int]) -> tuple[set[int], set[int]]:
    """Which of the people are known customers, and which are on our own side."""
    customers: set[int] = set()
    own_side: set[int] = set()
    for ids in batches(person_ids):
        query = select(people.c.id).where(people.c.id.in_(ids), people.c.customer_id.is_not(None))
        customers.update(connection.scalars(query))
        ours = select(authors.c.person_id).join(matches, matches.c.author_id == authors.c.id)
        own_side.update(connection.scalars(ours.where(authors.c.person_id.in_(ids), matches.c.own_side)))
    return customers, own_side


def _opinions(connection: Connection, person_ids: Iterable[int]) -> dict[Pair, list[Opinion]]:
    """What each person said about each brand, oldest first."""
    found: dict[Pair, list[Opinion]] = defaultdict(list)
    for ids in batches(person_ids):
        by_pair: dict[tuple[int, str, int], list[Any]] = defaultdict(list)
        for row in connection.execute(_SAID.where(authors.c.person_id.in_(ids))):
            by_pair[row.person_id, row.brand, row.mention_id].append(row)
        for (person, brand, _), targets in by_pair.items():
            found[person, brand].append(_opinion(targets))
    return found


_SAID = (
    select(
        authors.c.person_id,
        TOLD.element.label("story_id"),
        mentions.c.said_at,
        mentions.c.rating,
        mentions.c.platform,
        mentions.c.own_words,
        mentions.c.history,
        analyses.c.intents,
        analysis_targets,
    )
    .join(mentions, mentions.c.author_id == authors.c.id)
    .join(analyses, analyses.c.mention_id == mentions.c.id)
    .join(analysis_targets, analysis_targets.c.mention_id == mentions.c.id)
    .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
    .where(mentions.c.about_us, analysis_targets.c.kind.in_(OURS))
    .order_by(mentions.c.said_at, mentions.c.id, analysis_targets.c.position)
)


def _opinion(targets: Sequence[Any]) -> Opinion:
    row = of_brand(targets)
    return Opinion(
        mention_id=row.mention_id,
        story_id=row.story_id,
        said_at=row.said_at,
        sentiment=to_sentiment(row),
        intents=tuple(Intent(intent) for intent in row.intents),
        rating=row.rating,
        platform=row.platform,
        own_words=row.own_words,
        history=row.history,
    )
