"""A colour scale for readings and shares: cividis, safe for every eye, in equal classes between robust ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corecar.lot import Float64Array, Int64Array
from corecar.report.figures.palette import SCALE_CLASSES
from corecar.report.figures.svg import drawing, element

ENDS = (0.02, 0.98)
"""Quantiles at the ends of a scale; what lies beyond takes the colour of the end."""


@dataclass(frozen=True)
class Scaling:
    """Which class of the scale a value has.

    low, high   values at its ends
    """

    low: float
    high: float

    def kinds(self, values: Float64Array) -> Int64Array:
        """Class of each value from 0; the last class but one of all is for values that are missing (NaN)."""
        share = (values - self.low) / (self.high - self.low)
        found = np.clip(np.nan_to_num(share, nan=0.0) * SCALE_CLASSES, 0, SCALE_CLASSES - 1).astype(np.int64)
        return np.where(np.isnan(values), SCALE_CLASSES, found)

    def classes(self, show: Callable[[float], str]) -> tuple[tuple[str, str], ...]:
        """CSS class and words of each class, and of missing values."""
        edges = np.linspace(self.low, self.high, SCALE_CLASSES + 1)
        words = [f"{show(edges[at])} to {show(edges[at + 1])}" for at in range(SCALE_CLASSES)]
        words[0], words[-1] = f"up to {show(edges[1])}", f"from {show(edges[-2])}"
        named = [(f"scale-{at}", word) for at, word in enumerate(words)]
        return (*named, ("unknown", "not measured"))


def scaling(values: Float64Array, *, low: float | None = None) -> Scaling:
    """A scale for values: its ends are their 2 % and 98 % quantiles.

    low   where the scale begins instead, for shares at 0
    """
    finite = values[np.isfinite(values)]
    ends = np.quantile(finite, ENDS) if len(finite) else np.array([0.0, 1.0])
    first = float(ends[0]) if low is None else low
    last = float(ends[1])
    if last <= first and len(finite):
        last = float(finite.max())
    return Scaling(first, last if last > first else first + (abs(first) * 0.01 or 1.0))


def scale_bar() -> str:
    """The colours of the scale from low to high, for the legend."""
    width = 6.0
    parts = [
        element("rect", class_=f"scale-{at}", x=at * width, y=1, width=width + 0.2, height=10)
        for at in range(SCALE_CLASSES)
    ]
    return drawing(width * SCALE_CLASSES, 12, "colour scale from low to high", *parts)
