"""Which of our targets a text names, and where.

Two stages, because tokenising everything would cost ten times as much as all the rest:

1. A literal scan (one automaton for all names, handles, domains, context words and exclusions of all rules) over every text.
2. spaCy's tokenizer and phrase matcher on the paragraphs in which the scan found something. They say where exactly a name stands
   as a word of its own; the longest name wins ("Quillon Flow" is the product, not the brand).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick

from listener.core.analysis import AnalysisJob
from listener.core.brand import ListeningRule, Target
from listener.core.lessons import NameExample
from listener.core.mention import normal_handle
from nlp.ambiguity import NameLessons
from nlp.naming import Finding, Hit, Role, Word, names, spellings
from nlp.relevance import Judge
from nlp.sentences import LOCK, english, straight

__all__ = ["Finding", "Hit", "Role", "TargetFinder", "Word", "names"]

if TYPE_CHECKING:
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc

_ADDRESS = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)"
    r"|(?P<url>(?:https?://|www\.)[^\s<>\"]+)"
    r"|(?P<handle>(?<![\w/])@[\w.-]{1,64}(?:@[\w.-]{1,253})?)"
    r"|(?P<host>(?<![\w@.-])(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}\b)",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:https?://)?(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)

_STOP = re.compile(r"[.!?…\n]")
_AROUND = 300
"""Characters on each side of a name by which shouting is told."""
_SHOUTED = 8
"""So many capitals, besides those of the name, are no longer an abbreviation or two."""


class TargetFinder:
    """Finds the targets of a set of rules; built once, used for every text."""

    def __init__(self, rules: Sequence[ListeningRule], examples: Sequence[NameExample] = ()) -> None:
        self.targets: tuple[Target, ...] = tuple(target for rule in rules for target in rule.targets)
        self._rules = tuple(rules)
        self._exact = [frozenset(spelled.lstrip("#") for spelled in spellings(target)) for target in self.targets]
        self._matcher: PhraseMatcher | None = None
        self._build_scan()
        self._lessons = NameLessons(self.targets, examples, self._has_context)
        self._judge = Judge(self._rules, self._lessons)

    # -------------------------------------------------------------------------------------------- the literal scan

    def _build_scan(self) -> None:
        words: dict[str, list[Word]] = {}
        for i, target in enumerate(self.targets):
            handles = [f"@{handle}" for handle in map(normal_handle, target.handles) if handle]
            for name in [*spellings(target), *handles, *target.domains]:
                words.setdefault(_folded(name).lstrip("#"), []).append(Word(Role.NAME, i, name))
            for word in target.context:
                words.setdefault(_folded(word), []).append(Word(Role.CONTEXT, i, word))
        for i, rule in enumerate(self._rules):
            for phrase in rule.exclusions:
                words.setdefault(_folded(phrase), []).append(Word(Role.EXCLUSION, i, phrase))
        words.pop("", None)
        self._words = list(words.values())
        self._automaton = AhoCorasick(list(words))

    def scan(self, text: str) -> set[Word]:
        """All words of the rules that stand in the text, not inside longer words. Case is ignored here."""
        folded = _folded(text)
        found: set[Word] = set()
        for pattern, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if _is_apart(folded, start, end):
                found.update(self._words[pattern])
        return found

    def may_name(self, text: str) -> bool:
        """Whether it is worth parsing the text: a name, handle or domain seems to stand in it."""
        return any(word.role is Role.NAME for word in self.scan(text))

    # -------------------------------------------------------------------------------------------- places

    def prepare(self) -> None:
        """Build the phrase matcher. Must happen outside a memory zone, which would forget its words."""
        with LOCK:
            if self._matcher is None:
                self._matcher = self._build_matcher()

    def _build_matcher(self) -> PhraseMatcher:
        nlp = english()
        from spacy.matcher import PhraseMatcher  # here, and after spaCy was imported in a thrifty way

        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for i, target in enumerate(self.targets):
            # The matcher lower-cases only; case-folding a pattern lets "Straße" find "STRASSE".
            phrases = {phrase for spelled in spellings(target) for phrase in (spelled, spelled.casefold())}
            matcher.add(str(i), [nlp.make_doc(phrase) for phrase in sorted(phrases)])
        return matcher

    def hits(self, doc: Doc, paragraph: str, offset: int) -> list[Hit]:
        """Every naming of a target in a parsed paragraph that begins at ``offset`` of its text; the longest name wins."""
        assert self._matcher is not None, "prepare() comes first"  # noqa: S101 - a slip of the programmer, not of the data
        addresses = list(_ADDRESS.finditer(paragraph)) if "@" in paragraph or "." in paragraph else []
        closed = [m.span() for m in addresses if m.lastgroup != "host"]
        found = [hit for m in addresses for hit in self._at_address(m)]
        small = paragraph == paragraph.lower()
        for key, first, last in self._matcher(doc):
            span = doc[first:last]
            start, end = span.start_char + paragraph.startswith("#", span.start_char), span.end_char
            if any(a <= start and end <= b for a, b in closed):
                continue  # part of a link, an e-mail address or somebody else's handle
            if (hit := self._named(int(doc.vocab.strings[key]), paragraph, start, end, small)) is not None:
                found.append(hit)
        return [hit._replace(start=hit.start + offset, end=hit.end + offset) for hit in _longest(found)]

    def _named(self, index: int, paragraph: str, start: int, end: int, small: bool) -> Hit | None:
        """The hit for a name as spelled in the text; an ambiguous one only in its own capitals, or where examples were given.

        Where all around it is shouted, or (``small``) nothing has a capital, the spelling shows nothing.
        """
        target, surface = self.targets[index], paragraph[start:end]
        if not target.ambiguous or len(re.split(r"[\s-]+", surface)) > len(target.name.split()):
            return Hit(index, start, end, True)
        own = straight(surface) in self._exact[index] or (surface.isupper() and _is_shouted(paragraph, start, end))
        return Hit(index, start, end, False, own) if own or small or index in self._lessons else None

    def _at_address(self, found: re.Match[str]) -> Iterator[Hit]:
        """The targets whose handle or domain an address is."""
        text = found.group().rstrip(".,;:!?)'-_")
        if found.lastgroup == "handle":
            handle = normal_handle(text)
            spoken = {handle, handle.split("@")[0]}
            named = [any(normal_handle(own) in spoken for own in target.handles) for target in self.targets]
        elif found.lastgroup in {"url", "host"} and (host := _HOST.match(text)):
            name = "." + host[1].lower()
            named = [any(name.endswith("." + own.lower()) for own in target.domains) for target in self.targets]
        else:
            return
        yield from (Hit(i, found.start(), found.start() + len(text), True) for i, is_named in enumerate(named) if is_named)

    # -------------------------------------------------------------------------------------------- the verdict

    def judge(self, hits: Sequence[Hit], words: Iterable[Word], text: str, job: AnalysisJob) -> Finding:
        """What the text is about: the author's own words in ``text``.

        ``words`` are those that the scan found in all of the job, quoted text and title included.
        """
        return self._judge.finding(hits, frozenset(words), text, job)

    def _has_context(self, index: int, text: str) -> bool:
        return any(word.role is Role.CONTEXT and word.owner == index for word in self.scan(text))


def _folded(text: str) -> str:
    return straight(text.casefold())


def _is_shouted(paragraph: str, start: int, end: int) -> bool:
    """Whether the words around a name, or those of its own sentence alone, are in capitals, nearly all of them."""
    left, right = paragraph[max(start - _AROUND, 0) : start], paragraph[end : end + _AROUND]
    sentence = _STOP.split(left)[-1] + _STOP.split(right)[0]
    return any(_is_in_capitals(around) for around in (sentence, left + right))


def _is_in_capitals(text: str) -> bool:
    large = sum(map(str.isupper, text))
    return large >= _SHOUTED and large >= 4 * sum(map(str.islower, text))


def _is_apart(text: str, start: int, end: int) -> bool:
    """Whether the match is no part of a longer word."""
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return before and (end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))


def _longest(hits: list[Hit]) -> list[Hit]:
    """Hits that do not overlap, longer ones first; several targets may share one and the same place."""
    chosen: list[Hit] = []
    for hit in sorted(set(hits), key=lambda h: (h.start - h.end, h.start, h.target)):
        if all(hit.end <= c.start or hit.start >= c.end or (hit.start, hit.end) == (c.start, c.end) for c in chosen):
            chosen.append(hit)
    return sorted(chosen, key=lambda h: (h.start, h.target))
