"""``listener correct``: what people know better than an engine. It counts at once, and no later pass takes it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from listener.cli.cases import LARGEST_ID, account
from listener.cli.output import Column, as_json, json_line, moment, say, table
from listener.cli.sheets import private
from listener.cli.shell import Shell, command, group
from listener.core.analysis import Intent, Label, Level
from listener.core.corrections import HUMAN, NONE, CorrectionKind
from listener.correcting import Feeling, Meaning
from listener.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from listener.core.corrections import Correction, Said
    from listener.wiring import App
    from storage.correcting import Labelled
    from storage.store import Store

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="The mention, as `listener mentions` lists it.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the correction.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who corrects; the account's name by default.")]


def add(app: typer.Typer) -> None:
    inner = group(app, "correct", "Correct what was understood: at once, and for good.")
    command(inner, "sentiment")(sentiment)
    command(inner, "relevance")(relevance)
    command(inner, "target")(target)
    command(inner, "intent")(intent)
    command(inner, "phrase")(phrase)
    command(inner, "list")(list_corrections)
    command(inner, "undo")(undo)
    command(inner, "export")(export)


def sentiment(
    shell: Shell,
    mention_id: Id,
    label: Annotated[Feeling, typer.Argument(metavar="LABEL", help="positive, neutral, negative or mixed.")],
    toward: Annotated[str | None, typer.Option("--target", metavar="KEY", help="Toward which target, if several.")] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say what is felt toward a target.

    Example: listener correct sentiment 17 negative --note "irony"
    """
    from listener.correcting import on_sentiment

    felt = Label(label.value)
    _correct(shell, lambda _, store: on_sentiment(mention_id, felt, toward, store.corrections.verdict(mention_id)), note, by)


def relevance(
    shell: Shell,
    mention_id: Id,
    level: Annotated[str, typer.Argument(metavar="LEVEL", help="high, medium, low, or none: not about us.")],
    toward: Annotated[str | None, typer.Option("--target", metavar="KEY", help="Which target is (not) meant.")] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say how relevant a mention is. An ambiguous name in it learns from the example.

    Example: listener correct relevance 17 none
    """
    from listener.correcting import LEVELS, on_relevance
    from nlp.passages import named_places

    if level not in LEVELS:
        _refuse("LEVEL", level, (*Level, NONE))

    def said(app: App, store: Store) -> Said:
        analysis = store.corrections.verdict(mention_id)
        found = store.mentions.show(mention_id)
        text = f"{found.mention.title or ''}\n\n{found.mention.text}" if found else ""
        return on_relevance(mention_id, level, toward, analysis, app.settings.brands(), text, named_places)

    _correct(shell, said, note, by)


def target(
    shell: Shell,
    mention_id: Id,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The target: quillon, or quillon/quillon-flow for a product.")],
    is_about: Annotated[bool, typer.Option("--add/--remove", help="It is about this target, or it is not.")] = True,
    note: Note = "",
    by: By = None,
) -> None:
    """Say which target a mention is about, or is not.

    Example: listener correct target 17 quillon/quillon-flow --remove
    """
    from listener.correcting import on_target

    def said(app: App, store: Store) -> Said:
        return on_target(mention_id, key, is_about, store.corrections.verdict(mention_id), app.settings.brands())

    _correct(shell, said, note, by)


def intent(
    shell: Shell,
    mention_id: Id,
    has: Annotated[list[Intent] | None, typer.Option("--add", metavar="INTENT", help="It has this; may be repeated.")] = None,
    has_not: Annotated[
        list[Intent] | None, typer.Option("--remove", metavar="INTENT", help="It has not; may be repeated.")
    ] = None,
    note: Note = "",
    by: By = None,
) -> None:
    """Say what a mention's author does, or does not: praise, complaint, question, ...

    Example: listener correct intent 17 --add praise --remove question
    """
    from listener.correcting import on_intents

    _correct(shell, lambda _app, _store: on_intents(mention_id, has or (), has_not or ()), note, by)


def phrase(
    shell: Shell,
    words: Annotated[str, typer.Argument(metavar="PHRASE", help="The word or phrase, in any case.")],
    label: Annotated[Meaning, typer.Argument(metavar="LABEL", help="positive, neutral or negative.")],
    brand: Annotated[str | None, typer.Option(metavar="KEY", help="In this brand's mentions only.")] = None,
    by: By = None,
) -> None:
    """Say what a phrase means in your community.

    The next pass reads all mentions by it.

    Example: listener correct phrase sick positive
    """
    from listener.correcting import on_phrase

    _correct(shell, lambda app, _: on_phrase(words, Label(label.value), brand, app.settings.brands()), "", by)


def list_corrections(
    shell: Shell,
    ended: Annotated[bool, typer.Option("--all", help="Also those that were undone or replaced.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 100,
) -> None:
    """List the corrections, the newest first.

    Example: listener correct list
    """
    app = shell.app()
    with app.open_store(shell.now()) as store:
        found = store.corrections.find(ended=ended, limit=limit)
    if shell.json:
        for one in found:
            json_line(_facts(one))
        return
    if not found:
        say("Nothing was corrected yet. Next: listener mentions, listener correct sentiment ID LABEL")
        return
    rows = [
        (
            str(one.correction_id),
            one.said.kind.value,
            one.said.phrase or str(one.said.mention_id or ""),
            _what(one),
            one.wrong.verdict if one.wrong else "",
            one.actor,
            moment(one.at),
            _state(one),
        )
        for one in found
    ]
    columns = [Column("id", right=True), Column("kind"), Column("of"), Column("is", wide=True), Column("engine said")]
    table([*columns, Column("by"), Column("at (UTC)"), Column("state", wide=True)], rows)
    say("Next: listener correct undo ID, listener recompute --preview")


def undo(
    shell: Shell,
    correction_id: Annotated[int, typer.Argument(metavar="CORRECTION_ID", min=1, max=LARGEST_ID, help="The id in the list.")],
    by: By = None,
) -> None:
    """Take a correction back: what the engine said counts again at once.

    Example: listener correct undo 3
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        done = store.corrections.undo(correction_id, actor=by or account(), now=now)
    if shell.json:
        json_line(_facts(done))
    else:
        say(f"Correction {correction_id} is undone")


def export(
    shell: Shell,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON lines to write; - is standard output.")],
) -> None:
    """Write corrected sentiments as labelled data.

    The file is what `listener eval sentiment` and the training script read.

    Texts that were taken away are not among them, nor those whose source's terms do not allow a copy to be kept, nor those that
    are not about you. The label is 1, 0 or -1; mixed is 0.

    Example: listener correct export labelled.jsonl
    """
    app = shell.app()
    with app.open_store(shell.now()) as store:
        names = {target.key: target.name for brand in app.settings.brands() for target in brand.rule.targets}
        if str(file) == "-":
            written, withheld = _write(store, names, sys.stdout)
        else:
            with private(file) as opened:
                written, withheld = _write(store, names, opened)
    if str(file) == "-":
        return
    if shell.json:
        json_line({"written": str(file), "texts": written, "withheld": withheld})
        return
    say(f"Wrote {counted(written, 'text', 'texts')} to {file}")
    if withheld:
        say(f"Left out {withheld}: the terms of their sources do not allow a copy to be kept")


def _write(store: Store, names: dict[str, str], out: TextIO) -> tuple[int, int]:
    written = withheld = 0
    for one in store.corrections.labelled():
        if one is None:
            withheld += 1
        else:
            out.write(as_json(_labelled(one, names)) + "\n")
            written += 1
    return written, withheld


def _labelled(one: Labelled, names: dict[str, str]) -> dict[str, Any]:
    signs = {Label.POSITIVE: 1, Label.NEGATIVE: -1}
    return {
        "id": f"mention-{one.mention_id}",
        "text": one.text,
        "target": one.name or names.get(one.target, one.target),
        "label": signs.get(one.label, 0),
        "source": one.source,
    }


def _refuse(place: str, got: str, allowed: Any) -> None:
    from listener.core.errors import ConfigError, Problem

    raise ConfigError([Problem(place, f'"{got}" cannot be said here', f"one of: {', '.join(allowed)}")])


def _correct(shell: Shell, said: Callable[[App, Store], Said], note: str, by: str | None) -> None:
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        done = store.corrections.correct(said(app, store), actor=by or account(), note=note, now=now)
        unread = _unread(store, done)
    if shell.json:
        json_line(_facts(done))
    elif done.said.kind is CorrectionKind.PHRASE:
        where = f"mentions of {done.said.brand}" if done.said.brand else "all mentions"
        say(f'Correction {done.correction_id}: "{done.said.phrase}" is {done.said.value} in {where}')
        say("Next: listener recompute --preview shows what that changes")
    else:
        instead = f" (the engine said: {done.wrong.verdict})" if done.wrong else ""
        say(f"Correction {done.correction_id}: {done.said.kind} of mention {done.said.mention_id} is {_what(done)}{instead}")
        for key in unread:
            learns = done.said.value != Level.LOW and any(one.target == key and one.ambiguous for one in done.said.named)
            first = "listener recompute reads it by this example, where the name stands in it; or: " if learns else ""
            say(f"No sentiment toward {key} yet")
            say(f"Next: {first}listener correct sentiment {done.said.mention_id} LABEL --target {key}")
        if not unread:
            say("Next: listener recompute brings standings and cases up to date, as the next run does")


def _unread(store: Store, done: Correction) -> list[str]:
    """The targets that a person's word made the mention be about, toward which no engine has read it yet."""
    if done.said.kind not in {CorrectionKind.RELEVANCE, CorrectionKind.TARGET} or done.said.mention_id is None:
        return []
    targets = store.corrections.verdict(done.said.mention_id).targets
    return [one.target for one in targets if one.sentiment.label is Label.UNSCORED and one.sentiment.engine == HUMAN]


def _what(one: Correction) -> str:
    toward = one.said.target if one.said.target is not None else one.said.brand
    return f"{one.said.value} ({toward})" if toward else one.said.value


def _state(one: Correction) -> str:
    if one.ended_at is not None:
        return f"ended {moment(one.ended_at)}"
    return "outdated: the post was edited" if one.outdated else "holds"


def _facts(one: Correction) -> dict[str, Any]:
    return {
        "correction": one.correction_id,
        "kind": one.said.kind,
        "mention": one.said.mention_id,
        "phrase": one.said.phrase,
        "brand": one.said.brand,
        "target": one.said.target,
        "value": one.said.value,
        "by": one.actor,
        "at": one.at,
        "note": one.note,
        "outdated": one.outdated,
        "ended_at": one.ended_at,
        "engine": one.wrong,
    }
