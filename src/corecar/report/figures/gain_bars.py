"""What each of a few measures gains: a bar as long as the gain, and paler behind it what it could gain at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title
from corecar.report.quantities import count

ROW = 22.0
LABEL = 300.0
WIDTH = 640.0
ROOM = 96.0
FOOT = 26.0


@dataclass(frozen=True)
class Gain:
    """One measure: pieces gained, and the most that could be; both at least 0."""

    name: str
    gained: float
    most: float


def gain_bars(rows: Sequence[Gain], words: tuple[str, str], alt: str) -> str:
    """Bars on one scale, in the order given; figures behind each.

    words   what the full bar is, and what the paler one is
    """
    longest = max((max(row.gained, row.most) for row in rows), default=1.0) or 1.0
    scale = (WIDTH - LABEL - ROOM) / longest
    drawn = [_bar(row, place * ROW, scale, words) for place, row in enumerate(rows)]
    bottom = len(rows) * ROW
    axis = element("path", class_="axis", d=f"M{LABEL:g} 0V{bottom:g}", stroke_width=0.8)
    return drawing(WIDTH, bottom + FOOT, alt, *drawn, axis, *_legend(bottom + 18, words))


def _bar(row: Gain, top: float, scale: float, words: tuple[str, str]) -> str:
    reach = max(row.gained, row.most)
    parts = [
        element("rect", class_=class_, x=LABEL, y=top + 4, width=length * scale, height=ROW - 8)
        for class_, length in (("late", reach), ("in-time", row.gained))
        if length > 0
    ]
    said = f"{row.name}: {count(round(row.gained))} {words[0]}, {count(round(row.most))} {words[1]}"
    behind = count(round(row.gained)) + (f" ({count(round(row.most))})" if round(row.most) > round(row.gained) else "")
    return element(
        "g",
        title(said),
        label(fitted(row.name, LABEL - 10), LABEL - 8, top + 15, anchor="end"),
        *parts,
        label(behind, LABEL + reach * scale + 6, top + 15, class_="small"),
    )


def _legend(y: float, words: tuple[str, str]) -> list[str]:
    drawn, left = [], LABEL
    for class_, text in zip(("in-time", "late"), words, strict=True):
        drawn.append(element("rect", class_=class_, x=left, y=y - 9, width=12, height=10))
        drawn.append(label(text, left + 17, y, class_="small"))
        left += 34 + text_width(text, 10)
    return drawn
