"""What the file may say: one class a section, one field a setting, each with its description and default.

The descriptions are what ``docs`` and the example file are checked against.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from config.alerting import AlertSettings
from config.base import Section
from config.brands import BrandSettings, OwnSideSettings
from config.fields import (
    Cron,
    DatabaseUrl,
    Delimiter,
    Duration,
    Interval,
    Label,
    Language,
    Pepper,
    ProxyException,
    QueryText,
    SecretUrl,
    Text,
    TimeZone,
    refuse,
)
from config.judging import PolicySettings
from config.notifiers import AnyNotifier
from config.recipients import RecipientSettings, Weekday
from listener.core.brand import Evidence, Provenance
from listener.net.settings import DoorSettings

_DOOR = DoorSettings()
LANGUAGES = (
    "ar",
    "cs",
    "da",
    "de",
    "en",
    "es",
    "fi",
    "fr",
    "it",
    "ja",
    "ko",
    "nl",
    "no",
    "pl",
    "pt",
    "ru",
    "sv",
    "tr",
    "uk",
    "zh",
)


class SourcePolicySettings(Section):
    """What to change of the terms that a source's kind comes with; what is not set stays."""

    evidence: tuple[Evidence, ...] | None = Field(
        None, description="What may connect an author with a customer; an empty list forbids it."
    )
    provenance: tuple[Provenance, ...] | None = Field(
        None, description="Which of the CRM's handles may be used, by where they came from."
    )
    may_quote: bool | None = Field(None, description="Whether the text may be quoted to our own people.")
    keep_days: int | None = Field(None, ge=1, description="How many days a post may be kept.")
    honour_deletion: bool | None = Field(None, description="Whether a post deleted at its source must be deleted here.")


class SourceSettings(Section):
    """A place to listen to. Keys beyond these are the connector's own and are checked by it."""

    model_config = ConfigDict(extra="allow")

    name: Label = Field(description="Your name for it, shown in the digest and used on the command line.")
    kind: Text = Field(description="The connector: rss, blog, file, ….")
    enabled: bool = Field(True, description="false keeps the source and what was heard, and stops listening.")
    lookback: Duration = Field(
        timedelta(days=7),
        description="How far before the source was added a post still counts as news; older ones are history: "
        "they count in standings and are never reported. Without it the first digest would be empty.",
    )
    every: Interval | None = Field(
        None, description="How often `listener serve` asks it; by default as often as its kind of source is worth it."
    )
    cron: Cron | None = Field(
        None,
        description="Or when, as a cron line: minute, hour, day of the month, month, day of the week, in [schedule] timezone.",
    )
    only: QueryText | None = Field(
        None, description="A query (docs/queries.md): only posts that match it are kept, the others are counted and let go."
    )
    policy: SourcePolicySettings = Field(SourcePolicySettings(), description="Changes to what this source's terms allow.")

    @field_validator("cron")
    @classmethod
    def _not_both(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("every") is not None:
            raise refuse("every or cron, one of the two")
        return value

    @property
    def options(self) -> dict[str, Any]:
        """The connector's own keys, as the file and the environment give them."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Without the values of the options: only the connector knows which of them are secret."""
        yield from ((name, getattr(self, name)) for name in type(self).model_fields)
        yield "options", sorted(self.options)


class CustomersSettings(Section):
    """Where the customers come from. Keys beyond these are those of the kind (a database, a CRM) and are checked by it."""

    model_config = ConfigDict(extra="allow")

    kind: Text | None = Field(None, description="csv, sql, hubspot or salesforce; without it a file is read as csv.")
    file: Path | None = Field(None, description="The export (CSV), relative to this file; read anew in each run if it changed.")
    columns: dict[str, Text] = Field(
        default_factory=dict,
        description='Which column holds what, where the names differ: { contact_id = "Id", email = "E-Mail" }.',
    )
    delimiter: Delimiter | None = Field(None, description="What separates the columns; found out where it is not set.")
    every: Interval = Field(
        timedelta(days=1), description="How often a run asks a database or a CRM anew; a file is read when it changed."
    )

    @property
    def effective_kind(self) -> str | None:
        """The kind; ``None`` where no customers are configured."""
        return self.kind or ("csv" if self.file else None)

    @property
    def options(self) -> dict[str, Any]:
        """The kind's own keys, as the file and the environment give them."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Without the values of the options: only the kind knows which of them are secret."""
        yield from ((name, getattr(self, name)) for name in type(self).model_fields)
        yield "options", sorted(self.options)


class StorageSettings(Section):
    """The database."""

    url: DatabaseUrl = Field(
        SecretStr("sqlite:///listener.db"),
        description="sqlite:///FILE (relative to this file) or postgresql://USER:PASSWORD@HOST/DATABASE.",
    )
    pepper: Pepper | None = Field(
        None,
        description="Secret with which the keys that find customers are hashed; at least 16 characters. "
        "Without it, one is made and kept in the database. Changing it means importing the customers anew.",
    )


class NetSettings(Section):
    """How the network is used."""

    proxy: SecretUrl | None = Field(None, description="http://[USER:PASSWORD@]HOST:PORT of a proxy that all requests go through.")
    no_proxy: tuple[ProxyException, ...] = Field(
        (), description="Hosts that are asked directly: names with all names below them, addresses, networks (10.0.0.0/8), or *."
    )
    ca_file: Path | None = Field(None, description="A file of further certificate authorities (PEM), relative to this file.")
    user_agent: Text | None = Field(None, description="How listener introduces itself to sites; name a contact address in it.")
    connect_timeout: float = Field(_DOOR.connect_timeout, gt=0, le=120, description="Longest wait for a connection, in seconds.")
    read_timeout: float = Field(_DOOR.read_timeout, gt=0, le=300, description="Longest pause within an answer, in seconds.")
    total_timeout: float = Field(
        _DOOR.total_timeout, gt=0, le=900, description="Longest time for one request with all its redirects, in seconds."
    )
    per_host_interval: float = Field(
        _DOOR.per_host_interval, ge=0, le=300, description="Least time between two requests to one host, in seconds."
    )
    workers: int = Field(8, ge=1, le=64, description="How many sources are fetched at the same time.")


class NlpSettings(Section):
    """How texts are understood."""

    engine: Text = Field(
        "target", description='The sentiment engine: "target" is our own small model, "vader" a lexicon that needs no model file.'
    )
    fallback: bool = Field(
        True,
        description="Where the engine cannot be loaded, vader stands in for it, and every result says so; false stops the run.",
    )
    model: Path | None = Field(
        None,
        description="The folder of a model of your own for the engine target, relative to this file (docs/how-to/own-model.md).",
    )
    languages: tuple[Language, ...] = Field(
        LANGUAGES, min_length=1, description="The languages told apart; fewer choices make fewer mistakes on short texts."
    )


Days = Annotated[int, Field(ge=1, le=36_500)]


class ScheduleSettings(Section):
    """How `listener serve` does its work."""

    timezone: TimeZone | None = Field(None, description="The time zone of cron lines; by default the digest's.")
    jitter: Duration = Field(
        timedelta(seconds=30),
        le=timedelta(hours=1),
        description="Sources that are due at the same time start at some moment within so long.",
    )
    misfire_grace: Interval = Field(
        timedelta(minutes=10),
        description="What is later than this, because the machine slept or was busy, is left to the next time, if that is soon.",
    )
    threads: int = Field(32, ge=1, le=256, description="How many sources are listened to at the same time.")


class RetentionSettings(Section):
    """How many days what is kept. `listener serve`, `listener run` and `listener db prune` carry it out."""

    off_target_days: Days = Field(30, description="The content of posts that turned out not to be about you.")
    unmatched_days: Days = Field(
        30, description="Names and addresses of authors who are no known customers and have no open case."
    )
    mention_days: Days = Field(730, description="The content of any post.")
    revision_days: Days = Field(90, description="What posts said before they were edited.")
    retired_days: Days = Field(90, description="Customers that the CRM has no longer.")
    history_days: Days = Field(730, description="Digests, former standings, and the notes of closed cases.")
    message_days: Days = Field(30, description="Messages that went out, or never will.")
    run_days: Days = Field(365, description="The record of runs and sources.")


class DigestSettings(Section):
    """The daily digest and its weekly edition."""

    hour: int = Field(7, ge=0, le=23, description="It is sent in the first run after this hour.")
    timezone: TimeZone = Field("UTC", description="The time zone of the hour and of the digest's day.")
    weekday: Weekday = Field("monday", description="The day of the weekly edition.")
    out: Path = Field(Path("digests"), description="The folder for digest files, relative to this file.")


class LogSettings(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("warning", description="debug, info, warning or error.")
    format: Literal["human", "json"] = Field("human", description="human (lines for people) or json (one object a line).")


class MetricsSettings(Section):
    """Figures for whoever watches the job."""

    textfile: Path | None = Field(
        None, description="A file for Prometheus' node exporter, written anew by each pass; its folder must be there."
    )


class File(Section):
    """The whole file."""

    brands: tuple[BrandSettings, ...] = Field((), description="The brands to listen for, at least one.")
    own_side: OwnSideSettings = Field(OwnSideSettings(), description="Who is one of us: heard, never judged.")
    sources: tuple[SourceSettings, ...] = Field((), description="The places to listen to.")
    exclusion_sets: dict[str, QueryText] = Field(
        default_factory=dict,
        description='Queries with a name of their own, for use in others: jobs = "hiring OR vacancy" is what -@jobs leaves out.',
    )
    customers: CustomersSettings = Field(CustomersSettings(), description="Where the customers come from.")
    storage: StorageSettings = Field(StorageSettings(), description="The database.")
    net: NetSettings = Field(NetSettings(), description="How the network is used.")
    nlp: NlpSettings = Field(NlpSettings(), description="How texts are understood.")
    policy: PolicySettings = Field(PolicySettings(), description="When a person is called promoter, passive or detractor.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="How `listener serve` does its work.")
    retention: RetentionSettings = Field(RetentionSettings(), description="How long things are kept.")
    digest: DigestSettings = Field(DigestSettings(), description="The daily digest.")
    notifiers: tuple[AnyNotifier, ...] = Field((), description="The ways on which people are told.")
    recipients: tuple[RecipientSettings, ...] = Field(
        (), description="Who is told what, and when; a notifier that none of them names tells its own addresses everything."
    )
    teams: dict[str, tuple[Text, ...]] = Field(
        default_factory=dict, description="Teams and their members, as the customers' owners are named in the CRM."
    )
    alerts: AlertSettings = Field(AlertSettings(), description="What is told at once.")
    log: LogSettings = Field(LogSettings(), description="The log, on standard error.")
    metrics: MetricsSettings = Field(MetricsSettings(), description="Figures for whoever watches the job.")
