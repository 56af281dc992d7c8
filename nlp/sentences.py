"""Paragraphs and sentences with their places in the text, on spaCy's English tokenizer.

spaCy costs half a millisecond a kilobyte, so a text is first cut into paragraphs by plain string work, and only paragraphs that
matter are parsed. Everything parsed lives inside ``zone()``: spaCy would otherwise keep every new word for ever.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LONGEST_PARAGRAPH = 2_000
"""Characters; a longer one is cut at a sentence's end, or else at white space."""

_LINE = re.compile(r"[^\n]+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"”’)\]]*\s")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_SIGNS = 100
_SIGNS = re.compile(rf"(?:[^\w\s]|_){{{_MOST_SIGNS + 1},}}")
_HARD_WRAP = 50  # a line that is shorter was ended by its author, not by a mail program
_OPENING = "#\"'“‘([{"
_CLOSING = '.!?:;…"”)]>'
LOCK = threading.RLock()
"""Held while anything is parsed, and by whoever builds a matcher: spaCy forgets what is built while a memory zone is open."""

Place = tuple[int, int]
"""Start and end of a piece of text, in characters."""


def paragraphs(text: str) -> Iterator[Place]:
    """The places of the text's paragraphs: its lines, wrapped ones joined, none longer than ``LONGEST_PARAGRAPH``."""
    start: int | None = None
    end = 0
    for line in _LINE.finditer(text):
        if start is None:
            start = line.start()
        elif not _is_wrap(text, line):
            yield from _pieces(text, start, end)
            start = line.start()
        end = line.end()
    if start is not None:
        yield from _pieces(text, start, end)


def _is_wrap(text: str, line: re.Match[str]) -> bool:
    """Whether the line only goes on because the one before it was full."""
    before = line.start() - 1
    first = text[line.start()]
    if before < 1 or text[before] != "\n" or text[before - 1] == "\n" or text[before - 1] in _CLOSING or not first.islower():
        return False
    return before - (text.rfind("\n", 0, before) + 1) >= _HARD_WRAP


def _pieces(text: str, start: int, end: int) -> Iterator[Place]:
    while end - start > LONGEST_PARAGRAPH:
        ends = [m.end() for m in _SENTENCE_END.finditer(text, start + LONGEST_PARAGRAPH // 2, start + LONGEST_PARAGRAPH)]
        cut = ends[-1] if ends else text.rfind(" ", start + LONGEST_PARAGRAPH // 2, start + LONGEST_PARAGRAPH) + 1
        cut = cut or start + LONGEST_PARAGRAPH
        yield start, cut
        start = cut
    if text[start:end].strip():
        yield start, end


def english() -> Language:
    """The one tokenizer and sentence splitter; built at first use (a second of import), never at import of this module."""
    with LOCK:
        return _build_english()


@cache
def _build_english() -> Language:
    _import_spacy()
    from spacy.lang.en import English

    class Defaults(English.Defaults):  # type: ignore[valid-type, misc] # spaCy keeps the class in a variable
        # Names are also glued by these ("Quillon+Brimtel", "great!!!Quillon"); addresses are matched before infixes are asked.
        infixes = [*(English.Defaults.infixes or ()), r"(?<=[^\W\d])[+&=|\\~^!?,;]+(?=\w)"]  # noqa: RUF012 - as spaCy has it

    class OurEnglish(English):  # type: ignore[no-untyped-call] # spaCy's hook for subclasses says no types
        """Made with its infixes: to change them later would read all of the tokenizer's rules a second time."""

    OurEnglish.Defaults = Defaults
    nlp = OurEnglish()
    nlp.add_pipe("sentencizer")
    return nlp


def _import_spacy() -> None:
    """Import spaCy without its own command line, in which a quarter of the time goes: it takes one function from there for those
    who ask for it in Python, and we do not. Whoever imports ``spacy.cli`` afterwards finds it whole."""
    if "spacy" in sys.modules:
        return
    stand_ins = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info")}
    vars(stand_ins["spacy.cli.info"])["info"] = None
    sys.modules.update(stand_ins)
    try:
        import spacy  # noqa: F401 - here, for it takes half a second of CPU
    finally:
        for name in stand_ins:
            del sys.modules[name]


@contextmanager
def zone() -> Iterator[Language]:
    """Parse in here, and take nothing of spaCy's out. One at a time: a memory zone can be neither nested nor shared."""
    nlp = english()
    with LOCK, nlp.memory_zone():
        yield nlp


def parse(nlp: Language, paragraph: str) -> Doc:
    """A paragraph as tokens with sentence starts, its apostrophes straight. Places in it are places in ``paragraph``."""
    return nlp(_SIGNS.sub(_shortened, straight(paragraph.replace("\n", " "))))


def _shortened(run: re.Match[str]) -> str:
    """A long run of signs as a short one and white space: the tokenizer is quadratic in such runs."""
    return run[0][:_MOST_SIGNS].ljust(len(run[0]))


def straight(text: str) -> str:
    """Typographic apostrophes made plain and lone surrogates replaced, one for one.

    Neither VADER nor word patterns know "don’t", and spaCy and the literal scan take no text that has no UTF-8 form.
    """
    return _SURROGATE.sub("\ufffd", text.replace("’", "'").replace("ʼ", "'"))


def sentence_places(doc: Doc, offset: int = 0) -> list[Place]:
    """The places of the sentences that say something, without surrounding white space."""
    text = doc.text
    starts = [_with_opening(text, sentence.start_char) for sentence in doc.sents]
    places = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end].rstrip()
        said = piece.lstrip()
        if any(c.isalnum() or c > "\u2000" for c in said):
            places.append((offset + start + len(piece) - len(said), offset + start + len(piece)))
    return places


def _with_opening(text: str, start: int) -> int:
    """Where a sentence starts with the signs that open it: spaCy leaves the "#" of "Great! #quillon" with what stands before."""
    first = start
    while first and text[first - 1] in _OPENING:
        first -= 1
    return first if first and text[first - 1].isspace() else start
