"""Good dies in bad neighbourhoods: counts, shares, predicted yields, and what stands for what is not there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import required
from tests.screen.maps import EIGHT, lot_of, row_of, state, units, wafers

from corecar.errors import ArgumentError
from corecar.screen.dies import BAD, NO_DIE, lay_out
from corecar.screen.geography import gdbn
from corecar.screen.neighbours import (
    EDGES,
    WEIGHTS,
    latent_share,
    local_yield,
    share,
    surroundings,
    wafer_yields,
    weighed,
    yield_for_latent,
)

MAP = ["..1111..", ".111111.", "11111111", "1X111111", "X1X11111", "1X111XX1", ".111X1X.", "..11XX.."]


def at(grid: Any, x: int, y: int) -> float:
    return float(grid[0, y, x])


def chosen(score: Any, limit: float) -> set[tuple[int, int]]:
    """x and y of the good dies at or above a limit."""
    out = (np.nan_to_num(score, nan=-1.0) >= limit) & (state(MAP) == 1)
    return {(int(x), int(y)) for _, y, x in np.argwhere(out)}


@pytest.mark.parametrize(
    ("x", "y", "bad", "there"), [(5, 6, 6, 7), (1, 4, 4, 8), (0, 3, 2, 5), (0, 5, 2, 4), (7, 5, 2, 4)]
)
def test_failed_neighbours_are_counted(x: int, y: int, bad: int, there: int) -> None:
    found = surroundings(state(MAP))
    assert (at(found.bad, x, y), at(found.count, x, y)) == (bad, there)


@pytest.mark.parametrize(
    ("x", "y", "bad", "fraction"),
    [
        (5, 6, 5.4142, 0.8845), (1, 4, 4.0, 0.5858), (0, 5, 2.0, 0.5858), (7, 5, 1.7071, 0.5), (0, 3, 2.0, 0.4531),
    ],
)  # fmt: skip
def test_neighbours_weigh_by_their_distance(x: int, y: int, bad: float, fraction: float) -> None:
    found = surroundings(state(MAP), weight="distance")
    assert round(at(found.bad, x, y), 4) == bad
    assert round(at(share(found), x, y), 4) == fraction


def test_the_dies_chosen_by_count_and_by_share_are_the_published_ones(shared: Path) -> None:
    case = json.loads(required(shared / "quality" / "fixtures.json", "published figures").read_text())["gdbn"]
    assert case["map"] == MAP
    count = weighed(surroundings(state(MAP)), edge="pass")
    assert chosen(count, 4) == {tuple(place) for place in case["count_ge4"]} == {(1, 4), (5, 6)}
    assert chosen(count, 5) == {tuple(place) for place in case["count_ge5"]} == {(5, 6)}
    half = {tuple(place) for place in case["frac_ge_half"]}
    assert half == {(1, 4), (0, 5), (7, 5), (5, 6)}
    for weight in ("even", "distance"):
        assert chosen(share(surroundings(state(MAP), weight=weight)), 0.5) == half


@pytest.mark.parametrize(("edge", "expected"), [("pass", 2.0), ("fail", 6.0), ("scale", 4.0), ("ignore", math.nan)])
def test_the_edge_policy_says_what_a_missing_neighbour_is(edge: str, expected: float) -> None:
    found = surroundings(state(MAP))
    assert at(weighed(found, edge=edge), 0, 5) == pytest.approx(expected, nan_ok=True)
    assert at(share(found, edge=edge), 0, 5) == pytest.approx(expected / 8, nan_ok=True)


def test_a_die_with_fewer_neighbours_than_scaling_needs_is_not_judged() -> None:
    found = surroundings(state(["1X.", "...", "..1"]))
    assert np.isnan(weighed(found, least=3)[0, 0, 0])
    assert at(weighed(found, least=1), 0, 0) == 8.0
    assert np.isnan(at(share(found, least=1), 2, 2))


def brute(rows: list[str], x: int, y: int, reach: int, weight: str) -> tuple[float, float, int]:
    power = {"even": 0, "distance": 1, "square": 2}[weight]
    bad = there = 0.0
    count = 0
    for j in range(y - reach, y + reach + 1):
        for i in range(x - reach, x + reach + 1):
            if (i, j) == (x, y) or not (0 <= j < len(rows) and 0 <= i < len(rows[0])) or rows[j][i] == ".":
                continue
            each = 1 / math.hypot(i - x, j - y) ** power
            there, count = there + each, count + 1
            bad += each * (rows[j][i] == "X")
    return bad, there, count


@given(wafers, st.integers(1, 4), st.sampled_from(WEIGHTS))
def test_surroundings_are_those_of_a_plain_loop(rows: list[str], reach: int, weight: str) -> None:
    found = surroundings(state(rows), reach=reach, weight=weight)
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            bad, there, count = brute(rows, x, y, reach, weight) if letter != "." else (0.0, 0.0, 0)
            assert at(found.bad, x, y) == pytest.approx(bad)
            assert at(found.there, x, y) == pytest.approx(there)
            assert at(found.count, x, y) == count


@given(wafers, st.integers(1, 3), st.sampled_from(WEIGHTS), st.sampled_from(EDGES))
def test_a_wafer_turned_or_mirrored_gives_the_same_bits(rows: list[str], reach: int, weight: str, edge: str) -> None:
    flat = state(rows)
    for turn in EIGHT:
        turned = np.ascontiguousarray(turn(flat[0]))[None]
        for score in (weighed, share):
            first = score(surroundings(flat, reach=reach, weight=weight), edge=edge)[0]
            second = score(surroundings(turned, reach=reach, weight=weight), edge=edge)[0]
            np.testing.assert_array_equal(turn(first), second)


@given(wafers)
def test_one_more_failed_neighbour_never_makes_a_neighbourhood_better(rows: list[str]) -> None:
    before = surroundings(state(rows), weight="distance")
    worse = state(rows)
    worse[0, 0, 0] = BAD if worse[0, 0, 0] != NO_DIE else NO_DIE
    after = surroundings(worse, weight="distance")
    assert (after.bad >= before.bad).all()


def test_the_local_yield_leans_on_the_wafers_where_little_is_known() -> None:
    alone = state(["1....", ".....", "....X"])
    found = local_yield(surroundings(alone), wafer_yields(alone), 8.0)
    assert at(found, 0, 0) == 0.5
    crowd = state(["XXX", "X1X", "XXX"])
    expected = (0 + 8.0 * (1 / 9)) / (8 + 8.0)
    assert at(local_yield(surroundings(crowd), wafer_yields(crowd), 8.0), 1, 1) == pytest.approx(expected)


def test_latent_defects_follow_from_the_yield() -> None:
    assert latent_share(np.array([math.exp(-0.5)]), 0.02)[0] == pytest.approx(0.01)
    assert latent_share(np.array([yield_for_latent(0.01, 0.02)]), 0.02)[0] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: surroundings(state(MAP), reach=0), "reach=0: expected 1 to 20"),
        (lambda: surroundings(state(MAP), weight="near"), "expected one of even, distance, square"),
        (lambda: weighed(surroundings(state(MAP)), edge="none"), "expected one of scale, pass, fail, ignore"),
        (lambda: local_yield(surroundings(state(MAP)), np.ones(1), 0), "strength=0"),
        (lambda: yield_for_latent(0, 1), "expected numbers above 0"),
    ],
)
def test_a_parameter_outside_its_range_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_the_screen_names_the_dies_the_count_and_the_record() -> None:
    lot = lot_of(MAP)
    found = gdbn(lot, lay_out(lot), row_of("gdbn", edge="pass", count_limit=4))
    assert units(lot, found.part) == {("W01", 1, 4), ("W01", 5, 6)}
    assert found.reasons == ("4 failed neighbours, limit 4", "6 failed neighbours, limit 4")
    record = found.records.to_pylist()[0]
    assert (record["screen"], record["scope"], record["n"], record["high"]) == ("gdbn", "wafer W01", 52, 4.0)
    assert record["estimator"] == "failed neighbours, reach 1, weight even, edge pass"
    assert record["population"] == gdbn(lot, lay_out(lot), row_of("gdbn")).records["population"][0].as_py()


def test_the_screen_by_share_and_by_yield() -> None:
    lot = lot_of(MAP)
    shares = gdbn(lot, lay_out(lot), row_of("gdbn", method="share", weight="distance"))
    assert units(lot, shares.part) == {("W01", *place) for place in ((1, 4), (0, 5), (7, 5), (5, 6))}
    assert shares.reasons[0] == "59% of its neighbourhood failed, limit 50%"
    low = gdbn(lot, lay_out(lot), row_of("gdbn", method="yield", yield_limit=0.6))
    assert units(lot, low.part) == {("W01", 5, 6)}
    assert low.records["low"].to_pylist() == [0.6]
    assert "predicted yield" in low.reasons[0]


def test_only_the_bins_of_the_recipe_count_as_failed() -> None:
    letters = [letter for row in MAP for letter in row if letter != "."]
    bins = [5 if letter == "X" else 1 for letter in letters]
    lot = lot_of(MAP, hard_bin=bins)
    assert len(gdbn(lot, lay_out(lot), row_of("gdbn", bins=[5])).part) == 1
    assert len(gdbn(lot, lay_out(lot), row_of("gdbn", bins=[6])).part) == 0


def test_a_wafer_of_little_yield_goes_to_review_instead() -> None:
    lot = lot_of(["XXX", "X1X", "XXX"])
    found = gdbn(lot, lay_out(lot), row_of("gdbn"))
    assert len(found.part) == 0
    assert found.hold == ("gdbn: not applied: wafer W01 (11%): yield below 50%. Review the wafers as a whole.",)
    assert found.records["applied"].to_pylist() == [False]
    assert len(gdbn(lot, lay_out(lot), row_of("gdbn", least_yield=0)).part) == 1


def test_the_yield_of_a_wafer_is_that_of_all_its_fails_whatever_bins_a_screen_counts() -> None:
    lot = lot_of(["XXX", "X1X", "XXX"], hard_bin=[5, 5, 5, 6, 1, 6, 6, 6, 6])
    found = gdbn(lot, lay_out(lot), row_of("gdbn", bins=[5], count_limit=3))
    assert (len(found.part), len(found.hold)) == (0, 1)


def test_parts_killed_by_the_screen_do_not_count_as_failed_neighbours() -> None:
    lot = lot_of(["XXX1", "X111", "XXX1", "1111"])
    found = gdbn(lot, lay_out(lot), row_of("gdbn", edge="pass", count_limit=5, least_yield=0))
    assert units(lot, found.part) == {("W01", 1, 1)}
