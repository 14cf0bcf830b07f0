"""Two samples of one test: shift, spread and shape, each as an effect beside its chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, inf, nan, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.assess.correlation import spread
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, column_of_floats
from corecar.errors import TooFewParts


@dataclass(frozen=True)
class TwoSamples(Figures):
    """What `compare_samples` answers; differences are now less before.

    before, now   medians; sigma_before and sigma_now are robust [the test's unit]
    shift         of the medians, in robust sigmas within the samples (in standard deviations where quartiles
                  coincide); of_before in those of the first sample
    spread_ratio  robust sigma now over before
    shape         distance of Kolmogorov and Smirnov, 0 to 1
    delta         Cliff's: how much more often a reading now is above one before than below, -1 to 1
    p             of equal ranks (Mann-Whitney, with ties); p_shape of equal distributions
    """

    before: float
    now: float
    sigma_before: float
    sigma_now: float
    shift: float
    of_before: float
    spread_ratio: float
    shape: float
    delta: float
    p: float
    p_shape: float


def compare_samples(before: Any, now: Any) -> TwoSamples:
    """Compare two samples of finite readings; one sort of both together gives everything.

    before, now  float32 or float64, at least two readings each [the test's unit]
    Raises       TooFewParts for fewer
    Source       Mann and Whitney (1947); Smirnov (1948); Cliff (1993)

    >>> found = compare_samples(np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 8.0]))
    >>> found.delta, found.shape, round(found.shift, 2)
    (1.0, 1.0, 3.6)
    """
    old, new = column_of_floats(before, "before"), column_of_floats(now, "now")
    if min(len(old), len(new)) < 2:
        raise TooFewParts(f"compare_samples: needs two readings on each side, found {len(old)} before, {len(new)} now.")
    p, delta, shape = _ranked(np.asarray(before), np.asarray(now))
    centres = float(np.median(old)), float(np.median(new))
    sigmas = spread(old), spread(new)
    within = spread(np.concatenate([old - centres[0], new - centres[1]]))
    apart = centres[1] - centres[0]
    return TwoSamples(
        before=centres[0],
        now=centres[1],
        sigma_before=sigmas[0],
        sigma_now=sigmas[1],
        shift=in_sigmas(apart, within),
        of_before=in_sigmas(apart, sigmas[0]),
        spread_ratio=sigmas[1] / sigmas[0] if sigmas[0] > 0 else nan if sigmas[1] == 0 else inf,
        shape=shape,
        delta=delta,
        p=p,
        p_shape=_smirnov(shape, len(old), len(new)),
    )


def in_sigmas(part: float, sigma: float) -> float:
    """How many sigmas; infinite for any part of no sigma at all."""
    return part / sigma if sigma > 0 else 0.0 if part == 0 else inf if part > 0 else -inf


def _ranked(before: npt.NDArray[Any], now: npt.NDArray[Any]) -> tuple[float, float, float]:
    """p of equal ranks, Cliff's delta, and the largest distance of the two distribution functions."""
    old, new = len(before), len(now)
    both = np.concatenate([before, now])
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) + 1
    seen_new = np.cumsum(order >= old)[ends - 1].astype(np.float64)
    shape = float(np.abs(seen_new / new - (ends - seen_new) / old).max())
    starts = np.append(0, ends[:-1])
    ranks = (starts + ends + 1) / 2
    wins = float((ranks * np.diff(np.append(0, seen_new))).sum()) - new * (new + 1) / 2
    return _chance(wins, old, new, (ends - starts).astype(np.float64)), 2 * wins / (old * new) - 1, shape


def against_sorted(many: FloatArray, few: FloatArray) -> tuple[float, float]:
    """Cliff's delta of a few readings against many that are sorted, and its p; ties are counted among the many.

    >>> against_sorted(np.array([1.0, 2.0, 3.0]), np.array([4.0]))[0]
    1.0
    """
    below, not_above = (np.searchsorted(many, few, side=side) for side in ("left", "right"))
    wins = float((below + not_above).sum()) / 2
    ends = np.flatnonzero(np.append(many[1:] != many[:-1], True)) + 1
    ties = np.diff(np.append(0, ends)).astype(np.float64)
    return 2 * wins / (len(many) * len(few)) - 1, _chance(wins, len(many), len(few), ties)


def _chance(wins: float, old: int, new: int, ties: FloatArray) -> float:
    """Two-sided, by the normal distribution with the correction for ties and continuity."""
    n = old + new
    variance = old * new / 12 * ((n + 1) - float((ties**3 - ties).sum()) / (n * (n - 1)))
    if variance <= 0:
        return 1.0
    away = max(abs(wins - old * new / 2) - 0.5, 0.0)
    return erfc(away / sqrt(2 * variance))


def _smirnov(distance: float, old: int, new: int) -> float:
    from scipy.special import kolmogorov

    return float(kolmogorov(distance * sqrt(old * new / (old + new))))
