"""Messages on standard error: for a container whose log is read, and for a look without any account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from listener.core.messages import Delivery, Message
from listener.core.plain import one_line, visible

_SPACES = re.compile(r"( +)")


@dataclass(frozen=True, slots=True)
class ConsoleNotifier:
    """Writes the text of each message in a frame, so that it stands apart from the log."""

    stream: TextIO

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        for message in messages:
            yield self._write(message)

    def _write(self, message: Message) -> Delivery:
        framed = "\n".join(_lines(message)) + "\n"
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        try:
            self.stream.write(framed.encode(encoding, "replace").decode(encoding))  # in one piece: other threads log, too
            self.stream.flush()
        except (OSError, ValueError) as problem:  # the second: it was closed
            return Delivery(ok=False, detail=f"standard error cannot be written ({type(problem).__name__})", down=True)
        return Delivery(ok=True, detail="written to standard error")


def _lines(message: Message) -> Iterator[str]:
    to = "" if message.recipient in {"", "digest"} else f" for {one_line(message.recipient, 80)}"
    yield f"┌── {message.kind.value}{to}: {one_line(message.subject, 200)}"
    for line in message.text.rstrip("\n").split("\n"):
        yield f"│ {_plain(line)}".rstrip()
    yield "└──"


def _plain(line: str) -> str:
    """The line without what could steer a terminal; its columns stay."""
    return "".join(part if part.startswith(" ") else visible(part) for part in _SPACES.split(line))
