"""The process that reads foreign documents, so that one that hangs or swallows memory costs a process and not the run.

    python -m connectors._worker MEGABYTES

Requests come on stdin, answers go to stdout, each as a length (4 bytes, big-endian) and JSON; a request's JSON is followed by the
document's bytes. The process ends when stdin ends or its parent is gone, so nothing outlives a parent that was killed.
"""

from __future__ import annotations

import json
import os
import resource
import select
import struct
import sys
from collections.abc import Callable
from io import RawIOBase
from typing import Any, BinaryIO

from connectors._raw import NotAFeed, to_plain

LENGTH = struct.Struct(">I")
_PARENT_CHECK = 5.0
"""Seconds between looks whether the parent still lives (its end of the pipe may have been inherited by another process)."""


def handle(op: str, body: bytes, content_type: str, url: str) -> dict[str, Any]:
    """The answer to one request: ``{"result": …}``, or ``{"error": reason}`` for a document that is not what it should be."""
    try:
        return {"result": _OPERATIONS[op](body, content_type, url)}
    except NotAFeed as problem:
        return {"error": str(problem)}
    except MemoryError:
        return {"error": "it needs more memory than is allowed", "full": True}
    except Exception as problem:  # a parser's own defect must name the document, not end the run
        return {"error": f"it cannot be read ({type(problem).__name__})"}


def _feed(body: bytes, content_type: str, _url: str) -> dict[str, Any]:
    from connectors._document import read_document

    return to_plain(read_document(body, content_type))


def _article(body: bytes, content_type: str, url: str) -> str | None:
    from connectors._article import article_text

    return article_text(body, content_type, url)


def _links(body: bytes, content_type: str, url: str) -> dict[str, list[str]]:
    from connectors._page_links import page_links

    return page_links(body, content_type, url)


_OPERATIONS: dict[str, Callable[[bytes, str, str], Any]] = {"feed": _feed, "article": _article, "links": _links}


def main() -> None:
    megabytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    # Answers go out on a copy; whatever a library prints goes nowhere, instead of between them.
    with os.fdopen(0, "rb", buffering=0) as requests, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        serve(requests, answers, os.getppid())


def serve(requests: RawIOBase, answers: BinaryIO, parent: int) -> None:
    """Answer until there is nobody left to ask."""
    while _wait(requests, parent):
        head = _read(requests, LENGTH.size)
        if head is None:
            return
        raw = _read(requests, LENGTH.unpack(head)[0])
        request = json.loads(raw or b"{}")
        body = _read(requests, request["size"])
        if body is None:
            return
        answer = handle(request["op"], body, request["type"], request["url"])
        _write(answers, answer)
        if answer.get("full"):
            return


def _wait(requests: RawIOBase, parent: int) -> bool:
    while not select.select([requests], [], [], _PARENT_CHECK)[0]:
        if os.getppid() != parent:
            return False
    return True


def _read(stream: RawIOBase, size: int) -> bytes | None:
    """Exactly ``size`` bytes, or ``None`` at the end of the stream."""
    data = bytearray()
    while len(data) < size:
        chunk = stream.read(min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def _write(stream: BinaryIO, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode("ascii")
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


if __name__ == "__main__":
    main()
