"""Tries an image as its operator meets it, and prints a line for each promise: ok or WRONG.

.venv/bin/python scripts/image_check.py [IMAGE [IMAGE WITHOUT THE MODEL]]

Needs root, buildah and util-linux (scripts/image_box.py says how it is run without an engine). Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import image_tries as tries
from image_box import Box, box, buildah
from image_table import Table

LARGEST_MB = 600
BASE_LAYERS = 1
NOT_IN_LAYERS = ("/.git/", "/tests/", "/.env", "secrets.env", "/pip.conf", "/.cache/", "/.venv", "id_rsa", ".coverage", "/root/")
_PACKAGES = """
from importlib.metadata import distributions
for one in distributions():
    print(one.metadata["Name"].lower().replace("_", "-"), one.version)
"""


def settings(table: Table, one: Box) -> None:
    config = one.config
    version = tomllib.loads((tries.HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    labels = config["Labels"]
    table.equal("user", "10001:10001", config["User"])
    table.equal("entry point and command", (["listener"], ["run"]), (config["Entrypoint"], config["Cmd"]))
    table.equal("volume", {"/data": {}}, config["Volumes"])
    table.equal("health command", ["CMD", "listener", "status"], config["Healthcheck"]["Test"])
    table.equal("label: version", version, labels.get("org.opencontainers.image.version"))
    table.equal("label: licence", "Apache-2.0", labels.get("org.opencontainers.image.licenses"))
    named = [name for name in labels if name.endswith((".source", ".url"))]
    table.equal("labels that name an address", [], named)


def layers(table: Table, one: Box, folder: Path) -> None:
    """Sizes, and what is in each layer that is not the base's."""
    buildah("push", "--disable-compression", one.image, f"dir:{folder}")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = [folder / layer["digest"].removeprefix("sha256:") for layer in manifest["layers"]]
    sizes = [file.stat().st_size / 1e6 for file in files]
    base, added = sum(sizes[:BASE_LAYERS]), sum(sizes[BASE_LAYERS:])
    table.line(
        "size", base + added <= LARGEST_MB, f"{base + added:.0f} MB = base {base:.0f} + ours {added:.0f} (at most {LARGEST_MB})"
    )
    found, programs = [], []
    for file in files[BASE_LAYERS:]:
        with tarfile.open(file) as layer:
            # An empty file holds nothing: it is where a build mounted something.
            names = ["/" + member.name for member in layer if not member.isdir() and not (member.isfile() and not member.size)]
        found += [name for name in names if any(part in name for part in NOT_IN_LAYERS)]
        programs += [name for name in names if name.startswith("/opt/listener/bin/") and ("pip" in name or "pytest" in name)]
    table.equal("secrets, repositories, tests, caches in our layers", [], found[:5])
    table.equal("build and test tools", [], programs)


def bill(table: Table, one: Box) -> None:
    """The bill of materials against what is installed, and the licences against the bill."""
    said = json.loads(one.run("cat", "/opt/listener/share/listener/sbom.json").out)
    table.equal("bill of materials: form", ("CycloneDX", True), (said["bomFormat"], said["specVersion"] >= "1.5"))
    installed = set(one.run("/opt/listener/bin/python", "-c", _PACKAGES).out.splitlines())
    debian = set(one.run("dpkg-query", "--show", "--showformat=${Package} ${Version}\\n").out.splitlines())
    named = {f"{each['name'].lower().replace('_', '-')} {each.get('version')}" for each in said["components"]}
    named |= {f"{said['metadata'].get('component', {}).get('name')} {said['metadata'].get('component', {}).get('version')}"}
    missing = sorted((installed | debian) - named)
    table.line(
        "bill of materials: complete",
        not missing and bool(installed),
        f"{len(installed)} Python, {len(debian)} Debian packages; missing {missing[:5]}",
    )
    licences = one.run("cat", "/opt/listener/share/listener/licences.txt").out
    listed = {" ".join(line.split()[:2]).lower().replace("_", "-") for line in licences.splitlines() if line}
    unlisted = sorted(each for each in installed if each not in listed)
    table.equal("licences: packages not listed", [], unlisted)
    table.equal("licences: not stated", 0, licences.count("not stated"))
    texts = [
        word for line in licences.splitlines() for word in line.split() if ".dist-info/" in word or word.startswith("/usr/share/")
    ]
    absent = [
        text
        for text in texts
        if not (one.root / (text if text.startswith("/") else f"{tries.SITE}/{text}").lstrip("/").rstrip(".,")).exists()
    ]
    table.line("licences: texts", not absent and len(texts) > len(installed) / 2, f"{len(texts)} there; absent {absent[:5]}")
    psycopg = [line for line in licences.splitlines() if line.startswith("psycopg") and "LGPL-3.0" in line and "LICENSE" in line]
    table.equal("licences: psycopg named as LGPL, with its text", 2, len(psycopg))


STEPS: tuple[Callable[[Table, Box], None], ...] = (
    settings,
    bill,
    tries.commands,
    tries.health,
    tries.alerts,
    tries.signals,
    tries.compose,
    tries.home,
)


def whole(table: Table, image: str, folder: Path) -> None:
    """Every promise that an image makes by itself."""
    print(f"---- {image}", flush=True)
    with box(image, folder / "data") as one:
        for step in STEPS:
            step(table, one)
        layers(table, one, folder / "layers")
    tries.users(table, image, folder)


def main() -> int:
    image, without = [*sys.argv[1:], "", ""][:2] if sys.argv[1:] else ["listener:test", "listener:test-vader"]
    table = Table()
    with tempfile.TemporaryDirectory(prefix="listener-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        whole(table, image, folder / "with")
        if without:
            whole(table, without, folder / "without")
            with box(image, folder / "with/data") as one, box(without, folder / "without/data") as other:
                tries.model(table, one, other)
    print(f"all {table.lines} promises are kept" if not table.wrong else f"{table.wrong} of {table.lines} promises are not kept")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
