"""Capability indices from a centre, a sigma and limits, with their confidence bounds and expected fallout."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf, isfinite, nan, sqrt

from corecar.assess.distributions import chi_square_quantile, normal_below, normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import fraction
from corecar.errors import ArgumentError


@dataclass(frozen=True)
class Limits:
    """Specification limits; None where a side has none."""

    low: float | None
    high: float | None

    @property
    def width(self) -> float | None:
        """Distance of the two limits, or None when one is missing."""
        return None if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True)
class Bounds(Figures):
    """How well an index is known: the two-sided interval, and the one-sided lower bound at the same confidence."""

    lower: float
    upper: float
    at_least: float


@dataclass(frozen=True)
class Fallout(Figures):
    """Parts per million beyond each limit."""

    below: float
    above: float
    total: float


@dataclass(frozen=True)
class Indices(Figures):
    """Indices of one family: both sides, the lower, the upper, the nearer side; None where a limit is missing."""

    both: float | None
    lower: float | None
    upper: float | None
    nearer: float | None


def limits(low: float | None, high: float | None) -> Limits:
    """Limits as given; None, NaN and infinity stand for no limit. Raises ArgumentError when low is not below high."""
    given = Limits(number_or_none(low, "limits"), number_or_none(high, "limits"))
    if given.width is not None and given.width <= 0:
        raise ArgumentError(f"limits: low {given.low:g} is not below high {given.high:g}. Were they exchanged?")
    return given


def number_or_none(value: float | None, what: str) -> float | None:
    """A finite number; None for None, NaN and infinity. Raises ArgumentError for what is no number."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as fault:
        raise ArgumentError(f"{what}: numbers or None were expected, found {value!r}.") from fault
    return number if isfinite(number) else None


def ratio(distance: float, spread: float) -> float:
    """Distance in units of spread; without spread infinite with the distance's sign, 0 when there is no distance."""
    if spread > 0:
        return distance / spread
    if spread == 0:
        return 0.0 if distance == 0 else inf if distance > 0 else -inf
    return nan


def indices(centre: float, half_low: float, half_high: float, limit: Limits) -> Indices:
    """Indices of a centre.

    half_low, half_high  what lies between the centre and the 0.135 % and 99.865 % points; 3 sigma when normal
    """
    lower = None if limit.low is None else ratio(centre - limit.low, half_low)
    upper = None if limit.high is None else ratio(limit.high - centre, half_high)
    both = None if limit.width is None else ratio(limit.width, half_low + half_high)
    sides = [side for side in (lower, upper) if side is not None]
    return Indices(both, lower, upper, min(sides) if sides else None)


def taguchi(mean: float, sd: float, target: float | None, limit: Limits) -> float | None:
    """Cpm: tolerance over six times the root mean square distance to the target; of one side where one limit lacks.

    Source  Chan, Cheng and Spiring (1988); NIST/SEMATECH e-Handbook 6.1.6
    """
    if target is None:
        return None
    spread = hypot(sd, mean - target)
    if limit.width is not None:
        return ratio(limit.width, 6 * spread)
    if limit.high is not None:
        return ratio(limit.high - target, 3 * spread)
    return None if limit.low is None else ratio(target - limit.low, 3 * spread)


def fallout(mean: float, sd: float, limit: Limits) -> Fallout:
    """Parts per million that a normal population has beyond its limits."""
    below = 0.0 if limit.low is None else 1e6 * normal_below(-ratio(mean - limit.low, sd))
    above = 0.0 if limit.high is None else 1e6 * normal_below(-ratio(limit.high - mean, sd))
    return Fallout(below, above, below + above)


def width_bounds(index: float | None, degrees: float, confidence: float) -> Bounds | None:
    """Bounds of Cp, Pp (and Cpm with its own degrees of freedom), from chi-square.

    Source  Kane (1986); NIST/SEMATECH e-Handbook 6.1.6
    """
    if index is None or not isfinite(index) or degrees <= 0:
        return None
    tail = (1 - confidence) / 2
    lower, upper, least = (
        index * sqrt(chi_square_quantile(probability, degrees) / degrees)
        for probability in (tail, 1 - tail, 1 - confidence)
    )
    return Bounds(lower, upper, least)


def nearer_bounds(
    index: float | None, n: int, degrees: float, confidence: float, printed: bool = True
) -> Bounds | None:
    """Bounds of Cpk, Ppk and their sides, from the normal approximation.

    printed  the normal quantile with three decimals (1.645), as it stands in the published formula
    Source   Bissell (1990): standard error sqrt(1 / (9 n) + index^2 / (2 degrees))
    """
    if index is None or not isfinite(index) or degrees <= 0:
        return None
    error = hypot(1 / (3 * sqrt(n)), index / sqrt(2 * degrees))
    two_sided, one_sided = normal_quantile((1 + confidence) / 2), normal_quantile(confidence)
    if printed:
        two_sided, one_sided = round(two_sided, 3), round(one_sided, 3)
    return Bounds(index - two_sided * error, index + two_sided * error, index - one_sided * error)


def taguchi_degrees(n: int, mean: float, sd: float, target: float) -> float:
    """Degrees of freedom of Cpm. Source: Boyles (1991)."""
    a = min(abs(mean - target) / sd, 1e70)
    return n * (1 + a**2) ** 2 / (1 + 2 * a**2)


def cpk_at_least(cpk: float, n: int, confidence: float = 0.95) -> float:
    """The one-sided lower bound of a Cpk estimated from n readings.

    cpk         the estimate
    n           readings it came from
    confidence  one-sided, 0 to 1
    Source      Bissell (1990)

    >>> round(cpk_at_least(1.67, 30), 4)
    1.2956
    """
    if n < 2:
        raise ArgumentError(f"n: a Cpk needs at least 2 readings, found {n}.")
    bounds = nearer_bounds(cpk, n, n - 1, fraction(confidence, "confidence"))
    return cpk if bounds is None else bounds.at_least


def cpk_fallout(cpk: float) -> Fallout:
    """Parts per million beyond the limits of a centred normal population of this Cpk.

    >>> round(cpk_fallout(1.0).total, 3)
    2699.796
    """
    side = 1e6 * normal_below(-3 * cpk)
    return Fallout(side, side, 2 * side)
