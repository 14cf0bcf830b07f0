"""A wafer map as a value: one bin per place, how it lies, what its bins mean; turning and mirroring it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.lot import BoolArray
from corecar.wafer_frame import WaferFrame

NO_DIE = -1
"""No die stands at this place."""

UNTESTED = -2
"""A die stands there that was not tested or inspected."""

ASSUMED = WaferFrame()

MOST_PLACES = 16_000_000
"""Places of a map at most; a wafer of 300 mm with dies of 0.1 mm has nine million."""

CodeGrid = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BinDefinition:
    """What a bin code of a map means.

    quality  the file's own word where that is neither pass nor fail, for example `Reference`
    """

    code: int
    passed: bool
    name: str = ""
    quality: str = ""


@dataclass(frozen=True)
class WaferMap:
    """One wafer's map, as seen from above.

    bins         int32, shape (rows, columns): bin of each die, -1 where there is none, -2 where it was not tested; row
                 0 is the top
    first_x      tester coordinates of the upper left place, and ...
    first_y
    step_x       ... which way they run: 1 when X grows to the right, -1 to the left
    step_y       1 when Y grows downwards, -1 upwards
    orientation  degrees clockwise from the bottom at which the flat or notch stands
    die_size_mm  step from die to die across and down [mm]; None when unknown
    reference    column and row of the reference die, as the file counts them
    definitions  what the bin codes mean
    notes        what was assumed or found odd while reading
    """

    wafer: str
    bins: CodeGrid
    lot: str = ""
    product: str = ""
    name: str = ""
    first_x: int = 0
    first_y: int = 0
    step_x: int = 1
    step_y: int = 1
    orientation: int = 0
    wafer_size_mm: float | None = None
    created: str = ""
    reference: tuple[int, int] | None = None
    definitions: tuple[BinDefinition, ...] = field(default=())
    die_size_mm: tuple[float, float] | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[int, int]:
        """Dies of each bin."""
        found, counts = np.unique(self.bins[self.bins >= 0], return_counts=True)
        return {int(code): int(count) for code, count in zip(found, counts, strict=True)}

    @property
    def untested(self) -> int:
        """Dies that were not tested."""
        return int((self.bins == UNTESTED).sum())

    @property
    def good(self) -> BoolArray:
        """bool, the shape of `bins`: dies in a bin that passes."""
        passing = [known.code for known in self.definitions if known.passed]
        return np.asarray(np.isin(self.bins, passing) & (self.bins >= 0))

    def table(self) -> pa.Table:
        """The dies as a table, row by row from the top: x, y, column, row, bin (null: not tested), passed."""
        row, column = np.nonzero(self.bins != NO_DIE)
        bins = self.bins[row, column]
        blank = bins == UNTESTED
        return pa.table(
            {
                "x": pa.array((self.first_x + self.step_x * column).astype(np.int32)),
                "y": pa.array((self.first_y + self.step_y * row).astype(np.int32)),
                "column": pa.array(column.astype(np.int32)),
                "row": pa.array(row.astype(np.int32)),
                "bin": pa.array(bins, mask=blank),
                "passed": pa.array(self.good[row, column], mask=blank),
            }
        )

    def turned(self, degrees: int) -> WaferMap:
        """The map after turning the wafer clockwise by a multiple of 90 degrees.

        A quarter turn exchanges X and Y: each die's X is what its Y was, and the other way round; half a turn leaves
        every die the coordinates it has.
        """
        if degrees % 90:
            raise ArgumentError(f"a map can be turned by 0, 90, 180 or 270 degrees, not by {degrees}.")
        chart = self
        for _ in range(degrees // 90 % 4):
            chart = chart._quarter_turned()
        return chart

    def _quarter_turned(self) -> WaferMap:
        rows = self.bins.shape[0]
        turned = None if self.reference is None else (rows - 1 - self.reference[1], self.reference[0])
        return replace(
            self,
            bins=np.ascontiguousarray(np.rot90(self.bins, -1)),
            first_x=self.first_y + self.step_y * (rows - 1),
            step_x=-self.step_y,
            first_y=self.first_x,
            step_y=self.step_x,
            orientation=(self.orientation + 90) % 360,
            reference=turned,
            die_size_mm=None if self.die_size_mm is None else (self.die_size_mm[1], self.die_size_mm[0]),
        )

    def mirrored(self) -> WaferMap:
        """The map as seen from the other side of the wafer: left and right exchanged; each die keeps its X and Y."""
        columns = self.bins.shape[1]
        return replace(
            self,
            bins=np.ascontiguousarray(self.bins[:, ::-1]),
            first_x=self.first_x + self.step_x * (columns - 1),
            step_x=-self.step_x,
            orientation=-self.orientation % 360,
            reference=None if self.reference is None else (columns - 1 - self.reference[0], self.reference[1]),
        )


def wafer_map(
    wafer: str,
    x: npt.NDArray[np.integer],
    y: npt.NDArray[np.integer],
    bins: npt.NDArray[np.integer],
    definitions: tuple[BinDefinition, ...] = (),
    *,
    lot: str = "",
    product: str = "",
    name: str = "",
    frame: WaferFrame = ASSUMED,
    created: str = "",
) -> WaferMap:
    """A map from the coordinates and bins of a wafer's dies; the last of several dies at a place stands.

    x, y         integers, shape (dies,): tester coordinates
    bins         integers, shape (dies,): -1 for a die without a bin
    frame        which way X and Y grow, where the flat or notch stands, and the wafer's size
    Raises       ArgumentError for columns of unequal length, and for dies too far apart to be of one wafer
    """
    if not len(x) == len(y) == len(bins):
        raise ArgumentError(f"x, y and bins have {len(x)}, {len(y)} and {len(bins)} entries: expected as many of each.")
    first_x, columns = _extent(x, frame.step_x)
    first_y, rows = _extent(y, frame.step_y)
    if rows * columns > MOST_PLACES:
        raise ArgumentError(f"wafer {wafer}: the dies lie {columns:,} by {rows:,} places apart, too far for one wafer.")
    grid = np.full((rows, columns), NO_DIE, dtype=np.int32)
    grid[(y.astype(np.int64) - first_y) * frame.step_y, (x.astype(np.int64) - first_x) * frame.step_x] = bins
    return WaferMap(
        wafer,
        grid,
        lot=lot,
        product=product,
        name=name,
        first_x=first_x,
        first_y=first_y,
        step_x=frame.step_x,
        step_y=frame.step_y,
        orientation=frame.turn,
        wafer_size_mm=frame.wafer_size_mm,
        created=created,
        definitions=definitions,
        die_size_mm=frame.die_size_mm,
    )


def _extent(places: npt.NDArray[np.integer], step: int) -> tuple[int, int]:
    """The coordinate of the first place along the map, and how many places there are."""
    if len(places) == 0:
        return 0, 0
    low, high = int(places.min()), int(places.max())
    return (low if step > 0 else high), high - low + 1
