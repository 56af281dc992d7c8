"""Customers from a query in a database, by any SQLAlchemy URL: read row by row in one statement, in constant memory.

Nothing is ever written: only one ``SELECT`` is accepted, PostgreSQL runs it in a read-only transaction, an SQLite file is opened
for reading only, and the transaction is rolled back in the end. Whoever uses another database gives a user that may only read.
Neither the address of the database nor a value of a row is ever shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors.crm._select import why_not_reading
from connectors.crm.csv_file import PAGE
from connectors.crm.records import RecordReader
from connectors.crm.spec import CrmContext, CrmSpec
from listener.core.errors import ConfigError, Problem
from listener.core.mention import Cursor, Rejected
from listener.core.people import Customer, CustomerPage

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

VARIABLE = "LISTENER_CUSTOMERS__DATABASE"


def _query(value: str) -> str:
    if (reason := why_not_reading(value)) is not None:
        raise ValueError(f"one SELECT that only reads; {reason}")
    return value.strip().rstrip(";").rstrip()


class Options(BaseModel):
    """Which database, and what to ask it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database: SecretStr | None = Field(
        None,
        description="the database's address, as SQLAlchemy writes it: postgresql://USER:PASSWORD@HOST/DATABASE, sqlite:///FILE",
    )
    query: Annotated[str, AfterValidator(_query)] = Field(
        description="one SELECT; its columns are read as those of a CSV file are"
    )
    timeout: int = Field(300, ge=1, le=86_400, description="PostgreSQL gives up after so many seconds without rows")


class SqlCustomers:
    """A ``CustomerSource``.

    Raises:
        ConfigError: the address cannot be used, or the database's driver is not installed.
    """

    def __init__(self, options: Options, context: CrmContext) -> None:
        from connectors.crm._database import usable_url  # here, because reading a configuration must stay cheap

        if (why := missing(options)) is not None:
            raise ConfigError([Problem("customers", why, "")])
        self._options = options
        self._context = context
        self._url = usable_url(_address(options), context.folder)

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]:
        """The customers in the query's order; those of the first ``cursor["rows"]`` rows are left out.

        Raises:
            ConfigError: the query or the columns cannot be used.
            RetryLater: the database cannot be reached for now, or took too long.
            SourceRejected: it does not let this user in, or read this.
            SourceProtocolError: it cannot carry out the query on its data.
        """
        from sqlalchemy.exc import SQLAlchemyError

        from connectors.crm._database import asked, explained, reading_engine

        after = cursor.get("rows", 0)
        done = after if isinstance(after, int) else 0
        engine = reading_engine(self._url, self._options.timeout, PAGE)
        try:
            with asked(engine, self._options.query) as result:
                yield from self._read(result, done)
        except SQLAlchemyError as problem:
            raise explained(problem, self._url) from None  # its text can hold values of rows
        finally:
            engine.dispose()

    def prepare(self) -> None:
        """Whether a local SQLite file can carry out the query: no row is read. Another database is not asked.

        Raises:
            ConfigError, RetryLater, SourceRejected, SourceProtocolError: as ``pages``.
        """
        from sqlalchemy.exc import SQLAlchemyError

        from connectors.crm._database import asked, explained, reading_engine

        if self._url.get_backend_name() != "sqlite":
            return
        engine = reading_engine(self._url, self._options.timeout, PAGE)
        # The line break ends a comment at the query's end.
        nothing = f"SELECT * FROM ({self._options.query}\n) LIMIT 0"  # noqa: S608 - a person's own query, which only reads
        try:
            with asked(engine, nothing) as result:
                RecordReader(list(result.keys()), self._context.columns, "customers.query").close()
        except SQLAlchemyError as problem:
            raise explained(problem, self._url) from None
        finally:
            engine.dispose()

    def _read(self, result: CursorResult[Any], done: int) -> Iterator[CustomerPage]:
        reader = RecordReader(list(result.keys()), self._context.columns, "customers.query")
        number = 0
        with closing(reader):
            for rows in result.partitions(PAGE):
                page: list[Customer] = []
                rejected: list[Rejected] = []
                for row in rows:
                    number += 1
                    read = reader.read(f"row {number}", tuple(row))
                    if number > done:
                        (rejected if isinstance(read, Rejected) else page).append(read)  # type: ignore[arg-type]  # told apart just here
                if page or rejected:
                    yield CustomerPage(tuple(page), tuple(rejected), {"rows": number})


def _address(options: Options) -> str:
    return options.database.get_secret_value().strip() if options.database else ""


def missing(options: Options) -> str | None:
    """What is not there for the database to be asked."""
    from connectors.crm._database import without_driver

    if not _address(options):
        return f"no database is named: set {VARIABLE} to its address"
    return without_driver(_address(options))


def _title(options: Options) -> str:
    from connectors.crm._database import parsed

    url = parsed(_address(options))
    return url.get_backend_name() if url is not None else "database"


SPEC = CrmSpec("sql", Options, SqlCustomers, missing, _title)
