"""Every error of a database driver, as one ``StorageError`` that says what to do.

This is the only place that knows drivers' errors.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from listener.core.errors import StorageError

FULL = "cannot grow because the disk is full; nothing half-written was kept; make room and run again"

_SQLITE = (
    ("locked", "is locked by another program; end that program, or wait for it, and run again"),
    ("readonly", "cannot be written to; let this user write the file, its -wal and -shm, and its folder"),
    (
        "not a database",
        "is not a SQLite database, or is encrypted; check the path, or restore a backup: listener db restore FILE",
    ),
    ("file format", "is damaged, or of a newer SQLite; restore a backup: listener db restore FILE"),
    ("malformed", "is damaged; restore a backup: listener db restore FILE"),
    ("disk is full", FULL),
    ("disk i/o", "cannot be read or written because of a disk error; check the disk and its free space"),
    (
        "unable to open",
        "cannot be opened; check that its folder exists, that it is not read-only, and that this user may write there",
    ),
    ("no such table", "lacks a table; restore a backup: listener db restore FILE"),
    ("no such column", "lacks a column; restore a backup: listener db restore FILE"),
)
"""A part of SQLite's message, and what that means for the person in front of it."""

_POSTGRES = (
    ("08", "is not to be reached; check that the server runs and that the address is right"),
    ("28", "refuses the login; check the user name and the password, in the address or in ~/.pgpass (mode 0600)"),
    ("3D000", "does not exist on that server; create it (CREATE DATABASE …)"),
    ("25006", "is read-only now; connect to the primary server"),
    ("42501", "does not permit this user to do that; grant the rights on the database and its schema"),
    ("42P01", "lacks a table; restore a backup (pg_restore)"),
    ("42703", "lacks a column; restore a backup (pg_restore)"),
    ("53100", FULL),
    ("53", "has no room for another connection or lacks memory; run again later"),
    ("55P03", "is locked by another program; end that program, or wait for it, and run again"),
    ("57P", "is shutting down or starting; run again later"),
    ("XX001", "is damaged; restore a backup (pg_restore)"),
    ("XX002", "is damaged; restore a backup (pg_restore)"),
)
"""The beginning of an SQLSTATE, and what that means; the first that fits counts."""


_AT_LOGIN = (
    ("too many c", "53300"),
    ("connection slots", "53300"),
    ("starting up", "57P03"),
    ("shutting down", "57P03"),
    ("recovery mode", "57P03"),
    ("could not write", "53100"),
)
"""Words of a server that lets nobody in for now, whoever asks, and the SQLSTATE that they stand for."""


@contextmanager
def mapped(database: str) -> Iterator[None]:
    """Turn whatever a driver raises inside into a ``StorageError`` that names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, OverflowError) as error:
        raise StorageError(f"{database} {explain(error)}") from error


def explain(error: Exception) -> str:
    """What happened and what to do, without any stored value (a driver's own detail may quote one)."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        message = str(cause).lower()
        return next((meaning for part, meaning in _SQLITE if part in message), f"could not be used ({cause})")
    if isinstance(cause, psycopg.Error):
        return _postgres(cause)
    if isinstance(cause, OSError):
        return _system(cause)
    return f"could not be used ({type(cause).__name__})"


def _system(cause: OSError) -> str:
    """What the operating system refuses, and of which file: those beside the database (its locks) are no less needed."""
    if cause.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FULL
    where = f"{cause.filename}: " if cause.filename else ""
    return f"could not be used ({where}{cause.strerror or type(cause).__name__})"


def _postgres(cause: psycopg.Error) -> str:
    """By SQLSTATE; a login that fails has none, only the server's words."""
    state = cause.sqlstate or _state_of_login(str(cause).lower())
    reason = cause.diag.message_primary or type(cause).__name__
    return next((meaning for part, meaning in _POSTGRES if state.startswith(part)), f"could not be used ({reason})")


def _state_of_login(message: str) -> str:
    if "database" in message and "does not exist" in message:
        return "3D000"
    if state := next((state for words, state in _AT_LOGIN if words in message), None):
        return state
    return "28000" if "authentication" in message or "password" in message or "role" in message else "08000"
