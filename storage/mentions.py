"""The inbox of mentions: a page and its cursor in one transaction, known ones recognised, edits as new revisions."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from listener.core.brand import MatchingPolicy
from listener.core.mention import Cursor, Kind, Mention, Page
from listener.core.ports import Saved
from listener.core.sketch import same_words
from listener.query import Query
from storage.adopting import adopt
from storage.authors import save_authors
from storage.counting import already_counted, without_traces
from storage.database import Database, batches
from storage.heard import Heard, distinct
from storage.listening_tables import cursors
from storage.lookups import HeardMention, MentionVerdicts, find_mentions, mention_verdicts
from storage.policies import Policies
from storage.stories import Newcomer, place
from storage.tables import mention_revisions, mentions
from storage.tombstones import Tombstones
from storage.types import whole
from storage.words import Said, own_words


class Mentions:
    """Implements ``MentionInbox``, and looks mentions up for people."""

    def __init__(self, database: Database, tombstones: Tombstones, policies: Policies, opened_at: datetime) -> None:
        self._database = database
        self._tombstones = tombstones
        self._policies = policies
        self._opened_at = opened_at

    def cursors(self, source: str) -> Mapping[str, Cursor]:
        """The cursor of every stream of the source that has one."""
        with self._database.read() as connection:
            rows = connection.execute(select(cursors.c.stream, cursors.c.cursor).where(cursors.c.source == source))
            return {row.stream: row.cursor for row in rows}

    def adopt_policies(self, policies: Mapping[str, MatchingPolicy], now: datetime | None = None) -> Sequence[tuple[str, date]]:
        """Put what is stored of each source (by its name) under the source's terms as they are now, where these changed.

        Quoting and retention follow at once; the authors concerned are due for matching again. Where nothing but counts is
        allowed from now on, what is stored of the source becomes counts, and its posts are taken out of stored digests: which of
        these that changed, by recipient and day. Without ``now`` it is the time when the store was opened.
        """
        return adopt(self._database, policies, now or self._opened_at)

    def save_cursors(self, pages: Sequence[tuple[str, str, str, Cursor]], now: datetime) -> None:
        """Keep the cursors of pages on which nothing is new, each with its source, stream and platform, in one transaction."""
        rows = [
            {
                "source": source,
                "stream": stream,
                "platform": platform,
                "cursor": dict(cursor),
                "first_saved_at": now,
                "saved_at": now,
            }
            for source, stream, platform, cursor in pages
        ]
        if rows:
            with self._database.write() as connection:
                self._database.put(connection, cursors, rows, update=("platform", "cursor", "saved_at"))

    def save_page(
        self, source: str, stream: str, platform: str, policy: str, page: Page, now: datetime, news_since: datetime
    ) -> Saved:
        """Store a page's mentions and its cursor in one transaction; what the mentions were: new, changed or known.

        Of two entries with one id on a page the first counts. A post whose feed gives it a new id is known by its address and
        content. What was erased, or removed at its source, stays out and counts as a duplicate. Under terms that honour
        deletions a known post is confirmed by being heard again; under terms that allow nothing but counts nobody wrote it,
        and what was counted already is a duplicate.
        """
        only_counted = self._policies.counts_only(policy)
        heard = distinct([without_traces(one) for one in page.mentions] if only_counted else page.mentions, now)
        if only_counted:
            heard = [item.without_traces() for item in heard]
        with self._database.write() as connection:
            known = _known(connection, [item.key for item in heard])
            fresh = [item for item in heard if item.key not in known or _is_edit(known[item.key], item)]
            fresh = self._not_erased(connection, fresh)
            if only_counted:
                counted = already_counted(self._database, connection, [item.key for item in fresh if item.key not in known], now)
                fresh = [item for item in fresh if item.key not in counted]
            new = _really_new(connection, [item for item in fresh if item.key not in known])
            edited = [item for item in fresh if item.key in known]
            if new or edited:
                author_ids = save_authors(self._database, connection, [*new, *edited], policy, now)
                ids = self._database.reserve(connection, mentions, len(new))
                newcomers = [Newcomer(item, row_id, author_ids[item.author_key]) for item, row_id in zip(new, ids, strict=True)]
                edits = [(known[item.key], item) for item in edited]
                own = own_words(self._database, connection, [*map(_said, newcomers), *_said_anew(edits)])
                self._insert(connection, newcomers, own, {"source": source, "stream": stream, "policy": policy}, now, news_since)
                self._revise(connection, edits, own, now)
            again = [(known[item.key], item.mention) for item in heard if item.key in known]
            _update_volatile(connection, [(row, one) for row, one in again if row.removed_at is None])
            if self._policies.honours_deletion(policy):
                confirm(connection, [row.id for row, _ in again], now)
            where = {"source": source, "stream": stream, "platform": platform}
            row = {**where, "cursor": dict(page.cursor), "first_saved_at": now, "saved_at": now}
            self._database.put(connection, cursors, [row], update=("platform", "cursor", "saved_at"))
        return Saved(len(new), len(edited), len(page.mentions) - len(new) - len(edited))

    def find(
        self,
        query: Query | None = None,
        *,
        source: str | None = None,
        limit: int = 50,
        hidden: bool = False,
        now: datetime | None = None,
    ) -> Sequence[HeardMention]:
        """The newest mentions that match the query; with ``hidden`` only those of low relevance.

        What may not be shown at ``now`` (when the store was opened, unless given) is listed without its words, and never found
        by them.
        """
        with self._database.read() as connection:
            return find_mentions(connection, query, source, limit, self._policies, now or self._opened_at, hidden=hidden)

    def show(self, mention_id: int, now: datetime | None = None) -> MentionVerdicts | None:
        """A mention with the verdict of every step on it; ``now`` as in ``find``."""
        with self._database.read() as connection:
            return mention_verdicts(connection, mention_id, self._policies, now or self._opened_at)

    def _not_erased(self, connection: Connection, items: Sequence[Heard]) -> list[Heard]:
        """Without what was erased: posts and words of erased people."""
        erased = self._tombstones.among(connection, [grave for item in items for grave in item.graves])
        return [item for item in items if erased.isdisjoint(item.graves)]

    def _insert(
        self,
        connection: Connection,
        newcomers: Sequence[Newcomer],
        own: Collection[int],
        common: Mapping[str, str],
        now: datetime,
        news_since: datetime,
    ) -> None:
        rows = (
            {
                **_row(new.heard, now, news_since),
                **common,
                "id": new.mention_id,
                "author_id": new.author_id,
                "story_id": story_id,
                "own_words": new.mention_id in own,
            }
            for new, story_id in zip(newcomers, place(self._database, connection, newcomers), strict=True)
        )
        self._database.add(connection, mentions, rows)

    def _revise(self, connection: Connection, edited: Sequence[tuple[Any, Heard]], own: Collection[int], now: datetime) -> None:
        """Keep what the mentions said so far, and write what they say now; their analysis is due again."""
        old: dict[int, Any] = {}
        wanted = (mentions.c.id, mentions.c.title, mentions.c.text)
        for chunk in batches(row.id for row, _ in edited):
            old.update((row.id, row) for row in connection.execute(select(*wanted).where(mentions.c.id.in_(chunk))))
        self._database.add(
            connection,
            mention_revisions,
            [
                {
                    "mention_id": row.id,
                    "revision": row.revision,
                    "title": old[row.id].title,
                    "text": old[row.id].text,
                    "content_hash": row.content_hash,
                    "replaced_at": now,
                }
                for row, _ in edited
                if row.blanked_at is None
            ],
        )
        names = ("title", "text", "url", "link_key", "words_key", "content_hash", "language")
        here = update(mentions).where(mentions.c.id == bindparam("row_id"))
        statement = here.values({name: bindparam(name) for name in names}).values(
            revision=mentions.c.revision + 1, edited_at=now, analysed_by=None, blanked_at=None
        )
        for batch in batches({**_content(item), "row_id": row.id} for row, item in edited):
            connection.execute(statement, batch)
        moved = [
            {"row_id": row.id, "own": row.id in own and not _still_copied(row, old[row.id], item)}
            for row, item in edited
            if item.words != row.words_key
        ]
        for batch in batches(moved):
            connection.execute(here.values(own_words=bindparam("own")), batch)


def _still_copied(known: Any, old: Any, item: Heard) -> bool:
    """Whether the mention had another author's words, and an edit has left them nearly as they were."""
    if known.own_words or known.blanked_at is not None:
        return False
    former, now = (f"{title or ''}\n{text}" for title, text in ((old.title, old.text), (item.mention.title, item.mention.text)))
    return same_words(former, now)


def _is_edit(known: Any, item: Heard) -> bool:
    return known.removed_at is None and item.content != known.content_hash


def confirm(connection: Connection, mention_ids: Sequence[int], now: datetime) -> None:
    """The mentions were seen at their source just now."""
    for ids in batches(mention_ids):
        here = (mentions.c.id.in_(ids), mentions.c.removed_at.is_(None))
        connection.execute(update(mentions).where(*here).values(confirmed_at=now))


def _really_new(connection: Connection, candidates: Sequence[Heard]) -> list[Heard]:
    """Without those that are known under another id."""
    seen: set[str] = set()
    for chunk in batches(item.link_key for item in candidates if item.link_key):
        seen.update(connection.scalars(select(mentions.c.link_key).where(mentions.c.link_key.in_(chunk))))
    kept = []
    for item in candidates:
        if item.link_key in seen:
            continue
        if item.link_key:
            seen.add(item.link_key)
        kept.append(item)
    return kept


def _said(new: Newcomer) -> Said:
    item = new.heard
    return Said(new.mention_id, item.key, new.author_id, item.words, item.said_at, item.is_repost, item.at_home)


def _said_anew(edited: Sequence[tuple[Any, Heard]]) -> Iterator[Said]:
    """Those that have other words now; by whom and when they were said is as it was first heard."""
    for row, item in edited:
        if item.words != row.words_key:
            repost = row.kind == Kind.REPOST.value
            yield Said(row.id, item.key, row.author_id, item.words, row.said_at, repost, item.at_home)


def _known(connection: Connection, wanted: Sequence[str]) -> dict[str, Any]:
    columns = (
        mentions.c.id,
        mentions.c.key,
        mentions.c.content_hash,
        mentions.c.revision,
        mentions.c.rating,
        mentions.c.engagement,
        mentions.c.blanked_at,
        mentions.c.kind,
        mentions.c.author_id,
        mentions.c.said_at,
        mentions.c.words_key,
        mentions.c.own_words,
        mentions.c.removed_at,
    )
    known: dict[str, Any] = {}
    for chunk in batches(wanted):
        known.update((row.key, row) for row in connection.execute(select(*columns).where(mentions.c.key.in_(chunk))))
    return known


def _content(item: Heard) -> dict[str, Any]:
    """What an edit changes."""
    mention = item.mention
    return {
        "title": mention.title,
        "text": mention.text,
        "url": mention.url,
        "link_key": item.link_key,
        "words_key": item.words,
        "content_hash": item.content,
        "language": mention.language,
    }


def _row(item: Heard, now: datetime, news_since: datetime) -> dict[str, Any]:
    mention = item.mention
    return {
        **_content(item),
        "key": item.key,
        "platform": mention.platform,
        "origin": mention.origin,
        "external_id": mention.external_id,
        "kind": mention.kind.value,
        "repost_of": mention.repost_of,
        "rating": _rating(mention),
        "engagement": whole(mention.engagement),
        "published_at": mention.published_at,
        "said_at": item.said_at,
        "heard_at": now,
        "history": mention.published_at is not None and mention.published_at < news_since,
        "revision": 1,
    }


def _rating(mention: Mention) -> float | None:
    rating = mention.rating
    return rating if rating is not None and math.isfinite(rating) else None


def _update_volatile(connection: Connection, heard: Sequence[tuple[Any, Mention]]) -> None:
    """Counts that changed are written; a changed rating also makes the analysis due, since it speaks of the author's opinion."""
    counts: list[dict[str, Any]] = []
    ratings: list[dict[str, Any]] = []
    for row, mention in heard:
        engagement, rating = whole(mention.engagement), _rating(mention)
        if engagement is not None and engagement != row.engagement:
            counts.append({"row_id": row.id, "engagement": engagement})
        if rating is not None and rating != row.rating and row.blanked_at is None:
            ratings.append({"row_id": row.id, "rating": rating})
    here = update(mentions).where(mentions.c.id == bindparam("row_id"))
    for batch in batches(counts):
        connection.execute(here.values(engagement=bindparam("engagement")), batch)
    for batch in batches(ratings):
        connection.execute(here.values(rating=bindparam("rating"), analysed_by=None), batch)
