"""The medcouple: skewness of a population that its outliers do not decide, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled
from corecar.order_statistics import median

_HALVINGS = 52


@compiled
def medcouple(ordered: Any) -> float:
    """Skewness from -1 to 1: the median, over all couples, of how much further one lies above than the other below.

    ordered  float32 or float64, ascending and finite, at least one
    Couples are counted and not made, so that time grows with the readings and not with their square.
    Source   Brys, Hubert and Struyf (2004), a robust measure of skewness
    """
    n = len(ordered)
    centre = median(ordered)
    first, last = 0, n
    while first < n and np.float64(ordered[first]) < centre:
        first += 1
    while last > 0 and np.float64(ordered[last - 1]) > centre:
        last -= 1
    couples = (n - first) * last
    upper = _kth(ordered, centre, first, last, couples // 2 + 1)
    if couples % 2:
        return upper
    return 0.5 * (_kth(ordered, centre, first, last, couples // 2) + upper)


@compiled
def _kth(ordered: Any, centre: float, first: int, last: int, k: int) -> float:
    """The k-th smallest kernel of all couples, k from 1 on; rows from `first` to `last` are equal to the median.

    A couple of a reading at the median and one below it counts -1, of one above it and one at it 1; of those that are
    both at the median as many count -1 as 1, and as many 0 as there are such readings.
    """
    ties, above = last - first, len(ordered) - last
    minus = first * ties + ties * (ties - 1) // 2
    if k <= minus:
        return -1.0
    if k > minus + above * first + ties:
        return 1.0
    low, high = -1.5, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if minus + _at_most(ordered, centre, first, last, middle) + (ties if middle >= 0.0 else 0) >= k:
            high = middle
        else:
            low = middle
    while True:
        low = _next(ordered, centre, first, last, low)
        if minus + _at_most(ordered, centre, first, last, low) + (ties if low >= 0.0 else 0) >= k:
            return low


@compiled
def _at_most(ordered: Any, centre: float, first: int, last: int, bound: float) -> int:
    """Couples of a reading above and one below the median with a kernel of at most `bound`.

    The kernel grows with both readings, so that one walk along the edge counts them all.
    """
    count, below = 0, first
    for row in range(last, len(ordered)):
        high = np.float64(ordered[row]) - centre
        while below > 0:
            low = np.float64(ordered[below - 1]) - centre
            if (high + low) / (high - low) <= bound:
                break
            below -= 1
        count += below
    return count


@compiled
def _next(ordered: Any, centre: float, first: int, last: int, bound: float) -> float:
    """The smallest kernel above `bound`; 0 where that comes before and readings lie at the median."""
    found, below = 1.0, first
    if last > first and bound < 0.0:
        found = 0.0
    for row in range(last, len(ordered)):
        high = np.float64(ordered[row]) - centre
        while below > 0:
            low = np.float64(ordered[below - 1]) - centre
            if (high + low) / (high - low) <= bound:
                break
            below -= 1
        if below < first:
            low = np.float64(ordered[below]) - centre
            found = min(found, (high + low) / (high - low))
    return found
