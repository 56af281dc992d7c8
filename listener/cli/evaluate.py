"""``listener eval``: how good the engines are on the user's own labelled data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli import evaluate_match
from listener.cli.output import Column, json_line, note, progress, say, table
from listener.cli.shell import DEFAULT_CONFIG, Shell, command
from listener.counting import counted

if TYPE_CHECKING:
    from listener.cli.records import LabelledRecord
    from listener.core.analysis import Sentiment
    from listener.core.ports import SentimentEngine
    from listener.quality import Interval, Quality, Row, Sure
    from storage.correcting import WrongCount

BATCH = 200
_NAMES = {-1: "negative", 0: "neutral", 1: "positive", None: "unscored"}


def add(app: typer.Typer) -> None:
    inner = typer.Typer(
        help="Measure quality on labelled data.", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.add_typer(inner, name="eval")
    command(inner, "sentiment")(sentiment)
    command(inner, "match")(evaluate_match.match)


def sentiment(
    shell: Shell,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE ...", help='JSON lines {"id", "text", "target", "label"}, gzipped or not; - is standard input.'
        ),
    ],
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="The sentiment engine; else the configured one.")] = None,
    bins: Annotated[int, typer.Option(metavar="N", min=2, max=100, help="Bins of the calibration error.")] = 10,
) -> None:
    """Measure a sentiment engine on labelled texts.

    Labels are -1, 0, 1, toward the target if the line names one.

    Example: listener eval sentiment labelled.jsonl --engine vader
    """
    from listener.quality import quality

    judge = _engine(shell, engine)
    with progress(quiet=shell.json) as bar:
        read, bad = _read(files, judge, bar)
    rows = [row for row, _, _ in read]
    unusable = counted(bad, "line", "lines")
    if not rows:
        note("Error: there is no row that could be used")
        raise typer.Exit(1)
    whole = quality(rows, bins)
    by_source = _grouped((source, row) for row, source, _ in read)
    by_language = _grouped((language or "not known", row) for row, _, language in read)
    wrong = _corrections(shell)
    if shell.json:
        facts = {"engine": judge.name, "version": judge.version, "unusable": bad, **_facts(whole)}
        groups = {
            name: {key: _facts(quality(its, bins)) for key, its in sorted(found.items())}
            for name, found in (("sources", by_source), ("languages", by_language))
        }
        json_line({**facts, **groups, "corrections": wrong})
    else:
        usable = counted(len(rows), "row", "rows") + (f", {unusable} not usable" if bad else "")
        say(f"Engine {judge.name} {judge.version}, {usable}")
        _print(whole)
        _print_groups("source", by_source)
        _print_groups("language", by_language)
        _print_corrections(wrong)
    if bad:
        note(f"{unusable} could not be used")
        raise typer.Exit(1)


def _engine(shell: Shell, name: str | None) -> SentimentEngine:
    """The engine named, else that of the configuration if there is one, else the default."""
    from listener.core.errors import ConfigError, Problem
    from nlp.engines import DEFAULT_ENGINE, ENGINES, load_engine

    if name is None and _is_configured(shell):
        settings = shell.app().settings
        return load_engine(settings.nlp.engine, model=settings.model())
    name = name or DEFAULT_ENGINE
    if name not in ENGINES:
        raise ConfigError([Problem("--engine", f'there is no engine "{name}"', f"one of: {', '.join(ENGINES)}")])
    return load_engine(name)


def _is_configured(shell: Shell) -> bool:
    """Whether there is a configuration, or one was named that should be there; none is needed."""
    return shell.config.exists() or shell.config != DEFAULT_CONFIG


Read = list[tuple["Row", str, str | None]]


def _read(files: Sequence[str], engine: SentimentEngine, bar: Any) -> tuple[Read, int]:
    """The rows with their source and language, and how many lines were of no use; texts are not kept."""
    from listener.cli.records import LabelledRecord, Reader, in_batches, opened

    found: Read = []
    bad = 0
    for file in files:
        with opened(file) as stream:
            reader = Reader(LabelledRecord, stream, name=file if len(files) > 1 else "")
            for batch in in_batches(reader, BATCH):
                found += _scored(batch, engine)
                bar("eval", len(found))
            bad += reader.bad
    return found, bad


def _scored(batch: Sequence[LabelledRecord], engine: SentimentEngine) -> Read:
    from listener.quality import Row
    from nlp.language import identify

    felt = engine.score_many((record.text, record.target) for record in batch)
    return [
        (
            Row(record.label, _label(one), one.probability, one.unsure),
            record.source or "not named",
            record.language or identify(record.text),
        )
        for record, one in zip(batch, felt, strict=True)
    ]


def _label(felt: Sentiment) -> int | None:
    from listener.core.analysis import Label

    return {Label.POSITIVE: 1, Label.NEGATIVE: -1, Label.UNSCORED: None}.get(felt.label, 0)


def _grouped(pairs: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for key, row in pairs:
        found[key].append(row)
    return found


def _corrections(shell: Shell) -> Sequence[WrongCount] | None:
    """What people corrected, where a configuration names a store that is there; ``None`` where there is none to ask."""
    from sqlalchemy import make_url

    if not _is_configured(shell):
        return None
    app = shell.app()
    url = make_url(app.settings.database_url())
    if url.get_backend_name() == "sqlite" and not _is_file(url.database):
        return None
    with app.open_store(shell.now()) as store:
        return store.corrections.counted()


def _is_file(database: str | None) -> bool:
    from pathlib import Path

    return bool(database) and Path(str(database)).is_file()


# --------------------------------------------------------------------------------------------------------------- shown


def _facts(found: Quality) -> dict[str, Any]:
    calibrated = found.calibration
    return {
        "rows": found.rows,
        "unscored": found.unscored,
        "missing": [_NAMES[label] for label in found.missing],
        "macro_recall": found.macro_recall,
        "macro_recall_interval": found.macro_recall_interval,
        "macro_f1": found.macro_f1,
        "macro_f1_interval": found.macro_f1_interval,
        "accuracy": found.accuracy,
        "accuracy_interval": found.accuracy_interval,
        "opposite_sign": found.opposite,
        "opposite_sign_interval": found.opposite_interval,
        "confusion": {
            _NAMES[gold]: {name: found.confusion[gold, label] for label, name in _NAMES.items()} for gold in (-1, 0, 1)
        },
        "coverage": found.coverage,
        "sure_positive": found.positive,
        "sure_negative": found.negative,
        "calibration": calibrated
        and {
            "rows": calibrated.rows,
            "ece": calibrated.ece,
            "band": calibrated.band,
            "calibrated": calibrated.calibrated,
            "confidence": calibrated.confidence,
            "right": calibrated.right,
            "bins": calibrated.bins,
        },
    }


def _print(found: Quality) -> None:
    say()
    figures = (
        ("macro-recall", found.macro_recall, found.macro_recall_interval),
        ("macro-F1", found.macro_f1, found.macro_f1_interval),
        ("accuracy", found.accuracy, found.accuracy_interval),
        ("opposite sign", found.opposite, found.opposite_interval),
    )
    columns = [Column("figure"), Column("%", right=True), Column("95 % interval", right=True)]
    table(columns, [(name, _percent(value), _or_why_not(interval, found.rows)) for name, value, interval in figures])
    if found.missing:
        others = "the macro figures are those of the rest"
        say(f"No row is {' or '.join(_NAMES[label] or '' for label in found.missing)}: {others}")
    say()
    said = [label for label in _NAMES if label is not None or found.unscored]
    rows = [(_NAMES[gold], *(str(found.confusion[gold, label]) for label in said)) for gold in (-1, 0, 1)]
    table([Column("is \\ called"), *(Column(_NAMES[label], right=True) for label in said)], rows)
    say()
    say(f"Sure of {_percent(found.coverage)} % of the rows; of what it surely calls")
    for name, sure in (("positive", found.positive), ("negative", found.negative)):
        say(f"  {name}: {_precision(sure)}")
    calibrated = found.calibration
    if calibrated is None:
        say("Calibration: not applicable, this engine gives no probabilities")
        return
    say(
        f"Calibration error {_percent(calibrated.ece)} % in {counted(len(calibrated.bins), 'bin', 'bins')} with rows; "
        f"a perfectly calibrated engine of this size has {_between(calibrated.band)} %: "
        + ("within" if calibrated.calibrated else "NOT within")
    )
    say(f"  mean confidence {_percent(calibrated.confidence)} %, right {_percent(calibrated.right)} %")


def _precision(sure: Sure) -> str:
    if sure.precision is None:
        return "nothing"
    return f"{_percent(sure.precision)} % right ({_between(sure.interval)}), {counted(sure.said, 'row', 'rows')}"


def _print_groups(title: str, groups: dict[str, list[Row]]) -> None:
    from listener.quality import FEWEST, accuracy, confusion, macro_f1, macro_recall

    if len(groups) < 2:
        return
    say()
    rows = []
    for key, its in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        if len(its) >= FEWEST:
            called = confusion(its)
            figures = (macro_recall(called), macro_f1(called), accuracy(called))
            sure = sum(not row.unsure and row.label is not None for row in its) / len(its)
            rows.append((key, str(len(its)), *map(_percent, (*figures, sure))))
    few = [its for its in groups.values() if len(its) < FEWEST]
    if few:
        rows.append((f"{len(few)} with fewer than {FEWEST} rows", str(sum(map(len, few))), "", "", "", ""))
    names = ("rows", "macro-recall", "macro-F1", "accuracy", "sure")
    table([Column(title), *(Column(name, right=True) for name in names)], rows)


def _print_corrections(wrong: Sequence[WrongCount] | None) -> None:
    if wrong is None:
        return
    say()
    if not wrong:
        say("Corrections in the store: none that contradict an engine")
        return
    rows = [(one.engine, one.version, one.kind.value, one.verdict, one.corrected, str(one.corrections)) for one in wrong]
    columns = [Column(name) for name in ("corrected engine", "version", "kind", "said", "is")]
    table([*columns, Column("times", right=True)], rows)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _or_why_not(interval: Interval | None, rows: int) -> str:
    from listener.quality import FEWEST

    if interval is None:
        return "too few rows" if rows < FEWEST else "no spread"
    return _between(interval)


def _between(interval: Interval) -> str:
    return f"{_percent(interval[0])} to {_percent(interval[1])}"
