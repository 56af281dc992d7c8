"""The YouTube Data API: each call is paid for from a daily quota before it is made, and refusals say why by fixed words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors._api import Api, Params
from connectors._json import document, record, text
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceProtocolError, SourceRejected
from listener.net.urls import shown

QUOTA = "quota"
"""The unit in the ledger: YouTube's quota units."""
SEARCH_COST = 100

_PACIFIC = ZoneInfo("America/Los_Angeles")
_MINUTE = timedelta(minutes=1)

_SWITCH_ON = "switch on the YouTube Data API v3 for the key's project in the Google Cloud console"
_OTHER_ADDRESSES = "the key is restricted to other addresses"
_NOT_ALLOWED: Mapping[str, str] = {
    "accessNotConfigured": _SWITCH_ON,
    "SERVICE_DISABLED": _SWITCH_ON,
    "API_KEY_SERVICE_BLOCKED": "the key is restricted to other APIs: allow the YouTube Data API v3 for it",
    "ipRefererBlocked": _OTHER_ADDRESSES,
    "API_KEY_IP_ADDRESS_BLOCKED": _OTHER_ADDRESSES,
    "API_KEY_HTTP_REFERRER_BLOCKED": _OTHER_ADDRESSES,
    "keyInvalid": "it is not valid",
    "keyExpired": "it has expired",
    "API_KEY_INVALID": "it is not valid",
}
_OF_ITEM: Mapping[str, str] = {
    "commentsDisabled": "its comments are switched off",
    "videoNotFound": "there is no such video (any more)",
    "channelNotFound": "there is no such channel (any more)",
    "playlistNotFound": "there is no such channel (any more)",
    "playlistItemsNotAccessible": "its list of videos is private",
}


class ItemRefused(SourceRejected):
    """Only the video or channel that was asked for cannot be had; ``why`` says it without naming it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class QuotaApi:
    """The service's API with its ledger. ``daily`` is how many units a quota day may cost."""

    api: Api
    daily: int

    def get(self, path: str, params: Params, cost: int = 1) -> Any:
        """The JSON at ``path``; its cost is charged before it is asked for.

        Raises:
            SourcePaused: the day's units would not suffice, or the service says that they are used up.
            ItemRefused, RetryLater, SourceRejected, SourceProtocolError: as the service's refusal says.
        """
        charge(self.api.context, cost, self.daily)
        body, _ = self.api.get(path, params)
        return body


def quota_api(context: ConnectorContext, base: str, key: str, daily: int, *, private: bool) -> QuotaApi:
    # A header, not a parameter: addresses are shown in messages and kept in logs of proxies.
    return QuotaApi(Api(context, base, private=private, headers={"X-Goog-Api-Key": key}, refusal=refusal), daily)


def charge(context: ConnectorContext, cost: int, daily: int) -> None:
    """Pay for a call that is about to be made.

    YouTube's quota day begins at midnight Pacific time, the ledger counts UTC days: counted is every UTC day that the quota day
    touches, which may be too much and is never too little.

    Raises:
        SourcePaused: it would be more than ``daily`` units; nothing is charged.
    """
    ledger = context.ledger
    if ledger is None:
        return
    ledger.charge({QUOTA: cost})
    if ledger.used(QUOTA, quota_day(context.now).date(), context.now.date()) > daily:
        ledger.charge({QUOTA: -cost})
        raise SourcePaused(
            f"the {daily} quota units a day that daily_units allows are used (YouTube's days begin at midnight Pacific time)",
            until=quota_reset(context.now),
        )


def quota_day(now: datetime) -> datetime:
    """When the quota day of ``now`` began, in UTC."""
    return datetime.combine(now.astimezone(_PACIFIC).date(), time.min, tzinfo=_PACIFIC).astimezone(UTC)


def quota_reset(now: datetime) -> datetime:
    """When the next quota day begins, in UTC."""
    return datetime.combine(now.astimezone(_PACIFIC).date() + timedelta(days=1), time.min, tzinfo=_PACIFIC).astimezone(UTC)


def refusal(answer: Answer, now: datetime) -> SourceError | None:
    """What a refusal of this service means; ``None`` where it says no more than HTTP does."""
    where = shown(answer.url)
    for reason in _reasons(answer):
        problem = _meaning(reason, where, now)
        if problem is not None:
            return problem
    return SourceRejected(f"{where}: YouTube does not allow this to the key") if answer.status == 403 else None


def _meaning(reason: str, where: str, now: datetime) -> SourceError | None:
    problem: SourceError | None = None
    match reason:
        case "quotaExceeded" | "dailyLimitExceeded" | "limit of a day":
            problem = SourcePaused("YouTube says that the key's quota for this day is used up", until=quota_reset(now))
        case "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED":
            problem = RetryLater(f"{where}: too many requests for now", after=_MINUTE)
        case "processingFailure" | "backendError":
            problem = RetryLater(f"{where}: YouTube could not process the request")
        case "invalidPageToken":
            problem = SourceRejected(f"{where}: YouTube does not know the page any more that it named")
        case _ if reason in _OF_ITEM:
            problem = ItemRefused(where, _OF_ITEM[reason])
        case _ if reason in _NOT_ALLOWED:
            problem = SourceRejected(f"{where}: YouTube refuses the key: {_NOT_ALLOWED[reason]}")
    return problem


def _reasons(answer: Answer) -> list[str]:
    """The reasons in the old and the new form of such answers, that of a whole day first.

    They are words of a fixed list; nothing else of the body is read, because its messages may repeat what was sent.
    """
    try:
        error = record(record(document(answer)).get("error"))
    except SourceProtocolError:
        return []  # HTML of a proxy: the status has to do
    found: list[str] = []
    for group in ("errors", "details"):
        entries = error.get(group)
        for entry in entries if isinstance(entries, list) else ():
            if (text(record(entry).get("metadata"), "quota_unit") or "").startswith("1/d"):
                found.insert(0, "limit of a day")
            if reason := text(entry, "reason"):
                found.append(reason)
    return found
