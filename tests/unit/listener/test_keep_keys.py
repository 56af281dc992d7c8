"""Customers whose keys are those of an older version get new ones before anybody is matched."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from listener.core.ports import Saved
from listener.customer_import import keep_keys
from nlp.identity.customer_keys import customer_keys
from storage.store import open_store
from storage.tables import customers
from tests.support.heard import DAY, NOW, PEPPER, customer, import_customers, sqlite_url


def test_keys_of_an_older_version_are_made_anew_once(tmp_path: Path) -> None:
    ada = customer(1)
    with open_store(sqlite_url(tmp_path / "store.db"), now=NOW, pepper=PEPPER) as store:
        import_customers(store, ada, keys=["as they were"])
        keep_keys(store)
        assert store.customers.candidates(["as they were"], 9) == {}
        expected = {key for key in customer_keys(ada) if not key.startswith("#")}
        assert set(store.customers.candidates(customer_keys(ada), 9)) == expected
        import_customers(store, ada, customer(2), keys=["of this version"], import_id="i2")
        keep_keys(store)
        assert len(store.customers.candidates(["of this version"], 9)["of this version"]) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_import_after_a_new_version_takes_nobody_for_changed(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "store.db") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    everybody = [customer(1, do_not_contact=True, products=("Core", "API")), customer(2, title=None, extra={"b": "2", "a": "é"})]
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        import_customers(store, *everybody)
        with store._database.write() as connection:
            connection.execute(update(customers).values(content_hash="of an older version"))
        keep_keys(store)
        assert import_customers(store, *everybody, import_id="i2", now=NOW + DAY) == (Saved(duplicates=2), 0)
