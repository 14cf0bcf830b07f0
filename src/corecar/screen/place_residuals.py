"""Readings less what the same place of the other wafers lets expect: parametric Z-PAT."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float32Array, Int64Array, Results
from corecar.screen.cores import on_all_cores
from corecar.screen.dies import Dies
from corecar.stdf_values import UNUSABLE


def place_residuals(
    results: Results, tests: Int64Array, good: BoolArray, dies: Dies, *, refused: int, least: int = 5
) -> Float32Array:
    """Each reading less the median of the other wafers at its place [the test's unit].

    results  all readings of the lot; take each wafer's median off before, so that wafers may differ as a whole
    tests    int64: rows of `tests` to look at
    good     bool, shape (parts,): parts that are judged and that the others are held against
    refused  flags of readings that nothing is expected from; unusable ones (TEST_FLG bits 1 to 5) aren't judged
    least    fewest other wafers with a reading at the place
    Returns  float32, shape (results,); NaN where there is no residual
    """
    if least < 1:
        raise ArgumentError(f"least={least}: expected at least 1 other wafer.")
    out = np.full(len(results), np.nan, dtype=np.float32)
    planes, rows, columns = dies.shape
    area = max(rows * columns, 1)
    within = np.maximum(dies.place, 0) % area * planes + np.maximum(dies.plane, 0)
    place = np.where(good & (dies.place >= 0), within, -1)
    stack = dies.stack.astype(np.int64)

    def work(start: int, stop: int) -> None:
        grid = np.full(max(area * planes, 1), np.nan, np.float32)
        spare = np.empty(planes, np.float32), np.empty(planes, np.int64)
        _place_residuals(
            results.offsets, results.part, results.value, results.flags, tests[start:stop], place, np.uint16(refused),
            stack, least, grid, *spare, out,
        )  # fmt: skip

    on_all_cores(work, len(tests))
    return out


@compiled
def _place_residuals(
    offsets: Any, part: Any, value: Any, flags: Any, tests: Any, place: Any, refused: Any, stack: Any, least: int,
    grid: Any, ordered: Any, whose: Any, out: Any,
) -> None:  # fmt: skip
    planes = len(stack)
    for test in tests:
        grid[:] = np.nan
        start, stop = offsets[test], offsets[test + 1]
        for i in range(start, stop):
            at = place[part[i]]
            if at >= 0 and not flags[i] & refused and np.isfinite(value[i]):
                grid[at] = value[i]
        for begin in range(0, len(grid), planes):
            _expect(grid[begin : begin + planes], stack, least, ordered, whose)
        for i in range(start, stop):
            at = place[part[i]]
            if at >= 0 and not flags[i] & UNUSABLE and not np.isnan(value[i]):
                out[i] = np.float64(value[i]) - np.float64(grid[at])


@compiled
def _expect(here: Any, stack: Any, least: int, ordered: Any, whose: Any) -> None:
    """Put in place of each wafer's reading the median of the other wafers of its stack; NaN where there are too few."""
    for first in range(len(here)):
        if first and stack[first] == stack[first - 1]:
            continue
        count = 0
        for plane in range(first, len(here)):
            reading = here[plane]
            if stack[plane] != stack[first] or np.isnan(reading):
                continue
            j = count
            while j > 0 and ordered[j - 1] > reading:
                ordered[j], whose[j] = ordered[j - 1], whose[j - 1]
                j -= 1
            ordered[j], whose[j] = reading, plane
            count += 1
        for plane in range(first, len(here)):
            if stack[plane] == stack[first] and np.isnan(here[plane]) and count >= least:
                here[plane] = 0.5 * (np.float64(ordered[(count - 1) // 2]) + np.float64(ordered[count // 2]))
        others = count - 1
        for rank in range(count):
            if others < least:
                here[whose[rank]] = np.nan
                continue
            low, high = (others - 1) // 2, others // 2
            low, high = low + (low >= rank), high + (high >= rank)
            here[whose[rank]] = 0.5 * (np.float64(ordered[low]) + np.float64(ordered[high]))
