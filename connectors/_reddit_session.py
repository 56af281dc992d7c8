"""Asking Reddit: one token for all streams of a source in a run, and what Reddit's refusals mean."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors._api import REFUSALS, Api, Params, reset_pause
from connectors._json import document, headers_of, text
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.mapping import from_status
from listener.net.urls import shown

_WHY_CLOSED = {"private": "it is private", "banned": "Reddit has banned it", "quarantined": "it is in quarantine"}


@dataclass(frozen=True, slots=True)
class Application:
    """The approved application and where Reddit is."""

    client_id: str
    client_secret: str = field(repr=False)
    user_agent: str
    api: str
    auth: str
    private: bool


class _Expired(SourceRejected):
    """The token is not taken (any more)."""


@dataclass(slots=True)
class Session:
    """What the streams of a source share in a run: the token, which is kept nowhere else, and how long to leave Reddit alone."""

    application: Application
    token: str | None = field(default=None, repr=False)
    pause: timedelta | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, context: ConnectorContext, path: str, params: Params) -> Any:
        """The JSON at ``path``; a token that is refused is asked for once more.

        Raises:
            RetryLater: also where the last answer said that the limit of requests is reached.
            SourceRejected, SourceProtocolError: Reddit refuses the application or what was asked for.
        """
        if self.pause is not None:
            raise RetryLater("Reddit's limit of requests is reached", after=self.pause)
        token = self._token(context, None)
        try:
            return self._get(context, token, path, params)
        except _Expired:
            return self._get(context, self._token(context, token), path, params)

    def _get(self, context: ConnectorContext, token: str, path: str, params: Params) -> Any:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": self.application.user_agent}
        api = Api(context, self.application.api, private=self.application.private, headers=headers, refusal=_refusal)
        url = api.url(path, {**params, "raw_json": 1})
        body, answer = api.get_url(url)
        # The one sign of a subreddit that does not exist is that Reddit leads to its search.
        if urlsplit(answer.url).path != urlsplit(url).path:
            raise SourceRejected(f"{shown(url)}: there is no such subreddit")
        left = _number(answer, "x-ratelimit-remaining")
        if left is not None and left < 1:
            self.pause = timedelta(seconds=_number(answer, "x-ratelimit-reset") or 60.0)
        return body

    def _token(self, context: ConnectorContext, refused: str | None) -> str:
        """The token; a new one where there is none or it is the ``refused`` one."""
        with self.lock:
            if self.token is None or self.token == refused:
                self.token = self._new_token(context)
            return self.token

    def _new_token(self, context: ConnectorContext) -> str:
        both = f"{self.application.client_id}:{self.application.client_secret}"
        login = base64.b64encode(both.encode()).decode("ascii")
        url = f"{self.application.auth.rstrip('/')}/api/v1/access_token"
        answer = context.door.post(
            url,
            b"grant_type=client_credentials",
            content_type="application/x-www-form-urlencoded",
            accept="application/json",
            private=self.application.private,
            headers={"Authorization": f"Basic {login}", "User-Agent": self.application.user_agent},
            statuses=REFUSALS,
        )
        where = shown(url)
        if answer.status in {400, 401, 403}:
            raise SourceRejected(f"{where}: Reddit does not accept client_id and client_secret ({answer.status})")
        if answer.status >= 300:
            raise _refusal(answer, context.now) or from_status(answer.status, headers_of(answer), where, context.now)
        token = text(document(answer), "access_token")
        if token is None or not token.isascii() or not token.isprintable():
            # An application that is not approved gets 200 with an "error" in it.
            raise SourceRejected(f"{where}: Reddit gave no token for client_id and client_secret")
        return token


def _refusal(answer: Answer, now: datetime) -> SourceError | None:
    where = shown(answer.url)
    problem: SourceError | None = None
    if answer.status == 401:
        problem = _Expired(f"{where}: Reddit does not accept its own token")
    elif answer.status == 429:
        pause = reset_pause(answer, now) or timedelta(seconds=_number(answer, "x-ratelimit-reset") or 60.0)
        problem = RetryLater(f"{where}: Reddit's limit of requests is reached", after=pause)
    elif answer.status in {403, 404}:
        why = _WHY_CLOSED.get(_reason(answer))
        if why is not None:
            problem = SourceRejected(f"{where}: {why}")
    return problem


def _reason(answer: Answer) -> str:
    try:
        return text(document(answer), "reason") or ""
    except SourceProtocolError:
        return ""  # HTML: the status has to do


def _number(answer: Answer, header: str) -> float | None:
    """Reddit writes ``206`` as well as ``595.0``."""
    value = answer.headers.get(header, "").strip()
    return float(value) if value.isascii() and value.replace(".", "", 1).isdigit() and len(value) < 9 else None
