"""Where the parts are and in which touchdown each of them is tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.lot import Float32Array, Int64Array
from corecar.stdf_values import NO_COORDINATE

Int16Array = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Layout:
    """The parts of one wafer (or tray) in the order of their touchdowns.

    x, y        int16, shape (parts,): die coordinates; -32768 in a tray
    across, up  float32, shape (parts,): place on the wafer, the centre at 0, the edge at radius 1
    touchdown   int64, shape (parts,): number of the touchdown
    site        int64, shape (parts,): tester site, from 0
    sites       number of sites; at the edge of a wafer some of them touch down beside it
    """

    x: Int16Array
    y: Int16Array
    across: Float32Array
    up: Float32Array
    touchdown: Int64Array
    site: Int64Array
    sites: int

    def __len__(self) -> int:
        return len(self.x)

    @property
    def radius(self) -> Float32Array:
        """float32, shape (parts,): distance from the centre, 1 at the outermost die."""
        return np.hypot(self.across, self.up).astype(np.float32)


def wafer_layout(dies: int, sites: int) -> Layout:
    """A round wafer of so many dies, probed in a serpentine by a card of `sites` neighbouring dies.

    Raises ArgumentError unless 1 <= sites <= 254 and 1 <= dies <= 100_000

    >>> layout = wafer_layout(1000, 4)
    >>> len(layout), layout.sites, int(layout.touchdown.max()) + 1 >= 250
    (1000, 4, True)
    """
    _check(dies, sites)
    column, row = _round_wafer(dies)
    wide, tall = _card(sites)
    block_row, block_column = row // tall, column // wide
    blocks = int(block_column.max()) + 1
    along = np.where(block_row % 2 == 0, block_column, blocks - 1 - block_column)
    site = (row % tall) * wide + column % wide
    touchdown = np.unique(block_row * blocks + along, return_inverse=True)[1]
    order = np.lexsort((site, touchdown))
    across, up = _unit_disc(column), _unit_disc(row)
    edge = max(float(np.hypot(across, up).max()), 1e-6)
    return Layout(
        (column + 1).astype(np.int16)[order],
        (row + 1).astype(np.int16)[order],
        (across / edge).astype(np.float32)[order],
        (up / edge).astype(np.float32)[order],
        touchdown[order],
        site[order],
        sites,
    )


def tray_layout(units: int, sites: int, wafer: Layout) -> Layout:
    """Packaged units in the order the handler takes them; each keeps the place on the wafer it was cut from."""
    _check(units, sites)
    place = np.arange(units)
    missing = np.full(units, NO_COORDINATE, dtype=np.int16)
    return Layout(missing, missing, wafer.across, wafer.up, place // sites, place % sites, sites)


def _round_wafer(dies: int) -> tuple[Int64Array, Int64Array]:
    """Column and row of the `dies` places nearest to the centre of a square grid, from 0."""
    side = int(np.ceil(np.sqrt(dies * 4 / np.pi))) + 2
    rows, columns = (axis.ravel() for axis in np.mgrid[0:side, 0:side])
    distance = (columns - (side - 1) / 2) ** 2 + (rows - (side - 1) / 2) ** 2
    nearest = np.sort(np.argsort(distance, kind="stable")[:dies])
    column, row = columns[nearest], rows[nearest]
    return column - column.min(), row - row.min()


def _unit_disc(place: Int64Array) -> npt.NDArray[np.float64]:
    middle: npt.NDArray[np.float64] = place - (place.max() + place.min()) / 2
    return middle


def _card(sites: int) -> tuple[int, int]:
    """Width and height of a probe card, as near to a square as the number of sites allows."""
    tall = max(height for height in range(1, int(sites**0.5) + 1) if sites % height == 0)
    return sites // tall, tall


def _check(parts: int, sites: int) -> None:
    if not 1 <= sites <= 254:
        raise ArgumentError(f"sites={sites}: a tester has 1 to 254 sites.")
    if not 1 <= parts <= 100_000:
        raise ArgumentError(f"dies={parts}: a simulated wafer or tray holds 1 to 100,000 parts.")
