"""From a query's text to a ``Query``: the draft's words are cut, its fields checked, its exclusion sets put in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from listener.query.document import Document, Reading
from listener.query.drafts import DEEPEST, Draft, Slip, draft
from listener.query.errors import QueryError
from listener.query.fields import MAKERS, Unfit
from listener.query.nodes import And, Named, Near, Node, Not, Or, Piece, Term, Title
from listener.query.presets import PRESETS
from listener.query.words import cut_wild, fold

MOST = 2_000
"""Words, phrases and fields of a query, those of its exclusion sets included."""
LONGEST_PHRASE = 30
"""Words of a phrase."""
_STARS = 4
_IN_A_SET = "in the exclusion set"


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be asked of any document. Two of the same parts are equal; ``str`` writes it down."""

    root: Node
    text: str = field(default="", compare=False)
    """As it was written."""

    def matches(self, document: Document) -> bool:
        return self.root.holds(Reading(document))

    def __str__(self) -> str:
        return str(self.root)


def parse(text: str, sets: Mapping[str, str] | None = None) -> Query:
    """The query that a text stands for; ``sets`` are exclusion sets by name, beside (and before) the presets.

    Raises:
        QueryError: it is no query; nothing else, whatever the text.
    """
    known = {**PRESETS, **{fold(name): query for name, query in (sets or {}).items()}}
    return Query(_Reader(known).root(text), text)


class _Reader:
    """Makes nodes of drafts, for one query; counts its words."""

    def __init__(self, sets: Mapping[str, str]) -> None:
        self._sets = sets
        self._within: list[str] = []
        """The sets that are being read."""
        self._words = 0

    def root(self, text: str, level: int = 0) -> Node:
        try:
            return self._node(draft(text), None, level)
        except Slip as slip:
            raise QueryError(slip.message, slip.at, text) from None

    def _node(self, part: Draft, within: str | None, level: int) -> Node:  # noqa: PLR0911 - one for each kind of part
        """The node of a draft that stands ``within`` a field's brackets, so deep in everything else."""
        if level > DEEPEST:
            raise Slip(f"more than {DEEPEST} brackets, NOTs or sets within each other", part.at)
        match part.kind:
            case "or" | "and":
                nodes = tuple(self._node(each, within, level) for each in part.parts)
                return Or(nodes) if part.kind == "or" else And(nodes)
            case "not":
                return Not(self._node(part.parts[0], within, level + 1))
            case "group":
                return self._node(part.parts[0], within, level + 1)
            case "field":
                if within:
                    raise Slip(f"a field cannot stand within another ({within}:)", part.at)
                return self._node(part.parts[0], part.text, level + 1)
            case "near":
                return self._near(part, within)
            case "named" if within is None:
                return self._set(part, level)
        return self._leaf(part, within)

    def _near(self, part: Draft, within: str | None) -> Node:
        if within not in {None, "title"}:
            raise Slip(f"NEAR is about words of a text; {within}: takes values", part.at)
        operands = tuple(tuple(self._alternatives(each)) for each in part.parts)
        near = Near(operands, tuple(map(int, part.text.split(","))))
        return Title(near) if within else near

    def _alternatives(self, part: Draft) -> list[Term]:
        match part.kind:
            case "word" | "phrase":
                return [self._term(part)]
            case "group":
                return self._alternatives(part.parts[0])
            case "or":
                return [term for each in part.parts for term in self._alternatives(each)]
        raise Slip("beside NEAR expected a word, a phrase, or several of these in brackets with OR between them", part.at)

    def _set(self, part: Draft, level: int) -> Named:
        name = fold(part.text[1:])
        if name not in self._sets:
            known = ", ".join(f"@{each}" for each in sorted(self._sets)[:20])
            raise Slip(f"no exclusion set has this name; expected one of: {known}; a handle goes in quotes", part.at)
        if name in self._within:
            raise Slip(f"the exclusion set @{name} would contain itself", part.at)
        self._within.append(name)
        try:
            return Named(name, self.root(self._sets[name], level + 1))
        except QueryError as problem:
            if problem.message.startswith(_IN_A_SET):  # a set in a set: the inner one is to blame
                raise
            raise QueryError(f"{_IN_A_SET} @{name}: {problem.message}", problem.position, problem.query) from None
        finally:
            self._within.pop()

    def _leaf(self, part: Draft, within: str | None) -> Node:
        if within is None:
            return self._term(part)
        if within == "title":
            return Title(self._term(part))
        self._count(part)
        quoted = part.kind == "phrase"
        try:
            return MAKERS[within](part.text, quoted, _pieces(part.text))
        except Unfit as unfit:
            raise Slip(f"{within}: takes {unfit}", part.at) from None

    def _term(self, part: Draft) -> Term:
        self._count(part)
        pieces = _pieces(part.text)
        literal = [piece for piece in pieces if piece.literals]
        if not pieces:
            raise Slip("there is nothing to search for in this; expected letters, digits or an emoji", part.at)
        if not literal:
            raise Slip("an asterisk needs letters beside it, such as quill*", part.at)
        if len(pieces) > LONGEST_PHRASE:
            raise Slip(f"a phrase may have {LONGEST_PHRASE} words, not {len(pieces)}", part.at)
        for piece in literal:
            if piece.word.count("*") > _STARS:
                raise Slip(f"a word may have {_STARS} asterisks", part.at)
            if piece.wild and sum(map(len, piece.literals)) < 2 and piece.word.isascii():
                raise Slip("a word with an asterisk needs at least two letters, such as qu*", part.at)
        return Term(part.text, part.kind == "phrase", pieces)

    def _count(self, part: Draft) -> None:
        self._words += 1
        if self._words > MOST:
            raise Slip(f"more than {MOST:,} words and fields, those of exclusion sets included", part.at)


def _pieces(text: str) -> tuple[Piece, ...]:
    return tuple(Piece(_one_star(word), lead, tail) for word, lead, tail in cut_wild(fold(text)))


def _one_star(word: str) -> str:
    """Asterisks beside each other are one."""
    while "**" in word:
        word = word.replace("**", "*")
    return word
