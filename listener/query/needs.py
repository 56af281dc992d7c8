"""What must be there for a query to match, as sets of words: the cheap question that goes before the exact one.

Most queries that people write say nothing but which words must and must not be there. Of these, the sets are all there is to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from listener.query.document import Reading
from listener.query.fields import Author, Lang, Site, Source, Type
from listener.query.nodes import And, Named, Near, Node, Not, Or, Term, Title


class Key(NamedTuple):
    """Something beside a plain word that a document has or has not: a word with asterisks (``wild``), or a field's value."""

    kind: str
    value: str


Sign: TypeAlias = "str | Key"
"""A plain word stands for itself."""
Signs: TypeAlias = "frozenset[Sign]"
Cost: TypeAlias = Callable[[Signs], float]


class Screen(NamedTuple):
    """What the signs of a document say about a query."""

    needed: tuple[Signs, ...] = ()
    """Of each of these sets, a matching document has at least one sign."""
    unwanted: Signs = frozenset()
    """A matching document has none of these."""
    exact: bool = False
    """Whether a document matches that has what is needed and nothing unwanted."""


_NOTHING_KNOWN = Screen()


def screen(node: Node, cost: Cost) -> Screen:  # noqa: PLR0911 - one for each kind of node
    """The screen of a node; ``cost`` says of some sets, each of which would do, which one is to be asked for."""
    match node:
        case And(parts):
            return _all([screen(part, cost) for part in parts])
        case Or(parts):
            return _any([screen(part, cost) for part in parts], cost)
        case Not(part):
            inner = screen(part, cost)
            only = inner.exact and len(inner.needed) == 1 and not inner.unwanted
            return Screen(unwanted=inner.needed[0], exact=True) if only else _NOTHING_KNOWN
        case Near(parts):
            return _all([_any([_of_term(term) for term in part], cost) for part in parts])._replace(exact=False)
        case Named(part=part):
            return screen(part, cost)
        case Title(part=part):
            return screen(part, cost)._replace(exact=False)
        case Term():
            return _of_term(node)
    return _of_field(node)


def signs(node: Node) -> Iterator[Sign]:
    """Every sign that the words of a node could ask for."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from signs(part)
        case Near(parts):
            for terms in parts:
                for term in terms:
                    yield from signs(term)
        case Named(part=inner) | Title(part=inner) | Not(inner):
            yield from signs(inner)
        case Term():
            for each in _of_term(node).needed:
                yield from each


def _all(screens: Sequence[Screen]) -> Screen:
    return Screen(
        tuple(dict.fromkeys(each for one in screens for each in one.needed)),
        frozenset().union(*(one.unwanted for one in screens)),
        all(one.exact for one in screens),
    )


def _any(screens: Sequence[Screen], cost: Cost) -> Screen:
    if not all(one.needed for one in screens):
        return _NOTHING_KNOWN
    exact = all(one.exact and len(one.needed) == 1 and not one.unwanted for one in screens)
    return Screen((frozenset().union(*(min(one.needed, key=cost) for one in screens)),), exact=exact)


def _of_term(term: Term) -> Screen:
    needed = [frozenset({Key("wild", piece.word) if piece.wild else piece.word}) for piece in term.pieces if piece.literals]
    plain = len(term.pieces) == 1 and not (term.pieces[0].lead or term.pieces[0].tail)
    return Screen(tuple(needed), exact=plain and bool(needed))


def _of_field(node: Node) -> Screen:
    match node:
        case Source(pattern=pattern) if "*" not in pattern:
            return _exactly(Key("source", pattern))
        case Lang(tag=tag):
            return _exactly(Key("lang", tag))
        case Site(host=host):
            return _exactly(Key("site", host))
        case Type(kind=kind):
            return _exactly(Key("type", kind))
        case Author(handle=handle, name=name) if "*" not in handle:
            of_name = [Key("name", piece.word) for piece in name if not piece.wild]
            return Screen((frozenset({Key("author", handle), *of_name[:1]}),)) if of_name or not name else _NOTHING_KNOWN
    return _NOTHING_KNOWN


def _exactly(key: Key) -> Screen:
    return Screen((frozenset({key}),), exact=True)


def field_signs(reading: Reading) -> Iterator[Key]:
    """What a document has beside its words."""
    yield Key("source", reading.source)
    yield Key("type", reading.type)
    for handle in reading.handles:
        yield Key("author", handle)
    for word in reading.name_words.sequence:
        yield Key("name", word)
    parts = reading.language.split("-")
    for length in range(1, len(parts) + 1):
        yield Key("lang", "-".join(parts[:length]))
    labels = reading.host.split(".")
    for first in range(len(labels)):
        yield Key("site", ".".join(labels[first:]))
