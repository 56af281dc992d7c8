"""What must be there for a query to match: the cheap question that goes before the exact one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from listener.query.document import Reading
from listener.query.fields import Author, Lang, Site, Source, Type
from listener.query.nodes import And, Named, Near, Node, Not, Or, Term, Title


class Key(NamedTuple):
    """Something that a document has or has not. ``word`` is a whole word, ``part`` the part of one; the others are fields."""

    kind: str
    value: str


Need: TypeAlias = "frozenset[Key] | None"
"""Keys of which a matching document has at least one; ``None`` where nothing can be said."""
Cost: TypeAlias = Callable[[frozenset[Key]], float]


def need(node: Node, cost: Cost) -> Need:
    """The cheapest necessary condition of a node."""
    match node:
        case And(parts):
            return _cheapest([need(part, cost) for part in parts], cost)
        case Or(parts):
            return _either([need(part, cost) for part in parts])
        case Near(parts):
            return _cheapest([_either([need(term, cost) for term in part]) for part in parts], cost)
        case Named(part=part) | Title(part=part):
            return need(part, cost)
        case Term():
            return _cheapest([frozenset({key}) for key in _of_term(node)], cost)
    return _of_field(node)


def keys(node: Node) -> Iterator[Key]:
    """Every key that the words of a node could ask for."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from keys(part)
        case Near(parts):
            for terms in parts:
                for term in terms:
                    yield from _of_term(term)
        case Named(part=inner) | Title(part=inner) | Not(inner):
            yield from keys(inner)
        case Term():
            yield from _of_term(node)


def _cheapest(needs: list[Need], cost: Cost) -> Need:
    return min((each for each in needs if each is not None), key=cost, default=None)


def _either(needs: list[Need]) -> Need:
    known = [each for each in needs if each is not None]
    return frozenset().union(*known) if len(known) == len(needs) else None


def _of_term(term: Term) -> Iterator[Key]:
    for piece in term.pieces:
        if not piece.wild:
            yield Key("word", piece.word)
        elif piece.literals:
            yield Key("part", max(piece.literals, key=len))


def _of_field(node: Node) -> Need:
    match node:
        case Source(pattern=pattern) if "*" not in pattern:
            return frozenset({Key("source", pattern)})
        case Lang(tag=tag):
            return frozenset({Key("lang", tag)})
        case Site(host=host):
            return frozenset({Key("site", host)})
        case Type(kind=kind):
            return frozenset({Key("type", kind)})
        case Author(handle=handle, name=name) if "*" not in handle:
            of_name = [Key("name", piece.word) for piece in name if not piece.wild]
            return frozenset({Key("author", handle), *of_name[:1]}) if of_name or not name else None
    return None


def field_keys(reading: Reading) -> Iterator[Key]:
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
