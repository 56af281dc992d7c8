"""A door that answers from a dictionary, for connectors' tests that need no server; it has the real door's shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import SourceError, SourceRejected

NOW = datetime(2026, 2, 1, tzinfo=UTC)


class ScriptedDoor:
    """``answers`` maps an address to bytes, an ``Answer``, an error to raise, or a function that makes one of these."""

    def __init__(self, answers: dict[str, object] | None = None) -> None:
        self.answers = answers if answers is not None else {}
        self.asked: list[str] = []

    def get(
        self, url: str, *, etag: str | None = None, modified: str | None = None, accept: str = "*/*", private: bool = False
    ) -> Answer:
        self.asked.append(url)
        found = self.answers.get(url, SourceRejected(f"{url}: answered 404 Not Found"))
        if isinstance(found, Callable):
            found = found()
        if isinstance(found, SourceError):
            raise found
        answer = found if isinstance(found, Answer) else Answer(200, url, found.encode() if isinstance(found, str) else found)
        if etag is not None and etag == answer.etag:
            return Answer(304, url, b"", etag=etag)
        return answer


def context(door: object, **more: object) -> ConnectorContext:
    return ConnectorContext(door=door, now=NOW, **more)


def rss(*items: str, head: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        f"<channel><title>x</title><link>https://b.example/</link>{head}{''.join(items)}</channel></rss>"
    )


def item(n: object, text: str = "words", more: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>id-{n}</guid><title>Title {n}</title><link>https://b.example/{n}</link>"
        f"<description>{text}</description>{more}</item>"
    )
