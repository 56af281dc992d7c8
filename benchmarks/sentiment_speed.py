"""How fast the sentiment engines are beside vaderSentiment and asent: one process, one thread, contenders in turn.

    python benchmarks/sentiment_speed.py [--texts FILE.jsonl[.gz]] [--rounds N] [--count N]
    python benchmarks/sentiment_speed.py --start

Scores three kinds of text: tweets (the ``text`` of each line of FILE, else invented ones of about 15 words), posts of 541 words
and posts of 5,000 words (put together from those tweets). Prints texts a second of the process's CPU time, the median of the
rounds, and the ratio to vaderSentiment in the same rounds. Only ratios mean anything on a machine that does other work.

``--start`` measures what a user waits for: seconds from the start of ``listener analyze`` to its first line of output, and its
peak memory, for each engine, beside a Python that does the same with vaderSentiment.

asent is not among our dependencies (it asks for matplotlib, which scoring does not need); it takes part where it is installed:
``pip install --no-deps asent``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[_variable] = "1"  # before anything that starts threads is imported
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from vader_confusion import rows_of  # noqa: E402 - see above
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: E402 - see above

from listener.core.errors import EngineError  # noqa: E402 - see above
from nlp.engines import ENGINES, load_engine  # noqa: E402 - see above

Score = Callable[[Sequence[str]], object]

_WHO = (
    "We",
    "My team",
    "Everybody here",
    "The new office",
    "I",
    "Half of our customers",
    "Our accountant",
    "They",
    "My sister's firm",
)
_DOES = (
    "loves",
    "hates",
    "recommends",
    "barely uses",
    "can't stand",
    "finally moved to",
    "gave up on",
    "doesn't miss",
    "asked about",
)
_WHAT = ("Quillon", "the archive of Quillon", "@quillon", "Quillon Flow", "the old printer", "that update", "the Brimtel plan")
_HOW = (
    *(
        "and it is very fast",
        "but support never answers",
        "because it just works!",
        "which is a bit slow :(",
        "and nobody said why",
    ),
    *("so the invoices were late again", "and I'm not even surprised", "at least since Monday", "and the price is GREAT 😀"),
)
_END = (
    "",
    "https://q.example/a1",
    "#signing",
    "Best decision ever.",
    "Any ideas?",
    "lol",
    "Not bad at all!!",
    "See you on Thursday.",
)
_REFERENCE = """
import json, sys
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
score = SentimentIntensityAnalyzer().polarity_scores
for line in sys.stdin:
    print(json.dumps(score(json.loads(line)["text"])), flush=True)
"""
_ANALYZE = "from listener.cli import main; main()"


def invented(count: int) -> list[str]:
    """Tweets that nobody wrote; the same ones for the same number."""
    rng = random.Random(count)
    parts = (_WHO, _DOES, _WHAT, _HOW, _END)
    return [f"{' '.join(rng.choice(part) for part in parts)} {rng.choice(_WHO)} {rng.choice(_HOW)}." for _ in range(count)]


def posts(tweets: Sequence[str], words: int, count: int) -> list[str]:
    """Texts of so many words, each with other tweets in it as far as they reach."""
    said = " ".join(tweets).split()
    while len(said) < words * count:
        said += said
    return [" ".join(said[i * words : (i + 1) * words]) for i in range(count)]


def contenders() -> dict[str, Score]:
    """Everything that can be measured here, by name; what cannot is named on standard error."""
    library = SentimentIntensityAnalyzer()
    found: dict[str, Score] = {"vaderSentiment": lambda texts: [library.polarity_scores(text) for text in texts]}
    if find_spec("asent") is None:
        print("asent is not installed and left out: pip install --no-deps asent", file=sys.stderr)
    else:
        import asent  # noqa: F401 - registers its pipe
        import spacy

        nlp = spacy.blank("en")
        nlp.add_pipe("sentencizer")
        nlp.add_pipe("asent_en_v1")
        found["asent"] = lambda texts: [doc._.polarity.compound for doc in nlp.pipe(texts)]
    for name in ENGINES:
        try:
            engine = load_engine(name)
        except EngineError as error:
            print(f"{name} cannot be loaded and is left out: {error}", file=sys.stderr)
            continue
        found[name] = lambda texts, engine=engine: list(engine.score_many((text, None) for text in texts))  # type: ignore[misc]  # a default binds it now
    return found


def measure(scorers: dict[str, Score], texts: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU time of each contender, a figure a round; the order turns from round to round."""
    spent: dict[str, list[float]] = {name: [] for name in scorers}
    names = list(scorers)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            begun = time.process_time()
            scorers[name](texts)
            spent[name].append(time.process_time() - begun)
    return spent


def compare(tweets: Sequence[str], rounds: int) -> None:
    scorers = contenders()
    for score in scorers.values():
        score(tweets[:20])  # whatever is loaded at first use
    kinds = {
        f"{len(tweets)} tweets": tweets,
        "20 posts of 541 words": posts(tweets, 541, 20),
        "2 posts of 5,000 words": posts(tweets, 5_000, 2),
    }
    for kind, texts in kinds.items():
        mean = statistics.mean(len(text.split()) for text in texts)
        print(f"{kind} ({mean:.0f} words on average)")
        spent = measure(scorers, texts, rounds)
        for name, seconds in spent.items():
            ratios = [reference / own for reference, own in zip(spent["vaderSentiment"], seconds, strict=True)]
            ratio = statistics.median(ratios)
            factor = f"{ratio:8.2f} x" if ratio >= 0.1 else f"  1/{1 / ratio:.0f} x"
            print(f"  {name:<16}{len(texts) / statistics.median(seconds):12,.1f} texts/s {factor}")


def start(rounds: int) -> None:
    commands = {"vaderSentiment": [sys.executable, "-c", _REFERENCE]}
    commands |= {name: [sys.executable, "-c", _ANALYZE, "analyze", "--engine", name] for name in ENGINES}
    print("from start to the first result")
    for name, command in commands.items():
        measured = [_first_line(command) for _ in range(rounds)]
        if failed := next((error for *_, error in measured if error), None):
            print(f"  {name:<16} left out: {failed}")
            continue
        wall, cpu, peak = (statistics.median(values) for values in list(zip(*measured, strict=True))[:3])
        print(f"  {name:<16} wall {wall:5.2f} s   CPU of the whole run {cpu:5.2f} s   peak memory {peak:6.0f} MiB")


def _first_line(command: Sequence[str]) -> tuple[float, float, float, str]:
    """Wall seconds to the first line, CPU seconds and peak MiB of the whole run, and what went wrong."""
    line = json.dumps({"id": "1", "text": "Quillon is great, and support answered within the hour."}) + "\n"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as problems:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=problems, cwd=folder, text=True, env=_environment()
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.close()
        first = process.stdout.readline()
        wall = time.perf_counter() - begun
        process.stdout.read()
        process.stdout.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        problems.seek(0)
        error = "" if first and process.returncode == 0 else problems.read().strip() or f"exit status {process.returncode}"
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, error


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parent.parent)
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, metavar="FILE", help='JSON lines with "text"; invented tweets if it is not given')
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--count", type=int, default=500, metavar="N", help="how many tweets")
    parser.add_argument("--start", action="store_true", help="measure the time to the first result instead")
    arguments = parser.parse_args()
    if arguments.start:
        start(arguments.rounds)
        return
    tweets = (
        [row["text"] for row in rows_of(arguments.texts)][: arguments.count] if arguments.texts else invented(arguments.count)
    )
    compare(tweets, arguments.rounds)


if __name__ == "__main__":
    main()
