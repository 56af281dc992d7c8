"""The settings as the application takes them: the checked file, and builders of the core's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from config.brands import core_brand, core_own_side
from config.file import (
    CustomersSettings,
    DigestSettings,
    EmailNotifier,
    File,
    FileNotifier,
    LogSettings,
    NetSettings,
    NlpSettings,
    RetentionSettings,
    ScheduleSettings,
    SourceSettings,
    StorageSettings,
)
from config.places import Places
from listener.core.brand import Brand, MatchingPolicy, OwnSide
from listener.core.policy import JudgingPolicy
from listener.net.settings import DoorSettings


@dataclass(frozen=True)
class Settings:
    """What one configuration file, with the environment, says. Its secrets stay ``SecretStr`` until they are used."""

    file: File
    path: Path
    """Of the configuration file, absolute; relative paths in it count from its folder."""
    places: Places

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def sources(self) -> tuple[SourceSettings, ...]:
        return self.file.sources

    @property
    def exclusion_sets(self) -> Mapping[str, str]:
        """The file's own named queries; ``listener.query.parse`` knows the presets besides."""
        return self.file.exclusion_sets

    @property
    def notifiers(self) -> tuple[EmailNotifier | FileNotifier, ...]:
        return self.file.notifiers

    @property
    def customers(self) -> CustomersSettings:
        return self.file.customers

    @property
    def storage(self) -> StorageSettings:
        return self.file.storage

    @property
    def net(self) -> NetSettings:
        return self.file.net

    @property
    def nlp(self) -> NlpSettings:
        return self.file.nlp

    @property
    def schedule(self) -> ScheduleSettings:
        return self.file.schedule

    @property
    def retention(self) -> RetentionSettings:
        return self.file.retention

    @property
    def digest(self) -> DigestSettings:
        return self.file.digest

    @property
    def log(self) -> LogSettings:
        return self.file.log

    def brands(self) -> tuple[Brand, ...]:
        return self._brands

    @cached_property
    def _brands(self) -> tuple[Brand, ...]:
        return tuple(core_brand(brand, self.exclusion_sets) for brand in self.file.brands)

    def own_side(self) -> OwnSide:
        return core_own_side(self.file.own_side, self._brands)

    def zone(self) -> ZoneInfo:
        """The time zone of the digest's hour and day."""
        return ZoneInfo(self.digest.timezone)

    def schedule_zone(self) -> ZoneInfo:
        """The time zone of sources' cron lines."""
        return ZoneInfo(self.schedule.timezone or self.digest.timezone)

    def database_url(self) -> str:
        """The database's address with an absolute path; it can hold a password, so it belongs into no message."""
        url = self.storage.url.get_secret_value()
        if not url.startswith("sqlite:///"):
            return url
        return f"sqlite:///{self.resolve(Path(url.removeprefix('sqlite:///')))}"

    def pepper(self) -> str | None:
        return self.storage.pepper.get_secret_value() if self.storage.pepper else None

    def judging(self) -> JudgingPolicy:
        return self.file.policy.judging()

    def door(self) -> DoorSettings:
        """The limits and routes of the way to the network."""
        net = self.net
        return DoorSettings(
            user_agent=net.user_agent or DoorSettings().user_agent,
            proxy=net.proxy.get_secret_value() if net.proxy else None,
            ca_file=self.resolve(net.ca_file) if net.ca_file else None,
            connect_timeout=net.connect_timeout,
            read_timeout=net.read_timeout,
            total_timeout=net.total_timeout,
            per_host_interval=net.per_host_interval,
        )

    def resolve(self, path: Path) -> Path:
        """A path of the file as an absolute one; ``~`` is the user's home."""
        return self.folder / path.expanduser()

    def policy_for(self, source: SourceSettings, base: MatchingPolicy) -> MatchingPolicy:
        """The terms of a source: those of its kind, with what the file changes; changed ones get a name of their own."""
        changes = {key: value for key, value in source.policy.model_dump().items() if value is not None}
        if not changes:
            return base
        for key in ("evidence", "provenance"):
            if key in changes:
                changes[key] = frozenset(changes[key])
        return replace(base, name=f"{base.name}, changed for {source.name}", **changes)
