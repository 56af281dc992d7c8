"""The ledger: what each source used of what is counted, by UTC day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import case, func, select

from storage.database import Database
from storage.listening_tables import used
from storage.types import whole


class Ledgers:
    """The ledgers of all sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str, today: date) -> SourceLedger:
        """The ledger of a source; what is charged in this run counts for ``today``, a UTC day."""
        return SourceLedger(self._database, source, today)


class SourceLedger:
    """Implements ``Ledger``; may be used from any thread."""

    def __init__(self, database: Database, source: str, today: date) -> None:
        self._database = database
        self._source = source
        self._today = today.isoformat()

    def charge(self, amounts: Mapping[str, int]) -> None:
        """Add amounts by unit, in a transaction of its own; what is given back never makes a day's use less than nothing."""
        key = {"source": self._source, "day": self._today}
        # In one order, so that of two that charge several units neither waits for the other.
        rows = [{**key, "unit": unit, "amount": whole(amount)} for unit, amount in sorted(amounts.items()) if amount]
        if not rows:
            return
        statement = self._database.insert(used)
        total = used.c.amount + statement.excluded.amount
        statement = statement.on_conflict_do_update(
            index_elements=list(used.primary_key.columns), set_={"amount": case((total < 0, 0), else_=total)}
        )
        with self._database.write(alone=False) as connection:
            self._database.add(connection, used, [{**row, "amount": 0} for row in rows])
            connection.execute(statement, rows)

    def used(self, unit: str, since: date, until: date) -> int:
        """How much of a unit was used from one UTC day to another, both included."""
        query = select(func.coalesce(func.sum(used.c.amount), 0)).where(
            used.c.source == self._source, used.c.unit == unit, used.c.day >= since.isoformat(), used.c.day <= until.isoformat()
        )
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)
