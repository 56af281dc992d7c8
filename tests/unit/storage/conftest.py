"""A store on each database, for tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store import Store, open_store
from tests.support.heard import NOW, PEPPER, sqlite_url


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture(params=["sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest, sqlite_file: Path) -> Iterator[Store]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    url = sqlite_url(sqlite_file) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        yield store


@pytest.fixture
def sqlite_store(sqlite_file: Path) -> Iterator[Store]:
    with open_store(sqlite_url(sqlite_file), now=NOW, pepper=PEPPER) as store:
        yield store
