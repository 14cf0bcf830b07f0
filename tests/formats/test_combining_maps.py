"""Maps on one grid and as one: rules, untested dies, wafers that lie differently, bins that mean two things."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.errors import ArgumentError
from corecar.formats.maps import NO_DIE, UNTESTED, BinDefinition, WaferMap, combine_maps, compare_maps, lay_over
from corecar.formats.maps.combining import RULES, combined_bins

DEFINED = (BinDefinition(1, True, "Good"), BinDefinition(7, False, "Leak"), BinDefinition(9, False, "Ink"))


def chart(*rows: list[int], **changes: Any) -> WaferMap:
    plain = WaferMap("W1", np.array(rows, dtype=np.int32), lot="L1", definitions=DEFINED)
    return replace(plain, **changes)


layers = hnp.arrays(np.int32, st.tuples(st.integers(1, 5), st.just(2), st.just(3)),
                    elements=st.sampled_from([NO_DIE, UNTESTED, 1, 7, 9]))  # fmt: skip


def judged_by_hand(codes: list[int], rule: str) -> int:
    """What one place's bin must be, counted on fingers."""
    tested = [code for code in codes if code >= 0]
    bad, good = [code for code in tested if code != 1], [code for code in tested if code == 1]
    if not tested:
        return UNTESTED if UNTESTED in codes else NO_DIE
    if rule == "last":
        return tested[-1]
    struck = {"union": bool(bad), "majority": len(bad) > len(tested) / 2, "all": not good}[rule]
    return bad[0] if struck else good[0]


@given(bins=layers, rule=st.sampled_from(RULES))
def test_every_place_is_judged_by_the_rule(bins: np.ndarray, rule: str) -> None:
    found = combined_bins(bins, bins == 1, rule=rule)  # type: ignore[arg-type]
    for row, column in product(range(2), range(3)):
        assert found[row, column] == judged_by_hand(bins[:, row, column].tolist(), rule)


def test_a_rule_of_no_name_is_refused() -> None:
    bins = np.ones((1, 1, 1), dtype=np.int32)
    with pytest.raises(ArgumentError, match="expected one of union, majority, all, last"):
        combined_bins(bins, bins == 1, rule="most")  # type: ignore[arg-type]


def test_the_most_important_layer_gives_the_bin() -> None:
    first, second = chart([1, 7, 1]), chart([9, 9, 1])
    assert combine_maps([first, second]).bins.tolist() == [[9, 7, 1]]
    assert combine_maps([second, first]).bins.tolist() == [[9, 9, 1]]
    assert combine_maps([first, second], rule="all").bins.tolist() == [[1, 7, 1]]
    found = combine_maps([first, second])
    assert {known.code: known.passed for known in found.definitions} == {1: True, 7: False, 9: False}
    assert found.name == "composite of 2 maps (union)"


@given(
    degrees=st.sampled_from([0, 90, 180, 270]),
    bins=hnp.arrays(np.int32, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.sampled_from([1, 7, -1])),
)
def test_a_wafer_laid_in_another_way_is_turned_before(degrees: int, bins: np.ndarray) -> None:
    plain = chart(bins=bins, first_x=3, first_y=-4, step_y=-1)
    assert compare_maps(plain, combine_maps([plain, plain.turned(degrees)])).alike


def test_dies_lie_over_each_other_by_their_coordinates_and_the_grid_grows() -> None:
    over = lay_over([chart([1, 7], first_x=10), chart([1, 7], first_x=9)])
    assert over.bins.tolist() == [[[NO_DIE, 1, 7]], [[1, 7, NO_DIE]]]
    assert (over.first_x, over.first_y) == (9, 0)
    found = combine_maps([chart([1, 7], first_x=10, reference=(0, 0)), chart([1, 7], first_x=9)])
    assert (found.bins.tolist(), found.reference) == ([[1, 7, 7]], (1, 0))
    assert found.notes == ("2 of 3 dies are not on all 2 maps.",)


def test_axes_that_grow_another_way_are_laid_by_the_middle_and_said() -> None:
    over = lay_over([chart([NO_DIE, 1, 7, 1], first_x=0), chart([1, 7, 1], first_x=50, step_x=-1)])
    assert over.bins[1].tolist() == [[NO_DIE, 1, 7, 1]]
    assert over.notes == ("X and Y grow in different directions: laid over each other by the middle of their dies.",)


def test_maps_of_different_sizes_cannot_be_laid_by_places() -> None:
    with pytest.raises(ArgumentError, match="2 by 1 and 1 by 1 places"):
        lay_over([chart([1, 7]), chart([1])], by="places")
    over = lay_over([chart([1, 7]), chart([7, 1], first_x=40)], by="places")
    assert over.bins.tolist() == [[[1, 7]], [[7, 1]]]


def test_maps_that_count_from_far_apart_are_refused_before_any_room_is_taken() -> None:
    with pytest.raises(ArgumentError, match="too far apart for one wafer"):
        lay_over([chart([1]), chart([1], first_x=900_000_000, first_y=900_000_000)])
    with pytest.raises(ArgumentError, match="no map was given"):
        lay_over([])


def test_a_bin_that_passes_here_and_fails_there_cannot_be_combined() -> None:
    swapped = (BinDefinition(7, True), BinDefinition(1, False))
    second = chart([NO_DIE, 7], definitions=swapped)
    with pytest.raises(ArgumentError, match="bin 7 passes on one map and fails on another"):
        combine_maps([chart([7, NO_DIE]), second])
    assert combine_maps([chart([1, NO_DIE]), second]).bins.tolist() == [[1, 7]]
