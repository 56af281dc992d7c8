"""Posting messages through the guarded door, one connection for a batch, and what an answer means for each.

A service that cannot be reached, that refuses us, or that asks for patience is asked once in a batch: the messages after that
share the outcome. What a service answers may quote what was sent, and its address is a secret; so an outcome names the service,
a status and a known word of it, and nothing else of either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx

from listener.core.connector import Answer
from listener.core.errors import ConfigError, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.messages import CONFIGURATION, Delivery, Message
from listener.net.addresses import Resolver, resolve_name
from listener.net.body import holds_page
from listener.net.door import GuardedDoor
from listener.net.mapping import retry_after
from listener.net.settings import DoorSettings
from listener.net.urls import shown

LONGEST_PAUSE = timedelta(days=1)
"""A service that asks for more patience is asked again after this: an alert is worthless in a week."""
ERRORS = range(400, 600)
"""Statuses whose answers are read, for the word that says what is wrong."""
_PATIENCE = {408, 425, 429}
_NOBODY_BEHIND = {502, 503, 504}
_REFUSED = {401, 403, 404, 405, 407, 410}
"""Statuses that no message can change: a person must look at the configuration."""
_OF_A_PORTAL = {*range(200, 300), 401, 403, 404, 405, 410}
"""Statuses with which a web page says that the address is another's. A 413, say, is of one message, page or not."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are posted, and by which way. ``name`` says to people whose place it is: ``Slack``."""

    name: str
    url: str = field(repr=False)
    door: DoorSettings = field(default_factory=DoorSettings, repr=False)
    private: bool = False
    """Whether its address may be one inside our own network."""
    resolve: Resolver = field(default=resolve_name, repr=False)

    def settings(self) -> DoorSettings:
        """The way, with limits that fit a short answer to a short question."""
        return replace(
            self.door,
            total_timeout=min(self.door.total_timeout, 30.0),
            per_host_interval=0.0,
            max_body=min(self.door.max_body, 1_000_000),
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """What is posted for one message."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message; where the delivery is ``down``, the place is asked no more in this batch."""

    delivery: Delivery
    strike: bool = False
    """The next message may fare better; two such in a row, and the place is down."""


def taken(detail: str) -> Outcome:
    return Outcome(Delivery(ok=True, detail=detail))


def refused(detail: str) -> Outcome:
    """Of this message alone, for good."""
    return Outcome(Delivery(ok=False, detail=detail, permanent=True))


def to_be_mended(detail: str) -> Outcome:
    """Of every message, until a person mends the configuration or the service: the messages wait."""
    return Outcome(Delivery(ok=False, detail=detail, retry_after=CONFIGURATION, down=True))


def later(detail: str, after: timedelta | None = None, *, unsure: bool = False) -> Outcome:
    """The place has no time for anybody now. ``unsure``: it may have taken this message all the same."""
    pause = min(after, LONGEST_PAUSE) if after is not None else None
    return Outcome(Delivery(ok=False, detail=detail, retry_after=pause, down=True, unsure=unsure))


def post_all(
    place: Place,
    messages: Sequence[Message],
    write: Callable[[Message], Posted],
    judge: Callable[[Answer], Outcome],
) -> Iterator[Delivery]:
    """One delivery for each message, in order. ``judge`` gets answers with status 2xx and those of ``ERRORS``."""
    if not messages:
        return
    try:
        door = GuardedDoor(place.settings(), resolve=place.resolve)
    except ConfigError:
        problem = to_be_mended("the file of net.ca_file cannot be read, or holds no certificate")
        yield from [problem.delivery] * len(messages)
        return
    with closing(door):
        down: Delivery | None = None
        struck = False
        for message in messages:
            if down is not None:
                yield down
                continue
            outcome = _post(door, place, write(message), judge)
            delivery = replace(outcome.delivery, down=outcome.delivery.down or (outcome.strike and struck))
            down = replace(delivery, unsure=False) if delivery.down else None
            struck = outcome.strike
            yield delivery


def _post(door: GuardedDoor, place: Place, posted: Posted, judge: Callable[[Answer], Outcome]) -> Outcome:
    try:
        answer = door.post(
            place.url,
            posted.body,
            content_type="application/json; charset=utf-8",
            private=place.private,
            headers=posted.headers,
            statuses=ERRORS,
        )
    except SourceError as problem:
        return _unreachable(problem, place)
    return judge(answer)


_ADDRESS = re.compile(r"https?://\S+")


def _unreachable(problem: SourceError, place: Place) -> Outcome:
    """Why no answer could be had. The door's own words hold the address, of which only the host may be told."""
    if isinstance(problem, SourceRejected) and "redirect" in problem.reason:
        return to_be_mended(f"{place.name} ({_host(place.url)}) redirects elsewhere, which is not followed: is the url right?")
    words = _ADDRESS.sub("…", problem.reason.removeprefix(shown(place.url)).lstrip(": "))
    words = words.replace("a source can opt in", "a notifier can opt in")
    detail = f"{place.name} ({_host(place.url)}): {words}"
    if isinstance(problem, RetryLater):
        return later(detail, problem.after, unsure=not problem.unsent)
    found = to_be_mended(detail)
    answered = isinstance(problem, SourceProtocolError) and not problem.unsent  # with what cannot be read
    return replace(found, delivery=replace(found.delivery, unsure=answered))


def not_there(answer: Answer, place: Place) -> Outcome | None:
    """What a web page means where the service itself answers with none: a wrong address, or a log-in page on the way there.

    The body decides: Slack's own words come as ``text/html``.
    """
    if answer.status not in _OF_A_PORTAL or not holds_page(answer):
        return None
    said = f"{_host(place.url)} answered {answer.status}{_phrase(answer.status)} with a web page"
    return to_be_mended(f"{said}, which {place.name} does not: is the url right? (A log-in page on the way answers so, too.)")


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or "no host"
    except httpx.InvalidURL:
        return "no address"


def by_status(answer: Answer, place: Place, now: datetime, word: str = "") -> Outcome:
    """What a status says by itself; ``word`` is the service's own name for the problem, if it gave one."""
    said = f"{place.name} answered {answer.status}{_phrase(answer.status)}" + (f" ({word})" if word else "")
    status = answer.status
    if 200 <= status < 300:
        return taken(f"accepted by {place.name}")
    pause = retry_after(httpx.Headers(answer.headers), now)
    if status in _PATIENCE or status in _NOBODY_BEHIND:
        return later(said, pause, unsure=status in {502, 504})
    if status >= 500:
        failed = later(said, pause, unsure=True)
        return Outcome(replace(failed.delivery, down=False), strike=True)
    if status in _REFUSED:
        return to_be_mended(f"{said}: {_ADVICE.get(status, 'look at its url and what it allows')}")
    return refused(said)


_ADVICE = {
    401: "it does not know us; look at the token or the url",
    403: "it does not let us in; look at the token or the url",
    404: "nothing is at its url any more",
    407: "the proxy wants another log-in, see [net] proxy",
    410: "it is gone for good; give it another url, or remove it",
}


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def seconds(value: object) -> timedelta | None:
    """A pause that a service gives as a number of seconds; ``None`` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return timedelta(seconds=min(math.ceil(value), LONGEST_PAUSE.total_seconds()))


_WORD = re.compile(r"[a-z][a-z_]{1,39}")


def error_word(text: str) -> str:
    """A service's name for a problem, such as ``channel_not_found``; empty for anything else, which may quote what we sent."""
    text = text.strip()
    return text if _WORD.fullmatch(text) else ""
