"""Column types that hold the same on SQLite and PostgreSQL, and how a column is classified.

Every text, JSON or binary column says whom it tells something about (``info["personal"]``): an author, a customer, one of our own
staff, or nobody. A test holds that export, erasure and retention reach every column that is about an author or a customer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Column, DateTime, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from listener.core.times import as_utc

Personal = Literal["author", "customer", "staff", "nobody"]

GREATEST = 2**63 - 1
"""The greatest whole number that both databases can hold."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so it is taken off on the way in and put on again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = as_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of strangers: PostgreSQL refuses NUL, and no encoding carries a lone surrogate, so these become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        return storable(value) if value else value


def storable(text: str) -> str:
    """The text as both databases can hold it."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole(number: int | None) -> int | None:
    """The number if both databases can hold it, else the greatest that they can."""
    return None if number is None else max(-GREATEST, min(number, GREATEST))


def text(name: str, personal: Personal, **options: Any) -> Column[Any]:
    """A text column; not nullable unless said so."""
    options.setdefault("nullable", False)
    return Column(name, Words, info={"personal": personal}, **options)


def json(name: str, personal: Personal, **options: Any) -> Column[Any]:
    """A JSON column; ``json`` and not ``jsonb`` on PostgreSQL, which would refuse an escaped NUL."""
    options.setdefault("nullable", False)
    return Column(name, JSON(none_as_null=True), info={"personal": personal}, **options)


def binary(name: str, personal: Personal, **options: Any) -> Column[Any]:
    """A column of bytes; not nullable unless said so."""
    options.setdefault("nullable", False)
    return Column(name, LargeBinary, info={"personal": personal}, **options)
