"""What an author does besides feeling something: recommends, asks, compares, switches, leaves, has a problem.

The rules themselves are data, in ``nlp.intent_rules``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from listener.core.analysis import Intent
from nlp.intent_rules import ASKING, OPENERS, RHETORICAL, RULES, Rule, needed_words, token_pattern
from nlp.passages import Sentence, named_places, spoken_of
from nlp.sentences import LOCK, Place, english, paragraphs, parse, sentence_places, zone

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

_ORDER = {intent: i for i, intent in enumerate(Intent)}
_PASSED_OVER = frozenset(
    [
        "hi",
        "hey",
        "hello",
        "so",
        "and",
        "but",
        "ok",
        "okay",
        "well",
        "also",
        "question",
        "quick",
        "please",
        "folks",
        "guys",
        "all",
    ]
)
_MOST_PARAGRAPHS = 20
_BATCH = 128


def intents_many(items: Iterable[tuple[str, str | None]]) -> Iterator[tuple[Intent, ...]]:
    """The intents of each ``(text, target)``, in order; with a target of ``None``, those that show without knowing one."""
    prepare()
    waiting = iter(items)
    while batch := list(islice(waiting, _BATCH)):
        with zone():
            found = [_intents_of(text, target) for text, target in batch]
        yield from found


def _intents_of(text: str, target: str | None) -> tuple[Intent, ...]:
    """Must run inside a zone."""
    nlp = english()
    places = named_places(text, target) if target else []
    found: set[Intent] = set()
    for start, end in list(paragraphs(text))[:_MOST_PARAGRAPHS]:
        doc = parse(nlp, text[start:end])
        own = [(max(a, start) - start, min(b, end) - start) for a, b in places if start <= a < end]
        sentences = sentence_places(doc)
        chosen = about(sentences, own, ()) if places else sentences
        found |= find_intents(doc, own, (), chosen)
    return in_order(found)


def about(sentences: Sequence[Place], ours: Sequence[Place], rivals: Sequence[Place]) -> list[Place]:
    """The sentences that speak of us: those that name us and those that go on about it."""
    run = [Sentence(start, end, 0) for start, end in sentences]
    return [sentences[i] for i in sorted({i for group in spoken_of(run, ours, rivals) for i in group})]


def in_order(intents: Iterable[Intent]) -> tuple[Intent, ...]:
    return tuple(sorted(set(intents), key=_ORDER.__getitem__))


def find_intents(doc: Doc, ours: Sequence[Place], rivals: Sequence[Place], sentences: Iterable[Place]) -> set[Intent]:
    """The intents in some sentences of a parsed paragraph, where we and our rivals are named; all places within the paragraph."""
    _mark(doc, ours, rivals)
    found: set[Intent] = set()
    for start, end in sentences:
        sentence = doc.char_span(start, end, alignment_mode="expand")
        if sentence is not None:
            found.update(_of_sentence(sentence))
    return found


def _mark(doc: Doc, ours: Sequence[Place], rivals: Sequence[Place]) -> None:
    spans: dict[int, Span] = {}
    for label, places in (("OURS", ours), ("RIVAL", rivals)):
        for start, end in places:
            span = doc.char_span(start, end, label=label, alignment_mode="expand")
            if span is not None and not any(t.i in spans for t in span):
                spans |= dict.fromkeys((t.i for t in span), span)
    doc.set_ents(list(dict.fromkeys(spans.values())))


def _of_sentence(sentence: Span) -> Iterator[Intent]:
    words = frozenset(token.lower_ for token in sentence)
    question = _ends_as_question(sentence)
    rival = any(token.ent_type_ == "RIVAL" for token in sentence)
    if _asks(sentence, words, question=question):
        yield Intent.QUESTION
    for rule, patterns, vetoes in _compiled().rules:
        if (question and not _may_ask(rule, words)) or (rule.alone and rival):
            continue
        matches = patterns.places(sentence, words)
        if matches and _holds(rule, sentence, matches, vetoes.places(sentence, words)):
            yield rule.intent


def _may_ask(rule: Rule, words: frozenset[str]) -> bool:
    """Whether a question can carry the intent: "Why does it keep crashing?" tells of a problem, "Does it crash?" does not."""
    return rule.questions or (rule.intent is Intent.PROBLEM and not words.isdisjoint({"why", "else"}))


def _holds(rule: Rule, sentence: Span, matches: list[Place], vetoes: list[Place]) -> bool:
    if rule.at_start:
        matches = [match for match in matches if match[0] == 0]
    if rule.at_end:
        matches = [match for match in matches if match[1] == len(sentence)]
    return any(all(end <= veto[0] or veto[1] <= start for veto in vetoes) for start, end in matches)


def _ends_as_question(sentence: Span) -> bool:
    return "?" in sentence.text.rstrip("\"”’')!. ")[-3:]


def _asks(sentence: Span, words: frozenset[str], *, question: bool) -> bool:
    if _compiled().rhetorical.places(sentence, words):
        return False
    if _compiled().asking.places(sentence, words):
        return True
    if not question:
        return False
    return next((token.lower_ for token in sentence if not _is_passed_over(token)), None) in OPENERS


def _is_passed_over(token: Token) -> bool:
    return bool(token.ent_type_) or token.is_punct or token.lower_ in _PASSED_OVER or token.text.startswith(("@", "#"))


class _Patterns:
    """Some patterns, and a cheap test whether any of them can match at all: the matcher is slow, and hardly ever needed."""

    def __init__(self, written: Sequence[str]) -> None:
        from spacy.matcher import Matcher  # here, for it takes a second of CPU

        patterns = [token_pattern(one) for one in written]
        self._needed = [needed_words(pattern) for pattern in patterns]
        self._matcher = Matcher(english().vocab)
        if patterns:
            self._matcher.add("patterns", patterns)

    def places(self, sentence: Span, words: frozenset[str]) -> list[Place]:
        """Where the patterns match, in tokens counted from the sentence's start. ``words`` are the sentence's own."""
        if not any(all(not some.isdisjoint(words) for some in needed) for needed in self._needed):
            return []
        return [(start, end) for _, start, end in self._matcher(sentence)]


class _Compiled(NamedTuple):
    rules: tuple[tuple[Rule, _Patterns, _Patterns], ...]
    asking: _Patterns
    rhetorical: _Patterns


@cache
def _compiled() -> _Compiled:
    rules = tuple((rule, _Patterns(rule.patterns), _Patterns(rule.unless)) for rule in RULES)
    return _Compiled(rules, _Patterns(ASKING), _Patterns(RHETORICAL))


def prepare() -> None:
    """Build the matchers. Must happen outside a memory zone, which would forget their words."""
    with LOCK:
        _compiled()
