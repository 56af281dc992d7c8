"""One stream of X: mentions of one of our accounts, or a search for names or accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from connectors._json import Record, moment, record, text
from connectors._sweep import FIRST, sweep
from connectors._x_budget import Budget, Paid, Price
from connectors._x_options import MONEY, Options, micro
from connectors._x_pages import OVERLAP, SETTLE, Pages
from connectors._x_query import query
from listener.core.connector import ConnectorContext
from listener.core.errors import SourceRejected
from listener.core.mention import Cursor, Json, Page, digest
from listener.core.times import as_utc

if TYPE_CHECKING:
    from connectors._x_client import XApi

_LEAST_SEARCH, _LEAST_MENTIONS = 10, 5
"""X gives no fewer posts a page."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one stream asks for: mentions of ``account`` (an id, or a handle with ``@``), or any of the ``clauses``."""

    options: Options
    name: str
    what: Literal["mentions", "search", "nothing"]
    account: str = ""
    clauses: tuple[str, ...] = ()
    tail: str = ""
    notice: str | None = None
    """What a person should know about the stream's making."""


class XConnector:
    """One stream. Its cursor is that of ``sweep``, and beside it:

    ``paid`` (posts that X was paid for today), ``account`` (the looked-up id), ``asked`` (marks of the clauses that were asked
    for until ``until``), ``catch_up`` (a sweep of its own for clauses that came later), and the ``state`` of ``Pages``.
    """

    def __init__(self, part: Part, context: ConnectorContext) -> None:
        from connectors._x_client import XApi  # here, because tweepy takes long to import

        self._part = part
        self._given = context
        settled = (as_utc(context.now) - SETTLE).replace(microsecond=0)
        self._context = replace(context, now=settled)
        self._options: Options = part.options
        self._api: XApi = XApi(part.options, context, f'stream "{part.name}"')
        self._budget = Budget(part.options, context)
        self._beside: dict[str, Json] = {}

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``.

        Raises:
            SourcePaused: a cap, ours or X's, is reached; what was handed over before stands.
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._x_client.XApi``.
        """
        if self._part.what == "nothing":
            raise SourceRejected("there is nothing to ask X for: name a brand, or set queries, watch or account_ids")
        self._beside = {name: cursor[name] for name in ("account", "asked", "catch_up") if name in cursor}
        paid = Paid(cursor, self._given)
        behind: datetime | None = None
        if self._part.what == "mentions":
            yield from self._look_up(cursor, paid)
        else:
            for page in self._catch_up(cursor, paid):
                behind = page.heard_until
                yield page
        pages = self._pages(cursor, paid, self._request(self._part.clauses), self._context.now)
        for page in sweep(cursor, self._context, pages, max_pages=self._options.max_pages, overlap=OVERLAP):
            whole = replace(page, gaps=(*page.gaps, *pages.gaps), unchanged=page.unchanged and not pages.gaps)
            beside = {**self._beside, **(pages.state if "sweep" in page.cursor else {}), "paid": paid.cursor}
            pages.gaps.clear()
            until = min(filter(None, (page.heard_until, behind)), default=None)
            notice = page.notice or self._part.notice
            yield replace(whole, cursor={**page.cursor, **beside}, heard_until=until, notice=notice)

    def _look_up(self, cursor: Cursor, paid: Paid) -> Iterator[Page]:
        """Find out the id of an account that is known by its handle, once: the id is kept in the cursor.

        Raises:
            SourceRejected: there is no such account; else as ``pages``.
        """
        account = self._part.account
        if not account.startswith("@"):
            self._beside["account"] = account
            return
        if text(self._beside, "account"):
            return
        user = micro(self._options.user_usd)
        charge = self._budget.take(1, 1, Price(user, posts=0))
        body = self._budget.spend(self._api, charge, lambda: self._api.users([account[1:]]))
        found = body.get("data")
        known = found[0] if isinstance(found, list) and found else None
        self._budget.settle(charge, {MONEY: user} if known else {})
        name = text(known, "id")
        if name is None or not name.isdigit():
            raise SourceRejected(
                "X knows no account of the handle that the brand names under handles.x: check it, or set account_ids"
            )
        self._beside["account"] = name
        heard = moment(cursor.get("until")) or self._context.since or self._context.now - FIRST
        yield Page(cursor={**cursor, **self._beside, "paid": paid.cursor}, heard_until=heard)

    def _catch_up(self, cursor: Cursor, paid: Paid) -> Iterator[Page]:
        """Ask for clauses that were not asked for until now, back to where a new stream would begin: the rest is known.

        Raises:
            SourceError: as ``pages``.
        """
        marks = {digest("clause", clause)[:8]: clause for clause in self._part.clauses}
        asked = self._beside.get("asked")
        new = {mark: clause for mark, clause in marks.items() if mark not in (asked if isinstance(asked, list) else ())}
        until = moment(record(cursor.get("sweep")).get("began")) or moment(cursor.get("until"))
        since = self._context.since or self._context.now - FIRST
        if not new or until is None or since >= until:
            self._beside = {"asked": list(marks)}
            return
        kept = record(self._beside.get("catch_up"))
        own: Cursor = record(kept.get("cursor")) if kept.get("of") == list(new) else {}
        until = moment(record(own.get("sweep")).get("began")) or until
        pages = self._pages(own, paid, self._request(tuple(new.values())), until)
        for page in sweep(own, replace(self._context, now=until), pages, max_pages=self._options.max_pages, overlap=OVERLAP):
            if "sweep" in page.cursor:
                self._beside["catch_up"] = {"of": list(new), "cursor": page.cursor}
            elif page.cursor:
                self._beside = {"asked": list(marks)}
            unfinished = "catch_up" in self._beside
            pages.gaps.clear()  # what lies before X's reach was never promised for a new clause
            heard = page.heard_until if unfinished else None
            yield replace(page, cursor={**cursor, **self._beside, "paid": paid.cursor}, heard_until=heard, unchanged=False)

    def _pages(self, cursor: Cursor, paid: Paid, request: Callable[..., Record], until: datetime) -> Pages:
        mentions = self._part.what == "mentions"
        post = micro(self._options.mention_usd if mentions else self._options.post_usd)
        user = self._options.author_cost
        least = _LEAST_MENTIONS if mentions else _LEAST_SEARCH

        def spend(most: int, ask: Callable[[int], Record]) -> Record:
            wanted = most if self._given.limit is None else min(most, max(least, self._given.limit))
            charge = self._budget.take(wanted, least, Price(post + user))
            body = self._budget.spend(self._api, charge, lambda: ask(charge.count))
            self._budget.settle(charge, paid.used(body, post, user))
            return body

        return Pages(request, spend, cursor, now=until, today=as_utc(self._given.now), search=not mentions)

    def _request(self, clauses: tuple[str, ...]) -> Callable[..., Record]:
        if self._part.what == "mentions":
            return lambda *window: self._api.mentions(str(self._beside["account"]), *window)
        asked = query(clauses, self._part.tail)
        return lambda *window: self._api.search(asked, *window)
