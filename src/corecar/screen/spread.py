"""Centre and spread of one ordered population, compiled: the robust sigma and its fallback chain."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled
from corecar.order_statistics import median, quantile
from corecar.standards import value

QUARTILE_DIVISOR = float(value("AEC-Q001", "dynamic-pat", "quartile_divisor"))
DEVIATION_FACTOR = float(value("AEC-Q001", "dynamic-pat", "deviation_factor"))
PERCENT_DIVISOR = float(value("AEC-Q001", "dynamic-pat", "percent_divisor"))
PERMILLE_DIVISOR = float(value("AEC-Q001", "dynamic-pat", "permille_divisor"))

ESTIMATORS = (
    f"median, IQR/{QUARTILE_DIVISOR}",
    f"median, MAD*{DEVIATION_FACTOR}",
    f"median, (P99-P1)/{PERCENT_DIVISOR}",
    f"median, (P99.9-P0.1)/{PERMILLE_DIVISOR}",
    "median, 1 LSB",
    "none",
)
"""How sigma was found, in the order in which the ways are tried; the last means that no way gave a spread."""

_SAME_STEP = 1.01

LAST_WAY = len(ESTIMATORS) - 2
NO_WAY = len(ESTIMATORS) - 1


@compiled
def deviation(ordered: Any, centre: float) -> float:
    """Median absolute deviation from the median `centre`, of ascending values, by walking outwards from the middle."""
    n = len(ordered)
    right = n // 2
    left = right - 1
    nearer, nearest = 0.0, 0.0
    for _ in range(n // 2 + 1):
        nearer = nearest
        if right >= n or (left >= 0 and centre - ordered[left] <= ordered[right] - centre):
            nearest = centre - ordered[left]
            left -= 1
        else:
            nearest = ordered[right] - centre
            right += 1
    return nearest if n % 2 else 0.5 * (nearer + nearest)


@compiled
def steps(ordered: Any) -> tuple[int, float]:
    """Number of different values and the step between two neighbouring ones (0 when all are equal).

    The step is the largest of the gaps that are equal to the smallest but for float32 rounding: so a reading that
    lies whole steps away from the median is never put beyond a limit at just that distance by rounding.
    """
    distinct, smallest = 1, 0.0
    for i in range(1, len(ordered)):
        gap = np.float64(ordered[i]) - np.float64(ordered[i - 1])
        if gap > 0.0:
            distinct += 1
            if smallest == 0.0 or gap < smallest:
                smallest = gap
    step = smallest
    for i in range(1, len(ordered)):
        gap = np.float64(ordered[i]) - np.float64(ordered[i - 1])
        if step < gap <= smallest * _SAME_STEP:
            step = gap
    return distinct, step


@compiled
def spread(ordered: Any, rule: int) -> tuple[float, float, float, float, int, int, float]:
    """Centre and spread of a population.

    ordered  float32 or float64, ascending and finite, at least one [the test's unit]
    rule     a value of `QUARTILE_RULES`
    Returns  q1, median, q3, sigma [the test's unit], row of `ESTIMATORS`, number of different values, smallest step
    Source   AEC-Q001 Rev D (robust mean, robust sigma); the ways after the first are Corecar's own
    """
    q1, q3 = quantile(ordered, 0.25, rule), quantile(ordered, 0.75, rule)
    centre = median(ordered)
    distinct, step = steps(ordered)
    for way in range(NO_WAY):
        if way == 0:
            sigma = (q3 - q1) / QUARTILE_DIVISOR
        elif way == 1:
            sigma = deviation(ordered, centre) * DEVIATION_FACTOR
        elif way == 2:
            sigma = (quantile(ordered, 0.99, rule) - quantile(ordered, 0.01, rule)) / PERCENT_DIVISOR
        elif way == 3:
            sigma = (quantile(ordered, 0.999, rule) - quantile(ordered, 0.001, rule)) / PERMILLE_DIVISOR
        else:
            sigma = step
        if sigma > 0.0:
            return q1, centre, q3, sigma, way, distinct, step
    return q1, centre, q3, 0.0, NO_WAY, distinct, step
