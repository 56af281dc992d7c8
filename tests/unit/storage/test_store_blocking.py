"""Blocking keys: their counts stay exact, and a change of customers touches those authors only who share a key with it."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from listener.core.errors import ImportRefused
from listener.core.people import Customer
from listener.core.ports import Saved
from storage.author_keys import keep_author_keys, touch
from storage.blocking import EVERYBODY, drop_customers_keys, unpacked
from storage.identity_tables import author_keys, key_counts
from storage.store import Store, open_store
from storage.tables import customer_keys, customers, meta
from tests.support.heard import (
    MATCHER,
    NOBODY,
    NOW,
    OFF_TARGET,
    PEPPER,
    about,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    sqlite_url,
    understand,
)

KEYS = ("e:1", "e:2", "d:firm.example", "n:ada lind", "#f:ada", "#l:lind")
LATER = NOW + timedelta(hours=1)
IMPORTS = count(1)


def take_in(store: Store, wanted: Sequence[tuple[Customer, Collection[str]]], now: datetime = NOW, *, retire: bool = True) -> int:
    """A whole import, with the keys of each customer."""
    import_id = f"import {next(IMPORTS)}"
    store.customers.save_customers(wanted, import_id, now)
    return store.customers.finish_import(import_id, now, allow_shrink=True, retire=retire)


def due(store: Store) -> set[str]:
    """The handles of the authors who wait to be matched."""
    return {job.author.handle or "" for job in store.matches.pending_matches(MATCHER, 100, {})}


def assert_exact(store: Store) -> None:
    """What is counted is what is there, and every customer's row says which keys it has."""
    with store._database.read() as connection:
        pairs = [(row.key, row.customer_id) for row in connection.execute(select(customer_keys))]
        counted = {row.key: row.bearers for row in connection.execute(select(key_counts))}
        rows = connection.execute(select(customers.c.id, customers.c.blocking, customers.c.retired_at)).all()
    assert counted == Counter(key for key, _ in pairs)
    assert sorted(pairs) == sorted((key, row.id) for row in rows for key in unpacked(row.blocking))
    assert all(row.blocking is None for row in rows if row.retired_at)
    assert store.customers.total() == store.customers.count() == sum(row.retired_at is None for row in rows)


a_customer = st.tuples(st.integers(1, 5), st.sampled_from(["Firm", "Other"]), st.sets(st.sampled_from(KEYS)))
an_import = st.tuples(st.lists(a_customer, max_size=6), st.booleans())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(imports=st.lists(an_import, min_size=1, max_size=4))
def test_counts_are_exact_whatever_comes_changes_and_goes(
    any_store: Store, imports: list[tuple[list[tuple[int, str, set[str]]], bool]]
) -> None:
    take_in(any_store, [])
    expected: set[str] = set()
    for page, retire in imports:
        take_in(any_store, [(customer(number, company=company), keys) for number, company, keys in page], retire=retire)
        assert_exact(any_store)
        expected = {f"C{number}" for number, _, _ in page} | (set() if retire else expected)
        assert {one.contact_id for one in any_store.customers.find()} == expected


def test_an_erased_customer_is_counted_no_longer(any_store: Store) -> None:
    take_in(any_store, [(customer(number), ["d:firm.example", f"e:{number}"]) for number in (1, 2)])
    with any_store._database.write() as connection:
        drop_customers_keys(any_store._database, connection, [1])
    assert any_store.customers.bearers(["d:firm.example", "e:1", "e:2", EVERYBODY]) == {
        "d:firm.example": 1,
        "e:1": 0,
        "e:2": 1,
        EVERYBODY: 1,
    }
    assert list(any_store.customers.candidates(["d:firm.example"], 1)) == ["d:firm.example"]


def test_a_key_over_the_cap_is_not_read_at_all(sqlite_store: Store) -> None:
    take_in(sqlite_store, [(customer(number), ["d:firm.example"]) for number in range(30)])
    said: list[str] = []
    event.listen(sqlite_store._database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert sqlite_store.customers.candidates(["d:firm.example"], 29) == {}
    (asked,) = (statement for statement in said if statement.startswith("SELECT"))
    with sqlite_store._database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("[1]", 29)).all()
    assert [row.detail.split(" (")[0] for row in plan] == [
        "SCAN asked VIRTUAL TABLE INDEX 1:",
        "SEARCH counts USING INTEGER PRIMARY KEY",
        "SEARCH keys USING PRIMARY KEY",
    ]


# ---------------------------------------------------------------------------------------------- who is matched anew


def looked_up(store: Store, **keys: Collection[str]) -> None:
    """Authors (by handle) who spoke about us and were looked for under these keys."""
    hear(store, *(mention(number, by=handle) for number, handle in enumerate(keys)))
    understand(store)
    identify(store, {handle: replace(NOBODY, keys=tuple(its)) for handle, its in keys.items()})
    assert due(store) == set()


def test_only_authors_who_share_a_key_with_a_change_are_matched_anew(any_store: Store) -> None:
    both = [(customer(1), ["e:1", "n:ada lind"]), (customer(2), ["e:2", "#f:ada"])]
    take_in(any_store, both)
    looked_up(any_store, ada=["e:1", "d:x.example"], bob=["e:2", "#f:ada"], eve=["e:3"], nobody=[])
    take_in(any_store, both)
    assert due(any_store) == set()
    take_in(any_store, [*both, (customer(3), ["e:3"])])
    assert due(any_store) == {"eve"}
    take_in(any_store, [(customer(1, company="New"), ["d:x.example"]), both[1], (customer(3), ["e:3"])])
    assert due(any_store) == {"eve", "ada"}
    identify(any_store, {"ada": replace(NOBODY, keys=("d:x.example",))})
    take_in(any_store, [(customer(1, company="Newer"), ["e:9"]), (customer(3), ["e:3"])])
    assert due(any_store) == {"ada", "bob"}


def test_an_author_who_is_a_customer_is_matched_anew_when_they_change(any_store: Store) -> None:
    take_in(any_store, [(customer(1), ["e:1"]), (customer(2), ["e:2"])])
    hear(any_store, mention(1, by="ada"), mention(2, by="bob"))
    understand(any_store)
    identify(any_store, {"ada": linked("C1"), "bob": linked("C2")})
    take_in(any_store, [(customer(1, company="New"), ["e:1"]), (customer(2), ["e:2"])], LATER)
    assert due(any_store) == {"ada"}


def test_authors_with_nothing_to_say_stay_out(any_store: Store) -> None:
    hear(any_store, mention(1, by="ada"), mention(2, by="bob"))
    understand(any_store, about(), OFF_TARGET)
    identify(any_store, {"ada": replace(NOBODY, keys=("e:1",))})
    with any_store._database.write() as connection:
        keep_author_keys(any_store._database, connection, {1: [5], 2: [5]})
        assert touch(connection, [5, 6]) == 1
        assert touch(connection, [5]) == 0
    assert due(any_store) == {"ada"}


def test_after_a_change_of_very_many_keys_all_who_were_looked_up_are_due(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up(any_store, ada=["e:1"], bob=["e:2"], nobody=[])
    monkeypatch.setattr("storage.author_keys.MOST", 1)
    take_in(any_store, [(customer(1), ["e:3"])])
    assert due(any_store) == {"ada", "bob"}


def test_the_log_of_many_customers_is_cut(sqlite_store: Store, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = sqlite_file.with_name(f"{sqlite_file.name}-wal")
    take_in(sqlite_store, [(customer(1), ["e:1"])])
    assert log.stat().st_size > 0
    monkeypatch.setattr("storage.customers.MANY", 0)
    take_in(sqlite_store, [(customer(2), ["e:1"])])
    assert log.stat().st_size == 0
    sqlite_store.customers.rekey("2", lambda _one: ["e:2"])
    assert log.stat().st_size == 0


def test_the_keys_of_an_author_are_replaced(any_store: Store) -> None:
    hear(any_store, mention(1, by="ada"), mention(2, by="bob"))
    with any_store._database.write() as connection:
        keep_author_keys(any_store._database, connection, {1: [1, 2, 2], 2: [2]})
        keep_author_keys(any_store._database, connection, {1: [2, -3]})
        rows = connection.execute(
            select(author_keys.c.author_id, author_keys.c.key).order_by(author_keys.c.author_id, author_keys.c.key)
        )
        assert [tuple(row) for row in rows] == [(1, -3), (1, 2), (2, 2)]
        keep_author_keys(any_store._database, connection, {1: []})
        assert connection.scalars(select(author_keys.c.author_id)).all() == [2]


def test_a_known_author_who_speaks_again_is_not_matched_again(any_store: Store) -> None:
    looked_up(any_store, ada=["e:1"])
    hear(any_store, mention(9, by="ada"))
    understand(any_store)
    assert due(any_store) == set()


# ------------------------------------------------------------------------------------------------------ keys made anew


def test_keys_of_another_version_are_made_anew_once(any_store: Store) -> None:
    everybody = [customer(number) for number in range(1, 4)]
    take_in(any_store, [(one, ["old", "#old"]) for one in everybody])
    take_in(any_store, [(one, ["old", "#old"]) for one in everybody[:2]])
    looked_up(any_store, ada=["nothing"])
    asked: list[Customer] = []

    def keys_of(one: Customer) -> list[str]:
        asked.append(one)
        return [f"id:{one.contact_id}", "#new"]

    assert any_store.customers.rekey("2", keys_of) == 2
    assert asked == everybody[:2]
    assert due(any_store) == {"ada"}
    identify(any_store)
    assert_exact(any_store)
    assert any_store.customers.bearers(["old", "#old", "id:C1", "id:C3", "#new"]) == {
        "old": 0,
        "#old": 0,
        "id:C1": 1,
        "id:C3": 0,
        "#new": 2,
    }
    assert any_store.customers.rekey("2", keys_of) == 0
    assert len(asked) == 2
    assert due(any_store) == set()
    assert take_in(any_store, [(one, keys_of(one)) for one in everybody[:2]]) == 0
    assert due(any_store) == set()


def test_rekeying_that_fails_changes_nothing(any_store: Store) -> None:
    take_in(any_store, [(customer(1), ["old"]), (customer(2), ["old"])])

    def keys_of(one: Customer) -> list[str]:
        if one.contact_id == "C2":
            raise ValueError("as a killed process")
        return ["new"]

    with pytest.raises(ValueError, match="killed"):
        any_store.customers.rekey("2", keys_of)
    assert any_store.customers.bearers(["old", "new"]) == {"old": 2, "new": 0}
    assert any_store.customers.rekey("2", lambda _one: ["new"]) == 2
    assert_exact(any_store)


def test_customers_of_an_older_schema_are_found_after_rekeying(sqlite_store: Store) -> None:
    take_in(sqlite_store, [(customer(1), ["e:1"])])
    with sqlite_store._database.write() as connection:  # as the migration leaves it
        for statement in ("DELETE FROM customer_keys", "DELETE FROM key_counts", "UPDATE customers SET blocking = NULL"):
            connection.execute(text(statement))
        assert connection.scalar(select(meta.c.value).where(meta.c.name == "keys_version")) is None
    assert sqlite_store.customers.total() == 0
    assert sqlite_store.customers.rekey("1", lambda _one: ["e:1"]) == 1
    assert sqlite_store.customers.total() == 1
    assert list(sqlite_store.customers.candidates(["e:1"], 1)) == ["e:1"]


# ---------------------------------------------------------------------------------------------------- two at once, killed


def test_two_imports_at_once_change_nothing_they_did_not_read(any_store: Store) -> None:
    take_in(any_store, [(customer(number), []) for number in range(4)])
    with open_store(_url(any_store), now=NOW, pepper=PEPPER) as other:
        any_store.customers.save_customers([(customer(1, company="New"), []), (customer(2), [])], "ours", NOW)
        other.customers.save_customers([(customer(3, company="Theirs"), [])], "theirs", NOW)
        any_store.customers.save_customers([(customer(3), [])], "ours", NOW)
        with pytest.raises(ImportRefused, match="ran at the same time; nothing was changed"):
            any_store.customers.finish_import("ours", NOW, allow_shrink=True)
        with pytest.raises(ImportRefused, match="ran at the same time; nothing was changed"):
            other.customers.finish_import("theirs", NOW, allow_shrink=True)
    assert any_store.customers.find() == [customer(number) for number in range(4)]
    assert_exact(any_store)


def test_an_import_without_a_page_does_not_finish_what_another_left(any_store: Store) -> None:
    any_store.customers.save_customers([(customer(1), [])], "killed", NOW)
    with open_store(_url(any_store), now=NOW, pepper=PEPPER) as other:
        assert other.customers.finish_import("killed", NOW, allow_shrink=True) == 0
        assert other.customers.count() == 0


@pytest.mark.parametrize("die_at", range(2, 30, 3))
def test_an_import_killed_while_it_is_carried_out_is_as_if_it_had_not_begun(die_at: int, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "store.db")
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        take_in(store, [(customer(number), [f"e:{number}", "d:firm.example"]) for number in range(5)])
    child = os.fork()
    if child == 0:  # pragma: no cover - another process, which ends here
        try:
            _die(url, die_at)
        finally:
            os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        assert_exact(store)
        assert store.customers.find() == [customer(number) for number in range(5)]
        assert import_customers(store, *(customer(number) for number in range(1, 6)), import_id="again") == (
            Saved(new=1, duplicates=4),
            1,
        )
        assert_exact(store)


def _die(url: str, die_at: int) -> None:
    left = [die_at]

    def statement(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_store(url, now=NOW, pepper=PEPPER) as store:
        changed = [(customer(number, company="New"), [f"e:{number}"]) for number in range(2, 8)]
        store.customers.save_customers(changed, "killed", NOW)
        event.listen(store._database.engine, "before_cursor_execute", statement)
        store.customers.finish_import("killed", NOW, allow_shrink=True)


def _url(store: Store) -> str:
    return store._database.url.render_as_string(hide_password=False)


def test_thirty_percent_duplicates_count_once(any_store: Store) -> None:
    wanted = [(customer(number % 7), ["d:firm.example"]) for number in range(10)]
    assert any_store.customers.save_customers(wanted, "i1", NOW) == Saved(new=7, duplicates=3)
    any_store.customers.finish_import("i1", NOW, allow_shrink=False)
    assert any_store.customers.bearers(["d:firm.example"]) == {"d:firm.example": 7}
    assert_exact(any_store)
