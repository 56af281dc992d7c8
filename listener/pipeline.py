"""The pipeline: one function per step, each of which finds its own pending work in the store.

    sources ──pages──> inbox of mentions ──batches──> analyses ──authors──> matches ──people──> standings ──> cases ──> outbox
            collect                      understand            identify, merge      judge                      tell

Every step can be killed at any point and run again: what it writes is keyed, and a batch's results are stored in one
transaction, so that a second run continues where the first ended and adds nothing that is already there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from listener.careful import readings
from listener.collecting import Done, Stream, fetch_all
from listener.core import terms
from listener.core.brand import MatchingPolicy
from listener.core.cases import CaseChange
from listener.core.errors import SourceError, SourcePaused
from listener.core.mention import Cursor, Gap, Markup, Mention, Page, Rejected
from listener.core.policy import JudgingPolicy
from listener.core.ports import (
    AnalysisQueue,
    Analyzer,
    AuthorIndex,
    CustomerIndex,
    Matcher,
    MatchQueue,
    MentionInbox,
    Merger,
    RunLog,
    Saved,
    StandingBook,
    StreamResult,
)
from listener.core.standing import JudgeJob, Standing
from listener.core.times import midnight
from listener.query import document_of

log = structlog.get_logger()

Cleaner = Callable[[str, Markup], str]
Judge = Callable[[JudgeJob, JudgingPolicy, datetime], tuple[Standing | None, tuple[CaseChange, ...]]]


class Progress(Protocol):
    """Told how far a step is; a bar on a terminal, nothing elsewhere."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


def silent(step: str, done: int, total: int | None = None) -> None:
    """The progress of a run that nobody watches."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What collecting brought, stream by stream."""

    results: tuple[StreamResult, ...] = ()

    @property
    def saved(self) -> Saved:
        return Saved(
            new=sum(result.saved.new for result in self.results),
            changed=sum(result.saved.changed for result in self.results),
            duplicates=sum(result.saved.duplicates for result in self.results),
        )

    @property
    def all_failed(self) -> bool:
        """Whether there was something to hear and nothing of it could be heard; a pause is no failure."""
        failures = [result.error is not None for result in self.results if not isinstance(result.error, SourcePaused)]
        return bool(failures) and all(failures)


# ------------------------------------------------------------------------------------------------------- collect


def collect(
    streams: Sequence[Stream],
    inbox: MentionInbox,
    runs: RunLog,
    run_id: int,
    clean: Cleaner,
    now: datetime,
    *,
    workers: int = 8,
    stop: threading.Event | None = None,
    progress: Progress = silent,
) -> Collected:
    """Fetch all streams in threads and store every page with its cursor; this thread alone writes.

    A stream that fails keeps what its earlier pages brought; the other streams go on. Streams that were not fetched to their
    end because of ``stop`` are not reported: what they brought is stored, and the next run continues.
    """
    tallies = {stream.id: _Tally(stream) for stream in streams}
    unchanged: dict[tuple[str, str], tuple[str, str, str, Cursor]] = {}
    ended: list[Stream] = []
    try:
        for stream, arrived in fetch_all(streams, workers, stop):
            tally = tallies[stream.id]
            if isinstance(arrived, Done):
                tally.error = _addressed(arrived.error, stream)
                ended.append(stream)
                progress("collect", len(ended), len(streams))
                continue
            page, unusable = _cleaned(_permitted(arrived, stream.policy), clean)
            page = _wanted(page, stream)
            if page.unchanged and not page.mentions:
                tally.add(page, unusable, Saved())
                unchanged[stream.id] = (stream.source, stream.name, stream.platform, page.cursor)
                if len(unchanged) >= CURSORS_AT_ONCE:
                    inbox.save_cursors(list(unchanged.values()), now)
                    unchanged.clear()
                continue
            unchanged.pop(stream.id, None)  # this page's cursor is further on: the older one must not be written over it
            saved = inbox.save_page(stream.source, stream.name, stream.platform, stream.policy.name, page, now, stream.news_since)
            tally.add(page, unusable, saved)
    finally:
        inbox.save_cursors(list(unchanged.values()), now)
    _log_streams(ended, tallies, runs, run_id, now)
    over = {stream.id for stream in ended}
    return Collected(tuple(tallies[stream.id].result() for stream in streams if stream.id in over))


CURSORS_AT_ONCE = 500
"""Unchanged streams whose cursors are stored together: a crash costs no more than asking them again."""


def _log_streams(
    ended: Sequence[Stream], tallies: Mapping[tuple[str, str], _Tally], runs: RunLog, run_id: int, now: datetime
) -> None:
    by_kind: dict[str, list[StreamResult]] = {}
    for stream in ended:
        result = tallies[stream.id].result()
        if not stream.backfill:
            by_kind.setdefault(stream.kind, []).append(result)
        if result.error is not None:
            log.info("A source could not be heard.", action="stream_failed", source=stream.source, reason=result.error.reason)
    for kind, of_kind in by_kind.items():
        runs.log_streams(run_id, kind, of_kind, now)


def _addressed(error: SourceError | None, stream: Stream) -> SourceError | None:
    """The error with the name of the variable that a person has to set."""
    if error is not None:
        error.reason = error.reason.replace("<NAME>", stream.variable or "<NAME>")
    return error


def _permitted(page: Page, policy: MatchingPolicy) -> Page:
    """The page without posts of a platform of which only counts may be kept, where they stand among others (rows of an export):
    their source must be under that platform's terms."""
    if policy.counts_only:
        return page
    refused = [each for each in page.mentions if terms.of_platform(each.platform, policy).counts_only]
    if not refused:
        return page
    why = 'posts of {0} may only be counted: give them a source of their own with platform = "{0}"'
    rejected = tuple(Rejected("a post", why.format(terms.platform_name(each.platform))) for each in refused)
    kept = tuple(each for each in page.mentions if each not in refused)
    return replace(page, mentions=kept, rejected=(*page.rejected, *rejected))


def _wanted(page: Page, stream: Stream) -> Page:
    """The page without posts that its source's ``only`` does not ask for. What is not known yet matches nothing."""
    if stream.only is None:
        return page
    asked = [(each, stream.only.matches(document_of(each, stream.source))) for each in page.mentions]
    refused = tuple(Rejected("a post", "not what the source's `only` asks for") for _, wanted in asked if not wanted)
    return replace(page, mentions=tuple(each for each, wanted in asked if wanted), rejected=(*page.rejected, *refused))


class _Tally:
    """Counts what one stream brings, until it is done."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.new = self.changed = self.duplicates = self.pages = 0
        self.rejected: Counter[str] = Counter()
        self.unchanged = False
        self.error: SourceError | None = None
        self.gaps: list[Gap] = []
        self.notice: str | None = None
        self.heard_until: datetime | None = None

    def add(self, page: Page, unusable: Iterable[Rejected], saved: Saved) -> None:
        self.pages += 1
        self.new += saved.new
        self.changed += saved.changed
        self.duplicates += saved.duplicates
        self.unchanged = page.unchanged and (self.unchanged or self.pages == 1)
        self.gaps += page.gaps
        self.notice = (page.notice or self.notice or "").replace("<NAME>", self.stream.variable or "<NAME>") or None
        self.heard_until = page.heard_until
        self.rejected.update(item.reason for item in (*page.rejected, *unusable))

    def result(self) -> StreamResult:
        return StreamResult(
            source=self.stream.source,
            stream=self.stream.name,
            saved=Saved(self.new, self.changed, self.duplicates),
            rejected=dict(self.rejected),
            pages=self.pages,
            unchanged=self.unchanged,
            error=self.error,
            gaps=tuple(self.gaps),
            notice=self.notice,
            heard_until=self.heard_until,
        )


def _cleaned(page: Page, clean: Cleaner) -> tuple[Page, list[Rejected]]:
    """The page with plain text only; a mention that cannot be made plain is left out, with the reason."""
    kept: list[Mention] = []
    unusable: list[Rejected] = []
    for number, mention in enumerate(page.mentions, start=1):
        try:
            text = clean(mention.text, mention.markup)
            title = clean(mention.title, Markup.PLAIN) if mention.title else None
        except (ValueError, RecursionError, MemoryError) as problem:
            unusable.append(Rejected(f"entry {number}", f"its text cannot be read ({type(problem).__name__})"))
            continue
        kept.append(replace(mention, text=text, title=title, markup=Markup.PLAIN))
    return replace(page, mentions=tuple(kept)), unusable


# ------------------------------------------------------------------------- understand, identify, judge: batch by batch


def understand(queue: AnalysisQueue, analyzer: Analyzer, now: datetime, *, batch: int = 500, progress: Progress = silent) -> int:
    """Give every mention that has none, or an outdated one, its analysis; how many were done."""
    done = 0
    for part in readings(queue, analyzer, batch):
        queue.save_analyses(part, analyzer.fingerprint, now)
        done += len(part)
        progress("understand", done)
    return done


def identify(
    queue: MatchQueue,
    index: CustomerIndex,
    matcher: Matcher,
    policies: Mapping[str, MatchingPolicy],
    now: datetime,
    *,
    batch: int = 500,
    progress: Progress = silent,
) -> int:
    """Say of every author who speaks about us which customer they are, or that nobody can tell; how many were done."""
    done = 0
    while jobs := queue.pending_matches(matcher.fingerprint, batch, policies):
        queue.save_matches(list(zip(jobs, matcher.match(jobs, index), strict=True)), matcher.fingerprint, now)
        done += len(jobs)
        progress("identify", done)
    return done


def merge(
    index: AuthorIndex,
    customers: CustomerIndex,
    merger: Merger,
    policies: Mapping[str, MatchingPolicy],
    now: datetime,
    *,
    batch: int = 200,
    progress: Progress = silent,
) -> int:
    """Say of every author who was just identified which others are the same person; how many were done."""
    done = 0
    while (work := index.pending_merges(batch, policies)).author_ids:
        index.save_merges(work, merger.merge(work, customers), now)
        done += len(work.author_ids)
        progress("merge", done)
    return done


def judge(
    book: StandingBook,
    decide: Judge,
    policy: JudgingPolicy,
    fingerprint: str,
    now: datetime,
    *,
    batch: int = 200,
    progress: Progress = silent,
) -> int:
    """Bring the standing and the cases of every person with new facts, or with a change by decay, up to date."""
    done = 0
    as_of = midnight(now)
    while jobs := book.pending_standings(as_of, fingerprint, batch):
        book.save_standings([(job, *decide(job, policy, now)) for job in jobs], fingerprint, now)
        done += len(jobs)
        progress("judge", done)
    return done
