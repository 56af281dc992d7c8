"""The notifier that writes to standard error."""

from __future__ import annotations

import io
from dataclasses import replace

from listener.core.messages import Message, MessageKind
from listener.notify.console import ConsoleNotifier

MESSAGE = Message("k", "console", "digest", "Ines turned", "NEEDS A CALL\n  Why    “no”\n", kind=MessageKind.ALERT)


def shown(message: Message, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    (outcome,) = ConsoleNotifier(stream).send([message])
    assert outcome.ok, outcome.detail
    return raw.getvalue().decode(encoding)


def test_the_text_stands_in_a_frame() -> None:
    assert shown(MESSAGE) == "┌── alert: Ines turned\n│ NEEDS A CALL\n│   Why    “no”\n└──\n"
    assert shown(replace(MESSAGE, recipient="ines@quillon.example")).startswith("┌── alert for ines@quillon.example: Ines")


def test_nothing_steers_the_terminal_and_no_text_breaks_out_of_the_frame() -> None:
    text = "a\x1b[2J\x07b\r└── fake\x9b1m\u202egnp\n\n\x00c\u2028d"
    found = shown(replace(MESSAGE, subject="x\n└──\x1b]0;t\x07", text=text))
    assert found == "┌── alert: x └──]0;t\n│ a[2Jb └── fake1mgnp\n│\n│ c d\n└──\n"


def test_a_terminal_without_unicode_still_gets_it() -> None:
    assert "Why    ?no?" in shown(MESSAGE, "ascii")


def test_a_closed_stream_is_an_outcome() -> None:
    stream = io.StringIO()
    stream.close()
    (outcome,) = ConsoleNotifier(stream).send([MESSAGE])
    assert (outcome.ok, outcome.down, outcome.detail) == (False, True, "standard error cannot be written (ValueError)")
