"""How a wafer lies before whoever looks at it: its axes, its flat or notch, and its sizes, known or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from corecar.lot import Lot

MILLIMETRES = {"in": 25.4, "cm": 10.0, "mm": 1.0, "mil": 0.0254}
"""Millimetres in each unit of `wafer_units`."""

NOTCH_FROM_MM = 190.0
"""Wafers of 200 mm and above carry a notch, smaller ones a flat (SEMI M1)."""

_TURN = {"D": 0, "L": 90, "U": 180, "R": 270}


@dataclass(frozen=True)
class WaferFrame:
    """The frame of one wafer; what the files leave open is assumed, and says so.

    step_x         1 when X grows to the right, -1 to the left
    step_y         1 when Y grows downwards, -1 upwards
    known_axes     the files say both; else X is taken to grow to the right and Y downwards, where they do not
    flat           side of the flat or notch: `D`, `L`, `U` or `R`
    known_flat     the files say it; else `D` is assumed
    die_aspect     die width / die height, which needs no unit; None when unknown
    wafer_size_mm  diameter [mm]; None when unknown
    die_size_mm    die width and height [mm]; None when one of them or the unit is unknown
    """

    step_x: int = 1
    step_y: int = 1
    known_axes: bool = False
    flat: str = "D"
    known_flat: bool = False
    die_aspect: float | None = None
    wafer_size_mm: float | None = None
    die_size_mm: tuple[float, float] | None = None

    @property
    def turn(self) -> int:
        """Degrees clockwise from the bottom at which the flat or notch stands."""
        return _TURN[self.flat]

    @property
    def notched(self) -> bool:
        """Whether the wafer has a notch rather than a flat; so taken when its size is unknown."""
        return self.wafer_size_mm is None or self.wafer_size_mm >= NOTCH_FROM_MM

    @property
    def directions(self) -> str:
        """Which way the coordinates grow, in words."""
        return f"x grows to the {'right' if self.step_x > 0 else 'left'}, y {'down' if self.step_y > 0 else 'up'}"


def wafer_frame(lot: Lot, wafer: str) -> WaferFrame:
    """The frame of a wafer, from its rows of `wafers` (STDF WCR): of each field what the first row says that says it.

    A wafer probed in several runs has several rows; those of other wafers say nothing about it.
    """
    return frame_of(lot.wafers.filter(pc.equal(lot.wafers["wafer"], wafer)).to_pylist())


def frame_of(rows: Sequence[Mapping[str, Any]]) -> WaferFrame:
    """The frame that rows of `wafers` tell of one wafer: of each field what the first row says that says it."""
    (x,), (y,), (flat,) = (_first(rows, name) for name in ("positive_x", "positive_y", "flat"))
    width, height = _first(rows, "die_width", "die_height")
    size, unit = _first(rows, "wafer_size", "wafer_units")
    across, down, unit_of_die = _first(rows, "die_width", "die_height", "wafer_units")
    factor = MILLIMETRES.get(unit_of_die) if across and down and across > 0 and down > 0 else None
    return WaferFrame(
        step_x=-1 if x == "L" else 1,
        step_y=-1 if y == "U" else 1,
        known_axes=x in ("L", "R") and y in ("U", "D"),
        flat=flat if flat in _TURN else "D",
        known_flat=flat in _TURN,
        die_aspect=width / height if width and width > 0 and height > 0 else None,
        wafer_size_mm=round(size * MILLIMETRES[unit], 3) if size and size > 0 and unit in MILLIMETRES else None,
        die_size_mm=None if factor is None else (round(across * factor, 6), round(down * factor, 6)),
    )


def _first(rows: Sequence[Mapping[str, Any]], *names: str) -> tuple[Any, ...]:
    """The values of the first row that has all of them: a size belongs to the unit beside it. Else None for each."""
    found = (tuple(row[name] for name in names) for row in rows)
    return next((values for values in found if all(values)), (None,) * len(names))
