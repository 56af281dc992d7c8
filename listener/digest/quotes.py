"""Quotes as they are shown: which tell most, and each as a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import tzinfo

from listener.core.analysis import Label
from listener.core.mention import normal_text
from listener.core.plain import one_line, web_link
from listener.core.telling import Quote
from listener.digest.parts import QuoteLine
from listener.digest.words import gist, verdict_short, where_words


def telling(quotes: Iterable[Quote], labels: Collection[Label], own: Collection[int]) -> list[Quote]:
    """The quotes in the order of what they tell about a matter, equal words once.

    Those of the ``labels`` come first, if any are named; then those of the matter's ``own`` mentions; then own words, the newest.
    """
    ordered = sorted(
        quotes,
        key=lambda quote: (
            bool(labels) and quote.label not in labels,
            quote.mention_id not in own,
            not quote.own_words,
            -quote.said_at.timestamp(),
            quote.mention_id,
        ),
    )
    first_of = {normal_text(quote.text): quote for quote in reversed(ordered)}
    return [quote for quote in ordered if first_of[normal_text(quote.text)] is quote]


def quote_line(quote: Quote, tz: tzinfo, room: int) -> QuoteLine:
    """A quote of at most ``room`` characters, without words where the terms of its source forbid them."""
    alias = one_line(quote.alias, 80)
    return QuoteLine(
        mention_id=quote.mention_id,
        text=(gist(quote.text, alias, room) or gist(quote.title or "", alias, room)) if quote.may_quote else "",
        alias=alias,
        label=quote.label,
        verdict=verdict_short(quote),
        said_at=quote.said_at.astimezone(tz),
        where=where_words(quote),
        url=web_link(quote.url),
    )


def quote_lines(quotes: Iterable[Quote], tz: tzinfo, room: int) -> tuple[QuoteLine, ...]:
    """Those of the quotes that have words and may be quoted."""
    return tuple(line for quote in quotes if (line := quote_line(quote, tz, room)).text)
