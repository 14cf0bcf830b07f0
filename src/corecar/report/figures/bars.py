"""Bars of counts, most first: which bins the parts fell into."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, fitted, label, title
from corecar.report.quantities import count, share

ROW = 20.0
LABEL = 210.0
WIDTH = 640.0
ROOM = 118.0
"""Space to the right of the longest bar for its count and share."""


@dataclass(frozen=True)
class Bar:
    """One bar: its label, how many parts, its colour class, and whether it is a screen's own bin (outlined)."""

    label: str
    parts: int
    class_: str
    struck: bool = False


def bar_chart(bars: list[Bar], whole: int, alt: str, *, of: int = 0) -> str:
    """Horizontal bars with count and share of `whole` behind each, in the order given.

    of   when given, the share of so many parts that the bars make up to each one stands there too
    """
    most = max((bar.parts for bar in bars), default=1) or 1
    so_far = [share(sum(bar.parts for bar in bars[: place + 1]), of) if of else "" for place in range(len(bars))]
    rows = [_bar(bar, place * ROW, most, whole, so_far[place]) for place, bar in enumerate(bars)]
    height = len(bars) * ROW + 16
    corner = label(f"n = {count(whole)}", WIDTH, height - 2, class_="quiet small", anchor="end")
    axis = element("path", class_="axis", d=f"M{LABEL:g} 0V{len(bars) * ROW:g}", stroke_width=0.8)
    return drawing(WIDTH, height, alt, *rows, axis, corner)


def _bar(bar: Bar, top: float, most: int, whole: int, so_far: str) -> str:
    room = ROOM + 62 if so_far else ROOM
    length = max((WIDTH - LABEL - room) * bar.parts / most, 1.0)
    shape = {"x": LABEL, "y": top + 4, "width": length, "height": ROW - 8}
    said = f"{count(bar.parts)}  ·  {share(bar.parts, whole)}" + (f"  ·  Σ {so_far}" if so_far else "")
    return element(
        "g",
        title(f"{bar.label}: {said}"),
        label(fitted(bar.label, LABEL - 10), LABEL - 8, top + 14, anchor="end"),
        element("rect", class_="reject" if bar.struck else bar.class_, **shape),
        label(said, LABEL + length + 6, top + 14),
    )
