"""Many queries at once: one pass over a text says which of them are worth asking, and of most of these already the answer.

    text ──cut once──> its words ─┬─ those that any query asks for ──> queries of which a word is there
                                  └─ words with asterisks: one Aho-Corasick scan          │ all that they need, nothing unwanted?
                                     for the longest part of each                         └──> asked exactly, if sets cannot say

So a thousand rules cost about as much as cutting the text, which one rule costs as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from listener.query.document import Document, Reading
from listener.query.needs import Key, Screen, Sign, Signs, field_signs, screen, signs
from listener.query.parsing import Query

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

_FIELD_COST = {"author": 2.0, "name": 4.0, "site": 8.0, "source": 50.0, "lang": 500.0, "type": 1_000.0}
"""How common a field's value is, beside a word's: only the order matters."""
_FEW = 50
"""So many words are looked for in the text before it is cut: where none is there, it need not be."""


class QuerySet:
    """Queries, prepared to be asked together. Indexes in its answers are places in ``queries``."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self.queries: Sequence[Query] = tuple(queries)
        shared = Counter(sign for query in self.queries for sign in set(signs(query.root)))

        def cost(needed: Signs) -> float:
            # A word that many rules ask for (the brand's name) is one that many texts have.
            return sum(
                _FIELD_COST.get(sign.kind) or shared[sign] + 1 / len(sign.value)
                if isinstance(sign, Key)
                else shared[sign] + 1 / len(sign)
                for sign in needed
            )

        self._screens: list[Screen] = [screen(query.root, cost) for query in self.queries]
        self._by_sign: dict[Sign, list[int]] = {}
        self._always: list[int] = []
        for number, its in enumerate(self._screens):
            if not its.needed:
                self._always.append(number)
                continue
            first = min(its.needed, key=cost)
            for sign in first:
                self._by_sign.setdefault(sign, []).append(number)
            self._screens[number] = its._replace(needed=tuple(each for each in its.needed if each != first))
        asked = {sign for its in self._screens for each in (*its.needed, its.unwanted) for sign in each} | self._by_sign.keys()
        keys = [sign for sign in asked if isinstance(sign, Key)]
        self._words = frozenset(sign for sign in asked if not isinstance(sign, Key))
        self._has_fields = any(key.kind in _FIELD_COST for key in keys)
        self._parts: dict[str, list[str]] = {}
        for key in keys:
            if key.kind == "wild":
                self._parts.setdefault(max(key.value.split("*"), key=len), []).append(key.value)
        self._literals, self._scan = _scan({*self._parts, *(self._words if len(self._words) <= _FEW else ())})

    def __reduce__(self) -> tuple[type[QuerySet], tuple[Sequence[Query]]]:
        return type(self), (self.queries,)

    def __len__(self) -> int:
        return len(self.queries)

    def matching(self, document: Document) -> set[int]:
        """Which queries match the document."""
        reading = Reading(document)
        found = self._signs(reading)
        by_sign = self._by_sign
        candidates = set(self._always).union(*[by_sign[sign] for sign in found if sign in by_sign])
        return {number for number in candidates if self._holds(number, found, reading)} if candidates else candidates

    def matching_many(self, documents: Iterable[Document]) -> Iterator[set[int]]:
        """Which queries match each document, in order."""
        return map(self.matching, documents)

    def _holds(self, number: int, found: set[Sign], reading: Reading) -> bool:
        needed, unwanted, exact = self._screens[number]
        for each in needed:
            if each.isdisjoint(found):
                return False
        return unwanted.isdisjoint(found) and (exact or self.queries[number].root.holds(reading))

    def _signs(self, reading: Reading) -> set[Sign]:
        """Of all that the queries ask for, what the document has."""
        found: set[Sign] = set(field_signs(reading)) if self._has_fields else set()
        parts: set[str] = set()
        if self._scan is not None:
            text = f"{reading.folded_title}\n{reading.folded_text}" if reading.document.title else reading.folded_text
            parts = {self._literals[which] for which, _, _ in self._scan.find_matches_as_indexes(text, overlapping=True)}
        if parts or len(self._words) > _FEW:
            words = reading.words
            found |= self._words & words.known
            if parts:
                found.update(Key("wild", wild) for part in parts for wild in self._parts.get(part, ()) if wild in words)
        return found


def _scan(literals: set[str]) -> tuple[list[str], AhoCorasick | None]:
    """The automaton that finds the literals, which it names by their places in the list."""
    if not literals:
        return [], None
    from ahocorasick_rs import AhoCorasick

    listed = sorted(literals)
    return listed, AhoCorasick(listed)
