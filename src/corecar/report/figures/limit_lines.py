"""Limits as labelled lines over a drawing, upright or across, their labels apart from one another."""

from __future__ import annotations

from collections.abc import Sequence

from corecar.report.figures.axes import Axis
from corecar.report.figures.histogram import Line, side_by_side
from corecar.report.figures.svg import element, figure_number, fitted, label, text_width, title

WIDEST = 134.0
"""Room for a label at the right of a drawing at most."""


def room_for(lines: Sequence[Line]) -> float:
    """Space at the right of a drawing for the labels of its limits; a longer one is cut."""
    return max([60.0, *(min(text_width(_words(line), 10), WIDEST) + 8 for line in lines)])


def _words(line: Line) -> str:
    """What a limit is, in short where that is too long for the margin."""
    return line.label if line.label and text_width(line.label, 10) <= WIDEST else line.short


def limits_across(axis: Axis, lines: Sequence[Line], left: float, right: float) -> list[str]:
    """Limits as lines across a drawing whose values go up; labels at the right, apart from one another."""
    drawn = []
    shown = [line for line in lines if axis.shows(line.value)]
    for line in shown:
        path = f"M{left:g} {figure_number(axis.place(line.value))}H{right:g}"
        drawn.append(element("path", title(line.label), class_="derived" if line.derived else "spec", d=path))
    shown = sorted((line for line in shown if line.short), key=lambda line: -line.value)
    top, bottom = min(axis.start, axis.end), max(axis.start, axis.end)
    wanted = [axis.place(line.value) - 5 for line in shown]
    for line, at in zip(shown, side_by_side(wanted, [10.0] * len(shown), top - 6, bottom + 6, 2), strict=True):
        class_ = "small accent" if line.derived else "small"
        drawn.append(label(fitted(_words(line), WIDEST, 10), right + 5, at + 8.5, class_=class_))
    return drawn


def limits_upright(axis: Axis, lines: Sequence[Line], top: float, bottom: float) -> list[str]:
    """Limits as upright lines over a drawing whose values go along it."""
    return [
        element(
            "path",
            title(line.label),
            class_="derived" if line.derived else "spec",
            d=f"M{figure_number(axis.place(line.value))} {top:g}V{bottom:g}",
        )
        for line in lines
        if axis.shows(line.value)
    ]


def labels_above(axis: Axis, lines: Sequence[Line], y: float, width: float) -> list[str]:
    """What each upright limit is, in one row above the drawing; in short where the row is too long."""
    shown = sorted((line for line in lines if line.short and axis.shows(line.value)), key=lambda line: line.value)
    texts = [line.label for line in shown]
    if sum(text_width(text, 10) + 6 for text in texts) > width - 4:
        texts = [line.short for line in shown]
    widths = [text_width(text, 10) for text in texts]
    wanted = [axis.place(line.value) - across / 2 for line, across in zip(shown, widths, strict=True)]
    starts = side_by_side(wanted, widths, 2, width - 2)
    return [
        label(text, start, y, class_="small accent" if line.derived else "small")
        for line, text, start in zip(shown, texts, starts, strict=True)
    ]
