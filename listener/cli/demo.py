"""``listener demo``: the whole pass over a bundled sample, with no account and no network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import json_line, progress, say
from listener.cli.run_report import report_facts
from listener.cli.shell import Shell, command

if TYPE_CHECKING:
    from listener.job import PassReport
    from listener.wiring import App
    from storage.store import Store


def add(app: typer.Typer) -> None:
    command(app, "demo")(demo)


def demo(
    shell: Shell,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to leave everything; made if it does not exist.")] = Path(
        "demo"
    ),
) -> None:
    """Hear a bundled sample: an invented brand and its customers.

    The sample is served on this machine only, and heard twice: the second pass shows that nothing is counted again.

    Example: listener demo && listener cases --config demo/listener.toml
    """
    from listener.job import run_pass
    from listener.sample.build import write_demo
    from listener.sample.server import serving
    from listener.wiring import load_app

    now = shell.now()
    with serving(now) as address, progress(quiet=shell.json) as bar:
        app = load_app(write_demo(folder, address, now), {})  # without the environment: it could name a real database
        _forget_earlier(folder)
        with app.open_store(now) as store:
            reports = [run_pass(app, store, now, progress=bar) for _ in range(2)]
            text = _digest(app, store, now)
    if shell.json:
        for report in reports:
            json_line(report_facts(report))
        return
    say(text.rstrip("\n"))
    say()
    _explain(folder, reports)


def _forget_earlier(folder: Path) -> None:
    """The sample's dates are relative to the day, so an earlier demo's database would only mix two months of it."""
    for path in folder.glob("listener.db*"):
        path.unlink()


def _digest(app: App, store: Store, now: datetime) -> str:
    from listener.cli.digest import told
    from listener.render.digest import render_digest

    return render_digest(told(app, store, None, now)).text


def _explain(folder: Path, reports: list[PassReport]) -> None:
    first, second = reports
    say(f"That is the digest of an invented brand. The first pass heard {first.heard.collected.saved.new} posts;")
    say(f"the second, over the same sources, {second.heard.collected.saved.new} new ones. It all lies in {folder}:")
    for name in sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix in SHOWN):
        say(f"  {folder / name}")
    option = f"--config {folder / 'listener.toml'}"
    say(f"Next: listener cases {option}, listener mentions {option}")


SHOWN = {".toml", ".csv", ".jsonl", ".db", ".html", ".txt"}
