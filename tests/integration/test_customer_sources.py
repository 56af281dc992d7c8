"""Customers from a database, HubSpot and Salesforce, as a stranger configures them: checked, imported, and asked once a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.customer_import import import_configured_customers
from listener.wiring import App, load_app
from tests.support.commands import Ended, call
from tests.support.crm_apis import CLIENT, SECRET, TOKEN, FakeHubSpot, FakeSalesforce, contact, refused, said
from tests.unit.net.net_server import Site, serve

BRAND = '[[brands]]\nname = "Quillon"\n[customers]\n'
NOW = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
LOGIN = {"LISTENER_CUSTOMERS__CLIENT_ID": CLIENT, "LISTENER_CUSTOMERS__CLIENT_SECRET": SECRET}


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as server:
        yield server


def configured(folder: Path, text: str) -> Path:
    (folder / "listener.toml").write_text(f"{BRAND}{text}")
    return folder


def checked(folder: Path, env: dict[str, str] | None = None) -> tuple[Ended, dict[str, object]]:
    ended = call("check", "--json", folder=folder, env=env)
    [part] = [line for line in ended.lines if line["part"] == "customers"]
    return ended, part


def app_of(folder: Path, env: dict[str, str]) -> App:
    return load_app(folder / "listener.toml", env)


def test_a_database(tmp_path: Path) -> None:
    folder = configured(tmp_path, 'kind = "sql"\nquery = "SELECT * FROM people"\ncolumns = { last_name = "surname" }\n')
    env = {"LISTENER_CUSTOMERS__DATABASE": "sqlite:///crm.db"}
    ended, part = checked(folder)
    assert (ended.status, part["ready"]) == (1, False)
    assert "LISTENER_CUSTOMERS__DATABASE" in str(part["reason"])
    ended, part = checked(folder, env)
    assert "no such file" in str(part["reason"])
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        connection.executescript(
            "CREATE TABLE people (id, surname, email); INSERT INTO people VALUES (1, 'Example', 'a@firm.example')"
        )
    _, part = checked(folder, env)
    assert (part["name"], part["kind"], part["ready"]) == ("sqlite", "sql", True)
    text = (folder / "listener.toml").read_text()
    configured(folder, 'kind = "sql"\nquery = "SELECT * FROM kontakte"\n')
    ended, part = checked(folder, env)
    assert ended.status == 1
    assert part["reason"] == "customers.query: no such table: kontakte; expected: a query that this database understands"
    configured(folder, 'kind = "sql"\nquery = "SELECT surname FROM people -- all"\n')
    assert "no column for contact_id" in str(checked(folder, env)[1]["reason"])
    (folder / "listener.toml").write_text(text)

    ended = call("customers", "import", folder=folder, env=env)
    assert ended.status == 0, ended.said
    [customer] = call("customers", "list", "--json", folder=folder, env=env).lines
    assert (customer["contact_id"], customer["last_name"]) == ("1", "Example")


def test_hubspot(tmp_path: Path, site: Site) -> None:
    hubspot = FakeHubSpot(site)
    hubspot.contact(1, lastname="Example", email="a@firm.example")
    folder = configured(tmp_path, f'kind = "hubspot"\napi = "{site.url("")}"\nprivate = true\n')
    ended, part = checked(folder)
    assert ended.status == 1
    assert part["reason"] == "no token: set LISTENER_CUSTOMERS__TOKEN to the access token of a private app"
    env = {"LISTENER_CUSTOMERS__TOKEN": TOKEN}
    _, part = checked(folder, env)
    assert (part["ready"], part["remark"]) == (True, "asked once in 24 hours")
    assert site.seen == [], "a check touches no network"

    ended = call("customers", "import", folder=folder, env=env)
    assert ended.status == 0, ended.said
    assert len(call("customers", "list", "--json", folder=folder, env=env).lines) == 1

    ended = call("customers", "import", folder=folder, env={"LISTENER_CUSTOMERS__TOKEN": "another-secret"})
    assert ended.status == 1
    assert "does not accept the token" in ended.err
    assert "another-secret" not in ended.said


def test_salesforce_and_a_field_of_ours_that_there_is_not(tmp_path: Path, site: Site) -> None:
    salesforce = FakeSalesforce(site)
    salesforce.contacts = [contact(1, Email="a@firm.example")]
    text = f'kind = "salesforce"\ninstance = "{site.url("")}"\nprivate = true\n'
    folder = configured(tmp_path, f'{text}columns = {{ nmae = "Name" }}\n')
    ended, part = checked(folder, LOGIN)
    assert ended.status == 1
    assert "customers.columns.nmae: there is no such field" in str(part["reason"])
    configured(tmp_path, text)
    assert call("customers", "import", folder=folder, env=LOGIN).status == 0
    assert len(call("customers", "list", "--json", folder=folder, env=LOGIN).lines) == 1


def test_a_run_asks_once_a_day_and_again_when_the_settings_changed(tmp_path: Path, site: Site) -> None:
    hubspot = FakeHubSpot(site)
    hubspot.contact(1, lastname="Example")
    text = f'kind = "hubspot"\napi = "{site.url("")}"\nprivate = true\n'
    env = {"LISTENER_CUSTOMERS__TOKEN": TOKEN}
    app = app_of(configured(tmp_path, text), env)
    with app.open_store(NOW) as store:
        asked = []
        for minutes in (0, 30, 16 * 60, 24 * 60 - 2):  # at seven, and two minutes before seven on the next day
            done = import_configured_customers(app, store, NOW + timedelta(minutes=minutes))
            assert done is not None
            assert done.refused is None
            asked.append(not done.unchanged)
        assert asked == [True, False, False, True]
        changed = app_of(configured(tmp_path, f'{text}lifecycle_stages = ["customer"]\n'), env)
        done = import_configured_customers(changed, store, NOW + timedelta(days=1))
        assert done is not None
        assert not done.unchanged


@pytest.mark.parametrize("kind", ["hubspot", "salesforce"])
def test_a_failure_in_the_middle_retires_nobody_and_is_made_up_for(tmp_path: Path, site: Site, kind: str) -> None:
    hubspot, salesforce = FakeHubSpot(site), FakeSalesforce(site)
    if kind == "hubspot":
        text, env = f'kind = "hubspot"\napi = "{site.url("")}"\nprivate = true\n', {"LISTENER_CUSTOMERS__TOKEN": TOKEN}
        for number in range(1, 1501):
            hubspot.contact(number, lastname=f"Example{number}")
    else:
        text, env = f'kind = "salesforce"\ninstance = "{site.url("")}"\nprivate = true\n', LOGIN
        salesforce.page = 750
        salesforce.contacts = [contact(number) for number in range(1500)]
    app = app_of(configured(tmp_path, text), env)
    with app.open_store(NOW) as store:
        first = import_configured_customers(app, store, NOW)
        assert first is not None
        assert (first.saved.new, first.retired) == (1500, 0)

        tomorrow = NOW + timedelta(days=1)
        if kind == "hubspot":
            del hubspot.contacts[1]
            hubspot.failures["associations"] = [None, refused("RATE_LIMITS", 429, policy="DAILY")]
        else:
            salesforce.contacts.pop(0)
            salesforce.failures["query"] = [None, said("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)]
        failed = import_configured_customers(app, store, tomorrow)
        assert failed is not None
        assert "limit of requests" in str(failed.refused)
        assert store.customers.count() == 1500

        again = import_configured_customers(app, store, tomorrow + timedelta(minutes=30))
        assert again is not None
        assert (again.refused, again.saved.new, again.retired) == (None, 0, 1)
        assert store.customers.count() == 1499


def test_one_bad_contact_retires_nobody(tmp_path: Path, site: Site) -> None:
    hubspot = FakeHubSpot(site)
    for number in range(1, 6):
        hubspot.contact(number, lastname="Example")
    env = {"LISTENER_CUSTOMERS__TOKEN": TOKEN}
    app = app_of(configured(tmp_path, f'kind = "hubspot"\napi = "{site.url("")}"\nprivate = true\n'), env)
    with app.open_store(NOW) as store:
        import_configured_customers(app, store, NOW)
        del hubspot.contacts[1]
        hubspot.contact(2, lastname="x" * 6000)
        done = import_configured_customers(app, store, NOW + timedelta(days=1))
        assert done is not None
        assert (done.retired, len(done.rejected)) == (0, 1)
        assert store.customers.count() == 5


def test_no_customers_are_configured(tmp_path: Path) -> None:
    folder = configured(tmp_path, "")
    ended, part = checked(folder)
    assert ended.status == 0
    assert part["ready"] is False
    assert call("customers", "import", folder=folder).status == 2
