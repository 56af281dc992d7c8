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

from listener.net.settings import DoorSettings

_PROXY = ("http_proxy", "https_proxy")
"""In small letters, which go before capital ones."""
_AUTHORITIES = "REQUESTS_CA_BUNDLE"
_alone = threading.Lock()


@contextmanager
def our_way(door: DoorSettings) -> Iterator[None]:
    """What asks the network through ``requests`` in this block goes the way of ``door``; one such block at a time.

    Without a proxy or an authority of its own, the environment stays as it is.

    Raises:
        OSError: the file of the private authority cannot be read.
    """
    with _alone, ExitStack() as stack:
        wanted = dict.fromkeys(_PROXY, door.proxy) if door.proxy else {}
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

    with NamedTemporaryFile(prefix="listener-", suffix=".pem") as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + b"\n" + private.read_bytes())
        bundle.flush()
        yield bundle.name
