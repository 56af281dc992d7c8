"""The licences of everything in an image, as a table for people, from its bill of materials (CycloneDX JSON).

python scripts/licences.py sbom.json SITE-PACKAGES [SITE-PACKAGES …] > licences.txt

For each component its licence and where its text lies in the image. A Python package without a text of its own must be under
the Apache License, whose text is our own; another one is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

TEXT = re.compile(r"(?:^|/)(?:licen[cs]e|copying|notice|thirdpartynotices)[^/]*$", re.IGNORECASE)
DEBIAN = "pkg:deb/"
OUR_TEXT = "the Apache License of listener"
HEAD = """\
What is in this image, and under which terms. listener itself: Apache-2.0.

Paths are below /opt/listener/lib/python3*/site-packages, except those that begin with /.
psycopg and psycopg-binary are under the GNU Lesser General Public License, version 3: its text lies beside them, and that of the
GNU General Public License, which it refers to, in /usr/share/common-licenses/GPL-3. They are here unmodified, as published, in
files of their own, and may be replaced there by other versions.
"""


def licence(component: Mapping[str, Any]) -> str:
    """What a component says of its licence: an expression, an SPDX name, or its own words; the first line of these."""
    found = []
    for each in component.get("licenses", ()):
        words = each.get("expression") or each["license"].get("id") or each["license"].get("name", "")
        found.append(words.splitlines()[0].strip() if words.strip() else "")
    return " AND ".join(dict.fromkeys(filter(None, found))) or "not stated"


def texts(distribution: Distribution) -> Iterator[str]:
    """Where the texts of a package's licences lie, below its site-packages."""
    for file in distribution.files or ():
        inside = ".dist-info/" in str(file) or len(file.parts) == 2
        if inside and TEXT.search(str(file)) and file.suffix != ".py" and Path(str(distribution.locate_file(file))).exists():
            yield str(file)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def stated(distribution: Distribution | None) -> str:
    """What a package's own metadata says, for one whose bill of materials leaves it out; the first line."""
    words = distribution.metadata.get("License") if distribution else None
    return words.strip().splitlines()[0] if words and words.strip() else "not stated"


def _where(component: Mapping[str, Any], installed: Mapping[str, Distribution], words: str) -> str | None:
    """Where a component's text lies; ``None`` if there is none."""
    if str(component.get("purl", "")).startswith(DEBIAN):
        return ""  # its licence is the path of its text
    distribution = installed.get(normal(component["name"]))
    if distribution is None:
        return "in the base image"
    own = sorted(texts(distribution))
    if own:
        return " ".join(own)
    return OUR_TEXT if "apache" in words.lower() else None


def main(arguments: Sequence[str]) -> int:
    bom, *sites = arguments
    components = json.loads(Path(bom).read_text(encoding="utf-8"))["components"]
    installed = {normal(one.metadata["Name"]): one for one in distributions(path=sites)}
    print(HEAD)
    lacking = []
    for component in sorted(components, key=lambda each: (str(each.get("purl", "")).startswith(DEBIAN), each["name"].lower())):
        words = licence(component)
        if words == "not stated":
            words = stated(installed.get(normal(component["name"])))
        where = _where(component, installed, words)
        if where is None or (words == "not stated" and not where):
            lacking.append(component["name"])
        print(f"{component['name']:<26} {component.get('version', ''):<24} {words:<40} {where or ''}".rstrip())
    for name in lacking:
        print(f"no licence, or no text of it: {name}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
