"""Process capability of readings between limits: within and overall, robust, by percentiles, with confidence bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.capability_indices import (
    Bounds,
    Fallout,
    Indices,
    Limits,
    fallout,
    indices,
    limits,
    nearer_bounds,
    number_or_none,
    ratio,
    taguchi,
    taguchi_degrees,
    width_bounds,
)
from corecar.assess.control_constants import CONVENTIONS, ControlConstants
from corecar.assess.figures import Figures
from corecar.assess.fitted_shapes import Normality, fitted_shape, normality
from corecar.assess.samples import Sample, choice, deviation, floats, fraction, readings_of, sample
from corecar.assess.spread import WithinSpread, finite, moving_range_spread, subgroups, within_spread
from corecar.errors import ArgumentError
from corecar.standards import value

GOALS = ("special", "other")
_LOW_POINT, _HIGH_POINT = 0.00135, 0.99865
"""Where three sigmas lie in a normal population (ISO 22514-2)."""


@dataclass(frozen=True)
class RobustCapability(Figures):
    """Capability from median and quartiles: sigma = (Q3 - Q1) / 1.35, quartiles of type 7."""

    median: float
    sigma: float
    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None


@dataclass(frozen=True)
class PercentileCapability(Figures):
    """Capability from the 0.135 %, 50 % and 99.865 % points of a fitted distribution."""

    distribution: str
    parameters: dict[str, float]
    low_point: float
    median: float
    high_point: float
    pp: float | None
    ppl: float | None
    ppu: float | None
    ppk: float | None
    expected_ppm: Fallout


@dataclass(frozen=True)
class Capability(Figures):
    """What `capability` answers; an index is None where it needs a limit or a target that was not given.

    n, missing       finite readings; others, which are left out
    sigma_within     from `within_method`; `sd` is the overall one, with n - 1
    cp, cpk          with sigma_within, cpl and cpu too; pp, ppl, ppu, ppk and cpm with the overall spread
    bounds           of each index by its name, at `confidence`
    expected_ppm_*   beyond the limits when the population is normal; observed_ppm is counted
    goal, goal_met   the Cpk asked for and whether cpk reaches it; goal_proven whether its one-sided bound does
    notes            what a reader has to know, such as "no variation"
    """

    n: int
    missing: int
    mean: float
    median: float
    sd: float
    minimum: float
    maximum: float
    sigma_within: float
    within_method: str
    average_range: float | None
    low: float | None
    high: float | None
    target: float | None
    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None
    pp: float | None
    ppl: float | None
    ppu: float | None
    ppk: float | None
    cpm: float | None
    confidence: float
    bounds: dict[str, Bounds | None]
    expected_ppm_within: Fallout
    expected_ppm_overall: Fallout
    observed_ppm: Fallout
    normality: Normality | None
    robust: RobustCapability
    percentile: PercentileCapability | None
    goal: float | None
    goal_met: bool | None
    goal_proven: bool | None
    notes: tuple[str, ...]


def capability(
    values: Any,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    subgroup: Any = None,
    *,
    within: str | None = None,
    distribution: str = "normal",
    confidence: float = 0.95,
    constants: str = "printed",
    goal: float | str | None = None,
) -> Capability:
    """Cp, Cpk, Pp, Ppk, Cpm of readings between limits, with confidence bounds, robust and percentile forms.

    values        readings in order of time, one column or one row per subgroup; NaN where one is missing, which breaks
                  the moving ranges as on a chart of single readings
    low, high     specification limits [the readings' unit]; None, NaN or infinite where there is none
    target        what the process aims at, for Cpm
    subgroup      size of consecutive subgroups or a label per reading; None for single readings
    within        how sigma within subgroups is estimated: "range", "sd", "pooled"; of single readings always
                  "moving range". None takes the range up to 10 readings a subgroup, pooled beyond
    distribution  of the percentile form: "normal", "lognormal", "weibull", "gamma" or "best"
    confidence    of the bounds, 0 to 1
    constants     "printed" (d2 and the normal quantile with three decimals, as in handbooks) or "exact"; "divisors" is
                  the same as "printed" here
    goal          the Cpk asked for: a number, "special" (1.67) or "other" (1.33) characteristic
    Returns       Capability
    Raises        TooFewParts below two readings; ArgumentError for limits in the wrong order
    Source        NIST/SEMATECH e-Handbook 6.1.6; ISO 22514-2 for the percentile form; Bissell (1990), Kane (1986),
                  Boyles (1991) for the bounds

    >>> found = capability([9.8, 10.1, 10.0, 9.9, 10.2], 9.4, 10.6)
    >>> round(found.ppk, 2), round(found.bounds["ppk"].at_least, 2)
    (1.26, 0.49)
    """
    limit, chance = limits(low, high), fraction(confidence, "confidence")
    target = number_or_none(target, "target")
    values = readings_of(values)
    convention = ControlConstants(choice(constants, CONVENTIONS, "constants"))
    readings = sample(floats(values, "values").ravel(), "values", least=2)
    spread = _within(values, subgroup, within, convention)
    mean = readings.mean
    families = {
        "cp": indices(mean, 3 * spread.sigma, 3 * spread.sigma, limit),
        "pp": indices(mean, 3 * readings.sd, 3 * readings.sd, limit),
    }
    cpm = taguchi(mean, deviation(readings.readings, 0), target, limit)
    bounds = _bounds(families, cpm, readings, spread, target, chance, constants != "exact")
    return Capability(
        n=len(readings.readings),
        missing=readings.missing,
        mean=mean,
        median=readings.median,
        sd=readings.sd,
        minimum=float(readings.readings.min()),
        maximum=float(readings.readings.max()),
        sigma_within=spread.sigma,
        within_method=spread.method,
        average_range=spread.average if "range" in spread.method else None,
        low=limit.low,
        high=limit.high,
        target=target,
        **_named(families),
        cpm=cpm,
        confidence=chance,
        bounds=bounds,
        expected_ppm_within=fallout(mean, spread.sigma, limit),
        expected_ppm_overall=fallout(mean, readings.sd, limit),
        observed_ppm=_observed(readings, limit),
        normality=normality(readings.readings, readings.sd),
        robust=_robust(readings, limit),
        percentile=None if readings.constant else _percentile(readings, distribution, limit),
        **_against(goal, families["cp"].nearer, bounds["cpk"]),
        notes=_notes(readings, spread, limit),
    )


def _within(values: Any, subgroup: Any, method: str | None, constants: ControlConstants) -> WithinSpread:
    array = floats(values, "values")
    if (subgroup is None and array.ndim == 1) or (isinstance(subgroup, (int, float, np.number)) and subgroup == 1):
        if method not in (None, "moving range"):
            raise ArgumentError(
                f'within "{method}" needs subgroups: give `subgroup=`, or leave it for single readings.'
            )
        return moving_range_spread(np.where(np.isfinite(array), array, np.nan), constants)
    return within_spread(finite(subgroups(array, subgroup)), method, constants)


def _named(families: dict[str, Indices]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, family in families.items():
        named |= {name: family.both, name + "l": family.lower, name + "u": family.upper, name + "k": family.nearer}
    return named


def _bounds(
    families: dict[str, Indices],
    cpm: float | None,
    readings: Sample,
    spread: WithinSpread,
    target: float | None,
    confidence: float,
    printed: bool,
) -> dict[str, Bounds | None]:
    n = len(readings.readings)
    degrees = {"cp": spread.degrees, "pp": n - 1}
    bounds: dict[str, Bounds | None] = {}
    for name, index in _named(families).items():
        of_family = degrees[name[:2]]
        if name in degrees:
            bounds[name] = width_bounds(index, of_family, confidence)
        else:
            bounds[name] = nearer_bounds(index, n, of_family, confidence, printed)
    bounds["cpm"] = None
    if target is not None and not readings.constant:
        own = taguchi_degrees(n, readings.mean, readings.sd, target)
        bounds["cpm"] = width_bounds(cpm, own, confidence)
    return bounds


def _observed(readings: Sample, limit: Limits) -> Fallout:
    n = len(readings.readings)
    below = 0 if limit.low is None else int((readings.readings < limit.low).sum())
    above = 0 if limit.high is None else int((readings.readings > limit.high).sum())
    return Fallout(1e6 * below / n, 1e6 * above / n, 1e6 * (below + above) / n)


def _robust(readings: Sample, limit: Limits) -> RobustCapability:
    q1, q2, q3 = (float(q) for q in np.quantile(readings.readings, [0.25, 0.5, 0.75]))
    sigma = (q3 - q1) / float(value("AEC-Q001", "dynamic-pat", "quartile_divisor"))
    found = indices(q2, 3 * sigma, 3 * sigma, limit)
    return RobustCapability(q2, sigma, found.both, found.lower, found.upper, found.nearer)


def _percentile(readings: Sample, distribution: str, limit: Limits) -> PercentileCapability:
    shape = fitted_shape(readings.readings, distribution)
    low, middle, high = (shape.quantile(point) for point in (_LOW_POINT, 0.5, _HIGH_POINT))
    found = indices(middle, middle - low, high - middle, limit)
    below = 0.0 if limit.low is None else 1e6 * shape.below(limit.low)
    above = 0.0 if limit.high is None else 1e6 * (1 - shape.below(limit.high))
    expected = Fallout(below, above, below + above)
    sides = (found.both, found.lower, found.upper, found.nearer)
    return PercentileCapability(shape.name, shape.parameters, low, middle, high, *sides, expected)


def _against(goal: float | str | None, cpk: float | None, bounds: Bounds | None) -> dict[str, Any]:
    """The goal, whether the index reaches it, and whether its bound does (an index without bound proves itself)."""
    if isinstance(goal, str):
        goal = float(value("Comparisons", "cpk", choice(goal, GOALS, "goal")))
    if goal is None or cpk is None:
        return {"goal": goal, "goal_met": None, "goal_proven": None}
    return {"goal": goal, "goal_met": cpk >= goal, "goal_proven": (cpk if bounds is None else bounds.at_least) >= goal}


def _notes(readings: Sample, spread: WithinSpread, limit: Limits) -> tuple[str, ...]:
    notes = []
    if readings.constant:
        notes.append("no variation: all readings are equal, so an index is infinite or says nothing")
    elif spread.sigma == 0:
        notes.append("no variation within subgroups: Cp and Cpk are infinite; read Pp and Ppk")
    if limit.low is None and limit.high is None:
        notes.append("no limits: there is no index")
    elif limit.width is None:
        notes.append("one limit: Cp and Pp need both")
    return tuple(notes)


@dataclass(frozen=True)
class SummaryCapability(Figures):
    """Capability of a mean and a sigma that are known without their readings.

    k  distance of the mean from the middle of the limits, in half tolerances
    """

    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None
    k: float | None
    cpm: float | None
    bounds: dict[str, Bounds | None]
    expected_ppm: Fallout


def capability_of_summary(
    mean: float,
    sd: float,
    low: float | None,
    high: float | None,
    target: float | None = None,
    *,
    n: int | None = None,
    confidence: float = 0.95,
) -> SummaryCapability:
    """Indices from a mean and a standard deviation.

    mean, sd    [the readings' unit]
    low, high   limits; None where there is none
    n           readings behind them; without it there are no bounds
    Source      NIST/SEMATECH e-Handbook 6.1.6

    >>> found = capability_of_summary(16, 2, 8, 20)
    >>> found.cp, round(found.cpk, 4), round(found.k, 4)
    (1.0, 0.6667, 0.3333)
    """
    if not sd >= 0:
        raise ArgumentError(f"sd: 0 or more was expected, found {sd!r}.")
    limit, target = limits(low, high), number_or_none(target, "target")
    family = indices(mean, 3 * sd, 3 * sd, limit)
    named = _named({"cp": family})
    bounds: dict[str, Bounds | None] = dict.fromkeys(named)
    if n is not None and n > 1:
        chance = fraction(confidence, "confidence")
        bounds = {name: nearer_bounds(index, n, n - 1, chance) for name, index in named.items()}
        bounds["cp"] = width_bounds(family.both, n - 1, chance)
    k = None
    if limit.low is not None and limit.high is not None:
        k = ratio(abs(mean - (limit.low + limit.high) / 2), (limit.high - limit.low) / 2)
    return SummaryCapability(
        **named, k=k, cpm=taguchi(mean, sd, target, limit), bounds=bounds, expected_ppm=fallout(mean, sd, limit)
    )
