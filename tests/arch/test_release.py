"""A release is what git has, once, under one version, and says what changed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CHANGES = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-02-03\n\n### Added\n- Much.\n\n## [1.1.0] - 2026-01-02\n- Less.\n"


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_script", ROOT / "scripts" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = _loaded()


def test_the_version_stands_in_one_place_and_everything_else_follows() -> None:
    said = release.version_of(ROOT)
    assert version("listener") == said
    assert release.other_versions(ROOT, said) == []


def test_the_places_that_name_the_version_are_found(tmp_path: Path) -> None:
    (tmp_path / "deploy" / "kubernetes").mkdir(parents=True)
    for name in ("compose.yaml", "Dockerfile", "deploy/kubernetes/kustomization.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    now = release.version_of(ROOT)
    found = {line.partition(":")[0] for line in release.other_versions(tmp_path, "99.0.0")}
    assert {"compose.yaml", "deploy/kubernetes/kustomization.yaml"} <= found
    (tmp_path / "Dockerfile").write_text('LABEL org.opencontainers.image.version="98.0.0"\n')
    assert "Dockerfile: 98.0.0" in release.other_versions(tmp_path, now)


def test_the_changelog_tells_what_this_version_changes() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert release.section(changes, release.version_of(ROOT)) or release.section(changes, "Unreleased")


def test_versions_in_the_changelog_have_dates_and_fall() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changes, re.MULTILINE)
    assert headings
    dated = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", each) for each in headings if each != "[Unreleased]"]
    assert all(dated)
    numbers = [tuple(map(int, each.groups())) for each in dated if each]
    assert numbers == sorted(set(numbers), reverse=True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (CHANGES, None),
        (CHANGES.replace("[1.2.0]", "[1.3.0]"), "has no section [1.2.0]"),
        (CHANGES.replace("### Added\n- Much.\n\n", ""), "or an empty one"),
        (CHANGES.replace("[1.2.0] - 2026-02-03", "[1.2.0]"), "lacks its date"),
        (CHANGES.replace("[Unreleased]\n", "[Unreleased]\n- More.\n"), "changes under [Unreleased]"),
    ],
)
def test_a_release_needs_its_section_of_the_changelog(changes: str, why: str | None) -> None:
    found = release.unready_changes(changes, "1.2.0")
    assert found is None if why is None else why in found


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_release_needs_a_tree_without_changes(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert release.uncommitted(tmp_path) == ""
    (tmp_path / "forgotten.py").write_text("")
    with pytest.raises(release.NotReady, match=r"not committed:\n\?\? forgotten\.py"):
        release.check_ready(tmp_path)


def test_without_a_way_to_build_the_image_it_stops_and_says_how_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(release.NotReady, match="make release IMAGE=no"):
        release.release(ROOT, "uv", image=True)


def test_the_wheel_has_what_git_has_and_the_licences_and_nothing_else(tmp_path: Path) -> None:
    tracked = _tracked()
    wheel = release.build_wheel(_copied(tracked, tmp_path / "tree"), tmp_path / "out", "1700000000")
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        assert {each.date_time for each in files.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    present = [name for name in tracked if (ROOT / name).is_file()]
    assert release.wrong_contents(names, present) == []
    assert release.wrong_contents([*names, "tests/conftest.py"], present) == ["tests/conftest.py is too much"]
    without = [name for name in names if "model.onnx" not in name and not name.endswith("/LICENSE")]
    assert release.wrong_contents(without, present) == ["nlp/models/target/model.onnx is missing", "the licence is missing"]


def test_checksums_are_read_by_the_common_program(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"wheel")
    release.write_checksums(tmp_path)
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "a.whl").write_bytes(b"other")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_command_that_fails_ends_the_release_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(release.NotReady, match=r"(?s)ended with 3.*what went wrong"):
        release.said([sys.executable, "-c", "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"], tmp_path)


def _tracked() -> list[str]:
    """The names of the files that git has."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"this is no checkout: {listed.stderr.strip()}")
    return listed.stdout.splitlines()


def _copied(tracked: list[str], folder: Path) -> Path:
    """The tracked files of the five packages as they are now, and what a build reads beside them."""
    for name in tracked:
        if name.split("/")[0] in release.PACKAGES or name in {"pyproject.toml", "README.md", "LICENSE"}:
            if not (ROOT / name).is_file():  # deleted, and not yet committed
                continue
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder
