"""Sentences by plain string work are those that end where spaCy's tokens end them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.sentences import paragraphs, parse, sentence_places, zone
from nlp.splitting import split_sentences
from tests.support.spending import within

ALIKE = [
    "One sentence only",
    "It works. We are happy. Thanks!",
    "Really? Yes! No.",
    "Wait... what? Well.. fine.",
    "Dr. Smith of Brimtel Inc. called at 9 a.m. and left.",
    "J. Smith came, e.g. on Monday, i.e. today. He left.",
    "Version 2.5 of https://q.example/a.b?c=d is out. Get it.",
    "See quillon.example for more. It is free!",
    "It ended.Then it began",
    'He said "no way!" and left. So what?',
    "Great!!! Really great!!!",
    "Great! :) We like it",
    "It works! #quillon is great",
    'It works. "Quillon" is great. (Really.) So what?',
    "It works - somehow. - And then?",
    "One line\nAnother line. And more",
    "",
    " \n ",
    "...",
    "😀",
    "Nice. 😀 Thanks",
    "Das ist gut. 本当ですか？ はい。",
]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize("text", ALIKE)
def test_sentences_are_those_of_spacy(text: str) -> None:
    with zone() as nlp:
        places = [place for start, end in paragraphs(text) for place in sentence_places(parse(nlp, text[start:end]), start)]
    assert split_sentences(text) == places


def test_opening_signs_go_with_what_they_open() -> None:
    assert sentences("It works! #quillon is great") == ["It works!", "#quillon is great"]
    assert sentences('It works. "Quillon" is great') == ["It works.", '"Quillon" is great']
    assert sentences("It works! (Really it does.) Good") == ["It works!", "(Really it does.)", "Good"]


def test_names_glued_by_marks_are_parted_and_links_are_not() -> None:
    assert sentences("great!!!Quillon rocks") == ["great!!!", "Quillon rocks"]
    assert sentences("Go to https://q.example/a?b.C and see") == ["Go to https://q.example/a?b.C and see"]


@given(st.one_of(st.text(max_size=300), st.text("ab.!?…:)\"' \n#@/A1😀", max_size=300)))
def test_sentences_are_pieces_in_order_and_lose_nothing_said(text: str) -> None:
    places = split_sentences(text)
    assert all(a < b for a, b in places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))
    assert all(piece and piece == piece.strip() for piece in sentences(text))
    inside = {i for start, end in places for i in range(start, end)}
    assert all(i in inside for i, c in enumerate(text) if c.isalnum())


@pytest.mark.parametrize("piece", ["!", "!)", "a", ". ", ".a", "... ", "\n", "a.B", '" ', " !", "?! x "])
def test_long_lines_are_split_in_linear_time(piece: str) -> None:
    text = piece * (500_000 // len(piece)) + "x"
    within(5, lambda: split_sentences(text))
