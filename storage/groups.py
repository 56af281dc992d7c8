"""By what customers are grouped, read of a database as it is: for a check, which neither creates nor migrates anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def customer_groups(file: Path) -> tuple[frozenset[str], frozenset[str]] | None:
    """The segments and the owners of the imported customers in a SQLite file, as they are written there.

    ``None`` where nothing can be said: there is no such file, no customer in it, or its schema is another one.
    """
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            if database.execute("SELECT 1 FROM customers LIMIT 1").fetchone() is None:
                return None
            segments = database.execute("SELECT DISTINCT segment FROM customers WHERE segment IS NOT NULL")
            named = frozenset(str(row[0]) for row in segments)
            owners = database.execute("SELECT DISTINCT owner FROM customers WHERE owner IS NOT NULL")
            return named, frozenset(str(row[0]) for row in owners)
    except sqlite3.Error:  # an older schema, or a damaged file: other commands say so
        return None
