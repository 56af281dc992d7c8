"""Every former schema, full of data, brought up to date on both databases: nothing is lost, and the program goes on with it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from storage import schema
from storage.database import Database
from storage.store import BUSY
from tests.support.commands import call
from tests.support.old_stores import AT, LEFT, ROWS, VERSION, Rows, contents, fill, left_by, made, upgraded

FORMER = ("0001", "0002", "0003", "0004", "0005", "0006")
MADE_ANEW = {"0006": {"customer_keys", "staged_customers"}}
"""By the schema that does it: what the next pass, or import, fills again."""
DROPPED = {"0006": {"customer_domains", "customers.name_key"}}
ADDED = {"0007": {"meta": ["alerts_seen", "alerts_since"]}}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database without tables."""
    return f"sqlite:///{tmp_path / 'old.db'}" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))


def test_every_former_schema_is_tried() -> None:
    assert (*FORMER, schema.HEAD) == tuple(f"{number:04}" for number in range(1, int(schema.HEAD) + 1))


def _since(revision: str, by: dict[str, Any]) -> list[Any]:
    return [what for made_by, what in by.items() if made_by > revision]


@pytest.mark.parametrize("revision", FORMER)
def test_nothing_is_lost(url: str, revision: str) -> None:
    made(url, revision)
    fill(url)
    before = contents(url)
    assert all(len(rows) == ROWS + (name == "meta") for name, rows in before.items())
    upgraded(url)
    after = contents(url)
    for name in {name for names in _since(revision, MADE_ANEW) for name in names}:
        assert after[name] == []
        del before[name], after[name]
    added = [name for each in _since(revision, ADDED) for name in each["meta"]]
    after["meta"] = [row for row in after["meta"] if row["name"] not in added]
    gone = {name for name in before if name not in after}
    for name, rows in before.items():
        if name in after:
            gone |= {f"{name}.{column}" for column in rows[0].keys() - after[name][0].keys()}
            kept = rows[0].keys() & after[name][0].keys()
            assert _only(after[name], kept) == _only(rows, kept), name
    assert gone == {name for names in _since(revision, DROPPED) for name in names}


def _only(rows: list[dict[str, Any]], columns: Any) -> list[str]:
    return sorted(repr([row[name] for name in sorted(columns)]) for row in rows)


def test_what_a_migration_works_out_is_right(url: str) -> None:
    made(url, "0001")
    fill(url)
    upgraded(url)
    after = contents(url)
    assert all(row["heard_until"] == row["last_success"] for row in after["stream_states"])
    assert sum(row["heard_until"] is None for row in after["stream_states"]) > 0
    assert [(row["digest_id"], row["mention_id"], row["shown"]) for row in after["digest_quotes"]] == [
        (4, 1, True),
        (4, 2, False),
        (5, 3, True),
        (6, 4, True),
    ]
    assert [row["kind"] for row in sorted(after["outbox"], key=lambda row: row["id"])] == ["alert", "alert", *["digest"] * 4]
    assert {row["down"] for row in after["outbox"]} == {False}
    told = {row["name"]: row["value"] for row in after["meta"]}
    assert told["alerts_seen"] == str(ROWS)
    assert told["alerts_since"] == (AT + timedelta(hours=ROWS - 1)).isoformat()
    assert {(json.dumps(row["domains"]), row["blocking"], row["region"]) for row in after["customers"]} == {("[]", None, None)}
    assert {row["prior_bits"] for row in after["matches"]} == {0.0}
    assert {row["streams_refused"] for row in after["run_sources"]} == {0}
    assert {(row["level"], row["noise"]) for row in after["analyses"]} == {(None, None)}


@pytest.mark.parametrize("revision", ["0001"])
def test_a_database_without_a_row_is_upgraded(url: str, revision: str) -> None:
    made(url, revision)
    upgraded(url)
    assert [row["name"] for row in contents(url)["meta"]] == ["pepper_check"]


def test_the_schema_is_that_of_a_new_database(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    new = f"sqlite:///{tmp_path / 'new.db'}" if url.startswith("sqlite") else request.getfixturevalue("postgres_database")
    if url.startswith("sqlite"):
        database = Database(new, BUSY)
        schema.create(database)
        database.close()
    made(url, "0001")
    fill(url)
    upgraded(url)
    assert _shape(url) == _shape(new)


def _shape(url: str) -> dict[str, Any]:
    """Of each table its columns, keys and indexes, in no order."""
    database = Database(url, BUSY)
    with database.read() as connection:
        look = inspect(connection)
        found = {
            name: (
                {each["name"]: (repr(each["type"]), each["nullable"]) for each in look.get_columns(name)},
                look.get_pk_constraint(name),
                sorted(map(repr, look.get_foreign_keys(name))),
                sorted(map(repr, look.get_indexes(name))),
                sorted(map(repr, look.get_unique_constraints(name))),
            )
            for name in look.get_table_names()
            if name != VERSION
        }
    database.close()
    return found


# ------------------------------------------------------------------------------------------------- the program goes on

CONFIG = """
[[brands]]
name = "Quillon"
domains = ["quillon.example"]
[nlp]
engine = "vader"
[[sources]]
name = "export"
kind = "file"
path = "new.jsonl"
[[notifiers]]
name = "told"
kind = "file"
folder = "told"
"""
WORK = (
    *(("check",), ("cases",), ("cases", "--json"), ("identities",), ("mentions", "--json"), ("customers", "list"), ("sources",)),
    *(("digest",), ("digest", "--weekly"), ("alerts", "list"), ("db", "status"), ("db", "prune"), ("recompute", "--preview")),
)


@pytest.mark.parametrize(("url", "revision"), [*zip(("sqlite", "postgres"), LEFT, strict=True)], indirect=["url"])
def test_the_program_goes_on_with_what_a_former_one_left(url: str, revision: str, tmp_path: Path) -> None:
    left_by(revision, url, tmp_path)
    before = contents(url)
    (tmp_path / "listener.toml").write_text(CONFIG)
    post = {
        "platform": "x",
        "external_id": "new",
        "text": "Quillon Sign is great, we love it.",
        "author": {"handle": "svaskelis"},
    }
    (tmp_path / "new.jsonl").write_text(json.dumps(post) + "\n")
    env = {"LISTENER_STORAGE__URL": url}
    if not url.startswith("sqlite"):
        refused = call("status", folder=tmp_path, env=env)
        assert (refused.status, "listener db upgrade" in refused.err) == (1, True)
    done = call("db", "upgrade", folder=tmp_path, env=env)
    assert (done.status, done.out.splitlines()[-1]) == (0, f"Upgraded the schema from {revision} to 0007.")
    [ran] = call("run", "--json", folder=tmp_path, env=env).lines
    assert (ran["worked"], ran["new"], ran["identified"] > 0, ran["defects"]) == (True, 1, True, [])
    for command in WORK:
        ended = call(*command, folder=tmp_path, env=env)
        assert (ended.status, bool(ended.out)) == (0, True), (command, ended.err)
    assert "schema 0007" in call("status", folder=tmp_path, env=env).out
    _assert_kept(before, contents(url))
    _cases_go_on(tmp_path, env)


def _cases_go_on(folder: Path, env: dict[str, str]) -> None:
    """Who was heard before is told with what they said, may be decided about, exported and erased."""
    [first, *_] = call("cases", "--json", folder=folder, env=env).lines
    shown = call("cases", "show", first["case_id"], folder=folder, env=env)
    assert (shown.status, first["name"] in shown.out) == (0, True)
    assert call("cases", "decide", first["case_id"], "dismiss", folder=folder, env=env).status == 0
    [person] = call("person", "export", "--contact", first["contact_id"], folder=folder, env=env).lines
    assert person
    assert "svaskelis" in call("person", "export", "--account", "x:svaskelis", folder=folder, env=env).out
    assert call("person", "erase", "--account", "x:svaskelis", "--yes", folder=folder, env=env).status == 0
    assert call("person", "export", "--account", "x:svaskelis", folder=folder, env=env).status == 1


def _assert_kept(before: Rows, after: Rows) -> None:
    for name in ("people", "mentions", "customers", "authors", "digests"):
        assert {row["id"] for row in before[name]} <= {row["id"] for row in after[name]}, name
    texts = {row["id"]: row["text"] for row in after["mentions"]}
    assert all(texts[row["id"]] == row["text"] for row in before["mentions"])
    assert after["customer_keys"], "made anew, so that customers are recognised"


def test_an_upgrade_says_as_json_what_it_was_from(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    left_by("0006", url, tmp_path)
    (tmp_path / "listener.toml").write_text(CONFIG)
    env = {"LISTENER_STORAGE__URL": url}
    [done] = call("db", "upgrade", "--json", folder=tmp_path, env=env).lines
    assert (done["former"], Path(done["backup"]).is_file()) == ("0006", True)
    assert call("db", "upgrade", "--json", folder=tmp_path, env=env).lines == [{"upgraded": True, "former": None, "backup": None}]
