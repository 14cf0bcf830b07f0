"""Scratches: lines of failed dies, prolonged at both ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screen.maps import EIGHT, lot_of, row_of, state, units

from corecar.screen.dies import BAD, lay_out
from corecar.screen.geography import scratch
from corecar.screen.scratches import on_scratch, scratches

LEVEL = ["1" * 12] * 5 + ["111XXX1XXX11"] + ["1" * 12] * 6
BLOB = ["1" * 12] * 5 + ["111XXX111111"] * 3 + ["1" * 12] * 4


def diagonal(size: int, dies: range) -> list[str]:
    return ["".join("X" if x == y and x in dies else "1" for x in range(size)) for y in range(size)]


def test_a_level_scratch_with_a_gap_is_found_with_its_ends() -> None:
    (line,) = scratches(state(LEVEL) == BAD)
    assert (line.row, line.column, line.size) == (5.0, 6.0, 6)
    assert abs(line.right) == pytest.approx(1.0)
    assert line.last - line.first == pytest.approx(6.0)


def test_a_block_of_fails_is_no_scratch_and_neither_are_few_dies() -> None:
    assert scratches(state(BLOB) == BAD) == ()
    assert scratches(state(LEVEL) == BAD, size=7) == ()
    assert scratches(state(LEVEL) == BAD, reach=1) == ()


def test_a_slanted_scratch_has_its_direction() -> None:
    (line,) = scratches(state(diagonal(12, range(3, 9))) == BAD)
    assert abs(line.down) == pytest.approx(math.sqrt(0.5)) == pytest.approx(abs(line.right))


def test_good_dies_in_gaps_and_at_the_ends_are_rejected() -> None:
    lot = lot_of(LEVEL)
    found = scratch(lot, lay_out(lot), row_of("scratch"))
    assert units(lot, found.part) == {("W01", x, 5) for x in (1, 2, 6, 10, 11)}
    assert set(found.reasons) == {"on a scratch of 6 failed dies"}
    none = scratch(lot, lay_out(lot), row_of("scratch", extension=0))
    assert units(lot, none.part) == {("W01", 6, 5)}


def test_dies_beside_a_slanted_scratch_are_rejected_with_it() -> None:
    lot = lot_of(diagonal(12, range(3, 9)))
    found = units(lot, scratch(lot, lay_out(lot), row_of("scratch", extension=0)).part)
    assert found == {("W01", x + side, x + 1 - side) for x in range(3, 8) for side in (0, 1)}


@given(st.integers(0, 3), st.integers(6, 10), st.sets(st.integers(0, 5), max_size=2), st.booleans())
def test_a_wafer_turned_or_mirrored_has_the_same_scratches(
    start: int, length: int, gaps: set[int], slanted: bool
) -> None:
    grid = np.ones((14, 14), np.uint8)
    for step in range(length):
        if step + 1 not in gaps:
            grid[start + step if slanted else 4, start + step] = BAD
    for turn in EIGHT:
        turned = np.ascontiguousarray(turn(grid))[None]
        first = on_scratch((1, 14, 14), scratches(grid[None] == BAD, size=4))
        second = on_scratch((1, 14, 14), scratches(turned == BAD, size=4))
        np.testing.assert_array_equal(turn(first[0]), second[0])
