"""X API v2 through tweepy, whose requests go out by the guarded door; X's refusals as our errors.

tweepy knows no other host, sets no time-out, and would wait for hours within a request: so its session gets an adapter that sends
every request through the door (its time limits, proxy, certificates and rules), to the base address of the options. It never
waits, and it logs nothing: at its debug level it would log the token and whole answers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from tweepy import Client  # type: ignore[import-untyped]  # it ships no types
from tweepy.errors import TweepyException  # type: ignore[import-untyped]  # as above

from connectors._api import reset_pause
from connectors._json import Record, document, from_elsewhere, headers_of, record, refused_by, text
from connectors._requests_door import DoorAdapter
from connectors._x_options import Options, next_day, next_month
from listener.core.connector import Answer, ConnectorContext, Door
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceProtocolError, SourceRejected
from listener.core.times import as_utc
from listener.net.body import is_web_page
from listener.net.mapping import from_status
from listener.net.urls import shown

_FIELDS = (
    "author_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "lang",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
)
_USER = ("created_at", "description", "entities", "location", "public_metrics", "url", "verified", "verified_type")
_NEW_NAMES = {"tweet.fields": "post.fields", "note_tweet": "note_post"}
_ALWAYS_GIVEN = {"author_id", "edit_history_tweet_ids", "referenced_tweets"}
"""Fields that the new vocabulary does not list: X gives them without being asked, or with an expansion."""
_UNREADABLE = (TweepyException, ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""What tweepy raises on a refusal, some of it while it reads a refusal that is not as X promises."""

logging.getLogger("tweepy").setLevel(logging.WARNING)


class _XAdapter(DoorAdapter):
    """Asks ``base``, by the fields' new names where these are wanted."""

    def __init__(self, door: Door, base: str, *, private: bool, new_names: bool) -> None:
        super().__init__()
        self._door = door
        self._base = base.rstrip("/")
        self._private = private
        self._new_names = new_names

    def ask(self, request: requests.PreparedRequest) -> Answer:
        path = _renamed(request.path_url) if self._new_names else request.path_url
        headers = {"authorization": str(request.headers.get("authorization", ""))}
        return self._door.get(
            self._base + path, accept="application/json", private=self._private, headers=headers, statuses=range(400, 600)
        )


class XApi:
    """What this program asks of X. ``where`` names in errors what asked."""

    def __init__(self, options: Options, context: ConnectorContext, where: str) -> None:
        self._adapter = _XAdapter(context.door, options.api, private=options.private, new_names=options.vocabulary == "post")
        token = options.token.get_secret_value().strip() if options.token else ""
        self._client = Client(bearer_token=token, return_type=requests.Response, wait_on_rate_limit=False)
        self._client.session = self._adapter.mounted()
        self._where = where
        self._now = as_utc(context.now)
        self._shape: dict[str, Any] = {"tweet_fields": list(_FIELDS)}
        if options.authors:
            self._shape |= {"user_fields": list(_USER), "expansions": "author_id"}

    def search(self, query: str, since: datetime, until: datetime, size: int, token: str | None) -> Record:
        """Posts of the last seven days from ``since`` (included) to ``until`` (not), newest first. Raises as ``_asked``."""
        more = {"next_token": token} if token else {}
        window = {"start_time": since, "end_time": until, "max_results": size}
        return self._asked(lambda: self._client.search_recent_tweets(query, **window, **more, **self._shape))

    def mentions(self, account: str, since: datetime, until: datetime, size: int, token: str | None) -> Record:
        """Posts that mention an account, by its id; else as ``search``."""
        more = {"pagination_token": token} if token else {}
        window = {"start_time": since, "end_time": until, "max_results": size}
        return self._asked(lambda: self._client.get_users_mentions(account, **window, **more, **self._shape))

    def users(self, handles: Sequence[str]) -> Record:
        """Accounts by their handles. Raises as ``_asked``."""
        return self._asked(lambda: self._client.get_users(usernames=list(handles)))

    def posts(self, ids: Sequence[str]) -> Record:
        """Posts by their ids, at most 100. Raises as ``_asked``."""
        return self._asked(lambda: self._client.get_tweets(list(ids), tweet_fields=["withheld"]))

    def nothing_read(self, problem: SourceError) -> bool:
        """Whether X cannot have charged for the request that ended so: it refused, or was never asked. A request that left and
        got no answer may have been charged for."""
        answer = self._adapter.answer
        return answer.status >= 300 if answer is not None else problem.unsent or isinstance(problem, SourceRejected)

    def _asked(self, call: Callable[[], Any]) -> Record:
        """The JSON object that X answers with.

        Raises:
            RetryLater: the limit of requests is reached (until it is lifted), X is out of order, or there is no connection.
            SourcePaused: X's cap on our use is reached.
            SourceRejected: the token, the account or the request is not accepted: a person must act.
            SourceProtocolError: not what X promises.
        """
        try:
            call()
        except SourceError:
            raise
        except _UNREADABLE:
            if self._adapter.answer is None or self._adapter.answer.status < 300:
                raise
        answer = self._adapter.answer
        if answer is None:
            raise SourceProtocolError(f"{self._where}: tweepy asked nothing")
        if answer.status >= 300:
            raise refusal(answer, self._where, self._now)
        body = document(answer)
        if not isinstance(body, dict):
            raise SourceProtocolError(f"{shown(answer.url)}: the answer is not the object that was promised")
        return body


def refusal(answer: Answer, where: str, now: datetime) -> SourceError:
    """X's refusal in plain words. X's own words stay out: they may repeat the query."""
    problem, title = _problem(answer)
    if problem == "usage-capped" or title in {"usagecapexceeded", "spendcapreached"}:
        daily = (text(_body(answer), "period") or "").casefold() == "daily"
        until = next_day(now) if daily else next_month(now)
        return SourcePaused(f"{where}: X's own cap on what may be read is reached (see its developer console)", until=until)
    if answer.status == 429:
        return RetryLater(f"{where}: X's limit of requests is reached", after=reset_pause(answer, now))
    if is_web_page(answer) or from_elsewhere(answer):  # X itself answers with JSON: who refuses is on the way to it
        return from_status(answer.status, headers_of(answer), refused_by(answer), now)
    if answer.status == 403:
        return SourceRejected(f"{where}: X does not let this app read it: {_FORBIDDEN.get(problem, _FORBIDDEN[''])}")
    if answer.status in _REFUSED:
        return SourceRejected(f"{where}: {_REFUSED[answer.status]}")
    return from_status(answer.status, headers_of(answer), shown(answer.url), now)


_REFUSED = {
    400: "X does not understand the request: check queries, watch and account_ids of the source, and the names of the brands",
    401: "X does not accept the token: it is wrong or was revoked; make a new bearer token in X's developer console and set "
    "LISTENER_SOURCES__<NAME>__TOKEN",
    402: "the X account has no credits left: buy some in X's developer console",
    404: "X knows nothing of that name or id: check account_ids, and api if it is set",
}
_FORBIDDEN = {
    "": "check in X's developer console that the app is active and what its access allows",
    "client-forbidden": "attach the app to a project with pay-per-use access in X's developer console",
    "client-not-enrolled": "enrol the app's project in pay-per-use in X's developer console",
    "unsupported-authentication": "it wants another kind of token; the token must be the app's bearer token",
}


def _body(answer: Answer) -> Record:
    try:
        return record(json.loads(answer.body))
    except (ValueError, RecursionError):  # a refusal need not be JSON
        return {}


def _problem(answer: Answer) -> tuple[str, str]:
    """The last part of the problem's type (``client-forbidden``) and its title, in small letters without spaces."""
    body = _body(answer)
    listed = body.get("errors")
    first = record(listed[0]) if isinstance(listed, list) and listed else {}
    kind = text(body, "type") or text(first, "type") or ""
    reason = text(body, "reason") or text(first, "reason") or ""
    title = (text(body, "title") or text(first, "title") or "").casefold().replace(" ", "")
    name = kind.rstrip("/").rpartition("/")[2]
    return (reason if name == "client-forbidden" and reason else name), title


def _renamed(path: str) -> str:
    """A request in the names of X's specification since August 2026."""
    parts = urlsplit(path)
    pairs = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        values = [_NEW_NAMES.get(one, one) for one in value.split(",") if name != "tweet.fields" or one not in _ALWAYS_GIVEN]
        pairs.append((_NEW_NAMES.get(name, name), ",".join(values) if name == "tweet.fields" else value))
    return f"{parts.path}?{urlencode(pairs)}" if pairs else parts.path
