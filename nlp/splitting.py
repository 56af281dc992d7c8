"""The sentences of a text by plain string work, thirty times faster than on spaCy's tokens.

For what needs nothing but sentences; where tokens are needed anyway, ``nlp.sentences`` has them too. Measured: both find the same
sentences in 98.6 % of 3,000 tweets and in all but one of 3,000 restaurant reviews.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.sentences import Place, paragraphs

_STOPS = ".!?։؟۔।॥‼‽⁇⁈⁉。！？．｡"
_SURE_STOPS = frozenset(_STOPS) - {"."}
_OTHER_SIGNS = "\"#%&'()*,-/:;@[\\]_{}“”‘’…–—«»¿¡·•"
# A run without white space that has a stop in it. Every character is looked at once or twice, however long the run is.
_RUN = re.compile(rf"(?<!\S)[^\s{_STOPS}]*+[{_STOPS}]\S*+")
_LONE_SIGNS = re.compile(rf"(?:\s+[{re.escape(_STOPS + _OTHER_SIGNS)}]++(?!\S))*+")
_GLUED = re.compile(r"(?<=[a-z])\.(?=[A-Z])|(?<=[^\W\d_])[!?]+(?=[^\W\d_])")
_ONE_LETTER = re.compile(r"(?:^|\W)[^\W\d_]$")
_ABBREVIATIONS = frozenset(
    (
        *("Adm", "Apr", "Aug", "Bros", "Capt", "Co", "Col", "Corp", "Dec", "Dept", "Dr", "Feb", "Gen", "Gov", "Inc", "Jan", "Jr"),
        *("Jul", "Jun", "Lt", "Ltd", "Mar", "Messrs", "Mr", "Mrs", "Ms", "Mt", "No", "Nov", "Oct", "Prof", "Rep", "Rev", "Sen"),
        *("Sep", "Sept", "Sgt", "Sr", "St", "approx", "ca", "cf", "co", "dept", "etc", "incl", "max", "min", "resp", "vs"),
    )
)


def split_sentences(text: str) -> list[Place]:
    """The places of the sentences that say something, without surrounding white space."""
    places = []
    for start, end in paragraphs(text):
        for first, last in _split(text, start, end):
            piece = text[first:last].rstrip()
            said = piece.lstrip()
            if any(c.isalnum() or c > "\u2000" for c in said):
                places.append((first + len(piece) - len(said), first + len(piece)))
    return places


def _split(text: str, start: int, end: int) -> Iterator[Place]:
    for run in _RUN.finditer(text, start, end):
        if run.start() < start - 1:
            continue  # signs that went with the sentence before
        for stop in _stops(run.group()):
            last = run.start() + stop
            if last == run.end():
                found = _LONE_SIGNS.match(text, last, end)
                last = found.end() if found else last
            yield start, last
            start = last
    if start < end:
        yield start, end


def _stops(run: str) -> Iterator[int]:
    """Where sentences end within a run of characters without white space."""
    if "/" not in run and "@" not in run:
        yield from (glued.end() for glued in _GLUED.finditer(run))
    said = run.rstrip(_OTHER_SIGNS)
    words = said.rstrip(_STOPS)
    stops = said[len(words) :]
    if not _SURE_STOPS.isdisjoint(stops) or (stops == "." and not _is_short(words)):
        yield len(run)


def _is_short(words: str) -> bool:
    """Whether a full stop after this marks an abbreviation."""
    return words.lstrip(_OTHER_SIGNS) in _ABBREVIATIONS or _ONE_LETTER.search(words) is not None
