"""Importing the customers: the configured CRM export, when it changed, or any one by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from listener.core.errors import ConfigError, ImportRefused, Problem, SourceError
from listener.core.mention import digest
from listener.core.ports import Saved
from listener.wiring import App

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
