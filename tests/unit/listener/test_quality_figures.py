"""The figures of `listener eval`, against cases computed by hand and against what must hold for any rows."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.quality import (
    Calibration,
    Row,
    accuracy,
    binomial,
    bootstrap,
    calibration,
    confusion,
    f1,
    macro_f1,
    macro_recall,
    opposite_sign,
    precision,
    quality,
    recall,
    wilson,
)


def rows(*counted: tuple[int, int | None, int]) -> list[Row]:
    return [Row(gold, label) for gold, label, times in counted for _ in range(times)]


# 10 negative, 10 neutral, 20 positive: 6, 5 and 16 of them found.
KNOWN = rows(
    (-1, -1, 6), (-1, 0, 3), (-1, 1, 1), (0, -1, 2), (0, 0, 5), (0, 1, 3), (1, -1, 1), (1, 0, 2), (1, 1, 16), (1, None, 1)
)


def test_recall_precision_and_f1_by_hand() -> None:
    counted = confusion(KNOWN)
    assert [recall(counted, label) for label in (-1, 0, 1)] == [0.6, 0.5, 0.8]
    assert [precision(counted, label) for label in (-1, 0, 1)] == [6 / 9, 5 / 10, 16 / 20]
    assert f1(counted, -1) == pytest.approx(12 / 19)
    assert f1(counted, 0) == pytest.approx(0.5)
    assert f1(counted, 1) == pytest.approx(0.8)
    assert macro_recall(counted) == pytest.approx(1.9 / 3)
    assert macro_f1(counted) == pytest.approx((12 / 19 + 1.3) / 3)
    assert accuracy(counted) == 27 / 40
    assert opposite_sign(counted) == 2 / 40


def test_a_class_that_is_not_there_has_no_part() -> None:
    counted = confusion(rows((-1, -1, 3), (-1, 1, 1)))
    assert (recall(counted, 0), precision(counted, 0), f1(counted, 0)) == (None, None, None)
    assert macro_recall(counted) == 0.75
    assert f1(confusion(rows((-1, 1, 4))), -1) == 0.0


def test_the_interval_of_a_share_is_wilson_s() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_the_interval_of_a_figure_is_that_of_rows_drawn_anew() -> None:
    counted = confusion(rows((-1, -1, 500), (-1, 1, 500), (1, 1, 1000)))
    low, high = bootstrap(counted, accuracy)
    assert (low, high) == pytest.approx(wilson(1500, 2000), abs=0.004)
    assert bootstrap(counted, accuracy) == (low, high)
    some = confusion(rows((-1, -1, 18), (-1, 1, 12)))
    assert bootstrap(some, accuracy) == pytest.approx((0.42, 0.77), abs=0.05)


def test_too_few_rows_and_rows_without_an_error_have_no_interval() -> None:
    assert bootstrap(confusion(rows((-1, -1, 20), (-1, 1, 9))), accuracy) is None
    assert bootstrap(confusion(rows((-1, -1, 50), (1, 1, 50))), accuracy) is None
    assert bootstrap(Counter(), accuracy) is None


def test_classes_of_which_there_is_no_row_are_named() -> None:
    assert quality(rows((-1, 0, 1), (1, 1, 1)), draws=5).missing == (0,)
    assert quality(rows((-1, 1, 1), (0, 0, 1), (1, None, 1)), draws=5).missing == ()


@pytest.mark.parametrize(("trials", "share"), [(20, 0.03), (20, 0.5), (50, 0.97), (10_000, 0.4), (7, 1.0), (7, 0.0), (0, 0.3)])
def test_coins_fall_as_often_as_they_should(trials: int, share: float) -> None:
    chance = Random(1)
    thrown = [binomial(trials, share, chance) for _ in range(4_000)]
    assert all(0 <= one <= trials for one in thrown)
    mean = sum(thrown) / len(thrown)
    assert mean == pytest.approx(trials * share, abs=4 * (trials * share * (1 - share) / 4_000) ** 0.5 + 1e-9)
    spread = sum((one - mean) ** 2 for one in thrown) / len(thrown)
    assert spread == pytest.approx(trials * share * (1 - share), rel=0.15)


# ---------------------------------------------------------------------------------------------------------- calibration


def sure(confidence: float, right: int, wrong: int) -> list[Row]:
    """Rows called positive with that probability."""
    rest = (1 - confidence) / 2
    return [Row(gold, 1, (rest, rest, confidence)) for gold in [1] * right + [-1] * wrong]


def test_the_calibration_error_by_hand() -> None:
    found = calibration([*sure(0.9, 6, 4), *sure(0.65, 15, 15)])
    assert found is not None
    assert found.ece == pytest.approx((10 * 0.3 + 30 * 0.15) / 40)
    assert [(each.low, each.rows, each.right) for each in found.bins] == [(0.6, 30, 0.5), (0.9, 10, 0.6)]
    assert [each.confidence for each in found.bins] == pytest.approx([0.65, 0.9])
    assert found.confidence == pytest.approx((9 + 19.5) / 40)
    assert found.right == 21 / 40


def _engine(rows: int, overconfidence: float, seed: int = 3, draws: int = 400) -> Calibration:
    """An engine that is right as often as it says, less the overconfidence."""
    chance = Random(seed)
    made = []
    for _ in range(rows):
        confidence = chance.uniform(0.5, 0.98)
        is_right = chance.random() < confidence - overconfidence
        made.append(Row(1 if is_right else -1, 1, ((1 - confidence) / 2, (1 - confidence) / 2, confidence)))
    found = calibration(made, draws=draws)
    assert found is not None
    return found


@pytest.mark.parametrize("number", [300, 3_000, 20_000])
def test_a_calibrated_engine_is_within_the_band_and_an_overconfident_one_is_not(number: int) -> None:
    assert _engine(number, 0.0).calibrated
    assert not _engine(number, 0.15).calibrated


def test_the_band_is_narrow_where_rows_are_many_and_holds_most_calibrated_engines() -> None:
    assert _engine(20_000, 0.0).band[1] < 0.012 < _engine(300, 0.0).band[1]
    within = sum(_engine(400, 0.0, seed, draws=200).calibrated for seed in range(40))
    assert within >= 36


def test_without_probabilities_there_is_no_calibration() -> None:
    assert calibration(KNOWN) is None
    assert calibration([]) is None
    assert quality(KNOWN).calibration is None


# ------------------------------------------------------------------------------------------------------------ everything


def test_only_what_the_engine_is_sure_of_is_covered() -> None:
    given = [Row(1, 1), Row(1, 1, unsure=True), Row(-1, 1), Row(0, None), Row(-1, -1), Row(0, 0)]
    found = quality(given)
    assert (found.rows, found.unscored) == (6, 1)
    assert found.coverage == 4 / 6
    assert (found.positive.said, found.positive.right, found.positive.precision) == (2, 1, 0.5)
    assert (found.negative.said, found.negative.precision) == (1, 1.0)
    assert found.positive.interval == wilson(1, 2)
    assert quality([Row(0, 0)]).positive.precision is None


PROBABILITY = st.tuples(*[st.integers(1, 100)] * 3).map(lambda parts: tuple(part / sum(parts) for part in parts))
ROWS = st.lists(
    st.builds(
        Row, st.sampled_from([-1, 0, 1]), st.sampled_from([-1, 0, 1, None]), st.one_of(st.none(), PROBABILITY), st.booleans()
    ),
    max_size=45,
)


@given(ROWS, st.integers(2, 15))
def test_every_figure_is_a_share_within_its_interval_or_near_it(given_rows: list[Row], bins: int) -> None:
    found = quality(given_rows, bins, draws=20)
    for value in (found.macro_recall, found.macro_f1, found.accuracy, found.opposite, found.coverage):
        assert 0 <= value <= 1
    if given_rows:
        low, high = found.accuracy_interval
        assert 0 <= low <= found.accuracy <= high <= 1
    for interval in (found.macro_recall_interval, found.macro_f1_interval):
        assert interval is None or 0 <= interval[0] < interval[1] <= 1
    calibrated = found.calibration
    assert (calibrated is None) == all(row.probability is None for row in given_rows)
    if calibrated is not None:
        assert sum(each.rows for each in calibrated.bins) == calibrated.rows
        assert 0 <= calibrated.ece <= 1
        assert calibrated.band[0] <= calibrated.band[1]


@given(ROWS)
def test_the_order_of_rows_does_not_matter(given_rows: list[Row]) -> None:
    one, other = quality(given_rows, draws=20), quality(given_rows[::-1], draws=20)
    assert (one.macro_recall_interval, one.confusion, one.positive) == (
        other.macro_recall_interval,
        other.confusion,
        other.positive,
    )
