"""Two maps of one wafer held against each other: which dies are on both, and which changed their bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.formats.maps.value import UNTESTED, WaferMap

By = Literal["coordinates", "places"]


@dataclass(frozen=True)
class MapComparison:
    """What differs between two maps.

    both        dies that both have
    same        of these, in the same bin
    only_first, only_second   dies that only one map has
    lost        dies that pass on the first map and not on the second, and ...
    gained      ... the other way round; untested dies count for neither
    switched    bins that differ: first bin, second bin, dies, most first (-2: untested)
    dies        the dies that differ: x and y of the first map, first bin, second bin
    turned      degrees by which the second map was turned to lie as the first
    """

    both: int
    same: int
    only_first: int
    only_second: int
    lost: int
    gained: int
    switched: pa.Table
    dies: pa.Table
    turned: int

    @property
    def alike(self) -> bool:
        """Whether both maps have the same dies in the same bins."""
        return self.both == self.same and not self.only_first and not self.only_second


def compare_maps(first: WaferMap, second: WaferMap, *, by: By = "coordinates") -> MapComparison:
    """Hold a map against another one of the same wafer; the second is turned until its flat or notch stands alike.

    by      `coordinates`: dies of the same X and Y are the same; `places`: of the same column and row
    Raises  ArgumentError for another word; by places, when the maps have not as many rows and columns
    """
    if by not in ("coordinates", "places"):
        raise ArgumentError(f'by="{by}": expected "coordinates" or "places".')
    turn = (first.orientation - second.orientation) % 360
    other = second.turned(turn)
    if by == "places" and first.bins.shape != other.bins.shape:
        shapes = " and ".join(f"{one.bins.shape[1]} by {one.bins.shape[0]}" for one in (first, other))
        raise ArgumentError(f"the maps have {shapes} places: compare them by coordinates.")
    names = ("x", "y") if by == "coordinates" else ("column", "row")
    one, two = first.table(), other.table()
    at, found = _matched(_keys(one, names), _keys(two, names))
    bins, changed = _bins(one)[at], _bins(two)[found]
    good, better = _good(one)[at], _good(two)[found]
    tested = (bins != UNTESTED) & (changed != UNTESTED)
    differ = bins != changed
    return MapComparison(
        both=len(at),
        same=int((~differ).sum()),
        only_first=one.num_rows - len(at),
        only_second=two.num_rows - len(at),
        lost=int((tested & good & ~better).sum()),
        gained=int((tested & ~good & better).sum()),
        switched=_switched(bins[differ], changed[differ]),
        dies=one.select(["x", "y"]).take(at[differ]).append_column("first", pa.array(bins[differ])).append_column(
            "second", pa.array(changed[differ])
        ),
        turned=turn,
    )  # fmt: skip


def _keys(table: pa.Table, names: tuple[str, str]) -> np.ndarray:
    """One number per place."""
    across, down = (table[name].to_numpy().astype(np.int64) for name in names)
    return np.asarray(across * 2**32 + down)


def _matched(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the dies that both have, in both."""
    _, at, found = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    return at, found


def _bins(table: pa.Table) -> np.ndarray:
    return np.asarray(table["bin"].fill_null(UNTESTED).to_numpy())


def _good(table: pa.Table) -> np.ndarray:
    return np.asarray(table["passed"].fill_null(False).to_numpy(zero_copy_only=False))


def _switched(bins: np.ndarray, changed: np.ndarray) -> pa.Table:
    pairs, counts = np.unique(np.stack([bins, changed], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return pa.table(
        {
            "first": pa.array(pairs[order, 0].astype(np.int32)),
            "second": pa.array(pairs[order, 1].astype(np.int32)),
            "dies": pa.array(counts[order].astype(np.int64)),
        }
    )
