"""Where a map's coordinates start, which way they grow, and in which order its rows are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from corecar.errors import ArgumentError
from corecar.formats.maps.value import CodeGrid, WaferMap

RowOrder = Literal["as-seen", "from-origin"]
"""as-seen: the first row is the top one and runs from the left, wherever the origin is; from-origin: the first code is
that of the origin, and rows and codes follow the axes."""

Origin = Literal["UpperLeft", "UpperRight", "LowerLeft", "LowerRight", "Center"]
Axes = Literal["DownRight", "DownLeft", "UpRight", "UpLeft"]
ORIGINS: tuple[Origin, ...] = ("UpperLeft", "UpperRight", "LowerLeft", "LowerRight", "Center")
AXES: tuple[Axes, ...] = ("DownRight", "DownLeft", "UpRight", "UpLeft")


@dataclass(frozen=True)
class Layout:
    """Origin and axes of a map, in the words of SEMI E142. Raises ArgumentError for words that are none of them."""

    origin: Origin
    axes: Axes

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise ArgumentError(f"origin {self.origin!r}: expected one of {', '.join(ORIGINS)}.")
        if self.axes not in AXES:
            raise ArgumentError(f"axes {self.axes!r}: expected one of {', '.join(AXES)}.")

    @property
    def step_x(self) -> int:
        """1 when X grows to the right."""
        return 1 if self.axes.endswith("Right") else -1

    @property
    def step_y(self) -> int:
        """1 when Y grows downwards."""
        return 1 if self.axes.startswith("Down") else -1

    def place(self, rows: int, columns: int) -> tuple[int, int]:
        """Column and row of the origin; of an even number of dies the centre is the one after the middle (template)."""
        if self.origin == "Center":
            return columns // 2, rows // 2
        column = columns - 1 if self.origin.endswith("Right") else 0
        return column, (rows - 1 if self.origin.startswith("Lower") else 0)

    def ordered(self, bins: CodeGrid) -> CodeGrid:
        """Bins as seen to bins in the order of the axes, and back: it is its own inverse."""
        return np.ascontiguousarray(bins[:: self.step_y, :: self.step_x])


def natural_layout(chart: WaferMap) -> Layout:
    """The layout under which a map's coordinates grow as its tester's do, from the corner where both are smallest."""
    axes = ("Down" if chart.step_y > 0 else "Up") + ("Right" if chart.step_x > 0 else "Left")
    origin = ("Upper" if chart.step_y > 0 else "Lower") + ("Left" if chart.step_x > 0 else "Right")
    return Layout(origin, axes)  # type: ignore[arg-type]


def laid_out(chart: WaferMap, layout: Layout, rows: RowOrder) -> WaferMap:
    """A map whose bins stand as written, as it is seen, with the coordinates of its layout."""
    bins = layout.ordered(chart.bins) if rows == "from-origin" else chart.bins
    column, row = layout.place(*bins.shape)
    return replace(
        chart,
        bins=bins,
        first_x=-column * layout.step_x,
        first_y=-row * layout.step_y,
        step_x=layout.step_x,
        step_y=layout.step_y,
    )


def checked_order(rows: str | None) -> RowOrder | None:
    """The row order of this name. Raises ArgumentError."""
    if rows not in (None, "as-seen", "from-origin"):
        raise ArgumentError(f'rows="{rows}": expected "as-seen" or "from-origin".')
    return rows  # type: ignore[return-value]
