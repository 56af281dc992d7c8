"""What changed, in words that are no more certain than the numbers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.digest.changes import Compared, headline, sentences, usual_words
from listener.digest.trends import change, differ, interval, median, points, share, shares_differ, signed
from listener.digest.weekly_model import Bar, Number, TopicTrend, Voice

DAY = date(2026, 11, 16)


def bar(mentions: int, negative: int = 0) -> Bar:
    return Bar(DAY, mentions, 0, mentions - negative, 0, negative, 0)


def topic(name: str, mentions: int, usual: float, negative: int = 0, way: str = "") -> TopicTrend:
    return TopicTrend(name, mentions, usual, 0, negative, 0, way)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (56, 35, "up 60 % (35 → 56)"),
        (49, 35, "about as before (35 → 49)"),
        (38, 35, "about as before (35 → 38)"),
        (35, 35, "35, as before"),
        (3, 12, "down (12 → 3)"),
        (9, 1, "up (1 → 9)"),
        (12, 0, "up (0 → 12)"),
        (700, 1_400, "down 50 % (1,400 → 700)"),
        (4, 2, "about as before (2 → 4)"),
    ],
)
def test_a_change_has_a_per_cent_only_where_both_are_ten_or_more(now: int, before: int, words: str) -> None:
    assert change(now, before) == words


@pytest.mark.parametrize(
    ("part", "of", "words"),
    [
        (3, 8, "3 of 8"),
        (0, 9, "0 of 9"),
        (19, 50, "38 % (19 of 50, range 30–47 %)"),
        (0, 20, "0 % (0 of 20, range 0–8 %)"),
        (190, 500, "38 % (190 of 500)"),
    ],
)
def test_a_share_of_few_has_a_range_or_no_per_cent_at_all(part: int, of: int, words: str) -> None:
    assert share(part, of) == words


@given(st.integers(1, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_in_its_range(found: tuple[int, int]) -> None:
    part, of = found
    low, high = interval(part, of)
    assert 0 <= low <= part / of + 1e-9
    assert part / of - 1e-9 <= high <= 1


def test_shares_of_few_never_differ() -> None:
    assert not shares_differ((9, 9), (0, 50))
    assert shares_differ((30, 50), (10, 50))
    assert not shares_differ((12, 50), (10, 50))
    assert points((30, 50), (10, 50)) == 40
    assert points((3, 5), (10, 50)) is None


def test_where_nothing_changed_one_week_of_ten_at_most_is_told_as_a_change() -> None:
    random = np.random.default_rng(7)
    told = sum(differ(*map(int, pair)) for pair in random.poisson(40, (4_000, 2)))
    assert 350 <= told <= 450


def test_equal_counts_never_differ() -> None:
    assert not differ(0, 0)
    assert not differ(5, 5)


def test_the_median_of_nothing_is_an_error() -> None:
    assert (median([3, 1, 2]), median([4, 1, 2, 3])) == (2, 2.5)
    with pytest.raises(ValueError, match="nothing"):
        median([])


def test_numbers_are_signed_with_a_real_minus() -> None:
    assert [signed(n) for n in (9, -3, 0)] == ["+9", "−3", "±0"]


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        (Compared(bar(0), bar(5)), "Nobody mentioned us"),
        (Compared(bar(49), None), "49 mentions"),
        (Compared(bar(1), bar(1)), "1 mention"),
        (Compared(bar(56), bar(35)), "Mentions up 60 %"),
        (Compared(bar(20), bar(3)), "Mentions up (3 → 20)"),
        (
            Compared(bar(38), bar(35), [Voice("Us", 38, 35, ours=True), Voice("Brixa", 62, 65)]),
            "38 mentions, share of voice 38 %",
        ),
        (
            Compared(bar(60), bar(30), [Voice("Us", 60, 30, ours=True), Voice("Brixa", 40, 70)]),
            "Mentions up 100 %, share of voice 60 % (+30)",
        ),
        (Compared(bar(3), bar(4), [Voice("Us", 3, 4, ours=True), Voice("Brixa", 4, 1)]), "3 mentions"),
    ],
)
def test_the_headline_says_the_news(compared: Compared, words: str) -> None:
    assert headline(compared) == words


def test_a_rise_is_told_with_what_it_was_mostly_about() -> None:
    topics = [topic("Pricing", 17, 4.0, 7), topic("Support", 8, 7.0)]
    told = sentences(Compared(bar(56), bar(35), topics=topics, topics_before={"Pricing": 8, "Support": 7}))
    assert told[0] == "Mentions up 60 % (35 → 56), mostly Pricing (+9, 7 negative)."


def test_a_rise_that_no_topic_explains_is_told_without() -> None:
    told = sentences(Compared(bar(90), bar(35), topics=[topic("Pricing", 5, 4.0)], topics_before={"Pricing": 1}))
    assert told[0] == "Mentions up 157 % (35 → 90)."


def test_there_are_three_sentences_and_the_weightiest_go_first() -> None:
    week = Compared(
        bar(50, 30),
        bar(48, 10),
        voices=[Voice("Us", 50, 48, ours=True), Voice("Brixa", 50, 52)],
        turns=[Number("recovered", 2, "chance")],
        overdue=3,
        spikes=["A burst."],
    )
    told = sentences(week)
    assert told == (
        "Mentions about as before (48 → 50).",
        "Of the customers, 2 recovered.",
        "Negative up to 60 % (30 of 50, range 51–68 %) of those with a sure verdict, from 21 % (10 of 48, range 14–29 %).",
    )


def test_a_quiet_week_is_told_without_filling() -> None:
    assert sentences(Compared(bar(0), bar(0))) == ("Mentions 0, as before.",)
    assert sentences(Compared(bar(0), None)) == ("Nobody mentioned us.",)


def test_what_is_usual_is_told_as_exactly_as_it_is_known() -> None:
    assert [usual_words(n) for n in (0, 3.5, 4.0, 12.4)] == ["none", "3.5", "4", "12"]
