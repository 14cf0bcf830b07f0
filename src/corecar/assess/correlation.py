"""The same parts measured twice: tester against tester, wafer sort against final test."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.capability_indices import limits
from corecar.assess.distributions import t_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, column_of_floats, same_length
from corecar.errors import TooFewParts
from corecar.standards import value

_MOST_FOR_SLOPES = 3_000
"""Pairs whose slopes are all taken; of more, every n-th in order of the first reading."""


@dataclass(frozen=True)
class Correlation(Figures):
    """What `correlate` answers; differences are second minus first [the readings' unit].

    r                    Pearson; NaN when one side does not vary
    slope, intercept     Theil-Sen
    bias                 mean difference, with its two-sided 95 % interval; bias_of_width is |bias| over the tolerance
    agreement_low, agreement_high  bias -+ 1.96 sd of the differences (Bland and Altman)
    guard_band_used      half the width of agreement over the guard band; None without one
    accepted             whether bias, slope and r are inside the limits in `standards/comparisons.csv`; failed names
                         those that are not
    """

    n: int
    missing: int
    r: float
    slope: float
    intercept: float
    bias: float
    bias_lower: float
    bias_upper: float
    sd: float
    agreement_low: float
    agreement_high: float
    bias_of_width: float | None
    bias_of_sigma: float
    guard_band_used: float | None
    accepted: bool
    failed: tuple[str, ...]
    notes: tuple[str, ...]


def correlate(
    first: Any, second: Any, low: float | None = None, high: float | None = None, *, guard_band: float | None = None
) -> Correlation:
    """How well two measurements of the same parts agree.

    first, second  a reading per part, in the same order; pairs with a NaN are left out
    low, high      specification limits [the readings' unit]
    guard_band     between test limit and specification [the readings' unit]
    Returns        Correlation
    Raises         TooFewParts below 3 pairs
    Source         Sen (1968); Bland and Altman (1986)

    >>> found = correlate([1.0, 2.0, 3.0, 4.0], [1.1, 2.1, 3.1, 4.1], 0, 10)
    >>> round(found.bias, 3), round(found.slope, 3), found.accepted
    (0.1, 1.0, True)
    """
    x, y, missing = pairs(first, second, "correlate", least=3)
    limit = limits(low, high)
    differences = y - x
    bias, sd = float(differences.mean()), 0.0 if np.ptp(differences) == 0 else float(differences.std(ddof=1))
    slope, intercept, thinned = _line(x, y)
    reach = t_quantile(0.975, len(x) - 1) * sd / sqrt(len(x))
    half = float(_limit("agreement_width")) * sd
    of_width = None if limit.width is None else abs(bias) / limit.width
    of_sigma = _over(abs(bias), robust_sigma(x))
    r = pearson(x, y)
    failed = _failed(of_width, of_sigma, slope, r)
    return Correlation(
        n=len(x),
        missing=missing,
        r=r,
        slope=slope,
        intercept=intercept,
        bias=bias,
        bias_lower=bias - reach,
        bias_upper=bias + reach,
        sd=sd,
        agreement_low=bias - half,
        agreement_high=bias + half,
        bias_of_width=of_width,
        bias_of_sigma=of_sigma,
        guard_band_used=None if guard_band is None else _over(half, guard_band),
        accepted=not failed,
        failed=failed,
        notes=(f"slope from every {thinned}th pair in order of the first reading",) if thinned > 1 else (),
    )


def pairs(first: Any, second: Any, what: str, least: int) -> tuple[FloatArray, FloatArray, int]:
    """Readings of parts that have both, and how many parts lack one. Raises TooFewParts below `least`."""
    x, y = column_of_floats(first, "first"), column_of_floats(second, "second")
    same_length(what, first=x, second=y)
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < least:
        raise TooFewParts(f"{what}: needs {least} parts with both readings, found {both.sum()} of {len(x)}.")
    return x[both], y[both], int(len(x) - both.sum())


def robust_sigma(readings: FloatArray) -> float:
    """(Q3 - Q1) / 1.35, quartiles of type 7."""
    q1, q3 = np.quantile(readings, [0.25, 0.75])
    return float(q3 - q1) / float(value("AEC-Q001", "dynamic-pat", "quartile_divisor"))


def spread(deviations: FloatArray) -> float:
    """The robust sigma; where the quartiles coincide, as of a test with few values, the standard deviation."""
    return robust_sigma(deviations) or (float(deviations.std(ddof=1)) if np.ptp(deviations) > 0 else 0.0)


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float, int]:
    """Theil-Sen slope and intercept, and that every how many pairs were taken."""
    thinned = -(-len(x) // _MOST_FOR_SLOPES)
    if thinned > 1:
        chosen = np.argsort(x, kind="stable")[::thinned]
        x, y = x[chosen], y[chosen]
    if np.ptp(x) == 0:
        return nan, nan, thinned
    before, after = np.triu_indices(len(x), 1)
    across, up = x[after] - x[before], y[after] - y[before]
    with np.errstate(over="ignore"):
        slope = float(np.median(up[across != 0] / across[across != 0]))
    return slope, float(np.median(y)) - slope * float(np.median(x)), thinned


def pearson(x: FloatArray, y: FloatArray) -> float:
    """Pearson's r; NaN when a side does not vary."""
    sides = [side - side.mean() for side in (x, y)]
    peaks = [float(np.abs(side).max()) for side in sides]
    if min(peaks) == 0:
        return nan
    one, other = (side / peak for side, peak in zip(sides, peaks, strict=True))
    return float(np.clip(one @ other / sqrt((one @ one) * (other @ other)), -1, 1))


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0 if part == 0 else float("inf")


def _failed(of_width: float | None, of_sigma: float, slope: float, r: float) -> tuple[str, ...]:
    small = (of_width is not None and of_width < _limit("bias_of_width")) or of_sigma < _limit("bias_of_sigma")
    held = {
        "bias": small,
        "slope": abs(slope - 1) <= _limit("slope_tolerance"),
        "r": r > _limit("least_r"),
    }
    return tuple(name for name, good in held.items() if not good)


def _limit(name: str) -> float:
    return float(value("Comparisons", "correlation", name))
