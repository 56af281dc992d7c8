"""The text of a bio, made ready to be read: its beginning, addresses turned into words, cut at its punctuation into segments.

Every repetition in a pattern has an end, for a bio is anybody's text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from listener.core.marks import stream_safe
from nlp.identity.domains import host_of, site_domain

LONGEST = 600
"""Characters of a bio that are read; profiles have some 200."""
_CUTS = re.compile(
    r"\s{1,20}[-–—~]{1,20}\s{1,20}|[-–—]{2,}|[|•·;:!?/\n\r\t()\[\]{}\"“”„«»…<>*]+|\.(?=\s|$)|,(?=\s|$)|[^\w\s.,&'’@#+-]+"
)
_ADDRESS = re.compile(
    r"@?[^\s@]{1,64}@(?:[^\s@.]{1,63}\.){1,6}[^\s@.]{1,63}|(?<!\w)\w{1,20}://\S+|www\.\S+"
    r"|(?<![\w-])@?(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?:/\S*)?",
    re.IGNORECASE,
)
"""Mail addresses, links and bare hosts. Every repetition has an end: a bio is anybody's text."""
_SCRIPTS = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+)")
"""Scripts that are written without spaces, or join particles to foreign names."""
_TOKEN = re.compile(r"[@#]?[\w&'’+.-]+|@")
_JOINS = frozenset("-–—|•·/:@>~")
"""Marks that set job title and company beside each other; a comma or a full stop begins something else."""


def fold(token: str) -> str:
    """One token as it is looked up in word lists."""
    return unicodedata.normalize("NFKC", token).casefold().strip(".,'’-+&")


@lru_cache(maxsize=64)
def plain(bio: str) -> str:
    """The beginning of a bio with the addresses' hosts as words, and spaces where the script changes."""
    text = stream_safe(bio[:LONGEST])
    text = _ADDRESS.sub(_host_label, text)
    text = _USED_TO.sub("formerly", text)
    text = _ALUMNI.sub(r"ex \1", text)
    return _SCRIPTS.sub(r" \1 ", text)


_USED_TO = re.compile(
    r"\b(?:used to (?:work|be)|no longer(?: works?| working)?|(?:was|worked|working) until recently)\b", re.IGNORECASE
)
_ALUMNI = re.compile(r"(?<![\w])((?:[A-Z@#][\w&'’-]{0,40}\s{1,5}){1,4})alum(?:n[aius]|nae)?\b")
"""``Acme alum``: the word for a former company can stand behind it."""


def _host_label(address: re.Match[str]) -> str:
    """``https://www.acme.example/jobs`` and ``acme.example`` read as ``@acme``; a mail address says nothing here."""
    if "@" in address[0].lstrip("@"):
        return " "
    host = host_of(address[0].strip(".,;:()[]"))
    return f" @{(site_domain(host) or '').partition('.')[0]} " if host and site_domain(host) else " "


class Segment(NamedTuple):
    """What stands between two cuts, and whether the cut before it joins it to what it follows."""

    tokens: list[str]
    joined: bool


def segments_of(text: str) -> list[Segment]:
    """The segments of a plain text that have words, in order."""
    segments: list[Segment] = []
    end, joined = 0, False
    for cut in _CUTS.finditer(text):
        _add(segments, text[end : cut.start()], joined=joined)
        joined, end = bool(_JOINS.intersection(cut[0])), cut.end()
    _add(segments, text[end:], joined=joined)
    return segments[:24]


def _add(segments: list[Segment], text: str, *, joined: bool) -> None:
    tokens = _TOKEN.findall(text)[:20]
    if tokens:
        segments.append(Segment(tokens, joined))
