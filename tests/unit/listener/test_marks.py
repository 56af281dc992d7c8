"""Runs of combining marks: no longer than writing needs, so that normalising a text takes no longer than reading it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.marks import MOST_MARKS, stream_safe
from listener.core.mention import Markup, normal_text
from listener.query.words import fold
from nlp.identity.names import words
from nlp.sketch import sketches
from nlp.text import to_text
from tests.support.spending import within

PILES = ["\u0300\u0316", "\u0f71\u0f72", "\u0301\uff9e", "\u0344", "\u0f73", "\u0316\u200d\u0300"]


@pytest.mark.parametrize(
    "text", ["", "plain", "Größe, naïve", "नमस्ते", "สวัสดีครับ ที่นี่", "a" + "\u0301" * MOST_MARKS, "👩\u200d👧 ❤\ufe0f"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert stream_safe(text) == text


def test_a_run_is_cut_wherever_it_stands() -> None:
    for before in range(MOST_MARKS + 2):
        text = "é" * before + "\u0301" * (MOST_MARKS + 1) + "b" + "\u0316" * 100
        assert stream_safe(text) == "é" * before + "\u0301" * MOST_MARKS + "b" + "\u0316" * MOST_MARKS


@given(st.lists(st.sampled_from(["a", "é", "\u0300", "\u0316", "\u0300" * 31, "\uff9e", "\U0001e8d0", "\ud800"])).map("".join))
def test_no_longer_run_is_left_and_nothing_else_is_lost(text: str) -> None:
    safe = stream_safe(text)
    assert stream_safe(safe) == safe
    run = 0
    for char in safe:
        run = run + 1 if unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) else 0
        assert run <= MOST_MARKS
    assert [c for c in safe if c in "aé\ud800"] == [c for c in text if c in "aé\ud800"]


@pytest.mark.parametrize("pile", PILES)
def test_whatever_normalises_a_text_is_quick(pile: str) -> None:
    text = "a" + pile * (200_000 // len(pile))
    within(2, lambda: (to_text(text, Markup.PLAIN), normal_text(text), fold(text), sketches([text]), words(text)))
