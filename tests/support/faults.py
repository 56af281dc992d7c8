"""Faults on the shipped command: its sample site, its mail server, its folder, and what a fault cost, counted against the truth.

A case looks like this; ``scripts/faults.py`` runs all of them and prints their lines as one table::

    pytestmark = pytest.mark.faults

    def test_the_machine_goes_away_between_collecting_and_storing(stage: Stage) -> None:
        tally = Tally("killed between collect and store")
        stage.spawn("run", fault=Fault("storage.mentions:Mentions.save_page"))
        tally.injected += 1
        tally.recovered(stage.recover())
        stage.count(tally)
        tally.close()

Truth is what the sample serves (mentions), and what an undisturbed run of the same command on the same site sends (messages).
The command is the one beside the interpreter of the tests, or ``$FAULT_COMMAND``: that of an installed wheel, for instance.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

import pytest

from listener.sample.build import write_demo
from listener.sample.server import serving
from tests.support.commands import SCRIPT, Ended, default_signals, finish, start
from tests.support.fault_mails import Fact, promised, repeats, told_again
from tests.support.fault_tally import Tally, Took, children_cpu
from tests.support.postbox import SlowPostbox, free_port, open_for_mail
from tests.support.serving import Feed, configured

DATA = Path(__file__).parents[1] / "data" / "sample_expected.json"
HOOK = Path(__file__).with_name("fault_hook")
COMMAND = Path(os.environ.get("FAULT_COMMAND") or SCRIPT)
TIMES = int(os.environ.get("FAULT_TIMES") or 3)
"""How often a random fault is injected: few for a quick look, 200 for a release (``scripts/faults.py --times 200``)."""
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
"""Debian's libfaketime (package ``faketime``): another clock for a process that knows nothing of it."""

MAIL = """
[[notifiers]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {port}
security = "none"
from = "listener@quillon.example"

[[recipients]]
name = "references"
notifier = "mail"
to = ["ines@quillon.example"]
digest = ["daily"]

[[recipients]]
name = "support"
notifier = "mail"
to = ["tomas@quillon.example"]
digest = []

[alerts]
reach = 1
per_subject = "1m"
"""
"""Two people, told by mail: of everything, and of alerts."""


@dataclass(frozen=True)
class Fault:
    """What the command does to itself, as if from outside, ``when`` a method is called for the ``nth`` time, or ``with WORD``.

    ``at`` is ``module:Class.method``. ``action``: ``kill`` (SIGKILL), ``term`` (SIGTERM), ``hang``, ``abort`` (a crash in C),
    ``memory`` (MemoryError), ``room:30`` (from now on 30 MB more of memory and no more), or ``errno:28`` (an OSError with that
    number).
    """

    at: str
    when: str = "before"
    nth: int | str = 1
    action: str = "kill"

    def env(self) -> dict[str, str]:
        return {"PYTHONPATH": str(HOOK), "FAULT_AT": f"{self.at}|{self.when}|{self.nth}|{self.action}"}


@dataclass
class Stage:
    """A folder with a configuration, the sample's site and a mail server, both real and on loopback."""

    folder: Path
    base_url: str
    box: SlowPostbox
    port: int
    expected: Counter[tuple[str, str]]
    """Of every mention that is served: its source and its id there."""
    promised: frozenset[Fact] = frozenset()
    """What an undisturbed run tells whom, by mail."""
    env: Mapping[str, str] = field(default_factory=dict)
    counted: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "listener.toml"

    @property
    def database(self) -> Path:
        return self.folder / "listener.db"

    def start(
        self,
        *arguments: object,
        env: Mapping[str, str] | None = None,
        fault: Fault | None = None,
        before: Callable[[], None] | None = None,
    ) -> Popen[str]:
        """The command in a process of its own; ``before`` runs in it first: limits, for instance."""

        def prepared() -> None:
            default_signals()
            if before:
                before()

        more = {**self.env, **(fault.env() if fault else {}), **(env or {})}
        return start(*arguments, folder=self.folder, env=more, before=prepared, command=COMMAND)

    def spawn(self, *arguments: object, timeout: float = 400, **options: Any) -> Ended:
        """The command to its end; a time-out kills it and fails the case."""
        process = self.start(*arguments, **options)
        try:
            return finish(process, timeout)
        except TimeoutExpired:
            process.kill()
            raise AssertionError(f"did not end within {timeout} s: {finish(process).said[-2000:]}") from None

    def settle(self, tally: Tally) -> None:
        """Run again after a fault, and once more when the pause of a mail that a kill caught on its way is over; then count."""
        tally.recovered(self.recover())
        if self.rows("select 1 from outbox where state = 'waiting'"):
            tally.recovered(self.recover(env=shifted(timedelta(minutes=2))))
        self.count(tally)

    def recover(self, *arguments: object, runs: int = 1, **options: Any) -> Took:
        """Run again after a fault, ``runs`` times; how long it took. Fails where a run does."""
        began, before = time.monotonic(), children_cpu()
        for _ in range(runs):
            ended = self.spawn(*(arguments or ("run",)), **options)
            assert ended.status == 0, ended.said[-2000:]
        return Took(time.monotonic() - began, children_cpu() - before)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database says, read from outside."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(question).fetchall()

    def heard(self) -> Counter[tuple[str, str]]:
        return Counter((str(source), str(own)) for source, own in self.rows("select source, external_id from mentions"))

    def count(self, tally: Tally) -> None:
        """Add what was lost and doubled, of mentions in the store and of mails at the server."""
        found = self.heard()
        tally.lost += (self.expected - found).total()
        tally.doubled += (found - self.expected).total()
        self.box.settle()
        self._count_mails(tally)

    def _count_mails(self, tally: Tally) -> None:
        mails = list(self.box.accepted)
        tally.messages_lost += len(self.promised - promised(mails))
        tally.doubled_messages += told_again(mails)
        again = repeats(mails)
        tally.repeated += again.total() - self.counted
        tally.most_repeated = max(tally.most_repeated, *again.values(), 0)
        self.counted = again.total()


def shifted(by: timedelta) -> dict[str, str]:
    """The environment of a command whose clock differs by so much from ours; skips the test where that cannot be arranged.

    Only the time of day is changed: what measures how long something takes goes on as it is.
    """
    if FAKETIME is None:
        pytest.skip("needs Debian's package faketime")
    seconds = f"{by.total_seconds():+.0f}"
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME": seconds, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}


def cpu_of(process: Popen[str]) -> float:
    """Seconds of the processor that it has used so far, its ended children not counted; raises OSError when it has ended."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_after(process: Popen[str], cpu: float) -> bool:
    """Kill it when it has used so many seconds of the processor; whether it still lived. So the moment is one of its work, and
    does not depend on who else uses the machine."""
    while process.poll() is None:
        with suppress(OSError, IndexError):  # it may end between the two
            if cpu_of(process) >= cpu:
                process.kill()
                return process.wait() == -signal.SIGKILL
        time.sleep(0.005)
    return False


@contextmanager
def staged(
    folder: Path, *, more: str = "", slow: float = 0.0, env: Mapping[str, str] | None = None, now: datetime | None = None
) -> Iterator[Stage]:
    """A stage of its own: nothing has run in it. ``more`` is added to its ``listener.toml``; ``slow`` is the longest time in
    seconds that the mail server takes for a mail, and once more until it answers; ``now`` is the day that the sample ends at."""
    now = now or datetime.now(UTC)
    box, port = SlowPostbox(seconds=slow), free_port()
    with ExitStack() as stack:
        base_url = stack.enter_context(serving(now))
        stack.enter_context(open_for_mail(box, port))
        config = write_demo(folder, base_url, now)
        config.write_text(config.read_text(encoding="utf-8") + MAIL.format(port=port) + more, encoding="utf-8")
        yield Stage(folder, base_url, box, port, served(), env=env or {})


@contextmanager
def bare(folder: Path, feeds: Sequence[Feed], *, more: str = "") -> Iterator[Stage]:
    """A stage with feeds of the case's own instead of the sample; ``expected`` is for the case to say."""
    box, port = SlowPostbox(), free_port()
    folder.mkdir(parents=True)
    configured(folder, feeds, more=f"{MAIL.format(port=port)}[net]\nper_host_interval = 0\n{more}")
    with open_for_mail(box, port):
        yield Stage(folder, "", box, port, Counter())


def served() -> Counter[tuple[str, str]]:
    """Source and id of every mention that the sample serves, as written down beside the tests."""
    facts = json.loads(DATA.read_text(encoding="utf-8"))
    own = [(post["source"], post["external_id"]) for post in facts["mentions"].values()]
    return Counter([*own, *(("planet-paperwork", copy) for copy in facts["copies"])])


def promises(folder: Path, **options: Any) -> frozenset[Fact]:
    """What an undisturbed run of the command tells whom. Options as those of ``staged``."""
    with staged(folder, **options) as stage:
        stage.recover()
        assert stage.heard() == stage.expected
        stage.box.settle()
        facts = promised(stage.box.accepted)
        assert len(facts) > len({to for to, _ in facts}) > 1, "the sample has news for several people"
        return facts
