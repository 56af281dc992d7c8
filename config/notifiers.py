"""The ways on which people are told: one class a kind of notifier. docs/notifiers.md describes them for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from config.base import Section
from config.fields import Label, Mail, SecretUrl, Text


class Notifier(Section):
    """What every notifier has."""

    name: Label = Field(description="Your name for it.")
    enabled: bool = Field(True, description="false keeps the settings and sends nothing.")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whom it tells where no recipient is configured for it."""
        return ("digest",)

    def address(self, recipient: str) -> str:  # noqa: ARG002 - some tell recipients apart by it
        """Of a recipient of that name for whom no address is configured."""
        return "digest"


class EmailNotifier(Notifier):
    """Sends by SMTP."""

    kind: Literal["email"]
    host: Text = Field(description="The mail server.")
    port: int | None = Field(None, ge=1, le=65535, description="Its port; by default 587, with tls 465, without security 25.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls, or none (only inside a trusted network)."
    )
    user: Text | None = Field(None, description="The account's user name, where the server wants one.")
    password: SecretStr | None = Field(None, min_length=1, description="The account's password: better given by the environment.")
    sender: Mail = Field(alias="from", description="The sender's address.")
    to: tuple[Mail, ...] = Field(
        (), description="Who is told everything; leave it out where [[recipients]] name this notifier and their own addresses."
    )

    @property
    def effective_port(self) -> int:
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.to


class FileNotifier(Notifier):
    """Writes each message as a file."""

    kind: Literal["file"]
    folder: Path = Field(description="The folder, relative to this file.")


class ConsoleNotifier(Notifier):
    """Writes each message to standard error: for a container whose log is read."""

    kind: Literal["console"]


class PostingNotifier(Notifier):
    """What all notifiers have that post to an address which is a secret."""

    url: SecretUrl | None = Field(None, description="The address to post to. It is a secret: better given by the environment.")
    private: bool = Field(False, description="true allows an address inside your own network.")


class SlackNotifier(PostingNotifier):
    """Posts to a Slack channel: by an incoming webhook (url), or as a bot, by its token, to a channel."""

    kind: Literal["slack"]
    token: SecretStr | None = Field(None, min_length=1, description="A bot's token (xoxb-…), instead of the url.")
    channel: Text | None = Field(None, description="The bot's channel: its id, or its name with #.")


class TeamsNotifier(PostingNotifier):
    """Posts to a Microsoft Teams channel, by the address of a workflow ("when a webhook request is received")."""

    kind: Literal["teams"]


class DiscordNotifier(PostingNotifier):
    """Posts to a Discord channel, by the address of its webhook."""

    kind: Literal["discord"]


class WebhookNotifier(PostingNotifier):
    """Posts JSON to any address, signed with HMAC-SHA256."""

    kind: Literal["webhook"]
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Signs each request, so that the receiver knows that it is ours; nothing is sent unsigned.",
    )

    def address(self, recipient: str) -> str:
        """A program reads for whom it is meant."""
        return recipient


class AppriseNotifier(Notifier):
    """Sends through Apprise, which knows more than a hundred services (the extra `apprise`)."""

    kind: Literal["apprise"]
    url: SecretStr | None = Field(None, min_length=1, description="The service as Apprise writes it, such as ntfy://host/topic.")


AnyNotifier = Annotated[
    EmailNotifier
    | FileNotifier
    | ConsoleNotifier
    | SlackNotifier
    | TeamsNotifier
    | DiscordNotifier
    | WebhookNotifier
    | AppriseNotifier,
    Field(discriminator="kind"),
]
