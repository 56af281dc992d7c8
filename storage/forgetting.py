"""Posts that must not be kept any longer: taken away with all that hangs on them, out of digests that were told as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from listener.core.mention import Kind
from storage.authors import NOTHING_TO_SAY
from storage.corrections import forget_corrections
from storage.database import Database, batches
from storage.due import BLANKED, brands_of_mentions, queue_authors
from storage.near import forget_sketches
from storage.settling import settle
from storage.stories import forget_addresses
from storage.tables import (
    analyses,
    analysis_aspects,
    analysis_targets,
    authors,
    cases,
    matches,
    mention_revisions,
    mentions,
    people,
)
from storage.telling_tables import digest_quotes
from storage.ties import forget_who, tied
from storage.told import ToldDigest, changed, cuts, take_out, withdraw
from storage.withdrawing import cut_quotes, forget_alerts

NOBODY: dict[str, Any] = {
    **dict.fromkeys(("service_id", "handle", "display_name", "profile_url", "email", "bio", "location", "handle_key")),
    "links": [],
    "origin": "",
}
"""An author without anything that says who they are."""

_NUMBERS = dict.fromkeys(("followers", "following", "created_year", "verified"))

_GONE: dict[str, Any] = {
    **dict.fromkeys(("title", "url", "repost_of", "language", "rating", "engagement", "link_key", "words_key", "about_us")),
    "text": "",
    "external_id": "",
    "origin": "",
    "content_hash": "",
    "analysed_by": BLANKED,
}
"""A mention of which nothing is left but its key, its times and where it was heard."""


@dataclass(frozen=True, slots=True)
class _Affected:
    """What hangs on the mentions: their authors (of these, who are left without a post, with their own persons) and stories."""

    author_ids: frozenset[int]
    story_ids: frozenset[int]


def delete_mentions(
    database: Database, connection: Connection, mention_ids: Sequence[int], now: datetime
) -> tuple[ToldDigest, ...]:
    """Delete mentions as if they had never been heard, with authors who said nothing else; which stored digests that changed."""
    affected = _before(database, connection, mention_ids)
    forget_sketches(connection, mention_ids)
    for ids in batches(mention_ids):
        connection.execute(delete(mentions).where(mentions.c.id.in_(ids)))
    forget_addresses(connection, affected.story_ids)
    silent = _without_posts(connection, affected.author_ids)
    told = _take_out_of_what_was_told(connection, [own for _, own in silent], mention_ids, now)
    others = tied(connection, [author for author, _ in silent]) - {author for author, _ in silent}
    for chunk in batches(silent):
        connection.execute(delete(authors).where(authors.c.id.in_([author for author, _ in chunk])))
    settle(database, connection, others)
    for chunk in batches(silent):
        theirs = select(authors.c.id).where(or_(authors.c.person_id == people.c.id, authors.c.own_person_id == people.c.id))
        mine = people.c.id.in_([own for _, own in chunk])
        connection.execute(delete(people).where(mine, people.c.customer_id.is_(None), ~theirs.exists()))
    return told


def remove_mentions(
    database: Database, connection: Connection, mention_ids: Sequence[int], now: datetime
) -> tuple[ToldDigest, ...]:
    """Empty mentions that are gone at their source, and reposts of them there; which stored digests that changed.

    The row and its key stay, so that nothing brings the post back. An author who has no other post becomes nobody.
    """
    gone = _with_reposts(connection, mention_ids)
    affected = _before(database, connection, gone)
    forget_corrections(connection, gone)
    forget_sketches(connection, gone)
    for ids in batches(gone):
        for table in (analysis_aspects, analysis_targets, analyses, mention_revisions):
            connection.execute(delete(table).where(table.c.mention_id.in_(ids)))
        values = {**_GONE, "blanked_at": now, "removed_at": now}
        connection.execute(update(mentions).where(mentions.c.id.in_(ids)).values(values))
    forget_addresses(connection, affected.story_ids)
    silent = _without_posts(connection, affected.author_ids)
    told = _take_out_of_what_was_told(connection, [own for _, own in silent], gone, now)
    for chunk in batches(author for author, _ in silent):
        connection.execute(delete(matches).where(matches.c.author_id.in_(chunk)))
        nobody = {**NOBODY, **_NUMBERS, "pseudonym_at": now, "matched_by": NOTHING_TO_SAY, "person_id": authors.c.own_person_id}
        connection.execute(update(authors).where(authors.c.id.in_(chunk)).values(nobody))
    forget_who(database, connection, [author for author, _ in silent])
    return told


def _before(database: Database, connection: Connection, mention_ids: Sequence[int]) -> _Affected:
    """What will be affected; whose standing changes by it becomes due."""
    author_ids: set[int] = set()
    story_ids: set[int] = set()
    wrote: dict[int, int] = {}
    for ids in batches(mention_ids):
        for row in connection.execute(
            select(mentions.c.id, mentions.c.author_id, mentions.c.story_id).where(mentions.c.id.in_(ids))
        ):
            wrote[row.id] = row.author_id
            author_ids.add(row.author_id)
            story_ids.add(row.story_id)
    brands = brands_of_mentions(connection, mention_ids)
    queue_authors(database, connection, {(wrote[mention], brand) for mention, of in brands.items() for brand in of})
    return _Affected(frozenset(author_ids), frozenset(story_ids))


def _with_reposts(connection: Connection, mention_ids: Sequence[int]) -> list[int]:
    """With reposts of the mentions on the same platform, which hold the same words and are gone with them."""
    found = dict.fromkeys(mention_ids)
    repost = mentions.alias("repost")
    for ids in batches(mention_ids):
        query = (
            select(repost.c.id)
            .join(mentions, (repost.c.story_id == mentions.c.story_id) & (repost.c.platform == mentions.c.platform))
            .where(mentions.c.id.in_(ids), repost.c.kind == Kind.REPOST.value, repost.c.removed_at.is_(None))
            .where((repost.c.repost_of == mentions.c.external_id) | (repost.c.repost_of == mentions.c.url))
        )
        found |= dict.fromkeys(connection.scalars(query))
    return list(found)


def _without_posts(connection: Connection, author_ids: frozenset[int]) -> list[tuple[int, int]]:
    """Those of the authors of whom no post is left, each with their own person."""
    found = []
    left = select(mentions.c.id).where(mentions.c.author_id == authors.c.id, mentions.c.removed_at.is_(None)).exists()
    for ids in batches(sorted(author_ids)):
        query = select(authors.c.id, authors.c.own_person_id).where(authors.c.id.in_(ids), ~left)
        found += [(row.id, row.own_person_id) for row in connection.execute(query)]
    return found


def _take_out_of_what_was_told(
    connection: Connection, person_ids: Sequence[int], mention_ids: Sequence[int], now: datetime
) -> tuple[ToldDigest, ...]:
    """Remove entries and alerts of people who are nobody now, and quotes; messages that have not gone out are withdrawn."""
    persons: set[int] = set()
    quoted: set[int] = set()
    for ids in batches(person_ids):  # digests tell of people with cases only, and reading them all is dear
        persons.update(connection.scalars(select(cases.c.person_id).where(cases.c.person_id.in_(ids))))
    for ids in batches(mention_ids):
        quoted.update(connection.scalars(select(digest_quotes.c.mention_id).where(digest_quotes.c.mention_id.in_(ids))))
    cut = list(cuts(connection, persons, quoted))
    take_out(connection, cut)
    withdraw(connection, cut, now)
    forget_alerts(connection, person_ids, now)
    cut_quotes(connection, mention_ids, now)
    return changed(connection, cut)
