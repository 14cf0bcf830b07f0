"""A wafer on a canvas: as many dies as there are, moved with mouse or arrows, a die told by pointing at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from nicegui.element import Element

from corecar.report.figures.palette import FAIL_COLOURS, RULES, SCALE_CLASSES
from corecar.words import Words

Row = Mapping[str, Any]
PASS, UNKNOWN = 0, FAIL_COLOURS + 1
BINS = ("--pass", *(f"--fail-{rank}" for rank in range(1, FAIL_COLOURS + 1)), "--unknown")
"""Colours of a map of bins: pass, fails in the order of their counts, not tested."""
SCALE = tuple(RULES[f".scale-{step}"].removeprefix("fill:") for step in range(SCALE_CLASSES))
"""Colours of a map of readings."""


class WaferMap(Element, component="wafer_map.js"):
    """The map of a wafer.

    x, y     of each die
    colour   of each die, a place in `palette`; told: what is said of each to who points at it
    big      whether it is moved and pointed at; emits `die` with the die's number on a click
    """

    def __init__(
        self, x: Sequence[int], y: Sequence[int], colour: Sequence[int], palette: Sequence[str], label: str, *,
        told: Sequence[str] = (), big: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self._props |= {
            "x": list(x), "y": list(y), "colour": list(colour), "palette": list(palette), "label": label,
            "told": list(told), "big": big,
        }  # fmt: skip


def bin_colours(rows: Sequence[Row], order: Sequence[int]) -> list[int]:
    """The colour of each die by its hard bin; the fails in this order."""
    rank = {number: min(place + 1, FAIL_COLOURS) for place, number in enumerate(order)}
    return [PASS if row["passed"] else rank.get(row["hard_bin"], FAIL_COLOURS) for row in rows]


def fails_by_count(rows: Sequence[Row]) -> list[int]:
    """Hard bins of failed dies, the most frequent first."""
    counts = Counter(row["hard_bin"] for row in rows if not row["passed"])
    return [number for number, _ in sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))]


def value_colours(values: Sequence[float | None], low: float, high: float) -> list[int]:
    """The colour of each die by its reading between two ends; beyond them that of the end; the last for none."""
    span = high - low or 1.0
    return [
        len(SCALE) if value is None or not np.isfinite(value) else
        int(np.clip((value - low) / span * (SCALE_CLASSES - 1), 0, SCALE_CLASSES - 1) + 0.5)
        for value in values
    ]  # fmt: skip


def robust_ends(values: Sequence[float | None]) -> tuple[float, float]:
    """The 1 % and 99 % quantiles of what was read."""
    known = np.array([value for value in values if value is not None and np.isfinite(value)])
    if not len(known):
        return 0.0, 1.0
    low, high = np.quantile(known, [0.01, 0.99]).tolist()
    return float(low), float(high)


def legend(say: Words, rows: Sequence[Row], order: Sequence[int], names: Mapping[int, str]) -> str:
    """The bins of some maps with their colours and counts, as HTML."""
    counts = Counter(row["hard_bin"] for row in rows if not row["passed"])
    good = sum(bool(row["passed"]) for row in rows)
    cells = [("--pass", say("pass"), good)]
    cells += [
        (f"--fail-{min(place + 1, FAIL_COLOURS)}", f"{number} {names.get(number, '')}".strip(), counts[number])
        for place, number in enumerate(order)
    ]
    from html import escape

    made = "".join(
        f'<li><span style="background:var({colour})"></span>{escape(words)} <b>{count:,}</b></li>'
        for colour, words, count in cells
    )
    return f'<ul class="map-legend">{made}</ul>'
