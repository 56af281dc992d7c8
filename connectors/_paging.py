"""Beside ``_sweep``: where in a service's numbered pages a sweep is, posts at their moments, and what a run has to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from connectors._json import each, moment
from connectors._sweep import FIRST, Entry
from connectors._terms import search_terms
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import ConfigError, Problem, SourceRejected
from listener.core.mention import Cursor, Gap, Mention, Page
from listener.net.urls import shown


@dataclass(frozen=True, slots=True)
class Place:
    """Page ``page`` (from 1) of what is no younger than ``until``, without its first ``skip`` posts."""

    until: datetime | None = None
    page: int = 1
    skip: int = 0

    @classmethod
    def of(cls, token: str | None) -> Place:
        """The place that a sweep's token names; the beginning for anything else."""
        until, _, rest = (token or "").partition("|")
        page, _, skip = rest.partition("|")
        if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in (page, skip)) or not int(page):
            return cls()
        return cls(moment(until), int(page), int(skip))

    @property
    def token(self) -> str:
        return f"{self.until.isoformat() if self.until else ''}|{self.page}|{self.skip}"

    def following(self, found: Sequence[Entry], last_page: int) -> Place | None:
        """The next page of a service that shows no more than ``last_page`` pages of one search: after the last of them, the first
        one of what is older than the oldest post so far. ``None``: more posts of one moment than the service shows."""
        if self.page < last_page:
            return Place(self.until, self.page + 1)
        oldest = min((entry.at for entry in found if entry.at is not None), default=None)
        return Place(oldest) if oldest is not None and oldest != self.until else None


@dataclass(slots=True)
class Remarks:
    """What people should know of a run, gathered while its pages are fetched."""

    notices: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def tell(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def on(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages with the notices so far, and each gap once."""
        for page in pages:
            gaps, self.gaps = tuple(self.gaps), []
            told = [*self.notices, *([page.notice] if page.notice else [])]
            yield replace(page, gaps=(*page.gaps, *gaps), notice="; ".join(told) or None, unchanged=page.unchanged and not gaps)


def placed(
    found: Sequence[Any], read: Callable[[Any], Mention], when: Callable[[Any], datetime | None], key: str = "id"
) -> list[Entry]:
    """Every record as a post or rejected, at the moment that ``when`` reads in it."""
    return [Entry(when(one), item) for one, item in zip(found, each(found, read, key), strict=True)]


def known_ids(cursor: Cursor) -> set[str]:
    """The posts that a sweep handed over already and may meet again: they cost no further request."""
    found: set[str] = set()
    under_way = cursor.get("sweep")
    holders = [cursor.get("seen"), under_way.get("recent") if isinstance(under_way, dict) else None]
    for holder in holders:
        if isinstance(holder, dict):
            found.update(map(str, holder))
    return found


BEFORE = "handed over before"
"""Why a record that ``known_ids`` names, or that is older than a sweep reaches, is not read: the sweep leaves it out unseen."""


def terms_to_ask(context: ConnectorContext, queries: Sequence[str]) -> tuple[str, ...]:
    """The searches of a source.

    Raises:
        ConfigError: there is nothing to search for.
    """
    terms = search_terms(context, queries)
    if not terms:
        raise ConfigError([Problem("queries", "nothing to search for", "queries, or a brand in the configuration")])
    return terms


def secret_of(given: SecretStr | None) -> str | None:
    """A secret as it is sent; an empty one is none."""
    return (given.get_secret_value().strip() or None) if given is not None else None


def unusable(given: SecretStr | None, variable: str) -> str | None:
    """Why a secret cannot be sent in a header, if it cannot; ``variable`` is the option's name, for ``ConnectorSpec.missing``."""
    secret = secret_of(given)
    if secret is None or (secret.isascii() and secret.isprintable() and " " not in secret):
        return None
    return f"{variable} is not in the form of one: set LISTENER_SOURCES__<NAME>__{variable.upper()} anew"


def beginning(cursor: Cursor, context: ConnectorContext) -> datetime:
    """Until when a stream was heard that could not be heard now."""
    return moment(cursor.get("until")) or context.since or context.now - FIRST


class NotThere(SourceRejected):
    """The service has nothing at this address: of one post among many, only that post is gone."""


def or_not_there(answer: Answer, now: datetime) -> NotThere | None:  # noqa: ARG001 - the shape of ``connectors._api.Refusal``
    """For services that answer 404 or 410 for a post that was deleted meanwhile."""
    if answer.status not in {404, 410}:
        return None
    return NotThere(f"{shown(answer.url)}: answered {answer.status}: there is nothing at this address")
