"""Figures of matching: counted by hand, and bands held against draws."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.people import Outcome
from listener.matching_quality import Case, Share, bin_rows, harmonic, matching_quality, perfect_band

OUTCOMES = st.sampled_from(list(Outcome))
CASES = st.builds(
    Case,
    author_id=st.text(max_size=3),
    outcome=OUTCOMES,
    contact_id=st.sampled_from([None, "C1", "C2"]),
    probability=st.floats(0, 1),
    acceptable=st.sampled_from([frozenset(), frozenset({"C1"}), frozenset({"C1", "C2"})]),
    company=st.sampled_from(["", "c:a", "c:b"]),
    named_company=st.sampled_from(["", "c:a", "c:b"]),
    kind=st.sampled_from(["", "x", "y"]),
)


def case(
    outcome: str, contact: str | None, *acceptable: str, kind: str = "", p: float = 0.9, company: str = "", named: str = ""
) -> Case:
    return Case("A", Outcome(outcome), contact, p, frozenset(acceptable), company, named, kind)


TEN = [
    case("link", "C1", "C1", kind="known", p=0.99, company="c:a", named="c:a"),
    case("link", "C2", "C1", "C2", kind="known", p=0.98),
    case("link", "C9", "C1", kind="known", p=0.97),
    case("link", "C3", kind="stranger", p=0.96, named="c:z"),
    case("review", "C1", "C1", kind="known", p=0.6),
    case("review", "C5", "C1", kind="known", p=0.5),
    case("review", "C5", kind="stranger", p=0.2),
    case("none", None, "C4", kind="known", p=0.0),
    case("none", None, kind="stranger", p=0.0, company="c:b", named="c:b"),
    case("none", None, kind="stranger", p=0.0, company="c:b"),
]


def test_links_and_reviews_are_counted() -> None:
    found = matching_quality(TEN)
    assert (found.cases, found.customers) == (10, 6)
    assert found.precision == Share(2, 4)
    assert found.recall == Share(2, 6)
    assert found.f1 == pytest.approx(0.4)
    assert found.found == Share(3, 6)
    assert found.reviewed == Share(1, 3)
    assert found.reviewed_customers == Share(1, 2)


def test_companies_are_counted_with_and_without_the_person() -> None:
    found = matching_quality(TEN)
    assert found.company_precision == Share(2, 3)
    assert found.company_recall == Share(2, 3)
    assert found.company_only == Share(1, 2)


def test_kinds_have_a_row_each() -> None:
    known, stranger = matching_quality(TEN).kinds
    assert (known.kind, known.cases, known.customers, known.linked, known.wrong_links) == ("known", 6, 6, 3, 1)
    assert (known.reviewed, known.right_reviews, known.missed) == (2, 1, 3)
    assert (stranger.kind, stranger.linked, stranger.wrong_links, stranger.missed) == ("stranger", 1, 1, 0)


def test_a_claim_is_in_the_bin_of_its_probability() -> None:
    rows = bin_rows([(0.05, False), (0.1, False), (0.19, True), (1.0, True), (0.95, True)])
    assert [(row.low, row.claims, row.observed) for row in rows] == [(0.0, 1, 0.0), (0.1, 2, 0.5), (0.9, 2, 1.0)]
    assert rows[1].predicted == pytest.approx(0.145)


def test_of_nothing_there_are_no_shares() -> None:
    found = matching_quality([])
    assert (found.precision.value, found.recall.value, found.f1, found.calibration, found.bins) == (None, None, None, None, ())


def test_who_finds_nobody_has_no_precision_and_an_f1_of_nothing() -> None:
    found = matching_quality([case("none", None, "C1")])
    assert (found.precision.value, found.recall.value, found.f1) == (None, 0.0, 0.0)
    assert harmonic(0.0, 0.0) == 0.0


def test_the_band_is_that_of_draws() -> None:
    chance = Random(3)
    probabilities = [chance.random() for _ in range(60)]
    draws = sorted(sum(chance.random() < one for one in probabilities) / 60 for _ in range(4000))
    low, high = perfect_band(probabilities)
    assert low == pytest.approx(draws[100], abs=0.02)
    assert high == pytest.approx(draws[3900], abs=0.02)


def test_the_band_of_many_is_close_to_the_exact_one() -> None:
    few = [0.8] * 500
    many = [0.8] * 501
    assert perfect_band(many) == pytest.approx(perfect_band(few), abs=0.004)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_a_band_holds_the_expected_share(probabilities: list[float]) -> None:
    low, high = perfect_band(probabilities)
    assert 0 <= low <= high <= 1
    if probabilities:
        mean = sum(probabilities) / len(probabilities)
        assert low - 1 / len(probabilities) <= mean <= high + 1 / len(probabilities)


@given(st.lists(CASES, max_size=30))
def test_any_cases_give_shares_between_nothing_and_everything(cases: list[Case]) -> None:
    found = matching_quality(cases)
    for share in (found.precision, found.recall, found.found, found.reviewed, found.company_precision, found.company_recall):
        assert 0 <= share.part <= share.whole
        assert share.interval[0] <= share.interval[1]
    assert sum(row.cases for row in found.kinds) == len(cases)
    assert sum(row.wrong_links for row in found.kinds) == len(found.wrong_links) == found.precision.whole - found.precision.part
    assert sum(row.claims for row in found.bins) == sum(one.claimed for one in cases)
    assert sum(row.missed for row in found.kinds) == found.found.whole - found.found.part
