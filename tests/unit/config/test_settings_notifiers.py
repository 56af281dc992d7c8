"""Notifiers of the configuration: what is refused, what is only not ready, and what each is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.loader import load
from config.settings import Settings
from listener.core.errors import ConfigError
from listener.notifiers import FOLDER, build_notifiers, missing
from listener.notify.discord import DiscordNotifier
from listener.notify.slack import API, SlackNotifier
from listener.notify.teams import TeamsNotifier
from listener.notify.webhook import WebhookNotifier

HEAD = '[[brands]]\nname = "Quillon"\n'
SECRET = "T0PSECRET/path"


def settings(tmp_path: Path, lines: str, env: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "listener.toml"
    path.write_text(f"{HEAD}{lines}", encoding="utf-8")
    return load(path, env or {})


def one(kind: str, *lines: str, name: str = "team chat") -> str:
    return "\n".join(["[[notifiers]]", f'name = "{name}"', f'kind = "{kind}"', *lines, ""])


def problems(tmp_path: Path, lines: str, env: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, lines, env)
    assert SECRET not in str(caught.value)
    return {problem.path: f"{problem.got}; {problem.allowed}" for problem in caught.value.problems}


# ------------------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize("kind", ["slack", "teams", "discord", "webhook"])
def test_a_secret_address_is_not_sent_in_the_clear(tmp_path: Path, kind: str) -> None:
    found = problems(tmp_path, one(kind, f'url = "HTTP://chat.example/{SECRET}"'))
    assert found["notifiers[0].url (line 6)"].startswith("a value that is not shown; an address that begins with https://")
    assert settings(tmp_path, one(kind, 'url = "http://10.0.0.5/x"', "private = true")).notifiers
    assert settings(tmp_path, one(kind, f'url = "https://chat.example/{SECRET}"')).notifiers


def test_an_address_from_the_environment_is_checked_alike(tmp_path: Path) -> None:
    env = {"LISTENER_NOTIFIERS__TEAM_CHAT__URL": f"http://chat.example/{SECRET}"}
    (found,) = problems(tmp_path, one("teams"), env)
    assert found == "LISTENER_NOTIFIERS__TEAM_CHAT__URL (environment)"
    assert settings(tmp_path, one("teams"), {**env, "LISTENER_NOTIFIERS__TEAM_CHAT__PRIVATE": "True"}).notifiers


def test_slack_goes_one_way(tmp_path: Path) -> None:
    both = one("slack", f'url = "https://hooks.slack.com/{SECRET}"', f'token = "{SECRET}"', 'channel = "#a"')
    assert problems(tmp_path, both)["notifiers[0].token (line 7)"].startswith("there is a url as well")


@pytest.mark.parametrize("line", ['url = "ftp://x"', 'secret = "short"', "private = 5", 'channel = "#a"'])
def test_a_webhook_has_what_it_needs_and_no_more(tmp_path: Path, line: str) -> None:
    assert problems(tmp_path, one("webhook", line))


# ----------------------------------------------------------------------------------------------------------- not ready


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (one("slack"), "LISTENER_NOTIFIERS__TEAM_CHAT__URL"),
        (one("slack"), "LISTENER_NOTIFIERS__TEAM_CHAT__TOKEN"),
        (one("slack", 'token = "xoxb-1"'), "no channel"),
        (one("teams"), "LISTENER_NOTIFIERS__TEAM_CHAT__URL"),
        (one("discord"), "LISTENER_NOTIFIERS__TEAM_CHAT__URL"),
        (one("webhook", 'url = "https://a.example/"'), "LISTENER_NOTIFIERS__TEAM_CHAT__SECRET"),
        (one("webhook", 'secret = "0123456789abcdef"'), "LISTENER_NOTIFIERS__TEAM_CHAT__URL"),
        (one("apprise"), "LISTENER_NOTIFIERS__TEAM_CHAT__URL"),
        (one("console", "enabled = false"), "switched off"),
    ],
)
def test_what_is_missing_is_named_and_the_others_work(tmp_path: Path, table: str, words: str) -> None:
    made = settings(tmp_path, table + one("file", 'folder = "out"', name="share"))
    assert words in (missing(made.notifiers[0]) or "")
    assert missing(made.notifiers[1]) is None
    assert set(build_notifiers(made, lambda: datetime.now(UTC))) == {FOLDER, "share"}


def test_apprise_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(tmp_path, one("apprise", 'url = "ntfy://host/topic"')).notifiers[0]
    assert missing(made) is None
    monkeypatch.setattr("listener.notifiers.find_spec", lambda name: None)
    assert missing(made) == "Apprise is not installed: pip install listener[apprise]"


# --------------------------------------------------------------------------------------------------------------- ready


def test_each_is_made_of_its_settings_and_its_secrets_from_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of the hook\n")
    tables = [
        one("slack", f'url = "https://hooks.slack.com/{SECRET}"', name="webhook of slack"),
        one("slack", 'channel = "#voice"', name="bot"),
        one("teams", f'url = "https://teams.example/{SECRET}"', name="teams"),
        one("discord", f'url = "https://discord.example/{SECRET}"', name="discord"),
        one("webhook", 'url = "http://10.0.0.5/hook"', "private = true", name="crm-hook"),
        '[net]\nproxy = "http://proxy.example:3128"\nca_file = "ca.pem"\n',
    ]
    env = {
        "LISTENER_NOTIFIERS__BOT__TOKEN": f"xoxb-{SECRET}",
        "LISTENER_NOTIFIERS__CRM_HOOK__SECRET_FILE": str(secret),
    }
    built = build_notifiers(settings(tmp_path, "".join(tables), env), lambda: datetime.now(UTC))
    by_webhook, bot, teams, discord, hook = (built[name] for name in ("webhook of slack", "bot", "teams", "discord", "crm-hook"))
    assert isinstance(by_webhook, SlackNotifier)
    assert (by_webhook.token, by_webhook.place.url) == (None, f"https://hooks.slack.com/{SECRET}")
    assert isinstance(bot, SlackNotifier)
    assert (bot.token, bot.channel, bot.place.url) == (f"xoxb-{SECRET}", "#voice", API)
    assert isinstance(teams, TeamsNotifier)
    assert isinstance(discord, DiscordNotifier)
    assert isinstance(hook, WebhookNotifier)
    assert (hook.secret, hook.place.private, hook.place.name) == ("the secret of the hook", True, "crm-hook")
    for notifier in (by_webhook, bot, teams, discord, hook):
        assert notifier.place.door.proxy == "http://proxy.example:3128"
        assert notifier.place.door.ca_file == tmp_path / "ca.pem"
        assert SECRET not in repr(notifier)
        assert "secret of the hook" not in repr(notifier)
    assert not teams.place.private
