"""Mentions that a query matches. What of a query SQL can say narrows the rows down; the query itself then decides, row by row.

The narrowing never loses a row. SQL knows the case of ASCII letters only, so whatever holds further letters is left to the query.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, and_, cast, false, func, or_, select

from listener.query import Document, Query
from listener.query.fields import Author, Followers, Lang, Site, Source, Type
from listener.query.nodes import And, Named, Near, Node, Or, Piece, Term, Title
from listener.query.words import fold, glob
from storage.tables import analyses, authors, mentions

CHUNK = 500
"""Rows that are looked at together."""
_MOST = 100
"""Conditions of one statement: databases bound the depth of an expression and the number of its values."""


class Narrowing:
    """Makes the condition that every row which a query matches fulfils. ``sources`` tells the names of sources there are."""

    def __init__(self, is_sqlite: bool, sources: Callable[[], Collection[str]]) -> None:
        self._is_sqlite = is_sqlite
        self._sources = sources
        self._used = 0

    def of(self, query: Query) -> ColumnElement[bool] | None:
        """The condition; ``None`` where nothing can be said."""
        return self._node(query.root)

    def _node(self, node: Node) -> ColumnElement[bool] | None:
        match node:
            case And(parts):
                known = [each for part in parts if (each := self._node(part)) is not None]
                return and_(*known) if known else None
            case Or(parts):
                return self._any(self._node(part) for part in parts)
            case Near(parts):
                known = [each for terms in parts if (each := self._any(map(self._node, terms))) is not None]
                return and_(*known) if known else None
            case Named(part=part) | Title(part=part):
                return self._node(part)
            case Term(pieces=pieces):
                return self._holds(_longest(pieces), mentions.c.text, mentions.c.title)
        return self._field(node)

    def _any(self, each: Iterable[ColumnElement[bool] | None]) -> ColumnElement[bool] | None:
        """One of several: only where something is known of all of them."""
        known: list[ColumnElement[bool]] = []
        for one in each:
            if one is None:
                return None
            known.append(one)
        return or_(false(), *known)

    def _field(self, node: Node) -> ColumnElement[bool] | None:  # noqa: PLR0911 - one for each field
        self._used += 1
        if self._used > _MOST:
            return None
        match node:
            case Source(pattern=pattern):
                return mentions.c.source.in_([name for name in self._sources() if glob(pattern, fold(name))])
            case Type(kind=kind):
                return mentions.c.kind == kind
            case Lang(tag=tag):
                known = func.coalesce(analyses.c.language, mentions.c.language)
                written = func.replace(func.lower(known), "_", "-")  # "pt_BR" and " en" are languages as well
                return or_(written.contains(tag, autoescape=True), self._beyond_ascii(known))
            case Site(host=host):
                return self._holds(host, mentions.c.url, besides=mentions.c.url.icontains("xn--"))
            case Followers(low=low, high=high):
                most = [authors.c.followers <= high] if high is not None else []
                return mentions.c.author_id.in_(select(authors.c.id).where(authors.c.followers >= low, *most))
            case Author(handle=handle, name=name):
                by_handle = self._holds(max(handle.split("*"), key=len), authors.c.handle)
                by_name = self._holds(_longest(name), authors.c.display_name) if name else false()
                if by_handle is None or by_name is None:
                    return None
                return mentions.c.author_id.in_(select(authors.c.id).where(by_handle | by_name))
        return None

    def _holds(
        self, literal: str, *columns: Column[str], besides: ColumnElement[bool] | None = None
    ) -> ColumnElement[bool] | None:
        """That one of the columns holds a (folded) literal, as far as SQL can tell."""
        self._used += 1
        if self._used > _MOST or not literal:
            return None
        there = [] if besides is None else [besides]
        if literal.isascii():
            there += [column.icontains(literal, autoescape=True) for column in columns]
        return or_(*there, *map(self._beyond_ascii, columns))

    def _beyond_ascii(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """That there are letters of which SQL does not know the case: as many bytes as characters mean that there are none."""
        size = func.length(cast(column, LargeBinary)) if self._is_sqlite else func.octet_length(column)
        return size != func.length(column)


def _longest(pieces: Iterable[Piece]) -> str:
    return max((literal for piece in pieces for literal in piece.literals), key=len, default="")


def search(
    connection: Connection, query: Query | None, conditions: Iterable[ColumnElement[bool]], limit: int
) -> Iterator[tuple[Any, Any]]:
    """The newest mentions, by when they were said, that fulfil the conditions and match the query, each with its author's row.

    At most ``limit``.
    To a mention's columns come ``level`` and ``found_language`` of its analysis.
    """
    wanted = [*conditions]
    if query is not None:
        narrowed = Narrowing(connection.dialect.name == "sqlite", lambda: _sources(connection)).of(query)
        wanted += [mentions.c.blanked_at.is_(None), *([] if narrowed is None else [narrowed])]
    joined = mentions.outerjoin(analyses, analyses.c.mention_id == mentions.c.id)
    columns = (mentions, analyses.c.level, analyses.c.language.label("found_language"))
    newest = select(*columns).select_from(joined).where(*wanted).order_by(mentions.c.said_at.desc(), mentions.c.id.desc())
    page = newest
    while limit > 0:
        size = CHUNK if query is not None else min(CHUNK, limit)
        rows = connection.execute(page.limit(size)).all()
        who = select(authors).where(authors.c.id.in_({row.author_id for row in rows}))
        wrote = {row.id: row for row in connection.execute(who)} if rows else {}
        for row in rows:
            author = wrote[row.author_id]
            if limit > 0 and (query is None or query.matches(_document(row, author))):
                limit -= 1
                yield row, author
        if len(rows) < size:
            return
        last = rows[-1]
        earlier = or_(mentions.c.said_at < last.said_at, mentions.c.id < last.id)
        page = newest.where(mentions.c.said_at <= last.said_at, earlier)


def _sources(connection: Connection) -> Collection[str]:
    return connection.scalars(select(mentions.c.source).distinct()).all()


def _document(row: Any, author: Any) -> Document:
    """As ``listener.query.document_of`` makes it of a mention that is not stored yet."""
    return Document(
        text=row.text,
        title=row.title,
        source=row.source,
        handle=author.handle,
        name=author.display_name,
        language=row.found_language or row.language,
        url=row.url,
        type=row.kind,
        followers=author.followers,
    )
