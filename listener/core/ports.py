"""The seams: one small protocol per step and per kind of outside world.

Every protocol is batch-shaped: one call carries many items, so that no implementation needs a query or a hop per item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from listener.core.analysis import Analysis, AnalysisJob, Sentiment
from listener.core.brand import OPEN_WEB, Brand, MatchingPolicy
from listener.core.cases import CaseChange
from listener.core.errors import SourceError
from listener.core.mention import Cursor, Gap, Page
from listener.core.people import Customer, CustomerPage, Match, MatchJob
from listener.core.standing import JudgeJob, Standing
from listener.core.telling import Coverage, Delivery, DigestFacts, Message

# ------------------------------------------------------------------------------------------------ outside world


class Clock(Protocol):
    """The only way to learn the time: aware UTC."""

    def __call__(self) -> datetime: ...


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


class CustomerSource(Protocol):
    """Customers from a CRM, page by page."""

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]: ...


class Notifier(Protocol):
    """Delivers messages on one channel. Failures are results; only defects raise."""

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One delivery for each message, in order; one connection serves them all."""
        ...


# ------------------------------------------------------------------------------------------------ understanding


class SentimentEngine(Protocol):
    """Scores texts toward targets. Never downloads anything."""

    name: str
    version: str

    def score_many(self, items: Iterable[tuple[str, str | None]]) -> Iterator[Sentiment]:
        """The sentiment of each ``(text, target)``, in order; a target of ``None`` means the whole text."""
        ...


class Analyzer(Protocol):
    """Understands mentions. ``fingerprint`` changes whenever the same text could get another verdict."""

    @property
    def fingerprint(self) -> str: ...

    def analyze(self, jobs: Sequence[AnalysisJob]) -> Sequence[Analysis]:
        """One verdict for each job, in order; a text that cannot be analysed is unscored with its reason."""
        ...


class Matcher(Protocol):
    """Says who authors are. ``fingerprint`` changes whenever the same author could get another answer."""

    @property
    def fingerprint(self) -> str: ...

    def match(self, jobs: Sequence[MatchJob], index: CustomerIndex) -> Sequence[Match]: ...


class CustomerIndex(Protocol):
    """Known customers by blocking key; no resident index is needed for a million of them."""

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        """The customers that share each key, at most ``cap`` a key (a key with more carries no evidence and is left out)."""
        ...

    def name_frequency(self, names: Collection[str]) -> Mapping[str, int]:
        """How many customers bear each ``normal_text`` full name."""
        ...

    def accounts(self, domains: Collection[str]) -> Mapping[str, str]:
        """The customer company of each registrable domain, in its most frequent spelling."""
        ...


# ------------------------------------------------------------------------------------------------ the store, by step


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a page's mentions."""

    new: int = 0
    changed: int = 0
    duplicates: int = 0


class MentionInbox(Protocol):
    """Collecting writes here."""

    def cursors(self, source: str) -> Mapping[str, Cursor]:
        """The cursor of every stream of the source that has one."""
        ...

    def save_page(
        self, source: str, stream: str, platform: str, policy: str, page: Page, now: datetime, news_since: datetime
    ) -> Saved:
        """Store a page's (cleaned, plain-text) mentions **and** its cursor in one transaction.

        Mentions published before ``news_since`` are history. Known ones are duplicates; a changed content hash makes a new
        revision. Exact copies and reposts join the story of the first.
        """
        ...

    def save_cursors(self, pages: Sequence[tuple[str, str, str, Cursor]], now: datetime) -> None:
        """Keep the cursors of unchanged streams, each as ``(source, stream, platform, cursor)``, in one transaction."""
        ...


class AnalysisQueue(Protocol):
    """Understanding reads its pending work and writes its results here."""

    def pending_analyses(self, fingerprint: str, limit: int) -> Sequence[AnalysisJob]: ...

    def save_analyses(self, done: Sequence[tuple[AnalysisJob, Analysis]], fingerprint: str, now: datetime) -> None: ...


class MatchQueue(Protocol):
    """Identifying reads its pending work and writes its results here."""

    def pending_matches(self, fingerprint: str, limit: int, policies: Mapping[str, MatchingPolicy]) -> Sequence[MatchJob]:
        """Authors with something to say about us whose match is missing, outdated, or touched by changed customers."""
        ...

    def save_matches(self, done: Sequence[tuple[MatchJob, Match]], fingerprint: str, now: datetime) -> None: ...


class CustomerBook(Protocol):
    """Customers as imported, with the keys by which authors find them."""

    def save_customers(self, page: Sequence[tuple[Customer, Collection[str]]], import_id: str, now: datetime) -> Saved: ...

    def finish_import(self, import_id: str, now: datetime, *, allow_shrink: bool, retire: bool = True) -> int:
        """Retire the customers that the finished import no longer had; how many.

        Raises:
            ImportRefused: the file shrank by more than half and ``allow_shrink`` is not set; nothing is changed.
        """
        ...


class StandingBook(Protocol):
    """Judging reads its pending work and writes standings, case changes and events here, in one transaction a batch."""

    def pending_standings(self, as_of: datetime, fingerprint: str, limit: int) -> Sequence[JudgeJob]: ...

    def save_standings(
        self, done: Sequence[tuple[JudgeJob, Standing | None, Sequence[CaseChange]]], fingerprint: str, now: datetime
    ) -> None: ...


class DigestBook(Protocol):
    """Telling reads the facts of a window here, and keeps what was told."""

    def digest_facts(self, since: datetime, until: datetime) -> DigestFacts: ...

    def told_until(self, recipient: str) -> datetime | None:
        """The end of the recipient's last digest; the next begins there."""
        ...

    def saved_digest(self, recipient: str, day: date) -> str | None:
        """The digest as it was told (JSON), so that a past date gives the same bytes."""
        ...

    def save_digest(
        self, recipient: str, day: date, since: datetime, until: datetime, data: str, messages: Sequence[Message], now: datetime
    ) -> None:
        """Keep a digest and put its messages into the outbox, in one transaction.

        ``data`` is a JSON object whose ``people`` is a list of objects with a ``person_id`` and maybe ``quotes``, each with a
        ``mention_id``: erasure and retention remove these.
        """
        ...


class Outbox(Protocol):
    """Outgoing messages: put in once by their ``dedup_key``, sent at least once, recorded."""

    def put(self, messages: Sequence[Message]) -> int: ...

    def due(self, now: datetime, limit: int) -> Sequence[Message]: ...

    def record(self, results: Sequence[tuple[Message, Delivery]], now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class StreamResult:
    """How one stream of a source went in one run; ``error`` is ``None`` where all of it was heard."""

    source: str
    stream: str
    saved: Saved = field(default_factory=Saved)
    rejected: Mapping[str, int] = field(default_factory=dict)
    pages: int = 0
    unchanged: bool = False
    error: SourceError | None = None
    gaps: tuple[Gap, ...] = ()
    notice: str | None = None
    heard_until: datetime | None = None
    """As ``Page.heard_until`` of the last page: ``None`` where all was heard until now."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored post that must be checked again."""

    mention_id: int
    external_id: str


class RecheckBook(Protocol):
    """Which posts must be shown to be still there, under policies that honour deletions."""

    def daily_rechecks(self, source: str, now: datetime) -> int:
        """How many of the source's posts are to be checked every day: those of open cases and those that people were shown."""
        ...

    def due_rechecks(self, source: str, now: datetime, limit: int) -> Sequence[Posted]:
        """Those of them that were not confirmed on this UTC day (a post is read at most once a day), the longest unconfirmed
        first."""
        ...

    def save_rechecked(self, there: Sequence[int], gone: Sequence[int], now: datetime) -> Sequence[tuple[str, date]]:
        """Confirm some mentions and remove others: of these nothing stays but that there was one and that it was removed.

        Returns the stored digests that were changed by that, by recipient and day: their files are to be written again.
        """
        ...

    def hide_overdue(self, now: datetime) -> Sequence[tuple[str, date]]:
        """Take quotes of posts that nobody could confirm for a day out of the stored digests, for good.

        Messages that hold them and have not gone out are withdrawn. Returns the digests that were changed, as above.
        """
        ...


class JobBook(Protocol):
    """Who does what when several processes serve one store. A job is a source's name or a step's."""

    def claim(self, job: str, slot: datetime, now: datetime) -> AbstractContextManager[bool]:
        """Hold the job's work that was due at ``slot`` for the length of the block.

        False where somebody else holds the job or its slot (or a later one) is done. A block that ends without an error has
        done it; the lock of a process that dies is free at once, and the slot stays open for another.
        """
        ...

    def orphans(self) -> Sequence[tuple[str, datetime]]:
        """Slots that were begun, not done, and are held by nobody: their process was killed."""
        ...

    def hold(self, jobs: Collection[str]) -> AbstractContextManager[Collection[str]]:
        """Hold those of the jobs that nobody else holds, for the length of the block; which these are."""
        ...


class RunLog(Protocol):
    """What happened, run by run and source by source."""

    def begin_run(self, now: datetime) -> int: ...

    def log_streams(self, run_id: int, kind: str, results: Sequence[StreamResult], now: datetime) -> None: ...

    def end_run(self, run_id: int, now: datetime, counts: Mapping[str, int], error: str | None = None) -> None: ...

    def coverage(self, since: datetime, until: datetime) -> Sequence[Coverage]: ...

    def listened_since(self, source: str) -> Mapping[str, datetime]:
        """When each stream of the source was first listened to; what was published long before is history."""
        ...

    def not_before(self, source: str) -> Mapping[str, datetime]:
        """Streams that asked to be left alone, and until when."""
        ...


RETRY_DEFAULT = timedelta(minutes=15)
"""How long a stream that answered ``RetryLater`` without saying when is left alone at first; doubled with each failure."""
RETRY_LONGEST = timedelta(hours=6)
