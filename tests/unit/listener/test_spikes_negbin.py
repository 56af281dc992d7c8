"""The tails agree with exact sums of their distributions."""

from __future__ import annotations

from fractions import Fraction
from math import comb, exp, lgamma, log

import numpy as np
import pytest

from listener.spikes.negbin import SMALLEST, log_gamma, share_tail, upper_tail


def exact(count: int, mean: float, r: float) -> float:
    """P(X >= count), summed from the far end."""
    p = mean / (mean + r)
    terms = [
        exp(lgamma(k + r) - lgamma(r) - lgamma(k + 1) + k * log(p) + r * log(r / (mean + r))) for k in range(count, count + 4000)
    ]
    return sum(reversed(terms))


def test_log_gamma_is_the_standard_library_s() -> None:
    values = np.concatenate([np.logspace(-3, 6, 400), np.arange(1, 30)])
    ours = log_gamma(values)
    assert np.allclose(ours, [lgamma(each) for each in values], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("mean", [0.3, 1, 7.5, 60])
@pytest.mark.parametrize("r", [0.5, 3, 40])
def test_upper_tails_are_exact_sums(mean: float, r: float) -> None:
    counts = [1, 2, 5, 17, 60, 200]
    found = upper_tail(counts, mean, r)
    for count, p in zip(counts, found, strict=True):
        assert p == pytest.approx(max(exact(count, mean, r), SMALLEST), rel=1e-7)


def test_a_large_dispersion_is_poisson() -> None:
    poisson = 1 - sum(exp(-4.0) * 4.0**k / float(np.prod(np.arange(1, k + 1), dtype=float)) for k in range(15))
    assert upper_tail(15, 4.0, 1e8) == pytest.approx(poisson, rel=1e-3)


def test_tails_fall_with_the_count_and_are_probabilities_whatever_comes() -> None:
    counts = np.array([0, 0.5, 1, 3, 10, 1e3, 1e6, 1e12])
    for mean in (0.3, 20, 1e6, 1e11):
        for r in (0.5, 1e4):
            found = upper_tail(counts, mean, r)
            assert np.isfinite(found).all()
            assert found[0] == 1
            assert (found >= SMALLEST).all()
            assert (np.diff(found) <= 1e-9).all()


def test_shares_are_exact_sums() -> None:
    def term(k: int) -> Fraction:  # beta-binomial(12, 2, 8): C(12,k) B(k+2, 20-k) / B(2, 8), all of whole numbers
        def beta(a: int, b: int) -> Fraction:
            return Fraction(1, a * comb(a + b - 1, a))

        return comb(12, k) * beta(k + 2, 20 - k) / beta(2, 8)

    assert share_tail(9, 12, 2, 8) == pytest.approx(float(sum(term(k) for k in range(9, 13))), rel=1e-9)
    assert sum(term(k) for k in range(13)) == 1
    assert share_tail(0, 12, 2, 8) == 1
    assert share_tail(12, 11, 2, 8) == SMALLEST
