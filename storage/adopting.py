"""Terms that changed: what is stored of a source goes on under its terms as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from listener.core.brand import MatchingPolicy
from listener.core.mention import digest
from storage.authors import due_again
from storage.counting import count_out_source
from storage.database import Database
from storage.tables import authors, mentions, meta
from storage.telling_tables import alert_quotes
from storage.told import ToldDigest
from storage.withdrawing import cut_quotes

_TERMS = "terms:"
"""Before a source's name: under what terms its mentions are stored."""


def adopt(database: Database, policies: Mapping[str, MatchingPolicy], now: datetime) -> Sequence[tuple[str, date]]:
    """Put what is stored of each source under its terms; which stored digests that changed, by recipient and day."""
    terms = {source: _terms(policy) for source, policy in policies.items()}
    with database.read() as connection:
        kept = {row.name: row.value for row in connection.execute(select(meta).where(meta.c.name.startswith(_TERMS)))}
    changed = {source: its for source, its in terms.items() if kept.get(f"{_TERMS}{source}") != its}
    if not changed:
        return ()
    told: dict[tuple[str, date], None] = {}
    with database.write() as connection:
        for source, its in changed.items():
            cut = _adopt(database, connection, source, policies[source], now)
            told |= dict.fromkeys((one.recipient, one.day) for one in cut)
            database.put(connection, meta, [{"name": f"{_TERMS}{source}", "value": its}], update=("value",))
    if any(policies[source].counts_only for source in changed):
        database.cut_log()
    return tuple(told)


def _terms(policy: MatchingPolicy) -> str:
    """Changes when what is stored must be treated in another way."""
    parts = [policy.name, *sorted(policy.evidence), "|", *sorted(policy.provenance), str(policy.may_quote)]
    return digest("terms", *parts, *(["counts only"] if policy.counts_only else []))


def _adopt(
    database: Database, connection: Connection, source: str, policy: MatchingPolicy, now: datetime
) -> Sequence[ToldDigest]:
    connection.execute(update(mentions).where(mentions.c.source == source).values(policy=policy.name))
    told: Sequence[ToldDigest] = ()
    if policy.counts_only:
        database.erase_bytes(connection)
        told = count_out_source(database, connection, source, now)
    elif not policy.may_quote:
        quoted = select(alert_quotes.c.mention_id).join(mentions, mentions.c.id == alert_quotes.c.mention_id)
        cut_quotes(connection, connection.scalars(quoted.where(mentions.c.source == source)).all(), now)
    theirs = select(mentions.c.author_id).where(mentions.c.source == source)
    newest = select(mentions.c.policy).where(mentions.c.author_id == authors.c.id)
    newest = newest.order_by(mentions.c.heard_at.desc(), mentions.c.id.desc()).limit(1)
    changed = update(authors).where(authors.c.id.in_(theirs))
    connection.execute(changed.values(policy=newest.scalar_subquery(), matched_by=due_again()))
    return told
