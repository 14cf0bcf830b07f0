"""Events over time: a line for each kind of event, a dot where one happened, a larger one where several did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

WIDTH, NAMES, ROW, HEAD, EDGE, CLOSE = 1040.0, 110.0, 26.0, 28.0, 24.0, 7.0
DAY = timedelta(days=1)
STEPS = (1, 2, 7, 14, 28, 91, 182, 364, 728, 1820)
"""Days between two marks, the first that has room."""


@dataclass(frozen=True)
class Happened:
    """An event. name: what stands beside its dot; said: all of it."""

    at: datetime
    kind: str
    name: str
    said: str


def event_line(events: Sequence[Happened], alt: str) -> str:
    """The drawing. events: in order of time, at least one"""
    kinds = list(dict.fromkeys(event.kind for event in events))
    first, last = events[0].at, events[-1].at
    span = max((last - first).total_seconds(), 1.0)

    def x(moment: datetime) -> float:
        return NAMES + (WIDTH - NAMES - EDGE) * (moment - first).total_seconds() / span

    bottom = HEAD + ROW * len(kinds)
    drawn = _days(first, last, bottom)
    for row, kind in enumerate(kinds):
        y = HEAD + row * ROW + ROW / 2
        drawn.append(element("path", class_="grid", d=f"M{NAMES:g} {y:g}H{WIDTH - EDGE:g}"))
        drawn.append(label(fitted(kind, NAMES - 20), NAMES - 14, y + 4, anchor="end"))
        drawn += _dots([event for event in events if event.kind == kind], x, y)
    return drawing(WIDTH, bottom + 6, alt, *drawn)


def _days(first: datetime, last: datetime, bottom: float) -> list[str]:
    """Dates above, as many as have room, and a faint line below each."""
    span = max((last - first).total_seconds(), 1.0)
    days = span / DAY.total_seconds()
    room = (WIDTH - NAMES - EDGE) / (text_width("2026-03-02", 10) + 16)
    step = next((step for step in STEPS if days / step <= room), STEPS[-1])
    at = datetime(first.year, first.month, first.day, tzinfo=first.tzinfo)
    drawn = []
    while at <= last:
        if at >= first or at.date() == first.date():
            x = NAMES + (WIDTH - NAMES - EDGE) * max((at - first).total_seconds(), 0.0) / span
            drawn.append(element("path", class_="grid", d=f"M{x:.1f} {HEAD - 8:g}V{bottom:g}"))
            drawn.append(label(f"{at:%Y-%m-%d}", min(x, WIDTH - 70), HEAD - 14, class_="small quiet"))
        at += step * DAY
    return drawn


def _dots(events: Sequence[Happened], x: Callable[[datetime], float], y: float) -> list[str]:
    """A dot for each event, one for those that would cover each other; names where they have room."""
    groups: list[list[Happened]] = []
    for event in events:
        if groups and x(event.at) - x(groups[-1][-1].at) < CLOSE:
            groups[-1].append(event)
        else:
            groups.append([event])
    drawn, end = [], NAMES
    for place, group in enumerate(groups):
        at = (x(group[0].at) + x(group[-1].at)) / 2
        room = (x(groups[place + 1][0].at) if place + 1 < len(groups) else WIDTH) - at - 18
        text = group[0].name if len(group) == 1 else f"{len(group):,}"
        several = len(group) > 1
        dot = element("circle", class_="dot", cx=at, cy=y, r=5.5 if several else 4)
        told = "; ".join(event.said for event in group[:6]) + (f"; and {len(group) - 6:,} more" if group[6:] else "")
        drawn.append(element("g", title(told), dot, *_named(text, at, y, room, at - end)))
        end = at
    return drawn


def _named(text: str, at: float, y: float, right: float, left: float) -> list[str]:
    """A name beside its dot where it has room, rather right than left; none where it has not."""
    wide = text_width(text, 10)
    if wide <= right:
        return [label(text, at + 9, y + 4, class_="small")]
    return [label(text, at - 9, y + 4, class_="small", anchor="end")] if wide + 40 <= left else []
