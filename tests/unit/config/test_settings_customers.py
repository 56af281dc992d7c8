"""Where the customers come from: each kind's own keys, all problems of them at once, and secrets from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.loader import load
from config.settings import Settings
from connectors.crm.registry import SPECS
from listener.core.errors import ConfigError

BRAND = '[[brands]]\nname = "Quillon"\n'
SECRET = "hunter2-topsecret"
KINDS = {kind: spec.options for kind, spec in SPECS.items()}
QUERY = "SELECT id, name FROM people"


def loaded(folder: Path, text: str, env: dict[str, str] | None = None) -> Settings:
    path = folder / "listener.toml"
    path.write_text(f"{BRAND}{text}", encoding="utf-8")
    return load(path, env or {}, customers=KINDS)


def problems(folder: Path, text: str, env: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, env)
    assert SECRET not in str(caught.value)
    return {problem.path: f"{problem.got}; {problem.allowed}" for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", None),
        ("[customers]\n", None),
        ('[customers]\nfile = "crm.csv"\n', "csv"),
        ('[customers]\nkind = "csv"\nfile = "crm.csv"\ndelimiter = ";"\n', "csv"),
        (f'[customers]\nkind = "sql"\nquery = "{QUERY}"\n', "sql"),
        ('[customers]\nkind = "hubspot"\nlifecycle_stages = ["customer"]\n', "hubspot"),
        ('[customers]\nkind = "salesforce"\ninstance = "https://q.my.salesforce.com"\nevery = "6h"\n', "salesforce"),
    ],
)
def test_the_kinds(tmp_path: Path, text: str, kind: str | None) -> None:
    customers = loaded(tmp_path, text).customers
    assert customers.effective_kind == kind
    assert customers.every == (timedelta(hours=6) if kind == "salesforce" else timedelta(days=1))


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    env = {"LISTENER_CUSTOMERS__TOKEN": SECRET, "LISTENER_CUSTOMERS__KIND": "hubspot"}
    assert loaded(tmp_path, "", env).customers.options == {"token": SECRET}
    env = {"LISTENER_CUSTOMERS__DATABASE_FILE": str(tmp_path / "secret")}
    settings = loaded(tmp_path, f'[customers]\nkind = "sql"\nquery = "{QUERY}"\n', env)
    assert settings.customers.options["database"] == SECRET
    assert SECRET not in repr(settings.customers)
    assert SECRET not in repr(settings)


def test_all_problems_of_a_kind_come_at_once_with_their_places(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[customers]\nkind = "sql"\nfile = "crm.csv"\ndelimiter = ";"\nquery = "DELETE FROM people"\ntimeout = "long"\n'
        'batch = 5\nevery = "soon"\n',
        {"LISTENER_CUSTOMERS__TOKEN": SECRET},
    )
    assert set(found) == {
        "customers.file (line 5)",
        "customers.delimiter (line 6)",
        "customers.query (line 7)",
        "customers.timeout (line 8)",
        "customers.batch (line 9)",
        "customers.every (line 10)",
        "LISTENER_CUSTOMERS__TOKEN (environment)",
    }
    assert found["customers.file (line 5)"] == 'it is for kind = "csv"; leave it out: the kind is "sql"'
    assert "one SELECT that only reads" in found["customers.query (line 7)"]
    assert found["customers.batch (line 9)"].startswith("unknown key")


def test_what_each_kind_lacks(tmp_path: Path) -> None:
    assert problems(tmp_path, '[customers]\nkind = "csv"\n') == {
        "customers.file (line 3)": "missing; the export (CSV), relative to this file"
    }
    assert set(problems(tmp_path, '[customers]\nkind = "sql"\n')) == {"customers.query (line 3)"}
    found = problems(tmp_path, '[customers]\nkind = "dynamics"\n')
    assert found == {"customers.kind (line 4)": 'there is no such kind "dynamics"; one of: csv, sql, hubspot, salesforce'}


def test_keys_of_another_kind_and_of_none(tmp_path: Path) -> None:
    found = problems(tmp_path, '[customers]\nfile = "crm.csv"\nquery = "SELECT 1"\nfiel = "x"\n')
    assert found["customers.query (line 5)"] == 'it is for another kind of customer source; set kind = "sql", or leave it out'
    assert found["customers.fiel (line 6)"] == "unknown key; did you mean file?"


@pytest.mark.parametrize("text", ["customers = 5\n", "customers = []\n", "[customers]\nkind = 5\n", "[customers]\ncolumns = 5\n"])
def test_tables_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(text + BRAND if text.startswith("customers") else BRAND + text)
    with pytest.raises(ConfigError):
        load(path, {}, customers=KINDS)


def test_every_option_is_described() -> None:
    for model in KINDS.values():
        assert all(field.description for field in model.model_fields.values())


def test_the_guide_names_every_option() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "customers.md").read_text(encoding="utf-8")
    named = {
        kind: {key for key in model.model_fields if f"`{key}`" in guide or f"\n{key} =" in guide or f"\n#{key} =" in guide}
        for kind, model in KINDS.items()
    }
    assert named == {kind: set(model.model_fields) for kind, model in KINDS.items()}
