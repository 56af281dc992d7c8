"""The mails of Google Alerts, taken apart: each reports several results, each with a title, an outlet, a snippet and a link."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from connectors._entries import canonical
from connectors._tidy import line
from listener.net.urls import web_link

SENDER = "googlealerts-noreply@google.com"

_ARTICLE = re.compile(r"https?://schema\.org/Article", re.IGNORECASE)
# Of these neither can be made to look at a character more than a few times; the standard library's parser of HTML can.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,19})((?:\s[^<>]*)?)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'])([a-z]{1,20})\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))""", re.IGNORECASE)
_LINK_LINE = re.compile(r"<(https?://[^<>\s]{1,4000})>")
_HEADING = re.compile(r"^(?:===.*===|[-–—\s]{5,})$")
_MOST_RESULTS = 500
_LONGEST_HTML = 1_000_000
_LONGEST_LINK = 4_000
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    """One page that an alert found."""

    link: str
    title: str
    outlet: str = ""
    snippet: str = ""


def results_of(text: str, html: str) -> list[Result]:
    """The results of an alert's mail, each link once: of its HTML, which marks them, else of its plain text."""
    found = list(_of_html(html)) or list(_of_text(text))
    return list({result.link: result for result in reversed(found[:_MOST_RESULTS])}.values())[::-1]


def unwrapped(link: str) -> str | None:
    """Where a link of such a mail leads, past Google's redirect; ``None`` where that is no web address, or Google's own page."""
    target = web_link("", link) if len(link) <= _LONGEST_LINK else None
    if target is None:
        return None
    parts = urlsplit(target)
    if _is_google(parts.hostname or ""):
        named = parse_qs(parts.query).get("url", parse_qs(parts.query).get("q", []))
        target = web_link("", named[0]) if parts.path == "/url" and named else None
    return canonical(target) if target is not None else None


def _is_google(host: str) -> bool:
    return re.fullmatch(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?", host) is not None


# ------------------------------------------------------------------------------------------------ HTML


@dataclass(slots=True)
class _Row:
    """A row that is marked as an article, as it is read. ``_inside`` is the marked tag that is open, how many of its kind are
    open in it, and what its text is."""

    link: str = ""
    texts: dict[str, list[str]] = field(default_factory=lambda: {"title": [], "outlet": [], "snippet": []})
    _inside: tuple[str, int, str] | None = None
    _outlet: bool = False

    def opens(self, tag: str, given: dict[str, str]) -> None:
        prop = given.get("itemprop", "")
        if self._inside is not None:
            name, same, what = self._inside
            self._inside = (name, same + (tag == name), what)
        elif prop in {"name", "description"}:
            self._inside = (tag, 0, "snippet" if prop == "description" else "outlet" if self._outlet else "title")
        self._outlet = self._outlet or prop == "publisher"
        if prop == "url":
            self.link = self.link or given.get("href", "")

    def closes(self, tag: str) -> None:
        if self._inside is not None and self._inside[0] == tag:
            name, same, what = self._inside
            self._inside = (name, same - 1, what) if same else None

    def says(self, text: str) -> None:
        if self._inside is not None and text:
            self.texts[self._inside[2]].append(text)


def _rows(html: str) -> list[_Row]:
    """The marked rows. A stream of tags, not a tree: depth costs nothing."""
    rows: list[_Row] = []
    end = 0
    for found in _TAG.finditer(html):
        tag = found[2].lower()
        if rows:
            rows[-1].says(html[end : found.start()])
        end = found.end()
        if found[1]:
            if rows:
                rows[-1].closes(tag)
            continue
        given = {one[1].lower(): _unescaped(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(found[3])}
        if _ARTICLE.fullmatch(given.get("itemtype", "").strip()):
            rows.append(_Row())
        elif rows:
            rows[-1].opens(tag, given)
    return rows


def _unescaped(text: str) -> str:
    try:
        return entities.unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def _of_html(html: str) -> Iterator[Result]:
    if "schema.org/Article" not in html:
        return
    for row in _rows(html[:_LONGEST_HTML]):
        link, title = unwrapped(row.link), _joined(row.texts["title"])
        if link and title:
            yield Result(link, title, _joined(row.texts["outlet"]), _joined(row.texts["snippet"]))


def _joined(pieces: Iterable[str]) -> str:
    return line(_unescaped("".join(pieces)[:_LONGEST_TEXT]))


# ------------------------------------------------------------------------------------------------ plain text


def _of_text(text: str) -> Iterator[Result]:
    """Each result is a block of lines (title, outlet, snippet) that ends with its link in angle brackets."""
    begin = 0
    for found in _LINK_LINE.finditer(text):
        block = text[begin : found.start()]
        begin = found.end()
        link = unwrapped(found[1])
        lines = [one.strip() for one in block.splitlines()]
        headings = [number for number, one in enumerate(lines) if _HEADING.match(one)]
        words = [one for one in lines[headings[-1] + 1 if headings else 0 :] if one]
        if link and words:
            outlet = words[1] if len(words) > 2 else ""
            yield Result(link, line(words[0]), line(outlet, 200), line(" ".join(words[2:] if outlet else words[1:]), 5000))
