"""What the network is shown of a text and its target."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.pairs import CLOSE, MOST_WORDS, OPEN, pair
from tests.support.spending import within


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("Quillon is great", "Quillon", ("« Quillon » is great", "Quillon")),
        ("I moved to quillon.", "Quillon", ("I moved to « quillon » .", "quillon")),
        ("@Quillon and #quillon", "Quillon", ("« @Quillon » and « #quillon »", "@Quillon")),
        ("Quillon Flow is slow", "Quillon Flow", ("« Quillon Flow » is slow", "Quillon Flow")),
        ("Nothing of it", "Quillon", ("Nothing of it", "Quillon")),
        ("Just a text", None, ("Just a text", "")),
        ("Thanks @somebody, see https://a.example/x for Quillon", "Quillon", ("Thanks @user, see for « Quillon »", "Quillon")),
        ("Quillon «rocks»", "Quillon", ('« Quillon » "rocks"', "Quillon")),
        ("I \u200blo\u200bve it", None, ("I love it", "")),
        ("Great 👍", None, ("Great thumbs up", "")),
        ("", None, ("", "")),
        ("", "Quillon", ("", "Quillon")),
        ("Quillon " * 6, "Quillon", ("« Quillon » « Quillon » « Quillon » « Quillon » Quillon Quillon", "Quillon")),
    ],
)
def test_pairs(text: str, target: str | None, expected: tuple[str, str]) -> None:
    assert pair(text, target) == expected


def test_known_places_are_taken_as_they_are() -> None:
    assert pair("They are slow", "", [(0, 4)]) == ("« They » are slow", "They")
    assert pair("QF and Quillon Flow", "", [(7, 19), (0, 2), (1, 3)]) == ("« QF » and « Quillon Flow »", "QF")


def test_a_long_text_is_cut_around_the_target() -> None:
    first, second = pair("before " * 300 + "Quillon " + "after " * 300, "Quillon")
    words = first.split()
    assert second == "Quillon"
    assert len(words) == MOST_WORDS + 2
    assert words.index(OPEN) == MOST_WORDS // 3
    assert pair("word " * 500, None)[0].split() == ["word"] * MOST_WORDS


@given(st.text(max_size=300), st.none() | st.text(max_size=20))
def test_any_text_gives_segments_that_can_be_encoded(text: str, target: str | None) -> None:
    first, second = pair(text, target)
    assert (first + second).encode("utf-8") is not None
    assert first.split() == first.split(" ") or first == ""
    assert first.count(OPEN) == first.count(CLOSE) <= 4
    assert OPEN not in second


def test_a_megabyte_takes_no_time() -> None:
    for text in ("x" * 1_000_000, "Quillon " * 125_000, "@" * 1_000_000, "😀" * 500_000, " " * 1_000_000, "http://" * 140_000):
        for target in (None, "Quillon"):
            within(2, partial(pair, text, target))
