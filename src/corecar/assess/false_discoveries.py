"""Many tests at once: p values that keep the share of false alarms among the alarms."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.assess.samples import FloatArray, column_of_floats


def adjusted(p: Any) -> FloatArray:
    """The q of each p: calling all with q below 5 % lets about one in twenty of those called be a false alarm.

    p        probabilities of one family of tests; NaN where there was none to make
    Returns  float64 of the same length; NaN stays NaN and counts for nothing
    Source   Benjamini and Hochberg (1995)

    >>> adjusted([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    chances = column_of_floats(p, "p")
    out = np.full(len(chances), np.nan)
    known = np.flatnonzero(~np.isnan(chances))
    order = known[np.argsort(chances[known], kind="stable")]
    scaled = chances[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out
