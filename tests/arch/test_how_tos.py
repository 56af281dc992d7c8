"""The how-tos: what they show is accepted, what is cheap is done, and each says what you need and how to see that it worked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from listener.cli.app import app
from listener.notifiers import missing
from listener.wiring import load_app
from tests.support.sample_run import heard_sample
from tests.support.shown import DOCS, Reader, blocks, commands

PAGES = sorted((DOCS / "how-to").glob("*.md"))
OTHERS = {"cd", "createdb", "createuser", "docker", "export", "kubectl", "python"}
"""Programs that are not ours, and are there or not."""
SECRET = "https://hooks.slack.com/services/T000/B000/a-sample"
"""Fit for whatever a page reads from the environment: a password, a token, an address."""

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def lines(page: Path) -> Iterator[list[str]]:
    for block in blocks(page):
        if block.language == "sh":
            yield from commands(block)


def test_there_is_a_page_for_each_aim() -> None:
    assert {page.stem for page in PAGES} >= {
        *("first-brand", "customer-list", "x", "mail", "chats", "kubernetes", "postgresql"),
        *("connector", "correct", "erase", "measure", "own-model"),
    }


@every_page
def test_it_begins_with_what_you_need_and_ends_with_how_to_see_that_it_worked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    title, need, *_ = text.split("\n\n")
    assert title.startswith("# ")
    assert need.startswith("**You need**")
    assert "\n**It worked** if " in text
    assert text.rindex("\n**It worked** if ") > 0.6 * len(text)


def typed(words: list[str]) -> None:
    """Parse them as the command line does, and run nothing."""
    command: Any = get_command(app)
    left = list(words)
    while hasattr(command, "commands"):
        if not left or left[0] not in command.commands:
            left.insert(0, command.first)  # a group's own command: `listener cases` is `listener cases list`
        command = command.commands[left.pop(0)]
    command.make_context("listener", left)


@every_page
def test_its_commands_are_accepted(page: Path) -> None:
    shown = list(lines(page))
    assert any(program == "listener" for program, *_ in shown) or page.stem == "kubernetes"
    for program, *words in shown:
        if program == "listener":
            typed(words)
        else:
            assert program in OTHERS, program


@every_page
def test_the_commands_within_its_sentences_exist(page: Path) -> None:
    for found in re.findall(r"`listener ([^`]+)`", page.read_text(encoding="utf-8")):
        first, *more = found.split()
        command = get_command(app).commands[first]  # type: ignore[attr-defined]  # the root is a group
        if any(word.startswith("--") for word in more):
            typed([first, *more])
        elif more:
            assert more[0] in getattr(command, "commands", more), found


@every_page
def test_its_settings_are_accepted_and_lack_nothing(page: Path, tmp_path: Path) -> None:
    exported = [word for program, *words in lines(page) if program == "export" for word in words]
    env = {word.partition("=")[0].removesuffix("_FILE"): SECRET for word in exported}
    for number, block in enumerate(block for block in blocks(page) if block.language == "toml"):
        path = tmp_path / f"{number}.toml"
        own = "" if "[[brands]]" in block.text else '[[brands]]\nname = "Your Brand"\n'
        path.write_text(own + block.text, encoding="utf-8")
        made = load_app(path, env)
        assert [source.disabled for source in made.sources if source.disabled] == []
        assert [missing(one) for one in made.settings.notifiers if missing(one)] == []


@pytest.mark.parametrize("page", ["customer-list", "measure"])
def test_it_can_be_followed_from_nothing(page: str, tmp_path: Path) -> None:
    misses = Reader(tmp_path).follow(DOCS / "how-to" / f"{page}.md")
    assert not misses, "\n\n".join(misses)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    with heard_sample(folder, {}, passes=1):
        return folder


@pytest.mark.parametrize("page", ["correct", "erase"])
def test_it_can_be_followed_in_the_demo(page: str, demo: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(demo, tmp_path / "demo")
    misses = Reader(folder).follow(DOCS / "how-to" / f"{page}.md")
    assert not misses, "\n\n".join(misses)
