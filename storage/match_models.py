"""Weights of evidence fitted on this store: kept, used while they stand, taken back; and the authors they are fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from listener.core.identities import DecisionKind
from storage.database import Database
from storage.identity_tables import identity_decisions, match_weights
from storage.tables import authors


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """Weights as they were stored; ``summary`` says of what they were made."""

    id: int
    weights: Mapping[str, Any]
    summary: str
    actor: str
    at: datetime


class MatchModels:
    """The fitted weights; the newest that has not ended is used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> FittedWeights | None:
        """The weights in use; ``None`` where those that the program comes with are."""
        query = select(match_weights).where(match_weights.c.ended_at.is_(None)).order_by(match_weights.c.id.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return FittedWeights(row.id, row.weights, row.summary, row.actor, row.at) if row else None

    def save(self, weights: Mapping[str, Any], summary: str, actor: str, now: datetime) -> FittedWeights:
        """Keep weights; from now on they are used."""
        values = {"weights": dict(weights), "summary": summary, "actor": actor, "at": now}
        with self._database.write() as connection:
            number = connection.execute(match_weights.insert().values(**values).returning(match_weights.c.id)).scalar_one()
        return FittedWeights(number, dict(weights), summary, actor, now)

    def end(self, now: datetime) -> FittedWeights | None:
        """Take the weights in use back, so that those before them are used again; ``None`` where there are none."""
        with self._database.write() as connection:
            query = select(match_weights).where(match_weights.c.ended_at.is_(None)).order_by(match_weights.c.id.desc()).limit(1)
            row = connection.execute(query).first()
            if row is None:
                return None
            connection.execute(update(match_weights).where(match_weights.c.id == row.id).values(ended_at=now))
            return FittedWeights(row.id, row.weights, row.summary, row.actor, row.at)

    def authors(self, most: int, size: int) -> Iterator[list[int]]:
        """The ids of authors to fit on, in lists of ``size``: all about whom people decided, then the newest who say something
        about us, ``most`` in all."""
        decided = (
            select(identity_decisions.c.author_id)
            .where(
                identity_decisions.c.ended_at.is_(None),
                identity_decisions.c.kind.in_((DecisionKind.LINK.value, DecisionKind.REFUSE.value)),
            )
            .distinct()
        )
        speaking = or_(authors.c.matched_by.is_(None), authors.c.matched_by > "")
        with self._database.read() as connection:
            first = sorted(connection.scalars(decided.order_by(identity_decisions.c.author_id.desc()).limit(most)))
        yield from (first[at : at + size] for at in range(0, len(first), size))
        left, before = most - len(first), None
        while left > 0:
            query = select(authors.c.id).where(speaking, authors.c.id.not_in(decided)).order_by(authors.c.id.desc())
            if before is not None:
                query = query.where(authors.c.id < before)
            with self._database.read() as connection:
                ids = list(connection.scalars(query.limit(min(size, left))))
            if not ids:
                return
            yield ids
            left, before = left - len(ids), ids[-1]
