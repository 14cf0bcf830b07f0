"""The excluded edge of maps laid over each other: a ring in millimetres, flat or notch with it, or outermost dies."""

from __future__ import annotations

import numpy as np

from corecar.errors import ArgumentError
from corecar.formats.maps import NO_DIE, WaferMap
from corecar.formats.maps.combining import LaidOver
from corecar.lot import BoolArray
from corecar.screen.rings import Outline, beyond_exclusion, outermost
from corecar.wafer_frame import NOTCH_FROM_MM


def excluded_places(
    first: WaferMap, over: LaidOver, *, edge_mm: float = 0.0, rows: int = 0
) -> tuple[BoolArray, tuple[str, ...]]:
    """Places that the excluded edge takes, bool, shape (rows, columns), and notes on what was assumed.

    first    the map that the others were laid over: how it lies and the sizes of wafer and die
    edge_mm  a place is out when the farthest corner of its die lies beyond the wafer's radius less this [mm], or when
             it comes as near to flat or notch
    rows     a place is out that has so few rows or columns between it and the last die
    Raises   ArgumentError for a number below 0, and for millimetres where the map tells no sizes
    """
    there = (over.bins != NO_DIE).any(axis=0)
    out = outermost(there, rows)
    if not edge_mm:
        return out & there, ()
    if first.wafer_size_mm is None or first.die_size_mm is None:
        raise ArgumentError(
            f"edge_mm={edge_mm:g}: map {first.wafer or 'without a name'} does not tell the sizes of wafer and die. "
            "Exclude outermost dies instead (edge_rows, --edge-rows)."
        )
    turns = first.orientation // 90 % 4
    upright = np.rot90(there, turns)
    width, height = first.die_size_mm if turns % 2 == 0 else first.die_size_mm[::-1]
    row, column = np.nonzero(upright)
    middle = (int(row.min()) + int(row.max())) / 2, (int(column.min()) + int(column.max())) / 2
    outline = Outline(first.wafer_size_mm, width, height, *middle, first.wafer_size_mm >= NOTCH_FROM_MM)
    ring = np.rot90(beyond_exclusion(upright.shape, outline, edge_mm), -turns)
    note = "The wafer's centre was taken to be the middle of the dies: maps do not tell it."
    return np.asarray((out | ring) & there), (note,)
