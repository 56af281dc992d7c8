"""X (Twitter) by its API v2: mentions of our own accounts, searches for our brands' names, and followed accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from connectors._terms import watched
from connectors._x_options import PLATFORM, Options, allowances, missing
from connectors._x_query import accounts, author_clauses, mention_clauses, name_clauses, packed, room, tail
from connectors._x_recheck import XRechecker
from connectors._x_stream import Part, XConnector
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.terms import X

__all__ = ["SPEC", "Options"]


def _streams(options: Options, context: ConnectorContext) -> Mapping[str, Part]:
    """Mentions first, for they cost a fifth; then searches, which leave out what the mentions bring; then followed accounts.

    Names do not change when names of brands or accounts are added: a stream notices and asks for the new ones further back.
    """
    return {part.name: part for part in _parts(options, context)} or {"search 1": Part(options, "search 1", "nothing")}


def _parts(options: Options, context: ConnectorContext) -> Iterator[Part]:
    own = accounts(handle for brand in context.brands for handle in brand.handles.get(PLATFORM, ()))
    if options.mentions:
        for account in dict.fromkeys(options.account_ids) or [f"@{handle}" for handle in own]:
            yield Part(options, f"mentions {account}", "mentions", account=account)
    heard = own if options.mentions else ()
    left_out = tail(heard, own)
    if options.search:
        if options.queries:
            yield from (
                Part(options, f"search {number}", "search", clauses=(query,))
                for number, query in enumerate(dict.fromkeys(options.queries), start=1)
            )
        else:
            names = name_clauses(context.brands, room(left_out))
            names += () if options.mentions else mention_clauses(own)
            for number, group in enumerate(packed(names, left_out), start=1):
                yield Part(options, f"search {number}", "search", clauses=group, tail=left_out)
    named = watched(context, PLATFORM, options.watch, options.watch_customers)
    follow = accounts(named)
    left = len(named) - len(follow)
    notice = f"{left} of the followed accounts have handles that X cannot have; they are not followed" if left else None
    beside = tail(heard, ())
    for number, group in enumerate(packed(author_clauses(sorted(set(follow) - set(own))), beside), start=1):
        yield Part(options, f"watch {number}", "search", clauses=group, tail=beside, notice=notice if number == 1 else None)


SPEC = ConnectorSpec(
    kind="twitter",
    summary="posts on X (Twitter) by its paid API v2, within a cap on what they cost",
    options=Options,
    build=XConnector,
    platform=PLATFORM,
    policy=X,
    streams=_streams,
    missing=missing,
    every=timedelta(minutes=15),
    backfills=True,
    recheck=XRechecker,
    allowances=allowances,
)
