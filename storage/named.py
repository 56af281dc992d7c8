"""The author and the customer whom a command names, or the words that say why there is none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from listener.core.errors import StorageError
from listener.core.plain import one_line
from storage import keys
from storage.tables import authors, customers


def author_row(connection: Connection, author_id: int) -> Any:
    """The author that something is decided about.

    Raises:
        StorageError: there is none.
    """
    row = connection.execute(select(authors).where(authors.c.id == author_id)).first()
    if row is None:
        raise no_author(author_id)
    return row


def no_author(author_id: int) -> StorageError:
    return StorageError(f"There is no author {author_id}; `listener identities review` and `listener mentions show` name them")


def active_row(connection: Connection, contact_id: str) -> Any:
    """The row of a customer whom the CRM has.

    Raises:
        StorageError: it has none of that id, or none any more.
    """
    row = connection.execute(select(customers).where(customers.c.contact_key == keys.contact_key(contact_id))).first()
    if row is None:
        raise StorageError(_no_contact(connection, contact_id))
    if row.retired_at is not None:
        gone = f"{row.retired_at:%Y-%m-%d}"
        raise StorageError(f"That contact is gone from the CRM since {gone}: nobody can be linked to them until they are back")
    return row


def _no_contact(connection: Connection, contact_id: str) -> str:
    """That the CRM has no contact of that id, with the ids that differ from it in case only."""
    alike = select(customers.c.contact_id).where(
        func.lower(customers.c.contact_id) == contact_id.lower(), customers.c.retired_at.is_(None)
    )
    found = sorted(connection.scalars(alike.limit(3)))
    said = f"The CRM has no contact {one_line(contact_id, 80)}"
    if found:
        return f"{said}; did you mean {' or '.join(one_line(each, 80) for each in found)}?"
    return f"{said}; `listener customers list NAME` finds one"
