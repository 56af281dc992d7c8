"""What the documents show works: the example connector runs, and the README names every command."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from listener.cli.app import app
from listener.cli.records import AuthorRecord, KnownAuthorRecord, LabelledRecord
from listener.core.analysis import Intent
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import SourceProtocolError
from listener.correcting import LEVELS, Feeling

ROOT = Path(__file__).parents[2]


class CannedDoor:
    """Answers every request with the same body, or with 304 once its validator is known."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get(self, url: str, *, etag=None, modified=None, accept="*/*", private=False) -> Answer:
        return Answer(304, url, b"") if etag == '"1"' else Answer(200, url, self.body, etag='"1"')


@pytest.fixture
def example() -> ModuleType:
    page = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found
    module = ModuleType("notices")
    exec(compile(found[1], "docs/connectors.md", "exec", dont_inherit=True), module.__dict__)
    module.Options.model_rebuild(_types_namespace=module.__dict__)
    return module


def pages(example: ModuleType, body: bytes, cursor=None):
    options = example.SPEC.options(url="https://status.example/notices.json")
    context = ConnectorContext(door=CannedDoor(body), now=datetime(2026, 11, 20, tzinfo=UTC))
    return list(example.SPEC.build(options, context).pages(cursor or {}))


def test_the_example_connector_of_the_guide_works(example: ModuleType) -> None:
    notice = {"id": 7, "text": "All is well.", "by": "ops", "at": "2026-11-19T08:00:00+00:00"}
    [page] = pages(example, json.dumps([notice]).encode())
    [mention] = page.mentions
    assert (mention.external_id, mention.text, mention.author.handle) == ("7", "All is well.", "ops")
    [again] = pages(example, b"", page.cursor)
    assert again.unchanged


def test_the_example_connector_of_the_guide_says_what_it_cannot_read(example: ModuleType) -> None:
    with pytest.raises(SourceProtocolError, match="not a list of notices"):
        pages(example, b"<html>")


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]  # the root is a group
    missing = {name for name in commands if not re.search(rf"`listener [^`]*\b{name}\b|`{name}\b", readme)}
    assert missing == set()


def test_the_changelog_names_every_command() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]  # the root is a group
    assert {name for name in commands if f"`{name}" not in changelog and f"listener {name}" not in changelog} == set()


def test_the_guide_to_corrections_names_every_command_and_value() -> None:
    page = (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    commands = get_command(app).commands["correct"].commands  # type: ignore[attr-defined]  # groups, both
    assert {name for name in commands if f"listener correct {name}" not in page} == set()
    values = [*Intent, *Feeling, *LEVELS, "listener eval sentiment", "listener recompute --preview"]
    assert [value for value in values if f"`{value}`" not in page and f"{value} " not in page] == []


def test_the_commands_that_the_guide_to_corrections_shows_are_accepted() -> None:
    page = (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    shown = [shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(shown) > 10
    for program, *words in shown:
        assert program == "listener"
        command = get_command(app)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context("listener", words)  # parses, and runs nothing


def test_the_labelled_line_of_the_guide_is_what_eval_reads() -> None:
    page = (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```json\n(.*?)\n```", page)
    assert LabelledRecord.model_validate_json(line).label == -1


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_within_the_documents_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_guide_to_matching_names_the_commands_and_they_are_accepted() -> None:
    page = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
    assert all(f"listener {name}" in page for name in ("identities review", "identities explain", "eval match", "identities fit"))
    shown = [shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(shown) == 6
    for program, *words in shown:
        assert program == "listener"
        command = get_command(app)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context("listener", words)  # parses, and runs nothing


def test_the_guide_to_matching_names_every_field_of_the_truth() -> None:
    page = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
    extra = KnownAuthorRecord.model_fields.keys() - AuthorRecord.model_fields.keys()
    assert [field for field in extra if f"`{field}`" not in page] == []
