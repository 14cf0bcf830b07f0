"""How a wafer lies: what its file says, and what is assumed where it says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.lots import build_lot

from corecar.wafer_frame import WaferFrame, wafer_frame


def frame(**columns: list[Any]) -> WaferFrame:
    """The frame of wafer W1 of a lot that has these rows of `wafers`."""
    return wafer_frame(build_lot([[1.0]], wafer=["W1"], x=0, y=0, wafers=columns), "W1")


def test_a_wafer_without_a_configuration_is_assumed_and_says_so() -> None:
    found = frame(wafer=["W1"])
    assert (found.step_x, found.step_y, found.flat, found.turn) == (1, 1, "D", 0)
    assert not found.known_axes
    assert not found.known_flat


@pytest.mark.parametrize(("x", "y", "words"), [("L", "U", "left, y up"), ("R", "D", "right, y down")])
def test_the_axes_are_those_of_the_file(x: str, y: str, words: str) -> None:
    found = frame(wafer=["W1"], positive_x=[x], positive_y=[y])
    assert found.known_axes
    assert found.directions == f"x grows to the {words}"


def test_one_axis_alone_leaves_the_other_assumed() -> None:
    found = frame(wafer=["W1"], positive_x=["L"])
    assert (found.step_x, found.known_axes) == (-1, False)


def test_other_wafers_say_nothing_about_this_one() -> None:
    assert not frame(wafer=["W1", "W2"], positive_x=[None, "L"], positive_y=[None, "U"], flat=[None, "R"]).known_axes


def test_a_second_run_of_a_wafer_says_what_the_first_leaves_out() -> None:
    found = frame(wafer=["W1", "W1"], flat=[None, "R"], wafer_size=[None, 8.0], wafer_units=["mm", "in"])
    assert (found.flat, found.turn, found.known_flat) == ("R", 270, True)
    assert found.wafer_size_mm == 203.2


@pytest.mark.parametrize(("size", "unit", "notched"), [(6.0, "in", False), (200.0, "mm", True), (6.0, None, True)])
def test_a_small_wafer_has_a_flat_and_one_of_unknown_size_a_notch(size: float, unit: str | None, notched: bool) -> None:
    assert frame(wafer=["W1"], wafer_size=[size], wafer_units=[unit]).notched is notched


@pytest.mark.parametrize(("width", "height", "aspect"), [(2.0, 4.0, 0.5), (2.0, None, None), (-1.0, 2.0, None)])
def test_the_proportions_of_a_die_need_no_unit(width: float, height: float | None, aspect: float | None) -> None:
    assert frame(wafer=["W1"], die_width=[width], die_height=[height]).die_aspect == aspect


@pytest.mark.parametrize(("unit", "size"), [("mm", (2.0, 4.0)), ("mil", (0.0508, 0.1016)), (None, None)])
def test_the_die_size_needs_its_unit(unit: str | None, size: tuple[float, float] | None) -> None:
    assert frame(wafer=["W1"], die_width=[2.0], die_height=[4.0], wafer_units=[unit]).die_size_mm == size
