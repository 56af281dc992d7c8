"""Which of our targets a text names, and where.

Two stages, because tokenising everything would cost ten times as much as all the rest:

1. A literal scan (one automaton for all names, handles, domains, context words and exclusions of all rules) over every text.
2. spaCy's tokenizer and phrase matcher on the paragraphs in which the scan found something. They say where exactly a name stands
   as a word of its own; the longest name wins ("Quillon Flow" is the product, not the brand).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import AhoCorasick

from listener.core.analysis import Relevance
from listener.core.brand import ListeningRule, Target
from listener.core.mention import normal_handle
from nlp.sentences import LOCK, english, straight

if TYPE_CHECKING:
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc


class Hit(NamedTuple):
    """A target named at a place of the text. ``sure`` is false for an ambiguous name: it needs support from elsewhere."""

    target: int
    start: int
    end: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What a text is about: the hits that count, or why none does."""

    relevance: Relevance
    hits: tuple[Hit, ...] = ()
    note: str | None = None


class Role(Enum):
    """What a word of the rules is there for."""

    NAME = auto()
    CONTEXT = auto()
    EXCLUSION = auto()


class Word(NamedTuple):
    """A word of the rules that the literal scan found. ``owner`` is a target's index, for an exclusion a rule's."""

    role: Role
    owner: int
    word: str


_ADDRESS = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)"
    r"|(?P<url>(?:https?://|www\.)[^\s<>\"]+)"
    r"|(?P<handle>(?<![\w/])@[\w.-]{1,64}(?:@[\w.-]{1,253})?)"
    r"|(?P<host>(?<![\w@.-])(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}\b)",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:https?://)?(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)


class TargetFinder:
    """Finds the targets of a set of rules; built once, used for every text."""

    def __init__(self, rules: Sequence[ListeningRule]) -> None:
        self.targets: tuple[Target, ...] = tuple(target for rule in rules for target in rule.targets)
        self._rules = tuple(rules)
        self._rule_of = tuple(i for i, rule in enumerate(rules) for _ in rule.targets)
        self._exact = [frozenset(spelled.lstrip("#") for spelled in _spellings(target)) for target in self.targets]
        self._matcher: PhraseMatcher | None = None
        self._build_scan()

    # -------------------------------------------------------------------------------------------- the literal scan

    def _build_scan(self) -> None:
        words: dict[str, list[Word]] = {}
        for i, target in enumerate(self.targets):
            handles = [f"@{handle}" for handle in map(normal_handle, target.handles) if handle]
            for name in [*_spellings(target), *handles, *target.domains]:
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
        return bool(names(self.scan(text)))

    # -------------------------------------------------------------------------------------------- places

    def prepare(self) -> None:
        """Build the phrase matcher. Must happen outside a memory zone, which would forget its words."""
        with LOCK:
            if self._matcher is None:
                self._matcher = self._build_matcher()

    def _build_matcher(self) -> PhraseMatcher:
        from spacy.matcher import PhraseMatcher  # here, for it takes a second of CPU

        nlp = english()
        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for i, target in enumerate(self.targets):
            # The matcher lower-cases only; case-folding a pattern lets "Straße" find "STRASSE".
            phrases = {phrase for spelled in _spellings(target) for phrase in (spelled, spelled.casefold())}
            matcher.add(str(i), [nlp.make_doc(phrase) for phrase in sorted(phrases)])
        return matcher

    def hits(self, doc: Doc, paragraph: str, offset: int) -> list[Hit]:
        """Every naming of a target in a parsed paragraph that begins at ``offset`` of its text; the longest name wins."""
        assert self._matcher is not None, "prepare() comes first"  # noqa: S101 - a slip of the programmer, not of the data
        addresses = list(_ADDRESS.finditer(paragraph)) if "@" in paragraph or "." in paragraph else []
        closed = [m.span() for m in addresses if m.lastgroup != "host"]
        found = [hit for m in addresses for hit in self._at_address(m)]
        for key, first, last in self._matcher(doc):
            span = doc[first:last]
            start, end = span.start_char + paragraph.startswith("#", span.start_char), span.end_char
            if any(a <= start and end <= b for a, b in closed):
                continue  # part of a link, an e-mail address or somebody else's handle
            if (hit := self._named(int(doc.vocab.strings[key]), paragraph[start:end], start, end)) is not None:
                found.append(hit)
        return [hit._replace(start=hit.start + offset, end=hit.end + offset) for hit in _longest(found)]

    def _named(self, index: int, surface: str, start: int, end: int) -> Hit | None:
        """The hit for a name as spelled in the text. An ambiguous one counts only in its own capitals."""
        target = self.targets[index]
        if not target.ambiguous or len(re.split(r"[\s-]+", surface)) > len(target.name.split()):
            return Hit(index, start, end, True)
        return Hit(index, start, end, False) if straight(surface) in self._exact[index] else None

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

    def judge(self, hits: Sequence[Hit], words: Iterable[Word]) -> Finding:
        """What the text is about. ``words`` are those that the scan found in all of it, quoted text and title included."""
        seen = frozenset(words)
        counted: list[Hit] = []
        excluded = ambiguous = None
        for i, rule in enumerate(self._rules):
            of_rule = [hit for hit in hits if self._rule_of[hit.target] == i]
            named = [word for word in seen if word.role is Role.NAME and self._rule_of[word.owner] == i]
            phrases = sorted(word.word for word in seen if word.role is Role.EXCLUSION and word.owner == i)
            if phrases and (of_rule or named):
                excluded = excluded or f'excluded for {rule.brand}: it contains "{phrases[0]}"'
                continue
            good = self._supported(of_rule, seen)
            counted += good
            if not good:
                ambiguous = ambiguous or self._why_ambiguous(of_rule, named)
        if counted:
            return Finding(Relevance.ABOUT, tuple(sorted(counted, key=lambda hit: (hit.start, hit.target))))
        if excluded:
            return Finding(Relevance.EXCLUDED, note=excluded)
        if ambiguous:
            return Finding(Relevance.AMBIGUOUS, note=ambiguous)
        return Finding(Relevance.NO_TARGET)

    def _supported(self, hits: Sequence[Hit], seen: AbstractSet[Word]) -> list[Hit]:
        """The hits that count: sure ones, and ambiguous ones beside a sure one or a context word of theirs."""
        if any(hit.sure for hit in hits):
            return list(hits)
        with_context = {word.owner for word in seen if word.role is Role.CONTEXT}
        return [hit for hit in hits if hit.target in with_context]

    def _why_ambiguous(self, hits: Sequence[Hit], named: Sequence[Word]) -> str | None:
        if hits:
            name = self.targets[hits[0].target].name
            return f'"{name}" was found, but none of its context words and no other target that would show what is meant'
        doubtful = sorted({self.targets[word.owner].name for word in named if self.targets[word.owner].ambiguous})
        return f'"{doubtful[0]}" was found, but not as a name in its own capitals' if doubtful else None


def names(words: Iterable[Word]) -> set[int]:
    """The targets whose names, handles or domains are among the words."""
    return {word.owner for word in words if word.role is Role.NAME}


def _spellings(target: Target) -> list[str]:
    """How a target's names are written: as they are, and names of several words also hyphenated or as a hashtag."""
    found: list[str] = []
    for name in (target.name, *target.aliases):
        words = straight(name).split()
        found += [" ".join(words)] if len(words) < 2 else [" ".join(words), "-".join(words), "#" + "".join(words)]
    return [spelled for spelled in dict.fromkeys(found) if spelled]


def _folded(text: str) -> str:
    return straight(text.casefold())


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
