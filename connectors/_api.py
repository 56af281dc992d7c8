"""Asking a service's JSON API through the guarded door: addresses, tokens, limits and refusals, the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors._json import document, from_elsewhere, headers_of, moment, refused_by
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourceProtocolError
from listener.net.body import is_web_page
from listener.net.door import same_origin
from listener.net.mapping import LONGEST_PAUSE, from_status, retry_after
from listener.net.urls import shown

REFUSALS = (400, 401, 402, 403, 404, 409, 410, 422, 429, 451)
"""Statuses whose body may say what is wrong."""

Params = Mapping[str, str | int]
Refusal = Callable[[Answer, datetime], SourceError | None]


def no_special_refusal(answer: Answer, now: datetime) -> SourceError | None:  # noqa: ARG001 - the shape of a refusal
    """For services whose statuses mean what HTTP says."""
    return None


@dataclass(frozen=True, slots=True)
class Api:
    """One service at ``base``. ``refusal`` gives a status of ``REFUSALS`` the service's own meaning, or ``None`` for HTTP's."""

    context: ConnectorContext
    base: str
    private: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusal: Refusal = no_special_refusal

    def get(self, path: str, params: Params | None = None) -> tuple[Any, Answer]:
        """The JSON at ``path`` below the base, and the answer it came in.

        Raises:
            RetryLater: also for a 429, until the reset that the service names.
            SourceRejected, SourcePaused, SourceProtocolError: as the door, or as the service's own refusal says.
        """
        return self.get_url(self.url(path, params))

    def get_url(self, url: str) -> tuple[Any, Answer]:
        """As ``get``, for a whole address (of the next page, say), which must be of the same service: tokens go where it leads.

        Raises:
            SourceProtocolError: it is of another host; further as ``get``.
        """
        if not self.owns(url):
            raise SourceProtocolError(f"{shown(self.base)}: names a next page that is not its own")
        door, accept = self.context.door, "application/json"
        answer = door.get(url, accept=accept, private=self.private, headers=self.headers, statuses=REFUSALS)
        self.check(answer)
        return document(answer), answer

    def post(self, path: str, content: bytes, content_type: str = "application/json") -> tuple[Any, Answer]:
        """Ask by POST. Raises as ``get``."""
        answer = self.context.door.post(
            self.url(path),
            content,
            content_type=content_type,
            accept="application/json",
            private=self.private,
            headers=self.headers,
            statuses=REFUSALS,
        )
        self.check(answer)
        return document(answer), answer

    def owns(self, url: str) -> bool:
        """Whether an address is of this service: of its scheme, host and port."""
        try:
            return same_origin(self.base, url)
        except httpx.InvalidURL:
            return False

    def url(self, path: str, params: Params | None = None) -> str:
        query = urlencode({name: str(value) for name, value in (params or {}).items()})
        return f"{self.base.rstrip('/')}/{path.lstrip('/')}" + (f"?{query}" if query else "")

    def check(self, answer: Answer) -> None:
        """Raise what a refusal means."""
        if answer.status < 300:
            return
        now = self.context.now
        headers = headers_of(answer)
        where = refused_by(answer)
        if not (is_web_page(answer) and from_elsewhere(answer)):  # of a log-in page on the way the service says nothing
            problem = self.refusal(answer, now)
            if isinstance(problem, RetryLater) and problem.after is None:
                problem.after = retry_after(headers, now)
            if problem is not None:
                raise problem
        pause = reset_pause(answer, now) if answer.status == 429 else None
        if pause is not None:
            raise RetryLater(f"{where}: its limit of requests is reached", after=pause)
        raise from_status(answer.status, headers, where, now)


_RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")


def reset_pause(answer: Answer, now: datetime) -> timedelta | None:
    """How long to wait: ``Retry-After``, else until the reset that a rate-limit header names, at most a week.

    Services write the reset as seconds since 1970 (GitHub, Bluesky) or milliseconds, as seconds from now (the IETF draft), or as
    an ISO 8601 date (Mastodon).
    """
    after = retry_after(headers_of(answer), now)
    if after is not None:
        return after
    for name in _RESETS:
        value = answer.headers.get(name, "").strip()
        if not value:
            continue
        if value.isascii() and value.isdigit():
            number = int(value[:15])
            number = number // 1000 if number > 100_000_000_000 else number
            until = moment(number) if number > 1_000_000_000 else now + timedelta(seconds=number)
        else:
            until = moment(value)
        if until is not None:
            return min(max(until - now, timedelta(0)), LONGEST_PAUSE)
    return None
