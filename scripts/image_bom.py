"""Adds what the base image brings to the bill of materials of the Python packages (CycloneDX JSON).

dpkg-query --show --showformat='${Package}\\t${Version}\\t${Architecture}\\n' > base.tsv
python scripts/image_bom.py sbom.json base.tsv     rewrites sbom.json
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

RELEASE = Path("/etc/os-release")


def release() -> dict[str, str]:
    """What the base image says of itself: its ``ID``, ``VERSION_ID`` and so on."""
    pairs = (line.partition("=") for line in RELEASE.read_text(encoding="utf-8").splitlines())
    return {name: value.strip('"') for name, sign, value in pairs if sign}


def base_components(table: str) -> Iterator[dict[str, Any]]:
    """One component for each line ``package, version, architecture`` (tabs between), and one for Python."""
    system = release()
    distro = f"{system['ID']}-{system['VERSION_ID']}"
    for line in table.splitlines():
        name, version, architecture = line.split("\t")
        purl = f"pkg:deb/{system['ID']}/{quote(name)}@{quote(version)}?arch={architecture}&distro={distro}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": [{"license": {"name": f"/usr/share/doc/{name}/copyright"}}],
        }
    python = platform.python_version()
    yield {
        "type": "application",
        "bom-ref": f"python-{python}",
        "name": "python",
        "version": python,
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def main(bom: Path, base: Path) -> None:
    content = json.loads(bom.read_text(encoding="utf-8"))
    added = sorted(base_components(base.read_text(encoding="utf-8")), key=lambda one: str(one["bom-ref"]))
    content["components"] += added
    bom.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
