"""Several maps on one grid: insertions, passes and masks of a wafer as one map, wafers to count places on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.formats.maps.comparison import By
from corecar.formats.maps.value import MOST_PLACES, NO_DIE, UNTESTED, BinDefinition, CodeGrid, WaferMap

Rule = Literal["union", "majority", "all", "last"]
RULES: tuple[Rule, ...] = get_args(Rule)
"""A die is bad on the composite when any layer says so, more than half of those that tested it, all of them, or the
last one that tested it (passes of one insertion)."""

MOST_CELLS = 16 * MOST_PLACES
"""Places times maps at most: 256 million bins are 1 GB."""


@dataclass(frozen=True, eq=False)
class LaidOver:
    """Maps on one grid, seen as the first one lies.

    bins    int32, shape (maps, rows, columns): as in `WaferMap`
    good    bool, the same shape: dies in a bin that passes on their map
    first_x, first_y  tester coordinates of the upper left place, counted as the first map counts
    notes   how they were laid over each other, where not by their coordinates
    """

    bins: CodeGrid
    good: npt.NDArray[np.bool_]
    first_x: int
    first_y: int
    notes: tuple[str, ...]


def lay_over(maps: Sequence[WaferMap], *, by: By = "coordinates") -> LaidOver:
    """Lay maps over each other, each turned until its flat or notch stands where the first one has it.

    by      `coordinates`: dies of the same X and Y lie over each other; where X or Y grow another way than on the first
            map, the middles of the dies do, and a note says so; `places`: dies of the same column and row
    Raises  ArgumentError without a map, by places for maps of different sizes, and for dies too far apart for a wafer
    """
    if not maps:
        raise ArgumentError("no map was given to lay over another one.")
    first = maps[0]
    shown = [first, *(one.turned(first.orientation - one.orientation) for one in maps[1:])]
    corners, notes = _by_places(shown) if by == "places" else _by_coordinates(shown)
    left, top = (min(corner[side] for corner in corners) for side in (0, 1))
    columns = max(corner[0] + one.bins.shape[1] for corner, one in zip(corners, shown, strict=True)) - left
    rows = max(corner[1] + one.bins.shape[0] for corner, one in zip(corners, shown, strict=True)) - top
    if rows * columns > MOST_PLACES or rows * columns * len(shown) > MOST_CELLS:
        told = f"{len(shown)} maps span {columns:,} by {rows:,} places together"
        raise ArgumentError(f"{told}: too far apart for one wafer. Do they count from the same die?")
    bins = np.full((len(shown), rows, columns), NO_DIE, dtype=np.int32)
    good = np.zeros(bins.shape, dtype=bool)
    for place, ((column, row), one) in enumerate(zip(corners, shown, strict=True)):
        high, wide = one.bins.shape
        window = np.s_[place, row - top : row - top + high, column - left : column - left + wide]
        bins[window], good[window] = one.bins, one.good
    return LaidOver(bins, good, first.first_x + first.step_x * left, first.first_y + first.step_y * top, notes)


Corners = list[tuple[int, int]]
"""Column and row of each map's upper left place, counted from that of the first map."""


def _by_places(shown: Sequence[WaferMap]) -> tuple[Corners, tuple[str, ...]]:
    shapes = list(dict.fromkeys(one.bins.shape for one in shown))
    if len(shapes) > 1:
        told = " and ".join(f"{columns} by {rows}" for rows, columns in shapes[:4])
        raise ArgumentError(f"the maps have {told} places: lay them over each other by coordinates.")
    return [(0, 0)] * len(shown), ()


def _by_coordinates(shown: Sequence[WaferMap]) -> tuple[Corners, tuple[str, ...]]:
    first = shown[0]
    if all((one.step_x, one.step_y) == (first.step_x, first.step_y) for one in shown):
        return [
            ((one.first_x - first.first_x) * first.step_x, (one.first_y - first.first_y) * first.step_y)
            for one in shown
        ], ()
    middles = [_middle(one) for one in shown]
    corners = [(middles[0][0] - column, middles[0][1] - row) for column, row in middles]
    return corners, ("X and Y grow in different directions: laid over each other by the middle of their dies.",)


def _middle(chart: WaferMap) -> tuple[int, int]:
    """Column and row of the middle of the dies."""
    row, column = np.nonzero(chart.bins != NO_DIE)
    if not len(row):
        return 0, 0
    return (int(column.min()) + int(column.max())) // 2, (int(row.min()) + int(row.max())) // 2


def combined_bins(bins: CodeGrid, good: npt.NDArray[np.bool_], *, rule: Rule = "union") -> CodeGrid:
    """Layers of one wafer as one map: of each die the bin that stands.

    bins    int32, shape (layers, rows, columns), the most important layer first: -1 where a layer has no die, -2 where
            it did not test it, else its bin
    good    bool, the same shape: its bin passes
    rule    a row of `RULES`; layers that did not test a die have no say
    Returns int32, shape (rows, columns): a bad die's bin is that of the first layer that is against it, a good one's
            that of the first layer that tested it; by `last` both are those of the last such layer

    >>> bins = np.array([[[1, 7, -1]], [[9, 1, -2]]], dtype=np.int32)
    >>> combined_bins(bins, bins == 1).tolist()
    [[9, 7, -2]]
    """
    stands = _standing(bins, good, rule)
    there, tested = (bins != NO_DIE).any(axis=0), (bins >= 0).any(axis=0)
    return np.where(tested, _of_layer(bins, stands), np.where(there, UNTESTED, NO_DIE)).astype(np.int32)


def _standing(bins: CodeGrid, good: npt.NDArray[np.bool_], rule: Rule) -> npt.NDArray[np.intp]:
    """The layer whose bin stands at each place. Raises ArgumentError for another rule."""
    if rule not in RULES:
        raise ArgumentError(f'rule="{rule}": expected one of {", ".join(RULES)}.')
    tested = bins >= 0
    if rule == "last":
        return np.asarray(len(bins) - 1 - np.argmax(tested[::-1], axis=0))
    against, count = (tested & ~good).sum(axis=0), tested.sum(axis=0)
    bad = {"union": against > 0, "majority": 2 * against > count, "all": (against == count) & (count > 0)}[rule]
    return np.asarray(np.where(bad, np.argmax(tested & ~good, axis=0), np.argmax(tested & good, axis=0)))


def _of_layer(values: npt.NDArray[Any], layer: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return np.asarray(np.take_along_axis(values, layer[None], axis=0)[0])


def combine_maps(layers: Sequence[WaferMap], *, rule: Rule = "union", by: By = "coordinates") -> WaferMap:
    """Several maps of one wafer as one: insertions, passes, inspections and ink masks, the most important first.

    rule, by  as in `combined_bins` and `lay_over`
    Returns   a map that lies and counts as the first layer does; `notes` say what does not fit
    Raises    ArgumentError as `lay_over`; where a bin passes on one layer and fails on another, and both stand

    >>> combine_maps([read_map("W03.cp1.xml"), read_map("W03.cp2.xml")]).counts     # doctest: +SKIP
    {1: 1380, 5: 31, 7: 12, 9: 22}
    """
    if len(layers) == 1:
        return layers[0]
    over = lay_over(layers, by=by)
    bins = combined_bins(over.bins, over.good, rule=rule)
    good = _of_layer(over.good, _standing(over.bins, over.good, rule))
    return replace(
        layers[0],
        bins=bins,
        name=f"composite of {len(layers)} maps ({rule})",
        first_x=over.first_x,
        first_y=over.first_y,
        reference=_shifted(layers[0], over),
        definitions=_definitions(layers, bins, good),
        notes=(*layers[0].notes, *over.notes, *_uneven(over)),
    )


def _shifted(first: WaferMap, over: LaidOver) -> tuple[int, int] | None:
    if first.reference is None:
        return None
    return (
        first.reference[0] + (first.first_x - over.first_x) * first.step_x,
        first.reference[1] + (first.first_y - over.first_y) * first.step_y,
    )


def _definitions(layers: Sequence[WaferMap], bins: CodeGrid, good: npt.NDArray[np.bool_]) -> tuple[BinDefinition, ...]:
    """What the bins that stand mean. Raises ArgumentError for one that is good on one die and bad on another."""
    passing, failing = ({int(code) for code in np.unique(bins[mask & (bins >= 0)])} for mask in (good, ~good))
    if both := sorted(passing & failing):
        raise ArgumentError(
            f"bin {both[0]} passes on one map and fails on another: on the composite it could not be told which. "
            "Give the insertions bins of their own."
        )
    found: dict[int, BinDefinition] = {}
    for known in (each for one in layers for each in one.definitions):
        if known.code in passing | failing and known.passed == (known.code in passing):
            found.setdefault(known.code, known)
    for code in sorted(passing | failing):
        found.setdefault(code, BinDefinition(code, code in passing))
    return tuple(found.values())


def _uneven(over: LaidOver) -> tuple[str, ...]:
    there = (over.bins != NO_DIE).sum(axis=0)
    some = int(((there > 0) & (there < len(over.bins))).sum())
    return (f"{some:,} of {int((there > 0).sum()):,} dies are not on all {len(over.bins)} maps.",) if some else ()
