"""The dies of a lot's wafers on one grid: what screens that look at places work on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from corecar.lot import BoolArray, Int64Array, Lot
from corecar.plurals import plural
from corecar.strata import CodeArray, Strata, ancestors, strata, wafer_codes
from corecar.wafer_frame import WaferFrame, wafer_frame

NO_DIE, SOUND, BAD = 0, 1, 2
"""What stands at a place: no tested die; a die; a die that failed."""

StateArray = npt.NDArray[np.uint8]

ROOM, ROOM_PER_PART = 1_000_000, 16
"""Places that a plane may have at least, and for each part of the lot: beyond it, coordinates are stray numbers."""

NAMED = 3
"""Wafers that a note names; of more, it says how many."""

_TURNED = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""By the degrees at which flat or notch stands: what turns (right, down) so that it comes to lie at the bottom."""


@dataclass(frozen=True, eq=False)
class Dies:
    """The final parts of a lot's wafers on one grid, seen with flat or notch at the bottom, rows counted downwards.

    A plane is one wafer under one test condition; planes of one condition make a stack, in which the same place is the
    same die of the reticle's pattern whatever way each wafer was laid into the prober.

    by       the planes as groups of parts
    stack    int32, shape (planes,): test condition of each plane
    shape    planes, rows, columns
    place    int64, shape (parts,): index into the flattened grid; -1 for a part that isn't final or has no place
    frames   how each plane's wafer lay
    origin   column and row of the place (0, 0) of each plane after turning, int64, shape (planes, 2)
    bare     final parts on wafers that have no coordinates
    wafers   whether any part is on a wafer
    trouble  why there is no grid; empty when there is one
    notes    what had to be assumed, one sentence each
    """

    by: Strata
    stack: CodeArray
    shape: tuple[int, int, int]
    place: Int64Array
    frames: tuple[WaferFrame, ...]
    origin: Int64Array
    bare: int
    wafers: bool
    trouble: str
    notes: tuple[str, ...]

    @property
    def plane(self) -> CodeArray:
        """Plane of each part, -1 without a place; int32, shape (parts,)."""
        area = max(self.shape[1] * self.shape[2], 1)
        return np.where(self.place >= 0, self.place // area, -1).astype(np.int32)

    def grid(self, mask: BoolArray) -> BoolArray:
        """Places of the parts of a mask, bool, shape (planes, rows, columns)."""
        out = np.zeros(self.shape, dtype=bool)
        out.ravel()[self.place[mask & (self.place >= 0)]] = True
        return out

    def columns(self) -> tuple[CodeArray, CodeArray]:
        """Row and column of each part on the grid; 0 for a part without a place."""
        inside = np.maximum(self.place, 0) % max(self.shape[1] * self.shape[2], 1)
        row, column = np.divmod(inside, max(self.shape[2], 1))
        return row.astype(np.int32), column.astype(np.int32)

    def at(self, plane: int, x: int, y: int) -> tuple[float, float]:
        """Column and row on the grid of coordinates as the files of a plane's wafer count them."""
        a, b, c, d = _matrix(self.frames[plane])
        return float(a * x + b * y - self.origin[plane, 0]), float(c * x + d * y - self.origin[plane, 1])

    def fingerprint(self, state: StateArray, plane: int) -> str:
        """Hash of what stands at every place of a plane, 16 hexadecimal digits."""
        head = f"{self.shape[1:]} {self.origin[plane].tolist()} ".encode()
        return hashlib.blake2b(head + state[plane].tobytes(), digest_size=8).hexdigest()


def lay_out(lot: Lot) -> Dies:
    """The dies of a lot on one grid, each wafer turned so that its flat or notch is at the bottom.

    Wafers that lie in one frame keep their coordinates. Those of different frames are laid over each other by the
    centre that their files tell (WCR CENTER_X, CENTER_Y), else by the middle of their dies, and a note says so.
    """
    by = strata(lot, "wafer")
    x, y, known = _coordinates(lot)
    on_wafer = lot.final & (by.codes >= 0)
    inside = on_wafer & known
    names, frames = _frames(lot, by)
    stack = ancestors((by, strata(lot, "lot")))[1]
    bare, wafers = int((on_wafer & ~known).sum()), bool((by.codes >= 0).any())
    right, down = _seen(x, y, by.codes, frames)
    centres, notes = _centres(lot, names, frames, (right, down), inside, by.codes)
    right, down = right - _of(centres[:, 0], by.codes), down - _of(centres[:, 1], by.codes)
    if not inside.any():
        trouble = "no coordinates" if wafers else "no wafers"
        return _nowhere(by, stack, frames, bare, wafers, trouble)
    left, top = int(right[inside].min()), int(down[inside].min())
    rows, columns = int(down[inside].max()) - top + 1, int(right[inside].max()) - left + 1
    if rows * columns > ROOM + ROOM_PER_PART * lot.parts.num_rows:
        trouble = f"the coordinates span {columns:,} x {rows:,} places, which is no wafer"
        return _nowhere(by, stack, frames, bare, wafers, trouble)
    place = (by.codes.astype(np.int64) * rows + (down - top)) * columns + (right - left)
    shape = (len(by.labels), rows, columns)
    origin = centres + np.array([left, top])
    return Dies(by, stack, shape, np.where(inside, place, -1), frames, origin, bare, wafers, "", notes)


def states(lot: Lot, dies: Dies, bins: Sequence[int] = ()) -> StateArray:
    """What stands at every place, a value of `NO_DIE`, `SOUND`, `BAD`; uint8, shape (planes, rows, columns).

    bins  hard bins that count as failed; all failed parts when there are none
    A part of which the tester said neither good nor bad counts as no die. Of several final parts at one place the
    worst counts.
    """
    failed = failing(lot, bins)
    told = pc.is_valid(lot.parts["passed"]).to_numpy()
    out = np.where(dies.grid(told & lot.final), SOUND, NO_DIE).astype(np.uint8)
    out[dies.grid(failed)] = BAD
    return out


def failing(lot: Lot, bins: Sequence[int] = ()) -> BoolArray:
    """Final parts that the tester failed, with hard bins only those in them; bool, shape (parts,)."""
    said = pc.fill_null(pc.invert(lot.parts["passed"]), False).to_numpy()
    out: BoolArray = lot.final & said
    if len(bins):
        out &= np.isin(pc.fill_null(lot.parts["hard_bin"], 65535).to_numpy(), np.asarray(bins))
    return out


def _coordinates(lot: Lot) -> tuple[Int64Array, Int64Array, BoolArray]:
    x, y = (pc.fill_null(lot.parts[name], 0).to_numpy().astype(np.int64) for name in ("x", "y"))
    known: BoolArray = pc.and_(pc.is_valid(lot.parts["x"]), pc.is_valid(lot.parts["y"])).to_numpy()
    return x, y, known


def _frames(lot: Lot, by: Strata) -> tuple[list[str], tuple[WaferFrame, ...]]:
    """Wafer and frame of every plane."""
    codes, wafers = wafer_codes(lot)
    of_plane = np.zeros(len(by.labels), dtype=np.int64)
    of_plane[by.codes[by.codes >= 0]] = codes[by.codes >= 0]
    seen = {wafer: wafer_frame(lot, wafer) for wafer in wafers}
    names = [wafers[code] for code in of_plane.tolist()]
    return names, tuple(seen[name] for name in names)


def _seen(
    x: Int64Array, y: Int64Array, codes: CodeArray, frames: tuple[WaferFrame, ...]
) -> tuple[Int64Array, Int64Array]:
    """Steps to the right and downwards, with flat or notch at the bottom."""
    turns = np.array([_matrix(frame) for frame in frames] or [(1, 0, 0, 1)], dtype=np.int64)
    a, b, c, d = turns[np.maximum(codes, 0)].T
    return a * x + b * y, c * x + d * y


def _matrix(frame: WaferFrame) -> tuple[int, int, int, int]:
    a, b, c, d = _TURNED[frame.turn]
    return a * frame.step_x, b * frame.step_y, c * frame.step_x, d * frame.step_y


def _centres(
    lot: Lot,
    names: list[str],
    frames: tuple[WaferFrame, ...],
    seen: tuple[Int64Array, Int64Array],
    inside: BoolArray,
    codes: CodeArray,
) -> tuple[Int64Array, tuple[str, ...]]:
    """What is taken off the coordinates of each plane so that wafers of different frames lie over each other."""
    if len({_matrix(frame) for frame in frames}) <= 1:
        return np.zeros((len(frames), 2), dtype=np.int64), ()
    unsaid = dict.fromkeys(n for n, f in zip(names, frames, strict=True) if not (f.known_axes and f.known_flat))
    notes = (_assumed(list(unsaid)),) if unsaid else ()
    told = [_told_centre(lot, name, frame) for name, frame in zip(names, frames, strict=True)]
    if all(centre is not None for centre in told):
        return np.array(told, dtype=np.int64), notes
    kinds = plural(len({_matrix(frame) for frame in frames}), "different frame")
    middles = [_middle(seen, inside & (codes == plane)) for plane in range(len(frames))]
    note = f"The wafers lie in {kinds} and not all of their files tell a centre: stacked by the middle of their dies."
    return np.array(middles, dtype=np.int64), (*notes, note)


def _assumed(wafers: list[str]) -> str:
    """That some wafers of a lot whose wafers lie differently do not say how they lie."""
    more = f" and {len(wafers) - NAMED} more" if len(wafers) > NAMED else ""
    return (
        f"The wafers lie differently, and the files do not say all of how {', '.join(wafers[:NAMED])}{more} lay: where "
        "they are silent X grows to the right, Y down, and flat or notch is down."
    )


def _told_centre(lot: Lot, wafer: str, frame: WaferFrame) -> tuple[int, int] | None:
    rows = lot.wafers.filter(pc.equal(lot.wafers["wafer"], wafer))
    both = rows.filter(pc.and_(pc.is_valid(rows["center_x"]), pc.is_valid(rows["center_y"]))).to_pylist()
    if not both:
        return None
    a, b, c, d = _matrix(frame)
    x, y = both[0]["center_x"], both[0]["center_y"]
    return a * x + b * y, c * x + d * y


def _middle(seen: tuple[Int64Array, Int64Array], mask: BoolArray) -> tuple[int, int]:
    if not mask.any():
        return 0, 0
    right, down = ((int(axis[mask].min()) + int(axis[mask].max())) // 2 for axis in seen)
    return right, down


def _of(values: Int64Array, codes: CodeArray) -> Int64Array:
    """The value of each part's plane, 0 outside of all."""
    return np.where(codes >= 0, values[np.maximum(codes, 0)], 0) if len(values) else np.zeros(len(codes), np.int64)


def _nowhere(
    by: Strata, stack: CodeArray, frames: tuple[WaferFrame, ...], bare: int, wafers: bool, trouble: str
) -> Dies:
    place = np.full(len(by.codes), -1, dtype=np.int64)
    origin = np.zeros((len(by.labels), 2), dtype=np.int64)
    return Dies(by, stack, (len(by.labels), 0, 0), place, frames, origin, bare, wafers, trouble, ())
