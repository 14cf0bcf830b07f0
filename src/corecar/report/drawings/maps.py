"""Wafers: one, the gallery of a lot, all laid over one another, and the readings of a test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corecar.composites import composite_of
from corecar.errors import ArgumentError
from corecar.lot import Float64Array, Int64Array
from corecar.report.blocks import Gallery, Picture
from corecar.report.chapters.bins import bin_colours
from corecar.report.chapters.wafers import MAPS_AT_MOST, grids, map_caption, map_legend, map_picture
from corecar.report.drawings.composites import composite_drawing
from corecar.report.drawings.drawing import Drawing, Wanted, chosen_tests, is_screened, stage, test_title, wafers_of
from corecar.report.evidence import Evidence
from corecar.report.figures.scale import Scaling, scale_bar, scaling
from corecar.report.figures.wafer_map import Dies, Grid, common_columns, swatch, wafer_map
from corecar.report.printable import printable
from corecar.report.quantities import count, plural, share

FEW_WAFERS, FEW_DIES = 6, 12_000
"""Wafers, and dies on all of them, that stand beside other things, such as in a notebook."""


def wafer(evidence: Evidence, wanted: Wanted) -> Drawing:
    """One wafer's bins: the one asked for, else the first."""
    chosen = wafers_of(evidence)
    notes = () if len(chosen) == 1 else (f"The first of {len(chosen)} wafers. Name another with --wafer.",)
    return replace(bins_of(evidence, chosen[:1]), notes=notes)


def gallery(evidence: Evidence, wanted: Wanted) -> Drawing:
    """The bins of all wafers on one scale."""
    return bins_of(evidence, wafers_of(evidence))


def few_wafers(evidence: Evidence) -> tuple[tuple[int, ...], int]:
    """The first wafers, as many as have few dies in all, and how many are left; none without coordinates."""
    numbers, dies = np.unique(evidence.wafer[evidence.placed], return_counts=True)
    fit = int((np.cumsum(dies) <= FEW_DIES).sum()) if len(numbers) else 0
    shown = numbers[: min(max(fit, 1), FEW_WAFERS)]
    return tuple(int(number) for number in shown), len(numbers) - len(shown)


def bins_of(evidence: Evidence, wafers: tuple[int, ...]) -> Drawing:
    """The bins of some wafers on one scale."""
    after = is_screened(evidence)
    shown = np.array(wafers[:MAPS_AT_MOST], dtype=np.int64)
    drawn = grids(evidence, shown)
    colours = bin_colours(evidence, "hard")
    pictures = tuple(map_picture(evidence, place, drawn[place], colours, after=after) for place in shown.tolist())
    only = np.isin(evidence.wafer, shown)
    legend = map_legend(evidence, colours, after=after, only=only)
    caption = map_caption(evidence, drawn)
    return Drawing(
        f"Hard bins {stage(evidence)}", Gallery(pictures, common_columns(len(pictures)), "", caption, legend)
    )


def stacked(evidence: Evidence, wanted: Wanted) -> Drawing:
    """The share of dies that failed at each place, over the wafers that lie alike."""
    wafers = wafers_of(evidence)
    drawn = grids(evidence, np.array(wafers, dtype=np.int64))
    alike, left_out = _lying_alike(drawn)
    on = evidence.placed & np.isin(evidence.wafer, alike)
    after = is_screened(evidence)
    good = evidence.shippable if after else evidence.passed
    bins = evidence.bins("hard", after=after)
    named = {number: name for (kind, number), name in evidence.bin_names.items() if kind == "hard"}
    found = composite_of(
        evidence.wafer[on], evidence.x[on], evidence.y[on], bins[on], good[on], frame=drawn[alike[0]].frame, names=named
    )
    caption = map_caption(evidence, {w: drawn[w] for w in alike})
    if left_out:
        caption += f" {plural(len(left_out), 'wafer')} left out: they lie another way."
    rate = share(int(found.failed.sum()), int(found.tested.sum()))
    title = f"Fails at each place: {plural(len(alike), 'wafer')}, {rate} failed, {stage(evidence)}"
    return composite_drawing(found, title, caption)


def _lying_alike(drawn: dict[int, Grid]) -> tuple[list[int], list[int]]:
    """The wafers of the frame that most have, and the others."""
    ways: dict[tuple[int, int, str], list[int]] = {}
    for place, grid in drawn.items():
        ways.setdefault((grid.frame.step_x, grid.frame.step_y, grid.frame.flat), []).append(place)
    alike = max(ways.values(), key=len)
    return alike, [place for place in drawn if place not in alike]


def parametric(evidence: Evidence, wanted: Wanted) -> Drawing:
    """A test's readings over the wafers, on one colour scale."""
    wafers = wafers_of(evidence)
    (row,), notes = chosen_tests(evidence, wanted)
    values = _over_parts(evidence, row)
    on = evidence.placed & np.isin(evidence.wafer, wafers)
    if not np.isfinite(values[on]).any():
        raise ArgumentError(f"{test_title(evidence, row)}: no die with coordinates has a reading of it.")
    shown = wafers[:MAPS_AT_MOST]
    drawn = grids(evidence, np.array(shown, dtype=np.int64))
    scale = scaling(values[on])
    pictures = tuple(_parametric(evidence, row, values, place, drawn[place], scale) for place in shown)
    display = evidence.display(row)
    ends = f"{display.show(scale.low)} to {display.show(scale.high, unit=True)}"
    bare = int((~np.isfinite(values[on])).sum())
    legend = (
        (scale_bar(), f"{ends} (2nd to 98th percentile)"),
        *(((swatch("unknown"), f"not measured · {count(bare)}"),) if bare else ()),
    )
    caption = f"Readings beyond the ends of the scale take their colours. {map_caption(evidence, drawn)}"
    return Drawing(
        test_title(evidence, row), Gallery(pictures, common_columns(len(pictures)), "", caption, legend), notes
    )


def _over_parts(evidence: Evidence, row: int) -> Float64Array:
    """A test's reading of every part, NaN where it has none."""
    readings = evidence.readings(row)
    values = np.full(evidence.count, np.nan)
    values[readings.part] = readings.value
    return values


def _parametric(evidence: Evidence, row: int, values: Float64Array, wafer: int, grid: Grid, scale: Scaling) -> Picture:
    on = evidence.placed & (evidence.wafer == wafer)
    display = evidence.display(row)
    name = printable(evidence.wafer_names[wafer], 24)
    measured = values[on][np.isfinite(values[on])]
    median = float(np.median(measured)) if len(measured) else None
    show = display.show
    told = f"median {show(median, unit=True)}"
    alt = f"{evidence.test_name(row, 30)} on wafer {name}, {told}, n = {count(len(measured))}"
    svg = _scaled_map(evidence.x[on], evidence.y[on], values[on], scale, grid, alt, lambda v: show(v, unit=True))
    return Picture(svg, alt, f"{name}  {told}")


def _scaled_map(
    x: Int64Array, y: Int64Array, values: Float64Array, scale: Scaling, grid: Grid, alt: str, show: object
) -> str:
    none = np.zeros(len(x), dtype=bool)
    classes = scale.classes(show)  # type: ignore[arg-type]
    return wafer_map(Dies(x, y, scale.kinds(values), classes, none, ()), grid, alt)
