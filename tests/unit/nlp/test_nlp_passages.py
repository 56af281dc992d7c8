"""Paragraphs, sentences, and the passages that speak of a target."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.passages import Passage, Sentence, find_passages, named_places, spoken_of
from nlp.sentences import LONGEST_PARAGRAPH, paragraphs, parse, sentence_places, zone
from tests.support.spending import within


def split(text: str) -> list[str]:
    with zone() as nlp:
        return [
            text[first:last]
            for start, end in paragraphs(text)
            for first, last in sentence_places(parse(nlp, text[start:end]), start)
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… five", ["One.", "Two!", "Three?", "Four… five"]),
        ("Mr. Smith paid $4.50 for v2.0 e.g. here.", ["Mr. Smith paid $4.50 for v2.0 e.g. here."]),
        ("a line\nanother line", ["a line", "another line"]),
        (
            "This line was wrapped by a mail program at some column\nand goes on here. Next.",
            ["This line was wrapped by a mail program at some column\nand goes on here.", "Next."],
        ),
        ("This line is long enough but was ended by its author.\nand this is another", None),
        ("  \n\n ", []),
        ("... !!! ...", []),
        ("Great 😀. 👍", ["Great 😀.", "👍"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str] | None) -> None:
    assert split(text) == (text.split("\n") if expected is None else expected)


@given(st.text(max_size=300) | st.lists(st.sampled_from(["word", ". ", "\n", " ", "a" * 60, "? "]), max_size=200).map("".join))
def test_paragraphs_cover_all_but_white_space(text: str) -> None:
    places = list(paragraphs(text))
    assert all(0 < end - start <= LONGEST_PARAGRAPH for start, end in places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
    kept = "".join(text[start:end] for start, end in places)
    assert [c for c in kept if not c.isspace()] == [c for c in text if not c.isspace()]


def test_long_paragraphs_are_cut_at_a_sentence() -> None:
    text = "All is well here. " * 1_000
    places = list(paragraphs(text))
    assert {text[start:end].strip()[-1] for start, end in places} == {"."}
    unbroken = "x" * 5_000
    assert [end - start for start, end in paragraphs(unbroken)] == [2_000, 2_000, 1_000]


def passages(text: str, name: str, *others: str) -> list[tuple[str, tuple[str, ...]]]:
    with zone() as nlp:
        sentences = [Sentence(*place, 0) for place in sentence_places(parse(nlp, text))]
    other_places = [place for other in others for place in named_places(text, other)]
    return [(p.sentence, p.following) for p in find_passages(text, sentences, named_places(text, name), other_places)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi. I use Quillon. Yes. No. Why.", [("I use Quillon.", ("Yes.", "No."))]),
        (
            "I use Quillon. It is bad. Quillon is slow. Yes.",
            [("I use Quillon.", ("It is bad.",)), ("Quillon is slow.", ("Yes.",))],
        ),
        ("I use Quillon. Brimtel is bad. Very.", [("I use Quillon.", ())]),
        ("Brimtel is better than Quillon. I love it.", [("Brimtel is better than Quillon.", ())]),
        ("We moved from Quillon to Zendora. Best step ever.", [("We moved from Quillon to Zendora.", ())]),
        ("We ditched our Quillon for Zendora. Great.", [("We ditched our Quillon for Zendora.", ())]),
        ("We moved to Quillon. Great.", [("We moved to Quillon.", ("Great.",))]),
        ("Nothing. At all.", []),
    ],
)
def test_passages(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert passages(text, "Quillon", "Brimtel") == expected


def test_what_follows_must_stand_right_below() -> None:
    sentences = [Sentence(0, 5, 0), Sentence(6, 10, 0), Sentence(20, 30, 1)]
    assert spoken_of(sentences, [(0, 2)]) == [(0, 1)]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            "Virgin America, @virginamerica #Virgin_America",
            "virgin america",
            ["Virgin America", "@virginamerica", "#Virgin_America"],
        ),
        ("@quillon quillonite", "@Quillon", ["@quillon"]),
        ("C++ is (C++)", "C++", ["C++", "C++"]),
        ("anything", " ", []),
        ("anything", "@", []),
    ],
)
def test_places_of_a_plain_name(text: str, name: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in named_places(text, name)] == expected


def test_signs_without_end_after_a_name_that_was_left_cost_no_more_than_their_length() -> None:
    text = "We left Quillon" + "!" * 200_000
    assert not within(1, lambda: Passage(text, 8, 15).is_left)
    assert Passage("We left Quillon!!! for Brimtel", 8, 15).is_left
    assert Passage("We left Quillon (at last) with Brimtel", 8, 15).is_left
