"""``listener init``: a commented configuration and a sample of customers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listener.cli.output import json_line, note, say
from listener.cli.shell import Shell, command


def add(app: typer.Typer) -> None:
    command(app, "init")(init)


def init(
    shell: Shell,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write; made if it does not exist.")] = Path(),
    brand: Annotated[str | None, typer.Option(metavar="NAME", help="The brand to listen for.")] = None,
    site: Annotated[str | None, typer.Option(metavar="URL", help="Its site: feeds and comments are found there.")] = None,
) -> None:
    """Write a commented configuration and sample customers.

    The files are listener.toml and customers.csv; what is there already is never overwritten.

    Example: listener init --brand Quillon --site quillon.example
    """
    from config.example import example, example_customers

    contents = {"listener.toml": example(brand, site), "customers.csv": example_customers()}
    present = [folder / name for name in contents if (folder / name).exists()]
    if present:
        note(f"Error: {' and '.join(map(str, present))} already there; nothing was written. For another one: listener init DIR")
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    if shell.json:
        json_line({"written": [str(folder / name) for name in contents]})
        return
    for name in contents:
        say(f"Wrote {folder / name}")
    option = "" if folder == Path() else f" --config {folder / 'listener.toml'}"
    if brand is None:
        say("Next: put your brand's name into listener.toml, and a source; then listener check")
    else:
        say(f"Next: listener check{option}, then listener run{option}")
