"""What all tables are made of: the metadata, ids and references."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""

Key = BigInteger().with_variant(Integer, "sqlite")
"""A blocking key (``Pepper.number``). One of type INTEGER SQLite takes for the number of the row, and needs no index for it."""


def table(name: str, *parts: Column[Any] | Index | UniqueConstraint, rowid: bool = True) -> Table:
    """Without ``rowid`` SQLite keeps the rows in the order of their primary key, which saves it an index of its own."""
    # AUTOINCREMENT, so that the id of an erased row is never given to somebody else.
    numbered = any(p.name == "id" for p in parts if isinstance(p, Column))
    return Table(name, metadata, *parts, sqlite_autoincrement=numbered, sqlite_with_rowid=rowid)


def row_id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def ref(name: str, target: str, **options: bool) -> Column[int]:
    """A reference whose row goes when the row referred to goes."""
    options.setdefault("nullable", False)
    return Column(name, Id, ForeignKey(f"{target}.id", ondelete="CASCADE"), **options)  # type: ignore[arg-type]  # all are bools
