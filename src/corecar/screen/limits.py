"""Part-average limits of one test from one column of readings: the formula, on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, TooFewParts
from corecar.order_statistics import QUARTILE_RULES
from corecar.plurals import plural
from corecar.screen.spread import ESTIMATORS, LAST_WAY, NO_WAY, spread

Readings = npt.ArrayLike

OUTSIDE = "outside the test's own limits"

SIDES = ("two", "none")
"""What a test without any limit gets: both sides held against the statistics, or none."""


@dataclass(frozen=True)
class Limits:
    """Part-average limits of one population.

    low, high  the limits to hold readings against, None on a side that is not screened [the test's unit]
    n          finite readings in the population
    estimator  how sigma was found, a row of `corecar.screen.spread.ESTIMATORS`
    clamp      `low`, `high`, `both` where the test limit is the tighter one, else empty
    fallback   the fallback taken and why, else empty
    """

    low: float | None
    high: float | None
    n: int = field(repr=False)
    q1: float = field(repr=False)
    median: float = field(repr=False)
    q3: float = field(repr=False)
    sigma: float = field(repr=False)
    estimator: str = field(repr=False)
    clamp: str = field(repr=False)
    fallback: str = field(repr=False)

    @property
    def applied(self) -> bool:
        """There is a side to hold readings against."""
        return self.low is not None or self.high is not None


def dynamic_limits(
    readings: Readings,
    *,
    width: float = 6.0,
    least: int = 30,
    quartile_rule: str = "type 7",
    low_limit: float | None = None,
    high_limit: float | None = None,
    without_limits: str = "two",
    discrete_values: int = 10,
    discrete_fraction: float = 0.02,
    discrete_floor: float = 0.5,
) -> Limits:
    """Part-average limits of one test, from the parts that passed every test.

    readings           float32 or float64, shape (parts,); NaN or infinite where a part has none [the test's unit]
    width              half-width in robust sigmas
    least              fewest finite readings to derive limits from
    quartile_rule      `type 7`, `type 6`, `type 5`, `lower` or `higher`
    low_limit          the test's own low limit; the derived one is never wider. None when there is none
    high_limit         likewise on the high side
    without_limits     a test with one limit is screened on that side only; a test with none: `two` sides or `none`
    discrete_values    at most so many different values make a test discrete, as does ...
    discrete_fraction  ... fewer different values than this fraction of the readings
    discrete_floor     sigma of a discrete test is at least so many steps (smallest difference of two values)
    Returns            Limits; without any spread, or where the median lies outside the test's own limits, both sides
                       are None and `fallback` says so: never zero-width, never low above high
    Raises             TooFewParts below `least` finite readings; ArgumentError for a parameter outside its range
    Source             AEC-Q001 Rev D (robust mean = median, robust sigma = (Q3 - Q1) / 1.35)

    >>> dynamic_limits(np.arange(55, dtype=np.float32))
    Limits(low=-93.0, high=147.0)
    """
    check_parameters(width, least, quartile_rule, without_limits)
    values = np.asarray(readings).ravel()
    ordered = np.sort(values[np.isfinite(values)]).astype(np.float32 if values.dtype == np.float32 else np.float64)
    if len(ordered) < max(least, 1):
        raise TooFewParts(
            f"{len(ordered)} finite readings: limits need at least {least}. "
            "Pool wafers into the lot, or hold the parts against static limits."
        )
    q1, centre, q3, sigma, way, distinct, step = spread(ordered, QUARTILE_RULES[quartile_rule])
    beyond = outside(ordered, centre, low_limit, high_limit)
    is_discrete = discrete(distinct, len(ordered), discrete_values, discrete_fraction)
    floored = is_discrete and way < LAST_WAY and sigma < discrete_floor * step
    used = discrete_floor * step if floored else sigma
    low, high, clamp = clamped(centre, used, width, low_limit, high_limit, without_limits)
    fallback = spread_fallback(way, floored, distinct, discrete_floor)
    return Limits(
        low=low,
        high=high,
        n=len(ordered),
        q1=q1,
        median=centre,
        q3=q3,
        sigma=used,
        estimator=estimator_name(way, floored, discrete_floor),
        clamp=clamp,
        fallback="; ".join(words for words in (fallback, outside_fallback(beyond)) if words),
    )


def check_parameters(width: float, least: int, quartile_rule: str, without_limits: str) -> None:
    """Raise ArgumentError for a parameter of the limits outside its range."""
    if not (np.isfinite(width) and width > 0):
        raise ArgumentError(f"width={width}: expected a number above 0, in robust sigmas.")
    if least < 2:
        raise ArgumentError(f"least={least}: expected at least 2 readings.")
    if quartile_rule not in QUARTILE_RULES:
        raise ArgumentError(f'quartile_rule="{quartile_rule}": expected one of {", ".join(QUARTILE_RULES)}.')
    if without_limits not in SIDES:
        raise ArgumentError(f'without_limits="{without_limits}": expected one of {", ".join(SIDES)}.')


def discrete(distinct: int, n: int, values: int, fraction: float) -> bool:
    """Whether a population takes so few values that its quartiles say little about its spread."""
    return distinct <= values or distinct < fraction * n


def clamped(
    centre: float, sigma: float, width: float, low_limit: float | None, high_limit: float | None, without_limits: str
) -> tuple[float | None, float | None, str]:
    """The limits applied: on the sides that are screened, never wider than the test's own; and which were clamped.

    There are none without spread, and none where the centre lies outside the test's own limits: clamped to those, they
    would not lie around the population.
    """
    if not sigma > 0.0 or misplaced(centre, low_limit, high_limit):
        return None, None, ""
    return within(centre - width * sigma, centre + width * sigma, low_limit, high_limit, without_limits)


def within(
    low: float, high: float, low_limit: float | None, high_limit: float | None, without_limits: str
) -> tuple[float | None, float | None, str]:
    """Derived limits on the sides that are screened, never wider than the test's own; and which were clamped."""
    has_low, has_high = finite(low_limit), finite(high_limit)
    both = not has_low and not has_high and without_limits == "two"
    tight_low = has_low and low_limit is not None and low_limit > low
    tight_high = has_high and high_limit is not None and high_limit < high
    clamp = "both" if tight_low and tight_high else "low" if tight_low else "high" if tight_high else ""
    screened_low = low if has_low or both else None
    screened_high = high if has_high or both else None
    return low_limit if tight_low else screened_low, high_limit if tight_high else screened_high, clamp


def misplaced(centre: float, low_limit: float | None, high_limit: float | None) -> bool:
    """Whether the middle of a population lies outside the test's own limits; always so when those are swapped."""
    below = low_limit is not None and finite(low_limit) and centre < low_limit
    return below or (high_limit is not None and finite(high_limit) and centre > high_limit)


def outside(values: npt.NDArray[Any], centre: float, low_limit: float | None, high_limit: float | None) -> int:
    """Readings outside the test's own limits, where the middle of the population is; else 0."""
    if not misplaced(centre, low_limit, high_limit):
        return 0
    low = low_limit if low_limit is not None and finite(low_limit) else -np.inf
    high = high_limit if high_limit is not None and finite(high_limit) else np.inf
    exact = values.astype(np.float64)
    return int(((exact < low) | (exact > high)).sum())


def finite(limit: float | None) -> bool:
    """Whether there is a limit at all: an infinite or not-a-number limit is none."""
    return limit is not None and bool(np.isfinite(limit))


def estimator_name(way: int, floored: bool, discrete_floor: float) -> str:
    """How sigma was found, in words."""
    return f"median, {discrete_floor:g} LSB" if floored else ESTIMATORS[way]


def outside_fallback(count: int) -> str:
    """That the tester passed what its own limits refuse, in words; empty when it did not."""
    if not count:
        return ""
    verb = "lies" if count == 1 else "lie"
    return f"{plural(count, 'reading')} that the tester passed {verb} {OUTSIDE}"


def spread_fallback(way: int, floored: bool, distinct: int, discrete_floor: float) -> str:
    """Why sigma is not (Q3 - Q1) / 1.35, in words; empty when it is."""
    if way == NO_WAY:
        return "not screenable: all readings are equal"
    if floored:
        return f"discrete, {distinct} different values: sigma raised to {discrete_floor:g} LSB"
    return f"zero spread between the quartiles: {ESTIMATORS[way]}" if way else ""
