"""Takes out of an installed environment what the product never loads, and says how much each rule freed.

python scripts/slim.py /opt/listener

The one list of what the image leaves out, each entry with its reason. A rule that finds nothing is an error: the list would
rot. ``tests/arch/test_image_slim.py`` holds that nothing in it is imported or read by the product.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """Files and folders to take out: globs below ``site-packages``, except names in ``keep``; ``*.c`` is meant at any depth."""

    patterns: tuple[str, ...]
    reason: str
    keep: frozenset[str] = frozenset()

    @property
    def endings(self) -> frozenset[str]:
        """Of files that are taken out wherever they lie."""
        return frozenset(pattern[1:] for pattern in self.patterns if pattern.startswith("*."))


RULES = (
    Rule(
        ("onnxruntime/capi/libonnxruntime.so*",),
        "for programs in C; the Python module carries a copy of its own",
    ),
    Rule(
        (
            "onnxruntime/transformers",
            "onnxruntime/quantization",
            "onnxruntime/tools",
            "onnxruntime/datasets",
            "onnxruntime/backend",
        ),
        "what makes networks; we only run one",
    ),
    Rule(
        ("babel/locale-data/*.dat",),
        "names of days and months in 1,000 languages; a part of trafilatura that we do not call reads them",
        keep=frozenset({"root.dat", "en.dat"}),
    ),
    Rule(
        ("spacy/lang/??", "spacy/lang/???"),
        "languages that we do not tokenize; spaCy itself imports five besides English",
        keep=frozenset({"en", "ja", "ko", "th", "vi", "zh"}),
    ),
    Rule(("numpy/f2py", "numpy/distutils"), "compiles Fortran and C"),
    Rule(("numpy/_core/_simd*.so", "numpy/_core/*_tests.*.so"), "for numpy's own tests and reports"),
    Rule(("lxml/objectify.*.so", "lxml/isoschematron", "lxml/html/diff.*.so", "lxml/html/_difflib.*.so"), "no page needs them"),
    Rule(("*/tests", "*/*/tests", "sqlalchemy/testing", "alembic/testing", "mako/testing"), "the libraries' own tests"),
    Rule(
        tuple(f"*.{ending}" for ending in ("c", "cpp", "h", "hpp", "f", "f90", "pyf", "pyx", "pxd", "pxi", "a")),
        "sources and static libraries, for compiling against",
    ),
    Rule(("*.pyi",), "types for checkers"),
)

DISTRIBUTIONS = {
    "pip": "the image is not changed after it is built",
    "setuptools": "as pip; spaCy names it and imports nothing of it",
    "huggingface-hub": "downloads models; tokenizers names it for that, and nothing is downloaded here",
    "hf-xet": "a part of huggingface-hub",
    "fsspec": "a part of huggingface-hub",
    "httpx2": "a part of huggingface-hub",
    "httpcore2": "a part of huggingface-hub",
    "truststore": "a part of huggingface-hub",
    "pyyaml": "a part of huggingface-hub",
    "weasel": "projects of spaCy's command line",
    "cloudpathlib": "a part of weasel",
    "smart-open": "a part of weasel",
    "wrapt": "a part of weasel",
    "protobuf": "reads networks in onnxruntime's tools, which are left out below",
    "flatbuffers": "as protobuf",
}
"""Whole packages that others ask for and the product never imports, with the reason."""


def site_packages(environment: Path) -> Path:
    """Where a virtual environment keeps its packages."""
    (found,) = environment.glob("lib/python3*/site-packages")
    return found


def hits(site: Path, rule: Rule) -> list[Path]:
    """What a rule takes out: files and whole folders, in order."""
    found = {path for pattern in rule.patterns if pattern[1:] not in rule.endings for path in site.glob(pattern)}
    if rule.endings:
        found |= {path for path in site.rglob("*") if path.suffix in rule.endings}
    return sorted(path for path in found if path.name not in rule.keep)


def installed(site: Path) -> dict[str, Distribution]:
    """The distributions in ``site``, by their normalised names."""
    return {one.metadata["Name"].lower().replace("_", "-").replace(".", "-"): one for one in distributions(path=[str(site)])}


def files_of(site: Path, distribution: Distribution) -> list[Path]:
    """What a distribution installed, its record included; byte code is left to ``emptied``."""
    files = [Path(str(distribution.locate_file(one))).resolve() for one in distribution.files or ()]
    outside = site.resolve().parents[2]
    return [path for path in files if path.is_relative_to(outside)]


def _remove(path: Path) -> int:
    """Bytes freed."""
    if not path.exists():
        return 0
    inside = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file() and not each.is_symlink()]
    freed = sum(each.stat().st_size for each in inside)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return freed


def _empty_folders(site: Path) -> Iterator[Path]:
    """Folders in which no file is left, byte code apart."""
    for folder in sorted((path for path in site.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)):
        if folder.name != "__pycache__" and all(each.name == "__pycache__" for each in folder.iterdir()):
            yield folder


def strippable(site: Path) -> list[Path]:
    """Shared objects with symbols that only linkers and debuggers read. Libraries that were edited after they were linked
    (``*.libs``) are not among them: stripping is what breaks these."""
    objects = (path for path in site.rglob("*.so*") if path.is_file() and not path.parent.name.endswith(".libs"))
    return sorted(path for path in objects if b"\0.symtab\0" in path.read_bytes())


def strip(site: Path) -> int:
    """Take out of shared objects what only linkers and debuggers read; what the loader reads stays. Bytes freed."""
    files = strippable(site)
    before = sum(path.stat().st_size for path in files)
    tool = shutil.which("strip")
    if tool is None:
        raise SystemExit("slim: strip is needed (Debian's binutils)")
    subprocess.run([tool, "--strip-unneeded", *files], check=True)
    return before - sum(path.stat().st_size for path in files)


def _tell(freed: int, what: str, reason: str) -> None:
    print(f"{freed / MEGABYTE:8.1f} MB  {what}: {reason}")


def main(arguments: Sequence[str]) -> int:
    environment = Path(arguments[0])
    site = site_packages(environment)
    idle = []
    everything = installed(site)
    for name, reason in DISTRIBUTIONS.items():
        if name not in everything:
            idle.append(name)
            continue
        _tell(sum(_remove(path) for path in files_of(site, everything[name])), name, reason)
    for rule in RULES:
        found = hits(site, rule)
        _tell(sum(_remove(path) for path in found), ", ".join(rule.patterns), rule.reason)
        if not found:
            idle.append(", ".join(rule.patterns))
    for folder in _empty_folders(site):
        _remove(folder)
    _tell(strip(site), "strip --strip-unneeded", "what only linkers and debuggers read")
    for each in idle:
        print(f"slim: nothing is left out by: {each}", file=sys.stderr)
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
