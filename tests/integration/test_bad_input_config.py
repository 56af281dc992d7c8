"""A configuration with everything wrong: all of it is said at once, with its place and what would be right; nothing is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors._registry import load_specs
from tests.support.commands import call, spawn

BRAND = '[[brands]]\nname = "Quillon"\n'
MAIL = """
[[notifiers]]
name = "m"
kind = "email"
host = "h.example"
user = "u"
from = "a@b.example"
to = ["a@b.example"]
"""
LIST = '[[sources]]\nname = "list"\nkind = "rss"\nopml = "my.opml"\n'
FILE = '[[sources]]\nname = "file"\nkind = "file"\npath = "m.jsonl"\n'
WRONG = """\
[[brands]]
name = 3
alias = ["Q"]
[[sources]]
name = "news"
kind = "rsss"
url = "https://news.example/rss"
[[sources]]
name = "more"
kind = "rss"
url = "ftp://news.example/rss"
private = "maybe"
depth = 1
[digest]
hour = 25
timezone = "Mars/Olympus"
[digets]
[nlp]
engine = "oracle"
[storage]
url = "mysql://root:planted-database@db.example/x"
[net]
proxy = "socks5://jo:planted-proxy@proxy.example"
workers = "many"
[[notifiers]]
name = "mail"
kind = "email"
host = "smtp.example"
user = "listener"
from = "nobody"
to = []
[[notifiers]]
name = "mail"
kind = "pigeon"
"""
SAID = (
    "brands[0].name (line 2): 3; text in quotes",
    "brands[0].alias (line 3): unknown key; did you mean aliases?",
    f'sources[0].kind (line 6): there is no connector "rsss"; one of: {", ".join(sorted(load_specs()))}',
    "sources[1].url (line 11): ",
    'sources[1].private (line 12): "maybe"; ',
    "sources[1].depth (line 13): unknown key",
    "digest.timezone (line 16): ",
    "digets (line 17): unknown key; did you mean digest?",
    "nlp.engine (line 19): ",
    "storage.url (line 21): a value that is not shown; sqlite:///FILE or postgresql://",
    "net.proxy (line 23): a value that is not shown; ",
    'net.workers (line 24): "many"; a whole number',
    "notifiers[0].password (line 25): missing, though there is a user; set LISTENER_NOTIFIERS__MAIL__PASSWORD",
    'notifiers[0].from (line 30): "nobody"; an e-mail address',
    "notifiers[0].to (line 31): missing; at least one address, or a [[recipients]] table that names it",
    "notifiers[1].name (line 33): a second one of that name",
    'notifiers[1].kind (line 34): "pigeon"; email, file, console, slack, teams, discord, webhook or apprise',
    'LISTENER_DIGEST__HOUR (environment): "noon"; a whole number',
    "LISTENER_NOTIFIERS__NOBODY__PASSWORD: no table of that name in the file; one of: mail",
    "LISTENER_STROAGE__URL: unknown key; did you mean storage?",
)
ENVIRONMENT = {
    "LISTENER_DIGEST__HOUR": "noon",
    "LISTENER_NOTIFIERS__NOBODY__PASSWORD": "planted-variable",
    "LISTENER_STROAGE__URL": "planted-address",
    "LISTENER_SERVICE_PORT": "8080",
}


def write(folder: Path, text: str | bytes) -> Path:
    (folder / "listener.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_everything_that_is_wrong_is_said_at_once_and_no_secret_is(tmp_path: Path) -> None:
    ended = spawn("run", folder=write(tmp_path, WRONG), env=ENVIRONMENT)
    assert (ended.status, ended.out) == (2, "")
    head, *problems = ended.err.splitlines()
    for expected in SAID:
        assert [line for line in problems if line.strip().startswith(expected)], expected
    assert head == f"Wrong usage or configuration, {len(problems)} problems:"
    assert "planted" not in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["listener.toml"], "nothing was begun"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[brands]\nname = "Q"', "not valid TOML, line 1, column 9"),
        (f'{BRAND}[storage]\nurl = "planted-secret\n', "not valid TOML, line 4, column 22"),
        (BRAND.encode() + b'# \xff\n[log]\nlevel = "info"', "line 3 is not UTF-8; save the file as UTF-8"),
        ("", 'brands: no brand; at least one [[brands]] table with name = "…"'),
        ('[brands]\nname = "Q"', "brands (line 1): a table; a list of tables, each begun with [[brands]]"),
        (f"{BRAND}[a]\nb = " + "[" * 100_000, "it is nested too deeply"),
        (f'{BRAND}[storage]\nurl = "postgresql://jo:pass@planted@db.example/x"', "in a user name or password write @ as %40"),
        (f'{BRAND}[storage]\nurl = "postgresql://jo:pass@ss#planted@db.example/x"', "in a user name or password write @ as %40"),
        (f'{BRAND}[storage]\nurl = "postgresql://jo:planted@db.example:port/x"', "a host and, after a colon, a port"),
    ],
)
def test_a_file_of_no_use_is_told_by_its_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    ended = call("check", folder=write(tmp_path, text))
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert "planted" not in ended.err
    assert "Traceback" not in ended.err


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    ended = call("run", folder=tmp_path)
    assert ended.status == 2
    assert "there is no such file; make one with `listener init`, or name yours with --config" in ended.err


def test_a_secret_from_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    variables = {"LISTENER_NOTIFIERS__M__PASSWORD_FILE": str(tmp_path / "planted")}
    ended = call("check", folder=write(tmp_path, BRAND + MAIL), env=variables)
    assert ended.status == 2
    assert "LISTENER_NOTIFIERS__M__PASSWORD_FILE: its file cannot be read (No such file or directory)" in ended.err
    (tmp_path / "planted").write_text("hush\n")
    assert call("check", folder=tmp_path, env=variables).status == 0


def test_check_sees_the_files_that_a_run_would_miss(tmp_path: Path) -> None:
    text = f'{BRAND}{LIST}[customers]\nfile = "crm.csv"\n[net]\nca_file = "ca.pem"\n'
    ended = call("check", "--json", folder=write(tmp_path, text))
    assert (ended.status, ended.err) == (1, "")
    parts = {line["part"]: line for line in ended.lines}
    assert {part for part, line in parts.items() if not line["ready"]} == {"customers", "net", "source"}
    assert "crm.csv" in parts["customers"]["name"]
    assert "ca.pem: No such file or directory; a readable PEM file" in parts["net"]["reason"]
    assert "my.opml: No such file or directory" in parts["source"]["reason"]


def test_a_list_of_feeds_that_is_missing_costs_its_source_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"text": "Quillon is great, we love it."}\n')
    for option in ("--dry-run", "--json"):
        ended = call("run", "--json", option, folder=write(tmp_path, BRAND + LIST + FILE))
        assert ended.status == 0
        found = ended.lines if option == "--dry-run" else ended.lines[0]["streams"]
        errors = {line["source"]: line["error"] for line in found}
        assert "my.opml: No such file or directory" in errors["list"]
        assert errors["file"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runn"], "No such command 'runn'. Did you mean 'run'?"),
        (["run", "--sorce", "x"], "No such option: --sorce"),
        (["run", "--source", "x"], "--source: there is no source named 'x'; one of: none is configured"),
        (["run", "--since", "soon"], '--since: "soon"; a time such as 2026-03-01'),
        (["digest", "--date", "2026-02-30"], "--date"),
        (["cases", "decide", "1", "forget"], "forget"),
        (["preview"], "Missing argument"),
        (["customers", "import", "none.csv"], "none.csv: cannot be read (No such file or directory)"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_right(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = call(*arguments, folder=write(tmp_path, BRAND))
    assert (ended.status, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())


def test_init_twice_overwrites_nothing(tmp_path: Path) -> None:
    assert call("init", "--brand", "Quillon", "--site", "quillon.example", folder=tmp_path).status == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    ended = call("init", "--brand", "Other", folder=tmp_path)
    assert ended.status == 1
    assert "listener.toml and customers.csv already there; nothing was written" in ended.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert call("check", folder=tmp_path).status == 0


@pytest.mark.parametrize("name", ["listener.toml", "listener.db", "customers.csv", "mentions.jsonl"])
def test_the_demo_touches_nobodys_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    ended = call("demo", tmp_path, folder=tmp_path)
    assert (ended.status, ended.out) == (1, "")
    assert "choose another folder, nothing was changed" in ended.err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "mine"}
