"""Makes a release out of the commit that is checked out, tries it, and leaves it in ``dist/``. Publishes nothing.

    python scripts/release.py --uv .tools/bin/uv [--image yes|no]

It stops at the first thing that is not right, with exit status 1 and the reason. What it leaves is what it tried.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("listener", "connectors", "nlp", "storage", "config")
ESSENTIAL = (
    "nlp/models/target/model.onnx",
    "nlp/models/target/NOTICE.md",
    "listener/sample/content/listener.toml",
)
"""Beside what git has: named, so that nobody takes them out of git unseen."""


class NotReady(Exception):
    """Why there is no release: text for the person who asked for one."""


# ---- what must hold before anything is built ----


def version_of(root: Path) -> str:
    """The version: it stands in pyproject.toml and nowhere else."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def other_versions(root: Path, version: str) -> list[str]:
    """The files for people to deploy that name another version of the image, each with what it names."""
    places = {
        "compose.yaml": r"^\s*image:\s*(?:\S*/)?listener:(\S+)",
        "deploy/kubernetes/kustomization.yaml": r"^\s*newTag:\s*[\"']?([^\s\"']+)",
        "Dockerfile": r"org\.opencontainers\.image\.version=\"?([0-9][^\s\"\\]*)",
    }
    found = [
        (name, tag)
        for name, pattern in places.items()
        for tag in re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    return [f"{name}: {tag}" for name, tag in found if tag != version]


def section(changelog: str, heading: str) -> str | None:
    """What stands under ``## [heading]``; none where there is no such section."""
    found = re.search(rf"^## \[{re.escape(heading)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def unready_changes(changelog: str, version: str) -> str | None:
    """Why the changelog does not tell this version's changes; none where it does."""
    if not section(changelog, version):
        return f"CHANGELOG.md has no section [{version}], or an empty one: rename [Unreleased], with the date"
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        return f"CHANGELOG.md: the heading of [{version}] lacks its date (## [{version}] - 2026-01-31)"
    if section(changelog, "Unreleased"):
        return f"CHANGELOG.md has changes under [Unreleased]: they belong to [{version}], or to a later commit"
    return None


def uncommitted(root: Path) -> str:
    """What git does not have, or has otherwise, a line a file; ignored files do not count."""
    return said(["git", "status", "--porcelain"], root).rstrip()


def check_ready(root: Path) -> str:
    """The version to release. Raises NotReady."""
    if changed := uncommitted(root):
        raise NotReady(f"the tree has changes that are not committed:\n{changed}")
    version = version_of(root)
    if others := other_versions(root, version):
        raise NotReady(f"pyproject.toml says {version}, but " + ", ".join(others))
    if why := unready_changes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version):
        raise NotReady(why)
    return version


# ---- the wheel ----


def checked_out(root: Path, folder: Path) -> Path:
    """The files of the last commit and no other, in ``folder``."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=root, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def build_wheel(source: Path, out: Path, moment: str) -> Path:
    """The wheel of a source tree; ``moment`` (seconds since 1970) is the time of all files in it."""
    said([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], source, {"SOURCE_DATE_EPOCH": moment})
    [wheel] = out.glob("*.whl")
    return wheel


def wrong_contents(names: Iterable[str], tracked: Iterable[str]) -> list[str]:
    """What a wheel with these files has too much or too little, where ``tracked`` is what git has."""
    files = set(names)
    wanted = {name for name in tracked if name.split("/")[0] in PACKAGES} | set(ESSENTIAL)
    about = {name for name in files if name.split("/")[0].endswith(".dist-info")}
    licensed = any(name.endswith(".dist-info/licenses/LICENSE") for name in about)
    return [
        *(f"{name} is missing" for name in sorted(wanted - files)),
        *(f"{name} is too much" for name in sorted(files - wanted - about)),
        *([] if licensed else ["the licence is missing"]),
    ]


def make_wheel(root: Path, work: Path, out: Path) -> Path:
    """The wheel of the last commit, built twice in different places. Raises NotReady where the two differ or have other files."""
    moment = said(["git", "log", "-1", "--format=%ct"], root).strip()
    first, second = (
        build_wheel(checked_out(root, work / name), work / f"{name}-out", moment) for name in ("a", "some-longer-name")
    )
    if digest(first) != digest(second):
        raise NotReady("two builds of one commit gave different wheels")
    with zipfile.ZipFile(first) as wheel:
        wrong = wrong_contents(wheel.namelist(), said(["git", "ls-files"], root).splitlines())
    if wrong:
        raise NotReady("the wheel: " + "; ".join(wrong))
    return Path(shutil.copy2(first, out))


# ---- trying it ----


def installed(wheel: Path, folder: Path, uv: str, lock: Path) -> Path:
    """An empty environment with the locked dependencies, by their hashes, and the wheel; its Python."""
    python = folder / "bin" / "python"
    said([uv, "venv", "-q", "--python", "python3", str(folder)], folder.parent)
    said([uv, "pip", "sync", "-q", "--python", str(python), "--require-hashes", str(lock)], folder.parent)
    said([uv, "pip", "install", "-q", "--python", str(python), "--no-deps", "--no-index", str(wheel)], folder.parent)
    return python


def installed_by_pip(wheel: Path, folder: Path) -> Path | None:
    """The same as a stranger does it, ``pip install`` of the wheel alone; none where this machine's Python has no ``venv``."""
    made = subprocess.run(["python3", "-m", "venv", str(folder)], capture_output=True, check=False, text=True)
    if made.returncode:
        return None
    python = folder / "bin" / "python"
    said([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)], folder.parent)
    return python


def try_demo(python: Path, folder: Path, version: str) -> str:
    """The demo in an empty folder, by what is installed beside ``python``; in a line what it heard. Raises NotReady."""
    folder.mkdir()
    command = str(python.with_name("listener"))
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    where = said([str(python), "-c", "import listener; print(listener.__file__)"], folder, only=clean).strip()
    if not Path(where).is_relative_to(python.parents[1]):
        raise NotReady(f"the package was imported from {where}, not from the environment")
    if (found := said([command, "--version"], folder, only=clean).strip()) != f"listener {version}":
        raise NotReady(f"`listener --version` says {found!r}")
    first, second = (json.loads(line) for line in said([command, "demo", "--json"], folder, only=clean).splitlines())
    digests = list((folder / "demo" / "digests").glob("digest-*.html"))
    cases = said([command, "cases", "--json"], folder / "demo", only=clean).splitlines()
    if not (first["worked"] and first["new"] and not second["new"] and digests and cases):
        raise NotReady("the demo did not hear its sample, wrote no digest or opened no case")
    return f"{first['new']} mentions, {len(cases)} cases"


def make_lists(python: Path, work: Path, uv: str, out: Path, name: str) -> None:
    """The bill of materials (CycloneDX) and the licences of what is installed. Raises NotReady where one is not stated."""
    tools, sbom = work / "bom", out / f"{name}.cdx.json"
    said([uv, "venv", "-q", "--python", "python3", str(tools)], work)
    said([uv, "pip", "sync", "-q", "--python", str(tools / "bin/python"), "--require-hashes", str(ROOT / "image.lock")], work)
    said(
        [str(tools / "bin/cyclonedx-py"), "environment", "--output-reproducible", "--of", "JSON", "-o", str(sbom), str(python)],
        work,
    )
    packages = said([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], work).strip()
    told = said([sys.executable, str(ROOT / "scripts/licences.py"), str(sbom), packages], work)
    table = told.rsplit("\n\n", 1)[-1]  # without the words about the image
    head = f"What {name} was tried with (requirements.lock), and under which terms; paths are below site-packages.\n\n"
    (out / f"{name}-licences.txt").write_text(head + table, encoding="utf-8")


# ---- all of it ----


def release(root: Path, uv: str, *, image: bool) -> None:
    """Raises NotReady."""
    if image and not shutil.which("buildah"):
        raise NotReady("buildah is missing, so the image cannot be built and tried; without an image: make release IMAGE=no")
    version = check_ready(root)
    out = root / "dist"
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="listener-release-") as name:
        work, ready = Path(name), Path(name) / "dist"
        ready.mkdir()
        wheel = make_wheel(root, work, ready)
        tell(f"{wheel.name}: two builds are the same, {wheel.stat().st_size / 1e6:.1f} MB")
        python = installed(wheel, work / "locked", uv, root / "requirements.lock")
        tell("the demo, with the locked dependencies: " + try_demo(python, work / "first", version))
        plain = installed_by_pip(wheel, work / "plain")
        tell(
            "the demo, installed by pip: "
            + (try_demo(plain, work / "second", version) if plain else "not tried, no python3-venv here")
        )
        make_lists(python, work, uv, ready, f"listener-{version}")
        if image:
            subprocess.run([str(root / "scripts/image.sh")], check=True)
        write_checksums(ready)
        shutil.copytree(ready, out)
    tell(f"listener {version} is in {out}; nothing was published" + ("" if image else "; no image was made"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_checksums(folder: Path) -> None:
    """``SHA256SUMS``, as ``sha256sum --check`` reads it."""
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def said(command: list[str], folder: Path, more: Mapping[str, str] | None = None, only: Mapping[str, str] | None = None) -> str:
    """What a command prints, run in ``folder``. Raises NotReady, with its last words, where it fails."""
    env = dict(only) if only is not None else {**os.environ, **(more or {})}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def tell(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a release, try it, and leave it in dist/.")
    parser.add_argument("--uv", required=True, help="the program uv")
    parser.add_argument("--image", choices=["yes", "no"], default="yes", help="build and try the container image, too")
    asked = parser.parse_args()
    try:
        release(ROOT, str(Path(asked.uv).resolve()), image=asked.image == "yes")
    except NotReady as problem:
        print(f"No release: {problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as problem:
        print(f"No release: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
