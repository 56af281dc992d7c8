"""The licences of everything in an image, as a table for people, from its bill of materials (CycloneDX JSON).

python scripts/licences.py sbom.json > licences.txt
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def licence(component: Mapping[str, Any]) -> str:
    """What a component says of its licence: an expression, an SPDX name, or its own words; the first line of these."""
    found = []
    for each in component.get("licenses", ()):
        words = each.get("expression") or each["license"].get("id") or each["license"].get("name", "")
        found.append(words.splitlines()[0].strip() if words.strip() else "")
    return " AND ".join(dict.fromkeys(filter(None, found))) or "not stated"


def main(file: str) -> None:
    components = json.loads(Path(file).read_text(encoding="utf-8"))["components"]
    rows = sorted((each["name"].lower(), each.get("version", ""), licence(each)) for each in components)
    for name, version, words in rows:
        print(f"{name:<32} {version:<16} {words}")


if __name__ == "__main__":
    main(sys.argv[1])
