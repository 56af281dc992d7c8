"""Importing the customers: from the configured export, database or CRM, when it is due, or from any export by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import structlog

from listener.core.crm import ColumnUse, HasColumns, why_not_imported
from listener.core.errors import ConfigError, ImportRefused, Problem, SourceError, SourceProtocolError
from listener.core.mention import digest
from listener.core.ports import CustomerSource, Saved
from listener.customer_duplicates import duplicates_of, propose_duplicates
from listener.customer_review import KEPT, ImportReport, Review
from listener.wiring import App

if TYPE_CHECKING:
    from storage.store import Store

log = structlog.get_logger()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
READER_VERSION = "2"
"""Raise it where the same export could be read as other customers: an unchanged one is read anew then."""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


def _silent(step: str, done: int, total: int | None = None) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of customers brought."""

    saved: Saved = field(default_factory=Saved)
    retired: int = 0
    rejected: tuple[tuple[str, str], ...] = ()
    """``(row, reason)`` of rows that could not be used, the first ``KEPT``; ``report`` counts all of them."""
    unchanged: bool = False
    """The file is the one that was imported last, or it is too early to ask again; nothing was done."""
    refused: str | None = None
    """Why the customers could not be imported; those of the last import stay."""
    report: ImportReport | None = None


def import_configured_customers(app: App, store: Store, now: datetime) -> Imported | None:
    """Import the configured customers if they are due; ``None`` where none are configured.

    A source that cannot be used costs the run nothing but news of customers, and is reported.
    """
    keep_keys(store)
    if app.settings.customers.effective_kind is None:
        return None
    try:
        return import_customers(app, store, None, now, only_if_changed=True)
    except (ConfigError, SourceError, ImportRefused) as problem:
        log.info("The customers could not be imported.", action="import_refused", reason=str(problem))
        return Imported(refused=str(problem))


def import_customers(
    app: App,
    store: Store,
    path: Path | None,
    now: datetime,
    *,
    allow_shrink: bool = False,
    only_if_changed: bool = False,
    progress: Progress = _silent,
) -> Imported:
    """Import a CRM export, or without a ``path`` the configured customers.

    The id of an import is the file's own hash, so that one that was cut short is simply repeated; ``only_if_changed`` leaves a
    file alone that was imported last, and asks a database or a CRM only as often as configured.

    Raises:
        ConfigError: the source cannot be read, or lacks what is needed.
        SourceError: its rows cannot be read.
        ImportRefused: more than half of the customers would be lost and ``allow_shrink`` is not set; nothing was changed.
    """
    from nlp.identity.duplicates import stored_keys

    keep_keys(store)
    path = path or app.customer_file()
    import_id = _file_id(app, path) if path else _asked_id(app, now)
    if only_if_changed and _is_fresh(app, store.customers.last_import(), import_id, now):
        if not store.customer_pairs.are_sought():  # the import was killed before the search
            propose_duplicates(store, Review(), now)
        return Imported(unchanged=True)
    source = app.customer_source(path, now=now)
    review = Review()
    new = changed = duplicates = 0
    for page in source.pages({}):
        review.page(
            page.customers,
            page.rejected,
            store.import_preview.known([one.contact_id for one in page.customers]),
            store.import_preview.erased(page.customers),
        )
        saved = store.customers.save_customers([(one, stored_keys(one)) for one in page.customers], import_id, now)
        new, changed, duplicates = new + saved.new, changed + saved.changed, duplicates + saved.duplicates
        progress("Reading", new + changed + duplicates)
    if not review.rows and not allow_shrink and (active := store.customers.count()):
        raise SourceProtocolError(f"{path.name if path else 'customers'}: {no_rows(active)}; nothing was changed")
    links = store.import_preview.links_on_accounts(review.lost_platforms)
    retired = store.customers.finish_import(import_id, now, allow_shrink=allow_shrink, retire=review.complete)
    propose_duplicates(store, review, now, lambda done: progress("Duplicates", done, new + changed))
    report = review.report(_columns(source), gone=retired, links=links)
    log.info(
        "Customers were imported.",
        action="customers_imported",
        new=new,
        changed=changed,
        duplicates=duplicates,
        retired=retired,
        rejected=report.rejected,
        conflicts=sum(report.conflict_counts.values()),
        proposed=report.pair_count,
    )
    return Imported(Saved(new, changed, duplicates), retired, tuple(review.rejected), report=report)


def preview_import(
    app: App, store: Store, path: Path | None, now: datetime, *, allow_shrink: bool = False, progress: Progress = _silent
) -> Imported:
    """What ``import_customers`` would do. Nothing is written: the export goes into a temporary database of its own.

    Raises:
        ConfigError, SourceError: as ``import_customers`` does.
    """
    from nlp.identity.duplicates import stored_keys

    path = path or app.customer_file()
    source = app.customer_source(path, now=now)
    review = Review()
    with _scratch(now) as scratch:
        for page in source.pages({}):
            known = store.import_preview.known([one.contact_id for one in page.customers])
            erased = store.import_preview.erased(page.customers)
            review.page(page.customers, page.rejected, known, erased)
            staying = [(one, stored_keys(one)) for one in page.customers if one.contact_id not in erased]
            scratch.customers.save_customers(staying, "preview", now)
            progress("Reading", review.accepted)
        scratch.customers.finish_import("preview", now, allow_shrink=True)
        gone = 0
        gone_ids: list[str] = []
        for ids in store.import_preview.active() if review.complete else ():
            here = scratch.import_preview.known(ids)
            missing = [contact for contact in ids if contact not in here]
            gone += len(missing)
            gone_ids += missing[: KEPT - len(gone_ids)]
        search = scratch.customer_pairs.search()

        def touched(ids: Collection[str]) -> set[str]:
            here, known = scratch.import_preview.known(ids), store.import_preview.known(ids)
            return {contact for contact, one in here.items() if known.get(contact) != one}

        for every in search.pages():
            theirs = touched([one.contact_id for one in every])
            page_of = [one for one in every if one.contact_id in theirs]
            decided = store.customer_pairs.decided
            duplicates_of(scratch, page_of, review, decided, lambda ids: touched(search.earlier(ids)))
    active = store.customers.count()
    refused = None if allow_shrink else why_not_imported(review.accepted, active, gone)
    if refused and not review.rows:
        refused = no_rows(active)
    links = store.import_preview.links_on_accounts(review.lost_platforms)
    report = review.report(_columns(source), gone=gone, gone_ids=gone_ids, refused=refused, links=links)
    saved = Saved(report.new, report.changed, report.unchanged)
    return Imported(saved, report.gone, tuple(review.rejected), refused=refused, report=report)


def no_rows(active: int) -> str:
    """Why an export with a header and nothing below it is not imported."""
    return f"the export has no rows, where the last import had {active:,} customers"


def keep_keys(store: Store) -> None:
    """See that customers are stored under the keys by which this version looks for them."""
    from nlp.identity.duplicates import PAIR_KEYS_VERSION, stored_keys
    from nlp.identity.keys import KEYS_VERSION

    store.customers.rekey(f"{KEYS_VERSION}.{PAIR_KEYS_VERSION}", stored_keys)


@contextmanager
def _scratch(now: datetime) -> Iterator[Store]:
    """A store that is gone afterwards, in a folder that only this user may read."""
    from storage.store import open_store

    with TemporaryDirectory(prefix="listener-") as folder, open_store(f"sqlite:///{folder}/preview.db", now=now) as store:
        yield store


def _columns(source: CustomerSource) -> tuple[ColumnUse, ...]:
    return tuple(source.columns()) if isinstance(source, HasColumns) else ()


def _file_id(app: App, path: Path) -> str:
    """Changes with the file's content and with how its columns are read."""
    try:
        with path.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as problem:
        got = f"cannot be read ({problem.strerror})"
        raise ConfigError([Problem(str(path), got, "expected: a CRM export (CSV)")]) from problem
    customers = app.settings.customers
    return digest("import", READER_VERSION, content, repr(sorted(customers.columns.items())), repr(customers.delimiter))


def _asked_id(app: App, now: datetime) -> str:
    """What is asked, and when."""
    return f"{digest('asked', READER_VERSION, app.customers_asked)} {now.isoformat()}"


def _is_fresh(app: App, last: str | None, import_id: str, now: datetime) -> bool:
    """Whether the last import was of the same file, or asked the same in this period.

    Periods are those of the calendar: a run at about seven every day must not find that 24 hours are not quite over.
    """
    if last == import_id:
        return True
    asked, _, at = (last or "").rpartition(" ")
    if not asked or asked != import_id.rpartition(" ")[0]:
        return False
    every = app.settings.customers.every
    return (now - _EPOCH) // every == (datetime.fromisoformat(at) - _EPOCH) // every
