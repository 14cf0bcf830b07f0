"""Limits of a skewed population: on a logarithmic scale, from two half sigmas, or by the adjusted boxplot."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from corecar.lot import Float64Array
from corecar.order_statistics import QUARTILE_RULES
from corecar.screen.medcouple import medcouple
from corecar.screen.spread import QUARTILE_DIVISOR, spread
from corecar.standards import value

WAYS = ("auto", "log", "split", "boxplot", "none")
"""What a skewed population gets; `auto`: `log` where that makes it symmetric, else `split`; `none`: no skew is seen."""

HALF_DIVISOR = float(value("AEC-Q001", "shape", "half_divisor"))
STANDARD_ERROR = float(value("AEC-Q001", "shape", "medcouple_error"))
ERRORS = float(value("AEC-Q001", "shape", "medcouple_errors"))
FENCE_LOW = float(value("AEC-Q001", "shape", "fence_low"))
FENCE_HIGH = float(value("AEC-Q001", "shape", "fence_high"))


@dataclass(frozen=True)
class Reach:
    """Where limits lie before they are clamped, and how that was found; `why` is empty for a symmetric population."""

    low: float
    high: float
    estimator: str
    why: str


@dataclass(frozen=True)
class Quartiles:
    """Quartiles, median and robust sigma of a population [the test's unit]."""

    q1: float
    centre: float
    q3: float
    sigma: float


def is_skewed(skewness: float, n: int, least: float) -> bool:
    """Whether a medcouple is larger than `least`, and than chance makes it in a symmetric population of n readings.

    >>> is_skewed(0.25, 50, 0.2), is_skewed(0.25, 500, 0.2)
    (False, True)
    """
    return abs(skewness) > max(least, ERRORS * STANDARD_ERROR / sqrt(n))


def skewed_reach(
    ordered: Float64Array, found: Quartiles, way: str, width: float, quartile_rule: str, least: float
) -> Reach | None:
    """Limits of a skewed population; None for one that is symmetric.

    ordered        ascending and finite [the test's unit]
    way            a row of `WAYS`
    width          half-width in robust sigmas; a fence of the boxplot is as wide for a symmetric population
    quartile_rule  quantile definition on the logarithmic scale
    least          smallest medcouple of a skewed population
    Source         AEC-Q001 Rev D leaves populations that are not normal to the supplier
    """
    if way == "none":
        return None
    skewness = float(medcouple(ordered))
    if not is_skewed(skewness, len(ordered), least):
        return None
    why = f"skewed (medcouple {skewness:.2f})"
    if way == "boxplot":
        return _boxplot(found, skewness, width, why)
    if way in ("auto", "log"):
        reach = _logarithmic(ordered, width, quartile_rule, least if way == "auto" else 1.0, why)
        if reach is not None:
            return reach
        why += ", log does not fit" if way == "auto" else ", log needs readings of one sign"
    return _split(found, width, why)


def _logarithmic(ordered: Float64Array, width: float, rule: str, least: float, why: str) -> Reach | None:
    """Limits on the logarithmic scale, back in the test's unit; None for readings of both signs or still skewed."""
    if not (ordered[0] > 0.0 or ordered[-1] < 0.0):
        return None
    is_negative = bool(ordered[-1] < 0.0)
    logs = np.log10(-ordered[::-1] if is_negative else ordered)
    _, centre, _, sigma, _, _, _ = spread(logs, QUARTILE_RULES[rule])
    if not sigma > 0.0 or is_skewed(float(medcouple(logs)), len(logs), least):
        return None
    near, far = float(10.0 ** (centre - width * sigma)), float(10.0 ** (centre + width * sigma))
    if not np.isfinite(far):
        return None
    low, high = (-far, -near) if is_negative else (near, far)
    return Reach(low, high, f"median, IQR/{QUARTILE_DIVISOR} of log10|x|", f"{why}: log")


def _split(found: Quartiles, width: float, why: str) -> Reach:
    """Limits from the half sigma of each side; a side whose half is empty takes the sigma of the whole."""
    below, above = (found.centre - found.q1) / HALF_DIVISOR, (found.q3 - found.centre) / HALF_DIVISOR
    low = found.centre - width * (below if below > 0.0 else found.sigma)
    high = found.centre + width * (above if above > 0.0 else found.sigma)
    return Reach(low, high, f"median, half IQR/{HALF_DIVISOR}", f"{why}: split sigma")


def _boxplot(found: Quartiles, skewness: float, width: float, why: str) -> Reach:
    """Fences that reach further towards the long tail; without skew they are median and `width` robust sigmas.

    Source  Hubert and Vandervieren (2008), with fences for `width` instead of 1.5 quartile ranges
    """
    fence = (width / QUARTILE_DIVISOR - 0.5) * (found.q3 - found.q1)
    low, high = (-FENCE_LOW, FENCE_HIGH) if skewness >= 0 else (-FENCE_HIGH, FENCE_LOW)
    return Reach(
        found.q1 - fence * exp(low * skewness),
        found.q3 + fence * exp(high * skewness),
        "quartiles, adjusted boxplot",
        f"{why}: adjusted boxplot",
    )
