"""The positions of a reticle as a grid: how many of the dies exposed at each failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.report.figures.palette import SCALE_CLASSES
from corecar.report.figures.scale import Scaling
from corecar.report.figures.svg import drawing, element, label, text_width, title
from corecar.report.quantities import plural, share

SIZE = 200.0
"""Width and height of the drawing, as of a wafer map beside it."""

GAP = 2.0


@dataclass(frozen=True)
class Position:
    """One position of a reticle: dies tested and failed there, and whether it repeats beyond chance."""

    tested: int
    failed: int
    repeats: bool


def reticle_map(rows: Sequence[Sequence[Position]], scale: Scaling, alt: str) -> str:
    """Positions as squares in the colours of the maps beside, their share written where there is room."""
    cell = min((SIZE - 12) / max(len(rows), len(rows[0])), 60.0)
    left, top = (SIZE - cell * len(rows[0])) / 2, (SIZE - cell * len(rows)) / 2
    drawn = [
        _square(position, (at_row, at_column), left + at_column * cell, top + at_row * cell, cell, scale)
        for at_row, row in enumerate(rows)
        for at_column, position in enumerate(row)
    ]
    return drawing(SIZE, SIZE, alt, *drawn)


def _square(position: Position, at: tuple[int, int], x: float, y: float, cell: float, scale: Scaling) -> str:
    value = position.failed / position.tested if position.tested else np.nan
    kind = int(scale.kinds(np.array([value]))[0])
    class_ = scale.classes(str)[kind][0]
    told = share(position.failed, position.tested)
    said = f"row {at[0]}, column {at[1]}: {position.failed:,} of {plural(position.tested, 'die')} failed ({told})"
    inner = cell - GAP
    shapes = [title(said), element("rect", class_=class_, x=x + 1, y=y + 1, width=inner, height=inner)]
    if position.repeats:
        box = {"x": x + 2, "y": y + 2, "width": inner - 2, "height": inner - 2}
        shapes.append(element("rect", class_="cross", **box, stroke_width=2.0))
    if text_width(told, 10) < inner - 4:
        middle = (x + cell / 2, y + cell / 2)
        tone = "on-dark" if kind < SCALE_CLASSES // 2 else "on-bright"
        shapes.append(label(told, middle[0], middle[1] + 3.5, class_=f"small {tone}", anchor="middle"))
    return element("g", *shapes)
