"""``listener analyze``: texts in, sentiment out, no database."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.output import json_line, note, progress
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.cli.records import TextRecord
    from listener.core.analysis import Intent, Sentiment

BATCH, FIRST = 256, 32
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

    score = _scorer(engine)
    with opened(file) as stream, progress() as bar:
        reader = Reader(TextRecord, stream)
        done = 0
        for answers in _in_order(score, in_batches(reader, BATCH, first=FIRST), threads):
            for answer in answers:
                json_line(answer)
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


def _scorer(chosen: str | None) -> Callable[[list[TextRecord]], list[Answer]]:
    from listener.core.errors import ConfigError, Problem
    from nlp.engines import DEFAULT_ENGINE, ENGINES, load_engine
    from nlp.intent import intents_many
    from nlp.language import identify

    name = chosen or DEFAULT_ENGINE
    if name not in ENGINES:
        raise ConfigError([Problem("--engine", f'there is no engine "{name}"', f"one of: {', '.join(ENGINES)}")])
    engine = load_engine(name)

    def score(batch: list[TextRecord]) -> list[Answer]:
        items = [(record.text, record.target) for record in batch]
        sentiments, intents = engine.score_many(items), intents_many(items)
        return [
            _answer(record, sentiment, identify(record.text), found)
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
