"""Axes: marks, places beyond the ends, and charts in which one far value hides nothing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar import assess
from corecar.report.figures.axes import Axis, Plane
from corecar.report.figures.capability_chart import capability_chart
from corecar.report.figures.control_chart import control_chart
from corecar.report.figures.point_names import point_names
from corecar.report.figures.probability_plot import normal_plot, weibull_plot
from corecar.report.figures.t_squared_chart import t_squared_chart
from corecar.report.quantities import Display, Scale

ends = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter("text")]


@given(ends=ends, about=st.integers(2, 10), upside=st.booleans())
def test_marks_stand_where_their_values_do(ends: tuple[float, float], about: int, upside: bool) -> None:
    axis = Axis(*ends, *((100.0, 0.0) if upside else (0.0, 100.0)))
    marks = axis.marks(about)
    assert 1 <= len(marks) <= about + 2
    for place, text in marks:
        assert -1e-6 <= place <= 100 + 1e-6
        value = float(text.replace(",", "").replace("\u2212", "-"))
        assert axis.at(value) == pytest.approx(place, abs=0.51 if "e" in text else 1e-3)


def test_marks_are_in_the_unit_shown_and_whole_where_asked() -> None:
    assert Axis(0.0, 0.01, 0.0, 10.0, Display(Scale(-3, "mV"), 1)).marks(5)[-1] == (10.0, "10")
    assert [text for _, text in Axis(0.5, 2.5, 0.0, 10.0).marks(8, whole=True)] == ["1", "2"]


def test_a_value_beyond_an_axis_stands_at_its_end_or_beyond_as_asked() -> None:
    plane = Plane.of((10, 0, 110, 50), (0.0, 1.0), (0.0, 1.0))
    assert (plane.along.place(2.0), plane.x(2.0)) == (110, 210)
    assert (plane.upright.place(-1.0), plane.y(-1.0)) == (50, 100)
    assert (plane.left, plane.top, plane.right, plane.bottom) == (10, 0, 110, 50)


@given(st.lists(st.tuples(st.floats(20, 380), st.floats(20, 180)), max_size=25))
def test_names_never_lie_over_one_another(points: list[tuple[float, float]]) -> None:
    plane = Plane.of((0, 0, 400, 200), (0.0, 1.0), (0.0, 1.0))
    drawn = [
        tuple(float(found) for found in re.findall(r' [xy]="([0-9.]+)"', name))
        for name in point_names(plane, [(x, y, "12: rule 1") for x, y in points])
    ]
    for at, (x, y) in enumerate(drawn):
        assert all(abs(x - other) > 30 or abs(y - foot) > 9 for other, foot in drawn[:at])


def test_a_far_outlier_squeezes_neither_histogram_nor_t_squared() -> None:
    readings = np.random.default_rng(3).normal(5.0, 0.1, (300, 2))
    readings[7] = (90.0, 5.0)
    found = assess.capability(readings[:, 0], low=4.5, high=5.5)
    said = texts(capability_chart(readings[:, 0].tolist(), found, "V", "V"))
    assert any("1 reading beyond the drawing" in text for text in said)
    assert {"4.6", "5.0", "5.4"} & set(said)
    answer = assess.hotelling({"a": readings[:, 0], "b": readings[:, 1]})
    said = texts(t_squared_chart(answer))
    assert any("logarithmic" in text for text in said)
    plain = assess.hotelling({"a": readings[20:, 0], "b": readings[20:, 1]})
    assert not any("logarithmic" in text for text in texts(t_squared_chart(plain)))


def test_small_readings_are_drawn_in_a_unit_with_a_prefix() -> None:
    readings = np.random.default_rng(4).normal(1e-5, 1e-7, 60)
    found = assess.capability(readings, 9.5e-6, 1.05e-5)
    histogram = texts(capability_chart(readings.tolist(), found, "IBIAS", "A"))
    assert {"low 9.5", "high 10.5", "IBIAS (µA)"} <= set(histogram)
    chart = texts(control_chart(assess.chart(readings), "IBIAS", "A"))
    assert {"readings (µA)", "moving ranges (µA)", f"centre {readings.mean() * 1e6:.5g}"} <= set(chart)
    paper = texts(normal_plot(readings.tolist(), found.mean, found.sd, "IBIAS", "A"))
    assert "IBIAS (µA)" in paper
    assert not any("e−" in text or "e-" in text for text in (*histogram, *chart, *paper))


def test_the_figures_of_a_chart_without_a_unit_stay_inside_the_drawing() -> None:
    said = [text for text in texts(control_chart(assess.chart([1e-8, 2e-8, 1.5e-8, 1.2e-8]), "x")) if "centre" in text]
    assert said == ["centre 1.425e−8", "centre 6e−9"]


def test_a_logarithmic_axis_of_times_shows_that_it_is_one() -> None:
    times = [6700.0, 9120, 12200, 13150, 14300, 17520, 20100, 20900, 22700, 26510, 27410]
    said = texts(weibull_plot(times, None, assess.weibull(times), "km"))
    assert {"km (logarithmic)", "10,000", "15,000", "20,000", "30,000"} <= set(said)
