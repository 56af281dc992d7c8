"""JSON lines in: one record a line, each checked; a line that cannot be used is named by its number, and the others go on."""

from __future__ import annotations

import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any, Generic, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from listener.cli.output import note
from listener.core.errors import BadItem

LONGEST_LINE = 16_000_000
"""Bytes: far beyond any post."""
_GZIPPED = b"\x1f\x8b"


def _encodable(value: Any) -> Any:
    """Lone surrogates, which JSON can spell and no encoding can carry, as U+FFFD."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _empty_is_missing(value: Any) -> Any:
    return None if value == "" else value


Words = Annotated[str, BeforeValidator(_encodable)]
Maybe = Annotated[Words | None, BeforeValidator(_empty_is_missing)]
Count = Annotated[int | None, BeforeValidator(_empty_is_missing)]


class Record(BaseModel):
    """A line; further keys are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)


class TextRecord(Record):
    """A line of ``listener analyze``."""

    id: Words | int
    text: Words
    target: Maybe = None


class LabelledRecord(TextRecord):
    """A line of ``listener eval sentiment``: a text with what people said of it."""

    label: Annotated[int, Field(ge=-1, le=1)]
    source: Maybe = None
    language: Maybe = None


class AuthorRecord(Record):
    """A line of ``listener match``; everything but the id may be missing."""

    author_id: Words | int
    platform: Words = ""
    handle: Maybe = None
    display_name: Maybe = None
    bio: Maybe = None
    profile_url: Maybe = None
    links: Annotated[list[Words] | None, BeforeValidator(_empty_is_missing)] = None
    email: Maybe = None
    location: Maybe = None
    followers: Count = None
    following: Count = None
    created_year: Count = None
    verified: Annotated[bool | None, BeforeValidator(_empty_is_missing)] = None


class KnownAuthorRecord(AuthorRecord):
    """A line of ``listener eval match``: an author, and the customer that they are; ``contact_id`` null for none."""

    contact_id: Maybe
    acceptable_ids: Words | list[Words] | None = None
    account: Maybe = None
    kind: Maybe = None


_PLAIN = re.compile(r"must be (a )valid (string|integer|boolean|list)")
"""What the checks say as if it were praise."""
R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Reader(Generic[R]):
    """Reads the records of a stream; ``bad`` counts the lines that could not be used."""

    def __init__(self, model: type[R], stream: Iterable[bytes], name: str = "", *, together: str | None = None) -> None:
        """``name`` is that of the stream, where lines of several are read.

        Lines of which nothing is wrong but ``together`` are not named one by one; their numbers are ``alike``.
        """
        self._model = model
        self._stream = stream
        self._where = f"{name}, " if name else ""
        self._together = together
        self.bad = 0
        self.alike: list[int] = []
        self.good = 0

    def __iter__(self) -> Iterator[R]:
        for number, line in enumerate(self._stream, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.strip():
                continue
            if len(text) > LONGEST_LINE:
                self._refuse(number, "longer than 16 MB")
                continue
            try:
                found = self._model.model_validate(json.loads(text))
            except ValidationError as problem:
                self._refuse(number, _reason(problem))
            except (ValueError, RecursionError):
                self._refuse(number, "not a JSON object on one line, in UTF-8")
            else:
                self.good += 1
                yield found

    def _refuse(self, number: int, reason: str) -> None:
        self.bad += 1
        if reason == self._together:
            self.alike.append(number)
            return
        note(f"Error: {self._where}line {number}: {reason}")


def _reason(problem: ValidationError) -> str:
    """What is wrong, by the names of the fields and never by their values."""
    reasons: dict[str | int, str] = {}
    for error in problem.errors(include_url=False, include_input=False, include_context=False):
        if not error["loc"]:
            return "not a JSON object"
        said = _PLAIN.sub(r"must be \1\2", error["msg"].replace("Input should be", "must be"))
        said = said.replace("must be a integer", "must be an integer")
        reasons.setdefault(error["loc"][0], "missing" if error["type"] == "missing" else said)
    return "; ".join(f"{field}: {reason}" for field, reason in reasons.items())


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """A file's bytes (plain where it is gzipped), or standard input's for ``-``."""
    if path == "-":
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as file:
        if file.peek(2)[:2] == _GZIPPED:
            try:
                with gzip.open(file) as plain:
                    yield cast("IO[bytes]", plain)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise BadItem(path, "the gzipped file is damaged or cut short") from error
        else:
            yield file


def in_batches(items: Iterable[T], size: int, first: int | None = None) -> Iterator[list[T]]:
    """Lists of ``size`` items; the first may be shorter, so that the first answer comes soon."""
    waiting = iter(items)
    if first and (batch := list(islice(waiting, first))):
        yield batch
    while batch := list(islice(waiting, size)):
        yield batch
