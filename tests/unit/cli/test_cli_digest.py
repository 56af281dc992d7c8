"""``listener digest``: of a day and of a week, of the folder and of others; as it was told, or as it would be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.cli.shell import Shell
from listener.core.messages import Delivery
from tests.support.heard import DAY, PEPPER, hear, mention, sqlite_url
from tests.support.weeks import NOW, ten_weeks
from tests.unit.cli.conftest import Run

CONFIG = f"""
[[brands]]
name = "Quillon"
[[brands.competitors]]
name = "Brixa"
[storage]
url = "sqlite:///store.db"
pepper = "{PEPPER}"
[digest]
timezone = "Europe/Berlin"
[[notifiers]]
name = "share"
kind = "file"
folder = "share"
[[recipients]]
name = "North Team"
notifier = "share"
segments = ["Mid-market"]
hour = 9
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from storage.store import open_store

    file = tmp_path_factory.mktemp("weeks") / "store.db"
    with open_store(sqlite_url(file), now=NOW, pepper=PEPPER) as store:
        ten_weeks(store)
    return file.read_bytes()


At = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    return lambda now: monkeypatch.setattr(Shell, "now", lambda _: now)


@pytest.fixture
def config(filled: bytes, tmp_path: Path, at: At) -> Path:
    """A configuration with a store of ten weeks, on the Monday after them."""
    (tmp_path / "store.db").write_bytes(filled)
    (tmp_path / "listener.toml").write_text(CONFIG)
    at(NOW)
    return tmp_path / "listener.toml"


def test_the_week_is_shown_in_every_form(run: Run, config: Path) -> None:
    text = run("digest", "--weekly", "--config", config)
    assert text.status == 0, text.err
    assert text.out.startswith("Quillon · week 47\n")
    assert "Mentions about as before (35 → 49)." in text.out
    assert max(map(len, text.out.splitlines())) <= 80
    page = run("digest", "--weekly", "--format", "html", "--config", config)
    assert page.out.count("<svg") == 2
    data = run("digest", "--weekly", "--json", "--config", config)
    assert data.lines[0]["edition"] == "weekly"


def test_it_is_written_for_its_owner_only(run: Run, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "week.html"
    assert run("digest", "--weekly", "--format", "html", "--out", out, "--config", config).out == f"Wrote {out}\n"
    assert out.stat().st_mode & 0o777 == 0o600
    assert "<svg" in out.read_text()


def test_a_week_that_was_told_stays_as_it_was(run: Run, config: Path, at: At) -> None:
    sent = run("digest", "--weekly", "--send", "--config", config)
    assert (sent.status, sent.out) == (0, "2 digests made, 2 messages sent\n")
    told = run("digest", "--weekly", "--json", "--config", config).out
    at(NOW + 9 * DAY)
    assert run("digest", "--weekly", "--date", "2026-11-23", "--json", "--config", config).out == told
    assert run("digest", "--weekly", "--json", "--config", config).lines[0]["week"] == "week 48"
    again = run("digest", "--weekly", "--date", "2026-11-23", "--format", "html", "--config", config).out
    assert again == run("digest", "--weekly", "--date", "2026-11-23", "--format", "html", "--config", config).out


def test_a_day_on_which_nothing_was_told_is_an_error(run: Run, config: Path) -> None:
    week = run("digest", "--weekly", "--date", "2020-01-06", "--config", config)
    assert week.status == 1
    assert week.err == "Error: no weekly edition was told to folder on 2020-01-06; the last one is that of 2026-11-23\n"
    day = run("digest", "--date", "2020-01-06", "--for", "north team", "--config", config)
    assert (day.status, day.err) == (1, "Error: no digest was told to North Team on 2020-01-06\n")


def test_somebody_elses_digest_is_shown_by_their_name(run: Run, config: Path) -> None:
    everybody = run("digest", "--weekly", "--json", "--config", config).lines[0]
    north = run("digest", "--weekly", "--json", "--for", "NORTH team", "--config", config).lines[0]
    assert north["weeks"] == everybody["weeks"]
    assert len(north["people"]) < len(everybody["people"])
    assert run("digest", "--for", "North Team", "--json", "--config", config).status == 0


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(run: Run, config: Path) -> None:
    ended = run("digest", "--for", "south", "--config", config)
    assert ended.status == 2
    assert "folder, North Team" in ended.err


def test_only_the_named_one_is_sent_to(run: Run, config: Path) -> None:
    sent = run("digest", "--send", "--for", "North Team", "--json", "--config", config)
    assert sent.lines == [{"digests": 2, "sent": 2, "failed": 0}]
    files = sorted(path.name.partition("-")[0] for path in (config.parent / "share").glob("*.html"))
    assert files == ["digest", "weekly"]
    assert not (config.parent / "digests").exists()
    rest = run("digest", "--send", "--json", "--config", config)
    assert rest.lines == [{"digests": 2, "sent": 2, "failed": 0}]


def test_send_makes_what_is_due_whatever_the_hour(run: Run, config: Path, at: At) -> None:
    at(NOW - timedelta(hours=7))  # before the hour of everybody
    assert run("digest", "--send", "--json", "--config", config).lines[0]["digests"] == 4
    assert run("digest", "--send", "--config", config).out == "Everybody has today's digest already, and no message waits.\n"
    week = run("digest", "--send", "--weekly", "--config", config)
    assert week.out == "Everybody has the last weekly edition already, and no message waits.\n"
    at(NOW)
    assert run("digest", "--send", "--json", "--config", config).lines[0]["digests"] == 0, "its hour is no second time"


def test_what_nobody_could_confirm_for_a_day_is_not_sent(run: Run, config: Path, at: At) -> None:
    from listener.core.messages import Message
    from listener.core.terms import X
    from storage.store import open_store

    with open_store(sqlite_url(config.parent / "store.db"), now=NOW, pepper=PEPPER, policies={X.name: X}) as store:
        hear(store, mention(9001), source="x", policy=X.name, now=NOW)
        (post,) = [found.mention_id for found in store.mentions.find(now=NOW) if found.source == "x"]
        data = {"people": [{"person_id": 1, "quotes": [{"mention_id": post, "text": "a secret", "url": None}]}]}
        message = Message("late", "share", "digest", "a secret", "a secret", None, NOW)
        store.digests.save_digest("share:gone", NOW.date(), NOW - DAY, NOW, json.dumps(data), [message], NOW)
        store.outbox.record([(message, Delivery(False, "given up", parked=True))], NOW)
    at(NOW + timedelta(hours=26))
    run("digest", "--send", "--config", config)
    sent = sorted((config.parent / "share").glob("*.txt"))
    assert sent
    assert not any("a secret" in path.read_text() for path in sent)


def test_one_message_that_could_not_be_sent_is_one(run: Run, config: Path) -> None:
    (config.parent / "share").write_text("no folder")
    failed = run("digest", "--send", "--weekly", "--for", "North Team", "--config", config)
    assert failed.status == 1
    assert "Error: 1 message could not be sent; it stays in the outbox" in failed.err


def test_with_a_name_only_theirs_goes_and_failures_are_no_silence(run: Run, config: Path) -> None:
    with config.open("a") as toml:
        toml.write('[[notifiers]]\nname = "other"\nkind = "file"\nfolder = "other"\n')
    (config.parent / "share").write_text("no folder")
    assert run("digest", "--send", "--json", "--config", config).lines[0]["failed"] == 2
    told = run("digest", "--send", "--for", "other", "--config", config)
    assert (told.status, told.out) == (0, "other has today's digest already, and no message waits.\n")
    failed = run("digest", "--send", "--config", config)
    assert failed.out == "Everybody has today's digest already.\n"
    assert "2 messages could not be sent" in failed.err
    (config.parent / "share").unlink()
    assert run("digest", "--send", "--for", "other", "--json", "--config", config).lines[0]["sent"] == 0
    assert run("digest", "--send", "--for", "North Team", "--json", "--config", config).lines[0]["sent"] == 2


def test_options_that_contradict_each_other_are_refused(run: Run, config: Path) -> None:
    assert run("digest", "--send", "--date", "2026-11-23", "--config", config).status == 2
    assert run("digest", "--json", "--format", "html", "--config", config).status == 2
    assert run("digest", "--date", "yesterday", "--config", config).status == 2


def test_the_daily_digest_is_shown_and_kept(run: Run, config: Path, at: At) -> None:
    before = run("digest", "--json", "--config", config).out
    run("digest", "--send", "--config", config)
    at(NOW + DAY)
    assert run("digest", "--date", "2026-11-23", "--json", "--config", config).out == before
    assert json.loads(before)["day"] == "2026-11-23"
