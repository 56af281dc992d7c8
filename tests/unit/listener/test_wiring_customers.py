"""Which source of customers a configuration means, and which matcher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.crm.csv_file import CsvFile
from connectors.crm.hubspot import HubSpotCustomers
from connectors.crm.salesforce import SalesforceCustomers
from connectors.crm.sql import SqlCustomers
from listener.core.errors import ConfigError
from listener.wiring import App, load_app
from nlp.identity.weights import DEFAULT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "hunter2-topsecret"


def app(folder: Path, text: str, env: dict[str, str] | None = None) -> App:
    path = folder / "listener.toml"
    path.write_text(f'[[brands]]\nname = "Quillon"\n[customers]\n{text}')
    return load_app(path, env or {})


def test_a_file_by_default_and_any_file_by_hand(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("id,name\n1,Ada Example\n")
    for text in ('file = "crm.csv"\n', 'kind = "csv"\nfile = "crm.csv"\n'):
        source = app(tmp_path, text).customer_source(now=NOW)
        assert isinstance(source, CsvFile)
        [page] = source.pages({})
        assert [one.name for one in page.customers] == ["Ada Example"]
    configured = app(tmp_path, 'kind = "hubspot"\ncolumns = { products = "plan_c" }\n')
    [page] = configured.customer_source(tmp_path / "crm.csv").pages({})
    assert len(page.customers) == 1, "the names of HubSpot's properties are none of a file's columns"
    assert configured.customer_file() is None


@pytest.mark.parametrize(
    ("text", "env", "kind"),
    [
        ('kind = "sql"\nquery = "SELECT 1 AS id"\n', {"DATABASE": f"postgresql://ada:{SECRET}@db.example/crm"}, SqlCustomers),
        ('kind = "hubspot"\n', {"TOKEN": SECRET}, HubSpotCustomers),
        (
            'kind = "salesforce"\ninstance = "https://q.my.salesforce.com"\n',
            {"CLIENT_ID": "x", "CLIENT_SECRET": SECRET},
            SalesforceCustomers,
        ),
    ],
    ids=["sql", "hubspot", "salesforce"],
)
def test_the_other_kinds(tmp_path: Path, text: str, env: dict[str, str], kind: type) -> None:
    bare = app(tmp_path, text)
    assert "LISTENER_CUSTOMERS__" in str(bare.customers_missing())
    with pytest.raises(ConfigError, match="LISTENER_CUSTOMERS__"):
        bare.customer_source(now=NOW)
    whole = app(tmp_path, text, {f"LISTENER_CUSTOMERS__{name}": value for name, value in env.items()})
    assert whole.customers_missing() is None
    assert isinstance(whole.customer_source(now=NOW), kind)
    assert SECRET not in whole.customers_asked + whole.customers_title + repr(whole)
    other = app(tmp_path, f'{text}columns = {{ segment = "Tier" }}\n')
    assert other.customers_asked != bare.customers_asked


def test_no_customers_at_all(tmp_path: Path) -> None:
    nothing = app(tmp_path, "")
    assert nothing.customers_missing() is None
    with pytest.raises(ConfigError, match="no source of customers is configured"):
        nothing.customer_source(now=NOW)


def test_a_matcher_takes_weights(tmp_path: Path) -> None:
    nothing = app(tmp_path, "")
    assert nothing.matcher().fingerprint == nothing.matcher(DEFAULT).fingerprint
    assert nothing.matcher(replace(DEFAULT)).fingerprint == nothing.matcher().fingerprint
