"""Rounds in which every sender is killed at a random moment, counted exactly: what was lost, what came twice, and why."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from listener.core.messages import Delivery, Message, MessageKind
from listener.notify._mail import message_id
from storage.store import Store, open_store
from tests.support.heard import NOW, PEPPER, sqlite_url
from tests.support.postbox import SlowPostbox, free_port, open_for_mail

SCRIPT = Path(__file__).with_name("killed_sender.py")
DIGESTS, ALERTS = 40, 20
LIFE = 0.2
"""Seconds that a sender has at most, once it begins."""
AN_HOUR = timedelta(minutes=61)


@dataclass
class Account:
    """What became of all messages of all rounds."""

    kills: int = 0
    idle_kills: int = 0
    """Of these, those after which the sender had finished already: they killed nothing."""
    messages: int = 0
    mails: int = 0
    """Accepted by the server, repeats included."""
    lost: list[str] = field(default_factory=list)
    most_copies: int = 0
    repeats: int = 0
    explained: int = 0
    """Repeats of a mail that the server had accepted, and the sender was killed before it was written down."""
    most_a_kill: int = 0
    """Mails that one kill left between the server and the store."""


def put_round(store: Store, number: int) -> list[str]:
    """Digests of many people, and alerts of two of them that could not be sent before; their subjects."""
    digests = [
        Message(f"digest:{number}:{n}", "mail", f"kim{n}@quillon.example", f"Digest {number}-{n}", "Text", "<p>HTML</p>", NOW)
        for n in range(DIGESTS)
    ]
    alerts = [
        replace(digests[n], dedup_key=f"alert:{number}:{n}", recipient=f"kim{n % 2}@quillon.example", kind=MessageKind.ALERT)
        for n in range(ALERTS)
    ]
    alerts = [replace(one, subject=f"Alert {number}-{n}.") for n, one in enumerate(alerts)]
    store.outbox.put([*digests, *alerts])
    down = Delivery(ok=False, detail="the server is away", retry_after=timedelta(), down=True)
    store.outbox.record([(one, down) for one in alerts], NOW)
    return [one.subject for one in (*digests, *alerts)]


@contextmanager
def senders(url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(SCRIPT), url, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ended(process: subprocess.Popen[str], now: datetime, seconds: float) -> int:
    """How a sender ended that was killed after so long."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{now.isoformat()} {seconds}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def kill_senders(folder: Path, kills: int, seed: int = 0) -> Account:
    """So many kills, while messages come in by sixty at a time; at the end one sender is let live."""
    chance = random.Random(seed)
    account = Account()
    box = SlowPostbox(seconds=0.004, seed=seed)
    port = free_port()
    url = sqlite_url(folder / "store.db")
    subjects: list[str] = []
    explained: Counter[str] = Counter()
    with open_store(url, now=NOW, pepper=PEPPER) as store, open_for_mail(box, port), senders(url, port) as process:
        number, now = 0, NOW
        while account.kills < kills or store.outbox.waiting():
            over = account.kills >= kills
            if not over and len(store.outbox.waiting()) < DIGESTS:
                number += 1
                subjects += put_round(store, number)
            before = len(box.accepted)
            how = ended(process, now, 0 if over else chance.uniform(0.001, LIFE))
            now += AN_HOUR  # what a kill caught waits for a while
            assert how in {0, -9}, how
            account.kills += not over
            account.idle_kills += how == 0 and not over
            box.settle()
            between = {str(mail["Message-ID"]) for mail in box.accepted[before:]} & _waiting_ids(store)
            account.most_a_kill = max(account.most_a_kill, len(between))
            explained.update(between)
    return _closed(account, box, subjects, explained)


def _waiting_ids(store: Store) -> set[str]:
    return {message_id(one.dedup_key, "quillon.example") for one in store.outbox.waiting()}


def _closed(account: Account, box: SlowPostbox, subjects: list[str], explained: Counter[str]) -> Account:
    copies = Counter(str(mail["Message-ID"]) for mail in box.accepted)
    told = "\n".join(f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in box.accepted)  # type: ignore[union-attr]
    lines = {line.strip() for line in told.splitlines()}
    account.messages = len(subjects)
    account.mails = len(box.accepted)
    account.lost = [subject for subject in subjects if not any(line.endswith(subject) for line in lines)]
    account.most_copies = max(copies.values())
    account.repeats = sum(copies.values()) - len(copies)
    account.explained = sum(explained.values())
    assert {key: count - 1 for key, count in copies.items() if count > 1} == dict(explained), "each repeat, and no other"
    return account
