"""The store: one database, opened and checked, with an object for each step of the pipeline and for each need of people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from listener.core.brand import OPEN_WEB, MatchingPolicy
from listener.core.errors import StorageError
from storage import schema
from storage.admin import Admin
from storage.alerts import Alerts
from storage.analyses import Analyses
from storage.attention import Attention, attention
from storage.cases import Cases
from storage.correcting import Corrections
from storage.customer_pairs import CustomerPairs
from storage.customers import Customers
from storage.database import Database
from storage.digests import Digests
from storage.employments import Employments
from storage.identities import Identities
from storage.import_preview import ImportPreview
from storage.incidents import Incidents
from storage.jobs import Jobs
from storage.keys import Pepper
from storage.ledger import Ledgers
from storage.match_models import MatchModels
from storage.matches import Matches
from storage.mentions import Mentions
from storage.merging import Merging
from storage.outbox import Outbox
from storage.outdated import Outdated
from storage.persons import Selector
from storage.policies import Policies
from storage.privacy import Erased, Privacy
from storage.rechecks import Rechecks
from storage.repeated import Repeated
from storage.retention import Pruned, Retention
from storage.runs import Runs
from storage.spikes import Spikes
from storage.spreading import Spreading
from storage.standings import Standings
from storage.tables import meta
from storage.tombstones import Tombstones
from storage.trends import Trends

__all__ = ["Erased", "Pruned", "Retention", "Selector", "Store", "open_store"]

BUSY = timedelta(seconds=10)
"""How long a statement waits for another writer."""


class Store:
    """Everything that is kept. Close it, or use it as a context manager."""

    def __init__(
        self, database: Database, admin: Admin, pepper: Pepper, policies: Mapping[str, MatchingPolicy], now: datetime
    ) -> None:
        database.use_pepper(pepper)
        tombstones = Tombstones(database, pepper)
        terms = Policies(policies)
        database.policies = terms
        self._database = database
        self.admin = admin
        self.mentions = Mentions(database, tombstones, terms, now)
        self.analyses = Analyses(database, terms)
        self.corrections = Corrections(database, self.analyses, terms)
        self.outdated = Outdated(database, terms)
        self.matches = Matches(database, pepper)
        self.match_models = MatchModels(database)
        self.identities = Identities(database, terms)
        self.merging = Merging(database)
        self.customers = Customers(database, tombstones, pepper)
        self.customer_pairs = CustomerPairs(database)
        self.employments = Employments(database)
        self.import_preview = ImportPreview(database, tombstones)
        self.standings = Standings(database)
        self.cases = Cases(database, terms)
        self.digests = Digests(database, terms)
        self.trends = Trends(database)
        self.outbox = Outbox(database, now)
        self.runs = Runs(database, now)
        self.ledgers = Ledgers(database)
        self.incidents = Incidents(database)
        self.alerts = Alerts(database, terms)
        self.spikes = Spikes(database, terms)
        self.spreading = Spreading(database, terms)
        self.repeated = Repeated(database, terms)
        self.jobs = Jobs(database)
        self.rechecks = Rechecks(database, terms)
        self.privacy = Privacy(database, tombstones, terms)

    def attention(self, now: datetime) -> Attention:
        """What waits for somebody, in numbers."""
        return attention(self._database, now)

    @property
    def shown(self) -> str:
        """The database's address without its password."""
        return self._database.shown

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database."""
        return self._database.path

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it at once, as on PostgreSQL."""
        return not self._database.is_sqlite

    def close(self) -> None:
        self.jobs.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_store(
    url: str,
    *,
    now: datetime,
    pepper: str | None = None,
    upgrade: bool = False,
    policies: Mapping[str, MatchingPolicy] | None = None,
    busy: timedelta = BUSY,
    throwaway: bool = False,
) -> Store:
    """Open the database at ``url`` (``sqlite:///file.db``, ``sqlite://`` for one in memory, ``postgresql://…``).

    An empty database gets its tables. An older SQLite database is copied and migrated; an older PostgreSQL one only with
    ``upgrade``. ``pepper`` is the secret of the keyed hashes; without one, the database makes and keeps its own. ``policies``
    are those of the configured sources by name: mentions under any other, but ``open-web``, are not quoted. A ``throwaway`` is a
    new SQLite file that is deleted after use: it is written fast, and worth nothing once its process was interrupted.

    Raises:
        SchemaMismatch: the schema is older and may not be migrated, newer than this program, or of something else.
        StorageError: the database cannot be reached, read or written, or was made with another pepper.
    """
    database = Database(url, busy, throwaway=throwaway)
    try:
        if throwaway:
            schema.create(database)
        upgraded = schema.prepare(database, now, upgrade=upgrade)
        return Store(
            database, Admin(database, upgraded), _pepper(database, pepper), {OPEN_WEB.name: OPEN_WEB, **(policies or {})}, now
        )
    except BaseException:
        database.close()
        raise


def _pepper(database: Database, given: str | None) -> Pepper:
    """The pepper given, or the database's own; checked against the one that the stored hashes were made with."""
    with database.read() as connection:
        kept = {row.name: row.value for row in connection.execute(select(meta))}
    if "pepper_check" not in kept:
        own = given or secrets.token_hex(32)
        values = {"pepper_check": Pepper(own).hash("check", ""), **({} if given else {"pepper": own})}
        with database.write() as connection:
            database.add(connection, meta, [{"name": name, "value": value} for name, value in sorted(values.items())])
        return _pepper(database, given)  # what is in the database now: another process may have been first
    pepper = Pepper(given or kept.get("pepper", ""))
    if pepper.hash("check", "") != kept["pepper_check"]:
        made = "its own" if "pepper" in kept else "another configured"
        raise StorageError(
            f"{database.name} was made with {made} pepper, so this one would find no customer; configure that one"
            if given
            else f"{database.name} was made with a configured pepper; configure the same one"
        )
    return pepper
