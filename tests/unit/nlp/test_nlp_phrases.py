"""Phrase rules: what the engine reads instead, where everything stands then, and what people see of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.analysis import Label, Sentiment
from listener.core.errors import EngineError
from listener.core.lessons import PhraseRule
from nlp.engines import Engine, Said, load_engine
from nlp.passages import Passage, Sentence, find_passages, named_places
from nlp.phrases import PLAIN, teach
from tests.support.spending import within

SICK = PhraseRule("sick", Label.POSITIVE)


def said(text: str, name: str = "Quillon", *others: str, following: tuple[str, ...] = ()) -> Said:
    """What a sentence (and those that follow) says of a name."""
    sentences, start = [], 0
    for one in (text, *following):
        sentences.append(Sentence(start, start + len(one), 0))
        start += len(one) + 1
    whole = " ".join((text, *following))
    places = [place for other in others for place in named_places(whole, other)]
    return Said(find_passages(whole, sentences, named_places(whole, name), places), "en")


def taught(item: Said, *rules: PhraseRule, brand: str = "quillon") -> Passage:
    (one,), _ = teach([(item, brand)], rules)
    (passage,) = one.passages
    return passage


def test_a_phrase_becomes_a_plain_word_and_every_place_moves_with_it() -> None:
    passage = taught(said("That sick demo of Quillon beats the sick Brimtel one.", "Quillon", "Brimtel"), SICK)
    assert passage.sentence == "That great demo of Quillon beats the great Brimtel one."
    assert passage.sentence[passage.start : passage.end] == "Quillon"
    assert [passage.sentence[a:b] for a, b in passage.others] == ["Brimtel"]
    assert [passage.sentence[a:b] for a, b in passage.own] == ["Quillon"]


def test_what_follows_is_read_by_the_rules_too() -> None:
    passage = taught(said("Got Quillon today.", following=("It is SICK!", "No words.")), SICK)
    assert passage.following == ("It is GREAT!", "No words.")


def test_only_whole_words_in_any_case_the_longest_phrase_first() -> None:
    rules = (PhraseRule("bomb", Label.NEGATIVE), PhraseRule("The  Bomb", Label.POSITIVE), PhraseRule("don't mind", Label.NEUTRAL))
    passage = taught(said("Quillon is the\tbomb, no bomber, no Bomb; I don’t mind."), *rules)
    assert passage.sentence == "Quillon is great, no bomber, no terrible; I usual."


def test_the_name_of_a_target_is_never_touched() -> None:
    rule = PhraseRule("flow", Label.NEGATIVE)
    passage = taught(said("Quillon Flow has flow, Quillon Flow rocks, unlike Flow Two.", "Quillon Flow", "Flow Two"), rule)
    assert passage.sentence == "Quillon Flow has terrible, Quillon Flow rocks, unlike Flow Two."
    assert passage.sentence[passage.start : passage.end] == "Quillon Flow has terrible, Quillon Flow"
    made_by_hand = Passage("Quillon flow", 0, 12)
    assert taught(Said([made_by_hand], "en"), rule) == made_by_hand


def test_a_rule_of_a_brand_is_for_its_mentions_and_goes_before_one_for_all() -> None:
    own = PhraseRule("sick", Label.NEGATIVE, "quillon")
    item = said("Quillon is sick")
    assert taught(item, own, SICK).sentence == "Quillon is terrible"
    assert taught(item, own, SICK, brand="other").sentence == "Quillon is great"
    assert taught(item, own, brand="other") == item.passages[0]
    assert taught(item, SICK, PhraseRule("sick", Label.NEUTRAL)).sentence == "Quillon is usual"


def test_rules_that_say_nothing_change_nothing() -> None:
    item = said("Quillon is sick")
    assert taught(item, PhraseRule("", Label.POSITIVE), PhraseRule("sick", Label.MIXED)) == item.passages[0]
    (same,), restore = teach([(item, "quillon")], ())
    assert same is item
    assert restore([]) == []


def test_people_see_the_sentences_as_they_were_written() -> None:
    items = [(said("Quillon is sick.", following=("So sick!",)), "quillon"), (said("Quillon is great."), "quillon")]
    _, restore = teach(items, (SICK,))
    felt = Sentiment(Label.POSITIVE, 0.8, "vader", "1", evidence=("Quillon is great.", "So great!"))
    assert [one.evidence for one in restore([felt, felt])] == [
        ("Quillon is sick.", "So sick!"),
        ("Quillon is great.", "So great!"),
    ]


TEXTS = st.text(st.sampled_from("sick SICK'’Quillon \t.-é\u200b\ud800"), max_size=60)


@given(TEXTS, TEXTS, st.lists(st.builds(PhraseRule, TEXTS, st.sampled_from(list(PLAIN))), max_size=4))
def test_names_stay_and_evidence_comes_back_whatever_is_written(before: str, after: str, rules: list[PhraseRule]) -> None:
    text = f"{before} Quillon {after} Brimtel"
    item = said(text, "Quillon", "Brimtel")
    (one,), restore = teach([(item, "quillon")], rules)
    for old, new in zip(item.passages, one.passages, strict=True):
        assert [new.sentence[a:b] for a, b in new.own] == [old.sentence[a:b] for a, b in old.own]
        assert [new.sentence[a:b] for a, b in new.others] == [old.sentence[a:b] for a, b in old.others]
        assert (new.start, new.end) == (new.own[0][0], max(b for _, b in new.own))
    felt = Sentiment(Label.POSITIVE, 1.0, "e", "1", evidence=tuple(passage.sentence for passage in one.passages))
    assert restore([felt])[0].evidence == tuple(dict.fromkeys(passage.sentence for passage in item.passages))


def test_a_megabyte_in_one_line_and_many_rules_take_no_time() -> None:
    rules = tuple(PhraseRule(f"word{number} x", Label.POSITIVE) for number in range(300))
    item = Said([Passage("Quillon " + "word7 " * 170_000, 0, 7)], "en")
    assert within(5, lambda: taught(item, *rules)).start == 0


@pytest.mark.parametrize("name", ["vader", "target"])
def test_engines_obey_the_rules(name: str) -> None:
    try:
        engine: Engine = load_engine(name)
    except EngineError as missing:
        pytest.skip(f"the engine cannot be loaded here: {missing}")
    community = [
        ("The new Quillon release is sick.", "Quillon", SICK, Label.POSITIVE),
        ("Quillon is the bomb!", "Quillon", PhraseRule("the bomb", Label.POSITIVE), Label.POSITIVE),
        ("Quillon is wicked, guys.", "Quillon", PhraseRule("wicked", Label.POSITIVE), Label.POSITIVE),
        ("Their Quillon support is totally clown grade.", "Quillon", PhraseRule("clown grade", Label.NEGATIVE), Label.NEGATIVE),
        ("Quillon is such a doozy of an app.", "Quillon", PhraseRule("doozy", Label.NEGATIVE), Label.NEGATIVE),
    ]
    items = [(said(text, target), "quillon") for text, target, _, _ in community]
    read, restore = teach(items, tuple(rule for _, _, rule, _ in community))
    verdicts = restore(engine.score_passages(read))
    assert [one.label for one in verdicts] == [label for *_, label in community]
    for (text, *_), one in zip(community, verdicts, strict=True):
        assert set(one.evidence) <= {text}


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("Spaß", "Quillon macht viel Spaß.", "Quillon macht viel great."),
        ("spass", "Quillon macht viel Spaß und SPASS.", "Quillon macht viel great und GREAT."),
        ("Spaß".casefold(), "Spaß ist Quillon, ein Spaßbad nicht.", "great ist Quillon, ein Spaßbad nicht."),
        ("\ufb01ne", "Quillon is \ufb01ne, fine.", "Quillon is great, great."),
        ("İyi", "Quillon İyi, iyi, i\u0307yi.", "Quillon great, great, great."),
        ("\u03b9", "Quillon \u0390 \u03b9.", "Quillon \u0390 great."),
    ],
)
def test_letters_that_folding_makes_longer_are_found_and_places_still_hold(phrase: str, text: str, expected: str) -> None:
    passage = taught(said(text), PhraseRule(phrase, Label.POSITIVE))
    assert passage.sentence == expected
    assert passage.sentence[passage.start : passage.end] == "Quillon"
