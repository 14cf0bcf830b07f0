"""Drawings: well-formed, at the right place, and never outwitted by a name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corecar.graded import Grade
from corecar.report.blocks import Gallery, Picture
from corecar.report.chapters import wafers
from corecar.report.chapters.tests import distributions
from corecar.report.document import lot_report
from corecar.report.evidence import Evidence, natural
from corecar.report.figures.closing_chart import closing_chart
from corecar.report.figures.histogram import Line, histogram, side_by_side, view_of
from corecar.report.figures.palette import COLOURS, FAIL_COLOURS, fail_class
from corecar.report.figures.svg import drawing, label, standalone
from corecar.report.figures.wafer_map import Dies, Grid, wafer_map
from corecar.report.quantities import Display, Scale
from corecar.wafer_frame import WaferFrame

Builder = Callable[..., Grade]
VOLTS = Display(Scale(0, "V"), 2)


def drawings(grade: Grade) -> list[Picture]:
    """Every picture of a report."""
    document = lot_report(grade)
    blocks = [*document.front, *(block for section in document.sections for block in section.blocks)]
    found = [block for block in blocks if isinstance(block, Picture)]
    for block in blocks:
        if isinstance(block, Gallery):
            found += [*block.items, *(Picture(svg, words) for svg, words in block.legend)]
    return found


@pytest.mark.parametrize("shape", [{}, {"wafers": 3, "dies": 60}, {"wafers": 0}, {"dies": 1, "tests": 2}])
def test_every_drawing_is_well_formed_alone_and_inline(graded: Builder, shape: dict[str, Any]) -> None:
    pictures = drawings(graded(**shape))
    assert pictures
    for picture in pictures:
        ElementTree.fromstring(picture.svg)
        alone = ElementTree.fromstring(standalone(picture.svg, ("DejaVu Sans",)))
        assert alone.tag == "{http://www.w3.org/2000/svg}svg"


def test_every_class_that_a_drawing_names_has_a_look(graded: Builder) -> None:
    styled = set(re.findall(r"\.([a-z0-9-]+)", standalone("<svg ></svg>", ())))
    used = {
        name
        for p in drawings(graded(wafers=2))
        for names in re.findall(r'class="([^"]*)"', p.svg)
        for name in names.split()
    }
    assert used <= styled


def test_a_name_cannot_leave_its_text_element() -> None:
    hostile = '</text><script>alert("1")</script>&\x00\x1b'
    parsed = ElementTree.fromstring(drawing(10, 10, hostile, label(hostile, 1, 1)))
    assert [child.tag for child in parsed] == ["text"]
    assert parsed[0].text is not None
    assert "<script>" in parsed[0].text


def grid(**changes: Any) -> Grid:
    values = {
        "left": 0, "top": 0, "columns": 10, "rows": 10, "aspect": 1.0,
        "frame": WaferFrame(known_axes=True, known_flat=True),
    }  # fmt: skip
    return Grid(**{**values, **changes})


def one_die(x: int, y: int) -> Dies:
    at = np.array([x]), np.array([y])
    return Dies(*at, np.array([0]), (("pass", "pass"),), np.array([True]), ("here",))


def place_of(svg: str) -> tuple[float, float, float, float]:
    box = re.search(r'class="reject" x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"', svg)
    assert box is not None
    x, y, width, height = (float(value) for value in box.groups())
    return x, y, width, height


def test_the_positive_directions_of_the_wafer_are_honoured() -> None:
    right_down = place_of(wafer_map(one_die(9, 9), grid(), ""))
    left_up = place_of(wafer_map(one_die(9, 9), grid(frame=WaferFrame(-1, -1), left=9, top=9), ""))
    assert right_down[0] > 100
    assert right_down[1] > 100
    assert left_up[0] < 100
    assert left_up[1] < 100


def test_a_die_keeps_its_proportions() -> None:
    _, _, width, height = place_of(wafer_map(one_die(5, 5), grid(columns=20, rows=40, aspect=2.0), ""))
    assert width / height == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize(("flat", "turn"), [("D", 0), ("L", 90), ("U", 180), ("R", 270)])
def test_the_notch_stands_on_the_side_that_the_file_names(flat: str, turn: int) -> None:
    assert f'transform="rotate({turn} 100 100)"' in wafer_map(
        one_die(5, 5), grid(frame=WaferFrame(flat=flat, known_flat=True)), ""
    )
    assert "<circle" in wafer_map(one_die(5, 5), grid(frame=WaferFrame()), "")


def test_all_wafers_of_a_lot_share_one_scale_and_keep_their_own_configuration(graded: Builder) -> None:
    evidence = Evidence(graded(wafers=3))
    drawn = wafers.grids(evidence, np.arange(3))
    assert len({(grid.columns, grid.rows) for grid in drawn.values()}) == 1
    assert {(grid.aspect, grid.frame.flat, grid.frame.step_x, grid.frame.step_y) for grid in drawn.values()} == {
        (0.5, "D", 1, -1)
    }
    unknown = wafers.grids(Evidence(graded(wafers=3, configured=False)), np.arange(3))
    assert {(grid.frame.known_axes, grid.frame.known_flat) for grid in unknown.values()} == {(False, False)}


def test_the_caption_names_the_wafers_whose_axes_are_assumed(graded: Builder) -> None:
    grade = graded(wafers=3)
    first = grade.lot.wafers["wafer"][0].as_py()
    partly = replace(grade, lot=replace(grade.lot, wafers=grade.lot.wafers.slice(1)))
    caption = wafers.maps(Evidence(partly))[0].caption
    assert f"{first}: x grows to the right, y down (assumed: the file does not say)" in caption
    assert f"{first}: notch not drawn" in caption
    assert "assumed" not in wafers.maps(Evidence(grade))[0].caption


def test_a_rejected_die_differs_from_a_failed_one_before_and_after(graded: Builder) -> None:
    (gallery,) = wafers.maps(Evidence(graded(struck=5)))
    before, after = gallery.items
    assert before.svg.count('class="reject"') == 0
    assert after.svg.count('class="reject"') == 5


def test_fails_take_their_colours_in_the_order_of_their_counts(graded: Builder) -> None:
    (gallery,) = wafers.maps(Evidence(graded(fail_share=0.3)))
    labels = [words for _, words in gallery.legend]
    assert [words.split(" ·")[0] for words in labels[2:]] == [
        "5 Contact open",
        "7 Leakage",
        "11 Supply current",
        "bin 23",
    ]
    assert all(f"fail-{rank}" in svg for rank, (svg, _) in enumerate(gallery.legend[2:], start=1))


def test_colours_run_out_without_an_error() -> None:
    assert fail_class(FAIL_COLOURS + 30) == f"fail-{FAIL_COLOURS}"
    assert fail_class(FAIL_COLOURS) in COLOURS


def test_wafers_are_ordered_as_people_count() -> None:
    assert sorted(["W10", "W2", "W1", "²"], key=natural) == ["W1", "W2", "W10", "²"]


def test_spec_limits_are_solid_derived_ones_dashed_and_each_has_a_label() -> None:
    values = np.random.default_rng(1).normal(3.3, 0.01, 500)
    lines = [
        Line(3.2, "low limit 3.20", "3.20", False, True),
        Line(3.4, "high limit 3.40", "3.40", False, False),
        Line(3.35, "derived 3.35", "3.35", True, False),
    ]
    svg = histogram(values, np.ones(500, bool), np.zeros(500, bool), lines, VOLTS, "VOUT", "")
    assert svg.count('class="spec"') == 2
    assert svg.count('class="derived"') == 1
    assert {"low limit 3.20", "high limit 3.40", "derived 3.35", "VOUT (V)", "n = 500"} <= set(
        re.findall(r">([^<]+)</text>", svg)
    )


def test_limits_that_differ_by_wafer_are_a_band_and_no_text_lies_on_a_line_or_a_bar() -> None:
    values = np.concatenate([np.random.default_rng(1).normal(3.3, 0.01, 500), [90.0, -90.0]])
    lines = [
        Line(3.2, "low limit 3.20", "3.20", False, True),
        Line(3.4, "high limit 3.40", "3.40", False, False),
        Line(3.24, "low derived, by wafer: 3.24 to 3.25", "3.24 to 3.25", True, True),
        Line(3.25, "", "", True, True),
        Line(3.36, "high derived, by wafer: 3.35 to 3.36", "3.35 to 3.36", True, False),
        Line(3.35, "", "", True, False),
    ]
    root = ElementTree.fromstring(histogram(values, np.ones(502, bool), np.zeros(502, bool), lines, VOLTS, "VOUT", ""))
    bands = [element for element in root.iter("rect") if element.get("class") == "band"]
    assert len(bands) == 2
    starts = [
        element.get("d", "").split() for element in root.iter("path") if element.get("class") in ("spec", "derived")
    ]
    top = min(float(start[1].split("V")[0]) for start in starts)
    foot = max(float(start[1].split("V")[1]) for start in starts)
    texts = {element.text or "": float(element.get("y", "nan")) for element in root.iter("text")}
    assert {"low derived, by wafer: 3.24 to 3.25", "high derived, by wafer: 3.35 to 3.36"} <= set(texts)
    said = [y for text, y in texts.items() if "limit" in text or "derived" in text]
    assert max(said) <= top
    assert len(set(said)) == 3
    assert all(y > foot for text, y in texts.items() if "beyond" in text)


def test_a_limit_derived_by_wafer_says_which_side_and_that_it_is_by_wafer(graded: Builder) -> None:
    grade = graded(wafers=2, dies=200)
    rows = [row | {"scope": "wafer W1"} for row in grade.limits.to_pylist()]
    other = rows[0] | {"scope": "wafer W2", "low": rows[0]["low"] * 1.01, "high": rows[0]["high"] * 0.99}
    limits = pa.Table.from_pylist([*rows, other], grade.limits.schema)
    (gallery,) = distributions(Evidence(replace(grade, limits=limits)))
    assert isinstance(gallery, Gallery)
    drawn = "".join(picture.svg for picture in gallery.items)
    assert "low derived, by wafer: " in drawn
    assert "high derived, by wafer: " in drawn
    assert "band" in gallery.caption


def test_a_limit_far_away_does_not_flatten_the_distribution() -> None:
    values = np.random.default_rng(1).normal(0.001, 0.0001, 500)
    view = view_of(values, [-5.0, 5.0])
    assert view.high - view.low < 0.01
    svg = histogram(
        values, np.ones(500, bool), np.zeros(500, bool), [Line(5.0, "high", "high", False, False)], VOLTS, "", ""
    )
    assert "high →" in svg


def test_wild_readings_do_not_flatten_the_distribution_and_are_counted() -> None:
    values = np.concatenate([np.random.default_rng(1).normal(1, 0.01, 500), [900.0, -900.0, 800.0]])
    svg = histogram(values, np.ones(503, bool), values > 100, [], VOLTS, "", "")
    assert "2 beyond →" in svg
    assert "← 1 beyond" in svg
    assert svg.count("rejected: ") == 2


@pytest.mark.parametrize(
    "values", [[1.0], [0.0, 0.0, 0.0], [1.0, 2.0], [1e-30, 2e-30], [1e30, -1e30], list(range(300))]
)
def test_every_reading_is_drawn_whatever_the_shape(values: list[float]) -> None:
    readings = np.asarray(values, dtype=np.float64)
    view = view_of(readings, [])
    inside = (readings >= view.low) & (readings <= view.high)
    assert np.histogram(readings[inside], view.edges)[0].sum() == inside.sum() > 0
    ElementTree.fromstring(histogram(readings, readings > 1, readings < 0, [], VOLTS, "x", "y"))


def test_readings_in_coarse_steps_get_one_bar_each() -> None:
    view = view_of(np.repeat([1.0, 1.5, 2.0, 3.0], 20), [])
    assert np.diff(view.edges) == pytest.approx(0.5)


def test_labels_stand_apart_and_inside_the_drawing() -> None:
    starts = side_by_side([-20, 10, 300, 340], [60, 60, 50, 50], 2, 358)
    ends = [start + width for start, width in zip(starts, [60, 60, 50, 50], strict=True)]
    assert starts[0] >= 2
    assert ends[-1] <= 358
    assert all(end <= start for (_, end), (start, _) in pairwise(zip(starts, ends, strict=True)))


def test_a_gap_over_time_is_drawn_on_powers_of_ten_with_what_was_asked() -> None:
    steps = [(0.5, 0.9), (1.0, 0.2), (2.0, 0.03), (4.0, 0.004)]
    drawn = closing_chart(steps, 0.01, "gap over time")
    for text in ("0.1 %", "1 %", "10 %", "100 %", "asked 1 %", "n = 4 looks", "time [s]", "1.0 s: gap 20 %", "0.4 %"):
        assert text in drawn, text
    assert "asked" not in closing_chart(steps, 0.0, "gap over time"), "nothing was asked for"
    assert closing_chart([(0.0, 50.0), (1.0, 0.0)], 0.01, "a bound below 0, then the best plan").count("<circle") == 1
