"""Stops of a chain, drawn: the worst ranked as bars, and time to survive against time to recover."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corecar.report.figures.axes import Axis, level_axis, upright_axis
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.figures.telling import told
from corecar.report.quantities import count, display_for

ROW, NAMES, WIDTH, ROOM = 20.0, 200.0, 640.0, 150.0
SHOWN = 20
HEIGHT, LEFT, TOP, BOTTOM, EDGE = 420.0, 60.0, 34.0, 46.0, 14.0
NAMED = 8
"""Dots that carry their name: those with the largest impact."""

Row = Mapping[str, Any]


def amount(value: float) -> str:
    """An amount of money with three digits: 816 M, 1.27 bn."""
    for size, name in ((1e12, "tn"), (1e9, "bn"), (1e6, "M")):
        if abs(value) >= size * 0.9995:
            return f"{value / size:#.3g}".rstrip(".") + f" {name}"
    return f"{value:,.0f}"


def impact_bars(rows: Sequence[Row], alt: str, money: Callable[[float], str] = amount) -> str:
    """The worst stops by performance impact, the index behind each; `rows` as `stress` answers them, worst first.

    money  tells an amount of money
    """
    hit = [row for row in rows if row["impact"] > 0][:SHOWN]
    most = max((row["impact"] for row in hit), default=1.0)
    bars = [_bar(row, place * ROW + 20, most, money) for place, row in enumerate(hit)]
    foot = len(hit) * ROW + 20
    beyond = sum(row["impact"] > 0 for row in rows) - len(hit)
    said = told(f"n = {count(len(rows))} stops")
    said += told(f"; {count(beyond)} more lose less") if beyond else ""
    return drawing(
        WIDTH,
        foot + 34,
        alt,
        label("value lost within the time to recover, beyond what is lost anyway", NAMES, 12, class_="small quiet"),
        *bars,
        element("path", class_="axis", d=f"M{NAMES:g} 20V{foot:g}", stroke_width=0.8),
        *([] if hit else [label("nothing is lost", NAMES + 8, 14 + ROW, class_="quiet")]),
        label(said, WIDTH - 2, foot + 14, class_="small quiet", anchor="end"),
        label("REI: impact as a part of that of the worst stop", WIDTH - 2, foot + 28, class_="small quiet",
              anchor="end"),
    )  # fmt: skip


def _bar(row: Row, top: float, most: float, money: Callable[[float], str]) -> str:
    length = max((WIDTH - NAMES - ROOM) * row["impact"] / most, 1.0)
    said = f"{money(row['impact'])}  ·  REI {row['exposure']:.2f}"
    return element(
        "g",
        title(f"{row['stop']}: {money(row['impact'])}, {_survives(row)}"),
        label(fitted(row["stop"], NAMES - 12), NAMES - 8, top + 14, anchor="end"),
        element("rect", class_="fail-2", x=NAMES, y=top + 4, width=length, height=ROW - 8),
        label(said, NAMES + length + 6, top + 14),
    )


def survival_scatter(rows: Sequence[Row], alt: str) -> str:
    """Time to survive over time to recover; below TTS = TTR something is lost. Endless times lie at the top."""
    display = display_for([10.0], None)
    wide = max(row["ttr_weeks"] for row in rows)
    right = WIDTH - 12
    along = Axis(0.0, wide * 1.15, LEFT, right, display)
    upright = Axis(0.0, wide * 2.0, HEIGHT - BOTTOM, TOP + EDGE, display)
    corner = min(along.high, upright.high)
    path = f"M{figure_number(along.place(0))} {figure_number(upright.place(0))}"
    path += f"L{figure_number(along.place(corner))} {figure_number(upright.place(corner))}"
    hit = [row for row in rows if row["impact"] > 0]
    return drawing(
        WIDTH,
        HEIGHT + 18,
        alt,
        *upright_axis(upright, LEFT, right, "time to survive [weeks]"),
        element("path", class_="derived", d=path),
        label("TTS = TTR", along.place(corner) - 4, upright.place(corner) - 6, class_="small accent", anchor="end"),
        *(_dot(row, along, upright) for row in rows),
        *_names(hit[:NAMED], along, upright),
        label(_above(rows, upright.high), LEFT, TOP - 18, class_="small quiet"),
        *level_axis(along, HEIGHT - BOTTOM, "time to recover [weeks]"),
        label(f"n = {count(len(rows))} stops", WIDTH - 2, HEIGHT - 4, class_="small quiet", anchor="end"),
        *_marks(),
    )  # fmt: skip


def _marks() -> list[str]:
    """What a cross, a dot and the line are."""
    y = HEIGHT + 10
    words = ("loses something before it recovers", "recovers in time", "TTS = TTR: just in time")
    drawn, left = [], LEFT
    for place, text in enumerate(words):
        if place == 0:
            drawn.append(element("path", class_="cross", d=_cross(left + 4, y - 3.5)))
        elif place == 1:
            drawn.append(element("circle", class_="dot", cx=left + 4, cy=y - 3.5, r=2.6))
        else:
            drawn.append(element("path", class_="derived", d=f"M{left - 6:g} {y - 3.5:g}h16"))
        drawn.append(label(text, left + 14, y, class_="small"))
        left += 40 + text_width(text, 10)
    return drawn


def _cross(x: float, y: float) -> str:
    return f"M{x - 3.2:.1f} {y - 3.2:.1f}l6.4 6.4m0 -6.4l-6.4 6.4"


def _above(rows: Sequence[Row], high: float) -> str:
    never = sum(row["tts_weeks"] is None for row in rows)
    beyond = sum(row["tts_weeks"] is not None and row["tts_weeks"] > high for row in rows)
    parts = [f"{count(never)} lose nothing however long"] if never else []
    parts += [f"{count(beyond)} survive longer"] if beyond else []
    return f"at the top: {', '.join(parts)}" if parts else ""


def _place(row: Row, along: Axis, upright: Axis) -> tuple[float, float]:
    beyond = row["tts_weeks"] is None or row["tts_weeks"] > upright.high
    return along.place(row["ttr_weeks"]), TOP - 4 if beyond else upright.place(row["tts_weeks"])


def _dot(row: Row, along: Axis, upright: Axis) -> str:
    x, y = _place(row, along, upright)
    said = title(f"{row['stop']}: recovers in {row['ttr_weeks']:g} weeks; {_survives(row)}")
    if row["impact"] > 0:
        return element("path", said, class_="cross", d=_cross(x, y))
    return element("circle", said, class_="dot", cx=x, cy=y, r=2.6)


LEVEL, LED = 3.5, 26.0
"""Foot of a name that is level with its point, and how far away one that is not stands beside it [drawing's units]."""


def _names(rows: Sequence[Row], along: Axis, upright: Axis) -> list[str]:
    """Names of the worst, each where no other one stands yet; one that gives way is led back to its point by a line."""
    drawn: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for row in rows:
        x, y = _place(row, along, upright)
        text = fitted(row["stop"], 130, 10)
        width = text_width(text, 10)
        to_right = x + LED + width < WIDTH
        for shift in (LEVEL, -7.5, 14.5, -18.5, 25.5):
            away = 6 if shift == LEVEL else LED
            start = x + away if to_right else x - away - width
            if all(abs(y + shift - other) > 10 or start > end or start + width < begin for begin, end, other in taken):
                taken.append((start, start + width, y + shift))
                if shift != LEVEL:
                    near, far = (x + 4, start - 2) if to_right else (x - 4, start + width + 2)
                    drawn.append(
                        element("path", class_="axis", d=f"M{near:.1f} {y:.1f}L{far:.1f} {y + shift - LEVEL:.1f}")
                    )
                drawn.append(label(text, start, y + shift, class_="small halo"))
                break
    return drawn


def _survives(row: Row) -> str:
    weeks = row["tts_weeks"]
    if weeks is None or math.isinf(weeks):
        return told("nothing is lost however long")
    return told(f"survives {weeks:.1f} weeks")
