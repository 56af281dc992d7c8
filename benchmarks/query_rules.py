"""What 1, 10, 100 and 1,000 rules cost over the same batch of invented posts.

    python benchmarks/query_rules.py [POSTS]

Three ways, side by side in one process, each the best of three turns in alternating order: our ``QuerySet``; each ``Query`` in
turn, the post read once; and, as the named peer, what one would write without a query language: a loop of compiled regular
expressions (Python's ``re``) that checks the same words with ``\\b``. Only the ratios mean anything.
All three must find the same.
"""

from __future__ import annotations

import random
import re
import sys
import time
import unicodedata
from collections.abc import Callable

from listener.query import Document, Query, QuerySet, Reading, parse

TURNS = 3
COUNTS = (1, 10, 100, 1_000)
SYLLABLES = ("ba", "cor", "del", "fen", "gri", "hol", "jun", "kal", "lom", "mer", "nor", "pli", "quo", "ras", "sel", "tor", "vin")


def main() -> None:
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    chance = random.Random(4)
    words = sorted({"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(8_000)})
    weights = [1 / (rank + 10) for rank in range(len(words))]
    documents = [_post(chance, words, weights) for _ in range(posts)]
    rules = [_rule(chance, words) for _ in range(max(COUNTS))]
    print(f"{posts} posts of {sum(len(each.text) for each in documents) // posts} characters; {len(words)} different words")
    (once,) = _best(lambda: [_plain_pass(document.text) for document in documents])
    print(f"The pass, each post folded, cut into words and these made a set, in plain Python: {once * 1e6 / posts:.1f} µs a post")
    first = None
    for count in COUNTS:
        queries = [parse(text) for text, _ in rules[:count]]
        patterns = [compiled for _, compiled in rules[:count]]
        begun = time.process_time()
        together = QuerySet(queries)
        built = time.process_time() - begun
        ours, each, peer = _best(
            lambda together=together: [together.matching(document) for document in documents],  # type: ignore[misc]
            lambda queries=queries: [_in_turn(queries, document) for document in documents],  # type: ignore[misc]
            lambda patterns=patterns: [_by_expressions(patterns, document) for document in documents],  # type: ignore[misc]
        )
        first = first or ours
        print(
            f"{count:>5} rules: QuerySet {ours * 1e6 / posts:7.1f} µs a post "
            f"({ours / first:4.1f} × one rule, {ours / once:4.1f} × the pass), "
            f"each query in turn {each / ours:5.1f} ×, regular expressions {peer / ours:5.1f} ×; made in {built * 1e3:.0f} ms"
        )


def _post(chance: random.Random, words: list[str], weights: list[float]) -> Document:
    said = chance.choices(words, weights, k=chance.randint(10, 70))
    if chance.random() < 0.3:
        said.insert(chance.randrange(len(said)), "quillon")
    return Document(text=" ".join(said), source="news", language="en", type="post")


Pattern = tuple[list[re.Pattern[str]], re.Pattern[str] | None]
"""Expressions all of which must be found, and one that must not."""


def _rule(chance: random.Random, words: list[str]) -> tuple[str, Pattern]:
    """A rule such as people write: the brand and a theme, some words that one would rather not see, now and then a wildcard."""
    a, b, c, d = chance.sample(words, 4)
    star = chance.choice(words) + "xx"
    brand, theme = r"\bquillon\b", rf"\b(?:{a}|{b}|{star}\w*)\b"
    if chance.random() < 0.5:
        text, needed = f"quillon ({a} OR {b} OR {star}*) -{c}", [brand, theme]
    else:
        text, needed = f"({a} OR {b} OR {star}*) {d} -{c}", [theme, rf"\b{d}\b"]
    return text, ([re.compile(each, re.IGNORECASE) for each in needed], re.compile(rf"\b{c}\b", re.IGNORECASE))


def _plain_pass(text: str) -> set[str]:
    """What the pass is measured by: none of our code, so that the measure stays when ours becomes faster."""
    return set(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _in_turn(queries: list[Query], document: Document) -> set[int]:
    reading = Reading(document)
    return {number for number, query in enumerate(queries) if query.root.holds(reading)}


def _by_expressions(patterns: list[Pattern], document: Document) -> set[int]:
    text = document.text
    return {
        number
        for number, (needed, unwanted) in enumerate(patterns)
        if all(each.search(text) for each in needed) and not (unwanted and unwanted.search(text))
    }


def _best(*ways: Callable[[], object]) -> list[float]:
    times = [float("inf")] * len(ways)
    for turn in range(TURNS):
        results = []
        for at in range(len(ways)) if turn % 2 else reversed(range(len(ways))):
            begun = time.process_time()
            results.append(ways[at]())
            times[at] = min(times[at], time.process_time() - begun)
        assert all(found == results[0] for found in results), "the three ways must find the same"
    return times


if __name__ == "__main__":
    main()
