"""Which hosts are asked directly although there is a proxy: a list that is read as ``NO_PROXY`` commonly is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

EVERY = "*"
_LABEL = "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*(:(?P<port>[0-9]{{1,5}}))?")
_HIGHEST_PORT = 65535


def read_exception(text: str) -> str:
    """One entry of the list in the form in which ``is_direct`` takes it.

    Raises:
        ValueError: it is neither ``*``, nor an address, a network (``10.0.0.0/8``) or a name.
    """
    entry = text.strip().lower()
    if entry == EVERY:
        return entry
    try:
        return str(ip_network(entry.strip("[]"), strict=False)).removesuffix("/32").removesuffix("/128")
    except ValueError:
        name, colon, port = entry.removeprefix("*").removeprefix(".").partition(":")
        ascii_name = name.removesuffix(".").encode("idna").decode()  # a UnicodeError is a ValueError
        found = _NAME.fullmatch(ascii_name + colon + port)
        # Digits alone at the end are an address that is none: 10.0.0.300, 10.0.0.0/99
        if not found or ascii_name.rpartition(".")[2].isdigit() or not 0 < int(found["port"] or 1) <= _HIGHEST_PORT:
            raise
        return found[0]


def is_direct(host: str, port: int, exceptions: Sequence[str]) -> bool:
    """Whether one of the ``exceptions``, as ``read_exception`` gives them, means this host.

    A name means itself and all below it, with a port only that port; a network means hosts that are written as addresses: no
    name is resolved for it.
    """
    if EVERY in exceptions:
        return True
    try:
        address = ip_address(host.strip("[]").rstrip("."))
    except ValueError:
        name = f".{host.rstrip('.').lower()}"
        return any(each.endswith(f".{entry}") for each in (name, f"{name}:{port}") for entry in exceptions)
    return any(address in ip_network(entry) for entry in exceptions if _is_network(entry))


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry)
    except ValueError:
        return False
    return True
