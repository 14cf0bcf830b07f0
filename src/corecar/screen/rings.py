"""The edge of a wafer: dies that reach into the excluded ring, into flat or notch, or stand outermost in their line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array
from corecar.screen.clusters import enclosed
from corecar.standards import parameters, value

FLAT_LENGTH_MM = {float(row.parameter): float(row.value) for row in parameters("SEMI M1") if row.rule == "flat"}
"""Length of the primary flat by wafer diameter [mm] (SEMI M1)."""

NOTCH_DEPTH_MM = float(value("SEMI M1", "notch", "depth"))
"""Depth of the notch of wafers of 200 mm and above [mm] (SEMI M1)."""


@dataclass(frozen=True)
class Outline:
    """The outline of a wafer seen with flat or notch at the bottom, and where its dies lie in it.

    diameter_mm        of the wafer
    width_mm, height_mm  step from die to die to the right and downwards
    row, column        place of the die whose middle is the wafer's middle; may lie between dies (0.5)
    notched            notch rather than flat
    """

    diameter_mm: float
    width_mm: float
    height_mm: float
    row: float
    column: float
    notched: bool = True

    def __post_init__(self) -> None:
        sizes = (self.diameter_mm, self.width_mm, self.height_mm)
        if not all(math.isfinite(size) and size > 0 for size in sizes):
            raise ArgumentError(f"wafer and die sizes {sizes}: expected numbers above 0, in millimetres.")


def beyond_exclusion(shape: tuple[int, int], outline: Outline, exclusion_mm: float) -> BoolArray:
    """Places whose farthest corner lies in the excluded ring, or that come too near to flat or notch.

    shape         rows and columns of the grid
    exclusion_mm  width of the ring that carries no shippable die
    Returns       bool, shape (rows, columns), for every place, whether a die was tested there or not
    """
    if exclusion_mm < 0:
        raise ArgumentError(f"exclusion_mm={exclusion_mm}: expected 0 or more.")
    right, down = _middles(shape, outline)
    half_width, half_height = outline.width_mm / 2, outline.height_mm / 2
    farthest = np.hypot(np.abs(right) + half_width, np.abs(down) + half_height)
    tolerance = 1e-9
    out: BoolArray = farthest > outline.diameter_mm / 2 - exclusion_mm + tolerance
    if outline.notched:
        tip = outline.diameter_mm / 2 - NOTCH_DEPTH_MM
        nearest = np.hypot(np.maximum(np.abs(right) - half_width, 0), np.maximum(np.abs(tip - down) - half_height, 0))
        return out | (nearest < exclusion_mm - tolerance)
    return out | (down + half_height > flat_distance(outline.diameter_mm) - exclusion_mm + tolerance)


def flat_distance(diameter_mm: float) -> float:
    """How far the flat lies from the middle of a wafer [mm]; of an unlisted diameter the flat of the nearest one.

    >>> round(flat_distance(150.0), 2)
    69.27
    """
    nearest = min(FLAT_LENGTH_MM, key=lambda listed: abs(listed - diameter_mm))
    return math.sqrt((diameter_mm / 2) ** 2 - (FLAT_LENGTH_MM[nearest] / 2) ** 2)


def _middles(shape: tuple[int, int], outline: Outline) -> tuple[Float64Array, Float64Array]:
    """Where the middle of each place lies, to the right of and below the wafer's middle [mm]."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (columns - outline.column) * outline.width_mm, (rows - outline.row) * outline.height_mm


def outermost(there: BoolArray, rows: int) -> BoolArray:
    """The dies from which a place off the wafer is at most so many rows or columns away, corners too.

    there  bool, shape (rows, columns): places that hold a die on any wafer; holes among them count as wafer
    rows   0 gives none
    """
    if rows < 0:
        raise ArgumentError(f"rows={rows}: expected 0 or more.")
    padded = np.pad(there, rows + 1)
    off = ~(padded | enclosed(padded[None])[0])
    for _ in range(rows):
        off = _grown(off)
    inside = slice(rows + 1, -(rows + 1))
    return off[inside, inside] & there if rows else np.zeros_like(there)


def _grown(mask: BoolArray) -> BoolArray:
    padded = np.pad(mask, 1)
    out = np.zeros_like(mask)
    for down in range(3):
        for right in range(3):
            out |= padded[down : down + mask.shape[0], right : right + mask.shape[1]]
    return out
