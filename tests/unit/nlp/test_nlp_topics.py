"""Topics: found as words, in what is said of us, whoever else is named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import AnalysisJob
from listener.core.brand import ListeningRule, Target, TargetKind, Topic
from nlp.analyzer import build_analyzer
from nlp.passages import Sentence
from nlp.targets import Hit
from nlp.topics import MOST_PLACES, TopicFinder
from tests.support.spending import within

BRAND = Target("quillon", TargetKind.BRAND, "quillon", "Quillon")
SIGN = Target("quillon/sign", TargetKind.PRODUCT, "quillon", "Quillon Sign")
RIVAL = Target("quillon/vs/brimtel", TargetKind.COMPETITOR, "quillon", "Brimtel")
TOPICS = (
    Topic("billing", "Billing", ("invoice", "price*", "credit card")),
    Topic("search", "Search", ("searches",)),
    Topic("two-factor", "Two-factor login", ("two-factor login", "2FA")),
    Topic("signing", "Signing", ("sign",)),
    Topic("company", "Company", ("company",)),
)
RULE = ListeningRule("quillon", (BRAND, SIGN, RIVAL), topics=TOPICS)
ANALYZER = build_analyzer([RULE], engine="vader", languages=("en",))


def found(text: str) -> list[tuple[str, str, str]]:
    """Each topic with the target that it is said of, and as the text names it."""
    (analysis,) = ANALYZER.analyze([AnalysisJob(1, 1, None, text, "en")])
    return [(aspect.aspect, aspect.target, aspect.surface) for aspect in analysis.aspects]


@pytest.mark.parametrize(
    ("said", "topic", "surface"),
    [
        ("the invoice is wrong", "billing", "invoice"),
        ("INVOICES are wrong", "billing", "INVOICES"),
        ("priced oddly", "billing", "priced"),
        ("its credit-cards form is odd", "billing", "credit-cards"),
        ("one search takes a minute", "search", "search"),
        ("two factor login fails", "two-factor", "two factor login"),
        ("2fa fails", "two-factor", "2fa"),
        ("for companies it is fine", "company", "companies"),
        ("the invoice’s date is wrong", "billing", "invoice"),
    ],
)
def test_words_are_found_in_either_number_and_any_case(said: str, topic: str, surface: str) -> None:
    assert found(f"With Quillon {said}.") == [(topic, "quillon", surface)]


@pytest.mark.parametrize("said", ["invoicing", "reinvoice", "surprise", "researches", "credit", "login"])
def test_parts_of_other_words_are_no_topic(said: str) -> None:
    assert found(f"With Quillon {said} is odd.") == []


def test_a_part_of_a_name_is_no_topic() -> None:
    assert found("Quillon Sign is quick.") == []
    assert found("Quillon Sign is quick, and people sign at once.") == [("signing", "quillon/sign", "sign")]


def test_a_topic_is_of_the_target_named_nearest() -> None:
    assert found("Quillon is fine, but Brimtel has awful invoices.") == []
    assert found("Brimtel is fine, but the invoices of Quillon are awful.") == [("billing", "quillon", "invoices")]
    assert found("Quillon is fine. Quillon Sign has high prices.") == [("billing", "quillon/sign", "prices")]


def test_what_is_said_of_a_rival_is_no_topic_of_ours() -> None:
    assert found("Brimtel raised its prices. The invoices are a mess. Quillon never did that.") == []


def test_a_short_text_is_one_train_of_thought_and_a_long_one_is_not() -> None:
    assert found("The invoices are wrong again. Thank you, Quillon.") == [("billing", "quillon", "invoices")]
    filler = "Something else entirely that has nothing to do with it. " * 12
    assert found(f"The invoices of my plumber are wrong.\n\n{filler}\n\nThank you, Quillon.") == []
    assert found(f"{filler}\n\nQuillon is slow. Its invoices are wrong.") == [("billing", "quillon", "invoices")]


def test_a_topic_has_a_sentiment_of_its_own() -> None:
    text = "I love Quillon, it is wonderful and we are happy with it. The invoices of Quillon are terrible and awful."
    (analysis,) = ANALYZER.analyze([AnalysisJob(1, 1, None, text, "en")])
    (billing,) = analysis.aspects
    assert billing.sentiment.score < 0
    assert billing.sentiment.evidence == ("The invoices of Quillon are terrible and awful.",)


def test_every_place_of_a_topic_is_found_once() -> None:
    finder = TopicFinder([RULE])
    text = "Quillon: invoices, invoice, prices."
    (hit,) = finder.find(text, [Sentence(0, len(text), 0)], [Hit(0, 0, 7, True)])
    assert [text[start:end] for start, end in hit.places] == ["invoices", "invoice", "prices"]
    assert hit.place == hit.places[0]


def test_topics_belong_to_the_brand_that_has_them() -> None:
    other = ListeningRule("other", (Target("other", TargetKind.BRAND, "other", "Otherly"),), topics=(TOPICS[0],))
    finder = TopicFinder([RULE, other])
    text = "Otherly has searches and prices."
    assert [(hit.aspect, hit.target) for hit in finder.find(text, [Sentence(0, len(text), 0)], [Hit(3, 0, 7, True)])] == [
        ("billing", 3)
    ]


def test_without_topics_nothing_is_looked_for() -> None:
    assert TopicFinder([ListeningRule("quillon", (BRAND,))]).find("Quillon invoices", [], [Hit(0, 0, 7, True)]) == []


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_gives_places_within_it(noise: str) -> None:
    text = f"{noise} Quillon {noise} invoices"
    finder = TopicFinder([RULE])
    place = text.index("Quillon")
    for hit in finder.find(text, [Sentence(0, len(text), 0)], [Hit(0, place, place + 7, True)]):
        assert all(0 <= start < end <= len(text) for start, end in hit.places)
        assert hit.target == 0


@pytest.mark.parametrize("unit", ["Quillon invoice. ", "invoice ", "Quillon Sign prices ", "Brimtel invoice. ", "invoice. "])
def test_a_book_of_topics_and_names_costs_no_more_than_its_length(unit: str) -> None:
    text = "Quillon. " + unit * (200_000 // len(unit))
    hits = [Hit(0 if m[0] == "Quillon" else 2, *m.span(), sure=True) for m in re.finditer("Quillon|Brimtel", text)]
    sentences = [Sentence(*m.span(), 0) for m in re.finditer(r"[^.]{1,2000}", text)]
    finder = TopicFinder([RULE])
    for hit in within(3, lambda: finder.find(text, sentences, hits)):
        assert hit.target == 0
        assert 1 <= len(hit.places) <= MOST_PLACES
