"""Many queries at once: one pass over a text says which of them are worth asking, and of most of these already the answer.

    text ──cut once──> its words ─┬─ each looked up once ─────────────> queries of which a word is there
                                  └─ words with asterisks: one Aho-Corasick scan          │ all that they need, nothing unwanted?
                                     for the longest part of each                         └──> asked exactly, if sets cannot say

So a thousand rules cost two or three times what cutting the text costs, which one rule costs as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from listener.query.document import Document, Reading
from listener.query.needs import Key, Screen, Sign, Signs, field_signs, screen, signs
from listener.query.parsing import Query

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

_FIELD_COST = {"author": 2.0, "name": 4.0, "site": 8.0, "source": 50.0, "lang": 500.0, "type": 1_000.0}
"""How common a field's value is, beside a word's: only the order matters."""


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
        self._has_fields = any(key.kind in _FIELD_COST for key in keys)
        self._parts: dict[str, list[Key]] = {}
        for key in keys:
            if key.kind == "wild":
                self._parts.setdefault(max(key.value.split("*"), key=len), []).append(key)
        self._literals, self._scan = _scan(self._parts)

    def __reduce__(self) -> tuple[type[QuerySet], tuple[Sequence[Query]]]:
        return type(self), (self.queries,)

    def __len__(self) -> int:
        return len(self.queries)

    def matching(self, document: Document) -> set[int]:
        """Which queries match the document."""
        reading = Reading(document)
        has = self._signs(reading)
        candidates = set(self._always).union(*filter(None, map(self._by_sign.get, has)))
        return {number for number in candidates if self._holds(number, has, reading)}

    def matching_many(self, documents: Iterable[Document]) -> Iterator[set[int]]:
        """Which queries match each document, in order."""
        return map(self.matching, documents)

    def _holds(self, number: int, has: Signs, reading: Reading) -> bool:
        needed, unwanted, exact = self._screens[number]
        for each in needed:
            if each.isdisjoint(has):
                return False
        return unwanted.isdisjoint(has) and (exact or self.queries[number].root.holds(reading))

    def _signs(self, reading: Reading) -> Signs:
        """All words of the document, and what else of it the queries ask for."""
        words = reading.words
        has: Signs = words.known
        if self._has_fields:
            has = has.union(field_signs(reading))
        if self._scan is not None:
            found = self._scan.find_matches_as_indexes("\n".join(words.texts), overlapping=True)
            parts = {self._literals[which] for which, _, _ in found}
            has = has.union(key for part in parts for key in self._parts[part] if key.value in words) if parts else has
        return has


def _scan(literals: Collection[str]) -> tuple[list[str], AhoCorasick | None]:
    """The automaton that finds the literals, which it names by their places in the list."""
    if not literals:
        return [], None
    from ahocorasick_rs import AhoCorasick

    listed = sorted(literals)
    return listed, AhoCorasick(listed)
