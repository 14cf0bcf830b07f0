"""Whether two samples come from one distribution, with more weight on the tails than Kolmogorov and Smirnov give."""

from __future__ import annotations

from math import exp, nan, sqrt

import numpy as np

from corecar.assess.samples import FloatArray

LEAST_P, MOST_P = 0.001, 0.25
"""The published table ends here: p is given as this bound beyond it."""
_LEVELS = np.log([0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001])
_POINTS = np.array([0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546])
"""Standardised statistic of two samples at those levels: b0 + b1 + b2 of the table for one degree."""


def two_sample_anderson_darling(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """The standardised k-sample statistic of two samples with ties at their middle rank, and its p.

    first, second  finite readings, in any order [the same unit]
    Returns        statistic, 0 on the mean of equal distributions and with unit variance; p between `LEAST_P` and
                   `MOST_P`, the ends of the table. Both NaN for fewer than 4 readings together, or all of one value
    Source         Scholz and Stephens (1987), formula 7 and table 1

    >>> round(two_sample_anderson_darling(np.arange(20.0), np.arange(20.0) + 8)[0], 2)
    7.61
    """
    both = np.sort(np.concatenate([first, second]))
    n = len(both)
    if n < 4 or min(len(first), len(second)) < 1 or both[0] == both[-1]:
        return nan, nan
    values, ties = np.unique(both, return_counts=True)
    middle = np.searchsorted(both, values) + ties / 2
    below = middle * (n - middle) - n * ties / 4
    total = 0.0
    for side in (np.sort(first), np.sort(second)):
        left, right = (np.searchsorted(side, values, end) for end in ("left", "right"))
        away = n * (left + right) / 2 - len(side) * middle
        total += float((ties / n * away**2 / below).sum()) / len(side)
    statistic = (total * (n - 1) / n - 1) / sqrt(_variance(len(first), len(second)))
    return statistic, _p(statistic)


def _variance(first: int, second: int) -> float:
    """Of the statistic when both are of one distribution."""
    k, n = 2, first + second
    inverse = 1 / first + 1 / second
    sums = np.cumsum(1.0 / np.arange(n - 1, 1, -1))
    h, g = float(sums[-1]) + 1, float((sums / np.arange(2, n)).sum())
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    return (a * n**3 + b * n**2 + c * n + d) / ((n - 1.0) * (n - 2) * (n - 3))


def _p(statistic: float) -> float:
    """From a parabola through the logarithms of the table's levels, held within the table."""
    if statistic <= _POINTS[0]:
        return MOST_P
    if statistic >= _POINTS[-1]:
        return LEAST_P
    curve = np.polyfit(_POINTS, _LEVELS, 2)
    return min(MOST_P, max(LEAST_P, exp(float(np.polyval(curve, statistic)))))
