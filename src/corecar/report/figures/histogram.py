"""Distributions of one test: readings, spec limits solid, derived limits dashed or a band, rejected parts marked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float64Array
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import Display, count, number

WIDTH, HEIGHT = 360.0, 214.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 53.0, 40.0
LABEL_ROW = 11.0
MARKS_AT_MOST = 150


@dataclass(frozen=True)
class Line:
    """A limit: where [the test's unit], what is written at it, and how it is drawn.

    label    nothing is written where it is empty
    short    what is written instead where the labels of a row are too long for the drawing
    derived  a limit that screening derived (dashed), not the test's own (solid)
    low      a low limit: its label stands to the left of it
    """

    value: float
    label: str
    short: str
    derived: bool
    low: bool


@dataclass(frozen=True)
class View:
    """The part of the axis that is drawn, and its classes [the test's unit]."""

    low: float
    high: float
    edges: Float64Array

    def place(self, value: float) -> float:
        """Where a value stands in the drawing."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.low) / (self.high - self.low)


def view_of(values: Float64Array, limits: list[float]) -> View:
    """The stretch of axis that shows the readings and those limits that lie near them.

    values  finite readings, shape (readings,)
    Readings beyond 12 robust sigmas of the middle half do not widen the view; they are marked at its edge.
    """
    q1, median, q3 = np.percentile(values, (25, 50, 75))
    reach = 12 * (q3 - q1) / 1.35
    near = values[np.abs(values - median) <= reach] if reach > 0 else values
    low, high = float(near.min()), float(near.max())
    span = (high - low) or abs(median) * 0.02 or 1.0
    for limit in limits:
        if low - 2.0 * span <= limit <= high + 2.0 * span:
            low, high = min(low, limit), max(high, limit)
    span = (high - low) or span
    low, high = low - 0.05 * span, high + 0.05 * span
    step = _coarse_step(near, high - low)
    if step:
        low, high = min(low, float(near.min()) - step / 2), max(high, float(near.max()) + step / 2)
        return View(low, high, _stepped_edges(float(near.min()), step, low, high))
    return View(low, high, _even_edges(near, low, high))


def _coarse_step(values: Float64Array, span: float) -> float:
    """The step of readings that come in few steps, so that each gets a bar of its own; else 0."""
    distinct = np.unique(values)
    if not 1 < len(distinct) <= 200:
        return 0.0
    step = float(np.diff(distinct).min())
    return step if step > 0 and span / step <= 90 else 0.0


def _stepped_edges(first: float, step: float, low: float, high: float) -> Float64Array:
    """Edges half a step beside the readings, over the whole view."""
    start = first - step / 2 - step * math.ceil(max(first - step / 2 - low, 0.0) / step)
    return np.asarray(start + step * np.arange(math.ceil((high - start) / step) + 1), dtype=np.float64)


def _even_edges(values: Float64Array, low: float, high: float) -> Float64Array:
    """Edges of 12 to 60 classes, as wide as Freedman and Diaconis advise."""
    spread = float(np.subtract(*np.percentile(values, (75, 25))))
    width = 2 * spread / len(values) ** (1 / 3) if spread > 0 else (high - low) / 20
    classes = int(min(max((high - low) / width, 12), 60))
    return np.linspace(low, high, classes + 1)


def histogram(
    values: Float64Array,
    good: BoolArray,
    rejected: BoolArray,
    lines: list[Line],
    display: Display,
    axis: str,
    alt: str,
    *,
    view: View | None = None,
    apart: Float64Array | None = None,
) -> str:
    """Good parts' readings as bars, other parts' readings stacked on them, rejected good parts as marks below.

    values    finite readings, shape (readings,) [the test's unit]
    good      the tester called the part good
    rejected  a screen rejected the part by this test
    lines     limits [the test's unit]; several derived ones of a side are the ends of a band
    axis      name of the axis without unit
    view      the part of the axis to draw, where several drawings share it
    apart     readings marked as rejected that are in no bar any more
    """
    view = view or view_of(values, [line.value for line in lines])
    marked = values[rejected] if apart is None else apart
    kept = np.histogram(values[good], view.edges)[0]
    others = np.histogram(values[~good], view.edges)[0]
    unit = f" ({display.scale.unit})" if display.scale.unit else ""
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *_bands(view, lines),
        *_count_axis(int((kept + others).max())),
        *_bars(view, kept, others, display),
        element("path", class_="axis", d=f"M{LEFT:g} {HEIGHT - BOTTOM:g}H{WIDTH - RIGHT:g}", stroke_width=0.8),
        *_value_axis(view, display),
        *_limit_lines(view, lines),
        *_rejected_marks(view, marked, display),
        *_axis_name(view, values, axis, unit),
        label(f"n = {count(len(values))}", WIDTH - RIGHT, 10, class_="small quiet", anchor="end"),
    )


def _count_axis(most: int) -> list[str]:
    """The highest count as the one mark of the count axis."""
    height = HEIGHT - BOTTOM - TOP
    top = figure_number(HEIGHT - BOTTOM - height * 0.94)
    return [
        element("path", class_="grid", d=f"M{LEFT:g} {top}H{WIDTH - RIGHT:g}"),
        label(count(most), LEFT - 5, float(top) + 4, class_="small quiet", anchor="end"),
        label("0", LEFT - 5, HEIGHT - BOTTOM + 3, class_="small quiet", anchor="end"),
        label("parts", LEFT - 5, HEIGHT - BOTTOM - height / 2, class_="small quiet", anchor="end"),
    ]


def _bars(view: View, kept: npt.NDArray[np.int64], others: npt.NDArray[np.int64], display: Display) -> list[str]:
    scale = (HEIGHT - BOTTOM - TOP) * 0.94 / max(int((kept + others).max()), 1)
    bars = []
    for i in np.flatnonzero(kept + others):
        left = max(view.place(view.edges[i]), LEFT)
        right = min(view.place(view.edges[i + 1]), WIDTH - RIGHT)
        base = HEIGHT - BOTTOM
        said = f"{display.show(view.edges[i])} to {display.show(view.edges[i + 1], unit=True)}: {kept[i]:,} good parts"
        shapes = [title(said + (f", {others[i]:,} others" if others[i] else ""))]
        for class_, parts in (("pass", int(kept[i])), ("failed", int(others[i]))):
            if parts:
                high = max(parts * scale, 0.8)
                base -= high
                shapes.append(
                    element("rect", class_=class_, x=left, y=base, width=max(right - left - 0.5, 0.6), height=high)
                )
        bars.append(element("g", *shapes))
    return bars


def _value_axis(view: View, display: Display) -> list[str]:
    low, high = display.scale.of(view.low), display.scale.of(view.high)
    step, decimals = nice_step(high - low, 5)
    marks = []
    for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        x = LEFT + (WIDTH - LEFT - RIGHT) * (i * step - low) / (high - low)
        marks.append(element("path", class_="axis", d=f"M{figure_number(x)} {HEIGHT - BOTTOM:g}v4", stroke_width=0.8))
        marks.append(label(number(i * step, decimals), x, HEIGHT - BOTTOM + 15, class_="small", anchor="middle"))
    return marks


def nice_step(span: float, marks: int) -> tuple[float, int]:
    """A step of 1, 2 or 5 times a power of ten that gives about so many marks, and the decimals it needs.

    >>> nice_step(9.0, 5), nice_step(0.04, 5)
    ((2.0, 0), (0.01, 2))
    """
    rough = span / marks
    power = math.floor(math.log10(rough))
    step = next(factor * 10.0**power for factor in (1, 2, 5, 10) if factor * 10.0**power >= rough * 0.999)
    return step, max(-math.floor(math.log10(step) + 1e-9), 0)


def _bands(view: View, lines: list[Line]) -> list[str]:
    """From the lowest to the highest derived limit of each side, where there are several."""
    bands = []
    for low in (True, False):
        ends = [line.value for line in lines if line.derived and line.low is low]
        left, right = (
            (view.place(min(max(end, view.low), view.high)) for end in (min(ends), max(ends))) if ends else (0, 0)
        )
        if right > left:
            area = {"x": left, "y": TOP - 3, "width": right - left, "height": HEIGHT - BOTTOM - TOP + 3}
            bands.append(element("rect", class_="band", **area))
    return bands


def _limit_lines(view: View, lines: list[Line]) -> list[str]:
    """Lines below the labels: one row for the test, one for each derived side, so none crosses a text."""
    drawn = []
    for line in lines:
        if view.low <= line.value <= view.high:
            path = f"M{figure_number(view.place(line.value))} {TOP - 3:g}V{HEIGHT - BOTTOM:g}"
            class_ = "derived" if line.derived else "spec"
            drawn.append(element("path", title(line.label), class_=class_, d=path))
    labelled = sorted((line for line in lines if line.label), key=lambda line: (line.value, not line.low))
    rows = [[line for line in labelled if not line.derived]]
    rows += [[line for line in labelled if line.derived and line.low is low] for low in (True, False)]
    for place, row in enumerate(reversed([row for row in rows if row])):
        drawn += _labels_of_row(view, row, TOP - 6 - LABEL_ROW * place)
    return drawn


def _labels_of_row(view: View, lines: list[Line], y: float) -> list[str]:
    """The labels of one row, each beside its line; an arrow points to a limit beyond the drawing."""
    texts = [_pointed(view, line, line.label) for line in lines]
    if sum(text_width(text, 10) + 6 for text in texts) > WIDTH - 4:
        texts = [_pointed(view, line, line.short) for line in lines]
    widths = [text_width(text, 10) for text in texts]
    wanted = []
    for line, width in zip(lines, widths, strict=True):
        x = view.place(min(max(line.value, view.low), view.high))
        away = 3 if line.derived else -width / 2
        wanted.append(x - away - width if line.low else x + away)
    starts = side_by_side(wanted, widths, 2, WIDTH - 2)
    return [
        label(text, start, y, class_="small accent" if line.derived else "small")
        for text, start, line in zip(texts, starts, lines, strict=True)
    ]


def _pointed(view: View, line: Line, text: str) -> str:
    if line.value < view.low:
        return f"← {text}"
    return f"{text} →" if line.value > view.high else text


def side_by_side(wanted: list[float], widths: list[float], low: float, high: float, gap: float = 6) -> list[float]:
    """Starts of labels, as near as may be to where they are wanted, in order, apart by a gap and within bounds.

    >>> side_by_side([0, 5, 90], [10, 10, 20], 0, 100)
    [0, 16, 80]
    """
    starts: list[float] = []
    cursor = low
    for start, width in zip(wanted, widths, strict=True):
        starts.append(max(start, cursor))
        cursor = starts[-1] + width + gap
    cursor = high
    for place in reversed(range(len(starts))):
        starts[place] = min(starts[place], cursor - widths[place])
        cursor = starts[place] - gap
    return starts


def _rejected_marks(view: View, values: Float64Array, display: Display) -> list[str]:
    """An outlined diamond on the axis for each rejected part."""
    marks = []
    for value in values[:MARKS_AT_MOST]:
        x = view.place(min(max(float(value), view.low), view.high))
        y = HEIGHT - BOTTOM - 5
        diamond = f"M{figure_number(x)} {y - 4.5:g}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"
        said = title(f"rejected: {display.show(float(value), unit=True)}")
        marks.append(element("path", said, class_="reject", d=diamond, stroke_width=1.3))
    return marks


def _axis_name(view: View, values: Float64Array, axis: str, unit: str) -> list[str]:
    """What the axis shows, between the counts of readings that lie outside the view at its ends."""
    below, above = int((values < view.low).sum()), int((values > view.high).sum())
    ends = (f"← {below:,} beyond" if below else "", f"{above:,} beyond →" if above else "")
    middle, y = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4
    room = 2 * min(middle - text_width(ends[0], 10), WIDTH - middle - text_width(ends[1], 10)) - 16
    name = fitted(axis, room - text_width(unit, 10), 10) + unit
    places = ((ends[0], 2.0, "start"), (name, middle, "middle"), (ends[1], WIDTH - 2, "end"))
    return [label(text, x, y, class_="small quiet", anchor=anchor) for text, x, anchor in places if text]
