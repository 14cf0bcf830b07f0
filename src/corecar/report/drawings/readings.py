"""The readings of a test: by site, by wafer, in the order of testing, against another, before and after screening."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.lot import Float64Array, Int64Array
from corecar.report.blocks import Gallery, Picture
from corecar.report.chapters.tests import derived_lines, spec_lines
from corecar.report.drawings.drawing import Drawing, Wanted, chosen_tests, test_title
from corecar.report.evidence import Evidence
from corecar.report.figures.boxes import Group, box_plots
from corecar.report.figures.histogram import Line, histogram, view_of
from corecar.report.figures.scatter import Side, scatter
from corecar.report.figures.site_histograms import site_histograms
from corecar.report.figures.svg import drawing, element
from corecar.report.figures.trend import Course, trend
from corecar.report.figures.wafer_map import swatch
from corecar.report.printable import printable
from corecar.report.quantities import count, number, plural
from corecar.strata import site_codes

SITES_AT_MOST = 24
GROUPS_AT_MOST = 50


def lines_of(evidence: Evidence, row: int) -> list[Line]:
    """The test's own limits, and those that screening derived for it."""
    display = evidence.display(row)
    return spec_lines(evidence, row, display) + derived_lines(evidence, row, display)


def by_site(evidence: Evidence, wanted: Wanted) -> Drawing:
    """A histogram per site on one axis, all sites above them."""
    rows, notes = chosen_tests(evidence, wanted)
    return Drawing(
        "Histograms by site", Gallery(tuple(site_picture(evidence, row) for row in rows), 1, "", LINES), notes
    )


LINES = (
    "Limits of the test solid, derived ones dashed. Readings of final parts, the median as a line; the axis shows the "
    "middle of them and the limits near it."
)


def site_picture(evidence: Evidence, row: int) -> Picture:
    """The histograms of one test."""
    readings = evidence.readings(row)
    codes, names = site_codes(evidence.grade.lot)
    of_site = codes[readings.part]
    found = np.unique(of_site).tolist()
    groups = [Group("all sites", readings.value)]
    groups += [Group(f"site {names[code]}", readings.value[of_site == code]) for code in found[:SITES_AT_MOST]]
    more = f" ({len(found) - SITES_AT_MOST} more sites are not drawn)" if len(found) > SITES_AT_MOST else ""
    alt = f"{test_title(evidence, row)}: a histogram for each of {plural(len(found), 'site')}"
    svg = site_histograms(
        groups if len(found) > 1 else groups[:1], lines_of(evidence, row), evidence.display(row),
        evidence.test_name(row, 44), alt,
    )  # fmt: skip
    return Picture(svg, alt, test_title(evidence, row) + more)


def boxes(evidence: Evidence, wanted: Wanted) -> Drawing:
    """A box per wafer or, at final test, per site."""
    rows, notes = chosen_tests(evidence, wanted)
    pictures = tuple(box_picture(evidence, row) for row in rows)
    what = "wafer" if evidence.wafer_names else "site"
    return Drawing(f"Box plots by {what}", Gallery(pictures, 1, "", BOXES, box_legend()), notes)


BOXES = (
    "Box: quartiles, line: median, whiskers: farthest reading within 1.5 interquartile ranges. Limits of the test "
    "solid, derived ones dashed."
)


def box_legend() -> tuple[tuple[str, str], ...]:
    """What the marks beside the boxes are."""
    ring = element("circle", class_="ring", cx=6, cy=6, r=2.4, stroke_width=1.0)
    tip = element("path", class_="failed", d="M3 9h6l-3 -5z")
    return (
        (drawing(12, 12, "", ring), "a reading beyond the whiskers (of each side the 20 farthest)"),
        (drawing(12, 12, "", tip), "beyond the end of the axis"),
    )


def box_picture(evidence: Evidence, row: int) -> Picture:
    """The boxes of one test."""
    readings = evidence.readings(row)
    what, names, of_group = _groups(evidence, readings.part)
    groups = [Group(name, readings.value[of_group == place]) for place, name in enumerate(names)]
    groups = [group for group in groups if len(group.values)]
    alt = f"{test_title(evidence, row)}: a box for each {what}"
    more = len(groups) - GROUPS_AT_MOST
    svg = box_plots(
        groups[:GROUPS_AT_MOST], lines_of(evidence, row), evidence.display(row), evidence.test_name(row, 30), what, alt
    )
    return Picture(svg, alt, test_title(evidence, row) + (f" ({more} more are not drawn)" if more > 0 else ""))


def _groups(evidence: Evidence, parts: Int64Array) -> tuple[str, list[str], Int64Array]:
    """What the groups are, their names in order, and the group of each of these parts."""
    if evidence.wafer_names:
        return "wafer", [printable(name, 24) for name in evidence.wafer_names], evidence.wafer[parts]
    codes, names = site_codes(evidence.grade.lot)
    return "site", names, codes[parts].astype(np.int64)


def in_order(evidence: Evidence, wanted: Wanted) -> Drawing:
    """Readings in the order of testing, with the limits of each part."""
    rows, notes = chosen_tests(evidence, wanted)
    caption = (
        "Parts in the order in which the files hold them. Crosses: the reading failed (the 300 farthest), one at an "
        "end of the axis lies beyond it. Of many parts a column shows the lowest, middle and highest of its good "
        "readings."
    )
    return Drawing(
        "Readings in the order of testing", Gallery(tuple(_trend(evidence, row) for row in rows), 1, "", caption), notes
    )


def _trend(evidence: Evidence, row: int) -> Picture:
    readings = evidence.readings(row)
    order = np.argsort(readings.part, kind="stable")
    parts = readings.part[order]
    low, high, changing = _limits(evidence, row)
    course = Course(parts + 1, readings.value[order], ~readings.failed[order], low[parts], high[parts])
    alt = f"{test_title(evidence, row)}: readings in the order of testing"
    lines = derived_lines(evidence, row, evidence.display(row)) if changing else lines_of(evidence, row)
    svg = trend(course, lines, evidence.display(row), evidence.test_name(row, 30), alt)
    return Picture(svg, alt, test_title(evidence, row) + (", limits differ from part to part" if changing else ""))


def _limits(evidence: Evidence, row: int) -> tuple[Float64Array, Float64Array, bool]:
    """The limits that each part was held against, and whether they are not the same for all."""
    lot = evidence.grade.lot
    own = [limits[row] for limits in lot.test_limits]
    low, high = (np.full(evidence.count, limit) for limit in own)
    table = lot.part_limits.filter(pc.less_equal(lot.part_limits["execution"].fill_null(1), 1))
    chosen = table["test"].to_numpy() == row
    parts = table["part"].to_numpy()[chosen]
    for side, name in ((low, "low_limit"), (high, "high_limit")):
        column = table[name].to_numpy(zero_copy_only=False) if table.num_rows else np.zeros(0)
        side[parts] = np.asarray(column, dtype=np.float64)[chosen] if table.num_rows else column
    return low, high, bool(chosen.any())


def against(evidence: Evidence, wanted: Wanted) -> Drawing:
    """Two tests of the same parts against each other. Raises ArgumentError unless two tests are asked for."""
    if len(wanted.tests) != 2:
        raise ArgumentError("a scatter needs two tests: give --test twice.")
    across, up = wanted.tests
    one, other = _over_parts(evidence, across), _over_parts(evidence, up)
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3:
        raise ArgumentError(f"expected 3 parts or more with readings of both tests, found {int(both.sum())}.")
    alt = f"{test_title(evidence, up)} against {test_title(evidence, across)}"
    svg = scatter(
        _side(evidence, across, one[both]), _side(evidence, up, other[both]), evidence.passed[both], alt
    )  # fmt: skip
    good = both & evidence.passed
    r = _correlation(one[good], other[good])
    caption = (
        f"r = {number(r, 3)} over {count(int(good.sum()))} good parts. Up to 2,000 parts each is a dot, failed ones a "
        "cross; of more, the brighter a cell the more parts (logarithmic)."
    )
    return Drawing("Correlation", Gallery((Picture(svg, alt, alt),), 1, "", caption))


def _side(evidence: Evidence, row: int, values: Float64Array) -> Side:
    return Side(values, lines_of(evidence, row), evidence.display(row), evidence.test_name(row, 36))


def _correlation(one: Float64Array, other: Float64Array) -> float | None:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _over_parts(evidence: Evidence, row: int) -> Float64Array:
    readings = evidence.readings(row)
    values = np.full(evidence.count, np.nan)
    values[readings.part] = readings.value
    return values


def before_and_after(evidence: Evidence, wanted: Wanted) -> Drawing:
    """Good parts' readings as tested, and those of the parts that may ship beside the limits that screening made."""
    rows, notes = chosen_tests(evidence, wanted)
    pictures = tuple(picture for row in rows for picture in _pair(evidence, row))
    legend = (
        (swatch("pass"), "good at the tester"),
        (_diamond(), "rejected by this test's derived limit"),
        (_line("spec"), "limit of the test"),
        (_line("derived"), "derived limit; a band where it differs from group to group"),
    )
    caption = (
        "Both drawings of a test have one axis. What another rule rejected is gone from the right one, without a mark."
    )
    return Drawing("Before and after screening", Gallery(pictures, 2, "", caption, legend), notes)


def _line(class_: str) -> str:
    return drawing(12, 12, "", element("path", class_=class_, d="M0 6H12"))


def _diamond() -> str:
    return drawing(
        12, 12, "", element("path", class_="reject", d="M6 1.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z", stroke_width=1.3)
    )


def _pair(evidence: Evidence, row: int) -> tuple[Picture, Picture]:
    readings, display = evidence.readings(row), evidence.display(row)
    own, derived = spec_lines(evidence, row, display), derived_lines(evidence, row, display)
    good, ships = readings.good, evidence.shippable[readings.part]
    if not good.any():
        raise ArgumentError(f"{test_title(evidence, row)}: no good part has a reading of it.")
    view = view_of(readings.value[good], [line.value for line in own + derived])
    struck = readings.value[readings.rejected & good]
    name = evidence.test_name(row, 30)
    others = int((good & ~ships).sum()) - len(struck)
    gone = f"after screening: {count(len(struck))} rejected" + (
        f", {count(others)} by other rules" if others > 0 else ""
    )
    pictures = []
    for values, lines, apart, words in (
        (readings.value[good], own, struck[:0], f"{evidence.test(row, 'number')} {name}: as tested"),
        (readings.value[good & ships], own + derived, struck, gone),
    ):
        alt = f"{test_title(evidence, row)}, {words}"
        every = np.ones(len(values), dtype=bool)
        svg = histogram(values, every, ~every, lines, display, name, alt, view=view, apart=apart)
        pictures.append(Picture(svg, alt, words))
    return pictures[0], pictures[1]
