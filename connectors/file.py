"""Mentions from files: JSON lines in the format of ``listener preview``, or CSV with a header."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from connectors._rows import mention_of
from connectors._tables import rows
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import BadItem, SourceRejected
from listener.core.mention import Cursor, Json, Mention, Page, Rejected

PAGE_SIZE = 500
_BLOCK = 1 << 20


class Options(BaseModel):
    """Which files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1, description="a file, or a pattern with * and ** that names several")
    platform: str = Field(default="file", min_length=1, description="the platform of rows that name none")


class FileConnector:
    """One file or pattern. The cursor keeps each file's size, time and hash: an unchanged file is not read again.

    Ids are unique within the pattern (its text is the origin), so that an export in several parts is one source.
    """

    def __init__(self, options: Options, context: ConnectorContext) -> None:
        self._options = options
        self._context = context

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        """Up to the context's limit: see ``_all``."""
        return _limited(self._all(cursor), self._context.limit)

    def _all(self, cursor: Cursor) -> Iterator[Page]:
        """The rows of new and changed files; a file that grew is read again, what is known counts once by its id.

        Raises:
            SourceRejected: no file is there, or one cannot be read; those before it are handed over.
            SourceProtocolError: a file is neither JSON lines nor CSV.
        """
        known = cursor.get("files")
        before: Mapping[str, Json] = known if isinstance(known, Mapping) else {}
        paths = self._paths()
        # Files that are gone are forgotten, so the cursor does not grow for ever.
        states = {str(path): before[str(path)] for path in paths if str(path) in before}
        changed = False
        for path in paths:
            state = _state(path, states.get(str(path)))
            old = states.get(str(path))
            done: Cursor = {"files": {**states, str(path): state}}
            if not (isinstance(old, Mapping) and old.get("hash") == state["hash"]):
                changed = True
                yield from self._file(path, {"files": dict(states)}, done)
            states[str(path)] = state
        if not changed:
            yield Page(cursor={"files": states}, unchanged=True)

    def _paths(self) -> list[Path]:
        pattern = str(self._context.folder / self._options.path)
        # A file's own name may hold the characters of a pattern.
        found = [Path(pattern)] if Path(pattern).exists() else _matching(pattern)
        files = sorted(path for path in found if path.is_file())
        if not files:
            raise SourceRejected(f"{self._options.path}: {'it is not a file' if found else 'no such file'}")
        return files

    def _file(self, path: Path, before: Cursor, after: Cursor) -> Iterator[Page]:
        mentions: list[Mention] = []
        rejected: list[Rejected] = []
        try:
            for number, row in rows(path, path.name):
                try:
                    mentions.append(self._mention(row, f"{path.name} row {number}"))
                except BadItem as problem:
                    rejected.append(Rejected(problem.item, problem.reason))
                if len(mentions) + len(rejected) >= PAGE_SIZE:
                    yield Page(tuple(mentions), tuple(rejected), cursor=before)
                    mentions, rejected = [], []
        except OSError as problem:
            raise _unreadable(path, problem) from problem
        yield Page(tuple(mentions), tuple(rejected), cursor=after)

    def _mention(self, row: dict[str, object] | BadItem, item: str) -> Mention:
        if isinstance(row, BadItem):
            raise row
        return mention_of(row, item, platform=self._options.platform, origin=f"file:{self._options.path}")


def _matching(pattern: str) -> list[Path]:
    # Path.glob takes no absolute patterns.
    return [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - see above


def _limited(pages: Iterator[Page], limit: int | None) -> Iterator[Page]:
    """The pages up to the mention that a preview wants last."""
    if limit is None:
        yield from pages
        return
    for page in pages:
        yield replace(page, mentions=page.mentions[:limit])
        limit -= len(page.mentions)
        if limit <= 0:
            return


def _state(path: Path, known: Json) -> dict[str, Json]:
    """Size, time and hash of a file; it is only read where size or time differ from what is known."""
    try:
        facts = path.stat()
        state: dict[str, Json] = {"size": facts.st_size, "mtime": facts.st_mtime_ns}
        if isinstance(known, Mapping) and all(known.get(name) == value for name, value in state.items()):
            return {**state, "hash": known.get("hash")}
        sha = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                sha.update(block)
    except OSError as problem:
        raise _unreadable(path, problem) from problem
    return {**state, "hash": sha.hexdigest()[:32]}


def _unreadable(path: Path, problem: OSError) -> SourceRejected:
    return SourceRejected(f"{path}: it cannot be read ({problem.strerror})")


SPEC = ConnectorSpec(
    kind="file",
    summary="mentions from JSON lines (as preview writes them) or CSV",
    options=Options,
    build=FileConnector,
    platform="file",
)
