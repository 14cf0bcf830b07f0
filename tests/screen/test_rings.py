"""The edge of a wafer, by geometry and by counting dies from the outside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screen.maps import EIGHT, lot_of, row_of, units

from corecar.errors import ArgumentError
from corecar.screen.dies import lay_out
from corecar.screen.edge_ring import edge_ring
from corecar.screen.rings import Outline, beyond_exclusion, flat_distance, outermost

ROUND = ["..111..", ".11111.", "1111111", "1111111", "1111111", ".11111.", "..111.."]


def brute(outline: Outline, row: int, column: int, exclusion: float) -> bool:
    """Whether any corner of a die lies beyond the ring, by looking at all four."""
    corners = [
        ((column - outline.column + i) * outline.width_mm, (row - outline.row + j) * outline.height_mm)
        for i in (-0.5, 0.5)
        for j in (-0.5, 0.5)
    ]
    return any(math.hypot(*corner) > outline.diameter_mm / 2 - exclusion + 1e-9 for corner in corners)


@given(st.integers(2, 12), st.integers(2, 12), st.floats(3, 30), st.floats(3, 30), st.floats(0, 5))
def test_a_die_is_beyond_the_ring_when_its_farthest_corner_is(
    rows: int, columns: int, width: float, height: float, exclusion: float
) -> None:
    outline = Outline(200.0, width, height, rows / 2, columns / 2)
    found = beyond_exclusion((rows, columns), outline, exclusion)
    for row in range(rows):
        for column in range(columns):
            near_notch = row > outline.row
            if not near_notch:
                assert found[row, column] == brute(outline, row, column, exclusion)
            else:
                assert found[row, column] >= brute(outline, row, column, exclusion)


def test_dies_close_to_the_notch_are_beyond() -> None:
    outline = Outline(200.0, 1.0, 1.0, 100, 100)
    found = beyond_exclusion((201, 201), outline, 0.9)
    column = found[:, 100]
    assert np.flatnonzero(column)[np.flatnonzero(column) > 100].min() == 198  # 98.5 reaches within 0.9 of the tip at 99
    assert not found[197, 100]


def test_dies_at_the_flat_are_beyond() -> None:
    assert flat_distance(150.0) == pytest.approx(math.sqrt(75**2 - 28.75**2))
    outline = Outline(150.0, 5.0, 5.0, 15, 15, notched=False)
    found = beyond_exclusion((31, 31), outline, 3.0)
    assert (found[28, 15], found[27, 15]) == (True, False)  # 65 + 2.5 > 69.27 - 3 >= 60 + 2.5
    assert (found[1, 15], found[2, 15]) == (True, False)  # 70 + 2.5 > 72 >= 65 + 2.5


def test_the_outermost_dies_are_counted_from_the_outside() -> None:
    there = np.array([[letter != "." for letter in row] for row in ROUND])
    assert not outermost(there, 0).any()
    one = outermost(there, 1)
    assert ["".join("o" if out else "1" if die else "." for out, die in zip(*rows, strict=True))
            for rows in zip(one, there, strict=True)] == [
        "..ooo..", ".oo1oo.", "oo111oo", "o11111o", "oo111oo", ".oo1oo.", "..ooo..",
    ]  # fmt: skip


def test_a_hole_within_the_wafer_is_no_edge() -> None:
    there = np.ones((7, 7), dtype=bool)
    there[3, 3] = False
    assert not outermost(there, 1)[2:5, 2:5].any()


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6), st.integers(1, 3))
def test_a_wafer_turned_or_mirrored_has_the_same_outermost_dies(rows: Any, steps: int) -> None:
    there = np.array(rows)
    for turn in EIGHT:
        np.testing.assert_array_equal(turn(outermost(there, steps)), outermost(turn(there), steps))


WCR: dict[str, Any] = {
    "wafer": ["W01"], "run": [0], "head": [1], "wafer_size": [100.0], "die_width": [14.0], "die_height": [12.0],
    "wafer_units": ["mm"], "flat": ["D"], "center_x": [3], "center_y": [3], "positive_x": ["R"], "positive_y": ["D"],
}  # fmt: skip


def test_the_screen_takes_sizes_and_centre_from_the_files() -> None:
    lot = lot_of(ROUND, wafers=WCR)
    found = edge_ring(lot, lay_out(lot), row_of("edge-ring", exclusion_mm=3))
    outline = Outline(100.0, 14.0, 12.0, 3, 3, notched=False)
    mask = beyond_exclusion((7, 7), outline, 3)
    expected = {("W01", x, y) for y, row in enumerate(ROUND) for x, die in enumerate(row) if die == "1" and mask[y, x]}
    assert units(lot, found.part) == expected
    assert 4 < len(expected) < 37
    assert set(found.reasons) == {"in the edge ring"}


def test_a_wafer_laid_on_its_side_has_the_same_edge_dies() -> None:
    lot = lot_of(ROUND, wafers=WCR)
    straight = units(lot, edge_ring(lot, lay_out(lot), row_of("edge-ring", exclusion_mm=3)).part)
    # Turned a quarter clockwise: what was below, the flat too, is at the left; widths and heights change places.
    turned = lot_of(ROUND, wafers={**WCR, "flat": ["L"], "die_width": [12.0], "die_height": [14.0]})
    found = units(turned, edge_ring(turned, lay_out(turned), row_of("edge-ring", exclusion_mm=3)).part)
    assert found == {(wafer, 6 - y, x) for wafer, x, y in straight}


def test_without_sizes_the_screen_says_that_it_was_not_applied() -> None:
    lot = lot_of(ROUND)
    found = edge_ring(lot, lay_out(lot), row_of("edge-ring"))
    said = "edge-ring: not applied: wafer W01: the files do not tell sizes and centre (WCR)."
    assert (found.unjudged, found.hold, found.is_idle) == ((said,), (), True)
    assert found.records["applied"].to_pylist() == [False]
    rows = edge_ring(lot, lay_out(lot), row_of("edge-ring", exclusion_mm=0, rows=1))
    assert (len(rows.part), rows.unjudged, rows.is_idle) == (24, (), False)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Outline(0, 1, 1, 0, 0),
        lambda: beyond_exclusion((2, 2), Outline(100, 1, 1, 0, 0), -1),
        lambda: outermost(np.ones((2, 2), dtype=bool), -1),
    ],
)
def test_impossible_sizes_are_refused(call: Any) -> None:
    with pytest.raises(ArgumentError):
        call()
