"""Planted secrets and people: whatever happens, none of them is in a message, a log, a digest or (secrets) the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.support.commands import Ended, call, spawn
from tests.support.hostile_site import item, rss
from tests.unit.net.net_server import Reply, Seen, Site, serve

SECRETS = ("planted-login", "planted-token", "planted-smtp", "planted-pepper", "planted-proxy", "planted-database")
PEOPLE = ("zaphod", "beeblebrox", "heart.example", "trillian", "pangalactic")
QUERY = "access_token=planted-token&page=1"
CONFIG = """
[[brands]]
name = "Quillon"
[customers]
file = "crm.csv"
[storage]
pepper = "planted-pepper-of-the-test"
[[notifiers]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = 1
security = "none"
user = "listener"
password = "planted-smtp"
from = "listener@quillon.example"
to = ["team@quillon.example"]
"""
COMMANDS = (
    ("check",),
    ("run", "--verbose"),
    ("run", "--dry-run", "--debug"),
    ("preview", "--debug", "feed", "site", "gone", "page", "lost"),
    ("preview", "--json", "feed", "site", "gone", "page", "lost"),
    ("sources", "--json", "--debug"),
    ("mentions", "--json", "--debug"),
    ("cases", "--json", "--debug"),
    ("digest", "--debug"),
    ("digest", "--send", "--debug"),
    ("db", "status", "--debug"),
)


@dataclass
class Told:
    folder: Path
    site: Site
    first: Ended
    others: dict[tuple[str, ...], Ended] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("secrets")
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    posts = [
        item(
            "1", "Quillon is terrible and broken, says pangalactic.", author="Zaphod Beeblebrox <zaphod@heart.example>", date=date
        ),
        item("2", "Quillon is great, we love it.", author="trillian@heart.example (Trillian)", date=date, link="#top"),
    ]

    def feed(seen: Seen) -> Reply:
        return Reply(rss(*posts).encode()) if seen.headers.get("authorization") else Reply(b"", 401)

    with serve() as site:
        pages = {"feed": feed, "site": feed, "gone": Reply(b"", 410), "page": Reply(b"<html>Log in</html>")}
        for name, answer in pages.items():
            site[f"/{name}?{QUERY}"] = answer
        place = f"jo:planted-login@127.0.0.1:{site.port}"
        urls = {name: f"http://{place}/{name}?{QUERY}" for name in pages} | {
            "lost": f"http://jo:planted-login@127.0.0.1:1/x?{QUERY}"
        }
        sources = (
            f'[[sources]]\nname = "{name}"\nkind = "{"blog" if name == "site" else "rss"}"\nurl = "{url}"\nprivate = true\n'
            for name, url in urls.items()
        )
        (folder / "listener.toml").write_text(CONFIG + "".join(sources))
        (folder / "crm.csv").write_text("contact_id,last_name,email\nC1,Beeblebrox,zaphod@heart.example\nC1,Trillian,\n")
        first = spawn("run", "--json", "--debug", "--log-format", "json", folder=folder)
        yield Told(folder, site, first, {command: call(*command, folder=folder) for command in COMMANDS})


def test_the_secrets_were_used(told: Told) -> None:
    """Else the other tests would show nothing."""
    errors = {stream["source"]: stream["error"] for stream in told.first.lines[0]["streams"]}
    assert errors["feed"] is None
    assert errors["site"] is None
    assert all(errors[name] for name in ("gone", "page", "lost"))
    assert told.first.lines[0]["failed"] == 2, "the mails: the digest, and the alert about a customer"
    assert told.first.lines[0]["new"] == 4


def test_no_secret_is_in_any_message_or_log(told: Told) -> None:
    for command, ended in {("the first run",): told.first, **told.others}.items():
        assert not [secret for secret in SECRETS if secret in ended.said], command
        assert "Traceback" not in ended.err, command


def test_no_secret_is_in_a_file_that_the_runs_left(told: Told) -> None:
    left = [path for path in told.folder.rglob("*") if path.is_file() and path.name != "listener.toml"]
    assert {"listener.db"} <= {path.name for path in left}
    assert any(path.suffix == ".html" for path in left)
    for path in left:
        content = path.read_bytes()
        assert not [secret for secret in SECRETS if secret.encode() in content], path.name


def test_what_the_runs_left_is_for_this_users_eyes(told: Told) -> None:
    for path in (told.folder / "listener.db", *(told.folder / "digests").iterdir()):
        assert path.stat().st_mode & 0o007 == 0, path.name


def test_nobody_is_in_the_log(told: Told) -> None:
    lines = told.first.err.splitlines()
    assert {"customers_imported", "stream_failed", "run_ended"} <= {json.loads(line)["action"] for line in lines}
    for command, ended in {("the first run",): told.first, **told.others}.items():
        assert not [person for person in PEOPLE if person in ended.err.lower()], command


def test_standard_output_is_json_alone_under_debug_too(told: Told) -> None:
    assert len(told.first.lines) == 1
    for command, ended in told.others.items():
        if "--json" in command:
            assert ended.lines, command


@pytest.mark.parametrize(
    ("env", "status"),
    [
        ({"LISTENER_STORAGE__URL": "postgresql://jo:planted-database@127.0.0.1:1/x"}, 1),
        ({"LISTENER_NET__PROXY": "http://jo:planted-proxy@127.0.0.1:1", "LISTENER_STORAGE__URL": "sqlite:///other.db"}, 1),
    ],
    ids=["database", "proxy"],
)
def test_an_address_with_a_password_fails_without_it(told: Told, env: dict[str, str], status: int) -> None:
    ended = call("run", "--debug", "--source", "feed", "--source", "gone", folder=told.folder, env=env)
    assert ended.status == status
    assert ended.err
    assert not [secret for secret in SECRETS if secret in ended.said]


QUOTED = "Zaphod Beeblebrox wrote pangalactic nonsense with planted-token"


def broken(*_: object, **__: object) -> None:
    raise ValueError(QUOTED)


def quoted_in(text: str) -> list[str]:
    return [word for word in QUOTED.split() if len(word) > 5 and word in text]


def test_a_defect_of_a_connector_is_logged_by_its_place_and_costs_its_source_alone(told: Told) -> None:
    with patch("connectors.rss.items_of", broken):
        told.site[f"/feed?{QUERY}"] = Reply(rss(item("3", "Changed.")).encode())
        ended = call("run", "--json", "--debug", "--source", "feed", "--source", "site", folder=told.folder)
    assert ended.status == 0
    [report] = ended.lines
    errors = {stream["source"]: stream["error"] for stream in report["streams"]}
    assert errors == {"feed": "the connector failed (ValueError); please report this", "site": None}
    assert "builtins.ValueError" in ended.err
    assert "in broken" in ended.err
    assert not quoted_in(ended.err)


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
def test_a_defect_of_ours_is_told_without_what_it_quotes(told: Told, debug: list[str]) -> None:
    with patch("listener.job.run_pass", broken):
        ended = call("run", *debug, folder=told.folder)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.splitlines()[-1] == (
        "Error: something went wrong that should not (ValueError). Please report it, with what --debug shows."
    )
    assert ("Traceback" in ended.err) is bool(debug)
    assert not quoted_in(ended.err)
