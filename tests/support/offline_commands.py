"""A program: runs commands of ``listener`` one after the other, in this one process, without a network.

Its argument is JSON: a list of lists of arguments. Prints JSON: for each its exit status and standard error, then every name that
Python looked up, every address that it connected to, and how often anything wanted to get out.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout

from tests.support.offline import leave_the_network, tries_to_get_out

LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def work(wanted: list[list[str]]) -> dict[str, object]:
    names: set[str] = set()
    addresses: set[str] = set()

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event in LOOK_UPS:
            names.add(str(given[0]))
        elif event in {"socket.connect", "socket.sendto"}:
            where = given[1]
            addresses.add(str(where[0]) if isinstance(where, tuple) else str(where))

    sys.addaudithook(watch)
    from listener.cli import main

    ended = []
    for arguments in wanted:
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(arguments)
        ended.append({"status": status, "err": err.getvalue()})
    return {"ended": ended, "names": sorted(names), "addresses": sorted(addresses), "out": tries_to_get_out()}


if __name__ == "__main__":
    leave_the_network()
    print(json.dumps(work(json.loads(sys.argv[1]))))  # noqa: T201 - its answer
