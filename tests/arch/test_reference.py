"""The generated reference says what the code says, and the code leaves nothing undescribed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
import typer
from pydantic import BaseModel, Field
from typer.main import get_command

from config.environment import Overlay
from config.file import File
from config.notifiers import AnyNotifier
from connectors._registry import load_specs
from connectors.crm.registry import SPECS as CRM_SPECS
from listener.cli.app import app
from listener.core.terms import BY_NAME
from listener.query.fields import FIELDS
from listener.query.presets import PRESETS
from scripts.reference import gaps
from scripts.reference.pages import FOLDER, stale, write

ROOT = Path(__file__).parents[2]


def absent(page: str, names: Iterable[str]) -> list[str]:
    """The names that a page does not show as something to type."""
    return [name for name in names if not re.search(rf"(`|^|\[|\s){re.escape(name)}(`| |$)", page, re.MULTILINE)]


def test_the_pages_in_the_tree_are_those_that_the_code_makes() -> None:
    assert list(stale()) == [], "run `make reference`"


def test_a_page_that_is_changed_by_hand_is_found_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.reference.pages.PAGES", {"a.md": lambda: "# A\n", "b.md": lambda: "# B\n"})
    write(tmp_path)
    assert stale(tmp_path) == {}
    (tmp_path / "a.md").write_text("# Changed\n", encoding="utf-8")
    (tmp_path / "of-old.md").write_text("", encoding="utf-8")
    assert stale(tmp_path) == {"a.md": "# A\n", "of-old.md": None}
    write(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"a.md": "# A\n", "b.md": "# B\n"}


def test_nothing_is_without_a_description() -> None:
    assert gaps.gaps() == []


def test_what_has_no_description_is_found() -> None:
    bare = typer.Typer()

    @bare.command("hush")
    def hush(loud: Annotated[bool, typer.Option("--loud")] = False) -> None: ...

    @bare.command("tell")
    def tell(what: Annotated[str, typer.Argument(help="What to tell.")]) -> None:
        """Tell something, in so many words that they would run over the end of a line of a terminal."""

    assert list(gaps.of_commands(get_command(bare))) == [
        "listener hush: no help",
        "listener hush --loud: no help",
        "listener tell: the first line of its help is wider than 80 columns",
    ]

    class Inner(BaseModel):
        told: int = Field(1, description="So many.")
        silent: int = 1

    class Outer(BaseModel):
        inner: Inner = Field(Inner(), description="A table.")

    assert list(gaps.of_table(Outer, "")) == ["inner.silent: no description"]


def test_every_command_and_option_is_on_the_page() -> None:
    page = (FOLDER / "commands.md").read_text(encoding="utf-8")
    names = set()
    waiting: list[tuple[str, Any]] = [("listener", get_command(app))]
    while waiting:
        name, command = waiting.pop()
        names |= {option for each in command.params for option in each.opts if option.startswith("--")} - {"--help"}
        inner = getattr(command, "commands", {})
        names |= {name} if not inner else set()
        waiting += [(f"{name} {word}", each) for word, each in inner.items()]
    assert len(names) > 60
    assert absent(page, names) == []
    assert absent(page.replace("--since", ""), names) == ["--since"]


def test_every_kind_is_on_its_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kinds = project["entry-points"]["listener.connectors"].keys()
    sources = (FOLDER / "source-kinds.md").read_text(encoding="utf-8")
    assert [kind for kind in kinds if f"\n## `{kind}`\n" not in sources] == []
    options = {field for spec in load_specs().values() for field in spec.options.model_fields}
    assert absent(sources, options) == []
    models = get_args(get_args(AnyNotifier)[0])
    notifiers = (FOLDER / "notifiers.md").read_text(encoding="utf-8")
    assert [each for each in models if f"\n## `{get_args(each.model_fields['kind'].annotation)[0]}`\n" not in notifiers] == []
    policies = (FOLDER / "policies.md").read_text(encoding="utf-8")
    assert [name for name in BY_NAME if f"\n## {name}\n" not in policies] == []
    queries = (FOLDER / "query-names.md").read_text(encoding="utf-8")
    assert absent(queries, [*(f"{name}:" for name in FIELDS), *(f"@{name}" for name in PRESETS)]) == []


def test_every_setting_is_on_a_page() -> None:
    pages = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("configuration.md", "notifiers.md"))
    names = _settings()
    assert {"exclusion_sets", "pepper", "handles", "from", "half_life_days", "textfile"} <= names
    shown = set(re.findall(r"\| `(\w+)` \|", pages)) | set(re.findall(r"(?m)^#+ `\[+(?:\w+\.)*(\w+)\]+`$", pages))
    assert sorted(names - shown - {"kind"}) == []


def _settings() -> set[str]:
    """Every setting of the file and of all tables within it, as pydantic's own description of them has it."""
    whole = File.model_json_schema()
    return {key for each in (whole, *whole["$defs"].values()) for key in each.get("properties", {})}


def test_every_variable_that_is_shown_is_one() -> None:
    some = {"name": "name", "kind": "email", "products": [{"name": "name"}], "competitors": [{"name": "name"}]}
    lists = {key: [{**some, "topics": [{"name": "name"}]}] for key in ("brands", "sources", "notifiers", "recipients")}
    options = {kind: spec.options for kind, spec in load_specs().items()}
    asked = {kind: spec.options for kind, spec in CRM_SPECS.items()}
    wrong = []
    for name in ("configuration.md", "source-kinds.md", "customer-sources.md", "notifiers.md"):
        page = (FOLDER / name).read_text(encoding="utf-8")
        for part in page.split("\n## ")[1:]:
            kind = part.split("`")[1]
            tables = json.loads(json.dumps(lists))
            tables["notifiers"][0]["kind"] = tables["sources"][0]["kind"] = kind
            tables["customers"] = {"kind": kind}
            for variable in re.findall(r"<br>`(LISTENER_\w+)`", part):
                overlay = Overlay(json.loads(json.dumps(tables)), File, {"sources": options, "customers": asked})
                overlay.take({variable: "1"})
                wrong += [str(each) for each in overlay.problems] or ([] if overlay.variables else [variable])
    assert wrong == []


def test_every_line_that_is_logged_has_an_action() -> None:
    page = (FOLDER / "log.md").read_text(encoding="utf-8")
    silent = []
    for room in ("listener", "connectors", "nlp", "storage", "config"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for call in re.finditer(r"\blog\.(?:debug|info|warning|error|exception)\(", text):
                told = re.search(r'action=f?"([\w.-]+)', text[call.end() : call.end() + 400])
                if told is None or f"| `{told[1]}" not in page:
                    silent.append(f"{path.relative_to(ROOT)}: {text[call.start() : call.start() + 60]}")
    assert silent == []
