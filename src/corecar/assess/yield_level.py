"""The yield of several lots as one number with its bounds, and whether it moves from week to week.

Lots differ by more than chance, so that the spread between them, not the number of parts, says how sure a yield is.

Source: ratio estimate of cluster samples (W. G. Cochran, Sampling Techniques, chapters 2 and 9A); of one lot the score
interval of Wilson, JASA 1927.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.assess.distributions import normal_quantile, t_quantile

CONFIDENCE = 0.95
LOTS_FOR_TREND = 4
"""Lots from which on a trend is stated."""


@dataclass(frozen=True)
class YieldLevel:
    """The yield of some lots.

    value      good over tested, of all lots together
    low, high  bounds at `CONFIDENCE`
    lots, tested  how much it rests on
    trend      by how much it rises in a week; None of fewer than `LOTS_FOR_TREND` lots or of one day
    moves      whether the bounds of the trend have one sign
    """

    value: float
    low: float
    high: float
    lots: int
    tested: int
    trend: float | None
    moves: bool


def yield_level(tested: Sequence[int], good: Sequence[int], weeks: Sequence[float | None]) -> YieldLevel | None:
    """The yield of lots; None where nothing was tested.

    tested, good  units of each lot
    weeks         when each was tested, in weeks from any day on; None where it is not known
    """
    n, k = np.array(tested, np.float64), np.array(good, np.float64)
    n, k, t = n[n > 0], k[n > 0], [week for week, count in zip(weeks, tested, strict=True) if count > 0]
    if not len(n):
        return None
    total, value = float(n.sum()), float(k.sum() / n.sum())
    low, high = _wilson(value, total)
    if len(n) > 1:
        spread = float(((k - value * n) ** 2).sum()) * len(n) / (len(n) - 1) / total**2
        half = t_quantile((1 + CONFIDENCE) / 2, len(n) - 1) * math.sqrt(spread)
        low, high = min(low, max(value - half, 0.0)), max(high, min(value + half, 1.0))
    trend, moves = _trend(n, k / n, t)
    return YieldLevel(value, low, high, len(n), int(total), trend, moves)


def _wilson(part: float, count: float) -> tuple[float, float]:
    z = normal_quantile((1 + CONFIDENCE) / 2)
    middle = (part + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(part * (1 - part) / count + z * z / (4 * count * count))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _trend(
    n: npt.NDArray[np.float64], y: npt.NDArray[np.float64], weeks: Sequence[float | None]
) -> tuple[float | None, bool]:
    """Slope of the yield over weeks, weighted by what was tested, and whether its bounds have one sign."""
    known = np.array([week is not None for week in weeks])
    t = np.array([0.0 if week is None else week for week in weeks])[known]
    n, y = n[known], y[known]
    if len(t) < LOTS_FOR_TREND or np.ptp(t) == 0:
        return None, False
    middle = float((n * t).sum() / n.sum())
    wide = float((n * (t - middle) ** 2).sum())
    slope = float((n * (t - middle) * y).sum() / wide)
    left = y - (n * y).sum() / n.sum() - slope * (t - middle)
    error = math.sqrt(float((n * left**2).sum()) / (len(t) - 2) / wide)
    half = t_quantile((1 + CONFIDENCE) / 2, len(t) - 2) * error
    return slope, abs(slope) > half
