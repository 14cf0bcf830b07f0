"""The tail of a weighted sum of squares of normal readings: how far a residual reaches by chance."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]

_NEAR_MEAN = 1e-4
"""Relative distance from the mean below which the formula divides nothing by nothing."""


def upper_point(weights: Float64Array, alpha: float) -> float:
    """The value that sum(weights * z**2) of independent standard normal z exceeds with a given probability.

    weights  float64, shape (terms,), at least one above 0: variances of the terms
    alpha    above 0 and at most 0.1
    Returns  from the saddlepoint approximation of the tail, whose probability is right to a tenth of alpha for any
             weights and down to the smallest alpha
    Source   Lugannani and Rice (1980); Kuonen (1999)

    >>> round(upper_point(np.ones(4), 1e-6), 1)
    33.4
    """
    from scipy.optimize import brentq

    spread = np.asarray(weights, np.float64)
    spread = spread[spread > 0] / spread.max()
    low = high = float(spread.sum()) * (1 + 10 * _NEAR_MEAN)
    while log_tail(spread, high) > log(alpha):
        low, high = high, 2 * high
    found = brentq(lambda value: log_tail(spread, value) - log(alpha), low, high, xtol=1e-12, rtol=1e-12)
    return float(found * np.max(weights))


def log_tail(weights: Float64Array, value: float) -> float:
    """Logarithm of the probability that sum(weights * z**2) exceeds a value above its mean."""
    from scipy import special
    from scipy.optimize import brentq

    end = 0.5 / float(weights.max())

    def slope(t: float) -> float:
        return float((weights / (1 - 2 * t * weights)).sum()) - value

    t = brentq(slope, 0.0, end * (1 - 1e-14), xtol=1e-300, rtol=1e-14)
    inside = -0.5 * float(np.log1p(-2 * t * weights).sum())
    bend = float((2 * weights**2 / (1 - 2 * t * weights) ** 2).sum())
    w, v = sqrt(2 * (t * value - inside)), t * sqrt(bend)
    return float(special.log_ndtr(-(w + log(v / w) / w)))
