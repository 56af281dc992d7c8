"""Upper tails of the negative binomial and of the beta-binomial distribution, for many values at once.

``P(X >= k)`` of a negative binomial with mean m and dispersion r (variance m + m²/r) is the regularised incomplete beta
function ``I_x(k, r)`` at ``x = m / (m + r)``: exact for whole k, and smooth between.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SMALLEST = 1e-200
"""Probabilities below cannot be told from each other, and none is 0."""
_STEPS = 3000
_PRECISE = 1e-12
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
_SHIFT = 8


def log_gamma(value: ArrayLike) -> Floats:
    """The logarithm of the gamma function of positive numbers: Stirling's series, after a shift to 8 and more."""
    given = np.asarray(value, dtype=np.float64)
    small = given < _SHIFT
    below = np.where(small, given, 1.0)
    product = np.ones_like(given)
    for step in range(_SHIFT):
        product *= below + step
    z = np.where(small, given + _SHIFT, given)
    inverse = 1 / z
    square = inverse * inverse
    series = np.zeros_like(z)
    for factor in reversed(_STIRLING):
        series = series * square + factor
    whole = (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + series * inverse
    return np.asarray(whole - np.where(small, np.log(product), 0.0), dtype=np.float64)


def upper_tail(count: ArrayLike, mean: ArrayLike, dispersion: ArrayLike) -> Floats:
    """P(X >= count) for negative binomials of these means and dispersions (both positive), broadcast; at least ``SMALLEST``."""
    counts, means, sizes = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (count, mean, dispersion)))
    found = np.ones(counts.shape)
    some = counts > 0
    if some.any():
        m, r = means[some], sizes[some]
        found[some] = _incomplete_beta(counts[some], r, m / (m + r), r / (m + r))
    return np.clip(found, SMALLEST, 1.0)


def share_tail(negative: float, total: float, alpha: float, beta: float) -> float:
    """P(at least so many negative of the total), where the share itself varies as Beta(alpha, beta)."""
    if negative <= 0:
        return 1.0
    k = np.arange(np.ceil(negative), np.floor(total) + 1)
    if not k.size:
        return SMALLEST
    rest = total - k
    logs = log_gamma(total + 1) - log_gamma(k + 1) - log_gamma(rest + 1)
    logs = logs + log_gamma(k + alpha) + log_gamma(rest + beta) - log_gamma(total + alpha + beta)
    logs = logs + log_gamma(alpha + beta) - log_gamma(alpha) - log_gamma(beta)
    return float(np.clip(np.exp(logs).sum(), SMALLEST, 1.0))


def _incomplete_beta(a: Floats, b: Floats, x: Floats, y: Floats) -> Floats:
    """``I_x(a, b)`` of one-dimensional arrays; ``y`` is 1 - x, given apart as it may be tiny."""
    front = np.exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * np.log(x) + b * np.log(y))
    direct = x < (a + 1) / (a + b + 2)  # where the fraction converges soon; elsewhere the mirrored one does
    first, second, at = np.where(direct, a, b), np.where(direct, b, a), np.where(direct, x, y)
    part = front * _fraction(first, second, at) / first
    return np.where(direct, part, 1 - part)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The continued fraction of the incomplete beta function by Lentz's method; values leave the work when they are precise."""
    tiny = 1e-300
    result = np.empty_like(a)
    at = np.arange(a.size)
    c = np.ones_like(a)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    h = d.copy()
    for step in range(1, _STEPS + 1):
        for odd in (False, True):
            if odd:
                term = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
            else:
                term = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
            d = 1 + term * d
            d = 1 / np.where(np.abs(d) < tiny, tiny, d)
            c = 1 + term / c
            c = np.where(np.abs(c) < tiny, tiny, c)
            change = d * c
            h = h * change
        done = np.abs(change - 1) < _PRECISE
        if done.any():
            result[at[done]] = h[done]
            keep = ~done
            if not keep.any():
                return result
            at, a, b, x, c, d, h = at[keep], a[keep], b[keep], x[keep], c[keep], d[keep], h[keep]
    result[at] = h
    return result
