"""Digests as they were told, less what may no longer be kept: people, who they may be, quotes, samples of the hidden."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from listener.core.mention import Json
from storage.database import batches
from storage.outbox import MessageState, withdraw_messages
from storage.telling_tables import digest_quotes, digests, outbox

_AT_ONCE = 100
"""Digests read at a time: each holds some ten kilobytes."""


@dataclass(frozen=True, slots=True)
class ToldDigest:
    """A stored digest from which something was taken away; what was delivered of it still has that."""

    recipient: str
    day: date
    delivered: bool = True
    """Whether a message of it went out, as far as is known; messages are forgotten in time."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A digest that tells of the people, or quotes the mentions: their entries and proposals, and the digest without all that."""

    digest_id: int
    recipient: str
    day: str
    entries: Sequence[Json]
    rest: str


def cuts(
    connection: Connection,
    person_ids: Collection[int],
    mention_ids: Collection[int] = (),
    customer_ids: Collection[int] = (),
) -> Iterator[Cut]:
    """All digests that tell of the people, quote the mentions, or ask whether somebody is one of the customers; oldest first."""
    if person_ids or mention_ids or customer_ids:
        ids = connection.scalars(select(digests.c.id).order_by(digests.c.id)).all()
        yield from _cuts(connection, ids, set(person_ids), set(mention_ids), set(customer_ids))


def cuts_of_shown(connection: Connection, mention_ids: Collection[int]) -> Iterator[Cut]:
    """The digests that hold words or addresses of the mentions, oldest first; those that hold neither are left as they are."""
    ids: set[int] = set()
    for chunk in batches(mention_ids):
        here = (digest_quotes.c.shown, digest_quotes.c.mention_id.in_(chunk))
        ids.update(connection.scalars(select(digest_quotes.c.digest_id).where(*here)))
    yield from _cuts(connection, sorted(ids), set(), set(mention_ids), set())


def _cuts(connection: Connection, ids: Sequence[int], persons: set[int], quoted: set[int], asked: set[int]) -> Iterator[Cut]:
    for chunk in batches(ids, _AT_ONCE):
        for row in connection.execute(select(digests).where(digests.c.id.in_(chunk)).order_by(digests.c.id)).all():
            data = json.loads(row.data)
            people = data.get("people", [])
            mine = [entry for entry in people if entry.get("person_id") in persons]
            rest = [_unquoted(entry, quoted) for entry in people if entry.get("person_id") not in persons]
            proposals = data.get("proposals") or []
            theirs = [each for each in proposals if each["person_id"] in persons or each["customer_id"] in asked]
            left = _without_hidden({**data, "people": rest}, quoted)
            if proposals:
                left["proposals"] = [each for each in proposals if each not in theirs and each["mention_id"] not in quoted]
            if left != {**data, "people": people}:
                yield Cut(row.id, row.recipient, row.day, [*mine, *theirs], json.dumps(left, ensure_ascii=False))


def _unquoted(entry: dict[str, Any], mention_ids: Collection[int]) -> dict[str, Any]:
    """The entry without quotes of the mentions."""
    quotes = entry.get("quotes")
    if not quotes:
        return entry
    return {**entry, "quotes": [quote for quote in quotes if quote.get("mention_id") not in mention_ids]}


def _without_hidden(data: dict[str, Any], mention_ids: Collection[int]) -> dict[str, Any]:
    """The digest without the mentions in its sample of what was hidden; how many were hidden stays."""
    if not data.get("hidden"):
        return data
    posts = [post for post in data["hidden"]["posts"] if post["mention_id"] not in mention_ids]
    return {**data, "hidden": {**data["hidden"], "posts": posts}}


def _told_of(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything in a digest that is about one mention."""
    for entry in data.get("people", []):
        yield from entry.get("quotes") or []
    yield from (data.get("hidden") or {}).get("posts", [])
    yield from data.get("proposals") or []


def take_out(connection: Connection, found: Sequence[Cut]) -> None:
    """Keep the digests without what was found in them."""
    for cut in found:
        connection.execute(update(digests).where(digests.c.id == cut.digest_id).values(data=cut.rest))
        note_quotes(connection, cut.digest_id, cut.rest)


def note_quotes(connection: Connection, digest_id: int, data: str) -> None:
    """Keep which mentions the digest tells of now."""
    shown: dict[int, bool] = {}
    for told in _told_of(json.loads(data)):
        mention_id = told["mention_id"]
        shown[mention_id] = shown.get(mention_id, False) or bool(told.get("text") or told.get("url"))
    connection.execute(delete(digest_quotes).where(digest_quotes.c.digest_id == digest_id))
    if shown:
        rows = [{"digest_id": digest_id, "mention_id": mention_id, "shown": its} for mention_id, its in sorted(shown.items())]
        connection.execute(insert(digest_quotes), rows)


def withdraw(connection: Connection, found: Sequence[Cut], now: datetime) -> int:
    """Withdraw the digests' messages that have not gone out, for they hold what was taken out; how many."""
    messages: list[int] = []
    for ids in batches(cut.digest_id for cut in found):
        messages += connection.scalars(select(outbox.c.id).where(outbox.c.digest_id.in_(ids)))
    return withdraw_messages(connection, messages, now)


def changed(connection: Connection, found: Sequence[Cut]) -> tuple[ToldDigest, ...]:
    """Which digests these are, and whether they went out."""
    kept_back: set[int] = set()
    for ids in batches(cut.digest_id for cut in found):
        held = select(outbox.c.digest_id).where(outbox.c.digest_id.in_(ids), outbox.c.state == MessageState.WITHDRAWN.value)
        kept_back.update(connection.scalars(held))
    return tuple(ToldDigest(cut.recipient, date.fromisoformat(cut.day), cut.digest_id not in kept_back) for cut in found)
