"""``listener analyze``: texts in, sentiment out, no database."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.output import json_line, note, progress
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.cli.records import TextRecord
    from listener.core.analysis import Intent, Sentiment

BATCH, FIRST = 512, 8
"""Texts that are scored together; the first are few, so that the first answer comes soon."""
Answer = dict[str, Any]


def add(app: typer.Typer) -> None:
    command(app, "analyze")(analyze)


def analyze(
    shell: Shell,  # noqa: ARG001 - its output is JSON lines in any case
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help='JSON lines {"id", "text", "target"}; - is standard input.')
    ] = "-",
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="The sentiment engine, if not the default one.")] = None,
    threads: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="How many threads work at the same time.")] = 1,
) -> None:
    """Say what sentiment texts carry: JSON lines in and out.

    The sentiment is that of the whole text, or toward the target if the line names one; the order stays.

    Example: echo '{"id": "1", "text": "Quillon is great", "target": "Quillon"}' | listener analyze
    """
    from listener.cli.records import Reader, TextRecord, in_batches, opened

    name = _known(engine)
    with opened(file) as stream, progress() as bar:
        reader = Reader(TextRecord, stream)
        batches = in_batches(reader, BATCH, first=FIRST)
        first = next(batches, [])
        score = _scorer(name, first)
        done = 0
        for answers in _in_order(score, chain([first], batches), threads):
            for answer in answers:
                json_line(answer)
            sys.stdout.flush()
            done += len(answers)
            bar("analyze", done)
    if reader.bad:
        note(f"{reader.bad} lines could not be used")
        raise typer.Exit(1)


def _in_order(
    score: Callable[[list[TextRecord]], list[Answer]], batches: Iterable[list[TextRecord]], threads: int
) -> Iterator[list[Answer]]:
    """Each batch's answers, in the order of the input; only as many batches are read ahead as keep all threads busy."""
    if threads == 1:
        yield from map(score, batches)
        return
    waiting: deque[Future[list[Answer]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="analyze") as pool:
        for batch in batches:
            waiting.append(pool.submit(score, batch))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _known(engine: str | None) -> str:
    from listener.core.errors import ConfigError, Problem
    from nlp.engines import DEFAULT_ENGINE, ENGINES

    name = engine or DEFAULT_ENGINE
    if name not in ENGINES:
        raise ConfigError([Problem("--engine", f'there is no engine "{name}"', f"one of: {', '.join(ENGINES)}")])
    return name


def _scorer(name: str, first: Sequence[TextRecord]) -> Callable[[list[TextRecord]], list[Answer]]:
    """What scores a batch; ``first`` are the texts that will be asked about first."""
    import numpy  # noqa: F401, ICN001 - whole, before two threads import what needs it: met half-way, it fails to load

    from nlp import language
    from nlp.engines import load_engine
    from nlp.intent import intents_many, prepare

    aside = ThreadPoolExecutor(1, thread_name_prefix="load")
    if not all(language.plainly_english(record.text) for record in first):
        aside.submit(language.load)  # most of it needs no turn of the interpreter, and is done while the rest is loaded
    aside.shutdown(wait=False)
    engine = load_engine(name)
    if first:
        prepare()

    def score(batch: list[TextRecord]) -> list[Answer]:
        items = [(record.text, record.target) for record in batch]
        sentiments, intents = engine.score_many(items), intents_many(items)
        return [
            _answer(record, sentiment, language.identify(record.text), found)
            for record, sentiment, found in zip(batch, sentiments, intents, strict=True)
        ]

    return score


def _answer(record: TextRecord, sentiment: Sentiment, language: str | None, intents: tuple[Intent, ...]) -> Answer:
    from listener.core.analysis import Label

    labels = {Label.POSITIVE: 1, Label.NEUTRAL: 0, Label.MIXED: 0, Label.NEGATIVE: -1, Label.UNSCORED: None}
    answer: Answer = {
        "id": record.id,
        "label": labels[sentiment.label],
        "score": sentiment.score,
        "probability": sentiment.probability,
        "unsure": sentiment.unsure,
        "engine": sentiment.engine,
        "language": language,
        "intent": intents,
    }
    if sentiment.label is Label.MIXED:
        answer["mixed"] = True
    return answer
