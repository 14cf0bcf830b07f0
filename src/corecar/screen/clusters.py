"""Clusters of failed dies: which are no accident, and which good dies lie in, beside or inside of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.screen.dies import NO_DIE, StateArray

LabelArray = npt.NDArray[np.int32]

SHAPES = (1, 4, 20, 110, 638, 3832, 23592, 147941, 940982, 6053180)
"""How many connected shapes of 1, 2, 3, ... dies there are for each place they may begin at, corners touching."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Connected groups of failed dies, in the order of their first die.

    label   int32, shape (planes, rows, columns): cluster of each failed die, -1 elsewhere
    plane   int64, shape (clusters,)
    size    int64, shape (clusters,): dies
    """

    label: LabelArray
    plane: Int64Array
    size: Int64Array


def clusters(seeds: BoolArray, *, reach: int = 1) -> Clusters:
    """Group failed dies that lie within `reach` rows and columns of each other.

    seeds   bool, shape (planes, rows, columns): the dies that make clusters
    reach   1 joins the 8 neighbours, 2 bridges a gap of one die
    """
    if reach < 1:
        raise ArgumentError(f"reach={reach}: expected at least 1 step.")
    label = np.full(seeds.shape, -1, dtype=np.int32)
    waiting = np.empty(max(int(seeds.sum()), 1), dtype=np.int64)
    count = _label(np.ascontiguousarray(seeds), reach, label, waiting)
    size = np.bincount(label[label >= 0], minlength=count).astype(np.int64)
    plane = np.zeros(count, dtype=np.int64)
    where = np.nonzero(label >= 0)
    plane[label[where]] = where[0]
    return Clusters(label, plane, size)


@compiled
def _label(seeds: Any, reach: int, label: Any, waiting: Any) -> int:
    planes, rows, columns = seeds.shape
    found = 0
    for plane in range(planes):
        for start in range(rows * columns):
            if (
                not seeds[plane, start // columns, start % columns]
                or label[plane, start // columns, start % columns] >= 0
            ):
                continue
            label[plane, start // columns, start % columns] = found
            waiting[0] = start
            todo = 1
            while todo:
                todo -= 1
                row, column = waiting[todo] // columns, waiting[todo] % columns
                for i in range(max(row - reach, 0), min(row + reach + 1, rows)):
                    for j in range(max(column - reach, 0), min(column + reach + 1, columns)):
                        if seeds[plane, i, j] and label[plane, i, j] < 0:
                            label[plane, i, j] = found
                            waiting[todo] = i * columns + j
                            todo += 1
            found += 1
    return found


def chance_of_cluster(size: int, dies: int, failed: int) -> float:
    """At most how likely it is that failed dies placed at random hold a cluster of a size or more; 0 to 1.

    size    dies of the cluster, corners touching
    dies    tested dies of the wafer; failed: those of them that failed outside of the cluster
    A cluster of n dies holds a connected shape of every size up to n; the expected number of such shapes that failed
    whole bounds the chance of one: dies x shapes x (share failed)^n.
    """
    outside = dies - size
    if outside <= 0:
        return 1.0
    share = failed / outside
    bounds = (dies * shapes * share**n for n, shapes in enumerate(SHAPES[:size], 1))
    return min(1.0, *bounds) if size else 1.0


def join_count(state: StateArray, seeds: BoolArray) -> Float64Array:
    """How many standard deviations more neighbouring pairs failed together than at random; shape (planes,).

    state   what stands at every place; seeds: the failed dies, bool of the same shape
    Source  join count of a binary map, failed dies drawn without replacement (Cliff and Ord 1973); NaN without spread
    """
    return np.array([_join_count(plane != NO_DIE, fails) for plane, fails in zip(state, seeds, strict=True)])


def _join_count(there: BoolArray, failed: BoolArray) -> float:
    """Exact moments, in whole numbers as long as they may be: so a wafer turned or mirrored gives the same bits."""
    pairs = [_shifted(there, down, right) for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))]
    joins = sum(int((a & b).sum()) for a, b in pairs)
    together = sum(int((a & b).sum()) for a, b in (_shifted(failed, *s) for s in ((0, 1), (1, 0), (1, 1), (1, -1))))
    degree = np.zeros(there.shape, dtype=np.int64)
    padded = np.pad(there, 1)
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) != (1, 1):
                degree += padded[down : down + there.shape[0], right : right + there.shape[1]]
    touching = int((degree * (degree - 1))[there].sum())
    dies, fails = int(there.sum()), int(failed.sum())
    if dies < 4 or fails < 2 or fails == dies:
        return math.nan
    p2, p3, p4 = (_falling(fails, k) / _falling(dies, k) for k in (2, 3, 4))
    expected = joins * p2
    variance = joins * p2 + touching * p3 + (joins * (joins - 1) - touching) * p4 - expected * expected
    return (together - expected) / math.sqrt(variance) if variance > 0 else math.nan


def _shifted(mask: BoolArray, down: int, right: int) -> tuple[BoolArray, BoolArray]:
    """A mask and its neighbour in one direction, over the places that have one."""
    rows, columns = mask.shape
    left = max(-right, 0)
    here = mask[: rows - down, left : columns - max(right, 0)]
    return here, mask[down:, left + right : columns - max(right, 0) + right]


def _falling(n: int, k: int) -> int:
    """n (n - 1) ... for k factors."""
    return math.prod(n - i for i in range(k))


def not_by_chance(state: StateArray, found: Clusters, *, size: int, chance: float, joins: float) -> BoolArray:
    """Clusters large enough that random fails would hardly make them, bool, shape (clusters,).

    size    smallest cluster
    chance  largest chance of such a cluster among random fails, by `chance_of_cluster`
    joins   or the wafer's `join_count` is at least so large
    """
    dies = (state != NO_DIE).sum(axis=(1, 2))
    failed = np.bincount(found.plane, weights=found.size, minlength=len(state)).astype(np.int64)
    crowded = np.nan_to_num(join_count(state, found.label >= 0), nan=-np.inf) >= joins
    return np.array(
        [
            n >= size
            and bool(crowded[plane] or chance_of_cluster(n, int(dies[plane]), int(failed[plane]) - n) < chance)
            for plane, n in zip(found.plane.tolist(), found.size.tolist(), strict=True)
        ],
        dtype=bool,
    )


def dilated(mask: BoolArray, steps: int) -> BoolArray:
    """A mask grown by some rows and columns on every side, corners too; bool, the same shape."""
    out = mask
    for _ in range(steps):
        padded = np.pad(out, ((0, 0), (1, 1), (1, 1)))
        rows, columns = mask.shape[1:]
        out = np.zeros_like(mask)
        for down in range(3):
            for right in range(3):
                out |= padded[:, down : down + rows, right : right + columns]
    return out


def enclosed(mask: BoolArray) -> BoolArray:
    """Places outside of a mask from which no way of side-by-side steps leads off the wafer; bool, the same shape."""
    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    outside = np.zeros_like(padded)
    waiting = np.empty(max(padded[0].size, 1) if len(padded) else 1, dtype=np.int64)
    _flood(padded, outside, waiting)
    return ~(outside | padded)[:, 1:-1, 1:-1]


@compiled
def _flood(wall: Any, outside: Any, waiting: Any) -> None:
    planes, rows, columns = wall.shape
    for plane in range(planes):
        outside[plane, 0, 0] = True
        waiting[0] = 0
        todo = 1
        while todo:
            todo -= 1
            row, column = waiting[todo] // columns, waiting[todo] % columns
            for side in range(4):
                i = row + (side == 0) - (side == 1)
                j = column + (side == 2) - (side == 3)
                if 0 <= i < rows and 0 <= j < columns and not wall[plane, i, j] and not outside[plane, i, j]:
                    outside[plane, i, j] = True
                    waiting[todo] = i * columns + j
                    todo += 1


def statistical_bins(
    counts: Int64Array,
    tested: Int64Array,
    *,
    width: float = 3.0,
    least: int = 6,
    limits: dict[int, float] | None = None,
) -> BoolArray:
    """Bins that hold more parts of a wafer than the other wafers let expect, bool, shape (planes, bins).

    counts  int64, shape (planes, bins): failed parts by bin; tested: int64, shape (planes,)
    width   standard deviations above the mean of the other wafers' shares; without spread the binomial deviation
    least   fewest other wafers; with fewer no bin is above its limit
    limits  largest share by column of `counts`, in place of the one computed
    Source  AEC-Q002 Rev B (bin limit = mean + 3 sigma), here over the wafers of the lot
    """
    shares = counts / np.maximum(tested, 1)[:, None]
    planes = len(shares)
    out = np.zeros(shares.shape, dtype=bool)
    for bin_ in range(shares.shape[1]):
        if limits is not None and bin_ in limits:
            out[:, bin_] = shares[:, bin_] > limits[bin_]
        elif planes - 1 >= least:
            for plane in range(planes):
                others = np.delete(shares[:, bin_], plane)
                mean, spread = _moments(others)
                floor = math.sqrt(mean * (1 - mean) / max(int(tested[plane]), 1))
                out[plane, bin_] = shares[plane, bin_] > mean + width * (spread if spread > 0 else floor)
    return out


def _moments(values: Float64Array) -> tuple[float, float]:
    """Mean and standard deviation (n - 1), summed exactly so that their order does not matter."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((values - mean) ** 2) / (len(values) - 1))
