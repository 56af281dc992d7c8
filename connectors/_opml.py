"""The feeds that an OPML file lists (what feed readers export)."""

from __future__ import annotations

from pathlib import Path

from connectors._charset import charset_of
from listener.core.errors import ConfigError, Problem
from listener.net.urls import web_link

_LARGEST = 5_000_000


def feeds_in(path: Path) -> tuple[str, ...]:
    """The feeds' addresses in the file's order.

    The file is read as tolerant mark-up and not as XML: nesting does not matter here, exports are often ill-formed, and there
    are no entities to expand.

    Raises:
        ConfigError: the file cannot be read, is too large, or lists no feed.
    """
    from selectolax.lexbor import LexborHTMLParser

    try:
        data = path.read_bytes()
    except OSError as problem:
        raise _problem(f"{path}: {problem.strerror}") from problem
    if len(data) > _LARGEST:
        raise _problem(f"{path}: larger than {_LARGEST:,} bytes")
    tree = LexborHTMLParser(data.decode(charset_of(data, "") or "utf-8", "replace"))
    found = (web_link("", node.attributes.get("xmlurl")) for node in tree.css("outline[xmlurl]"))
    feeds = tuple(dict.fromkeys(url for url in found if url))
    if not feeds:
        raise _problem(f"{path}: lists no feed")
    return feeds


def _problem(got: str) -> ConfigError:
    return ConfigError([Problem("opml", got, "an OPML file with at least one outline that has an xmlUrl")])
