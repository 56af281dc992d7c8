"""How a package that only some sources of customers need is added to the environment that is running."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

_CHECKOUT = Path(__file__).resolve().parents[2]


def not_installed(package: str, requirement: str) -> str:
    """That a package is missing, and the command that adds it. listener itself is not asked for: an index may have another."""
    uv, python = _CHECKOUT / ".tools" / "bin" / "uv", quote(sys.executable)
    if uv.is_file():
        command = f"{quote(_from_here(uv))} pip install --python {quote(_from_here(Path(sys.executable)))} {quote(requirement)}"
    elif find_spec("pip") is not None:
        command = f"{python} -m pip install {quote(requirement)}"
    else:
        return f"the package {package} is not installed: add {requirement} to the environment of {python}"
    return f"the package {package} is not installed: {command}"


def _from_here(path: Path) -> str:
    """The path as short as it can be typed in this folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
