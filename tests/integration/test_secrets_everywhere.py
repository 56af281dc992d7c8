"""A secret in every place where one can stand, services that repeat what they were told: none is in anything that is left."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.support.commands import Ended, call
from tests.support.echo import Echo, echoing

SOURCES = {
    "x": ('kind = "twitter"\naccount_ids = ["1"]\napi = "{web}"', ("token",)),
    "toot": ('kind = "mastodon"\ninstance = "{web}"\ntags = ["quillon"]', ("token",)),
    "sky": ('kind = "bluesky"\nidentifier = "a.example"\napi = "{web}"\nservice = "{web}"', ("password",)),
    "hub": ('kind = "github"\napi = "{web}"', ("token",)),
    "stack": ('kind = "stackexchange"\napi = "{web}"', ("key",)),
    "tube": ('kind = "youtube"\napi = "{web}"', ("key",)),
    "red": ('kind = "reddit"\nclient_id = "app"\napi = "{web}"\nauth = "{web}"', ("client_secret",)),
    "forum": ('kind = "discourse"\nurl = "{web}"\nkey_user = "system"', ("key",)),
    "letters": (
        'kind = "imap"\nhost = "127.0.0.1"\nport = {imap}\nsecurity = "none"\nuser = "jo"\nany_sender = true',
        ("password",),
    ),
}
NOTIFIERS = {
    "mail": (
        'kind = "email"\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\nuser = "jo"\nfrom = "l@b.io"\nto = ["t@b.io"]',
        ("password",),
    ),
    "slack-bot": ('kind = "slack"\nchannel = "C1"\nprivate = true', ("token",)),
    "slack-hook": ('kind = "slack"\nprivate = true', ("url",)),
    "teams": ('kind = "teams"\nprivate = true', ("url",)),
    "discord": ('kind = "discord"\nprivate = true', ("url",)),
    "hook": ('kind = "webhook"\nprivate = true', ("url", "secret")),
    "any": ('kind = "apprise"', ("url",)),
}
CUSTOMERS = {
    "hubspot": ('api = "{web}"', ("token",)),
    "salesforce": ('instance = "{web}"\nusername = "jo@quillon.example"', ("password", "security_token")),
}
COMMANDS = (
    *(("check", "--debug"), ("run", "--debug", "--json", "--log-format", "json"), ("alerts", "test", "--debug")),
    *(("preview", "--debug", "--json", *SOURCES), ("sources", "--json"), ("status", "--debug"), ("db", "status", "--debug")),
    *(
        ("alerts", "list", "--json"),
        ("digest", "--send", "--debug"),
        ("db", "backup", "copy.db"),
        ("cases", "export", "cases.csv"),
    ),
)


def planted(*place: str) -> str:
    return "planted" + "".join(part.title().replace("_", "").replace("-", "") for part in place) + "Qx7"


@dataclass
class Everything:
    folder: Path
    echo: Echo
    env: dict[str, str]
    secrets: list[str]
    ended: dict[tuple[str, ...], Ended] = field(default_factory=dict)


def _tables(kind: str, given: dict[str, tuple[str, tuple[str, ...]]], ports: dict[str, object]) -> str:
    private = "private = true\n" if kind == "sources" else ""
    return "".join(f'[[{kind}]]\nname = "{name}"\n{private}{lines.format(**ports)}\n' for name, (lines, _) in given.items())


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    folder = tmp_path_factory.mktemp("everything")
    with echoing() as echo, patch("listener.notify.slack.API", f"http://127.0.0.1:{echo.web}/slack"):
        web = f"http://127.0.0.1:{echo.web}"
        ports = {"web": web, "smtp": echo.smtp, "imap": echo.imap}
        config = '[[brands]]\nname = "Quillon"\n[nlp]\nengine = "vader"\n[net]\nper_host_interval = 0\n'
        config += '[metrics]\ntextfile = "m.prom"\n'
        (folder / "base.toml").write_text(config + _tables("sources", SOURCES, ports) + _tables("notifiers", NOTIFIERS, ports))
        env = {"LISTENER_STORAGE__PEPPER": planted("pepper")}
        for kind, given in (("sources", SOURCES), ("notifiers", NOTIFIERS)):
            for name, (_, keys) in given.items():
                for key in keys:
                    secret = planted(kind, name, key)
                    variable = f"LISTENER_{kind}__{name.replace('-', '_')}__{key}".upper()
                    value = f"{web}/{secret}" if key == "url" else secret
                    env[variable] = f"json://127.0.0.1:{echo.web}/{secret}" if name == "any" else value
        hidden = folder / "token"  # one of them by a file, as Docker and Kubernetes give it
        hidden.write_text(env.pop("LISTENER_SOURCES__X__TOKEN") + "\n")
        env["LISTENER_SOURCES__X__TOKEN_FILE"] = str(hidden)
        yield _tried(Everything(folder, echo, env, []), ports)


def _tried(all_: Everything, ports: dict[str, object]) -> Everything:
    base = (all_.folder / "base.toml").read_text()
    for status, (kind, (lines, keys)) in zip((401, 500), CUSTOMERS.items(), strict=True):
        all_.echo.status = status
        table = f'[customers]\nkind = "{kind}"\nprivate = true\n{lines.format(**ports)}\n'
        (all_.folder / "listener.toml").write_text(table + base)
        env = all_.env | {f"LISTENER_CUSTOMERS__{key.upper()}": planted("customers", kind, key) for key in keys}
        commands = COMMANDS if status == 401 else (COMMANDS[1], COMMANDS[2], COMMANDS[3], ("customers", "import", "--debug"))
        for command in commands:
            all_.ended[str(status), *command] = call(*command, folder=all_.folder, env=env)
    all_.echo.status = 200
    for command in COMMANDS[1:4]:
        all_.ended["200", *command] = call(*command, folder=all_.folder, env=env)
    proxy = {"LISTENER_NET__PROXY": f"http://jo:{planted('proxy')}@127.0.0.1:{all_.echo.web}"}
    for status in (407, 502):
        all_.echo.status = status
        for command in COMMANDS[1:3]:
            all_.ended[f"proxy {status}", *command] = call(*command, folder=all_.folder, env=env | proxy)
    database = {"LISTENER_STORAGE__URL": f"postgresql://jo:{planted('database')}@127.0.0.1:{all_.echo.web}/x"}
    for command in (COMMANDS[0], COMMANDS[1], ("status", "--debug"), ("db", "backup", "other.db")):
        all_.ended["database", *command] = call(*command, folder=all_.folder, env=env | database)
    return all_


def every_secret() -> list[str]:
    kinds = (("sources", SOURCES), ("notifiers", NOTIFIERS), ("customers", CUSTOMERS))
    named = [planted(kind, name, key) for kind, given in kinds for name, (_, keys) in given.items() for key in keys]
    return [*named, planted("pepper"), planted("proxy"), planted("database")]


def forms(secret: str) -> list[str]:
    """As it is, and inside of what base64 makes of a log-in."""
    encoded = (base64.b64encode(b"x" * pad + secret.encode()).decode()[4:-4] for pad in range(3))
    return [secret, *encoded]


def test_the_services_were_told_their_secrets(everything: Everything) -> None:
    """Else the other tests would show nothing. A signing key, a pepper and a database's password are never sent."""
    heard = "\n".join(everything.echo.heard)
    never = {planted("notifiers", "hook", "secret"), planted("pepper"), planted("database")}
    assert [secret for secret in every_secret() if secret not in heard and secret not in never] == []


def test_no_secret_is_said(everything: Everything) -> None:
    for command, ended in everything.ended.items():
        assert [secret for secret in every_secret() for form in forms(secret) if form in ended.said] == [], command
        assert ended.status in {0, 1}, command


def test_no_secret_is_left_in_a_file(everything: Everything) -> None:
    files = [path for path in everything.folder.rglob("*") if path.is_file() and path.name != "token"]
    assert {"listener.db", "m.prom", "copy.db", "cases.csv"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in every_secret() for form in forms(secret) if form.encode() in content] == [], path.name


def test_every_line_of_the_log_says_what_happened(everything: Everything) -> None:
    logs = [
        json.loads(line)
        for key, ended in everything.ended.items()
        if "--log-format" in key
        for line in ended.err.splitlines()
        if line.startswith("{")
    ]
    assert logs
    assert all(line.keys() >= {"action", "event", "level", "timestamp"} for line in logs)


# ------------------------------------------------------------------------------------------------ files that hold a secret

MINIMAL = '[[brands]]\nname = "Quillon"\n[[sources]]\nname = "x"\nkind = "twitter"\n'
VARIABLE = "LISTENER_SOURCES__X__TOKEN"


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    (tmp_path / "listener.toml").write_text(MINIMAL)
    return tmp_path


def test_a_line_end_after_a_secret_is_none_of_it(minimal: Path) -> None:
    for ending in ("", "\n", "\r\n"):
        (minimal / "secret").write_text(planted("token") + ending, newline="")
        ended = call("check", folder=minimal, env={f"{VARIABLE}_FILE": str(minimal / "secret")})
        assert (ended.status, "ready" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("folder", "Is a directory"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"x" * 2_000_000, "larger than"),
    ],
    ids=["missing", "directory", "binary", "huge"],
)
def test_a_file_that_holds_no_secret_is_a_problem_of_the_configuration(minimal: Path, content: object, says: str) -> None:
    file = minimal / "secret"
    if content == "folder":
        file.mkdir()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    ended = call("check", folder=minimal, env={f"{VARIABLE}_FILE": str(file)})
    assert (ended.status, ended.out) == (2, "")
    assert f"{VARIABLE}_FILE" in ended.err
    assert says in ended.err


def test_a_secret_given_twice_is_a_problem(minimal: Path) -> None:
    (minimal / "secret").write_text(planted("file"))
    env = {VARIABLE: planted("variable"), f"{VARIABLE}_FILE": str(minimal / "secret")}
    ended = call("check", folder=minimal, env=env)
    assert ended.status == 2
    assert f"{VARIABLE}_FILE" in ended.err
    assert "planted" not in ended.said


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("[storage]", 'pepper = "planted"'),
        ("[storage]", 'url = "mysql://jo:planted@h/d"'),
        ("[storage]", 'url = ["planted"]'),
        ("[net]", 'proxy = "jo:planted@proxy"'),
        ("[net]", "proxy = { planted = 1 }"),
        ('[[notifiers]]\nname = "a"\nkind = "teams"', 'url = "planted"'),
        ('[[notifiers]]\nname = "a"\nkind = "slack"', 'tokn = "planted"'),
        ('[[notifiers]]\nname = "a"\nkind = "slack"', "token = 4711"),
        ('[[sources]]\nname = "b"\nkind = "mastodon"', 'token = ["planted"]'),
        ('[[sources]]\nname = "b"\nkind = "imap"\nhost = "h"\nuser = "u"\nany_sender = true', 'password = "planted\\nplanted"'),
        ('[customers]\nkind = "hubspot"', 'tokn = "planted"'),
        ('[customers]\nkind = "sql"\nquery = "x"', 'database = "planted://jo:planted@h"'),
    ],
)
def test_a_wrong_value_where_a_secret_belongs_is_not_repeated(tmp_path: Path, table: str, line: str) -> None:
    (tmp_path / "listener.toml").write_text(f'[[brands]]\nname = "Quillon"\n{table}\n{line}\n')
    for command in (("check",), ("check", "--debug", "--json")):
        ended = call(*command, folder=tmp_path)
        assert ended.status == 2
        assert "planted" not in ended.said
        assert "4711" not in ended.said
