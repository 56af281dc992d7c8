"""One whole pass: the scheduled job, from the sources to the people."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from listener import pipeline
from listener.collecting import Stream
from listener.core.brand import OPEN_WEB
from listener.core.errors import ConfigError, ImportRefused, Problem, SourceError
from listener.core.mention import digest
from listener.core.ports import ConnectorContext, Saved
from listener.pipeline import Collected, Progress, silent
from listener.tell import DigestPlan, Told, tell
from listener.wiring import App, Source

if TYPE_CHECKING:
    from storage.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of customers brought; ``rejected`` counts rows by reason."""

    saved: Saved = field(default_factory=Saved)
    retired: int = 0
    rejected: tuple[tuple[str, str], ...] = ()
    """``(row, reason)`` of each row that could not be used."""
    unchanged: bool = False
    """The file is the one that was imported last; nothing was done."""
    refused: str | None = None
    """Why the file could not be imported; the customers are those of the last import."""


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did. ``skipped`` names the sources that were not asked, each with its reason."""

    run_id: int
    collected: Collected = field(default_factory=Collected)
    customers: Imported | None = None
    understood: int = 0
    identified: int = 0
    judged: int = 0
    told: Told = field(default_factory=Told)
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def worked(self) -> bool:
        """Whether the run as a whole worked: it did not where everything that was asked failed."""
        return not self.collected.all_failed

    def counts(self) -> dict[str, int]:
        """The figures of the run log."""
        saved = self.collected.saved
        return {
            "new": saved.new,
            "changed": saved.changed,
            "duplicates": saved.duplicates,
            "understood": self.understood,
            "identified": self.identified,
            "judged": self.judged,
            "digests": self.told.digests,
            "sent": self.told.sent,
            "failed": self.told.failed,
        }


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
    """Collect, understand, identify, judge and tell; one run at a time on one store.

    Raises:
        ConfigError: ``only`` names a source that is not configured.
        StoreBusy: another run holds the store.
        StorageError: the database cannot be written.
    """
    chosen = [app.source(name) for name in only] or list(app.sources)
    with store.admin.run_lock():
        run_id = store.runs.begin_run(now)
        try:
            report = _steps(app, store, run_id, chosen, now, since, telling, progress)
        except BaseException as problem:  # a run that is told to end says so in its record, too
            store.runs.end_run(run_id, now, {}, error=type(problem).__name__)
            raise
        store.runs.end_run(run_id, now, report.counts())
    log.info("A run ended.", action="run_ended", run=run_id, **report.counts())
    return report


def _steps(
    app: App,
    store: Store,
    run_id: int,
    chosen: list[Source],
    now: datetime,
    since: datetime | None,
    telling: bool,
    progress: Progress,
) -> PassReport:
    customers = import_configured_customers(app, store, now)
    skipped = [(source.name, source.disabled) for source in chosen if source.disabled]
    store.mentions.adopt_policies({source.name: source.policy for source in app.sources})
    with app.open_door() as door:
        streams = list(_streams(store, chosen, app.context(door, now, since=since), skipped))
        collected = pipeline.collect(
            streams, store.mentions, store.runs, run_id, app.cleaner(), now, workers=app.settings.net.workers, progress=progress
        )
    understood = pipeline.understand(store.analyses, app.analyzer(), now, progress=progress)
    policies = {OPEN_WEB.name: OPEN_WEB, **app.policies}
    identified = pipeline.identify(store.matches, store.customers, app.matcher(), policies, now, progress=progress)
    judged = judge_all(app, store, now, progress)
    told = Told()
    if telling:
        unheard = collected.all_failed
        told = tell(store.digests, store.outbox, app.notifiers(), app.recipients(), digest_plan(app), now, unheard=unheard)
    return PassReport(run_id, collected, customers, understood, identified, judged, told, tuple(skipped))


def judge_all(app: App, store: Store, now: datetime, progress: Progress = silent) -> int:
    """Bring all standings and cases that are due up to date."""
    from listener.judge import judge

    policy = app.settings.judging()
    return pipeline.judge(store.standings, judge, policy, app.judging_fingerprint, now, progress=progress)


def digest_plan(app: App) -> DigestPlan:
    return DigestPlan({brand.key: brand.name for brand in app.settings.brands()}, app.settings.zone(), app.settings.digest.hour)


def _streams(store: Store, chosen: list[Source], context: ConnectorContext, skipped: list[tuple[str, str]]) -> Iterator[Stream]:
    """What is to be fetched now; streams that asked to be left alone until later are skipped, and said so."""
    for source in chosen:
        if source.disabled:
            continue
        cursors = store.mentions.cursors(source.name)
        waiting = store.runs.not_before(source.name)
        resting = Counter[datetime]()
        try:
            streams = source.streams(context, cursors, store.runs.listened_since(source.name))
        except ConfigError as problem:  # a list of feeds that cannot be read is this source's failure, not the run's
            streams = [source.broken(problem, context.now)]
        for stream in streams:
            until = waiting.get(stream.name)
            if until is not None and until > context.now:
                resting[until] += 1
            else:
                yield stream
        if resting:
            skipped.append((source.name, f"asked to be left alone until {min(resting).isoformat(timespec='minutes')}"))


# ----------------------------------------------------------------------------------------------------- customers


def import_configured_customers(app: App, store: Store, now: datetime) -> Imported | None:
    """Import the configured CRM export if it is another one than last time; ``None`` where none is configured.

    An export that cannot be used costs the run nothing but news of customers, and is reported.
    """
    path = app.customer_file()
    if path is None:
        return None
    try:
        return import_customers(app, store, path, now, only_if_changed=True)
    except (ConfigError, SourceError, ImportRefused) as problem:
        log.info("The customers could not be imported.", action="import_refused", reason=str(problem))
        return Imported(refused=str(problem))


def import_customers(
    app: App, store: Store, path: Path, now: datetime, *, allow_shrink: bool = False, only_if_changed: bool = False
) -> Imported:
    """Import a CRM export; the import's id is the file's own hash, so that an import cut short is simply repeated.

    Raises:
        ConfigError: the file cannot be read, or its header lacks what is needed.
        SourceError: its rows cannot be read.
        ImportRefused: it shrank by more than half and ``allow_shrink`` is not set; nothing was changed.
    """
    from nlp.identity.keys import KEYS_VERSION, customer_keys

    import_id = _file_id(app, path, KEYS_VERSION)
    if only_if_changed and store.customers.last_import() == import_id:
        return Imported(unchanged=True)
    saved = Counter[str]()
    rejected: list[tuple[str, str]] = []
    for page in app.customer_source(path).pages({}):
        result = store.customers.save_customers([(one, customer_keys(one)) for one in page.customers], import_id, now)
        saved.update(new=result.new, changed=result.changed, duplicates=result.duplicates)
        rejected.extend((item.item, item.reason) for item in page.rejected)
    retired = store.customers.finish_import(import_id, now, allow_shrink=allow_shrink, retire=not rejected)
    log.info("Customers were imported.", action="customers_imported", **saved, retired=retired, rejected=len(rejected))
    return Imported(Saved(saved["new"], saved["changed"], saved["duplicates"]), retired, tuple(rejected))


def _file_id(app: App, path: Path, keys_version: str) -> str:
    """Changes with the file's content, with how its columns are read, and with the keys by which customers are found."""
    try:
        with path.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as problem:
        raise ConfigError([Problem(str(path), f"cannot be read ({problem.strerror})", "a CRM export (CSV)")]) from problem
    customers = app.settings.customers
    return digest("import", keys_version, content, repr(sorted(customers.columns.items())), repr(customers.delimiter))
