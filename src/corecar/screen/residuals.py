"""Readings less what their neighbours on the wafer let expect: residuals, ratios, and effects of site or reticle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled, inlined
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float32Array, Int64Array, Results
from corecar.screen.cores import on_all_cores
from corecar.screen.dies import Dies
from corecar.stdf_values import UNUSABLE
from corecar.strata import CodeArray

ESTIMATORS = ("median", "mean")
"""What the neighbours let expect: their median, or their mean weighted by 1 / distance."""

MOST_STEPS = 6
"""How far a neighbourhood may grow: 168 dies."""


def residuals(
    results: Results,
    tests: Int64Array,
    good: BoolArray,
    dies: Dies,
    *,
    refused: int,
    estimator: str = "median",
    reach: int = 1,
    farthest: int = 3,
    neighbours: int = 3,
) -> Float32Array:
    """Each reading less what its neighbours on the wafer let expect [the test's unit].

    results     all readings of the lot
    tests       int64: rows of `tests` to look at
    good        bool, shape (parts,): parts that are judged and that count as neighbours
    refused     flags of readings that nothing is expected from; unusable ones (TEST_FLG bits 1 to 5) aren't judged
    estimator   a row of `ESTIMATORS`
    reach       rows and columns around a die that are looked at: 1 gives 8 neighbours, 2 gives 24
    farthest    where fewer than `neighbours` of them have a reading, so far is looked
    neighbours  fewest readings to expect anything from
    Returns     float32, shape (results,); NaN where there is no residual
    """
    if estimator not in ESTIMATORS:
        raise ArgumentError(f'estimator="{estimator}": expected one of {", ".join(ESTIMATORS)}.')
    check_reach(reach, farthest, neighbours)
    out = np.full(len(results), np.nan, dtype=np.float32)
    place, area, stride = _padded_places(dies, good, farthest)
    steps, ends, weights = _steps(stride, farthest)

    def work(start: int, stop: int) -> None:
        grid, near = np.full(area, np.nan, np.float32), np.empty(len(steps), np.float32)
        _residuals(
            results.offsets, results.part, results.value, results.flags, tests[start:stop], place, np.uint16(refused),
            stride, steps, ends, weights, reach, farthest, neighbours, estimator == "mean", grid, near, out,
        )  # fmt: skip

    on_all_cores(work, len(tests))
    return out


def check_reach(reach: int, farthest: int, neighbours: int) -> None:
    """Raise ArgumentError for a neighbourhood that can't be."""
    if not 1 <= reach <= farthest <= MOST_STEPS:
        raise ArgumentError(f"reach={reach}, farthest={farthest}: expected 1 <= reach <= farthest <= {MOST_STEPS}.")
    if not 1 <= neighbours <= (2 * farthest + 1) ** 2 - 1:
        raise ArgumentError(f"neighbours={neighbours}: a reach of {farthest} has {(2 * farthest + 1) ** 2 - 1}.")


def _padded_places(dies: Dies, good: BoolArray, margin: int) -> tuple[Int64Array, int, int]:
    """Place of each good part on a grid with a margin around every plane; places in all; places of a row."""
    planes, rows, columns = dies.shape
    row, column = dies.columns()
    stride, height = columns + 2 * margin, rows + 2 * margin
    place = (dies.plane.astype(np.int64) * height + row + margin) * stride + column + margin
    return np.where(good & (dies.place >= 0), place, -1), max(planes * height * stride, 1), stride


def _steps(stride: int, farthest: int) -> tuple[Int64Array, Int64Array, Float32Array]:
    """Steps to all neighbours, ring by ring; where each ring ends; the weight of each in a mean."""
    found = [(max(abs(i), abs(j)), i * i + j * j, i * stride + j)
             for i in range(-farthest, farthest + 1) for j in range(-farthest, farthest + 1) if i or j]  # fmt: skip
    found.sort()
    ends = np.array([sum(ring <= reach for ring, _, _ in found) for reach in range(farthest + 1)], dtype=np.int64)
    weights = np.array([1 / np.sqrt(square) for _, square, _ in found], dtype=np.float32)
    return np.array([step for _, _, step in found], dtype=np.int64), ends, weights


@compiled
def _residuals(
    offsets: Any, part: Any, value: Any, flags: Any, tests: Any, place: Any, refused: Any, stride: int, steps: Any,
    ends: Any, weights: Any, reach: int, farthest: int, least: int, weighted: bool, grid: Any, near: Any, out: Any,
) -> None:  # fmt: skip
    for test in tests:
        grid[:] = np.nan
        start, stop = offsets[test], offsets[test + 1]
        for i in range(start, stop):
            at = place[part[i]]
            if at >= 0 and not flags[i] & refused and np.isfinite(value[i]):
                grid[at] = value[i]
        for i in range(start, stop):
            at = place[part[i]]
            if at < 0 or flags[i] & UNUSABLE or np.isnan(value[i]):
                continue
            if weighted:
                expected = _mean(grid, at, steps, ends, weights, reach, farthest, least)
            else:
                expected = _median_of_eight(grid, at, stride, least) if reach == 1 else np.nan
                if np.isnan(expected):
                    expected = _median(grid, at, steps, ends, near, reach, farthest, least)
            out[i] = np.float64(value[i]) - expected


@inlined
def _lower(a: Any, b: Any) -> Any:
    return a if a < b else b


@inlined
def _upper(a: Any, b: Any) -> Any:
    return b if a < b else a


@inlined
def _ordered(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Four numbers in ascending order, without branches."""
    a, b = _lower(a, b), _upper(a, b)
    c, d = _lower(c, d), _upper(c, d)
    a, c = _lower(a, c), _upper(a, c)
    b, d = _lower(b, d), _upper(b, d)
    return a, _lower(b, c), _upper(b, c), d


@inlined
def _there(reading: Any, stand_in: Any) -> Any:
    """A reading, or what stands for it when it is missing; what stands for the next one; whether it was missing."""
    missing = reading != reading
    return stand_in if missing else reading, -stand_in if missing else stand_in, 1 if missing else 0


@inlined
def _median_of_eight(grid: Any, at: int, stride: int, least: int) -> Any:
    """Median of the 8 neighbours; NaN where too few have a reading. The same as `_median`, without branches.

    For missing ones stand infinities, high and low in turn: so the middle stays the middle, and is the lower of the two
    middle ones where an odd number is there. Of two ordered fours, each number of one beside the mirrored one of the
    other: the lower ones are the lower half.
    """
    pad = np.float32(np.inf)
    a, pad, m = _there(grid[at - stride - 1], pad)
    b, pad, n = _there(grid[at - stride], pad)
    c, pad, o = _there(grid[at - stride + 1], pad)
    d, pad, p = _there(grid[at - 1], pad)
    e, pad, q = _there(grid[at + 1], pad)
    f, pad, r = _there(grid[at + stride - 1], pad)
    g, pad, s = _there(grid[at + stride], pad)
    h, pad, t = _there(grid[at + stride + 1], pad)
    missing = m + n + o + p + q + r + s + t
    if 8 - missing < least:
        return np.nan
    a, b, c, d = _ordered(a, b, c, d)
    e, f, g, h = _ordered(e, f, g, h)
    low = _upper(_upper(_lower(a, h), _lower(b, g)), _upper(_lower(c, f), _lower(d, e)))
    if missing % 2:
        return np.float64(low)
    high = _lower(_lower(_upper(a, h), _upper(b, g)), _lower(_upper(c, f), _upper(d, e)))
    return 0.5 * (np.float64(low) + np.float64(high))


@inlined
def _median(grid: Any, at: int, steps: Any, ends: Any, near: Any, reach: int, farthest: int, least: int) -> Any:
    """Median of the neighbours' readings, of a wider ring where too few have one; NaN when none has enough."""
    count, begin = 0, 0
    for ring in range(reach, farthest + 1):
        for k in range(begin, ends[ring]):
            reading = grid[at + steps[k]]
            if reading == reading:
                j = count
                while j > 0 and near[j - 1] > reading:
                    near[j] = near[j - 1]
                    j -= 1
                near[j] = reading
                count += 1
        begin = ends[ring]
        if count >= least:
            half = count // 2
            if count % 2:
                return np.float64(near[half])
            return 0.5 * (np.float64(near[half - 1]) + np.float64(near[half]))
    return np.nan


@inlined
def _mean(grid: Any, at: int, steps: Any, ends: Any, weights: Any, reach: int, farthest: int, least: int) -> Any:
    """Mean of the neighbours' readings, weighted by 1 / distance; NaN as in `_median`."""
    count, begin = 0, 0
    total, weight = 0.0, 0.0
    for ring in range(reach, farthest + 1):
        for k in range(begin, ends[ring]):
            reading = grid[at + steps[k]]
            if reading == reading:
                total += np.float64(weights[k]) * np.float64(reading)
                weight += np.float64(weights[k])
                count += 1
        begin = ends[ring]
        if count >= least:
            return total / weight
    return np.nan


def largest_ratios(
    results: Results, tests: Int64Array, good: BoolArray, dies: Dies, *, refused: int, reach: int = 1
) -> Float32Array:
    """Each reading by the smallest reading of its neighbours (neighbour current ratio); for readings above 0.

    Parameters as in `residuals`. Returns float32, shape (results,); NaN without a neighbour, and where either reading
    is not above 0.
    """
    check_reach(reach, reach, 1)
    out = np.full(len(results), np.nan, dtype=np.float32)
    place, area, stride = _padded_places(dies, good, reach)
    steps = _steps(stride, reach)[0]

    def work(start: int, stop: int) -> None:
        grid = np.full(area, np.nan, np.float32)
        _ratios(
            results.offsets, results.part, results.value, results.flags, tests[start:stop], place, np.uint16(refused),
            steps, grid, out,
        )  # fmt: skip

    on_all_cores(work, len(tests))
    return out


@compiled
def _ratios(
    offsets: Any, part: Any, value: Any, flags: Any, tests: Any, place: Any, refused: Any, steps: Any, grid: Any,
    out: Any,
) -> None:  # fmt: skip
    for test in tests:
        start, stop = offsets[test], offsets[test + 1]
        for i in range(start, stop):
            at = place[part[i]]
            if at >= 0 and not flags[i] & refused and np.isfinite(value[i]) and value[i] > 0:
                grid[at] = value[i]
        for i in range(start, stop):
            at = place[part[i]]
            if at < 0 or flags[i] & UNUSABLE or not value[i] > 0:
                continue
            smallest = np.inf
            for step in steps:
                reading = grid[at + step]
                if reading < smallest:
                    smallest = reading
            if smallest < np.inf:
                out[i] = np.float64(value[i]) / np.float64(smallest)
        for i in range(start, stop):
            at = place[part[i]]
            if at >= 0:
                grid[at] = np.nan


def without_residual(results: Results, tests: Int64Array, good: BoolArray, found: Float32Array) -> int:
    """Usable readings of good parts that have no residual, although they are numbers."""
    return int(_count_lonely(results.offsets, results.part, results.value, results.flags, tests, good, found))


@compiled
def _count_lonely(offsets: Any, part: Any, value: Any, flags: Any, tests: Any, good: Any, found: Any) -> int:
    count = 0
    for test in tests:
        for i in range(offsets[test], offsets[test + 1]):
            if np.isnan(found[i]) and good[part[i]] and not flags[i] & UNUSABLE and not np.isnan(value[i]):
                count += 1
    return count


def shifted(results: Results, tests: Int64Array, codes: CodeArray, amount: npt.NDArray[np.float64]) -> Results:
    """Readings less an amount by test and group; where that is NaN they stay.

    codes   int32, shape (parts,): group of each part, -1 for none
    amount  float64, shape (tests, groups) [the test's unit]
    """
    value = results.value.copy()
    clean = np.nan_to_num(amount, nan=0.0)

    def work(start: int, stop: int) -> None:
        _shift(results.offsets, results.part, value, tests[start:stop], codes, clean[start:stop])

    on_all_cores(work, len(tests))
    return replace(results, value=value)


@compiled
def _shift(offsets: Any, part: Any, value: Any, tests: Any, codes: Any, amount: Any) -> None:
    for row in range(len(tests)):
        for i in range(offsets[tests[row]], offsets[tests[row] + 1]):
            group = codes[part[i]]
            if group >= 0:
                value[i] = np.float64(value[i]) - amount[row, group]


def on_grid(values: npt.ArrayLike, **options: Any) -> npt.NDArray[np.float64]:
    """Residuals of one map of readings, float64, shape (rows, columns): the formula on its own.

    values   rows of readings; NaN where there is none [the test's unit]
    options  estimator, reach, farthest, neighbours as in `residuals`

    >>> on_grid([[1.0, 1.0], [1.0, 3.0]])[1].tolist()
    [0.0, 2.0]
    """
    grid = np.asarray(values, dtype=np.float64)
    rows, columns = grid.shape
    reach, farthest, neighbours = (options.get(k, d) for k, d in (("reach", 1), ("farthest", 3), ("neighbours", 3)))
    check_reach(reach, farthest, neighbours)
    estimator = options.get("estimator", "median")
    margin, stride = farthest, columns + 2 * farthest
    flat = np.pad(grid, margin, constant_values=np.nan).ravel()
    steps, ends, weights = _steps(stride, farthest)
    place = (np.arange(rows)[:, None] + margin) * stride + np.arange(columns) + margin
    out = np.full(rows * columns, np.nan)
    _one_map(flat, place.ravel(), steps, ends, weights, reach, farthest, neighbours, estimator == "mean",
             np.empty(len(steps)), out)  # fmt: skip
    return out.reshape(rows, columns)


@compiled
def _one_map(
    grid: Any, place: Any, steps: Any, ends: Any, weights: Any, reach: int, farthest: int, least: int, weighted: bool,
    near: Any, out: Any,
) -> None:  # fmt: skip
    for i in range(len(place)):
        if not np.isfinite(grid[place[i]]):
            continue
        if weighted:
            out[i] = grid[place[i]] - _mean(grid, place[i], steps, ends, weights, reach, farthest, least)
        else:
            out[i] = grid[place[i]] - _median(grid, place[i], steps, ends, near, reach, farthest, least)
