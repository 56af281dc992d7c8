"""A process that is killed in the middle of a step loses nothing and doubles nothing: a real process, a real SIGKILL."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from listener.core.identities import Merge
from storage.metadata import metadata
from storage.store import Store, open_store
from tests.support.heard import (
    NOW,
    PEPPER,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    sqlite_url,
    understand,
)

STEPS = ("hear", "edit", "import", "understand", "identify", "merge", "judge")


def _step(store: Store, step: str) -> None:
    if step == "hear":
        hear(store, *(mention(number, by=f"w{number % 4}") for number in range(10)))
    elif step == "edit":
        hear(store, *(mention(number, f"Edited {number}", by=f"w{number % 4}") for number in range(10)))
    elif step == "import":
        import_customers(store, *(customer(number) for number in range(5)))
    elif step == "understand":
        understand(store)
    elif step == "identify":
        identify(store, {"w1": linked("C1"), "w2": linked("C1")})
    elif step == "merge":
        work = store.merging.pending_merges(100, {})
        store.merging.save_merges(work, [Merge(2, 3, 0.99, True, -14.0, (), "merging", "1")], NOW)
    else:
        judge(store)


def _go(url: str, steps: Sequence[str], die_at: int = 0) -> None:
    """Go through the steps; if asked to, die by SIGKILL just before that statement or commit of theirs."""
    with open_store(url, now=NOW, pepper=PEPPER) as store:
        if die_at:
            _arm(store, die_at)
        for step in steps:
            _step(store, step)


def _arm(store: Store, die_at: int) -> None:
    left = [die_at]

    def count(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "commit"):
        event.listen(store._database.engine, moment, count)


def _killed(url: str, step: str, die_at: int) -> bool:
    """Whether a process of its own that does the step was killed; it may have been done before its time came."""
    child = os.fork()
    if child == 0:  # pragma: no cover - another process, which ends here
        try:
            _go(url, [step], die_at)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _content(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(file)) as database:
        return {table.name: database.execute(f"select * from {table.name}").fetchall() for table in metadata.sorted_tables}


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_step_is_as_if_it_had_not_begun(step: str, tmp_path: Path) -> None:
    _go(sqlite_url(tmp_path / "start.db"), STEPS[: STEPS.index(step)])
    shutil.copy(tmp_path / "start.db", tmp_path / "whole.db")
    _go(f"sqlite:///{tmp_path}/whole.db", [step])
    expected = _content(tmp_path / "whole.db")
    die_at, killed = 1, True
    while killed:
        file = Path(shutil.copy(tmp_path / "start.db", tmp_path / f"killed-{die_at}.db"))
        killed = _killed(f"sqlite:///{file}", step, die_at)
        _go(f"sqlite:///{file}", [step])
        assert _content(file) == expected
        die_at += 2
    assert die_at > 6
