"""A mail server that is away for six hours, with a pass every 15 minutes: all arrives, none twice, and no flood."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from listener.core.messages import Card, CardItem, Message, MessageKind
from listener.notify._mail import message_id
from listener.notify.email import EmailNotifier, Security, SmtpSettings
from listener.sending import send
from storage.store import open_store
from tests.support.heard import HOUR, NOW, PEPPER, sqlite_url
from tests.support.outbox import entries
from tests.support.postbox import SlowPostbox, free_port, open_for_mail

QUARTER = timedelta(minutes=15)
PEOPLE = ("ines@quillon.example", "tomas@quillon.example")


def made(kind: MessageKind, number: int, to: str) -> Message:
    name = f"{kind.value} {number} for {to.partition('@')[0]}"
    card = Card(name, items=(CardItem(name, (("Why", "three complaints"),), step="Call soon."),), tone="urgent")
    at = NOW + number * QUARTER
    return Message(f"{kind.value}:{number}:mail:{to}", "mail", to, name, f"{name}.\n", "<p>x</p>", at, kind=kind, card=card)


def test_six_hours_without_a_mail_server(tmp_path: Path) -> None:
    port, box = free_port(), SlowPostbox()
    mail = EmailNotifier(SmtpSettings("127.0.0.1", port, "listener@quillon.example", Security.NONE, seconds=5), lambda: NOW)
    put: list[Message] = []
    mails_of_pass: list[int] = []
    with open_store(sqlite_url(tmp_path / "store.db"), now=NOW, pepper=PEPPER) as store, ExitStack() as stack:
        for number in range(4 * 8):
            now = NOW + number * QUARTER
            if now == NOW + 6 * HOUR:
                stack.enter_context(open_for_mail(box, port))
            new = [made(MessageKind.ALERT, number, to) for to in PEOPLE if (number + len(to)) % 2 == 0]
            if number in {2, 20}:
                new += [made(MessageKind.DIGEST, number, to) for to in PEOPLE]
            store.outbox.put(new)
            put += new
            before = len(box.accepted)
            send(store.outbox, {"mail": mail}, now)
            mails_of_pass.append(len(box.accepted) - before)
        states = Counter(entry.state.value for entry in entries(store))

    back = next(number for number, count in enumerate(mails_of_pass) if count)
    assert 4 * 6 <= back <= 4 * 7, "an hour after its return at the latest"
    assert mails_of_pass[back] <= 6, "two bundles and four digests: no flood"
    assert sum(mails_of_pass) == len(box.accepted) < len(put) / 2

    copies = Counter(str(one["Message-ID"]) for one in box.accepted)
    assert set(copies.values()) == {1}
    assert states["waiting"] == 0
    assert states["sent"] == len(box.accepted)
    assert states["sent"] + states["bundled"] - sum("waited" in one["Subject"] for one in box.accepted) == len(put)

    for to in PEOPLE:
        mine = [one for one in box.accepted if one["To"] == to]
        subjects = [str(one["Subject"]) for one in mine]
        wanted = [one.subject for one in put if one.recipient == to]
        text = "\n".join(f"{one.get_body(('plain',)).get_content()}" for one in mine)  # type: ignore[union-attr]
        assert [len(re.findall(rf"^{re.escape(subject)}\.\s*$", text, re.MULTILINE)) for subject in wanted] == [1] * len(wanted)
        assert sum("alerts waited while they could not be sent" in subject for subject in subjects) == 1
        digests = [one.subject for one in put if one.recipient == to and one.kind is MessageKind.DIGEST]
        assert [subject for subject in subjects if "digest" in subject] == digests, "each day's, the older first"
    assert message_id(put[0].dedup_key, "quillon.example") not in copies, "it was told in the bundle"
