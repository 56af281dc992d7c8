"""The seam to sources: what a connector is, what it may use, and what it promises.

A connector knows nothing of storage, matching or scheduling, and has no clock of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from listener.core.brand import OPEN_WEB, Brand, MatchingPolicy
from listener.core.mention import Cursor, Page


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back through the guarded door: the body already decompressed and within the limit.

    ``unchanged`` is true for a 304. ``url`` is the address that answered, after redirects; ``moved_to`` is set where every hop
    was a permanent redirect. ``etag`` and ``modified`` are to be sent with the next request.
    """

    status: int
    url: str
    body: bytes
    content_type: str = ""
    etag: str | None = None
    modified: str | None = None
    moved_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""
    asked: str | None = None
    """The address that was asked for, where it led to another one."""

    @property
    def unchanged(self) -> bool:
        return self.status == 304


class Door(Protocol):
    """The one guarded way to the network (implemented by ``listener.net``)."""

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        modified: str | None = None,
        accept: str = "*/*",
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        statuses: Collection[int] = (),
    ) -> Answer:
        """Fetch a page; ``private`` permits private addresses for this call (an opt-in of the source).

        ``headers`` (a token, say) are sent to the host of ``url`` only, and to no other that it redirects to. An answer whose
        status is one of ``statuses`` comes back with its body instead of raising: for services that say there what is wrong.

        Raises:
            RetryLater: 429, 5xx, time-out, connection lost, name not resolved for now.
            SourceRejected: 4xx, an address that is not allowed, TLS refused, too many redirects.
            SourceProtocolError: too large, not decodable.
        """
        ...

    def post(
        self,
        url: str,
        content: bytes,
        *,
        content_type: str,
        accept: str = "*/*",
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        statuses: Collection[int] = (),
    ) -> Answer:
        """Send a request that asks for something (a token, a query); redirects are not followed. Raises as ``get`` does."""
        ...


class Ledger(Protocol):
    """What a source has used of what is counted (money, reads, quota). What is charged is stored before the call returns, so that
    a run that is killed has paid for what it was about to ask for; what was not used is given back by a negative charge."""

    def charge(self, amounts: Mapping[str, int]) -> None:
        """Add amounts, by unit, to what is used on this UTC day."""
        ...

    def used(self, unit: str, since: date, until: date) -> int:
        """How much of a unit was used from one UTC day to another, both included."""
        ...


class MemoryLedger:
    """A ledger for a preview without a database: it forgets."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._used: Counter[str] = Counter()

    def charge(self, amounts: Mapping[str, int]) -> None:
        self._used.update(amounts)

    def used(self, unit: str, since: date, until: date) -> int:
        return self._used[unit] if since <= self._today <= until else 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a unit of its ledger a source may use in a period; ``unit / scale`` is what people read as ``label``."""

    unit: str
    label: str
    """``"USD"``, ``"posts read"``, ``"quota units"``."""
    per: Literal["day", "month"]
    limit: int
    scale: int = 1
    most_per_run: int | None = None
    """What one run can use at most."""

    def first_day(self, today: date) -> date:
        """Where the period of ``today`` began."""
        return today if self.per == "day" else today.replace(day=1)


def _no_handles(platform: str) -> Sequence[str]:  # noqa: ARG001 - the shape of the field that it is the default of
    return ()


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector may use. It has no clock of its own: ``now`` is the time of the run."""

    door: Door
    now: datetime
    since: datetime | None = None
    """How far a stream without a cursor goes back, where the source can."""
    limit: int | None = None
    """A preview asks for no more mentions than this."""
    folder: Path = Path()
    """Relative paths in a source's options count from here: the folder of the configuration file."""
    brands: Sequence[Brand] = ()
    """What we listen for: a search asks for their names unless its options say otherwise."""
    handles: Callable[[str], Sequence[str]] = _no_handles
    """Customers' accounts on a platform (normalised handles) that the source's policy allows to use: for watch lists."""
    ledger: Ledger | None = None
    """Of this source; ``None`` where nothing is counted."""
    rechecks: int = 0
    """How many of the source's posts must be checked again every day: the budget for that is reserved first."""


class Connector(Protocol):
    """One stream of one source."""

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """What is new since ``cursor``, page by page; each page's cursor makes the next run continue after it."""
        ...


def _one_stream(options: Any, context: ConnectorContext) -> Mapping[str, Any]:  # noqa: ARG001 - the shape of the field
    return {"": options}


def _nothing_counted(options: Any) -> Sequence[Allowance]:  # noqa: ARG001 - as above
    return ()


def _nothing_missing(options: Any) -> str | None:  # noqa: ARG001 - the shape of the field that it is the default of
    return None


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """What a connector module offers as its module-level ``SPEC``.

    ``options`` is a frozen pydantic model; ``build`` makes a connector for one stream. ``streams`` splits a source into
    independent parts (a feed each) with cursors of their own, named stably; by default a source is one stream.
    ``missing`` says what the options lack to work (a secret), so that the source is listed as disabled, because of that.
    """

    kind: str
    summary: str
    options: type[Any]
    build: Callable[[Any, ConnectorContext], Connector]
    platform: str
    policy: MatchingPolicy = OPEN_WEB
    streams: Callable[[Any, ConnectorContext], Mapping[str, Any]] = _one_stream
    missing: Callable[[Any], str | None] = _nothing_missing
    every: timedelta = timedelta(minutes=15)
    """How often the scheduler asks, unless the configuration says otherwise."""
    backfills: bool = False
    """Whether a stream without a cursor really goes back to ``context.since``."""
    recheck: Callable[[Any, ConnectorContext], Rechecker] | None = None
    """Finds out which posts are still there; needed where the policy honours deletions."""
    allowances: Callable[[Any], Sequence[Allowance]] = _nothing_counted


class Rechecker(Protocol):
    """Asks the source whether posts are still there."""

    def check(self, external_ids: Sequence[str]) -> Iterator[Checked]:
        """What became of the posts, in batches as the service answers; an id that is in no batch could not be checked.

        Raises:
            SourceError: as ``Connector.pages``; the batches before it stand.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """One answer about some posts, by their external ids: those that are there, and those deleted, withheld or made private."""

    there: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
