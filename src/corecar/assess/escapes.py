"""Outliers that limits of some width let through, predicted from those that lie far out."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from corecar.assess.distributions import chi_square_quantile, normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import column_of_floats, fraction
from corecar.errors import ArgumentError, TooFewParts
from corecar.standards import value

STANDARD = "What-if"
MODEL = (
    "an outlier is a part beyond the threshold past which a normal core would leave less than one part of the lot; "
    "distances beyond it follow an exponential tail, and those of them within a width escape it; outliers hidden "
    "within the threshold are not counted"
)
SOURCE = "peaks over a threshold: Pickands (1975), Balkema and de Haan (1974), with shape 0"


@dataclass(frozen=True)
class OutlierTail(Figures):
    """The fitted tail of the outlying parts of a lot.

    threshold    distance from which parts count as outliers [robust sigmas]
    parts        outlying parts beyond it
    scale        mean distance beyond it; `scale_low` and `scale_high` are its bounds [robust sigmas]
    parts_low    bounds of the expected number of parts, and `parts_high`
    confidence   of each of the bounds, two-sided
    """

    threshold: float
    parts: int
    scale: float
    scale_low: float
    scale_high: float
    parts_low: float
    parts_high: float
    confidence: float

    def escapes(self, width: float) -> tuple[float, float, float]:
        """Outlying parts that limits of this width let through: expected, and bounds [parts]."""
        expected = _within(self.parts, self.scale, width - self.threshold)
        low = _within(self.parts_low, self.scale_high, width - self.threshold)
        high = _within(self.parts_high, self.scale_low, width - self.threshold)
        return expected, low, high


def outlier_threshold(readings: int) -> float:
    """Distance beyond which so many readings of a normal population leave less than one [robust sigmas].

    >>> round(outlier_threshold(1000), 2)
    3.29
    """
    if not readings >= 1:
        raise ArgumentError(f"readings: a count from 1 up was expected, found {readings!r}.")
    return -normal_quantile(0.5 / readings)


def outlier_tail(distances: Any, readings: int, confidence: float = 0.9) -> OutlierTail:
    """Fit the tail of the outlying parts of a lot.

    distances   of the part's reading furthest out, for all parts beyond some narrower width [robust sigmas]
    readings    readings that were held against limits, of all parts
    confidence  of the bounds, 0 to 1
    Raises      TooFewParts when fewer parts lie beyond the threshold than a tail can be fitted to
    Source      `SOURCE`; the fewest parts are a template of `standards/what_if.csv`

    >>> tail = outlier_tail(6.0 + 2.0 * np.arange(1, 21) / 10.5, 1000)
    >>> round(tail.threshold, 2), tail.parts, round(tail.escapes(8.0)[0], 1)
    (3.29, 20, 12.6)
    """
    least = int(value(STANDARD, "escapes", "least"))
    threshold = outlier_threshold(readings)
    given = column_of_floats(distances, "distances") if len(distances) else np.empty(0)
    beyond = given[np.isfinite(given) & (given > threshold)] - threshold
    if len(beyond) < least:
        raise TooFewParts(
            f"{len(beyond)} parts lie beyond {threshold:.2f} robust sigmas; a tail needs at least {least}."
        )
    n, scale, tail = len(beyond), float(beyond.mean()), (1 - fraction(confidence, "confidence")) / 2
    low, high = (2 * n * scale / chi_square_quantile(chance, 2 * n) for chance in (1 - tail, tail))
    few, many = chi_square_quantile(tail, 2 * n) / 2, chi_square_quantile(1 - tail, 2 * n + 2) / 2
    return OutlierTail(threshold, n, scale, low, high, few, many, confidence)


def _within(parts: float, scale: float, reach: float) -> float:
    """Parts of the tail from the threshold so far out."""
    return parts * (1 - exp(-reach / scale)) if reach > 0 else 0.0
