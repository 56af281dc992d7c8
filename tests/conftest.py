"""For all tests: signals as at a terminal, work that is done once, and a real PostgreSQL where a test asks for it."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.once import share
from tests.support.order import rank
from tests.support.postgres import database_of, empty, running_server

# A shell lets what it starts in the background ignore Ctrl-C, and children inherit that; some tests send it to them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How fast the machine makes examples says nothing about the program.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

share()


@pytest.hookimpl(trylast=True)  # what is not slow stays in the order that chance gave it
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.path.name))


@pytest.fixture(autouse=True)
def log_as_it_comes() -> None:
    """Without what a command that ran in this process set up: its level would filter what a test looks for."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running server."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The URL of a database with our tables and nothing in them, for copying."""
    from storage.store import open_store

    with database_of(postgres_server) as url:
        open_store(url, now=datetime(2026, 1, 1, tzinfo=UTC), pepper="pepper of the tests").close()
        yield url


@pytest.fixture(scope="module")
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The URL of a database of the test module's own."""
    with database_of(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The URL of a database with our tables and no rows; its pepper is ``pepper of the tests``."""
    empty(postgres_database)
    return postgres_database


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database of the test's own, without any table."""
    with database_of(postgres_server) as url:
        yield url
