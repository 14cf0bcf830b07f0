"""A part of a whole before and after, a row each: a ring for before, a dot for after, a line between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

ROW, NAMES, WIDTH, ROOM, TOP, FOOT = 20.0, 190.0, 640.0, 116.0, 18.0, 26.0
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Moved:
    """One row: its name, and its part of the whole before and after (0 to 1)."""

    name: str
    before: float
    after: float


def before_after(rows: Sequence[Moved], words: tuple[str, str], axis: str, alt: str) -> str:
    """Rows in the order given, on one axis from 0 to 100 %.

    words  what the ring is, and what the dot is; axis: what is shown
    """
    scale = WIDTH - NAMES - ROOM
    bottom = TOP + len(rows) * ROW
    drawn = [label(axis, NAMES, 10, class_="small quiet")]
    for step in STEPS:
        at = NAMES + step * scale
        drawn.append(element("path", class_="grid", d=f"M{at:g} {TOP:g}V{bottom:g}", stroke_width=0.8))
        drawn.append(label(f"{step:.0%}", at, bottom + 11, class_="small quiet", anchor="middle"))
    for place, row in enumerate(rows):
        drawn.append(_row(row, TOP + place * ROW + ROW / 2, scale, words))
    return drawing(WIDTH, bottom + FOOT + 6, alt, *drawn, *_legend(bottom + FOOT, words))


def _row(row: Moved, y: float, scale: float, words: tuple[str, str]) -> str:
    before, after = (NAMES + min(max(part, 0.0), 1.0) * scale for part in (row.before, row.after))
    said = f"{row.name}: {words[0]} {row.before:.1%}, {words[1]} {row.after:.1%}"
    return element(
        "g",
        title(said),
        label(fitted(row.name, NAMES - 12), NAMES - 8, y + 4, anchor="end"),
        element("path", class_="link", d=f"M{before:.2f} {y:g}H{after:.2f}"),
        element("circle", class_="ring", cx=before, cy=y, r=4),
        element("circle", class_="dot", cx=after, cy=y, r=4),
        label(f"{row.before:.1%} → {row.after:.1%}", NAMES + scale + 8, y + 4, class_="small"),
    )


def _legend(y: float, words: tuple[str, str]) -> list[str]:
    drawn, left = [], NAMES
    for class_, text in zip(("ring", "dot"), words, strict=True):
        drawn.append(element("circle", class_=class_, cx=left + 4, cy=y - 4, r=4))
        drawn.append(label(text, left + 13, y, class_="small"))
        left += 34 + text_width(text, 10)
    return drawn
