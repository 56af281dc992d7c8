"""From the configuration and the outbox of a real store to four chats on loopback, one of which is down at first."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from config.loader import load
from listener.core.messages import Message
from listener.notifiers import build_notifiers
from listener.sending import send
from storage.store import open_store
from tests.support.hooks import Hook, hook, said
from tests.support.notifying import CARD, NOW, message

SECRET = "the secret of the webhook"
OK = {"slack": said(200, "ok"), "teams": said(202), "discord": said(200, {"id": "1"}), "webhook": said(204)}


def configuration(folder: Path, hooks: dict[str, Hook]) -> tuple[Path, dict[str, str]]:
    """The file, and the environment that holds the secrets."""
    tables = ['[[brands]]\nname = "Quillon"\n']
    tables += [f'[[notifiers]]\nname = "{kind}"\nkind = "{kind}"\nprivate = true\n' for kind in hooks]
    path = folder / "listener.toml"
    path.write_text("".join(tables), encoding="utf-8")
    env = {f"LISTENER_NOTIFIERS__{kind.upper()}__URL": receiver.url for kind, receiver in hooks.items()}
    return path, {**env, "LISTENER_NOTIFIERS__WEBHOOK__SECRET": SECRET}


def messages(number: int, kinds: list[str]) -> list[Message]:
    return [
        message(
            number, channel=kind, dedup_key=f"digest:all:2026-11-{number}:{kind}", card=replace(CARD, title=f"Digest {number}")
        )
        for kind in kinds
    ]


def test_each_chat_gets_each_message_once_though_one_was_down_and_the_process_ended(tmp_path: Path) -> None:
    with ExitStack() as stack:
        hooks = {kind: stack.enter_context(hook()) for kind in OK}
        for kind, receiver in hooks.items():
            receiver.answer(OK[kind])
        hooks["teams"].answer(said(503, "later", Retry_After="90"), OK["teams"])
        path, env = configuration(tmp_path, hooks)
        database = f"sqlite:///{tmp_path}/listener.db"

        with open_store(database, now=NOW, pepper="pepper of the tests") as store:
            store.outbox.put([*messages(1, list(hooks)), *messages(2, list(hooks))])
            assert send(store.outbox, build_notifiers(load(path, env), lambda: NOW), NOW) == (6, 2)
            assert len(hooks["teams"].seen) == 1, "who is down is asked once, whatever waits"

        later = NOW + timedelta(minutes=2)
        with open_store(database, now=later, pepper="pepper of the tests") as store:  # another process
            assert send(store.outbox, build_notifiers(load(path, env), lambda: later), later) == (2, 0)
            assert send(store.outbox, build_notifiers(load(path, env), lambda: later), later) == (0, 0)

        for kind, receiver in hooks.items():
            bodies = [request.body.decode() for request in receiver.seen][-2:]
            assert len(receiver.seen) == (3 if kind == "teams" else 2)
            assert [f"Digest {number}" in body for number, body in enumerate(bodies, 1)] == [True, True]
            assert not any(part in body for body in bodies for part in (SECRET, "T0SECRET"))
        assert json.loads(hooks["webhook"].seen[0].body)["card"]["items"][0]["facts"][0][0] == CARD.items[0].facts[0][0]
