"""Histograms of one test, a row per site on one axis, with the limits through all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corecar.report.figures.axes import Axis, level_axis, named
from corecar.report.figures.boxes import Group
from corecar.report.figures.histogram import Line, View, view_of
from corecar.report.figures.limit_lines import labels_above, limits_upright
from corecar.report.figures.svg import drawing, element, fitted, label, title
from corecar.report.quantities import Display, count

WIDTH, ROW = 640.0, 44.0
LEFT, RIGHT, TOP, BOTTOM = 86.0, 128.0, 20.0, 46.0


def site_histograms(groups: Sequence[Group], lines: Sequence[Line], display: Display, axis: str, alt: str) -> str:
    """One histogram below the other, each as high as its own highest class, with median and count at the right.

    groups  with at least one reading each
    """
    everything = np.concatenate([group.values for group in groups])
    view = view_of(everything, [line.value for line in lines])
    height = TOP + ROW * len(groups) + BOTTOM
    along = Axis(view.low, view.high, LEFT, WIDTH - RIGHT, display)
    return drawing(
        WIDTH,
        height,
        alt,
        *(_row(group, TOP + ROW * (place + 1), view, along) for place, group in enumerate(groups)),
        *limits_upright(along, lines, TOP - 4, height - BOTTOM),
        *labels_above(along, lines, TOP - 9, WIDTH),
        *level_axis(along, height - BOTTOM, named(axis, display)),
    )


def _row(group: Group, base: float, view: View, along: Axis) -> str:
    counts = np.histogram(group.values, view.edges)[0]
    scale = (ROW - 8) / max(int(counts.max()), 1)
    median, q1, q3 = (float(v) for v in np.quantile(group.values, (0.5, 0.25, 0.75)))
    outside = len(group.values) - int(counts.sum())
    bars = []
    for at in np.flatnonzero(counts).tolist():
        left, right = along.place(float(view.edges[at])), along.place(float(view.edges[at + 1]))
        tall = max(float(counts[at]) * scale, 0.8)
        words = (
            f"{along.display.show(float(view.edges[at]))} to {along.display.show(float(view.edges[at + 1]), unit=True)}"
        )
        bars.append(
            element("rect", title(f"{group.name}, {words}: {counts[at]:,} parts"), class_="pass", x=left, y=base - tall,
                    width=max(right - left - 0.4, 0.5), height=tall)
        )  # fmt: skip
    mark = f"M{along.place(median):.2f} {base:g}v{-(ROW - 8):g}"
    told = f"n = {count(len(group.values))}" + (f" ({outside:,} beyond)" if outside else "")
    return element(
        "g",
        *bars,
        element("path", class_="grid", d=f"M{LEFT:g} {base:g}H{along.end:g}"),
        element("path", title(f"median {along.display.show(median, unit=True)}"), class_="middle", d=mark),
        label(fitted(group.name, LEFT - 12), LEFT - 8, base - 6, anchor="end"),
        label(f"median {along.display.show(median)}", along.end + 8, base - 28, class_="small"),
        label(f"IQR {along.display.show(q3 - q1)}", along.end + 8, base - 16, class_="small quiet"),
        label(told, along.end + 8, base - 4, class_="small quiet"),
    )
