"""What stopped lots cost each program: what is lost if nobody plans again, and what of it a new plan wins back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title
from corecar.report.printable import printable
from corecar.report.quantities import count

ROW, NAMES, WIDTH, ROOM, HEAD, LINE = 20.0, 150.0, 640.0, 110.0, 20.0, 16.0


@dataclass(frozen=True)
class Lost:
    """One program: pieces it never gets if nobody plans again, and with the new plan."""

    name: str
    without: float
    planned: float

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Lost all the same, won back by the new plan, given up by it for others."""
        same = min(self.without, self.planned)
        return same, self.without - same, self.planned - same


def lost_of(rows: Sequence[Mapping[str, Any]]) -> list[Lost]:
    """The programs that lose anything, of the rows that `impact` answers."""
    return [
        Lost(printable(str(row["demand"]), 60), max(row["never_without"], 0), max(row["never"], 0))
        for row in rows
        if row["never_without"] > 0 or row["never"] > 0
    ]


def lost_bars(rows: Sequence[Lost], alt: str) -> str:
    """Bars as long as what is lost, all on one scale, both figures behind each; the legend below."""
    most = max((max(row.without, row.planned) for row in rows), default=1.0) or 1.0
    scale = (WIDTH - NAMES - ROOM) / most
    drawn = [_bar(row, HEAD + place * ROW, scale) for place, row in enumerate(rows)]
    bottom = HEAD + len(rows) * ROW
    axis = element("path", class_="axis", d=f"M{NAMES:g} {HEAD:g}V{bottom:g}", stroke_width=0.8)
    head = label("pieces that never come: without planning again → planned again", NAMES, 12, class_="small quiet")
    legend = _legend(rows, bottom + LINE)
    return drawing(WIDTH, bottom + LINE * len(legend) + 8, alt, head, *drawn, axis, *legend)


PARTS = ("short", "in-time", "late")


def _bar(row: Lost, top: float, scale: float) -> str:
    drawn, left = [], NAMES
    for class_, length in zip(PARTS, row.lengths, strict=True):
        if length > 0:
            drawn.append(element("rect", class_=class_, x=left, y=top + 4, width=length * scale, height=ROW - 8))
        left += length * scale
    said = f"{count(round(row.without))} → {count(round(row.planned))}"
    return element(
        "g",
        title(f"{row.name}: {said}"),
        label(fitted(row.name, NAMES - 10), NAMES - 8, top + 14, anchor="end"),
        *drawn,
        label(said, max(left, NAMES + 1) + 6, top + 14, class_="small"),
    )


def _legend(rows: Sequence[Lost], top: float) -> list[str]:
    """A line for each colour that is there."""
    words = (
        "lost all the same",
        "won back by planning again",
        "lost besides, since the new plan gives it to others",
    )
    there = [
        (class_, text)
        for place, (class_, text) in enumerate(zip(PARTS, words, strict=True))
        if any(row.lengths[place] > 0 for row in rows)
    ]
    drawn, left, line = [], NAMES, 0
    for class_, text in there:
        wide = 30 + text_width(text, 10)
        if left + wide > WIDTH and left > NAMES:
            left, line = NAMES, line + 1
        at = top + line * LINE
        swatch = element("rect", class_=class_, x=left, y=at - 9, width=12, height=10)
        drawn.append(element("g", swatch, label(text, left + 17, at, class_="small")))
        left += wide
    return drawn
