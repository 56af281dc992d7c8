"""What an author does besides feeling something: recommends, praises, asks, compares, switches, leaves, threatens to, buys.

The rules themselves are data, in ``nlp.intent_rules`` and the modules that it gathers. Each looks at one sentence; only what
makes a testimonial may be spread over the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from listener.core.analysis import Intent
from nlp.intent_notation import KINDS, Rule, needed_words, token_pattern
from nlp.intent_opinions import ELLIPTIC, FIRST_HAND, RESULTS, USES
from nlp.intent_rules import ASKING, MARKED, OPENERS, RHETORICAL, RULES
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
_SPOILING = frozenset([Intent.COMPLAINT, Intent.LEAVING, Intent.CANCELLATION, Intent.BUYING])
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
    told: set[str] = set()
    for start, end in sentences:
        sentence = doc.char_span(start, end, alignment_mode="expand")
        if sentence is None:
            continue
        words = frozenset(word for token in sentence for word in (token.lower_, token.ent_type_))
        called = _compiled().called(words)
        here = set(_of_sentence(sentence, words, called))
        if Intent.CANCELLATION in here:
            here.discard(Intent.LEAVING)  # the same words: a threat is not yet the deed
        found |= here
        told.update(_told(sentence, words, called))
    return _with_testimonial(found, told)


def _told(sentence: Span, words: frozenset[str], called: _Called) -> Iterator[str]:
    """What a testimonial is made of, as far as the sentence has it: ``first-hand``, ``result``, ``use``."""
    if _ends_as_question(sentence):
        return
    if not FIRST_HAND.isdisjoint(words) or sentence[0].lower_ in ELLIPTIC:
        yield "first-hand"
    for what in ("result", "use"):
        if _matches(sentence, called.get(what, ())):
            yield what


def _with_testimonial(found: set[Intent], told: set[str]) -> set[Intent]:
    """A first-hand result that nothing spoils is praise by itself; use with a number or a reason needs praise beside it."""
    if "first-hand" not in told or not _SPOILING.isdisjoint(found):
        return found
    if "result" in told or ("use" in told and Intent.PRAISE in found):
        return found | {Intent.PRAISE, Intent.TESTIMONIAL}
    return found


def _mark(doc: Doc, ours: Sequence[Place], rivals: Sequence[Place]) -> None:
    spans: dict[int, Span] = {}
    for label, places in (("OURS", ours), ("RIVAL", rivals)):
        for start, end in places:
            span = doc.char_span(start, end, label=label, alignment_mode="expand")
            if span is not None and not any(t.i in spans for t in span):
                spans |= dict.fromkeys((t.i for t in span), span)
    doc.set_ents(list(dict.fromkeys(spans.values())))


def _of_sentence(sentence: Span, words: frozenset[str], called: _Called) -> Iterator[Intent]:
    question = _ends_as_question(sentence)
    if _asks(sentence, called, question=question):
        yield Intent.QUESTION
    for number, rule in enumerate(RULES):
        if number not in called or (question and not _may_ask(rule, words)):
            continue
        if (rule.alone and "RIVAL" in words) or (rule.unnamed and "OURS" in words):
            continue
        matches = [place for pattern in called[number] for place in pattern.places(sentence)]
        if matches and _holds(rule, sentence, matches, _vetoes(number, sentence, words)):
            yield rule.intent


def _vetoes(number: int, sentence: Span, words: frozenset[str]) -> list[Place]:
    vetoes = _compiled().vetoes[number]
    return [place for veto in vetoes if veto.may_match(words) for place in veto.places(sentence)]


def _matches(sentence: Span, patterns: Iterable[_Pattern]) -> bool:
    return any(pattern.places(sentence) for pattern in patterns)


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


def _asks(sentence: Span, called: _Called, *, question: bool) -> bool:
    if _matches(sentence, called.get("rhetorical", ())):
        return False
    if _matches(sentence, called.get("asking", ())):
        return True
    if not question:
        return False
    if _matches(sentence, called.get("marked", ())):
        return True
    return next((token.lower_ for token in sentence if not _is_passed_over(token)), None) in OPENERS


def _is_passed_over(token: Token) -> bool:
    return bool(token.ent_type_) or token.is_punct or token.lower_ in _PASSED_OVER or token.text.startswith(("@", "#"))


class _Pattern:
    """One pattern, and a cheap test whether it can match at all: the matcher is slow, and hardly ever needed."""

    def __init__(self, written: str) -> None:
        nlp = english()
        from spacy.matcher import Matcher  # here, and after spaCy was imported in a thrifty way

        pattern = token_pattern(written)
        self.needed = needed_words(pattern)
        self.calling = min(
            self.needed, key=lambda some: (not some.isdisjoint(KINDS), len(some & nlp.Defaults.stop_words), len(some))
        )
        """Of the words that it needs, the set that the fewest sentences have one of."""
        self._matcher = Matcher(nlp.vocab, validate=False)  # the notation leaves nothing to check, and checks are slow
        self._matcher.add("pattern", [pattern])

    def may_match(self, words: frozenset[str]) -> bool:
        return not any(some.isdisjoint(words) for some in self.needed)

    def places(self, sentence: Span) -> list[Place]:
        """Where it matches, in tokens counted from the sentence's start."""
        return [(start, end) for _, start, end in self._matcher(sentence)]


_Called = dict[int | str, list[_Pattern]]


class _Compiled:
    """All patterns, by the words that call for them: most sentences call for few, and are not held against the others.

    The patterns of a rule go by its number in ``RULES``, others by the name of what they tell.
    """

    def __init__(self) -> None:
        self._called: dict[str, list[tuple[int | str, _Pattern]]] = {}
        named = {"asking": ASKING, "marked": MARKED, "rhetorical": RHETORICAL, "result": RESULTS, "use": USES}
        rules: list[tuple[int | str, tuple[str, ...]]] = [(number, rule.patterns) for number, rule in enumerate(RULES)]
        for who, written in [*rules, *named.items()]:
            for pattern in map(_Pattern, written):
                for word in pattern.calling:
                    self._called.setdefault(word, []).append((who, pattern))
        self.vetoes = [[_Pattern(one) for one in rule.unless] for rule in RULES]

    def called(self, words: frozenset[str]) -> _Called:
        """The patterns that may match a sentence of these words."""
        found: _Called = {}
        for who, pattern in {entry for word in words for entry in self._called.get(word, ())}:
            if pattern.may_match(words):
                found.setdefault(who, []).append(pattern)
        return found


@cache
def _compiled() -> _Compiled:
    return _Compiled()


def prepare() -> None:
    """Build the matchers. Must happen outside a memory zone, which would forget their words."""
    with LOCK:
        _compiled()
