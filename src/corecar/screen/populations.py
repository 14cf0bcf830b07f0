"""Populations of all tests and groups at once, compiled: what the limits are derived from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import allocating, compiled
from corecar.lot import BoolArray, Float64Array, Int64Array, Results
from corecar.order_statistics import QUARTILE_RULES, sort_packed, sortable, unsortable
from corecar.screen.cores import on_all_cores
from corecar.screen.recipe import Recipe
from corecar.screen.spread import NO_WAY, spread
from corecar.stdf_values import ALARM, FAILED, UNUSABLE
from corecar.strata import CodeArray, Strata

_LOW_HALF = np.uint64(0xFFFF_FFFF)
_EXPONENT = np.uint32(0x7F80_0000)
_SEED = np.uint64(0x9E37_79B9_7F4A_7C15)
_FACTOR = np.uint64(0xFF51_AFD7_ED55_8CCD)


@dataclass(frozen=True)
class Populations:
    """Centre and spread of every test in every group; shape of each array: (tests, groups).

    n           readings; a group without any has n = 0 and no other figures
    way         row of `corecar.screen.spread.ESTIMATORS`
    distinct    number of different values; step: smallest difference between two of them
    fingerprint hash of part rows and value bits, in the order of the parts
    """

    n: npt.NDArray[np.int64]
    q1: Float64Array
    median: Float64Array
    q3: Float64Array
    sigma: Float64Array
    way: npt.NDArray[np.int8]
    distinct: npt.NDArray[np.int64]
    step: Float64Array
    fingerprint: npt.NDArray[np.uint64]


def populations(
    results: Results, tests: npt.NDArray[np.int64], good: BoolArray, by: Strata, recipe: Recipe
) -> Populations:
    """Centre and spread of the readings that limits are made from.

    results  all readings of the lot
    tests    int64: rows of `tests` to look at, the first axis of the answer; -1 leaves a row out
    good     bool, shape (parts,): final parts that the tester passed
    by       the groups, the second axis of the answer
    Readings flagged unusable (TEST_FLG bits 1 to 5) or failed are left out, those under an alarm too unless the
    recipe says otherwise, and so are NaN and infinity.
    """
    shape = (len(tests), len(by.labels))
    out = Populations(
        n=np.zeros(shape, np.int64),
        q1=np.full(shape, np.nan),
        median=np.full(shape, np.nan),
        q3=np.full(shape, np.nan),
        sigma=np.zeros(shape),
        way=np.full(shape, NO_WAY, np.int8),
        distinct=np.zeros(shape, np.int64),
        step=np.zeros(shape),
        fingerprint=np.zeros(shape, np.uint64),
    )
    codes = np.where(good, by.codes, np.int32(-1))

    def work(start: int, stop: int) -> None:
        _populate(
            results.offsets,
            results.part,
            results.value.view(np.uint32),
            results.flags,
            codes,
            tests[start:stop],
            refused(recipe),
            QUARTILE_RULES[recipe.quartile_rule],
            *(getattr(out, column.name)[start:stop] for column in fields(Populations)),
        )

    on_all_cores(work, len(tests))
    return out


def refused(recipe: Recipe) -> np.uint16:
    """Flags of readings that are in no population."""
    return np.uint16(UNUSABLE | FAILED | (0 if recipe.alarmed else ALARM))


def outside_own_limits(
    results: Results, test: int, codes: CodeArray, recipe: Recipe, low: float, high: float, groups: int
) -> Int64Array:
    """Readings of one test's populations beyond its own limits, int64, shape (groups,).

    codes      int32, shape (parts,): group of each good part, -1 for every other part
    low, high  the limits, NaN where there is none [the test's unit]
    """
    span = results.of(test)
    value, group = results.value[span].astype(np.float64), codes[results.part[span]]
    counts = (group >= 0) & ((results.flags[span] & refused(recipe)) == 0) & np.isfinite(value)
    return np.bincount(group[counts & ((value < low) | (value > high))], minlength=groups)


@allocating
def _populate(
    offsets: Any,
    part: Any,
    bits: Any,
    flags: Any,
    codes: Any,
    tests: Any,
    refused: Any,
    rule: int,
    n: Any,
    q1: Any,
    median: Any,
    q3: Any,
    sigma: Any,
    way: Any,
    distinct: Any,
    step: Any,
    fingerprint: Any,
) -> None:
    groups = n.shape[1]
    width = 32
    while (1 << (width - 32)) < groups:
        width += 1
    longest = 0
    for test in tests:
        if test >= 0:
            longest = max(longest, offsets[test + 1] - offsets[test])
    packed, spare = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    keys = np.empty(longest, np.uint32)
    for row in range(len(tests)):
        test = tests[row]
        if test < 0:
            continue
        start, stop = offsets[test], offsets[test + 1]
        count = _gather(
            part[start:stop], bits[start:stop], flags[start:stop], codes, refused, packed, n[row], fingerprint[row]
        )
        if count == 0:
            continue
        ordered = sort_packed(packed[:count], spare[:count], width)
        for i in range(count):
            keys[i] = unsortable(np.uint32(ordered[i] & _LOW_HALF))
        values = keys.view(np.float32)
        begin = 0
        for group in range(groups):
            end = begin + n[row, group]
            if end > begin:
                found = spread(values[begin:end], rule)
                q1[row, group], median[row, group], q3[row, group], sigma[row, group] = (
                    found[0],
                    found[1],
                    found[2],
                    found[3],
                )
                way[row, group], distinct[row, group], step[row, group] = found[4], found[5], found[6]
            begin = end


@compiled
def _gather(part: Any, bits: Any, flags: Any, codes: Any, refused: Any, packed: Any, n: Any, fingerprint: Any) -> int:
    """Pack the readings of one test that count, and count and hash them by group."""
    count = 0
    for i in range(len(part)):
        group = codes[part[i]]
        if group < 0 or flags[i] & refused or (bits[i] & _EXPONENT) == _EXPONENT:
            continue
        packed[count] = (np.uint64(group) << np.uint64(32)) | np.uint64(sortable(bits[i]))
        mixed = fingerprint[group] ^ _SEED ^ ((np.uint64(part[i]) << np.uint64(32)) | np.uint64(bits[i]))
        mixed *= _FACTOR
        fingerprint[group] = mixed ^ (mixed >> np.uint64(33))
        n[group] += 1
        count += 1
    return count
