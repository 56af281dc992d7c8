"""Whether a text in which names of ours stand is about us, how much, and why not: rules, ambiguous names, naming in passing.

    hits of a rule ──exclusions, query, exclusion sets──> excluded
           ├── sure, or supported (a person's word > what was learned > context words) ──> about us: high or medium
           └── none of them ──> ambiguous: low

Rules are judged one by one: what one brand excludes may be about another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from listener.core.analysis import AnalysisJob, Level, Relevance
from listener.core.brand import ListeningRule, Target, TargetKind
from nlp.ambiguity import NameLessons, Opinion
from nlp.naming import Finding, Hit, Role, Word
from nlp.rule_queries import RuleQueries

LONG = 2_000
"""Characters from which on a text that names us once, and not at its beginning, is about something else."""
_OPENING = 200
CONTEXT_OF_SMALL = 2
"""Context words that make an ambiguous name count in a text without capitals."""
_LISTED = 5
"""Names from which on a list says little about each."""
_AROUND = 300
_SEPARATOR = re.compile(r"\s*[,;|•·/\n]\s*(?:(?:and|or|und|oder|&)\s+)?|\s+(?:and|or|und|oder|&|vs\.?)\s+|\s+(?=[#@]\w)")
_WORDS_OF_A_NAME = 3
_CLOSING = re.compile(
    r"\W*(?:sent|made|built|powered|published|created|written|hosted|posted|shared|signed|designed|crafted|generated)\s+"
    r"(?:with|by|from|via|using|in|on|through)\s*\W*",
    re.IGNORECASE,
)


class _Support(NamedTuple):
    """Why the hits of an ambiguous target count or do not: a person said so, what was learned, or the context words alone."""

    told: bool | None
    opinion: Opinion | None
    context: tuple[str, ...]


class Judge:
    """Judges relevance for a set of rules; built once, used for every text that seems to name a target."""

    def __init__(self, rules: Sequence[ListeningRule], lessons: NameLessons) -> None:
        self._rules = tuple(rules)
        self._targets: tuple[Target, ...] = tuple(target for rule in rules for target in rule.targets)
        self._rule_of = tuple(i for i, rule in enumerate(rules) for _ in rule.targets)
        self._lessons = lessons
        self._queries = RuleQueries(rules)

    def finding(self, hits: Sequence[Hit], seen: AbstractSet[Word], text: str, job: AnalysisJob) -> Finding:
        """The verdict on a text with these ``hits`` in the author's own words, and with ``seen`` anywhere in it."""
        of_rule, named = self._by_rule(hits, seen)
        refused = self._queries.refused(job, of_rule)
        support = self._support(hits, seen, text, job)
        lower = any(not hit.own for hit in hits) and text == text.lower()
        counted: list[Hit] = []
        excluded = unsettled = ambiguous = None
        for i in sorted({*of_rule, *named}):
            brand, phrases = self._rules[i].brand, [word.word for word in seen if word.role is Role.EXCLUSION and word.owner == i]
            if phrases:
                excluded = excluded or f'excluded for {brand}: it contains "{min(phrases)}"'
            elif i in refused and not refused[i].unknown:
                excluded = excluded or f"excluded for {brand}: {refused[i].reason}"
            elif good := _supported(of_rule.get(i, ()), support, lower=lower):
                if i in refused:
                    unsettled = unsettled or refused[i].reason
                else:
                    counted += good
            else:
                ambiguous = ambiguous or self._why_ambiguous(of_rule.get(i, ()), named.get(i, ()), support)
        if counted:
            level, note = self._level(counted, support, text, job)
            return Finding(Relevance.ABOUT, tuple(sorted(counted, key=lambda hit: (hit.start, hit.target))), note, level)
        if unsettled:  # kept, and shown as hidden: nobody can say that the brand does not want it
            return Finding(Relevance.EXCLUDED, note=unsettled, level=Level.LOW)
        if excluded:
            return Finding(Relevance.EXCLUDED, note=excluded)
        if ambiguous:
            return Finding(Relevance.AMBIGUOUS, note=ambiguous, level=Level.LOW)
        return Finding(Relevance.NO_TARGET)

    def _by_rule(self, hits: Iterable[Hit], seen: Iterable[Word]) -> tuple[dict[int, list[Hit]], dict[int, list[Word]]]:
        """The hits and the names that were seen, of each rule that has any: there may be a thousand rules."""
        of_rule: dict[int, list[Hit]] = {}
        named: dict[int, list[Word]] = {}
        for hit in hits:
            of_rule.setdefault(self._rule_of[hit.target], []).append(hit)
        for word in seen:
            if word.role is Role.NAME:
                named.setdefault(self._rule_of[word.owner], []).append(word)
        return of_rule, named

    def _support(self, hits: Iterable[Hit], seen: Iterable[Word], text: str, job: AnalysisJob) -> Mapping[int, _Support]:
        """What speaks for and against each ambiguous target that is named."""
        doubtful = sorted({hit.target for hit in hits if not hit.sure or hit.target in self._lessons})
        if not doubtful:
            return {}
        context: dict[int, list[str]] = {}
        for word in seen:
            if word.role is Role.CONTEXT:
                context.setdefault(word.owner, []).append(word.word)
        whole = f"{job.title}\n\n{job.text}" if job.title else job.text
        return {
            target: _Support(
                self._lessons.told(target, (job.text, whole)),
                self._lessons.opinion(target, text, context=target in context),
                tuple(sorted(context.get(target, ()))),
            )
            for target in doubtful
        }

    def _why_ambiguous(self, hits: Sequence[Hit], named: Sequence[Word], support: Mapping[int, _Support]) -> str | None:
        for hit in hits:
            name, why = self._targets[hit.target].name, support[hit.target]
            if why.told is False:
                return f'"{name}" was found, but a person said that it does not mean us here'
            if why.opinion and why.context and hit.own:
                return f'"{name}" was found, but not as us, by what corrections taught: {", ".join(why.opinion.words)}'
        if written := next((hit for hit in hits if hit.own), None):
            name = self._targets[written.target].name
            return f'"{name}" was found, but none of its context words and no other target that would show what is meant'
        doubtful = sorted({self._targets[word.owner].name for word in named if self._targets[word.owner].ambiguous})
        return f'"{doubtful[0]}" was found, but not as a name in its own capitals' if doubtful else None

    def _level(
        self, counted: Sequence[Hit], support: Mapping[int, _Support], text: str, job: AnalysisJob
    ) -> tuple[Level, str | None]:
        """High, or medium with the reason."""
        if not any(hit.sure or support[hit.target].told for hit in counted):
            name, why = self._targets[counted[0].target].name, support[counted[0].target]
            if why.context and (counted[0].own or not why.opinion):
                words = '" and "'.join(why.context[: 1 if counted[0].own else CONTEXT_OF_SMALL])
                return Level.MEDIUM, f'"{name}" is ambiguous; it counts because of "{words}"'
            taught = ", ".join(why.opinion.words) if why.opinion else ""
            return Level.MEDIUM, f'"{name}" is ambiguous; it counts by what corrections taught: {taught}'
        ours = [hit for hit in counted if self._targets[hit.target].kind is not TargetKind.COMPETITOR] or counted
        title = (job.title or "").strip()
        passing = in_passing(text, {(hit.start, hit.end) for hit in ours}, len(title) if text.startswith(title) else 0)
        return (Level.MEDIUM, passing) if passing else (Level.HIGH, None)


def _supported(hits: Sequence[Hit], support: Mapping[int, _Support], *, lower: bool = False) -> list[Hit]:
    """The hits of a rule that count.

    An ambiguous target counts by a person's word on this text; else beside a sure hit of its own; else by what was learned, where
    that is confident; else in its own capitals beside another target's sure hit or a context word. In a text without
    any capital (``lower``) small letters show nothing: two context words do.
    """
    denied = {target for target, why in support.items() if why.told is False}
    with_sure = {hit.target for hit in hits if hit.sure} - denied

    def counts(hit: Hit) -> bool:
        if hit.sure or hit.target in denied:
            return hit.target not in denied
        why = support[hit.target]
        if why.told:
            return True
        if why.opinion and hit.target not in with_sure:
            return why.opinion.means_us
        if not hit.own:
            return lower and len(why.context) >= CONTEXT_OF_SMALL
        return bool(with_sure or why.context)

    return [hit for hit in hits if counts(hit)]


# ------------------------------------------------------------------------------------------------ naming in passing


def in_passing(text: str, places: AbstractSet[tuple[int, int]], title: int = 0) -> str | None:
    """Why a text only names us in passing, if it does: once, not in its title (so many characters), and not as its subject."""
    if len(places) != 1:
        return None
    ((start, end),) = places
    if start < title:
        return None
    tagged = text[start] in "#@" or text[start - 1 : start] == "#"
    left = text[max(start - _AROUND, 0) : start].removesuffix("#")
    if _is_listed(left + "," if tagged else left, text[end : end + _AROUND]):
        return "named in passing, as one of many names"
    if _is_closing(text, start, end):
        return "named in passing, in a closing line"
    if len(text) >= LONG and start - title >= _OPENING:
        return "named in passing, once in a long text"
    return None


def _is_listed(left: str, right: str) -> bool:
    """Whether the name between the two is one of at least ``_LISTED`` names in a row; tags and handles are names too."""
    before, after = _SEPARATOR.split(left), _SEPARATOR.split(right)
    count = 1
    if not before[-1].strip():
        count += _names_in_a_row(reversed(before[:-1]), last=True)
    if not after[0].strip():
        count += _names_in_a_row(after[1:], last=False)
    return count >= _LISTED


def _names_in_a_row(items: Iterable[str], *, last: bool) -> int:
    """How many items are names; the row ends within the first longer one, whose ``last`` or first word can still be a name."""
    count = 0
    for item in items:
        words = item.split()
        if not words or not _is_name(words[-1 if last else 0]):
            break
        count += 1
        if len(words) > _WORDS_OF_A_NAME or not _is_name(words[0]):
            break
    return count


def _is_name(word: str) -> bool:
    return word[0] in "#@" or word.lstrip("(\"'*_“")[:1].isupper()


def _is_closing(text: str, start: int, end: int) -> bool:
    """Whether the name stands in a line of its own that only says what the text was made or sent with."""
    begin = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    rest = text[end : len(text) if line_end < 0 else line_end]
    if start - begin > 60 or len(rest) > 60 or not text[:begin].strip():
        return False
    return _CLOSING.fullmatch(text[begin:start]) is not None and not re.search(r"\w+\W+\w+", rest)
