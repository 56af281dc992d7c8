"""What the image leaves out is nothing that the product loads; and the image's files agree with each other."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts import loaded, slim

ROOT = Path(__file__).resolve().parents[2]
SITE = slim.site_packages(Path(sys.prefix))


@pytest.fixture(scope="module")
def loaded_files() -> set[Path]:
    """Every file of a library that the product imports, opens or maps, in a process of its own."""
    listed = subprocess.run(
        [sys.executable, ROOT / "scripts/loaded.py", "list"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    files = {Path(line) for line in listed.splitlines()}
    return {file for file in files if file.is_relative_to(SITE.resolve())}


def test_the_list_of_what_is_loaded_is_no_short_one(loaded_files: set[Path]) -> None:
    names = {file.relative_to(SITE.resolve()).parts[0] for file in loaded_files}
    assert {"spacy", "onnxruntime", "vl_convert", "trafilatura", "babel", "psycopg", "tokenizers", "numpy"} <= names


@pytest.fixture(scope="module")
def hits() -> dict[tuple[str, ...], list[Path]]:
    """What each rule takes out of this environment, by the rule's patterns."""
    return {rule.patterns: slim.hits(SITE, rule) for rule in slim.RULES}


def test_nothing_that_is_loaded_is_left_out(loaded_files: set[Path], hits: dict[tuple[str, ...], list[Path]]) -> None:
    folders = {path.resolve(): patterns for patterns, paths in hits.items() for path in paths}
    wrong = {file: folders[part] for file in loaded_files for part in (file, *file.parents) if part in folders}
    assert not wrong


def test_no_package_that_is_loaded_is_left_out(loaded_files: set[Path]) -> None:
    installed = slim.installed(SITE)
    code = {file for file in loaded_files if file.suffix in {".py", ".so"} and "_distutils_hack" not in file.parts}
    found = {name: code.intersection(slim.files_of(SITE, installed[name])) for name in slim.DISTRIBUTIONS if name in installed}
    assert {name: sorted(files)[:3] for name, files in found.items() if files} == {}


def test_every_rule_finds_something(hits: dict[tuple[str, ...], list[Path]]) -> None:
    assert [patterns for patterns, paths in hits.items() if not paths] == []


def test_libraries_that_were_edited_after_linking_are_not_stripped(tmp_path: Path) -> None:
    for folder in ("numpy", "numpy.libs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "with.so").write_bytes(b"code\0.symtab\0")
        (tmp_path / folder / "without.so").write_bytes(b"code\0")
    assert slim.strippable(tmp_path) == [tmp_path / "numpy/with.so"]


def test_a_missing_rule_would_be_seen(loaded_files: set[Path]) -> None:
    """The comparison finds what it should: a rule that took out spaCy's English."""
    rule = slim.Rule(("spacy/lang/en",), "wrong on purpose")
    (folder,) = slim.hits(SITE, rule)
    assert any(file.is_relative_to(folder.resolve()) for file in loaded_files)


def test_imports_inside_functions_are_found() -> None:
    source = "import a.b\ndef f():\n    from c import d\n    from . import e\n"
    assert list(loaded.imports_of(source)) == ["a.b", "c", "c.d"]


def test_the_label_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_what_the_dockerfile_copies_is_sent_to_the_build_and_nothing_else() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    assert copied == sent
    assert all((ROOT / name).exists() for name in sent)
