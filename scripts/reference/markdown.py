"""Pieces of Markdown, so written that they read well as plain text, on a forge and on the documentation site."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

NOTICE = "<!-- Written by `make reference` from the code; what is changed here by hand is lost. -->"


def page(title: str, *parts: str) -> str:
    """A whole page; empty parts are left out."""
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without the columns that say nothing; nothing where there are no rows."""
    lines = [list(cells) for cells in rows]
    kept = [at for at in range(len(head)) if any(cells[at] for cells in lines)]
    if not kept:
        return ""
    return "\n".join(_row([cells[at] for at in kept]) for cells in ([*head], ["---"] * len(head), *lines))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |".replace("|  |", "| |")


def _cell(text: str) -> str:
    """On one line, and without bars of its own: inside code, too, a bar would begin the next cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as it is typed."""
    fence = "``" if "`" in text else "`"
    pad = " " if fence in text or text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def choices(values: Iterable[object]) -> str:
    return ", ".join(code(str(value)) for value in values)


def fenced(text: str, language: str = "") -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def sentence(text: str, literals: Collection[str] = ()) -> str:
    """What a summary or a description says, with a capital and a full stop; a value at its beginning stays as it is typed."""
    plain = escaped(text)
    first = plain.split(" ")[0].rstrip(",.:")
    if first.isalpha() and first not in {*_LITERALS, *literals}:
        plain = plain[:1].upper() + plain[1:]
    return plain + ("" if plain.endswith((".", "!", "?", "…", ":")) else ".")


_LITERALS = frozenset({"true", "false", "csv"})


def escaped(text: str) -> str:
    """Words on one line in which no sign means anything to Markdown; what stands between backticks is left alone."""
    parts = " ".join(text.split()).split("`")
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"<(?=[A-Za-z/!])", "&lt;", parts[at]).replace("*", "\\*")
    return "`".join(parts)
