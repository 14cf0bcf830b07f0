"""A wafer on a canvas: as many dies as there are, moved with mouse or arrows, a die told by pointing at it."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
from nicegui.element import Element
from numpy.typing import NDArray

from corecar.report.figures.palette import FAIL_COLOURS, RULES, SCALE_CLASSES
from corecar.report.figures.wafer_map import grid_aspect
from corecar.words import Words

PASS, UNKNOWN = 0, FAIL_COLOURS + 1
BINS = ("--pass", *(f"--fail-{rank}" for rank in range(1, FAIL_COLOURS + 1)), "--unknown")
"""Colours of a map of bins: pass, fails in the order of their counts, not tested."""
SCALE = tuple(RULES[f".scale-{step}"].removeprefix("fill:") for step in range(SCALE_CLASSES))
"""Colours of a map of readings."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Dies:
    """Tested dies that have a place: x, y, hard_bin (-1 for none), passed, each of shape (dies,); their wafer."""

    wafer: str
    x: Integers
    y: Integers
    hard_bin: Integers
    passed: Flags
    rows: pa.Table

    def __len__(self) -> int:
        return len(self.x)

    def marked(self, units: Collection[str]) -> Flags:
        """Which of them a screen rejected. units: those that were, as `W01 (6, 2)`."""
        named = (f"{self.wafer} ({x}, {y})" for x, y in zip(self.x.tolist(), self.y.tolist(), strict=True))
        return np.array([name in units for name in named], dtype=bool) if units else np.zeros(len(self), dtype=bool)


@dataclass(frozen=True)
class Lie:
    """How wafers lie before the reader, which is the same for all of a gallery.

    extent   least and greatest X, least and greatest Y of all of them
    aspect   width of a die / its height
    x_right, y_down  which way the coordinates grow
    flat     side of the notch or flat, `D`, `L`, `U` or `R`; empty where no file says it. notched: a notch, no flat
    """

    extent: tuple[int, int, int, int]
    aspect: float = 1.0
    x_right: bool = True
    y_down: bool = True
    flat: str = ""
    notched: bool = True


def lie_of(frame: Mapping[str, Any], wafers: Sequence[Dies]) -> Lie:
    """How wafers lie. frame: of one of them, as the verb `lot` tells it; empty where it tells none."""
    x, y = (np.concatenate([getattr(dies, name) for dies in wafers] or [np.zeros(0)]) for name in ("x", "y"))
    if not len(x):
        return Lie((0, 0, 0, 0))
    extent = (int(x.min()), int(x.max()), int(y.min()), int(y.max()))
    columns, rows = extent[1] - extent[0] + 1, extent[3] - extent[2] + 1
    aspect = frame.get("die_aspect") or grid_aspect(columns, rows, max(len(dies) for dies in wafers))
    told = {name: frame[name] for name in ("x_right", "y_down", "notched") if name in frame}
    return Lie(extent, float(aspect), flat=str(frame.get("flat") or ""), **told)


def lie_told(say: Words, frame: Mapping[str, Any]) -> str:
    """What of a wafer's lie no file says, for under a map; empty where all is said."""
    wanting = [] if frame.get("known_axes") else [say("which way X and Y grow")]
    wanting += [] if frame.get("flat") else [say("where the notch is")]
    wanting += [] if frame.get("die_aspect") else [say("how large a die is")]
    if not wanting:
        return ""
    return say("The files do not say {what}: X is drawn to the right and Y down unless they say otherwise.",
               what=say(", ").join(wanting))  # fmt: skip


def dies_of(wafer: str, rows: pa.Table) -> Dies:
    """The dies of a wafer from the answer of the verb `wafer`."""
    rows = rows.filter(pa.compute.is_valid(rows["x"]))
    x, y, hard_bin = (np.asarray(rows[name].fill_null(-1), dtype=np.int64) for name in ("x", "y", "hard_bin"))
    return Dies(wafer, x, y, hard_bin, np.asarray(rows["passed"].fill_null(False), dtype=bool), rows)


class WaferMap(Element, component="wafer_map.js"):
    """The map of a wafer; emits `die` with the die's number on a click.

    dies     that are drawn; colour: of each, a place in `palette`
    mark     which of them carry the outline of a rejected die
    value    of each die, told beside its X and Y with `unit` behind it; `number`: whether it is a whole one
    words    what the value is called, and what the outline says
    big      whether it is moved and pointed at
    chosen   the die that a ring is drawn around at first, later the one that is clicked; none below 0
    lie      how the wafer lies; by its own dies without it
    """

    def __init__(
        self, dies: Dies, colour: Integers, palette: Sequence[str], label: str, *, mark: Flags | None = None,
        value: Floats | Integers | None = None, unit: str = "", words: tuple[str, str] = ("", ""), big: bool = False,
        chosen: int = -1, lie: Lie | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        marked = np.zeros(0) if mark is None else np.flatnonzero(mark)
        self._props |= {
            "x": packed(dies.x, "<i4"), "y": packed(dies.y, "<i4"), "colour": packed(colour, "u1"),
            "mark": packed(marked, "<i4"), "value": "" if value is None else packed(value, "<f4"), "unit": unit,
            "words": list(words), "palette": list(palette), "label": label, "big": big,
            "chosen": chosen, "lie": asdict(lie or lie_of({}, [dies])),
        }  # fmt: skip


def packed(numbers: Any, kind: str) -> str:
    """Numbers as base64 of their bytes, which a browser takes a hundred thousand of at once."""
    return base64.b64encode(np.asarray(numbers).astype(kind).tobytes()).decode("ascii")


def bin_colours(dies: Dies, order: Sequence[int]) -> Integers:
    """The colour of each die by its hard bin; the fails in this order."""
    colours = np.full(len(dies), FAIL_COLOURS, dtype=np.int64)
    for place, number in enumerate(order):
        colours[dies.hard_bin == number] = min(place + 1, FAIL_COLOURS)
    colours[dies.passed] = PASS
    return colours


def fails_by_count(wafers: Sequence[Dies]) -> dict[int, int]:
    """How many dies of some wafers failed with each hard bin, the most frequent first."""
    failed = np.concatenate([dies.hard_bin[~dies.passed] for dies in wafers]) if wafers else np.zeros(0, np.int64)
    numbers, counts = np.unique(failed, return_counts=True)
    pairs = sorted(zip(numbers.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], str(pair[0])))
    return dict(pairs)


def value_colours(values: Floats, low: float, high: float) -> Integers:
    """The colour of each die by its reading between two ends; beyond them that of the end; the last for none."""
    known = np.isfinite(values)
    steps = np.clip((np.where(known, values, low) - low) / ((high - low) or 1.0), 0, 1) * (SCALE_CLASSES - 1)
    return np.where(known, (steps + 0.5).astype(np.int64), len(SCALE))


def robust_ends(values: Floats) -> tuple[float, float]:
    """The 1 % and 99 % quantiles of what was read."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = np.quantile(known, [0.01, 0.99]).tolist()
    return float(low), float(high)


def stacked(wafers: Sequence[Dies]) -> tuple[Dies, Integers, Integers]:
    """Every place of some wafers once: how many of them failed there, and how many were tested there.

    Returns  the places as dies (passed where none failed), fails and tested, int64 of shape (places,)
    """
    x, y = (np.concatenate([getattr(dies, name) for dies in wafers]) for name in ("x", "y"))
    failed = np.concatenate([~dies.passed for dies in wafers])
    places, where = np.unique(np.stack([x, y]), axis=1, return_inverse=True)
    fails = np.bincount(where.ravel(), weights=failed, minlength=places.shape[1]).astype(np.int64)
    tested = np.bincount(where.ravel(), minlength=places.shape[1]).astype(np.int64)
    none = np.full(places.shape[1], -1, dtype=np.int64)
    return Dies("", places[0], places[1], none, fails == 0, pa.table({"x": places[0]})), fails, tested


def scale_bar(low: str, high: str, told: str) -> str:
    """The colours of a map of readings between their ends, as HTML."""
    bar = "".join(f'<i style="background:{colour}"></i>' for colour in SCALE)
    return f'<p class="scale-bar">{escape(low)} <span>{bar}</span> {escape(high)} · {escape(told)}</p>'


def legend(
    say: Words, good: int, fails: Mapping[int, int], names: Mapping[int, str], rejected: int | None = None
) -> str:
    """The bins of some maps with their colours and counts, as HTML.

    fails     count by hard bin, the most frequent first; good: dies that passed
    rejected  dies that passed and that a screen rejected, where the lot was graded
    """
    cells = [("background:var(--pass)", say("pass"), good)]
    cells += [
        (f"background:var(--fail-{min(place + 1, FAIL_COLOURS)})", f"{number} {names.get(number, '')}".strip(), count)
        for place, (number, count) in enumerate(fails.items())
    ]
    if rejected is not None:
        look = "background:var(--paper);border:2px solid var(--ink)"
        cells.append((look, say("passed, and rejected by a screen"), rejected))
    made = "".join(
        f'<li><span style="{look}"></span>{escape(words)} <b>{count:,}</b></li>' for look, words, count in cells
    )
    return f'<ul class="map-legend">{made}</ul>'
