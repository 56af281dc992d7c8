"""The posterior against an independent oracle, and what each kind of statement says."""

from __future__ import annotations

from itertools import product
from math import exp, lgamma, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import Intent, Label, Sentiment
from listener.judging_model import (
    CONCENTRATION,
    LEAVES,
    PROFILES,
    RECOMMENDED,
    STARS,
    SWITCHED_TO_US,
    TESTIFIES,
    THREATENS_TO_LEAVE,
    VERY_NEGATIVE,
    Curve,
    base_rates,
    evidence,
    posterior,
    signal,
)

PRIOR = (0.25, 0.5, 0.25)
VECTORS = ((0.10, 0.14, 0.75), (0.73, 0.17, 0.10), (0.16, 0.68, 0.16))


def exact(vectors: list[tuple[float, float, float]], prior: tuple[float, float, float]) -> list[float]:
    """Bayes by summing over every way the posts could truly be meant: closed-form Dirichlet-multinomials, no grid."""
    joint = []
    for share, profile in zip(prior, PROFILES, strict=True):
        alpha = [CONCENTRATION * each for each in profile]
        total = 0.0
        for truth in product(range(3), repeat=len(vectors)):
            counts = [truth.count(kind) for kind in range(3)]
            log_p = lgamma(sum(alpha)) - lgamma(sum(alpha) + len(vectors))
            log_p += sum(lgamma(a + n) - lgamma(a) for a, n in zip(alpha, counts, strict=True))
            total += exp(log_p) * prod(vector[kind] for vector, kind in zip(vectors, truth, strict=True))
        joint.append(share * total)
    return [each / sum(joint) for each in joint]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(VECTORS), max_size=6), st.sampled_from([PRIOR, (0.4, 0.3, 0.3), (0.1, 0.2, 0.7)]))
def test_the_posterior_is_that_of_bayes_over_every_true_reading(vectors, prior):
    found = posterior([(vector, 1.0) for vector in vectors], [], prior)
    assert found == pytest.approx(exact(vectors, prior), abs=0.01)


def test_the_published_curve_of_a_75_percent_engine_is_met():
    praise = VECTORS[0]
    found = [posterior([(praise, float(n))], [], PRIOR)[0] for n in (1, 2, 3, 4, 6)]
    assert found == pytest.approx([0.44, 0.61, 0.74, 0.82, 0.91], abs=0.015)
    complaint = [posterior([(VECTORS[1], float(n))], [], PRIOR)[2] for n in (1, 2, 3)]
    assert complaint == pytest.approx([0.47, 0.66, 0.79], abs=0.025)


def test_without_evidence_it_is_the_prior():
    assert posterior([], [], PRIOR) == pytest.approx(PRIOR)


def test_fading_all_weights_is_scaling_them():
    seen, signals = [(VECTORS[0], 2.0), (VECTORS[2], 1.0)], [(RECOMMENDED, 1.0)]
    half = posterior([(vector, weight / 2) for vector, weight in seen], [(RECOMMENDED, 0.5)], PRIOR)
    assert Curve(seen, signals, PRIOR)(0.5) == pytest.approx(half)
    assert Curve(seen, signals, PRIOR)(0.0) == pytest.approx(PRIOR)


def test_hundreds_of_posts_do_not_underflow():
    found = posterior([(VECTORS[0], 900.0), (VECTORS[1], 30.0)], [(RECOMMENDED, 400.0)], PRIOR)
    assert sum(found) == pytest.approx(1)
    assert found[0] > 0.99


def vader(label: Label, score: float, **more) -> Sentiment:
    return Sentiment(label, score, "vader", "1", **more)


@pytest.mark.parametrize(("lower", "higher"), [(0.1, 0.4), (0.4, 0.65), (0.65, 0.9)])
def test_higher_praise_says_more(lower, higher):
    ratios = []
    for score in (lower, higher):
        ((vector, share),) = evidence(vader(Label.POSITIVE, score))
        assert share == 1
        assert vector[0] <= vector[1] <= vector[2]
        ratios.append(vector[2] / vector[1])
    assert ratios[0] < ratios[1]


@pytest.mark.parametrize("score", [-0.06, -0.3, -0.5, -0.7, -0.95])
def test_no_complaint_counts_for_its_author(score):
    ((vector, _),) = evidence(vader(Label.NEGATIVE, score))
    assert vector[0] >= vector[1] >= vector[2]


def test_faint_praise_says_nothing_rather_than_something_bad():
    ((vector, _),) = evidence(vader(Label.POSITIVE, 0.2))
    assert vector[0] == pytest.approx(vector[2])


def test_a_mixed_post_is_half_praise_and_half_complaint():
    parts = evidence(vader(Label.MIXED, 0.0))
    assert [share for _, share in parts] == [0.5, 0.5]
    assert parts[0][0][2] > parts[0][0][0]
    assert parts[1][0][2] < parts[1][0][0]


def test_what_cannot_be_scored_says_nothing():
    assert evidence(vader(Label.UNSCORED, 0.0, reason="in Finnish")) == ()


def test_a_calibrated_engine_is_taken_at_its_word():
    sentiment = Sentiment(Label.POSITIVE, 0.8, "linear", "1", probability=(0.05, 0.1, 0.85))
    ((vector, _),) = evidence(sentiment)
    assert vector[2] / vector[0] == pytest.approx(17, rel=0.05)


def test_the_mix_an_engine_was_calibrated_on_is_taken_out():
    """A verdict that only repeats the mix says nothing, for an engine that is listed and for one that is not."""
    for engine in ("target", "another"):
        ((vector, _),) = evidence(Sentiment(Label.NEUTRAL, 0.0, engine, "1", probability=base_rates(engine)))
        assert vector == pytest.approx((1.001,) * 3)
    assert sum(base_rates("target")) == pytest.approx(1)


def test_a_label_that_is_not_of_the_score_falls_back_to_the_label():
    ((corrected, _),) = evidence(vader(Label.POSITIVE, -0.6))
    ((other_engine, _),) = evidence(Sentiment(Label.POSITIVE, 0.9, "people", "1"))
    assert corrected == other_engine


@pytest.mark.parametrize(
    ("label", "score", "unsure", "intents", "rating", "expected"),
    [
        (Label.POSITIVE, 0.5, False, (Intent.RECOMMENDS,), None, RECOMMENDED),
        (Label.POSITIVE, 0.5, False, (Intent.SWITCHED_TO, Intent.RECOMMENDS), None, RECOMMENDED),
        (Label.POSITIVE, 0.5, False, (Intent.SWITCHED_TO,), None, SWITCHED_TO_US),
        (Label.NEUTRAL, 0.0, False, (Intent.RECOMMENDS,), None, RECOMMENDED),
        (Label.NEGATIVE, -0.3, False, (Intent.RECOMMENDS,), None, None),
        (Label.POSITIVE, 0.5, False, (Intent.TESTIMONIAL,), None, TESTIFIES),
        (Label.POSITIVE, 0.5, False, (Intent.TESTIMONIAL, Intent.RECOMMENDS), None, RECOMMENDED),
        (Label.NEUTRAL, 0.0, False, (Intent.BUYING,), None, None),
        (Label.NEGATIVE, -0.3, True, (Intent.LEAVING,), None, LEAVES),
        (Label.NEUTRAL, 0.0, False, (Intent.LEAVING,), None, LEAVES),
        (Label.POSITIVE, 0.4, False, (Intent.LEAVING,), None, None),
        (Label.NEGATIVE, -0.9, False, (Intent.CANCELLATION,), None, THREATENS_TO_LEAVE),
        (Label.UNSCORED, 0.0, False, (Intent.CANCELLATION,), None, None),
        (Label.NEGATIVE, -0.9, False, (), None, VERY_NEGATIVE),
        (Label.NEGATIVE, -0.9, True, (), None, None),
        (Label.NEGATIVE, -0.5, False, (Intent.PROBLEM,), None, None),
        (Label.NEUTRAL, 0.0, False, (), 5.0, STARS[5]),
        (Label.NEUTRAL, 0.0, False, (), 4.5, STARS[4]),
        (Label.NEUTRAL, 0.0, False, (), 0.0, STARS[1]),
        (Label.NEGATIVE, -0.9, False, (Intent.LEAVING,), 3.0, LEAVES),
    ],
)
def test_what_is_said_plainly(label, score, unsure, intents, rating, expected):
    assert signal(vader(label, score, unsure=unsure), intents, rating) == expected
