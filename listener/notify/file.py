"""Messages as files in a folder: for a container job, a mounted volume, or whoever fetches them from there."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from listener.core.messages import Delivery, Message, Picture

_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class FileNotifier:
    """Writes each message as ``.txt``, and as ``.html`` where it has that part.

    The files of a message that is sent again replace those of the first time. ``mode`` is for the files; the folder is made
    if it is missing, for its owner and group only.
    """

    folder: Path
    mode: int = 0o640

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        for message in messages:
            yield self._write(message)

    def _write(self, message: Message) -> Delivery:
        stem = file_stem(message)
        try:
            self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._replace(f"{stem}.txt", message.text)
            if message.html is not None:
                self._replace(f"{stem}.html", with_pictures(message.html, message.pictures))
        except OSError as problem:
            self.remove(message)  # nobody is left with a half of it
            return Delivery(ok=False, detail=f"cannot write into {self.folder}: {problem.strerror or type(problem).__name__}")
        return Delivery(ok=True, detail=f"written to {self.folder / stem}")

    def remove(self, message: Message) -> str | None:
        """Remove the files of a message, where they are there; why that failed, with their name."""
        stem = file_stem(message)
        try:
            for suffix in (".txt", ".html"):
                (self.folder / f"{stem}{suffix}").unlink(missing_ok=True)
        except OSError as problem:
            return f"{stem}: cannot be removed from {self.folder}: {problem.strerror or type(problem).__name__}"
        return None

    def _replace(self, name: str, content: str) -> None:
        """Write beside the target and move over it: a reader sees the old file or the new one, never a part."""
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), self.mode)
                os.fsync(file.fileno())
            os.replace(temporary, self.folder / name)  # noqa: PTH105 - the same call as Path.replace, beside its siblings of os
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def with_pictures(html: str, pictures: Sequence[Picture]) -> str:
    """The HTML with its pictures in it, so that one file is the whole message."""
    for picture in pictures:
        data = f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}"
        html = re.sub(rf"""(\bsrc=["'])cid:{re.escape(picture.name)}(?=["'])""", rf"\g<1>{data}", html)
    return html


def file_stem(message: Message) -> str:
    """What kind of message it is, its day, and eight digits of its key: the same name whenever the message is written.

    Letters, digits and hyphens only, so that no path can be in it. The day is the one that the key names, else the one on which
    the message was made.
    """
    key = message.dedup_key
    named = _DAY.search(key)
    day = named.group() if named else message.created_at.date().isoformat() if message.created_at else "undated"
    return f"{message.kind.value}-{day}-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
