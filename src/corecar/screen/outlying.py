"""Parts that lie far out, whatever limits say, and how the readings of each test lie around their median.

Distances are in plain robust sigmas of the population that the dynamic limits of the part are made from, on the sides
that are screened, also where a recipe lets its limits follow shapes. Of several screens of dynamic limits over one test
the first speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.screen.dynamic import derive
from corecar.screen.recipe import Recipe
from corecar.screen.verdicts import Fences, fences
from corecar.stdf_values import UNUSABLE


@dataclass(frozen=True)
class Outlying:
    """What lies beyond a threshold, and the letter values; arrays of tests have a row per test with dynamic limits.

    part      int64: parts with a reading beyond the threshold, ascending
    distance  float64: of the reading furthest out of each [robust sigmas]
    beyond    readings beyond it
    readings  int64: first executions in good final parts that limits stand over
    below, above  float64, shape (tests, shares): distance of the letter values from the median [robust sigmas]
    held      bool, shape (tests, 2): whether limits stand below and above
    reach     float64, shape (tests, 2): distance of the test's own limits; infinite without one [robust sigmas]
    """

    part: Int64Array
    distance: Float64Array
    beyond: int
    readings: Int64Array
    below: Float64Array
    above: Float64Array
    held: BoolArray
    reach: Float64Array


@dataclass(frozen=True)
class _OneTest:
    """The row of one test in `Outlying`, with its readings beyond the threshold: int64 parts and float64 distances."""

    part: Int64Array
    away: Float64Array
    readings: int
    below: Float64Array
    above: Float64Array
    held: BoolArray
    reach: Float64Array


def outlying(lot: Lot, recipe: Recipe, threshold: float, shares: Sequence[float]) -> Outlying:
    """The parts of a lot beyond a threshold, and the letter values of its tests.

    threshold  [robust sigmas]
    shares     of the readings beyond each letter value, below one half
    """
    found: dict[int, _OneTest] = {}
    for one in recipe.dynamic:
        derived = derive(lot, replace(one, skewed="none", modes=False, gap=0.0))
        stand = fences(lot, derived)
        for test in derived.tests.tolist():
            told = None if test in found else _of_test(lot, stand, test, threshold, np.asarray(shares))
            if told is not None:
                found[test] = told
    rows = [found[test] for test in sorted(found)]
    far = np.concatenate([np.empty(0, np.int64), *(one.part for one in rows)])
    part, where = np.unique(far, return_inverse=True)
    distance = np.zeros(len(part))
    np.maximum.at(distance, where, np.concatenate([np.empty(0), *(one.away for one in rows)]))
    wide = len(rows), len(shares)
    return Outlying(
        part,
        distance,
        len(far),
        np.array([one.readings for one in rows], np.int64),
        np.array([one.below for one in rows], np.float64).reshape(wide),
        np.array([one.above for one in rows], np.float64).reshape(wide),
        np.array([one.held for one in rows], np.bool_).reshape(-1, 2),
        np.array([one.reach for one in rows], np.float64).reshape(-1, 2),
    )


def _of_test(lot: Lot, stand: Fences, test: int, threshold: float, shares: Float64Array) -> _OneTest | None:
    """None for a test without dynamic limits over any reading."""
    m = lot.measurements
    at = m.of(test)
    part, value, flags = m.part[at], m.value[at], m.flags[at]
    sides = np.isfinite(stand.low[test]), np.isfinite(stand.high[test])
    group = stand.codes[part]
    held = (group >= 0) & ((flags & UNUSABLE) == 0) & np.isfinite(value) & (sides[0] | sides[1])[group]
    part, group = part[held].astype(np.int64), group[held]
    if not len(part):
        return None
    median, sigma = stand.median[test], stand.sigma[test]
    away = (value[held].astype(np.float64) - median[group]) / sigma[group]
    out = (sides[0][group] & (away < -threshold)) | (sides[1][group] & (away > threshold))
    letters = np.quantile(away, np.concatenate([shares, [0.5], 1 - shares]))
    middle = letters[len(shares)]
    return _OneTest(
        part[out],
        np.abs(away[out]),
        len(part),
        middle - letters[: len(shares)],
        letters[len(shares) + 1 :] - middle,
        np.array([side.any() for side in sides]),
        np.array([_reach(limit[test], median, sigma, sides[0] | sides[1]) for limit in lot.test_limits]),
    )


def _reach(limit: float, median: Float64Array, sigma: Float64Array, used: BoolArray) -> float:
    """Distance of a test's own limit from the middle of the group from which it is furthest."""
    return float(np.abs((limit - median[used]) / sigma[used]).max()) if np.isfinite(limit) else np.inf
