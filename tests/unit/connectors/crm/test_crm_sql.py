"""A database as a source of customers: SQLite and a real PostgreSQL, only read, in constant memory, no secret in any error."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors.crm._database import asked, explained, reading_engine
from connectors.crm._select import why_not_reading
from connectors.crm.spec import CrmContext
from connectors.crm.sql import SPEC, Options, SqlCustomers
from listener.core.errors import ConfigError, ListenerError, RetryLater, SourceProtocolError, SourceRejected
from listener.core.people import Customer, CustomerPage, KnownHandle
from listener.net.door import open_door
from tests.support.spending import within

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = """
    CREATE TABLE firms (id INTEGER PRIMARY KEY, firm_name TEXT, site TEXT);
    INSERT INTO firms VALUES (7, 'Firm', 'https://firm.example');
    CREATE TABLE people (
        id INTEGER PRIMARY KEY, given TEXT, surname TEXT, mail TEXT, firm INTEGER, since DATE, x TEXT, quiet BOOLEAN
    );
    INSERT INTO people VALUES (1, 'Ada', 'Example', 'ada@firm.example', 7, '2021-03-01', '@Ada_E', true);
    INSERT INTO people VALUES (2, 'Bob', 'Other', NULL, NULL, NULL, NULL, false);
"""
QUERY = """
    SELECT people.id AS "Contact ID", given AS "First Name", surname, mail, firm_name AS company, site AS website,
           since AS customer_since, x AS handle_x, quiet AS do_not_contact, 'it''s 100 % :sure' AS remark
    FROM people LEFT JOIN firms ON firms.id = people.firm -- a remark: DELETE FROM people
    ORDER BY people.id;
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with two people."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "crm file.db")) as connection:
            connection.executescript(PEOPLE)
        return "sqlite:///crm file.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    with psycopg.connect(url) as server:
        server.execute(PEOPLE.encode())
    return url


def source(url: str, query: str, folder: Path, columns: dict[str, str] | None = None, **more: object) -> SqlCustomers:
    return SPEC.build(Options(database=url, query=query, **more), CrmContext(open_door, NOW, columns or {}, folder))


def read(url: str, query: str, folder: Path, columns: dict[str, str] | None = None, **more: object) -> CustomerPage:
    pages = list(source(url, query, folder, columns, **more).pages({}))
    return CustomerPage(
        tuple(one for page in pages for one in page.customers), tuple(one for page in pages for one in page.rejected)
    )


def test_a_query_is_read_as_an_export_is(database: str, tmp_path: Path) -> None:
    page = read(database, QUERY, tmp_path, {"email": "mail"})
    assert page.rejected == ()
    assert page.customers == (
        Customer(
            "1",
            "Ada",
            "Example",
            email="ada@firm.example",
            company="Firm",
            website="https://firm.example",
            customer_since="2021-03-01",
            handles=(KnownHandle("x", "ada_e"),),
            do_not_contact=True,
            extra={"remark": "it's 100 % :sure"},
        ),
        Customer("2", "Bob", "Other", extra={"remark": "it's 100 % :sure"}),
    )


def test_it_goes_on_after_a_cursor(database: str, tmp_path: Path) -> None:
    (page,) = source(database, "SELECT id, surname FROM people ORDER BY id", tmp_path).pages({"rows": 1})
    assert [one.contact_id for one in page.customers] == ["2"]
    assert page.cursor == {"rows": 2}


def test_columns_that_are_not_there_are_named(database: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"customers.columns.email: the export has no column 'mail'"):
        read(database, "SELECT id, surname FROM people", tmp_path, {"email": "mail"})
    with pytest.raises(SourceProtocolError, match=r"customers.query: no column for contact_id"):
        read(database, "SELECT surname FROM people", tmp_path)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT id, nonsense FROM people", "nonsense"),
        ("SELECT id, surname FROM nobody", "nobody"),
        ("SELECT id surname FROM FROM people", "FROM"),
    ],
)
def test_a_query_that_is_not_understood(database: str, tmp_path: Path, query: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"customers\.query: ") as caught:
        read(database, query, tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "",
        ";",
        "-- SELECT 1",
        "DELETE FROM people",
        "PRAGMA user_version",
        "SELECT 1; DELETE FROM people",
        "WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone",
        "WITH x AS (SELECT 1) INSERT INTO people SELECT * FROM x",
        "WITH x AS (SELECT 1) /* hm */ UPDATE people SET mail = NULL",
        "SELECT * INTO copy FROM people",
        "select * into outfile '/tmp/x' from people",
        "EXPLAIN ANALYZE DELETE FROM people",
        "WITH x AS (SELECT 1) REPLACE people SELECT * FROM x",
        "SELECT ';'",
        "SELECT 1 -- done; DELETE FROM people",
        r"SELECT E'\'' INTO copy FROM people -- '",
        r"SELECT '\'' INTO OUTFILE '/tmp/x' -- '",
        r"""SELECT "\"" INTO OUTFILE "/tmp/x" -- \"""",
        "SELECT a$b$ INTO copy FROM people -- $b$",
        "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */",
        "SELECT 1 # '\n INTO OUTFILE '/tmp/x'",
        "SELECT 2--1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 /* /* */ ' */ INTO copy -- '",
        "SELECT x['a]' INTO copy FROM people -- '",
        "SELECT [it's] INTO copy FROM people -- '",
    ],
)
def test_only_reading_is_allowed(query: str) -> None:
    assert why_not_reading(query) is not None
    with pytest.raises(ValidationError):
        Options(database="sqlite://", query=query)


@pytest.mark.parametrize(
    "query",
    [
        "select 1",
        " ( SELECT 1 ) "[2:-2],
        'SELECT "update", delete_at, count(*) AS "drop" FROM x WHERE y = \' DELETE FROM x\';',
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x LIMIT 5 -- done;",
        "SELECT $$ DELETE FROM x$$ AS id, [update] FROM y",
        "SELECT data #>> '{a,b}', x[1] FROM p WHERE b LIKE 'it''s %' -- don't",
        r"SELECT E'\n', array_to_string(a, chr(59)) FROM x WHERE a ~ '^\w+$'",
        "SELECT (update) FROM x",
        "/* DELETE */ SELECT replace(a, 'x', 'y') FROM b;;",
    ],
)
def test_all_reading_is(query: str) -> None:
    assert why_not_reading(query) is None


@pytest.mark.parametrize("character", ["'", '"', "[", "`", "/", "/*", "$", "$a$", "-", "#", "\\", "e'", "a", "("])
def test_a_long_query_is_judged_in_linear_time(character: str) -> None:
    within(3, lambda: why_not_reading(f"SELECT {(character * 100_000)[:100_000]}"))


def test_whatever_a_query_did_is_rolled_back(database: str, tmp_path: Path) -> None:
    url = make_url(database)
    url = url.set(database=str(tmp_path / "crm file.db")) if url.get_backend_name() == "sqlite" else url
    engine = reading_engine(url, 5, 100)
    query = "WITH x AS (SELECT 3) INSERT INTO firms (id) SELECT * FROM x RETURNING id"
    if url.get_backend_name() == "sqlite":
        with asked(engine, query) as result:
            assert result.scalar() == 3
    else:
        with pytest.raises(SQLAlchemyError), asked(engine, query):
            pass
    with asked(engine, "SELECT id FROM firms") as result:
        assert list(result.scalars()) == [7]


def test_what_looks_like_reading_still_cannot_write(empty_postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(empty_postgres_url) as server:
        server.execute(
            "CREATE SEQUENCE counter; CREATE TABLE kept (id int);"
            "CREATE FUNCTION sneaky() RETURNS int LANGUAGE sql AS 'INSERT INTO kept VALUES (1) RETURNING id'"
        )
    for query in (
        "SELECT nextval('counter') AS id, 'x' AS name",
        "SELECT sneaky() AS id, 'x' AS name",
        "SELECT id, id AS name FROM kept FOR UPDATE",
    ):
        with pytest.raises(SourceRejected, match="would change the database"):
            read(empty_postgres_url, query, tmp_path)
    with psycopg.connect(empty_postgres_url) as server:
        assert server.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_an_sqlite_file_is_opened_for_reading(tmp_path: Path) -> None:
    path = tmp_path / "a b#c%d.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(PEOPLE)
    path.chmod(0o444)
    assert len(read(f"sqlite:///{path}", "SELECT id, surname FROM people", tmp_path).customers) == 2
    engine_url = source(f"sqlite:///{path}", "SELECT 1 AS id", tmp_path)._url
    assert dict(engine_url.query) == {"mode": "ro", "uri": "true"}


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"customers.database: .*there is no such file"):
        source("sqlite:///nothing.db", "SELECT 1 AS id", tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "text.db").write_text("this is no database, whatever it is called " * 50)
    with pytest.raises(SourceRejected, match="not a database"):
        read("sqlite:///text.db", "SELECT 1 AS id, name FROM x", tmp_path)


# ----------------------------------------------------------------------------------------------- hostile values


def test_values_of_any_kind_in_sqlite(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "odd.db")) as connection:
        connection.execute("CREATE TABLE odd (id, last_name, title)")
        rows = [
            (1, "Fine", 2.0),
            ("b", b"bytes", None),
            (3, b"\xff\xfe", "x"),
            (4, "x" * 5001, ""),
            (5, "a\0b", ""),
            (None, "x", ""),
        ]
        rows += [(1, "Again", ""), (7, " two\r\nlines\u202e ", "=1+1"), ("", "x", "x"), (1, "Fine", 2)]
        connection.executemany("INSERT INTO odd VALUES (?, ?, ?)", rows)
        connection.execute("INSERT INTO odd VALUES (9, CAST(x'41ff42' AS TEXT), '')")
        connection.commit()

    page = read("sqlite:///odd.db", "SELECT * FROM odd", tmp_path)

    assert [(one.contact_id, one.last_name) for one in page.customers] == [
        ("1", "Fine"),
        ("b", "bytes"),
        ("7", page.customers[2].last_name),
        ("9", "A\ufffdB"),
    ]
    assert page.customers[2].last_name.startswith("two lines")
    assert page.customers[0].title == "2"
    assert {one.item: one.reason for one in page.rejected} == {
        "row 3": "what stands in last_name is no text",
        "row 4": "what stands in last_name is longer than 5000 characters",
        "row 5": "what stands in last_name holds a NUL character",
        "row 6": "it has no contact_id",
        "row 7": "its contact_id stands in an earlier row, which is kept; the data differ",
        "row 9": "it has no contact_id",
        "row 10": "it repeats an earlier row word for word",
    }


def test_values_of_any_kind_in_postgresql(empty_postgres_url: str, tmp_path: Path) -> None:
    query = """
        SELECT 12345678901234567890.5 AS id, 'Ada' AS last_name, ARRAY['Core', 'API', NULL] AS products,
               '2021-03-01 10:00+02'::timestamptz AS customer_since, '{"a": 1}'::jsonb AS remark, true AS do_not_contact,
               '7f0e4c2e-0000-4000-8000-000000000001'::uuid AS code, '\\xff'::bytea::text AS raw, interval '1 day' AS span
    """
    (customer,) = read(empty_postgres_url, query, tmp_path).customers
    assert (customer.contact_id, customer.products, customer.do_not_contact) == ("12345678901234567890.5", ("Core", "API"), True)
    assert customer.customer_since == "2021-03-01"
    assert customer.extra["remark"] == '{"a": 1}'
    assert customer.extra["code"].startswith("7f0e4c2e")


def test_data_that_breaks_the_query_is_not_repeated(empty_postgres_url: str, tmp_path: Path) -> None:
    query = "SELECT 1 AS id, last_name::int AS last_name FROM (VALUES ('Ada Lovelace')) AS people(last_name)"
    with pytest.raises(SourceProtocolError, match="22P02") as caught:
        read(empty_postgres_url, query, tmp_path)
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_rows_take_no_more_memory(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if kind == "sqlite":
        sqlite3.connect(tmp_path / "many.db").close()
        url = "sqlite:///many.db"
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
        many = numbers + " SELECT i AS id, 'name' || i AS name FROM n"
    else:
        url = request.getfixturevalue("empty_postgres_url")
        many = "SELECT i AS id, 'name' || i AS name, repeat('x', 200) AS remark FROM generate_series(1, {}) AS i"
    peaks = []
    for count in (2_000, 10_000):
        tracemalloc.start()
        read_rows = sum(len(page.customers) for page in source(url, many.format(count), tmp_path).pages({}))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read_rows == count
    assert peaks[1] < peaks[0] * 1.5 + 500_000


# -------------------------------------------------------------------------------------- who is not let in, and why


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RetryLater) as caught:
        read("postgresql://ada:hunter2@127.0.0.1:1/crm", "SELECT 1 AS id, 'x' AS name", tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "ada" not in str(caught.value)


def test_users_databases_and_rights(empty_postgres_url: str, tmp_path: Path) -> None:
    query = "SELECT id, name FROM secret"
    with psycopg.connect(empty_postgres_url) as server:
        server.execute("CREATE TABLE secret (id int, name text); CREATE ROLE reader LOGIN")
    try:
        url = make_url(empty_postgres_url)
        for changed, words in (
            (url.set(username="nobody_known", password="hunter2"), "does not accept the user name or password"),
            (url.set(database="no_such_database"), "no database of that name"),
            (url.set(username="reader"), "may not read"),
        ):
            with pytest.raises(SourceRejected, match=words) as caught:
                read(changed.render_as_string(hide_password=False), query, tmp_path)
            assert "hunter2" not in str(caught.value)
    finally:
        with psycopg.connect(empty_postgres_url) as server:
            server.execute("DROP ROLE reader")


def test_a_query_that_takes_too_long(empty_postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match=r"longer than customers\.timeout"):
        read(empty_postgres_url, "SELECT 1 AS id, pg_sleep(30)::text AS name", tmp_path, timeout=1)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql+pymysql://ada:hunter2@db.example/crm", "the package pymysql is not installed"),
        ("oracle+oracledb://ada:hunter2@db.example/crm", "the package oracledb is not installed"),
        ("snowflaque://ada:hunter2@db.example/crm", 'SQLAlchemy has no dialect "snowflaque"'),
        ("postgresql+nodriver://ada:hunter2@db.example/crm", "SQLAlchemy has no dialect"),
        ("", "no database is named: set LISTENER_CUSTOMERS__DATABASE"),
    ],
)
def test_drivers_that_are_not_there(url: str, words: str, tmp_path: Path) -> None:
    options = Options(database=url, query="SELECT 1 AS id")
    assert words in str(SPEC.missing(options))
    with pytest.raises(ConfigError) as caught:
        SPEC.build(options, CrmContext(open_door, NOW, {}, tmp_path))
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(options)


@pytest.mark.parametrize("url", ["hunter2", "postgresql://ada:hunter2@db.example:port/crm", "://hunter2"])
def test_addresses_that_are_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not the address of a database") as caught:
        source(url, "SELECT 1 AS id", tmp_path)
    assert "hunter2" not in str(caught.value)


class _Driver(Exception):
    """What a driver raises; its text may hold anything."""


def wrapped(text: str, kind: type[DBAPIError]) -> SQLAlchemyError:
    return kind("SELECT 'Ada'", {}, _Driver(text))


def explanations() -> Iterator[tuple[SQLAlchemyError, type[ListenerError]]]:
    from sqlalchemy import exc

    yield wrapped("Access denied: password hunter2", exc.OperationalError), SourceRejected
    yield wrapped("gone away hunter2", exc.OperationalError), RetryLater
    yield wrapped("column hunter2 is unknown\nAda", exc.ProgrammingError), ConfigError
    yield wrapped("Ada hunter2 is no number", exc.DataError), SourceProtocolError
    yield exc.ResourceClosedError("Ada hunter2"), SourceProtocolError


@pytest.mark.parametrize(("problem", "kind"), list(explanations()), ids=lambda value: getattr(value, "__name__", ""))
def test_what_other_drivers_say(problem: SQLAlchemyError, kind: type[ListenerError]) -> None:
    found = explained(problem, make_url("mysql+pymysql://ada:hunter2@db.example/crm"))
    assert type(found) is kind
    assert "hunter2" not in str(found)
    assert "Ada" not in str(found)
