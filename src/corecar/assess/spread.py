"""The sigma within subgroups: from ranges, standard deviations, pooled variances or moving ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from corecar.assess.control_constants import ControlConstants, sd_mean
from corecar.assess.samples import (
    FloatArray,
    choice,
    column_of_floats,
    deviation,
    labels,
    power_of_two,
    readings_of,
    same_length,
    two_dimensional,
)
from corecar.errors import ArgumentError, TooFewParts

WITHIN = ("range", "sd", "pooled", "moving range")
_RANGE_UP_TO = 10
"""Largest subgroup whose range is taken without being asked for; beyond it a range wastes too much."""


@dataclass(frozen=True)
class WithinSpread:
    """A sigma, how it came about, the average range or standard deviation below it, and its degrees of freedom."""

    sigma: float
    method: str
    average: float
    degrees: int


def subgroups(values: Any, subgroup: Any) -> list[FloatArray]:
    """The readings of each subgroup in order, missing ones as NaN.

    values    one column, or a two-dimensional array with one row per subgroup
    subgroup  size of consecutive subgroups, a label per reading, or None for the rows of two dimensions
    """
    values = readings_of(values)
    array = [column_of_floats(row, "values") for row in values] if two_dimensional(values) else None
    if subgroup is None:
        if array is None:
            raise ArgumentError("subgroups: rows of readings, or `subgroup=` with a size or a label per reading.")
        return array
    if array is not None:
        raise ArgumentError("subgroups: the rows of a two-dimensional array are subgroups already; leave `subgroup`.")
    readings = column_of_floats(values, "values")
    if isinstance(subgroup, (int, float, np.number)):
        return _blocks(readings, float(subgroup))
    same_length("subgroup", values=readings, subgroup=subgroup)
    codes, names = labels(subgroup, "subgroup")
    return [readings[codes == code] for code in range(len(names))]


def _blocks(readings: FloatArray, given: float) -> list[FloatArray]:
    if not given >= 1 or given % 1:
        raise ArgumentError(f"subgroup: a whole size from 1 up was expected, found {given:g}.")
    size = int(given)
    return [readings[first : first + size] for first in range(0, len(readings), size)]


def finite(groups: Sequence[FloatArray]) -> list[FloatArray]:
    """The subgroups without their missing readings; empty ones are left out."""
    kept = [group[np.isfinite(group)] for group in groups]
    return [group for group in kept if len(group)]


def within_spread(groups: Sequence[FloatArray], method: str | None, constants: ControlConstants) -> WithinSpread:
    """Sigma within subgroups of equal or unequal size.

    method  "range" (R / d2), "sd" (s / c4), "pooled" (root of the pooled variance / c4); None takes the range up to
            10 readings a subgroup, pooled beyond
    Raises  TooFewParts when no subgroup has two readings
    Source  average range and standard deviation weighted by the inverse variance of each estimate; equal sizes give
            the plain average (Burr 1969, as in ASTM E2587 and Minitab)
    """
    usable = [group for group in groups if len(group) > 1]
    if not usable:
        raise TooFewParts("subgroups: none has two readings, so nothing says how far readings of one subgroup differ.")
    method = method or ("range" if max(map(len, usable)) <= _RANGE_UP_TO else "pooled")
    estimate = {"range": _by_range, "sd": _by_sd, "pooled": _pooled}[choice(method, WITHIN[:3], "within")]
    sigma, average = estimate(usable, constants)
    return WithinSpread(sigma, method, average, sum(len(group) - 1 for group in usable))


def _by_range(groups: Sequence[FloatArray], constants: ControlConstants) -> tuple[float, float]:
    ranges = np.array([np.ptp(group) for group in groups])
    d2 = np.array([constants.d2(len(group)) for group in groups])
    weights = (d2 / np.array([constants.d3(len(group)) for group in groups])) ** 2
    return float((weights * ranges / d2).sum() / weights.sum()), float(ranges.mean())


def _by_sd(groups: Sequence[FloatArray], constants: ControlConstants) -> tuple[float, float]:
    sds = np.array([_sd(group) for group in groups])
    c4 = np.array([constants.c4(len(group)) for group in groups])
    weights = c4**2 / (1 - c4**2)
    return float((weights * sds / c4).sum() / weights.sum()), float(sds.mean())


def _pooled(groups: Sequence[FloatArray], constants: ControlConstants) -> tuple[float, float]:
    degrees = sum(len(group) - 1 for group in groups)
    sds = np.array([_sd(group) for group in groups])
    scale = power_of_two(sds)
    weights = np.array([len(group) - 1 for group in groups])
    pooled = sqrt(float((weights * (sds / scale) ** 2).sum()) / degrees) * scale
    return pooled / sd_mean(degrees + 1), pooled


def _sd(group: FloatArray) -> float:
    return 0.0 if np.ptp(group) == 0 else deviation(group)


def moving_range_spread(readings: FloatArray, constants: ControlConstants, span: int = 2) -> WithinSpread:
    """Sigma of single readings from the ranges of neighbours.

    readings  in order of time, NaN where one is missing: ranges over a gap are left out
    span      readings per moving range
    Raises    TooFewParts without one whole range
    Source    NIST/SEMATECH e-Handbook 6.3.2.2: the moving range is that of consecutive readings
    """
    ranges = moving_ranges(readings, span)
    whole = ranges[np.isfinite(ranges)]
    if not len(whole):
        raise TooFewParts(f"values: no {span} neighbouring readings, so there is no moving range.")
    average = float(whole.mean())
    return WithinSpread(average / constants.d2(span), "moving range", average, len(whole))


def moving_ranges(readings: FloatArray, span: int = 2) -> FloatArray:
    """Range of each reading with the `span` - 1 before it; NaN at the beginning and around gaps."""
    if span < 2:
        raise ArgumentError(f"span: a moving range needs at least 2 readings, found {span}.")
    ranges = np.full(len(readings), np.nan)
    if len(readings) >= span:
        windows = np.lib.stride_tricks.sliding_window_view(readings, span)
        ranges[span - 1 :] = windows.max(axis=1) - windows.min(axis=1)
    return ranges
