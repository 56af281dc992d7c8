"""Near-duplicates: how well they are found, and at what cost beside datasketch's MinHash LSH in the same process.

python benchmarks/near_duplicates.py                 precision and recall on the labelled pairs, by half and by kind
python benchmarks/near_duplicates.py --speed [N]     sketch, index and query N posts (20,000), interleaved with datasketch
python benchmarks/near_duplicates.py --store [N]     what it adds to saving the analyses of N mentions (5,000) in SQLite

The labelled pairs are invented; about a third is written by hand, the rest made by ``near_variants.py``. The threshold was chosen
on the development half alone.
"""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from near_variants import DATA, EDITS, read

from listener.core.analysis import Analysis, Label, Relevance, Sentiment, TargetSentiment
from listener.core.brand import OPEN_WEB, TargetKind
from listener.core.mention import Author, Mention, Page
from listener.core.sketch import NEAR, bands, similarity
from nlp.sketch import sketches
from nlp.text import own_words
from storage.store import open_store

ROUNDS = 10
COPIES = 0.2
"""The share of posts that are an edited copy of an earlier one."""


def found(a: bytes | None, b: bytes | None) -> bool:
    """Whether the store would join the two: they share a band and are alike enough."""
    return bool(a and b and set(bands(a)) & set(bands(b)) and similarity(a, b) >= NEAR)


def measure() -> None:
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    for row in read():
        said = found(*sketches([own_words(row["a"]), own_words(row["b"])]))
        outcome = ("true " if said == row["same"] else "false ") + ("positive" if said else "negative")
        for part in (row["half"], f"{row['half']}, by hand" if not row["made"] else f"{row['half']}, made"):
            outcomes[part][outcome] += 1
        if said != row["same"]:
            wrong.append(f"{outcome}, {row['half']}, {row['kind']}: {row['b'][:70]!r}")
    print(f"{len(read())} labelled pairs in {DATA.name}; alike from {NEAR}")
    for part, its in sorted(outcomes.items()):
        true, false, missed = its["true positive"], its["false positive"], its["false negative"]
        shares = f"precision {true / max(1, true + false):.3f}   recall {true / max(1, true + missed):.3f}"
        print(f"  {part:<22} {shares}   ({true + missed} duplicates, {its.total() - true - missed} others)")
    print(*wrong, sep="\n")


def posts(number: int) -> list[str]:
    """Invented posts of about 100 words; some are edited copies of earlier ones."""
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randrange(2, 11))) for _ in range(20_000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    texts: list[str] = []
    for _ in range(number):
        if texts and rng.random() < COPIES:
            texts.append(rng.choice(EDITS)(rng.choice(texts), rng))
        else:
            plain = rng.choices(words, weights, k=rng.randrange(60, 140))
            texts.append(". ".join(" ".join(plain[start : start + 12]).capitalize() for start in range(0, len(plain), 12)) + ".")
    return texts


class Ours:
    def __init__(self) -> None:
        self.crowds: dict[int, list[int]] = {}
        self.sketches: list[bytes | None] = []

    def add(self, texts: Sequence[str]) -> int:
        """Sketch, look up, verify and index the texts; how many were found to be near an earlier one."""
        hits = 0
        for start in range(0, len(texts), 100):
            for sketch in sketches(texts[start : start + 100]):
                number = len(self.sketches)
                self.sketches.append(sketch)
                if sketch is None:
                    continue
                candidates: set[int] = set()
                for key in bands(sketch):
                    crowd = self.crowds.get(key)
                    if crowd is None:
                        self.crowds[key] = [number]
                    else:
                        candidates.update(crowd)
                        crowd.append(number)
                hits += any(similarity(sketch, self.sketches[other] or b"") >= NEAR for other in candidates)
        return hits


class Datasketch:
    """MinHash with 128 permutations and MinHashLSH at the same threshold, over the same pairs: a text at a time, or in bulk."""

    def __init__(self, *, bulk: bool) -> None:
        from datasketch import MinHashLSH  # type: ignore[import-untyped]

        self.lsh = MinHashLSH(threshold=NEAR, num_perm=128)
        self.known: list[Any] = []
        self.bulk = bulk

    def add(self, texts: Sequence[str]) -> int:
        from datasketch import MinHash

        hits = 0
        for start in range(0, len(texts), 100):
            split = [text.lower().split() for text in texts[start : start + 100]]
            pairs = [[f"{one} {other}".encode() for one, other in pairwise(words)] for words in split]
            for sketch in MinHash.bulk(pairs, num_perm=128) if self.bulk else map(self.alone, pairs):
                candidates = self.lsh.query(sketch)
                hits += any(sketch.jaccard(self.known[other]) >= NEAR for other in candidates)
                self.lsh.insert(len(self.known), sketch)
                self.known.append(sketch)
        return hits

    def alone(self, pairs: Sequence[bytes]) -> Any:
        from datasketch import MinHash

        sketch = MinHash(num_perm=128)
        for pair in pairs:
            sketch.update(pair)
        return sketch


def cost(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds of CPU and what came out; without garbage collection, as ``timeit`` has it: it would go through the objects of all
    contenders whenever one of them makes some."""
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        result = work()
        return time.process_time() - started, result
    finally:
        gc.enable()


def speed(number: int) -> None:
    texts = posts(number)

    def ready() -> dict[str, Ours | Datasketch]:
        return {"listener": Ours(), "datasketch": Datasketch(bulk=False), "the same in bulk": Datasketch(bulk=True)}

    for one in ready().values():
        one.add(texts[:100])  # warmed up
    spent: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    step = -(-number // ROUNDS)
    runners = ready()
    for start in range(0, number, step):
        for name, one in runners.items():
            seconds, its = cost(partial(one.add, texts[start : start + step]))
            spent[name] += seconds  # type: ignore[assignment]  # a Counter adds fractions as well
            hits[name] += its
    words = sum(len(text.split()) for text in texts) / number
    print(f"{number} posts of {words:.0f} words, {COPIES:.0%} of them copies; CPU time, {ROUNDS} rounds each in turn")
    for name, seconds in spent.items():
        ratio = seconds / spent["listener"]
        print(
            f"  {name:<16} {seconds / number * 1e6:7.1f} µs a post   ratio {ratio:4.1f}   {hits[name]} found near an earlier one"
        )


def store(number: int) -> None:
    """The same mentions and verdicts, saved with their sketches and without."""
    texts = posts(number)
    made = [sketch for start in range(0, number, 100) for sketch in sketches(texts[start : start + 100])]
    spent = {"without": saved(texts, [None] * number), "with": saved(texts, made)}
    for name, seconds in spent.items():
        print(f"  {name:<8} {seconds / number * 1e6:7.1f} µs a mention to save its analysis")
    print(f"  added    {(spent['with'] - spent['without']) / number * 1e6:7.1f} µs")


def saved(texts: Sequence[str], made: Sequence[bytes | None]) -> float:
    now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    feeling = Sentiment(Label.POSITIVE, 0.8, "vader", "1", (0.1, 0.2, 0.7))
    toward = (TargetSentiment("quillon", TargetKind.BRAND, "quillon", feeling, "Quillon"),)
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{Path(folder) / 'store.db'}", now=now) as opened:
        heard = tuple(
            Mention("rss", "o", f"post-{place}", text, Author(handle=f"writer{place}"), published_at=now - timedelta(hours=1))
            for place, text in enumerate(texts)
        )
        opened.mentions.save_page("blogs", "", "rss", OPEN_WEB.name, Page(heard), now, now - timedelta(days=1))
        spent = 0.0
        place = 0
        while jobs := opened.analyses.pending_analyses("1", 200):
            done = [(job, Analysis(Relevance.ABOUT, "en", toward, sketch=made[place + step])) for step, job in enumerate(jobs)]
            place += len(jobs)
            started = time.process_time()
            opened.analyses.save_analyses(done, "1", now)
            spent += time.process_time() - started
    return spent


def main() -> None:
    match sys.argv[1:]:
        case []:
            measure()
        case ["--speed", *rest]:
            speed(int(rest[0]) if rest else 20_000)
        case ["--store", *rest]:
            store(int(rest[0]) if rest else 5_000)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
