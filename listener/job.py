"""One whole pass: the scheduled job, from the sources to the people; and its parts, which the scheduler runs each on its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from listener import pipeline
from listener.alerting import alert_people
from listener.cleaning import CAREFUL_FOR
from listener.collecting import Stream
from listener.core import terms
from listener.core.connector import ConnectorContext, Door
from listener.core.errors import ConfigError
from listener.core.times import midnight
from listener.customer_import import Imported, import_configured_customers, keep_keys
from listener.metrics import leave_metrics
from listener.pipeline import Collected, Progress, silent
from listener.recalling import take_back
from listener.rechecking import Rechecked, recheck
from listener.sources import Source
from listener.tell import Rewritten, Told
from listener.telling import ever_heard, rewrite_told, tell_people
from listener.wiring import App

if TYPE_CHECKING:
    from storage.store import Pruned, Retention, Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Heard:
    """What listening brought. ``skipped`` names what was not asked, each with its reason."""

    collected: Collected = field(default_factory=Collected)
    rechecked: tuple[Rechecked, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Worked:
    """What was made of what was heard."""

    customers: Imported | None = None
    understood: int = 0
    identified: int = 0
    judged: int = 0
    rescored: int = 0
    """Of what was understood: what had been understood before, by another engine or other rules."""


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did."""

    run_id: int
    heard: Heard = field(default_factory=Heard)
    made: Worked = field(default_factory=Worked)
    told: Told = field(default_factory=Told)
    alerts: int = 0
    """That were opened and told."""
    defects: Sequence[str] = ()
    """What failed in a way that it should not, each a few words; all else was done."""

    @property
    def worked(self) -> bool:
        """Whether the run as a whole worked: it did not where everything that was asked failed."""
        return not self.heard.collected.all_failed

    def counts(self) -> dict[str, int]:
        """The figures of the run log."""
        saved = self.heard.collected.saved
        return {
            "new": saved.new,
            "changed": saved.changed,
            "duplicates": saved.duplicates,
            "removed": sum(each.gone for each in self.heard.rechecked),
            "understood": self.made.understood,
            "identified": self.made.identified,
            "judged": self.made.judged,
            "digests": self.told.digests,
            "sent": self.told.sent,
            "failed": self.told.failed,
        }


def source_job(name: str) -> str:
    """By what name processes that share a store agree on who listens to a source."""
    return f"source:{name}"


def run_pass(
    app: App,
    store: Store,
    now: datetime,
    *,
    only: Collection[str] = (),
    since: datetime | None = None,
    telling: bool = True,
    progress: Progress = silent,
) -> PassReport:
    """Listen, work on what was heard, watch the sources' health, tell, and tidy up once a day; one run at a time on one store.

    With ``since`` the sources are also asked for older posts, which are history.

    Raises:
        ConfigError: ``only`` names a source that is not configured.
        StoreBusy: another run holds the store.
        StorageError: the database cannot be written.
    """
    chosen = [app.source(name) for name in only] or list(app.sources)
    began = monotonic()
    with store.admin.run_lock():
        run_id = store.runs.begin_run(now)
        try:
            report = _steps(app, store, run_id, chosen, now, since, telling, progress)
        except BaseException as problem:  # a run that is told to end says so in its record, too
            store.runs.end_run(run_id, now, {}, error=type(problem).__name__)
            raise
        store.runs.end_run(run_id, now, report.counts(), error="; ".join(report.defects) or None)
        worked = report.worked and not report.defects
        leave_metrics(app, store, now, worked=worked, counts=report.counts(), seconds=monotonic() - began)
    log.info("A run ended.", action="run_ended", run=run_id, **report.counts())
    return report


def _steps(
    app: App,
    store: Store,
    run_id: int,
    chosen: Sequence[Source],
    now: datetime,
    since: datetime | None,
    telling: bool,
    progress: Progress,
) -> PassReport:
    customers = import_configured_customers(app, store, now)  # first: a watch list is made of their accounts
    with app.open_door() as door, store.jobs.hold([source_job(each.name) for each in chosen]) as held:
        free = [each for each in chosen if source_job(each.name) in held]
        heard = listen(app, store, run_id, free, now, door=door, since=since, progress=progress)
    busy = tuple((each.name, "another process is listening to it now") for each in chosen if source_job(each.name) not in held)
    heard = replace(heard, skipped=(*heard.skipped, *busy))
    made = work(app, store, now, imported=customers, progress=progress)
    if not telling:
        return PassReport(run_id, heard, made)
    defects = alert_people(app, store, now)
    told = tell_people(app, store, now, unheard=not ever_heard(store))
    with store.jobs.claim("retention", midnight(now), now) as due:
        if due:
            tidy(app, store, now)
    return PassReport(run_id, heard, made, told, store.alerts.opened(now), defects)


# ------------------------------------------------------------------------------------------------------------ listen


def listen(
    app: App,
    store: Store,
    run_id: int,
    sources: Sequence[Source],
    now: datetime,
    *,
    door: Door,
    since: datetime | None = None,
    stop: threading.Event | None = None,
    progress: Progress = silent,
) -> Heard:
    """Check again what must be checked again, then collect the sources; the caller holds them (``source_job``)."""
    recut = store.mentions.adopt_policies({source.name: source.policy for source in app.sources}, now)
    if recut:  # terms became stricter: what was delivered as a file follows
        rewrite_told(app, store, recut, now)
    skipped = [(source.name, source.disabled) for source in sources if source.disabled]
    ready = [source for source in sources if not source.disabled]
    context = app.context(door, now)
    contexts = {source.name: app.source_context(context, source, store) for source in ready}
    rechecked = tuple(_recheck(app, store, source, contexts[source.name]) for source in ready if source.spec.recheck)
    streams = [stream for source in ready for stream in _streams(store, source, contexts[source.name], since, skipped)]
    workers = app.settings.net.workers
    clean = app.cleaner(apart=store.runs.died(now - CAREFUL_FOR))
    collected = pipeline.collect(
        streams, store.mentions, store.runs, run_id, clean, now, workers=workers, stop=stop, progress=progress
    )
    return Heard(collected, rechecked, tuple(skipped))


def _recheck(app: App, store: Store, source: Source, context: ConnectorContext) -> Rechecked:
    """Honour deletions before anything is read: what is removed is written out of delivered digests, too."""
    if source.spec.recheck is None or not source.policy.honour_deletion:
        return Rechecked(source.name)
    done = recheck(store.rechecks, source.name, source.spec.recheck(source.options, context), context.now)
    if done.changed:
        rewrite_told(app, store, done.changed, context.now)
    return done


def _streams(
    store: Store, source: Source, context: ConnectorContext, since: datetime | None, skipped: list[tuple[str, str]]
) -> Iterator[Stream]:
    """What is to be fetched now; streams that asked to be left alone until later are skipped, and said so."""
    cursors = store.mentions.cursors(source.name)
    waiting = _resting(store, source, context.now)
    resting = Counter[datetime]()
    try:
        streams = source.streams(context, cursors, store.runs.listened_since(source.name))
        older = source.backfill(context, since, cursors) if since else []
    except ConfigError as problem:  # a list of feeds that cannot be read is this source's failure, not the run's
        streams, older = [source.broken(problem, context.now)], []
    if since and not older:
        skipped.append((f"{source.name}, older posts", "it carries what it carries; it cannot be asked for older posts"))
    mains = [stream.name for stream in streams]
    for main, stream in zip([*mains, *mains], [*streams, *older], strict=False):
        if main in waiting:  # its older posts rest with it
            resting[waiting[main]] += 1
        else:
            yield stream
    if resting:
        skipped.append((source.name, f"left alone until {min(resting).isoformat(timespec='minutes')}"))


def _resting(store: Store, source: Source, now: datetime) -> dict[str, datetime]:
    """Streams that asked to be left alone, and until when. A pause by a cap is not among them where the source itself counts what
    it uses: it looks at the cap again before it asks, so that a cap that was raised counts at once."""
    counts = bool(source.spec.allowances(source.options))
    return {
        state.stream: state.not_before
        for state in store.runs.stream_states(source.name)
        if state.not_before is not None and state.not_before > now and not (counts and state.outcome == "paused")
    }


# -------------------------------------------------------------------------------------------------- work, tell, tidy up


def work(app: App, store: Store, now: datetime, *, imported: Imported | None = None, progress: Progress = silent) -> Worked:
    """Import the customers if their file changed (unless that was done: ``imported``), then understand, identify and judge."""
    customers = imported or import_configured_customers(app, store, now)
    return replace(rework(app, store, now, progress=progress), customers=customers)


def rework(app: App, store: Store, now: datetime, *, progress: Progress = silent) -> Worked:
    """Understand, identify, merge and judge what is due: what is new, and what an engine, rule or correction made outdated."""
    analyzer = app.analyzer(store.corrections.lessons())
    rescored = store.outdated.count(analyzer.fingerprint).outdated
    understood = pipeline.understand(store.analyses, analyzer, now, progress=progress)
    policies = {**terms.BY_NAME, **app.policies}
    keep_keys(store)
    weights = app.fitted(store)
    identified = pipeline.identify(store.matches, store.customers, app.matcher(weights), policies, now, progress=progress)
    pipeline.merge(store.merging, store.customers, app.merger(weights), policies, now, progress=progress)
    return Worked(None, understood, identified, judge_all(app, store, now, progress), rescored)


def judge_all(app: App, store: Store, now: datetime, progress: Progress = silent) -> int:
    """Bring all standings and cases that are due up to date."""
    from listener.judge import judge

    policy = app.settings.judging()
    return pipeline.judge(store.standings, judge, policy, app.judging_fingerprint, now, progress=progress)


def tidy(app: App, store: Store, now: datetime) -> tuple[Pruned, Rewritten]:
    """Retention: take away what is older than it may be, in delivered files of digests and alerts too."""
    done = store.privacy.prune(now, retention(app))
    take_back(store.alerts, app.notifiers, remind=True)
    return done, rewrite_told(app, store, [(each.recipient, each.day) for each in done.told], now)


def retention(app: App) -> Retention:
    """How long what is kept: as configured, and as the sources' terms demand."""
    from storage.store import Retention

    policies = {**terms.BY_NAME, **app.policies}
    days = {policy.name: policy.keep_days for policy in policies.values() if policy.keep_days is not None}
    return Retention(**dict(app.settings.retention), policy_days=days)
