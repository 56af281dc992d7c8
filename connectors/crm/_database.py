"""The database of a customer source: its address, a connection that only reads, and what goes wrong in words without secrets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, CursorResult, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from listener.core.errors import ConfigError, ListenerError, Problem, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.plain import one_line

_SHOWN = 200
_QUERY = "expected: a query that this database understands"
_POSTGRESQL = {"postgresql", "postgres"}
"""Without a driver in the address it is psycopg, which comes with this program."""


def usable_url(address: str, folder: Path) -> URL:
    """The address, with an SQLite file's path made absolute.

    Raises:
        ConfigError: it is none, its driver is not installed, or there is no such SQLite file.
    """
    if (why := without_driver(address)) is not None:
        raise ConfigError([Problem("customers.database", why, "")])
    url = parsed(address)
    if url is None:
        raise ConfigError(
            [Problem("customers.database", "not the address of a database", "such as postgresql://USER@HOST/DATABASE")]
        )
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return url
    path = folder / Path(url.database).expanduser()
    if not path.is_file():
        raise ConfigError([Problem("customers.database", f"{path}: there is no such file", "expected: an SQLite database")])
    return url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})


def parsed(address: str) -> URL | None:
    """The address in its parts; ``None`` if it is none."""
    try:
        return make_url(address.strip())
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        return None


def without_driver(address: str) -> str | None:
    """What has to be installed for the database to be asked at all."""
    url = parsed(address)
    if url is None or url.drivername in _POSTGRESQL:
        return None  # an address that is none is no missing part
    try:
        url.get_dialect().import_dbapi()
    except NoSuchModuleError:
        name = one_line(url.drivername, 40)
        return f'SQLAlchemy has no dialect "{name}": check the beginning of the address, or install the package that brings it'
    except ImportError as problem:
        return f"the package {one_line(problem.name or 'of its driver', 40)} is not installed: pip install it beside listener"
    return None


def reading_engine(url: URL, timeout: int, rows_at_once: int) -> Engine:
    """Opens connections that read, and keeps none of them."""
    backend = url.get_backend_name()
    if url.drivername in _POSTGRESQL:
        url = url.set(drivername="postgresql+psycopg")
    arguments: dict[str, Any] = {}
    options: dict[str, Any] = {"no_parameters": True, "yield_per": rows_at_once, "stream_results": True}
    if backend in {"postgresql", "postgres"}:
        options["postgresql_readonly"] = True
        if url.get_driver_name() == "psycopg":
            arguments = {
                "connect_timeout": 10,
                "options": f"-c statement_timeout={timeout * 1000}",
                "application_name": "listener",
            }
            if "options" in url.query:  # the user's own word counts
                del arguments["options"]
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments, execution_options=options, hide_parameters=True)
    if backend == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """SQLite keeps any bytes as text: one name in another encoding must not cost all the others."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.isolation_level = None  # its driver would begin a transaction before some statements only


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def asked(engine: Engine, query: str) -> Iterator[CursorResult[Any]]:
    """What the query finds, as it is written: ``:name`` and ``%`` mean nothing. Its transaction is rolled back in the end."""
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            with connection.exec_driver_sql(query) as result:
                yield result
        finally:
            transaction.rollback()


# ------------------------------------------------------------------------------------------------ what went wrong

_BY_STATE: Mapping[str, tuple[type[SourceError], str]] = {
    "28": (SourceRejected, "it does not accept the user name or password of customers.database"),
    "3D": (SourceRejected, "there is no database of that name"),
    "42501": (SourceRejected, "this user may not read what the query asks for"),
    "57014": (RetryLater, "it took longer than customers.timeout"),
    "25006": (SourceRejected, "the query would change the database"),
    "53": (RetryLater, "the database is overloaded"),
    "57": (RetryLater, "the database is shutting down, or starting"),
    "08": (RetryLater, "the connection was lost"),
}
"""PostgreSQL's states, the longest first where two fit."""
_BY_WORDS = (
    (re.compile(r"database .* does not exist|unknown database", re.IGNORECASE), _BY_STATE["3D"]),
    (re.compile(r"authentication|password|role .* does not exist|pg_hba|access denied", re.IGNORECASE), _BY_STATE["28"]),
)


def explained(problem: SQLAlchemyError, url: URL) -> ListenerError:
    """The problem in words that hold no secret and nothing of a row."""
    where = f"customers ({url.get_backend_name()})"
    original = problem.orig if isinstance(problem, DBAPIError) else None
    state = str(getattr(original, "sqlstate", None) or "")
    for length in (5, 2):
        if (known := _BY_STATE.get(state[:length])) is not None:
            return known[0](f"{where}: {known[1]}")
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original, where)
    if state.startswith("42") or isinstance(problem, ProgrammingError):  # of the query's own words, not of data
        return ConfigError([Problem("customers.query", _said(original, url), _QUERY)])
    if isinstance(problem, DBAPIError) and (problem.connection_invalidated or isinstance(problem, OperationalError)):
        # What fails while a connection is made has no state.
        known = next((known for words, known in _BY_WORDS if words.search(str(original))), None)
        return known[0](f"{where}: {known[1]}") if known else RetryLater(f"{where}: no connection, or it was lost")
    return SourceProtocolError(f"{where}: it could not carry out the query ({state or type(original or problem).__name__})")


def _of_sqlite(problem: sqlite3.Error, where: str) -> ListenerError:
    text = str(problem)
    if "locked" in text or "busy" in text:
        return RetryLater(f"{where}: another program is writing to it")
    if "readonly" in text:
        return SourceRejected(f"{where}: the query would change the database")
    if isinstance(problem, sqlite3.OperationalError) and text.startswith(
        ("no such", "near ", "unrecognized", "incomplete", "ambig")
    ):
        return ConfigError([Problem("customers.query", one_line(text, _SHOWN), _QUERY)])
    if "not a database" in text or "unable to open" in text or "malformed" in text:
        return SourceRejected(f"{where}: {one_line(text, _SHOWN)}")
    return SourceProtocolError(f"{where}: it could not carry out the query ({getattr(problem, 'sqlite_errorname', 'unknown')})")


def _said(problem: BaseException | None, url: URL) -> str:
    """The first line of what the driver says, without the password should it be in it."""
    diagnosis = getattr(problem, "diag", None)
    text = str(getattr(diagnosis, "message_primary", None) or problem or "")
    text = text.strip().partition("\n")[0]
    return one_line(text.replace(str(url.password), "…") if url.password else text, _SHOWN) or "not understood"
