"""What an author does besides feeling something: recommends, asks, compares, switches, leaves, has a problem.

The rules themselves are data, in ``nlp.intent_rules``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from listener.core.analysis import Intent
from nlp.intent_rules import ASKING, OPENERS, RHETORICAL, RULES, Rule, token_pattern
from nlp.passages import Sentence, named_places, spoken_of
from nlp.sentences import LOCK, Place, english, paragraphs, parse, sentence_places, zone

if TYPE_CHECKING:
    from spacy.matcher import Matcher
    from spacy.tokens import Doc, Span

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
    question = _ends_as_question(sentence)
    rival = any(token.ent_type_ == "RIVAL" for token in sentence)
    if _asks(sentence, question=question):
        yield Intent.QUESTION
    for i, rule in enumerate(RULES):
        if (question and not _may_ask(rule, sentence)) or (rule.alone and rival):
            continue
        if _holds(i, rule, sentence):
            yield rule.intent


def _may_ask(rule: Rule, sentence: Span) -> bool:
    """Whether a question can carry the intent: "Why does it keep crashing?" tells of a problem, "Does it crash?" does not."""
    if rule.intent is Intent.PROBLEM:
        return any(token.lower_ in {"why", "else"} for token in sentence)
    return rule.questions


def _holds(index: int, rule: Rule, sentence: Span) -> bool:
    matches = _spans(_matcher(f"rule-{index}"), sentence)
    if rule.at_start:
        matches = [m for m in matches if m[0] == 0]
    if rule.at_end:
        matches = [m for m in matches if m[1] == len(sentence)]
    if not matches:
        return False
    vetoes = _spans(_matcher(f"veto-{index}"), sentence) if rule.unless else []
    return any(all(m[1] <= v[0] or v[1] <= m[0] for v in vetoes) for m in matches)


def _ends_as_question(sentence: Span) -> bool:
    return "?" in sentence.text.rstrip("\"”’')!. ")[-3:]


def _asks(sentence: Span, *, question: bool) -> bool:
    if _spans(_matcher("rhetorical"), sentence):
        return False
    if _spans(_matcher("asking"), sentence):
        return True
    if not question:
        return False
    first = next(
        (t for t in sentence if not (t.ent_type_ or t.is_punct or t.lower_ in _PASSED_OVER or t.text.startswith(("@", "#")))),
        None,
    )
    return first is not None and first.lower_ in OPENERS


def _spans(matcher: Matcher, sentence: Span) -> list[tuple[int, int]]:
    """Where the patterns match, in tokens counted from the sentence's start."""
    return [(start, end) for _, start, end in matcher(sentence)]


def _pattern_sets() -> Iterator[tuple[str, Sequence[str]]]:
    for i, rule in enumerate(RULES):
        yield f"rule-{i}", rule.patterns
        yield f"veto-{i}", rule.unless
    yield "asking", ASKING
    yield "rhetorical", RHETORICAL


@cache
def _matchers() -> dict[str, Matcher]:
    from spacy.matcher import Matcher  # here, for it takes a second of CPU

    built = {}
    for name, patterns in _pattern_sets():
        built[name] = Matcher(english().vocab)
        if patterns:
            built[name].add(name, [token_pattern(written) for written in patterns])
    return built


def _matcher(name: str) -> Matcher:
    return _matchers()[name]


def prepare() -> None:
    """Build the matchers. Must happen outside a memory zone, which would forget their words."""
    with LOCK:
        _matchers()
