"""Readings against limits: which good parts a screen rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.lot import BoolArray, Float64Array, Int64Array, Lot, Results
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import SCREEN, Derivation
from corecar.screen.evidence import limit_rows, limits_table
from corecar.screen.findings import Findings
from corecar.screen.recipe import Recipe
from corecar.stdf_values import UNUSABLE
from corecar.strata import CodeArray


@dataclass(frozen=True)
class Fences:
    """Where limits stand, ready to hold readings against; arrays have shape (tests of the lot, groups).

    codes       int32, shape (parts,): group of each good final part, -1 for every other part
    low, high   float64: limits applied, NaN on a side that is not screened
    median, sigma  float64: what they were made from
    limit       int64: row of the `limits` table, -1 without one
    shaped      bool: the limits followed the shape of their population
    """

    codes: npt.NDArray[np.int32]
    low: Float64Array
    high: Float64Array
    median: Float64Array
    sigma: Float64Array
    limit: Int64Array
    shaped: BoolArray


@dataclass(frozen=True)
class Beyond:
    """Readings beyond their limits, one entry each: int64 test, part and execution within the part, float64 value."""

    test: Int64Array
    part: Int64Array
    execution: Int64Array
    value: Float64Array


def fences(lot: Lot, derived: Derivation) -> Fences:
    """The limits that stand over each group of parts."""
    shape = (lot.tests.num_rows, derived.depth.shape[1])
    low, high, median, sigma = (np.full(shape, np.nan) for _ in range(4))
    limit = np.full(shape, -1, dtype=np.int64)
    is_shaped = np.zeros(shape, dtype=bool)
    for depth, (level, rows) in enumerate(zip(derived.levels, limit_rows(derived), strict=True)):
        test, group = np.nonzero(derived.depth == depth)
        at = (derived.tests[test], group)
        source = (test, derived.group[depth][group])
        low[at], high[at] = level.low[source], level.high[source]
        median[at], sigma[at], limit[at] = level.found.median[source], level.sigma[source], rows[source]
        is_shaped[at] = level.shaped is not None and level.shaped.changed[source]
    codes = np.where(lot.final & lot.passed, derived.levels[0].by.codes, np.int32(-1))
    return Fences(codes, low, high, median, sigma, limit, is_shaped)


def judge(lot: Lot, derived: Derivation, recipe: Recipe) -> Findings:
    """Good final parts with a reading beyond the limits of a test, one entry per part and test.

    Every usable execution counts, repeats within the part too; the one furthest out stands in the row. A reading
    equal to a limit passes. NaN is no reading; infinity is beyond every limit.
    A reading that the tester held against limits of its own (`part_limits`) rejects no part for a limit that was only
    clamped to the test's general one: there the tester has judged it.
    """
    stand, out = readings_out(lot, derived, recipe)
    found = _worst(out, stand)
    group = stand.codes[found.part]
    distance = np.abs(found.value - stand.median[found.test, group]) / stand.sigma[found.test, group]
    names = labels_of_tests(lot)
    reasons = [f"{names[t]}, {d:.1f} sigma" for t, d in zip(found.test.tolist(), distance.tolist(), strict=True)]
    return Findings(
        rule=SCREEN,
        records=limits_table(derived, recipe),
        part=found.part,
        test=found.test,
        limit=stand.limit[found.test, group],
        value=found.value,
        distance=distance,
        reasons=tuple(reasons),
    )


def readings_out(lot: Lot, derived: Derivation, recipe: Recipe) -> tuple[Fences, Beyond]:
    """Every reading that `judge` rejects a part for, repeats within the part too, and the limits it is beyond."""
    stand = fences(lot, derived)
    return stand, _excused(lot, derived, recipe, stand, _beyond(lot, stand))


def coverage(lot: Lot, derived: Sequence[Derivation]) -> tuple[int, int]:
    """Good final parts that were held against no limit, and usable readings of good parts that are not a number.

    derived  of each screen of dynamic limits; what any of them holds counts, and once
    """
    held = np.zeros(lot.parts.num_rows, dtype=bool)
    unknown = [_unknown(lot, fences(lot, one), held) for one in derived]
    return int((lot.final & lot.passed & ~held).sum()), len(np.unique(np.concatenate(unknown)))


def _unknown(lot: Lot, stand: Fences, held: BoolArray) -> Int64Array:
    """Rows of `results` that limits stand over and that are not a number; parts with one that is are marked `held`."""
    m = lot.measurements
    screened = np.isfinite(stand.low) | np.isfinite(stand.high)
    arguments = (m.offsets, m.part, m.value, m.flags, stand.codes, screened, held)
    count = _held(*arguments, np.empty(0, np.int64))
    rows = np.empty(count, np.int64)
    if count:
        _held(*arguments, rows)
    return rows


@compiled
def _held(offsets: Any, part: Any, value: Any, flags: Any, codes: Any, screened: Any, held: Any, rows: Any) -> int:
    """Mark the parts with a reading that limits stand over; returns how many such readings are not a number.

    Of those as many rows are written as there is room for.
    """
    unknown = 0
    for test in range(len(offsets) - 1):
        for i in range(offsets[test], offsets[test + 1]):
            group = codes[part[i]]
            if group < 0 or flags[i] & UNUSABLE or not screened[test, group]:
                continue
            if np.isnan(value[i]):
                if unknown < len(rows):
                    rows[unknown] = i
                unknown += 1
            else:
                held[part[i]] = True
    return unknown


def readings_beyond(
    m: Results, codes: CodeArray, low: Float64Array, high: Float64Array
) -> tuple[Int64Array, Int64Array]:
    """Rows of `results` beyond limits, and their tests, int64.

    codes      int32, shape (parts,): group of each part, -1 for one that is not held
    low, high  float64, shape (tests of the lot, groups): NaN on a side without a limit
    """
    arguments = (m.offsets, m.part, m.value, m.flags, codes, low, high)
    count = _outside(*arguments, np.empty(0, np.int64), np.empty(0, np.int64))
    rows, tests = np.empty(count, np.int64), np.empty(count, np.int64)
    _outside(*arguments, rows, tests)
    return rows, tests


def _beyond(lot: Lot, stand: Fences) -> Beyond:
    m = lot.measurements
    rows, tests = readings_beyond(m, stand.codes, stand.low, stand.high)
    repeated = _beyond_repeats(lot, stand)
    return Beyond(
        np.concatenate([tests, repeated.test]),
        np.concatenate([m.part[rows].astype(np.int64), repeated.part]),
        np.concatenate([np.ones(len(rows), np.int64), repeated.execution]),
        np.concatenate([m.value[rows].astype(np.float64), repeated.value]),
    )


@compiled
def _outside(
    offsets: Any, part: Any, value: Any, flags: Any, codes: Any, low: Any, high: Any, rows: Any, tests: Any
) -> int:
    """Count the first executions beyond their limits, and write as many rows and tests as there is room for."""
    count = 0
    for test in range(len(offsets) - 1):
        for i in range(offsets[test], offsets[test + 1]):
            group = codes[part[i]]
            if group < 0 or flags[i] & UNUSABLE:
                continue
            if value[i] < low[test, group] or value[i] > high[test, group]:
                if count < len(rows):
                    rows[count] = i
                    tests[count] = test
                count += 1
    return count


def _beyond_repeats(lot: Lot, stand: Fences) -> Beyond:
    test, part, execution = (lot.repeats[name].to_numpy().astype(np.int64) for name in ("test", "part", "execution"))
    value, flags = lot.repeats["value"].to_numpy().astype(np.float64), lot.repeats["flags"].to_numpy()
    group = stand.codes[part]
    held = (group >= 0) & ((flags & UNUSABLE) == 0)
    out = held & ((value < stand.low[test, group]) | (value > stand.high[test, group]))
    return Beyond(test[out], part[out], execution[out], value[out])


def _excused(lot: Lot, derived: Derivation, recipe: Recipe, stand: Fences, found: Beyond) -> Beyond:
    """Leave out readings that only a clamped limit is against, where the reading had limits of its own.

    Where limits followed a shape it is not known which of them the clamp alone is against: those stay.
    """
    if lot.part_limits.num_rows == 0 or len(found.test) == 0:
        return found
    group = stand.codes[found.part]
    reach = recipe.width * stand.sigma[found.test, group]
    within = np.abs(found.value - stand.median[found.test, group]) <= reach
    within &= ~stand.shaped[found.test, group]
    keep = ~(within & had_own_limits(lot, found))
    return Beyond(found.test[keep], found.part[keep], found.execution[keep], found.value[keep])


def had_own_limits(lot: Lot, found: Beyond) -> BoolArray:
    """Which readings the tester held against limits of their own; bool, one for each.

    Limits whose execution is not known, as earlier releases wrote them, are those of any within the part.
    """
    table = lot.part_limits
    test, part = (table[name].to_numpy().astype(np.int64) for name in ("test", "part"))
    execution = table["execution"].fill_null(0).to_numpy().astype(np.int64)
    width, deep = np.int64(max(lot.parts.num_rows, 1)), np.int64(1 << 16)
    own, mine = (test * width + part) * deep + execution, (found.test * width + found.part) * deep
    held: BoolArray = np.isin(mine + found.execution, own) | np.isin(mine, own)
    return held


def _worst(found: Beyond, stand: Fences) -> Beyond:
    """Of several executions the one furthest from the median, ordered by part, then test."""
    away = np.abs(found.value - stand.median[found.test, stand.codes[found.part]])
    order = np.lexsort((-away, found.test, found.part))
    test, part, execution = (column[order] for column in (found.test, found.part, found.execution))
    value = found.value[order]
    first = np.ones(len(test), dtype=bool)
    first[1:] = (test[1:] != test[:-1]) | (part[1:] != part[:-1])
    return Beyond(test[first], part[first], execution[first], value[first])
