"""When which test of a qualification runs: a line for each test and lot, product by product, on one scale of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from corecar.chain.weeks import week_name
from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

ROW, NAMES, WIDTH, HEAD, TITLE, LINE = 15.0, 210.0, 860.0, 34.0, 24.0, 17.0
PLACE = 56.0
"""Room for the name of a week."""


@dataclass(frozen=True)
class Bar:
    """One test of one lot, in weeks from the first one of the drawing.

    busy      weeks on its equipment, from the first; length: until all of it is done
    readings  weeks after the start in which a tester reads it
    decides   whether the product's end waits for it
    """

    name: str
    start: int
    busy: int
    length: int
    readings: tuple[int, ...]
    decides: bool
    said: str


@dataclass(frozen=True)
class Lane:
    """A product: its bars, and the week in which it is submitted, counted likewise."""

    name: str
    bars: Sequence[Bar]
    ppap: int


def gantt(lanes: Sequence[Lane], first: date, alt: str) -> str:
    """Bars as long as the work takes; what decides the end is marked by colour and a diamond; the submission a line.

    first  the Monday of the first week
    """
    weeks = max(lane.ppap for lane in lanes) + 1
    cell = (WIDTH - NAMES - PLACE) / weeks
    drawn, top = [], HEAD
    for lane in lanes:
        drawn.append(_lane(lane, top, cell, first))
        top += TITLE + ROW * len(lane.bars) + 8
    return drawing(WIDTH, top + 2 * LINE, alt, *weeks_above(first, weeks, cell, top), *drawn, *_legend(top + LINE))


def weeks_above(first: date, weeks: int, cell: float, bottom: float) -> list[str]:
    """Names of weeks above, as many as have room, and a faint line below each."""
    step = max(1, -(-int(PLACE) // max(int(cell), 1)))
    drawn = []
    for week in range(0, weeks, step):
        x = NAMES + week * cell
        drawn.append(element("path", class_="grid", d=f"M{x:.2f} {HEAD - 10:g}V{bottom:g}"))
        drawn.append(label(_week(first, week), x, HEAD - 16, class_="small"))
    return drawn


def _week(first: date, week: int) -> str:
    return week_name(first + timedelta(weeks=week))


def _lane(lane: Lane, top: float, cell: float, first: date) -> str:
    bars = [_bar(bar, top + TITLE + place * ROW, cell) for place, bar in enumerate(lane.bars)]
    x = NAMES + (lane.ppap + 1) * cell
    bottom = top + TITLE + ROW * len(lane.bars)
    end = f"PPAP {_week(first, lane.ppap)}"
    line = element("path", class_="derived", d=f"M{x:.2f} {top + 16:g}V{bottom:g}")
    place = min(x, WIDTH - text_width(end, 10))
    return element("g", label(fitted(lane.name, NAMES + 200), 8, top + 12), line, *bars,
                   label(end, place, top + 12, class_="small", anchor="middle" if place == x else "start"))  # fmt: skip


def _bar(bar: Bar, top: float, cell: float) -> str:
    left, end = NAMES + bar.start * cell, NAMES + (bar.start + bar.length) * cell
    busy = "late" if bar.decides else "in-time"
    parts = []
    if bar.busy:
        parts.append(element("rect", class_=busy, x=left, y=top + 3, width=bar.busy * cell, height=ROW - 6))
    if bar.length > bar.busy:
        rest = (bar.length - bar.busy) * cell
        parts.append(element("rect", class_="unknown", x=left + bar.busy * cell, y=top + 3, width=rest, height=ROW - 6))
    for week in bar.readings:
        at = left + (week + 0.5) * cell
        parts.append(element("circle", class_="dot", cx=at, cy=top + ROW / 2, r=2.2))
    if bar.decides:
        parts.append(_diamond(end + 7, top + ROW / 2))
    name = label(fitted(bar.name, NAMES - 12, 10), NAMES - 8, top + 11, class_="small", anchor="end")
    return element("g", title(bar.said), name, *parts)


def _diamond(x: float, y: float) -> str:
    return element("path", class_="spec", d=f"M{x - 4:.2f} {y:.2f}l4 -4l4 4l-4 4z")


def _legend(y: float) -> list[str]:
    """What each mark means."""
    marks = (
        ("on its equipment", element("rect", class_="in-time", x=0, y=-9, width=14, height=9)),
        ("read, looked at or reported", element("rect", class_="unknown", x=0, y=-9, width=14, height=9)),
        ("read by a tester", element("circle", class_="dot", cx=7, cy=-4.5, r=2.2)),
        (
            "the submission waits for it",
            element("rect", class_="late", x=0, y=-9, width=14, height=9) + _diamond(22, -4),
        ),
    )
    drawn, left = [], 8.0
    for text, mark in marks:
        room = 34 if "waits" in text else 20
        drawn.append(element("g", mark, label(text, room, 0, class_="small"), transform=f"translate({left:g} {y:g})"))
        left += room + 20 + text_width(text, 10)
    return drawn
