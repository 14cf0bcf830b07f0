"""Supplied against wanted, a bar per program: what comes in time, what comes late, what is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title
from corecar.report.quantities import count

ROW = 20.0
LABEL = 150.0
WIDTH = 640.0
ROOM = 182.0
FOOT = 26.0
PARTS = (("in-time", "in time"), ("late", "late"), ("short", "short"))


@dataclass(frozen=True)
class Supply:
    """One program: pieces wanted, supplied late, and short."""

    name: str
    wanted: float
    late: float
    short: float

    @property
    def lengths(self) -> tuple[float, float, float]:
        """In time, late, short."""
        return max(self.wanted - self.late - self.short, 0.0), min(self.late, self.wanted - self.short), self.short


def supply_bars(rows: Sequence[Supply], unit: str, alt: str) -> str:
    """Bars as long as what is wanted, all on one scale; the figures behind each.

    unit  what is counted, such as `vehicles`
    """
    most = max((row.wanted for row in rows), default=1.0) or 1.0
    scale = (WIDTH - LABEL - ROOM) / most
    drawn = [_bar(row, place * ROW, scale) for place, row in enumerate(rows)]
    bottom = len(rows) * ROW
    drawn.append(element("path", class_="axis", d=f"M{LABEL:g} 0V{bottom:g}", stroke_width=0.8))
    return drawing(WIDTH, bottom + FOOT, alt, *drawn, *_legend(bottom + 18, unit))


def _bar(row: Supply, top: float, scale: float) -> str:
    drawn, left = [], LABEL
    for (class_, _), length in zip(PARTS, row.lengths, strict=True):
        width = length * scale
        if width > 0:
            drawn.append(element("rect", class_=class_, x=left, y=top + 4, width=width, height=ROW - 8))
        left += width
    said = f"{count(round(row.wanted))} wanted"
    if round(row.late):
        said += f", {count(round(row.late))} late"
    if round(row.short):
        said += f", {count(round(row.short))} short"
    return element(
        "g",
        title(f"{row.name}: {said}"),
        label(fitted(row.name, LABEL - 10), LABEL - 8, top + 14, anchor="end"),
        *drawn,
        label(_behind(row), max(left, LABEL + 1) + 6, top + 14, class_="small"),
    )


def _behind(row: Supply) -> str:
    """What stands behind a bar: how much of it comes."""
    fill = 1 - row.short / row.wanted if row.wanted else 1.0
    on_time = row.lengths[0] / row.wanted if row.wanted else 1.0
    return f"{count(round(row.wanted))} · {fill:.1%} · in time {on_time:.0%}"


def _legend(y: float, unit: str) -> list[str]:
    drawn, left = [], LABEL
    for class_, text in PARTS:
        drawn.append(element("rect", class_=class_, x=left, y=y - 9, width=12, height=10))
        drawn.append(label(text, left + 17, y, class_="small"))
        left += 30 + text_width(text, 10)
    drawn.append(label(f"{unit} wanted · supplied · in time", WIDTH, y, class_="small quiet", anchor="end"))
    return drawn
