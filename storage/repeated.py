"""What is held against a brand in words of one's own: for finding critiques that several people put differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from listener.core.alert_ports import Blame, PhraseUse, StoryFacts
from listener.core.analysis import Label
from listener.core.mention import normal_text
from listener.core.telling import Quote
from listener.core.times import as_utc
from storage.alert_facts import alerts_since
from storage.database import Database, batches
from storage.facts import quotes_of
from storage.gist import LONGEST
from storage.near_tables import TOLD, near_stories
from storage.policies import Policies
from storage.series import said_of, surely
from storage.spikes import first_of_each
from storage.tables import analyses, authors, mentions, people

NEWEST = 1_000
"""Posts that are read of a brand at a time."""
QUOTES = 3


class Repeated:
    """Implements ``BlameBook``."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    def blame(self, brand: str, since: datetime, until: datetime) -> Sequence[Blame]:
        """What was negative, sure or not, in own English words that may be quoted, by others than our own side: the newest first.

        Neither history nor what was said before the store had alerts is any of it.
        """
        with self._database.read() as connection:
            said = said_of([brand], _begun(connection, since), as_utc(until), ~mentions.c.history, mentions.c.own_words)
            query = (
                select(said.c.id, said.c.person_id, TOLD, mentions.c.policy)
                .add_columns(func.substr(mentions.c.text, 1, LONGEST).label("words"))
                .join(mentions, mentions.c.id == said.c.id)
                .join(analyses, analyses.c.mention_id == said.c.id)
                .outerjoin(near_stories, near_stories.c.story_id == mentions.c.story_id)
                .where(said.c.label == Label.NEGATIVE.value, or_(analyses.c.language.is_(None), analyses.c.language == "en"))
                .order_by(said.c.said_at.desc(), said.c.id.desc())
                .limit(NEWEST)
            )
            rows = connection.execute(query).all()
        return [Blame(row.id, row.person_id, row.story, row.words) for row in rows if self._policies.may_quote(row.policy)]

    def phrase_use(self, brand: str, words: Sequence[str], since: datetime, until: datetime, before: timedelta) -> PhraseUse:
        """Who used these words, in this order, of the brand: in the window, and in so long a time before it."""
        since, until = as_utc(since), as_utc(until)
        pattern = "%" + "%".join(word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words) + "%"
        said = said_of([brand], since - before, until)
        person, now = said.c.person_id, said.c.said_at >= since
        used = select(
            func.count(case((now, person)).distinct()).label("people"),
            func.count(case((and_(now, said.c.label == Label.NEGATIVE.value), person)).distinct()).label("against"),
            func.count(case((and_(now, surely(said, Label.NEGATIVE)), person)).distinct()).label("surely"),
            func.count(case((~now, person)).distinct()).label("earlier"),
        ).join(mentions, mentions.c.id == said.c.id)
        with self._database.read() as connection:
            row = connection.execute(used.where(mentions.c.text.ilike(pattern, escape="\\"))).one()
            first = connection.scalar(select(func.min(said.c.said_at)))
        heard = since - as_utc(first) if first else timedelta()
        return PhraseUse(row.people, row.against, row.surely, row.earlier, max(heard, timedelta()))

    def said_in(self, brand: str, mention_ids: Collection[int], now: datetime) -> StoryFacts | None:
        """Those mentions as a story of the brand; quoted as they may be at ``now``. ``None`` where none of them is left."""
        with self._database.read() as connection:
            rows = _rows(connection, mention_ids)
            if not rows:
                return None
            quotes = _quotes(connection, brand, rows, self._policies, now)
        by_source = Counter(row.source for row in rows)
        followers = {row.author_id: row.followers for row in rows if row.followers is not None}
        return StoryFacts(
            story_id=0,
            brand=brand,
            authors=len({row.person_id for row in rows}),
            sources=tuple(sorted(by_source, key=lambda name: (-by_source[name], name))),
            mentions=len(rows),
            customers=len({row.person_id for row in rows if row.customer_id is not None}),
            reach=sum(followers.values()) if followers else None,
            first_said_at=rows[0].said_at,
            last_heard_at=max(row.heard_at for row in rows),
            label=Label.NEGATIVE,
            quotes=quotes,
        )


def _begun(connection: Connection, since: datetime) -> datetime:
    return max(as_utc(since), alerts_since(connection) or as_utc(since))


def _rows(connection: Connection, mention_ids: Collection[int]) -> list[Any]:
    """The mentions with who wrote them, oldest first."""
    names = ("id", "said_at", "heard_at", "source", "author_id", "engagement")
    found: list[Any] = []
    for ids in batches(sorted(mention_ids)):
        found += connection.execute(
            select(*(mentions.c[name] for name in names), authors.c.person_id, authors.c.followers, people.c.customer_id)
            .join(authors, authors.c.id == mentions.c.author_id)
            .join(people, people.c.id == authors.c.person_id)
            .where(mentions.c.id.in_(ids))
        ).all()
    return sorted(found, key=lambda row: (row.said_at, row.id))


def _quotes(connection: Connection, brand: str, rows: Sequence[Any], policies: Policies, now: datetime) -> tuple[Quote, ...]:
    """The first words, then those that most people heard; one a person, and the same words once."""
    first, *others = rows
    others.sort(key=lambda row: (-((row.followers or 0) + (row.engagement or 0)), row.said_at, row.id))
    looked_at = [first, *others[: 10 * QUOTES]]
    shown = quotes_of(connection, [(row.id, brand) for row in looked_at], policies, now)
    each = ((shown[row.id, brand], row.person_id) for row in looked_at if (row.id, brand) in shown)
    return tuple(first_of_each(((quote, (normal_text(quote.text), person)) for quote, person in each), QUOTES))
