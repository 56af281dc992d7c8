"""Many queries at once: one pass over a text says which of them are worth asking.

One Aho-Corasick automaton holds a word of every query that cannot match without it; what it finds, together with the fields of
the document, picks the queries that are then asked exactly. So a thousand rules cost about as much as the few that have a chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from listener.query.document import Document, Reading
from listener.query.needs import Key, field_keys, keys, need
from listener.query.parsing import Query

_FIELD_COST = {"author": 2.0, "name": 4.0, "site": 8.0, "source": 50.0, "lang": 500.0, "type": 1_000.0}
"""How common a field's value is, beside a word's: only the order matters."""


class QuerySet:
    """Queries, prepared to be asked together. Indexes in its answers are places in ``queries``."""

    def __init__(self, queries: Iterable[Query]) -> None:
        from ahocorasick_rs import AhoCorasick

        self.queries: Sequence[Query] = tuple(queries)
        shared = Counter(key for query in self.queries for key in set(keys(query.root)))

        def cost(needed: frozenset[Key]) -> float:
            # A word that many rules ask for (the brand's name) is one that many texts have.
            return sum(_FIELD_COST.get(key.kind) or shared[key] + 1 / len(key.value) for key in needed)

        self._by_key: dict[Key, list[int]] = {}
        self._always: list[int] = []
        for number, query in enumerate(self.queries):
            needed = need(query.root, cost)
            if needed is None:
                self._always.append(number)
            for key in needed or ():
                self._by_key.setdefault(key, []).append(number)
        self._literals = sorted({key.value for key in self._by_key if key.kind in {"word", "part"}})
        self._scan = AhoCorasick(self._literals) if self._literals else None
        self._of_word = [self._by_key.get(Key("word", literal), []) for literal in self._literals]
        self._of_part = [self._by_key.get(Key("part", literal), []) for literal in self._literals]
        self._has_fields = any(key.kind in _FIELD_COST for key in self._by_key)

    def __reduce__(self) -> tuple[type[QuerySet], tuple[Sequence[Query]]]:
        return type(self), (self.queries,)

    def __len__(self) -> int:
        return len(self.queries)

    def matching(self, document: Document) -> set[int]:
        """Which queries match the document."""
        reading = Reading(document)
        return {number for number in self._candidates(reading) if self.queries[number].root.holds(reading)}

    def matching_many(self, documents: Iterable[Document]) -> Iterator[set[int]]:
        """Which queries match each document, in order."""
        return map(self.matching, documents)

    def _candidates(self, reading: Reading) -> set[int]:
        """The queries that may match: all others certainly do not."""
        found = set(self._always)
        if self._has_fields:
            for key in field_keys(reading):
                found.update(self._by_key.get(key, ()))
        if self._scan is not None:
            text = f"{reading.folded_title}\n{reading.folded_text}" if reading.document.title else reading.folded_text
            hits = {literal for literal, _, _ in self._scan.find_matches_as_indexes(text, overlapping=True)}
            words = reading.words if hits else ()
            for literal in hits:
                found.update(self._of_part[literal])
                if self._of_word[literal] and self._literals[literal] in words:  # not only inside a longer word
                    found.update(self._of_word[literal])
        return found
