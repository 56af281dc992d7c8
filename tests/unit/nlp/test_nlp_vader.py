"""The engine "vader": the library's own scores, on the right words, and honest about what it cannot read."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listener.core.analysis import Label, Sentiment
from nlp.engines import Said
from nlp.passages import Passage
from nlp.vader import LONGEST, SURE, Vader
from tests.support.spending import within

LIBRARY = SentimentIntensityAnalyzer()
ENGINE = Vader()
WORDS = re.findall(
    r"\S+",
    "not never isn't very barely great GREAT terrible good bad but least kind of the tool :) :( 😀 !!! ??? love hate support "
    "at least no doubt slow crash so AWESOME sucks yeah right bad ass to die for without slightly lol",
)


def toward(passage: Passage) -> Sentiment:
    return ENGINE.score_passages([Said([passage], "en")])[0]


def score(text: str, target: str | None = None) -> Sentiment:
    (sentiment,) = ENGINE.score_many([(text, target)])
    return sentiment


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join))
def test_short_texts_score_as_the_library_does(text: str) -> None:
    sentiment = score(text)
    assert sentiment.label in {Label.UNSCORED, Label.NEUTRAL, Label.POSITIVE, Label.NEGATIVE}
    if sentiment.label is not Label.UNSCORED:
        assert sentiment.score == pytest.approx(LIBRARY.polarity_scores(text)["compound"], abs=1e-12)


@given(st.text(max_size=200))
def test_compound_is_the_library_s_own(text: str) -> None:
    assert ENGINE.compound(text) == LIBRARY.polarity_scores(text)["compound"]


TOWARD = [
    ("Quillon is great", Label.POSITIVE, 1),
    ("Quillon is terrible", Label.NEGATIVE, 1),
    ("I don't like Quillon", Label.NEGATIVE, 1),
    ("I don’t like Quillon", Label.NEGATIVE, 1),
    ("The weather is wonderful. We met at Quillon.", Label.NEUTRAL, 1),
    ("We met at Quillon. The weather was wonderful there.", Label.POSITIVE, 2),
    ("Horrible day.\nQuillon is great.", Label.POSITIVE, 1),
    ("Zendora is so much better than Quillon", Label.NEUTRAL, 1),
    ("Quillon is so much better than Zendora", Label.POSITIVE, 1),
    ("Unlike Quillon, Zendora is a great tool", Label.NEUTRAL, 1),
    ("So happy we moved from Quillon to Zendora! Best decision ever.", Label.NEUTRAL, 1),
    ("We moved from Zendora to Quillon! Best decision ever.", Label.POSITIVE, 2),
    ("I love how Quillon looks. I hate what Quillon costs, it is awful.", Label.MIXED, 2),
    ("Quillon opens at nine", Label.NEUTRAL, 1),
]


@pytest.mark.parametrize(("text", "label", "sentences"), TOWARD)
def test_toward_a_target(text: str, label: Label, sentences: int) -> None:
    sentiment = score(text, "Quillon")
    assert sentiment.label is label
    assert len(sentiment.evidence) == sentences
    assert "Quillon" in sentiment.evidence[0]
    assert all(sentence in text for sentence in sentiment.evidence)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no text"),
        (" \n ", "no text"),
        ("Die neue Version ist leider sehr langsam und niemand antwortet mir", "another language (de)"),
        ("La nouvelle version est très lente et personne ne répond", "another language (fr)"),
        ("สวัสดีครับ ผมชอบมันมาก", "Latin script"),
        ("12345 67 !!!", "nothing in it"),
        ("🂡🂢", "nothing in it"),
    ],
)
def test_what_it_cannot_read_is_unscored_never_neutral(text: str, reason: str) -> None:
    sentiment = score(text)
    assert sentiment.label is Label.UNSCORED
    assert sentiment.score == 0
    assert reason in (sentiment.reason or "")


def test_emoji_alone_can_be_read() -> None:
    assert score("😍😍").label is Label.POSITIVE


def test_doubt_is_admitted() -> None:
    assert score("The meeting of the board takes place on Thursday at nine").unsure
    assert score("The meeting of the board takes place on Thursday at nine").label is Label.NEUTRAL
    assert not score("This is a great and wonderful tool for our whole team").unsure
    weak = score("This is a fine tool and we use it for our monthly accounts")
    assert 0 < weak.score < SURE
    assert weak.unsure


def test_a_target_that_is_not_named_means_the_whole_text() -> None:
    assert score("This is a great tool", "Quillon").score == score("This is a great tool").score


def test_long_texts_are_scored_by_sentence_and_do_not_saturate() -> None:
    text = "This is a good tool for the office. " * 60
    assert len(text) > LONGEST
    assert score(text).score == pytest.approx(ENGINE.compound("This is a good tool for the office."))


@pytest.mark.parametrize("target", [None, "Quillon"])
def test_plain_english_needs_neither_spacy_nor_the_language_model(target: str | None) -> None:
    code = (
        "import sys; from nlp.vader import Vader; "
        f"print([s.label for s in Vader().score_many([('It works. We think that Quillon is great', {target!r})])]); "
        "sys.exit(bool({'spacy', 'py3langid', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_order_is_kept_and_items_are_taken_one_by_one() -> None:
    asked = iter([("This is a great tool for us", None), ("", None), ("This is a terrible tool for us", "tool")])
    verdicts = ENGINE.score_many(asked)
    assert next(verdicts).label is Label.POSITIVE
    assert [verdict.label for verdict in verdicts] == [Label.UNSCORED, Label.NEGATIVE]


@pytest.mark.parametrize("target", [None, "Quillon"])
@pytest.mark.parametrize("glue", [" ", ". ", "\n", "", "; "])
def test_200_kb_take_about_a_second(glue: str, target: str | None) -> None:
    chance = random.Random(1)
    text = glue.join(chance.choice([*WORDS, "Quillon"]) for _ in range(60_000))[:200_000]
    within(6, lambda: score(text, target))  # the library takes 45 s


def test_a_long_sentence_is_scored_around_the_target_only() -> None:
    sentence = "awful " * 500 + "so I find that Quillon is great " + "awful " * 500
    start = sentence.index("Quillon")
    sentiment = toward(Passage(sentence, start, start + 7))
    around = sentence[start - LONGEST // 2 : start + LONGEST // 2]
    assert sentiment.score == ENGINE.compound(around)
    assert sentiment.evidence == (sentence,)


def test_contrast_parts_two_known_targets() -> None:
    sentence = "Brimtel is horrible but Quillon is great"
    alone = Passage(sentence, 24, 31)
    beside = Passage(sentence, 24, 31, others=((0, 7),))
    other = Passage(sentence, 0, 7, others=((24, 31),))
    assert toward(beside).score == ENGINE.compound(" Quillon is great")
    assert toward(other).score == ENGINE.compound("Brimtel is horrible ")
    assert toward(alone).score == ENGINE.compound(sentence)
