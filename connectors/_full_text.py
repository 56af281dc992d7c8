"""The full text of posts whose feed carries only an excerpt, from their pages: each page once, a bounded number a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import structlog

from connectors._discovery import ACCEPT_PAGE
from connectors._entries import Item
from connectors._workers import shared_workers
from listener.core.connector import Door
from listener.core.errors import RetryLater, SourceError
from listener.core.mention import Json, Markup, Mention, content_hash, digest
from listener.net.urls import shown

_TAG = re.compile(r"<[^<>]*>")
_CUT = re.compile(
    r"(\[\s*(…|\.\.\.|&hellip;|&#8230;|&#x2026;)\s*\]|(…|\.\.\.|&hellip;|&#8230;)\s*$"
    r"|continue reading|read more|weiterlesen|lire la suite|leer más)",
    re.IGNORECASE,
)
_TAIL = 400
_SHORT_SUMMARY = 1500
"""A summary (not content) shorter than this, in characters, is taken for an excerpt."""
MOST_SEEN = 1000

_log = structlog.get_logger()


@dataclass(slots=True)
class FullTexts:
    """Fetches what excerpts leave out.

    ``seen`` maps an entry (digest of its id) to its words in the feed (their hash): its page was dealt with, and is not fetched
    again unless the feed's words change. ``left`` is how many pages may still be fetched.
    """

    door: Door
    hosts: frozenset[str]
    private: bool
    left: int
    seen: Mapping[str, Json]
    done: dict[str, Json] = field(default_factory=dict)
    complete: bool = True
    """False once a page had to be left for the next run: the limit was reached, or the site asked to come back later."""

    def fill(self, items: Sequence[Item]) -> list[Mention]:
        """The mentions to hand over: with the full text where it could be had; those dealt with in an earlier run are left out,
        because the feed would overwrite their full text with the excerpt again."""
        mentions = []
        for item in items:
            key, words = digest("seen", item.mention.external_id)[:12], content_hash(item.mention)[:12]
            if self.seen.get(key) == words:
                self.done[key] = words
                continue
            mention, dealt_with = self._filled(item)
            if dealt_with:
                self.done[key] = words
            mentions.append(mention)
        return mentions

    def remembered(self) -> dict[str, Json]:
        """What was dealt with, this feed's entries first, a bounded number."""
        merged = {**self.done, **{key: words for key, words in self.seen.items() if key not in self.done}}
        return dict(list(merged.items())[: max(MOST_SEEN, len(self.done))])

    def _filled(self, item: Item) -> tuple[Mention, bool]:
        """The mention, and whether its page need not be asked for again."""
        mention = item.mention
        if mention.url is None or not is_excerpt(item) or not self._is_ours(mention.url):
            return mention, False
        if self.left <= 0:
            self.complete = False
            return mention, False
        self.left -= 1
        try:
            text = self._article(mention.url)
        except RetryLater as problem:
            # The same host serves the next page: leave them all for the next run.
            self.left, self.complete = 0, False
            _note(mention.url, problem)
            return mention, False
        except SourceError as problem:
            _note(mention.url, problem)
            return mention, True
        if text is None or len(text) <= len(_plain(mention)):
            return mention, True
        return replace(mention, text=text, markup=Markup.PLAIN), True

    def _article(self, url: str) -> str | None:
        answer = self.door.get(url, accept=ACCEPT_PAGE, private=self.private)
        text: str | None = shared_workers().read("article", answer.body, answer.content_type, answer.url)
        return text

    def _is_ours(self, url: str) -> bool:
        """Whether the page belongs to the site: a link to somebody else's article must not put their words into our author's
        mouth."""
        host = bare_host(url)
        return any(host == own or host.endswith(f".{own}") or own.endswith(f".{host}") for own in self.hosts)


def is_excerpt(item: Item) -> bool:
    """Whether the feed gives only the beginning: no text, marks of a cut at its end, or a short summary without content."""
    text = _plain(item.mention)
    if not text or _CUT.search(text[-_TAIL:]):
        return True
    return not item.entry.full and len(text) < _SHORT_SUMMARY


def bare_host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _plain(mention: Mention) -> str:
    text = mention.text if mention.markup is Markup.PLAIN else _TAG.sub(" ", mention.text)
    return " ".join(text.split())


def _note(url: str, problem: SourceError) -> None:
    _log.info("a post keeps its excerpt", action="blog_excerpt_kept", page=shown(url), reason=problem.reason)
