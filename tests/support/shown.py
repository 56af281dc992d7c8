"""What a page of the documentation shows in fenced blocks, and a reader who does what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.support.commands import call

DOCS = Path(__file__).parents[2] / "docs"
ANYTHING = "…"
"""Alone on a line: any number of lines; within a line: any characters."""
_FENCE = re.compile(r"^( *)```(\w+)(?: +(\S+))?\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_TITLE = "title="


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``title`` is the file that the reader is asked to write; ``fails`` says that its last command does."""

    language: str
    title: str
    fails: bool
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [
        Block(language, more.removeprefix(_TITLE) if _TITLE in more else "", more == "fails", dedent(text))
        for _, language, more, text in found
    ]


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each line of an ``sh`` block; a remark is nobody's command."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def difference(shown: str, printed: str) -> str | None:
    """The first line of ``shown`` that is not in ``printed`` where it should be; ``None`` if all is as shown."""
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    wanted = [line.rstrip() for line in shown.strip("\n").splitlines()]
    return _first_miss(wanted, lines)


def _first_miss(wanted: Sequence[str], lines: Sequence[str]) -> str | None:
    at, anywhere = 0, False
    for line in wanted:
        if line.strip() == ANYTHING:
            anywhere = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split(ANYTHING)))
        places = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        found = next((place for place in places if pattern.fullmatch(lines[place])), None)
        if found is None:
            return line or "(an empty line)"
        at, anywhere = found + 1, False
    return None if anywhere or at == len(lines) else f"(nothing more), but there is: {lines[at]}"


class Reader:
    """Somebody who types what a page says, in one shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, page: Path) -> list[str]:
        """Do all of it: write its files, type its commands; what was printed otherwise than shown."""
        shown = blocks(page)
        assert shown, page
        misses = []
        for block, following in zip(shown, [*shown[1:], None], strict=True):
            if block.title:
                (self.folder / block.title).write_text(block.text, encoding="utf-8")
            if block.language != "sh":
                continue
            printed = self.type(block)
            if following and following.language == "text" and (miss := difference(following.text, printed)):
                misses.append(f"{page.name}, after {block.text.strip()!r}: {miss!r} is not in\n{printed}")
        return misses

    def type(self, block: Block) -> str:
        """What the block's commands print; they work, and warn of nothing, where the page does not say that the last fails."""
        printed = ""
        lines = list(commands(block))
        for number, (program, *words) in enumerate(lines, 1):
            if program == "cd":
                self.folder = (self.folder / words[0]).resolve(strict=True)
                continue
            assert program == "listener", program
            ended = call(*words, folder=self.folder)
            if block.fails and number == len(lines):
                assert ended.status == 1, f"{words}\n{ended.said}"
            else:
                assert (ended.status, ended.err) == (0, ""), f"{words}\n{ended.said}"
            printed += ended.out
        return printed
