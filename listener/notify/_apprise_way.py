"""The configured proxy and certificate authority for Apprise, whose plugins can be told of them by the environment only.

Its hundred plugins call ``requests``, which looks for these variables at each request; nothing else in this program reads them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from listener.net.direct import EVERY
from listener.net.settings import DoorSettings

_PROXY = ("http_proxy", "https_proxy")
"""In small letters, which go before capital ones."""
_PAST_IT = ("no_proxy", "NO_PROXY")
"""Which hosts go past the proxy. An empty one in small letters does not go before the capital one."""
_AUTHORITIES = "REQUESTS_CA_BUNDLE"
_alone = threading.Lock()


class UnreadableAuthority(OSError):
    """The configured file itself cannot be read: a matter of configuration, unlike a disk without room for our copy."""


@contextmanager
def our_way(door: DoorSettings) -> Iterator[None]:
    """What asks the network through ``requests`` in this block goes the way of ``door``; one such block at a time.

    Without a proxy or an authority of its own, the environment stays as it is.

    Raises:
        UnreadableAuthority: the file of the private authority cannot be read.
        OSError: the file that holds it and the public ones cannot be written.
    """
    with _alone, ExitStack() as stack:
        past = EVERY if EVERY in door.no_proxy else ",".join(door.no_proxy)  # requests knows it only where it stands alone
        wanted = dict.fromkeys(_PROXY, door.proxy) | dict.fromkeys(_PAST_IT, past) if door.proxy else {}
        if door.ca_file is not None:
            wanted[_AUTHORITIES] = stack.enter_context(_all_authorities(door.ca_file))
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _all_authorities(private: Path) -> Iterator[str]:
    """A file with the public authorities and the private one: ``requests`` takes one file, which replaces its own."""
    import certifi

    try:
        own = private.read_bytes()
    except OSError as problem:
        raise UnreadableAuthority(problem.errno, problem.strerror, str(private)) from problem
    with NamedTemporaryFile(prefix="listener-", suffix=".pem") as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + b"\n" + own)
        bundle.flush()
        yield bundle.name
