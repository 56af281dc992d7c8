"""A configured source: its connector, its options, its terms, and the streams that it is listened to by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from config.environment import env_name
from config.file import SourceSettings
from config.settings import Settings
from listener.collecting import Stream
from listener.core import terms
from listener.core.brand import MatchingPolicy
from listener.core.connector import Connector, ConnectorContext, ConnectorSpec
from listener.core.errors import ConfigError, SourceRejected
from listener.core.mention import Cursor
from listener.query import Query, parse


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source with its connector; ``disabled`` says why it will not be listened to."""

    settings: SourceSettings
    spec: ConnectorSpec
    options: Any
    policy: MatchingPolicy
    disabled: str | None = None
    only: Query | None = None
    """Which of its posts are kept."""

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def kind(self) -> str:
        return self.settings.kind

    def streams(
        self, context: ConnectorContext, cursors: Mapping[str, Cursor], listened_since: Mapping[str, datetime]
    ) -> list[Stream]:
        """The source's streams, ready to be fetched; a new one is listened to from now on, and back as far as its news go."""
        fresh = replace(context, since=context.now - self.settings.lookback)
        return [
            Stream(
                source=self.name,
                name=name,
                kind=self.kind,
                platform=self.spec.platform,
                policy=self.policy,
                news_since=listened_since.get(name, context.now) - self.settings.lookback,
                open=lambda options=options: self.spec.build(options, fresh),  # type: ignore[misc]  # binds this turn's options
                cursor=cursors.get(name, {}),
                lane=lane(self.name, name),
                variable=env_name(self.name).upper(),
                only=self.only,
            )
            for name, options in self.spec.streams(self.options, fresh).items()
        ]

    def backfill(self, context: ConnectorContext, since: datetime, cursors: Mapping[str, Cursor]) -> list[Stream]:
        """The source's streams once more, from ``since`` on, with cursors of their own: so a backfill that was cut short goes on
        when it is asked for again. What it brings is history, but for what is as new as a new source's news. None for a kind that
        cannot go back."""
        if not self.spec.backfills:
            return []
        again = {name: f"{name} since {since:%Y-%m-%d}".strip() for name in self.spec.streams(self.options, context)}
        known = {name: cursors[kept] for name, kept in again.items() if kept in cursors}
        return [
            replace(
                stream,
                name=again[stream.name],
                news_since=context.now - self.settings.lookback,
                open=lambda options=options: self.spec.build(options, replace(context, since=since)),  # type: ignore[misc]  # as above
                backfill=True,
            )
            for stream, options in zip(
                self.streams(context, known, {}), self.spec.streams(self.options, context).values(), strict=True
            )
        ]

    def broken(self, problem: ConfigError, now: datetime) -> Stream:
        """The stream of a source whose streams cannot even be told: fetching it fails with the problem."""

        def fail() -> Connector:
            raise SourceRejected(str(problem)) from problem

        return Stream(self.name, "", self.kind, self.spec.platform, self.policy, now, fail)


def lane(source: str, stream: str) -> str:
    """Streams of one host share a lane: the host of a stream that is named by its address, else the source."""
    try:
        host = urlsplit(stream).hostname
    except ValueError:  # a search for "//[…" looks like an address and is none
        host = None
    return host or f"source {source}"


def source_of(settings: Settings, source: SourceSettings, spec: ConnectorSpec) -> Source:
    """The source with its options, its terms and what it lacks, as the settings say."""
    options = spec.options.model_validate(source.options)
    disabled = spec.missing(options) if source.enabled else "switched off in the configuration"
    disabled = disabled and disabled.replace("<NAME>", env_name(source.name).upper())
    platform = getattr(options, "platform", spec.platform)  # a file of exported posts is under the terms of where they come from
    policy = settings.policy_for(source, terms.of_platform(platform, spec.policy))
    only = parse(source.only, settings.exclusion_sets) if source.only else None
    return Source(source, spec, options, policy, disabled, only)
