"""Zones of a wafer: centre, ring and edge of equal area, and quadrants, from the places of its dies alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

RADIAL = ("centre", "ring", "edge")
QUADRANTS = ("low X, low Y", "high X, low Y", "low X, high Y", "high X, high Y")
ZONES = RADIAL + QUADRANTS

Codes = npt.NDArray[np.int32]


def zone_codes(x: Any, y: Any) -> tuple[Codes, Codes]:
    """Radial zone and quadrant of each part, as places in `RADIAL` and `QUADRANTS`; -1 without a place on a wafer.

    x, y  float64, shape (parts,): die coordinates; NaN where there are none
    Half of the span of X and of Y is the wafer's radius in dies, so dies of any aspect lie on a circle; centre, ring
    and edge each are a third of its area.

    >>> radial, quadrant = zone_codes(np.array([0.0, 5.0, 2.5, np.nan]), np.array([2.5, 2.5, 2.5, np.nan]))
    >>> radial.tolist(), quadrant.tolist()
    ([2, 2, 0, -1], [2, 3, 3, -1])
    """
    there = np.isfinite(x) & np.isfinite(y)
    radial, quadrant = (np.full(len(x), -1, np.int32) for _ in range(2))
    if not there.any():
        return radial, quadrant
    across, up = (_from_centre(values[there]) for values in (x, y))
    radial[there] = np.minimum((across**2 + up**2) * 3, 2).astype(np.int32)
    quadrant[there] = (across >= 0).astype(np.int32) + 2 * (up >= 0)
    return radial, quadrant


def _from_centre(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """-1 to 1 over the span of the coordinates."""
    low, high = values.min(), values.max()
    out: npt.NDArray[np.float64] = (values - (low + high) / 2) / max((high - low) / 2, 0.5)
    return out
