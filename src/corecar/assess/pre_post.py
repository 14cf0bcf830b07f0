"""What a stress (burn-in, reflow, life test) did to each part: readings before and after, paired."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.capability_indices import Limits, indices, limits
from corecar.assess.correlation import pairs, pearson, robust_sigma
from corecar.assess.distributions import normal_quantile, t_two_sided
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, fraction
from corecar.errors import ArgumentError
from corecar.standards import value

_OUTLYING = 6.0
"""Robust sigmas from the median drift (AEC-Q001)."""


@dataclass(frozen=True)
class Drift(Figures):
    """What `drift` answers; drift is after minus before, less the median drift of the control units.

    mean, sd           of the drift, as are median, robust_sigma and largest [the readings' unit]
    control_shift      median drift of the control units; 0 without them
    p_shift            paired t: that the mean drift is 0; p_rank is that of Wilcoxon's signed ranks
    p_spread           Pitman-Morgan: that the spread did not change
    tolerance_factor   k of the one-sided normal tolerance limit; guard_band = |mean| + k sd
    outlying           rows (from 1 among all) whose drift is beyond 6 robust sigmas from the median
    beyond_drift       rows that drifted farther than `limit`; beyond_limits rows outside the specification after
    cpk_after          robust, None without limits
    accepted           no row beyond either, and cpk_after at its goal
    """

    n: int
    missing: int
    mean: float
    sd: float
    median: float
    robust_sigma: float
    largest: float
    mean_percent: float
    control_shift: float
    p_shift: float
    p_rank: float
    p_spread: float
    tolerance_factor: float
    guard_band: float
    limit: float | None
    outlying: tuple[int, ...]
    beyond_drift: tuple[int, ...]
    beyond_limits: tuple[int, ...]
    cpk_after: float | None
    accepted: bool


def drift(
    before: Any,
    after: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    limit: float | None = None,
    control: tuple[Any, Any] | None = None,
    goal: float | None = None,
    share: float | None = None,
    confidence: float | None = None,
) -> Drift:
    """How far each part moved, and whether that is acceptable.

    before, after      a reading per part, in the same order; parts that lack one are left out
    low, high          specification limits [the readings' unit]
    limit              largest drift of a part; 10 % of the specification's width unless given
    control            readings (before, after) of units that were not stressed: they show what the tester did
    goal               Cpk after; 1.67 unless given
    share, confidence  of the tolerance limit behind the guard band
    Returns            Drift
    Raises             TooFewParts below 3 pairs
    Source             Pitman (1939), Morgan (1939); Wilcoxon (1945); limits in `standards/comparisons.csv`

    >>> found = drift([1.0, 2.0, 3.0, 4.0], [1.1, 2.1, 3.1, 4.2], 0, 10)
    >>> round(found.mean, 3), found.beyond_drift
    (0.125, ())
    """
    x, y, missing = pairs(before, after, "drift", least=3)
    rows = _rows(before, after)
    specification = limits(low, high)
    shift = 0.0
    if control is not None:
        one, other, _ = pairs(*control, "drift of control units", least=1)
        shift = float(np.median(other - one))
    moved = y - x - shift
    sd = 0.0 if np.ptp(moved) == 0 else float(moved.std(ddof=1))
    factor = tolerance_factor(len(moved), _given(share, "tolerance_share"), _given(confidence, "tolerance_confidence"))
    most = _most(limit, specification)
    cpk = _cpk_after(y - shift, specification)
    beyond_drift = () if most is None else tuple(rows[np.abs(moved) > most].tolist())
    outside = _outside(y, specification)
    centre, sigma = float(np.median(moved)), robust_sigma(moved)
    reached = cpk is None or cpk >= _given(goal, "cpk_special")
    return Drift(
        n=len(moved),
        missing=missing,
        mean=float(moved.mean()),
        sd=sd,
        median=centre,
        robust_sigma=sigma,
        largest=float(moved[np.argmax(np.abs(moved))]),
        mean_percent=float(100 * moved.mean() / abs(x.mean())) if x.mean() else nan,
        control_shift=shift,
        p_shift=_paired_t(moved, sd),
        p_rank=_signed_ranks(moved),
        p_spread=_pitman_morgan(x, y),
        tolerance_factor=factor,
        guard_band=abs(float(moved.mean())) + factor * sd,
        limit=most,
        outlying=tuple(rows[np.abs(moved - centre) > _OUTLYING * sigma].tolist()) if sigma > 0 else (),
        beyond_drift=beyond_drift,
        beyond_limits=tuple(rows[outside].tolist()),
        cpk_after=cpk,
        accepted=not beyond_drift and not outside.any() and reached,
    )


def tolerance_factor(n: int, share: float, confidence: float) -> float:
    """k such that mean + k sd lies above this share of a normal population at this confidence.

    n           readings behind mean and sd, from 2 up
    Source      noncentral t; NIST/SEMATECH e-Handbook 7.2.6.3

    >>> round(tolerance_factor(43, 0.9, 0.99), 4)
    1.874
    """
    fraction(share, "share")
    fraction(confidence, "confidence")
    if n < 2:
        raise ArgumentError(f"n: at least 2 readings were expected, found {n}.")
    from scipy.special import nctdtrit

    return float(nctdtrit(n - 1, normal_quantile(share) * sqrt(n), confidence)) / sqrt(n)


def _rows(before: Any, after: Any) -> Any:
    both = np.isfinite(np.asarray(before, np.float64)) & np.isfinite(np.asarray(after, np.float64))
    return np.flatnonzero(both) + 1


def _given(figure: float | None, name: str) -> float:
    return float(value("Comparisons", "drift", name)) if figure is None else figure


def _most(limit: float | None, specification: Limits) -> float | None:
    if limit is not None:
        if not limit >= 0:
            raise ArgumentError(f"limit: 0 or more was expected, found {limit!r}.")
        return float(limit)
    return None if specification.width is None else _given(None, "of_width") * specification.width


def _outside(y: FloatArray, specification: Limits) -> Any:
    low = -np.inf if specification.low is None else specification.low
    high = np.inf if specification.high is None else specification.high
    return (y < low) | (y > high)


def _cpk_after(y: FloatArray, specification: Limits) -> float | None:
    half = 3 * robust_sigma(y)
    return indices(float(np.median(y)), half, half, specification).nearer


def _paired_t(moved: FloatArray, sd: float) -> float:
    if sd == 0:
        return 1.0 if moved[0] == 0 else 0.0
    return t_two_sided(float(moved.mean()) * sqrt(len(moved)) / sd, len(moved) - 1)


def _signed_ranks(moved: FloatArray) -> float:
    if not moved.any():
        return 1.0
    from scipy.stats import wilcoxon

    return float(wilcoxon(moved).pvalue)


def _pitman_morgan(x: FloatArray, y: FloatArray) -> float:
    """Spread is equal exactly when sum and difference of the pairs are uncorrelated."""
    r = pearson(x + y, y - x)
    if isnan(r):
        return 1.0
    if abs(r) >= 1:
        return 0.0
    return t_two_sided(r * sqrt((len(x) - 2) / (1 - r**2)), len(x) - 2)
