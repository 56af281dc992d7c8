"""Several processes on one store: each post is heard once, each message sent once, and a killed one's work is another's."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest

from tests.support.fault_mails import Fact, promised
from tests.support.fault_tally import Tally
from tests.support.faults import Stage, staged
from tests.support.serving import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

HEARD = "select count(*) from mentions"


@pytest.fixture
def shared(tmp_path: Path, undisturbed: frozenset[Fact], empty_postgres_url: str) -> Iterator[Stage]:
    """A stage whose store is on PostgreSQL: the command and the questions go there."""
    env = {"LISTENER_STORAGE__URL": empty_postgres_url, "LISTENER_STORAGE__PEPPER": "pepper of the tests"}
    with staged(tmp_path / "stage", env=env) as stage:
        stage.promised = undisturbed
        stage.rows = lambda question: _ask(empty_postgres_url, question)  # type: ignore[method-assign]
        assert stage.spawn("db", "upgrade").status == 0
        yield stage


def _ask(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(question.encode()).fetchall()


def _done(stage: Stage) -> Callable[[], bool]:
    """All is heard and all that was promised has arrived."""

    def look() -> bool:
        return bool(stage.heard() == stage.expected and stage.promised <= promised(list(stage.box.accepted)))

    return look


def _end(processes: list[Popen[str]], tally: Tally) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        out, err = process.communicate(timeout=90)
        tally.check(process.returncode == 0, f"a replica ended with {process.returncode}: {(out + err)[-300:]}")


def test_two_runs_at_once(shared: Stage) -> None:
    """The second finds the first at work, says so, and has nothing to do."""
    tally = Tally("two workers on one source")
    processes = [shared.start("run") for _ in range(2)]
    tally.injected += 1
    ended = [(process.communicate(timeout=300), process.returncode) for process in processes]
    tally.check([status for _, status in ended] == [0, 0], f"they ended with {[status for _, status in ended]}")
    tally.recovered(shared.recover())
    shared.count(tally)
    tally.close()


def test_two_replicas_one_of_which_is_killed(shared: Stage) -> None:
    tally = Tally("two replicas, one killed")
    processes = [shared.start("serve") for _ in range(2)]
    until(lambda: shared.rows(HEARD)[0][0] > 0, 600)  # type: ignore[operator]
    killed = processes.pop(0)
    killed.kill()
    killed.communicate(timeout=60)
    tally.injected += 1
    until(_done(shared), 600)
    _end(processes, tally)
    shared.settle(tally)
    tally.close()


def test_a_second_process_on_sqlite_refuses(stage: Stage) -> None:
    tally = Tally("second process on SQLite")
    first = stage.start("serve")
    until(_serving(stage), 400)
    for command in ("serve", "run"):
        second = stage.spawn(command)
        tally.injected += 1
        tally.check(second.status == 0, f"a second {command} ended with {second.status}: {second.said[-300:]}")
        tally.check(f"process {first.pid}" in second.err, f"a second {command} did not say who is at work")
    until(_done(stage), 600)
    _end([first], tally)
    stage.settle(tally)
    tally.close()


def _serving(stage: Stage) -> Callable[[], object]:
    def look() -> object:
        tables = stage.rows("select 1 from sqlite_master where name = 'mentions'") if stage.database.exists() else []
        return tables and stage.rows("select 1 from mentions limit 1")

    return look
