"""Clusters of failed dies: which are no accident, and which good dies they take with them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screen.maps import EIGHT, lot_of, row_of, state, units, wafers

from corecar.errors import ArgumentError
from corecar.screen.clusters import (
    SHAPES,
    chance_of_cluster,
    clusters,
    dilated,
    enclosed,
    join_count,
    statistical_bins,
)
from corecar.screen.dies import BAD, NO_DIE, lay_out
from corecar.screen.geography import cluster

Place = tuple[int, int]
AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
RING = ["11111111", "1XXX1111", "1X1X1111", "1XXX1111", "11111111", "11111111", "1111111X", "11111111"]


def groups(places: set[Place], reach: int) -> list[set[Place]]:
    """Groups of places by plain search."""
    left, found = set(places), []
    while left:
        group, waiting = set(), [left.pop()]
        while waiting:
            y, x = waiting.pop()
            group.add((y, x))
            near = {(i, j) for i, j in left if max(abs(i - y), abs(j - x)) <= reach}
            left -= near
            waiting += near
        found.append(group)
    return found


@given(wafers, st.integers(1, 3))
def test_clusters_are_those_of_a_plain_search(rows: list[str], reach: int) -> None:
    seeds = state(rows) == BAD
    found = clusters(seeds, reach=reach)
    expected = groups({(int(y), int(x)) for _, y, x in np.argwhere(seeds)}, reach)
    got = [{(int(y), int(x)) for y, x in np.argwhere(found.label[0] == k)} for k in range(len(found.size))]
    assert sorted(map(sorted, got)) == sorted(map(sorted, expected))
    assert found.size.tolist() == [len(one) for one in got]


def test_clusters_of_different_wafers_stay_apart() -> None:
    found = clusters(np.concatenate([state(["XX"]), state(["XX"])]) == BAD)
    assert (found.plane.tolist(), found.size.tolist()) == ([0, 1], [2, 2])


def shapes(size: int) -> int:
    """Connected shapes of a size, corners touching, by growing every smaller one; equal ones by shift count once."""
    found = {frozenset([(0, 0)])}
    for _ in range(size - 1):
        grown = {
            one | {(y + i, x + j)} for one in found for y, x in one for i, j in AROUND if (y + i, x + j) not in one
        }
        found = {shifted(one) for one in grown}
    return len(found)


def shifted(places: frozenset[Place]) -> frozenset[Place]:
    top, left = min(y for y, _ in places), min(x for _, x in places)
    return frozenset((y - top, x - left) for y, x in places)


def test_the_numbers_of_shapes_are_those_of_counting_them() -> None:
    assert [shapes(size) for size in range(1, 7)] == list(SHAPES[:6])


def test_the_chance_of_a_cluster_is_never_less_than_what_random_wafers_show() -> None:
    random = np.random.default_rng(5)
    dies, fails, size, wafers = 144, 9, 3, 2000
    seeds = np.zeros((wafers, dies), dtype=bool)
    for wafer in seeds:
        wafer[random.choice(dies, fails, replace=False)] = True
    found = clusters(seeds.reshape(wafers, 12, 12))
    seen = len(set(found.plane[found.size >= size].tolist())) / wafers
    assert 0 < seen <= chance_of_cluster(size, dies, fails)


def test_the_chance_of_a_cluster_falls_with_its_size_and_is_one_where_everything_fails() -> None:
    chances = [chance_of_cluster(size, 2000, 40) for size in range(1, 11)]
    assert chances == sorted(chances, reverse=True)
    assert chance_of_cluster(5, 2000, 40) == pytest.approx(2000 * 638 * (40 / 1995) ** 5)
    assert chance_of_cluster(9, 9, 0) == 1.0
    assert chance_of_cluster(5, 2000, 1990) == 1.0


def pairs(there: set[Place]) -> list[tuple[Place, Place]]:
    return [
        ((y, x), (y + i, x + j))
        for y, x in there
        for i, j in ((0, 1), (1, 0), (1, 1), (1, -1))
        if (y + i, x + j) in there
    ]


def test_the_join_count_is_that_of_all_ways_to_place_the_fails() -> None:
    rows = ["XX1", "X11", ".11"]
    there = {(y, x) for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != "."}
    bad = {(y, x) for y, row in enumerate(rows) for x, letter in enumerate(row) if letter == "X"}
    joins = pairs(there)
    counts = [
        sum(a in ways and b in ways for a, b in joins) for ways in map(set, itertools.combinations(there, len(bad)))
    ]
    mean = sum(counts) / len(counts)
    deviation = math.sqrt(sum((count - mean) ** 2 for count in counts) / len(counts))
    own = sum(a in bad and b in bad for a, b in joins)
    found = join_count(state(rows), state(rows) == BAD)
    assert found[0] == pytest.approx((own - mean) / deviation)


@given(wafers, st.integers(0, 2))
def test_a_wafer_turned_or_mirrored_has_the_same_clusters(rows: list[str], steps: int) -> None:
    flat = state(rows)
    for turn in EIGHT:
        turned = np.ascontiguousarray(turn(flat[0]))[None]
        assert sorted(clusters(flat == BAD).size) == sorted(clusters(turned == BAD).size)
        np.testing.assert_array_equal(join_count(flat, flat == BAD), join_count(turned, turned == BAD))
        for shape in (lambda mask: dilated(mask, steps), enclosed):
            np.testing.assert_array_equal(turn(shape(flat == BAD)[0]), shape(turned == BAD)[0])


@given(wafers, st.integers(0, 3))
def test_dilation_is_that_of_a_plain_loop(rows: list[str], steps: int) -> None:
    mask = state(rows)[0] == BAD
    rows_of, columns_of = ([slice(max(at - steps, 0), at + steps + 1) for at in range(length)] for length in mask.shape)
    near = [[mask[row, column].any() for column in columns_of] for row in rows_of]
    np.testing.assert_array_equal(dilated(mask[None], steps)[0], near)


def test_a_hole_is_enclosed_where_only_corners_close_it() -> None:
    found = enclosed(state(["1X1", "X1X", "1X1"]) == BAD)[0]
    assert found.tolist() == [[False] * 3, [False, True, False], [False] * 3]
    assert not enclosed(state(["1X1", "X1X", "111"]) == BAD).any()


def test_a_bin_is_above_its_limit_beside_the_other_wafers() -> None:
    counts = np.array([[3, 1], [2, 1], [4, 1], [3, 1], [2, 1], [4, 1], [30, 1]])
    found = statistical_bins(counts, np.full(7, 100), width=3, least=6)
    assert np.argwhere(found).tolist() == [[6, 0]]
    assert not statistical_bins(counts[:6], np.full(6, 100), width=3, least=6).any()
    named = statistical_bins(counts, np.full(7, 100), limits={0: 0.035})
    assert named[:, 0].tolist() == [False, False, True, False, False, True, True]


def test_without_spread_a_bin_limit_takes_the_binomial_deviation() -> None:
    counts = np.array([[1]] * 6 + [[5]])
    assert statistical_bins(counts, np.full(7, 100)).ravel().tolist() == [False] * 6 + [True]
    counts[6] = 3
    assert not statistical_bins(counts, np.full(7, 100)).any()


def screened(rows: list[str], **keys: Any) -> set[tuple[str, int, int]]:
    lot = lot_of(rows)
    return units(lot, cluster(lot, lay_out(lot), row_of("cluster", **keys)).part)


def test_good_dies_beside_and_inside_of_a_cluster_are_rejected() -> None:
    around = {("W01", x, y) for x in range(5) for y in range(5) if not (1 <= x <= 3 and 1 <= y <= 3)}
    assert screened(RING) == around | {("W01", 2, 2)}
    assert screened(RING, dilation=0) == {("W01", 2, 2)}
    assert screened(RING, dilation=0, holes=False) == set()
    assert screened(RING, size=9) == set()


def test_a_die_inside_of_a_cluster_says_how_large_it_is() -> None:
    lot = lot_of(RING)
    found = cluster(lot, lay_out(lot), row_of("cluster", dilation=0))
    assert found.reasons == ("beside or inside of a cluster of 8 failed dies",)
    assert found.records["high"].to_pylist() == [5.0]


def test_fails_that_lie_together_by_chance_are_no_cluster() -> None:
    random = np.random.default_rng(3)
    grid = np.where(random.random((40, 40)) < 0.3, "X", "1")
    assert screened(["".join(row) for row in grid]) == set()


def test_only_bins_above_their_limit_seed_clusters_when_the_recipe_says_so() -> None:
    plain = ["1111111111"] * 6
    blob = ["XXX1111111", "XXX1111111", *plain[:4]]
    other = [*plain[:4], "1111111XXX", "1111111XXX"]
    maps = [plain] * 6 + [[a if b == "1111111111" else b for a, b in zip(blob, other, strict=True)]]
    letters = [(wafer, x, y, letter) for wafer, rows in enumerate(maps) for y, row in enumerate(rows)
               for x, letter in enumerate(row)]  # fmt: skip
    bins = [1 if letter == "1" else 5 if y < 3 else 6 for _, _, y, letter in letters]
    lot = lot_of(*maps, hard_bin=bins)
    both = units(lot, cluster(lot, lay_out(lot), row_of("cluster", seeds="statistical")).part)
    assert {y for _, _, y in both} == {0, 1, 2, 3, 4, 5}
    # Bin 6 fails in scattered places of the other wafers, as often as here: it is no longer above its limit.
    scattered = ["1111111111" if y % 2 else "11X1111X1X"[:10] for y in range(4)] + ["1111111111"] * 2
    maps = [scattered] * 6 + maps[6:]
    letters = [(wafer, x, y, letter) for wafer, rows in enumerate(maps) for y, row in enumerate(rows)
               for x, letter in enumerate(row)]  # fmt: skip
    bins = [1 if letter == "1" else 5 if wafer == 6 and y < 3 else 6 for wafer, _, y, letter in letters]
    lot = lot_of(*maps, hard_bin=bins)
    found = units(lot, cluster(lot, lay_out(lot), row_of("cluster", seeds="statistical")).part)
    assert {y for _, _, y in found} == {0, 1, 2}


def test_bin_limits_need_wafers_and_say_so() -> None:
    lot = lot_of(RING)
    found = cluster(lot, lay_out(lot), row_of("cluster", seeds="statistical"))
    assert len(found.part) == 0
    assert found.unjudged == ("cluster: not applied: 1 wafer, fewer than 6 for bin limits.",)


def test_bin_limits_of_the_recipe_stand_in_for_those_of_the_wafers() -> None:
    lot = lot_of(RING)
    low, high = (
        cluster(lot, lay_out(lot), row_of("cluster", seeds="statistical", bin_limits={"7": share}))
        for share in (0.05, 0.5)
    )
    assert (len(low.part), len(high.part)) == (17, 0)
    assert low.unjudged == high.unjudged == ()


def test_a_reach_below_one_is_refused() -> None:
    with pytest.raises(ArgumentError, match="reach=0: expected at least 1"):
        clusters(state(RING) == NO_DIE, reach=0)
