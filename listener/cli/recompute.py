"""``listener recompute``: what was understood is understood anew, where an engine, a rule or a correction has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.output import Column, Progress, json_line, progress, say, table
from listener.cli.shell import Shell, command
from listener.counting import counted

if TYPE_CHECKING:
    from collections import Counter

    from listener.recomputing import Example, Preview

EXCERPT = 100
"""Characters of a text in an example."""


def add(app: typer.Typer) -> None:
    command(app, "recompute")(recompute)


def recompute(
    shell: Shell,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change; store nothing.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=0, max=10_000, help="With --preview: the most examples to show.")] = 10,
) -> None:
    """Read history anew after a change of engine or rules.

    What that made outdated is understood, identified and judged again; nothing is heard or told. It can be interrupted at any
    time and goes on where it stopped; `listener run` does the same on its way.

    Example: listener recompute --preview
    """
    if preview:
        _preview(shell, limit)
        return
    from listener.job import rework

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store, store.admin.run_lock(), progress(quiet=shell.json) as bar:
        count = store.outdated.count(app.analyzer(store.corrections.lessons()).fingerprint)
        done = rework(app, store, now, progress=_of_all(bar, count.outdated + count.new))
    if shell.json:
        facts = {"understood": done.understood, "rescored": done.rescored, "identified": done.identified, "judged": done.judged}
        json_line({**facts, "gone": count.gone})
        return
    say(f"Understood {counted(done.understood, 'mention', 'mentions')}, {done.rescored} of them anew")
    looked, judged = counted(done.identified, "author", "authors"), counted(done.judged, "person", "people")
    say(f"Looked at {looked}, judged {judged}")
    _say_gone(count.gone)


def _of_all(bar: Progress, everything: int) -> Progress:
    """A bar that knows how much there is to understand."""

    def update(step: str, done: int, total: int | None = None) -> None:
        bar(step, done, everything if step == "understand" else total)

    return update


def _say_gone(gone: int) -> None:
    if gone:
        keep = counted(gone, "mention keeps its verdict: its", "mentions keep their verdicts: their")
        say(f"{keep} text was taken away, nothing can read it anew")


def _preview(shell: Shell, limit: int) -> None:
    from listener.recomputing import preview

    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store, progress(quiet=shell.json) as bar:
        analyzer = app.analyzer(store.corrections.lessons())
        found = preview(store.outdated, analyzer, now, most_examples=limit, progress=bar)
    if shell.json:
        json_line(_facts(found))
        return
    if not found.read:
        say("Nothing is outdated: everything was understood by the present engine, rules and corrections.")
    else:
        _print(found)
    if found.count.new:
        new = counted(found.count.new, "mention was", "mentions were")
        say(f"{new} not understood at all yet; the next run does that")
    _say_gone(found.count.gone)
    say("Nothing was stored." + (" Next: listener recompute" if found.read else ""))


def _facts(found: Preview) -> dict[str, Any]:
    def moves(counted: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
        return [{"before": old, "after": new, "count": number} for (old, new), number in sorted(counted.items())]

    return {
        "outdated": found.read,
        "new": found.count.new,
        "gone": found.count.gone,
        "changed": found.changed,
        "labels": moves(found.labels),
        "relevance": moves(found.relevance),
        "surer": found.surer,
        "less_sure": found.less_sure,
        "intents": found.intents,
        "people": len(found.people),
        "examples": [
            {
                "mention": one.mention_id,
                "differences": [{"target": each.target, "before": each.before, "after": each.after} for each in one.differences],
                "text": _shown(one),
                "withheld": one.withheld,
            }
            for one in found.examples
        ],
    }


def _print(found: Preview) -> None:
    say(f"{counted(found.read, 'mention', 'mentions')} would be read anew; {found.changed} of them would change")
    for title, moves in (("sentiment", found.labels), ("relevance", found.relevance)):
        if moves:
            rows = [(old, new, str(number)) for (old, new), number in sorted(moves.items())]
            table([Column(title), Column("would be"), Column("times", right=True)], rows)
    say(f"Of labels that stay: {found.surer} would become sure, {found.less_sure} unsure; intents change in {found.intents}")
    say(f"The standing of {counted(len(found.people), 'person', 'people')} could change")
    if found.examples:
        rows = [
            (
                str(one.mention_id),
                "; ".join(f"{each.target or 'relevance'}: {each.before} → {each.after}" for each in one.differences),
                _shown(one) or f"({one.withheld or 'no text'})",
            )
            for one in found.examples
        ]
        table([Column("mention", right=True), Column("change", wide=True), Column("text", wide=True)], rows)


def _shown(one: Example) -> str:
    from listener.core.plain import one_line

    return one_line(one.text, EXCERPT)
