"""The settings as the application takes them: the checked file, and builders of the core's types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from config.brands import core_brand, core_own_side
from config.file import (
    CustomersSettings,
    DigestSettings,
    File,
    LogSettings,
    NetSettings,
    NlpSettings,
    RetentionSettings,
    ScheduleSettings,
    SourceSettings,
    StorageSettings,
)
from config.notifiers import AnyNotifier
from config.places import Places
from config.recipients import WEEKDAYS, RecipientSettings
from listener.core.alerting import AlertPolicy, AlertRule
from listener.core.brand import Brand, MatchingPolicy, OwnSide
from listener.core.policy import JudgingPolicy
from listener.core.recipients import Edition, QuietHours, Recipient
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
    def notifiers(self) -> tuple[AnyNotifier, ...]:
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

    @property
    def metrics_file(self) -> Path | None:
        """Where each pass leaves its figures; ``None`` for nowhere."""
        return self.resolve(self.file.metrics.textfile) if self.file.metrics.textfile else None

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

    def alerting(self) -> AlertPolicy:
        return self.file.alerts.policy()

    def recipients(self) -> list[Recipient]:
        """Who is told what, and when: those of ``[[recipients]]``, and the addresses of notifiers that none of these names.

        A notifier that is switched off tells nobody.
        """
        on = {each.name for each in self.notifiers if each.enabled}
        return [each for each, given in self.everybody() if each.channel in on and (given is None or given.enabled)]

    def everybody(self) -> Iterator[tuple[Recipient, RecipientSettings | None]]:
        """All of them, those that are switched off included, each with the table that it comes from, if it has one."""
        named = {one.notifier for one in self.file.recipients}
        for each in self.notifiers:
            if each.name not in named:
                yield from ((self.recipient(each.name, to), None) for to in each.addresses)
        for one in self.file.recipients:
            default = next(each.address(one.name) for each in self.notifiers if each.name == one.notifier)
            yield from ((self._configured(one, to), one) for to in one.to or (default,))

    def recipient(self, channel: str, address: str) -> Recipient:
        """Somebody who is told everything, at the usual time."""
        quiet = self.file.alerts.quiet_hours
        return Recipient(
            channel,
            address,
            zone=self.zone(),
            zone_name=self.digest.timezone,
            hour=self.digest.hour,
            weekday=WEEKDAYS.index(self.digest.weekday),
            alerts=frozenset(map(str, AlertRule)),
            quiet=QuietHours.parse(quiet) if quiet else None,
        )

    def _configured(self, one: RecipientSettings, address: str) -> Recipient:
        usual = self.recipient(one.notifier, address)
        keys = {brand.name.casefold(): brand.key for brand in self._brands}
        return replace(
            usual,
            name=one.name,
            zone=ZoneInfo(one.timezone) if one.timezone else usual.zone,
            zone_name=one.timezone or usual.zone_name,
            hour=usual.hour if one.hour is None else one.hour,
            weekday=WEEKDAYS.index(one.weekday) if one.weekday else usual.weekday,
            editions=frozenset(map(Edition, one.digest)),
            brands=frozenset(keys[name.casefold()] for name in one.brands),
            segments=frozenset(name.casefold() for name in one.segments),
            owners=frozenset(member.casefold() for team in one.teams for member in self.file.teams[team]),
            alerts=frozenset(one.alerts),
            escalations=one.escalations,
            quiet=QuietHours.parse(one.quiet_hours) if one.quiet_hours else usual.quiet,
        )

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

    def model(self) -> Path | None:
        """The folder of a model of one's own for the engine ``target``; ``None`` for the one that is shipped."""
        return self.resolve(self.nlp.model) if self.nlp.model else None

    def judging(self) -> JudgingPolicy:
        return self.file.policy.judging()

    def door(self) -> DoorSettings:
        """The limits and routes of the way to the network."""
        net = self.net
        return DoorSettings(
            user_agent=net.user_agent or DoorSettings().user_agent,
            proxy=net.proxy.get_secret_value() if net.proxy else None,
            no_proxy=net.no_proxy,
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
