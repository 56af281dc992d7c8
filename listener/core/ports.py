"""The seams: one small protocol per step and per kind of outside world.

Every protocol is batch-shaped: one call carries many items, so that no implementation needs a query or a hop per item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from listener.core.analysis import Analysis, AnalysisJob, Caught, Sentiment
from listener.core.brand import MatchingPolicy
from listener.core.cases import CaseChange
from listener.core.errors import SourceError
from listener.core.identities import Merge, MergeWork
from listener.core.mention import Cursor, Gap, Page
from listener.core.people import Customer, CustomerPage, Match, MatchJob
from listener.core.standing import JudgeJob, Standing
from listener.core.telling import Coverage

# ------------------------------------------------------------------------------------------------ outside world


class Clock(Protocol):
    """The only way to learn the time: aware UTC."""

    def __call__(self) -> datetime: ...


class CustomerSource(Protocol):
    """Customers from a CRM, page by page."""

    def pages(self, cursor: Cursor) -> Iterator[CustomerPage]: ...


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


class Merger(Protocol):
    """Says which authors are one person."""

    def merge(self, work: MergeWork, index: CustomerIndex) -> Sequence[Merge]:
        """Those of the pairs that are, or may be, one person; the index says how frequent names are."""
        ...


class CustomerIndex(Protocol):
    """Known customers by blocking key; no resident index is needed for a million of them."""

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        """The customers that share each key, at most ``cap`` a key (a key with more carries no evidence and is left out)."""
        ...

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        """How many customers have each key, counting keys (``nlp.identity.keys``) included; 0 where nobody has."""
        ...

    def total(self) -> int:
        """How many customers there are."""
        ...

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        """The customer company under each key of a company (``d:domain``, ``c:company``), in its most frequent spelling."""
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

    def pending_analyses(self, fingerprint: str, limit: int, among: Collection[int] | None = None) -> Sequence[AnalysisJob]: ...

    def save_analyses(self, done: Sequence[tuple[AnalysisJob, Analysis]], fingerprint: str, now: datetime) -> None: ...

    def begin_analyses(self, jobs: Sequence[AnalysisJob], alone: int = 0) -> None:
        """Write down that these are read now, and for the how-manieth time alone; none: nothing is being read."""
        ...

    def caught_analyses(self) -> Caught:
        """What was begun last and is not known to have ended."""
        ...


class MatchQueue(Protocol):
    """Identifying reads its pending work and writes its results here."""

    def pending_matches(self, fingerprint: str, limit: int, policies: Mapping[str, MatchingPolicy]) -> Sequence[MatchJob]:
        """Authors with something to say about us whose match is missing, outdated, or touched by changed customers."""
        ...

    def save_matches(self, done: Sequence[tuple[MatchJob, Match]], fingerprint: str, now: datetime) -> None: ...


class AuthorIndex(Protocol):
    """Authors by the keys that they share; merging reads its pending work and writes its results here."""

    def pending_merges(self, limit: int, policies: Mapping[str, MatchingPolicy]) -> MergeWork:
        """The first authors who were matched since they were last compared with others; no ids where nobody waits."""
        ...

    def save_merges(self, work: MergeWork, found: Sequence[Merge], now: datetime) -> None:
        """Replace the merges of the work's authors and settle who is who, in one transaction."""
        ...


class CustomerBook(Protocol):
    """Customers as imported, with the keys by which authors find them."""

    def save_customers(self, page: Sequence[tuple[Customer, Collection[str]]], import_id: str, now: datetime) -> Saved: ...

    def finish_import(self, import_id: str, now: datetime, *, allow_shrink: bool, retire: bool = True) -> int:
        """Retire the customers that the finished import no longer had; how many.

        Raises:
            ImportRefused: more than half of the customers would be lost and ``allow_shrink`` is not set; nothing is changed.
        """
        ...


class StandingBook(Protocol):
    """Judging reads its pending work and writes standings, case changes and events here, in one transaction a batch."""

    def pending_standings(self, as_of: datetime, fingerprint: str, limit: int) -> Sequence[JudgeJob]: ...

    def save_standings(
        self, done: Sequence[tuple[JudgeJob, Standing | None, Sequence[CaseChange]]], fingerprint: str, now: datetime
    ) -> None: ...


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


RETRY_DEFAULT = timedelta(minutes=15)
"""How long a stream that answered ``RetryLater`` without saying when is left alone at first; doubled with each failure."""
RETRY_LONGEST = timedelta(hours=6)
