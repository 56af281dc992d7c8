"""Our valence is the library's own, to the last digit, at any length and whatever the text."""

from __future__ import annotations

import hashlib
import random
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vaderSentiment import vaderSentiment

from nlp.valence import Valencer
from tests.support.spending import within

LIBRARY = vaderSentiment.SentimentIntensityAnalyzer()
OURS = Valencer()
CHECKED = "a1c3b947b0e7b6ae3e7bf2185419c785d503a4e5ba1fa0072c3167dfaf34716b"

RULED = (
    *("no", "No", "or", "nor", "but", "BUT", "least", "at", "very", "VERY", "kind", "of", "sort", "so", "So", "this", "never"),
    *(
        "without",
        "doubt",
        "isn't",
        "ain't",
        "hadn't",
        "don’t",
        "uh-uh",
        "not",
        "NOT",
        "kinda",
        "kind-of",
        "just",
        "enough",
        "slightly",
    ),
    *(
        "the",
        "shit",
        "bomb",
        "bad",
        "ass",
        "bus",
        "stop",
        "yeah",
        "right",
        "kiss",
        "death",
        "to",
        "die",
        "for",
        "beating",
        "heart",
    ),
    *("hand", "mouth", "great", "GREAT", "Great!", "(great)", '"terrible"', "like", "love", "ok", "tool", "TOOL", "a", "I", "x"),
    *(
        "!",
        "!!!",
        "?",
        "???",
        "!?",
        ":)",
        ":(",
        ":D",
        "xD",
        "<3",
        "😀",
        "😍😍",
        "so😀",
        "☠",
        "❤️",
        "👍🏽",
        "-",
        "...",
        "ΟΔΟΣ",
        "İyi",
        "ß",
    ),
)
EVERYTHING = (
    *sorted(LIBRARY.lexicon),
    *sorted(LIBRARY.emojis),
    *sorted(vaderSentiment.BOOSTER_DICT),
    *sorted(vaderSentiment.NEGATE),
    *sorted(vaderSentiment.SPECIAL_CASES),
    *sorted(vaderSentiment.SENTIMENT_LADEN_IDIOMS),
)
SENTENCES = (
    "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!",
    "The plot was good, but the characters are uncompelling and the dialog is not great.",
    "Today only kinda sux! But I'll get by, lol",
    "At least it isn't a horrible book.",
    "No love, no problem or good luck; nor never so good, without a doubt great.",
    "Moved to Quillon in May; it is the shit, to die for, and yeah right it was cheap :D",
)
GLUE = st.sampled_from([" "] * 6 + ["", "  ", "\n", "\t", "\u00a0", "\u2003", "\x1f", ", ", "! "])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Words that rules speak of among all words of the library's tables, odd ones too, in some capitals."""
    word = st.one_of(st.sampled_from(RULED), st.sampled_from(RULED), st.sampled_from(EVERYTHING), st.text(max_size=4))
    words = draw(st.lists(st.tuples(word, GLUE), max_size=25))
    loud = draw(st.sets(st.integers(0, 24), max_size=3))
    return "".join((word.upper() if i in loud else word) + glue for i, (word, glue) in enumerate(words))


def assert_same(text: str) -> None:
    expected = LIBRARY.polarity_scores(text)
    assert OURS.polarity_scores(text) == expected
    assert OURS.compound(text).compound == expected["compound"]


def test_the_library_is_the_one_that_was_rewritten() -> None:
    """If this fails, read what changed in vaderSentiment, bring ``nlp.valence`` in line, and note the new hash."""
    assert version("vaderSentiment") == "3.3.2"
    code = Path(vaderSentiment.__file__).read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(code).hexdigest() == CHECKED


@given(texts())
@example("")
@example(" ")
@example("İ ΑΣ. ΑΣ great")
@example("\ud800great \udfff :)")
def test_scores_are_the_library_s_own(text: str) -> None:
    assert_same(text)


@given(st.lists(st.sampled_from(RULED), max_size=60))
def test_what_rules_speak_of_in_any_order(words: list[str]) -> None:
    assert_same(" ".join(words))


@given(st.permutations(" ".join(SENTENCES).split()))
def test_ordinary_words_in_any_order(words: list[str]) -> None:
    assert_same(" ".join(words))


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize("text", [*SENTENCES, *vaderSentiment.SPECIAL_CASES, *vaderSentiment.SENTIMENT_LADEN_IDIOMS])
def test_sentences_and_idioms(text: str) -> None:
    assert_same(text)
    assert_same(f"It is not {text} for me")
    assert_same(f"they were so {text.upper()} good")


def test_every_entry_of_the_tables() -> None:
    for entry in EVERYTHING:
        assert_same(f"It was {entry}, they said")


def test_equal_valences_around_but_are_weighed_as_the_library_does() -> None:
    chance = random.Random(7)
    for _ in range(300):
        words = chance.choices(
            ["good", "great", "but", "bad", "terrible", "tool", "very", "not", "GOOD"], k=chance.randint(2, 40)
        )
        assert_same(" ".join(words))


def test_no_emoji_is_ascii() -> None:
    # A text in ASCII is not searched for emoji.
    assert not any(sign.isascii() for sign in LIBRARY.emojis if len(sign) == 1)


def test_read_tells_whether_any_word_counted() -> None:
    assert OURS.compound("a good tool").read
    assert not OURS.compound("a tool for the office").read


@pytest.mark.parametrize("word", ["great ", "but good ", "not ", "!", "a", "😀", "n't ", "kind of "])
def test_long_texts_take_no_longer_than_their_words(word: str) -> None:
    text = word * (300_000 // len(word))
    within(5, lambda: OURS.polarity_scores(text))  # the library needs minutes for some
