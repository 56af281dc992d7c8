"""What holds for the whole tree: what is shipped, what the locks may contain, where files may import from."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.order import SLOW

ROOT = Path(__file__).parents[2]
PACKAGES = ["listener", "connectors", "nlp", "storage", "config"]


def test_the_wheel_ships_the_five_packages_and_no_tests() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert list(settings["project"]["scripts"]) == ["listener"]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "build.lock"])
def test_locks_have_hashes_and_name_no_registry(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    assert "index-url" not in lock
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,_-]+\])?==", lock, re.MULTILINE | re.IGNORECASE)
    assert pinned
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_importing_the_package_imports_nothing() -> None:
    assert (ROOT / "listener" / "__init__.py").read_text(encoding="utf-8") == ""
    program = "import sys; before = set(sys.modules); import listener, listener.core; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['listener', 'listener.core']"


def test_the_core_imports_the_standard_library_only() -> None:
    found = set()
    for path in (ROOT / "listener" / "core").glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"(?:from|import) ([\w.]+)", line):
                found.add(match[1])
    foreign = {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("listener.core")} == set()


def test_every_listing_of_dependencies_has_its_reason() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = [re.split(r"[^A-Za-z0-9._-]", entry)[0] for entry in settings["project"]["dependencies"]]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_files_that_begin_first_are_there() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert [name for name in SLOW if names.count(name) != 1] == []
