"""The notifiers of a configuration: which are ready, what the others lack, and how each is made from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from listener.core.ports import Clock
from listener.core.telling_ports import Notifier

if TYPE_CHECKING:
    from config.notifiers import (
        AnyNotifier,
        AppriseNotifier,
        ConsoleNotifier,
        DiscordNotifier,
        EmailNotifier,
        FileNotifier,
        PostingNotifier,
        SlackNotifier,
        TeamsNotifier,
        WebhookNotifier,
    )
    from config.settings import Settings
    from listener.notify._posting import Place

FOLDER = "folder"
"""The channel of the digest's own folder."""


def build_notifiers(settings: Settings, clock: Clock) -> dict[str, Notifier]:
    """The notifiers that are ready, by name, and ``FOLDER``."""
    from listener.notify.file import FileNotifier

    built: dict[str, Notifier] = {FOLDER: FileNotifier(settings.resolve(settings.digest.out))}
    for one in settings.notifiers:
        if missing(one) is None:
            built[one.name] = _BUILDERS[one.kind](one, settings, clock)
    return built


def missing(one: AnyNotifier) -> str | None:
    """Why a notifier will not send; ``None`` where it is ready."""
    if not one.enabled:
        return "it is switched off in the configuration"
    return _NEEDS.get(one.kind, _nothing)(one)


# ---------------------------------------------------------------------------------------------------- what each needs


def _nothing(one: Any) -> str | None:  # noqa: ARG001 - the shape of every one of these
    return None


def _url(one: PostingNotifier | AppriseNotifier) -> str | None:
    return None if one.url else f"it has no url: set {_variable(one, 'url')}, or {_variable(one, 'url')}_FILE"


def _url_or_token(one: SlackNotifier) -> str | None:
    if one.token:
        return None if one.channel else "it has a token and no channel"
    if one.url:
        return None
    return f"it has neither url nor token: set {_variable(one, 'url')}, or {_variable(one, 'token')} and its channel"


def _url_and_secret(one: WebhookNotifier) -> str | None:
    if one.secret is None:
        name = _variable(one, "secret")
        return f"it has no secret, and nothing is sent unsigned: set {name}, or {name}_FILE"
    return _url(one)


def _apprise_itself(one: AppriseNotifier) -> str | None:
    return _url(one) if find_spec("apprise") else "Apprise is not installed: pip install listener[apprise]"


def _variable(one: AnyNotifier | PostingNotifier, key: str) -> str:
    from config.environment import PREFIX, env_name

    return f"{PREFIX}NOTIFIERS__{env_name(one.name).upper()}__{key.upper()}"


_NEEDS: Mapping[str, Callable[[Any], str | None]] = {
    "slack": _url_or_token,
    "teams": _url,
    "discord": _url,
    "webhook": _url_and_secret,
    "apprise": _apprise_itself,
}


# ------------------------------------------------------------------------------------------------- how each is made


def _email(one: EmailNotifier, settings: Settings, clock: Clock) -> Notifier:
    from listener.notify.email import EmailNotifier as Email
    from listener.notify.email import Security, SmtpSettings

    ca_file = settings.net.ca_file
    server = SmtpSettings(
        host=one.host,
        port=one.effective_port,
        sender=one.sender,
        security=Security(one.security),
        user=one.user,
        password=one.password.get_secret_value() if one.password else None,
        ca_file=settings.resolve(ca_file) if ca_file else None,
    )
    return Email(server, clock)


def _file(one: FileNotifier, settings: Settings, clock: Clock) -> Notifier:  # noqa: ARG001 - the shape of every builder
    from listener.notify.file import FileNotifier

    return FileNotifier(settings.resolve(one.folder))


def _console(one: ConsoleNotifier, settings: Settings, clock: Clock) -> Notifier:  # noqa: ARG001 - the shape of every builder
    import sys

    from listener.notify.console import ConsoleNotifier

    return ConsoleNotifier(sys.stderr)


def _slack(one: SlackNotifier, settings: Settings, clock: Clock) -> Notifier:
    from listener.notify.slack import API, SlackNotifier

    token = one.token.get_secret_value() if one.token else None
    return SlackNotifier(_place(one, settings, "Slack", API if token else None), clock, token=token, channel=one.channel)


def _teams(one: TeamsNotifier, settings: Settings, clock: Clock) -> Notifier:
    from listener.notify.teams import TeamsNotifier

    return TeamsNotifier(_place(one, settings, "Teams"), clock)


def _discord(one: DiscordNotifier, settings: Settings, clock: Clock) -> Notifier:
    from listener.notify.discord import DiscordNotifier

    return DiscordNotifier(_place(one, settings, "Discord"), clock)


def _webhook(one: WebhookNotifier, settings: Settings, clock: Clock) -> Notifier:
    from listener.notify.webhook import WebhookNotifier

    secret = one.secret.get_secret_value() if one.secret else ""  # never empty: `missing` asks for it
    return WebhookNotifier(_place(one, settings, one.name), clock, secret=secret)


def _place(one: PostingNotifier, settings: Settings, name: str, url: str | None = None) -> Place:
    from listener.notify._posting import Place

    own = one.url.get_secret_value() if one.url else ""
    return Place(name, url or own, settings.door(), private=one.private)


def _apprise(one: AppriseNotifier, settings: Settings, clock: Clock) -> Notifier:  # noqa: ARG001 - the shape of every builder
    from listener.notify.apprise import AppriseNotifier

    return AppriseNotifier(one.url.get_secret_value() if one.url else "", settings.door())


_BUILDERS: Mapping[str, Callable[[Any, Settings, Clock], Notifier]] = {
    "email": _email,
    "file": _file,
    "console": _console,
    "slack": _slack,
    "teams": _teams,
    "discord": _discord,
    "webhook": _webhook,
    "apprise": _apprise,
}
