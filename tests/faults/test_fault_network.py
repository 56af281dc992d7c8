"""Everything that a network can do to a reader, in one run of the command: each source is named with what is wrong, the others go
on, coverage says what was not heard, and when it is over all is heard, and nothing twice.

What a feed itself can do is in ``tests/integration/test_bad_input_feeds.py``; a mail server that is away for six hours, with a
pass every quarter of an hour, in ``tests/integration/test_delivery_outage.py``.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import Ended, finish, start
from tests.support.fault_disk import said_clearly
from tests.support.fault_site import APIS, FEEDS, FaultySite, faulty_site
from tests.support.fault_tally import Tally, Took, children_cpu
from tests.support.faults import COMMAND, shifted

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

SAYS = {
    "limited": "answered 429 Too Many Requests",
    "limited-seconds": "answered 429 Too Many Requests",
    "limited-date": "answered 429 Too Many Requests",
    "broken": "answered 500 Internal Server Error",
    "down": "answered 503 Service Unavailable",
    "silent": "no answer in time",
    "reset": "the connection was lost",
    "drip": "no answer in time",
    "login": "it is a web page, not a feed; give the feed's own address",
    "gone": "answered 410 Gone: it is gone for good; remove the source",
    "loop": "more than 5 redirects",
    "moved-to-login": "it is a web page, not a feed; give the feed's own address",
    "certificate": "the secure connection was refused: the certificate is not valid",
    "token": "it does not accept the token; make a new one (LISTENER_SOURCES__TOKEN__TOKEN)",
    "cut-json": "is no JSON: is this the address of the API?",
    "error-body": "the answer is not the list that was promised",
    "api-login": "answered a web page: is this the address of the API?",
}
LEFT_ALONE = timedelta(minutes=15)
"""How long a source that gave no pause of its own is left alone after its first failure."""
PASSED = timedelta(minutes=16)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FaultySite]:
    with faulty_site() as made:
        made.break_down()
        made.authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        (tmp_path / "listener.toml").write_text(made.configuration(), encoding="utf-8")
        yield made


def run(folder: Path, env: Mapping[str, str] | None = None) -> Ended:
    return shipped("run", "--json", folder=folder, env=env)


def shipped(*arguments: object, folder: Path, env: Mapping[str, str] | None = None) -> Ended:
    return finish(start(*arguments, folder=folder, env=env, command=COMMAND), timeout=300)


def rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        return database.execute(question).fetchall()


def named(tally: Tally, ended: Ended) -> None:
    """The run worked, heard the good source, and named each of the others with what is wrong."""
    tally.check(ended.status == 0, f"the run ended with {ended.status}: {ended.err[-300:]}")
    [report] = ended.lines
    errors = {stream["source"]: stream["error"] or "" for stream in report["streams"]}
    tally.injected += sum(bool(error) for error in errors.values())
    said_clearly(tally, ended.err)
    for source, words in SAYS.items():
        tally.check(words in errors[source], f"{source}: {errors[source]!r} lacks {words!r}")
    tally.check(errors["good"] == "", "the good source was not heard")


def covered(tally: Tally, folder: Path) -> None:
    """The digest that was told says of each source that it was not heard (the last ones are counted), and so does the list."""
    told = json.loads(shipped("digest", "--format", "json", folder=folder).out)
    unheard = {line["source"] for line in told["coverage"] if line["remark"]}
    tally.check(unheard <= set(SAYS), f"coverage names {sorted(unheard - set(SAYS))} wrongly")
    tally.check(len(unheard) + told["coverage_more_gaps"] == len(SAYS), f"coverage names {len(unheard)} sources only")
    listed = {line["source"]: line for line in shipped("sources", "--json", folder=folder).lines}
    for source, words in SAYS.items():
        tally.check(words in (listed[source]["reason"] or ""), f"the list of sources does not say what is wrong with {source}")
    tally.check(listed["good"]["health"] == "ok", "the good source is not well")


def left_alone(tally: Tally, folder: Path, began: datetime) -> None:
    """As long as each asked for, and a quarter of an hour where it did not ask; the others are asked in the next run."""
    found = rows(folder, "SELECT source, not_before FROM stream_states WHERE not_before IS NOT NULL")
    until = {str(source): datetime.fromisoformat(str(moment)).replace(tzinfo=UTC) - began for source, moment in found}
    tally.check(set(until) == {name for name in SAYS if name in WAITED}, f"left alone: {sorted(until)}")
    for name, pause in until.items():
        tally.check(WAITED[name][0] <= pause <= WAITED[name][1], f"{name} is left alone for {pause}")


SOON, QUARTER = (timedelta(), timedelta(minutes=3)), (LEFT_ALONE, LEFT_ALONE + timedelta(minutes=3))
WAITED = {
    **dict.fromkeys(("limited-seconds", "limited-date", "down"), SOON),
    **dict.fromkeys(("limited", "broken", "silent", "reset", "drip"), QUARTER),
}


def test_every_fault_of_a_network_at_once(site: FaultySite, tmp_path: Path) -> None:
    tally = Tally("network: every fault at once")
    afterwards = shifted(PASSED)
    began = datetime.now(UTC)
    named(tally, run(tmp_path))
    left_alone(tally, tmp_path, began)
    covered(tally, tmp_path)

    site.recover()
    before = children_cpu()
    started = datetime.now(UTC)
    ended = run(tmp_path, afterwards)
    tally.recovered(Took((datetime.now(UTC) - started).total_seconds(), children_cpu() - before))
    tally.check(ended.status == 0, f"afterwards the run ended with {ended.status}: {ended.err[-300:]}")
    found = Counter(
        {str(source): int(str(n)) for source, n in rows(tmp_path, "SELECT source, count(*) FROM mentions GROUP BY 1")}
    )
    tally.lost += (Counter(site.expected) - found).total()
    tally.doubled += (found - Counter(site.expected)).total()
    tally.messages_lost += len(rows(tmp_path, "SELECT 1 FROM outbox WHERE state != 'sent'"))
    tally.check(set(SAYS) == {*FEEDS, *APIS, "certificate"}, "every fault has its words")
    tally.close()
