"""The comment feeds of single posts, for sites that have no common one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors._entries import items_of
from connectors._feeds import fetch_feed, in_pages
from listener.core.connector import ConnectorContext
from listener.core.errors import SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Json, Kind, Page, Rejected
from listener.net.urls import shown


def thread_pages(context: ConnectorContext, cursor: Cursor, origin: str, *, private: bool) -> Iterator[Page]:
    """New comments, thread by thread; ``cursor["threads"]`` maps each feed's address to its state.

    A thread that is gone is dropped and named as rejected: posts come and go.

    Raises:
        RetryLater: a thread asked to come back later; those before it are handed over.
    """
    known = cursor.get("threads")
    threads: dict[str, Json] = dict(known) if isinstance(known, Mapping) else {}
    for url, given in list(threads.items()):
        state = given if isinstance(given, Mapping) else {}
        try:
            fetched = fetch_feed(context.door, url, state, private=private)
        except (SourceRejected, SourceProtocolError) as problem:
            del threads[url]
            cursor = {**cursor, "threads": dict(threads)}
            yield Page(rejected=(Rejected(f"comments at {shown(url)}", problem.reason),), cursor=cursor)
            continue
        threads[url] = fetched.state
        after: Cursor = {**cursor, "threads": dict(threads)}
        if fetched.feed is None:
            yield Page(cursor=after, unchanged=True)
        else:
            items = items_of(fetched.feed, origin=origin, url=fetched.url, now=context.now, kind=Kind.COMMENT)
            yield from in_pages(items.mentions, items.rejected, cursor, after)
        cursor = after
