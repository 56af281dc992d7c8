"""What a search asks for, and whom a watch list follows: the names of our brands, unless the options say otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from listener.core.brand import TargetKind
from listener.core.connector import ConnectorContext
from listener.core.errors import ConfigError, Problem
from listener.core.mention import digest, normal_handle, normal_text

_T = TypeVar("_T")

_OURS = frozenset({TargetKind.BRAND, TargetKind.PRODUCT})


def search_terms(context: ConnectorContext, queries: Sequence[str] = ()) -> tuple[str, ...]:
    """``queries`` as they are, else the names and aliases of our brands and products, each once.

    Names are short and services find loosely; what is really about us is decided later, on the text.
    """
    if queries:
        return tuple(dict.fromkeys(queries))
    found: dict[str, str] = {}
    for brand in context.brands:
        for target in brand.rule.targets:
            if target.kind in _OURS:
                for name in (target.name, *target.aliases):
                    found.setdefault(normal_text(name), name)
    return tuple(found.values())


def phrase(term: str) -> str:
    """A term as a phrase in the quotes that most services understand."""
    return '"' + " ".join(term.replace('"', " ").replace("\\", " ").split()) + '"'


def watched(context: ConnectorContext, platform: str, named: Sequence[str], customers: bool) -> tuple[str, ...]:
    """The accounts of a watch list: those named in the options and, if wanted, the customers' known ones; each once."""
    known = context.handles(platform) if customers else ()
    found: dict[str, str] = {}
    for handle in (*named, *known):
        if normal_handle(handle):
            found.setdefault(normal_handle(handle), handle.strip().lstrip("@"))
    return tuple(found.values())


def watch_streams(context: ConnectorContext, platform: str, named: Sequence[str], customers: bool) -> dict[str, str]:
    """``watched`` by the names of their streams. A customer's account is named by a digest: names of streams are stored and
    shown, and a customer's erasure must not leave the handle there."""
    by_us = {normal_handle(handle) for handle in named}
    found: dict[str, str] = {}
    for handle in watched(context, platform, named, customers):
        name = normal_handle(handle)
        found[f"account @{handle}" if name in by_us else f"account {digest(platform, name)[:12]}"] = handle
    return found


def something(streams: Mapping[str, _T], *options: str) -> Mapping[str, _T]:
    """The streams, of which there must be one.

    Raises:
        ConfigError: there is none; ``options`` are those that would name something to listen for.
    """
    if not streams:
        wanted = " or ".join(options)
        raise ConfigError([Problem(wanted, "there is nothing to listen for", f"a brand with a name, or {wanted} in this source")])
    return streams
