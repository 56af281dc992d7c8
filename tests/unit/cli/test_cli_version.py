"""``listener --version``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typer.testing import CliRunner

from listener.cli.app import app


def test_the_version_is_that_of_the_project() -> None:
    settings = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"listener {settings['project']['version']}\n")
