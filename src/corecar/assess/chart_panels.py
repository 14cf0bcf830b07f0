"""Panels of control charts of readings: individuals with moving ranges, means with ranges or standard deviations."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from corecar.assess.control_constants import ControlConstants
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, IntArray, column_of_floats, deviation
from corecar.assess.spread import WithinSpread, finite, moving_range_spread, moving_ranges, subgroups, within_spread
from corecar.errors import ArgumentError, TooFewParts

NO_VARIATION = "no variation: sigma is 0, so every point off the centre is beyond the limits"


@dataclass(frozen=True)
class Panel(Figures):
    """One curve with its limits.

    points        numbers of the points, from 1; a missing reading has no point but counts
    sigma         of each plotted point
    lower, upper  the limits at each point
    """

    name: str
    points: tuple[int, ...]
    values: tuple[float, ...]
    center: float
    sigma: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def beyond(self) -> tuple[int, ...]:
        """The points outside their limits."""
        rows = zip(self.points, self.values, self.lower, self.upper, strict=True)
        return tuple(point for point, value, lower, upper in rows if not lower <= value <= upper)


@dataclass(frozen=True)
class Panels:
    """The panels of a chart, and the figures that stand beside them."""

    location: Panel
    center: float
    sigma: float
    average_spread: float | None = None
    spread: Panel | None = None
    low_side: Panel | None = None
    missing: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChartOptions:
    """The options of `chart` that its kinds share."""

    constants: ControlConstants
    subgroup: Any = None
    sizes: Any = None
    center: float | None = None
    sigma: float | None = None
    span: int = 2
    weight: float = 0.2
    steady: bool = False
    allowance: float = 0.5
    interval: float = 5.0
    head_start: float = 0.0
    kind: str = "i-mr"


def panel(name: str, numbers: Any, values: Any, center: float, sigma: Any, half: Any, floor: float = -np.inf) -> Panel:
    """A panel whose limits lie `half` around the centre, and not below `floor`."""
    values = np.asarray(values, np.float64)
    sigma, half = np.broadcast_to(sigma, values.shape), np.broadcast_to(half, values.shape)
    return limited(name, numbers, values, center, sigma, np.maximum(center - half, floor), center + half)


def limited(name: str, numbers: Any, values: Any, center: float, sigma: Any, lower: Any, upper: Any) -> Panel:
    """A panel with limits of its own."""
    shape = np.shape(values)
    columns = [np.broadcast_to(column, shape).astype(np.float64) for column in (values, sigma, lower, upper)]
    told, sigmas, lowers, uppers = (tuple(column.tolist()) for column in columns)
    return Panel(name, tuple(int(number) for number in numbers), told, float(center), sigmas, lowers, uppers)


def known_or(given: float | None, estimate: float, what: str) -> float:
    """A known figure where one is given, the estimate otherwise. Raises ArgumentError for a sigma below 0 or NaN."""
    if given is None:
        return estimate
    if not np.isfinite(given) or (what == "sigma" and given < 0):
        raise ArgumentError(
            f"{what}: a finite number{' from 0 up' if what == 'sigma' else ''} was expected: {given!r}."
        )
    return float(given)


def single_readings(values: Any, least: int = 2) -> tuple[FloatArray, IntArray]:
    """The readings with their gaps, and the numbers from 1 of those that are there."""
    readings = column_of_floats(values, "values")
    readings = np.where(np.isfinite(readings), readings, np.nan)
    numbers = np.flatnonzero(np.isfinite(readings)) + 1
    if len(numbers) < least:
        raise TooFewParts(f"values: a chart needs at least {least} readings, found {len(numbers)}.")
    return readings, numbers


def individuals(values: Any, options: ChartOptions) -> Panels:
    """Single readings, with moving ranges. Source: NIST/SEMATECH e-Handbook 6.3.2.2."""
    constants = options.constants
    readings, numbers = single_readings(values, 1 if options.sigma is not None else 2)
    present = readings[numbers - 1]
    spread = individual_spread(readings, options)
    center, sigma = known_or(options.center, float(present.mean()), "center"), spread.sigma
    location = panel("readings", numbers, present, center, sigma, constants.width * sigma)
    return Panels(
        location,
        center,
        sigma,
        spread.average,
        _moving_range_panel(readings, spread, options),
        missing=len(readings) - len(numbers),
        notes=(NO_VARIATION,) if sigma == 0 else (),
    )


def individual_spread(readings: FloatArray, options: ChartOptions) -> WithinSpread:
    """Sigma of single readings: the known one, or that of the moving ranges."""
    if options.sigma is None:
        return moving_range_spread(readings, options.constants, options.span)
    sigma = known_or(options.sigma, 0.0, "sigma")
    return WithinSpread(sigma, "known", sigma * options.constants.d2(options.span), 0)


def _moving_range_panel(readings: FloatArray, spread: WithinSpread, options: ChartOptions) -> Panel | None:
    ranges = moving_ranges(readings, options.span)
    numbers = np.flatnonzero(np.isfinite(ranges)) + 1
    if not len(numbers):
        return None
    low, high = options.constants.range_limits(options.span)
    average = spread.average
    sigma = spread.sigma * options.constants.d3(options.span)
    return limited("moving ranges", numbers, ranges[numbers - 1], average, sigma, low * average, high * average)


def means_and_ranges(values: Any, options: ChartOptions) -> Panels:
    """Means of subgroups, with ranges. Source: NIST/SEMATECH e-Handbook 6.3.2.1."""
    return _means(values, options, "range")


def means_and_sds(values: Any, options: ChartOptions) -> Panels:
    """Means of subgroups, with standard deviations. Source: NIST/SEMATECH e-Handbook 6.3.2.1."""
    return _means(values, options, "sd")


def _means(values: Any, options: ChartOptions, method: str) -> Panels:
    groups = [group[np.isfinite(group)] for group in subgroups(values, options.subgroup)]
    numbers = np.array([number for number, group in enumerate(groups, start=1) if len(group)])
    kept = finite(groups)
    if not kept:
        raise TooFewParts("values: a chart needs at least one subgroup with readings.")
    spread = group_spread(kept, options, method)
    sizes = np.array([len(group) for group in kept])
    means = np.array([group.mean() for group in kept])
    center = known_or(options.center, float((means * sizes).sum() / sizes.sum()), "center")
    half = _mean_halves(sizes, spread, options, method)
    sigmas = half / options.constants.width
    read = sum(len(group) for group in subgroups(values, options.subgroup))
    return Panels(
        panel("means", numbers, means, center, sigmas, half),
        center,
        spread.sigma,
        spread.average,
        _spread_panel(kept, numbers, spread, options, method),
        missing=int(read - sizes.sum()),
        notes=(NO_VARIATION,) if spread.sigma == 0 else (),
    )


def group_spread(groups: list[FloatArray], options: ChartOptions, method: str) -> WithinSpread:
    """Sigma within subgroups: the known one, or that of ranges or standard deviations."""
    if options.sigma is None:
        return within_spread(groups, method, options.constants)
    sigma, size = known_or(options.sigma, 0.0, "sigma"), max(len(group) for group in groups)
    one = options.constants.d2(size) if method == "range" else options.constants.c4(size)
    return WithinSpread(sigma, "known", sigma * one, 0)


def _mean_halves(sizes: Any, spread: WithinSpread, options: ChartOptions, method: str) -> FloatArray:
    """Half-widths of the limits of each mean: by the printed factor when all subgroups are of one size."""
    constants = options.constants
    if len(set(sizes.tolist())) == 1 and sizes[0] > 1 and options.sigma is None:
        factor = constants.mean_by_range if method == "range" else constants.mean_by_sd
        return np.full(len(sizes), factor(int(sizes[0])) * spread.average)
    return np.asarray(constants.width * spread.sigma / np.sqrt(sizes), np.float64)


def _spread_panel(
    groups: list[FloatArray], numbers: Any, spread: WithinSpread, options: ChartOptions, method: str
) -> Panel | None:
    several = [row for row, group in enumerate(groups) if len(group) > 1]
    if not several:
        return None
    rows = [_spread_row(groups[row], spread, options, method) for row in several]
    values, centers, sigmas, lowers, uppers = (np.array(figures) for figures in zip(*rows, strict=True))
    equal = len({len(groups[row]) for row in several}) == 1
    center = spread.average if equal else float(centers.mean())
    name = "ranges" if method == "range" else "standard deviations"
    return limited(name, numbers[several], values, center, sigmas, lowers, uppers)


def _spread_row(
    group: FloatArray, spread: WithinSpread, options: ChartOptions, method: str
) -> tuple[float, float, float, float, float]:
    """Of one subgroup: its range or standard deviation, what is expected, its sigma and its limits."""
    size, constants = len(group), options.constants
    if method == "range":
        value, expected = float(np.ptp(group)), constants.d2(size) * spread.sigma
        sigma, (low, high) = constants.d3(size) * spread.sigma, constants.range_limits(size)
    else:
        value = 0.0 if np.ptp(group) == 0 else deviation(group)
        expected = constants.c4(size) * spread.sigma
        sigma, (low, high) = sqrt(1 - constants.c4(size) ** 2) * spread.sigma, constants.sd_limits(size)
    return value, expected, sigma, low * expected, high * expected
