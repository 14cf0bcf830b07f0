"""Process capability of a test from its mean, its standard deviation and its limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def capability(
    mean: npt.NDArray[np.float64],
    sd: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Cpk of each row: min((high - mean), (mean - low)) / 3 sd, float64; NaN without limits or without spread.

    mean, sd   float64 [the test's unit]
    low, high  float64 [the test's unit]; NaN or infinite where there is no limit
    Source     NIST/SEMATECH e-Handbook of Statistical Methods, 6.1.6

    >>> capability(np.array([16.0]), np.array([2.0]), np.array([8.0]), np.array([20.0])).round(4)
    array([0.6667])
    """
    below = np.where(np.isfinite(low), mean - low, np.inf)
    above = np.where(np.isfinite(high), high - mean, np.inf)
    nearest = np.minimum(below, above)
    known = np.isfinite(nearest) & (sd > 0)
    out = np.full(len(mean), np.nan)
    out[known] = nearest[known] / (3 * sd[known])
    return out
