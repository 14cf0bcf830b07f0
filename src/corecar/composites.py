"""Wafers laid over each other: on how many each place was tested, on how many it failed, and in which bins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.wafer_frame import WaferFrame


@dataclass(frozen=True, eq=False)
class Composite:
    """The places of a lot's wafers, counted over all of them; arrays have shape (places,).

    wafers    how many were laid over each other
    x, y      int64: coordinates of the places, as the tester counts them
    tested    int64: wafers with a tested die at the place
    failed    int64: those of them on which it failed
    of_bin    int64 for each fail bin: those of them in this bin; the bin of most fails first
    names     what the bins are called
    excluded  bool: in the excluded edge; counted in nothing
    frame     how the wafers lie
    """

    wafers: int
    x: Int64Array
    y: Int64Array
    tested: Int64Array
    failed: Int64Array
    of_bin: Mapping[int, Int64Array]
    names: Mapping[int, str]
    excluded: BoolArray
    frame: WaferFrame

    @property
    def rate(self) -> Float64Array:
        """Share of the tested dies that failed; NaN where none was tested."""
        return share_of(self.failed, self.tested)


def share_of(count: Int64Array, tested: Int64Array) -> Float64Array:
    """Shares, float64; NaN where nothing was tested."""
    return np.where(tested > 0, count / np.maximum(tested, 1), np.nan)


def composite_of(
    wafer: Int64Array,
    x: Int64Array,
    y: Int64Array,
    bins: Int64Array,
    good: BoolArray,
    *,
    frame: WaferFrame,
    names: Mapping[int, str],
    excluded: BoolArray | None = None,
) -> Composite:
    """Count the dies of several wafers by their place.

    wafer     integers, shape (dies,): which wafer each die is on
    x, y      its coordinates, counted alike on all wafers
    bins      its bin; good: whether it passed
    excluded  bool, shape (dies,): in the excluded edge

    >>> at = np.array([0, 0, 1])
    >>> found = composite_of(np.array([0, 1, 0]), at, at, np.array([7, 7, 1]), at > 0, frame=WaferFrame(), names={})
    >>> found.tested.tolist(), found.failed.tolist(), found.of_bin[7].tolist()
    ([2, 1], [2, 0], [2, 0])
    """
    places, at = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    at, out = at.ravel(), np.zeros(len(x), dtype=bool) if excluded is None else excluded

    def counted(chosen: BoolArray) -> Int64Array:
        return np.bincount(at[chosen & ~out], minlength=len(places)).astype(np.int64)

    bad = ~good & ~out
    numbers, counts = np.unique(bins[bad], return_counts=True)
    ranked = sorted(zip(numbers.tolist(), counts.tolist(), strict=True), key=lambda row: (-row[1], row[0]))
    return Composite(
        wafers=len(np.unique(wafer)),
        x=places[:, 0],
        y=places[:, 1],
        tested=counted(np.ones(len(x), dtype=bool)),
        failed=counted(bad),
        of_bin={number: counted(bad & (bins == number)) for number, _ in ranked},
        names=names,
        excluded=np.bincount(at[out], minlength=len(places)) > 0,
        frame=frame,
    )
