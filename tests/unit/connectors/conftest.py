"""What the tests of connectors share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.net.net_server import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty site on loopback."""
    with serve() as site:
        yield site
