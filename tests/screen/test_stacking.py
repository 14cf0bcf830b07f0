"""Wafers laid over each other: exact chances, how places are chosen, and whose fault a repeat is."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import required
from tests.lots import build_lot
from tests.screen.maps import EIGHT, lot_of, row_of, state, units

from corecar.errors import ArgumentError
from corecar.screen.dies import lay_out
from corecar.screen.repeats import binomial_tail, repeats, reticle_positions, told_apart
from corecar.screen.stack_screens import z_pat
from corecar.screen.stacking import Stack, stacked, systematic, tail

PUBLISHED = {3: 0.12711, 4: 0.03409, 5: 0.007165, 6: 0.001213, 7: 0.0001688, 8: 0.0000196}


@pytest.mark.parametrize(("least", "chance"), PUBLISHED.items())
def test_the_chance_of_many_wafers_failing_at_one_place(least: int, chance: float) -> None:
    digits = len(repr(chance).split(".")[-1]) if chance > 1e-4 else 7
    assert round(tail([0.05] * 25, least), digits) == pytest.approx(chance, abs=0)


def test_the_chances_are_those_of_the_published_file(shared: Path) -> None:
    case = json.loads(required(shared / "quality" / "fixtures.json", "published figures").read_text())["zpat"]
    for least, chance in case["sf"].items():
        assert tail([case["p"]] * case["wafers"], int(least)) == pytest.approx(chance, rel=5e-4)


def test_at_two_thousand_places_the_threshold_is_eight_wafers() -> None:
    limit = 0.05 / 2000
    assert limit == 2.5e-5
    assert min(k for k in range(26) if tail([0.05] * 25, k) < limit) == 8


@given(st.lists(st.floats(0, 1), max_size=9), st.integers(0, 10))
def test_the_tail_is_the_sum_over_all_outcomes(shares: list[float], least: int) -> None:
    expected = 0.0
    for ways in itertools.product((0, 1), repeat=len(shares)):
        if sum(ways) >= least:
            expected += math.prod(p if happened else 1 - p for p, happened in zip(shares, ways, strict=True))
    assert tail(shares, least) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(0, 9), st.randoms())
def test_the_order_of_the_wafers_does_not_matter(shares: list[float], least: int, random: Any) -> None:
    mixed = list(shares)
    random.shuffle(mixed)
    assert tail(shares, least) == tail(mixed, least)


def test_a_chance_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="numbers from 0 to 1"):
        tail([0.5, 1.5], 1)


def test_each_place_is_held_by_the_wafers_that_have_a_die_there() -> None:
    found = stacked(np.concatenate([state(["X1"]), state(["X."]), state(["11"])]))
    assert (found.tested.tolist(), found.failed.tolist()) == ([[3, 2]], [[2, 0]])
    assert found.chance[0, 0] == pytest.approx(0.5 * 1.0)
    assert found.chance[0, 1] == 1.0


def test_a_place_without_any_die_has_no_chance() -> None:
    assert np.isnan(stacked(state(["X."])).chance[0, 1])


def drawn(chances: list[float]) -> Stack:
    wide = np.array([chances])
    return Stack(np.full(wide.shape, 25), np.full(wide.shape, 3), wide)


def test_places_are_chosen_by_bonferroni_by_false_discoveries_or_by_share() -> None:
    stack = drawn([0.001, 0.013, 0.02, 0.6])
    chosen, limit = systematic(stack)
    assert (chosen.tolist(), limit) == ([[True, False, False, False]], 0.0125)
    chosen, limit = systematic(stack, method="fdr")
    assert (chosen.tolist(), limit) == ([[True, True, True, False]], 0.02)
    chosen, limit = systematic(drawn([0.9, 0.9]), method="fdr")
    assert (chosen.tolist(), limit) == ([[False, False]], -1.0)
    stack = Stack(np.array([[4, 10, 10]]), np.array([[4, 5, 4]]), np.ones((1, 3)))
    assert systematic(stack, method="share")[0].tolist() == [[False, True, False]]


@pytest.mark.parametrize(("keys", "message"), [({"method": "x"}, "expected one of"), ({"alpha": 0}, "between 0 and 1")])
def test_a_choice_outside_its_range_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        systematic(drawn([0.5]), **keys)


@given(st.integers(1, 40), st.integers(0, 41), st.floats(0.001, 0.999))
def test_a_binomial_tail_is_the_sum_of_its_terms(n: int, least: int, share: float) -> None:
    expected = math.fsum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(least, n + 1))
    assert binomial_tail(least, n, share) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_the_limits_of_a_binomial_tail() -> None:
    assert [binomial_tail(*case) for case in ((0, 5, 0.1), (6, 5, 0.1), (1, 5, 0.0), (5, 5, 1.0))] == [1, 0, 0, 1]


def test_a_site_that_fails_more_often_is_found() -> None:
    site = np.arange(4000) % 4
    failed = np.random.default_rng(1).random(4000) < np.where(site == 2, 0.12, 0.04)
    found = repeats("site", site, failed)
    assert [one.group for one in found if one.repeats] == [2]
    assert found[2].failed == int(failed[site == 2].sum())
    assert not any(one.repeats for one in repeats("site", site, np.random.default_rng(2).random(4000) < 0.04))


def test_a_position_in_the_reticle_counts_from_a_corner() -> None:
    found = reticle_positions(np.array([[3], [4]]), np.array([[5, 6]]), 2, 3, first_row=3, first_column=5)
    assert found.tolist() == [[0, 1], [3, 4]]
    with pytest.raises(ArgumentError, match="0 x 3"):
        reticle_positions(np.array([0]), np.array([0]), 0, 3)


def grid_of(rows: int, columns: int) -> tuple[Any, Any]:
    y, x = np.mgrid[:rows, :columns]
    return y.ravel(), x.ravel()


@pytest.mark.parametrize("who", ["probe card", "reticle", "both", ""])
def test_probe_card_and_reticle_are_told_apart(who: str) -> None:
    y, x = grid_of(60, 60)
    site, position = x % 4, reticle_positions(y, x, 3, 2)
    share = np.full(len(x), 0.03)
    if who in ("probe card", "both"):
        share[site == 1] = 0.3
    if who in ("reticle", "both"):
        share[position == 4] = 0.4
    failed = np.random.default_rng(4).random(len(x)) < share
    found = told_apart(site, position, failed)
    assert found.cause == who
    if who in ("probe card", "both"):
        assert found.bad_sites == (1,)
    if who in ("reticle", "both"):
        assert found.bad_positions == (4,)


def test_what_steps_alike_is_not_told_apart() -> None:
    y, x = grid_of(60, 60)
    failed = np.random.default_rng(4).random(len(x)) < np.where(x % 4 == 1, 0.3, 0.03)
    assert told_apart(x % 4, reticle_positions(y, x, 1, 4), failed).cause == "undecided"
    assert told_apart(x % 4, None, failed).cause == "probe card"


SIZE, WAFERS, PLACE = 24, 25, (10, 7)


def repeating_lot(bad: Any, wafers: Any = None, **columns: Any) -> Any:
    """A lot of random fails, and of fails at some places of the first wafers; `bad` maps (x, y) to a share."""
    random = np.random.default_rng(8)
    maps = []
    for _ in range(WAFERS):
        grid = random.random((SIZE, SIZE)) < 0.05
        for (x, y), share in bad.items():
            grid[y, x] = random.random() < share
        maps.append(["".join("X" if failed else "1" for failed in row) for row in grid])
    return lot_of(*maps, wafers=wafers, **columns)


def test_good_dies_at_a_place_that_fails_on_many_wafers_are_rejected() -> None:
    lot = repeating_lot({PLACE: 0.7}, site=[1 + x % 4 for _ in range(WAFERS * SIZE) for x in range(SIZE)])
    found = z_pat(lot, lay_out(lot), row_of("z-pat"))
    assert {(x, y) for _, x, y in units(lot, found.part)} == {PLACE}
    failed = WAFERS - len(found.part)
    assert found.reasons[0].startswith(f"{failed} wafers failed at its place, chance ")
    record = found.records.to_pylist()[0]
    assert (record["n"], record["low"], record["applied"]) == (25, 0.05 / SIZE**2, True)
    assert record["estimator"] == "Poisson-binomial, Bonferroni at 0.05"
    share = z_pat(lot, lay_out(lot), row_of("z-pat", method="share"))
    assert set(share.part) == set(found.part)
    assert share.reasons[0] == f"{failed} wafers failed at its place"


def test_a_repeat_of_the_probe_card_is_not_inked_but_retested() -> None:
    places = {(x, y): 0.6 for x in range(2, SIZE, 8) for y in range(0, SIZE, 5)}
    sites = [1 + x % 8 for _ in range(WAFERS * SIZE) for x in range(SIZE)]
    lot = repeating_lot({**places, (11, 7): 0.8}, site=sites)
    found = z_pat(lot, lay_out(lot), row_of("z-pat", reticle=[4, 6]))
    assert {(x, y) for _, x, y in units(lot, found.part)} == {(11, 7)}
    assert found.hold[0].startswith("z-pat: 15 places of lot fail on wafer after wafer by site 3 of the probe card.")
    assert any(note == "z-pat: fails repeat with the probe card: more often at site 3." for note in found.notes)
    assert found.records["fallback"].to_pylist() == ["15 places left to a retest: probe card"]


def test_a_repeat_of_the_reticle_is_inked() -> None:
    places = {(x, y): 0.6 for x in range(1, SIZE, 6) for y in range(2, SIZE, 4)}
    lot = repeating_lot(places, site=[1 + (x + y) % 5 for _ in range(WAFERS) for y in range(SIZE) for x in range(SIZE)])
    found = z_pat(lot, lay_out(lot), row_of("z-pat", reticle=[4, 6]))
    assert {(x, y) for _, x, y in units(lot, found.part)} == set(places)
    assert found.notes == ("z-pat: fails repeat with the reticle: more often at reticle position 13.",)
    assert found.hold == ()


def test_few_wafers_are_not_stacked_and_say_so() -> None:
    lot = lot_of(["X1"], ["X1"], ["X1"], ["11"])
    found = z_pat(lot, lay_out(lot), row_of("z-pat"))
    assert len(found.part) == 0
    assert found.unjudged == ("z-pat: not applied: lot: 4 wafers, fewer than 5.",)
    assert found.records["applied"].to_pylist() == [False]


def test_wafers_that_lie_differently_are_turned_before_they_are_stacked() -> None:
    straight = repeating_lot({PLACE: 0.7})
    turned = turned_lot(straight)
    first, second = (z_pat(lot, lay_out(lot), row_of("z-pat")) for lot in (straight, turned))
    assert first.part.tolist() == second.part.tolist()
    assert len(first.part) > 3
    np.testing.assert_array_equal(first.value, second.value)


def turned_lot(lot: Any) -> Any:
    """The same lot, every second wafer laid into the prober with its notch to the left and X to the left."""
    x, y = (lot.parts[name].to_numpy().astype(int) for name in ("x", "y"))
    wafer = [int(name[1:]) for name in lot.parts["wafer"].to_pylist()]
    odd = np.array([number % 2 == 1 for number in wafer])
    # Seen with the notch down it is (right, down) = (x, y); a quarter clockwise brings the notch to the left.
    right, down = np.where(odd, -y, x), np.where(odd, x, y)
    names = sorted(set(lot.parts["wafer"].to_pylist()))
    middle = (5, 9)
    rows: dict[str, list[Any]] = {"wafer": names, "run": [0] * len(names), "head": [1] * len(names)}
    rows |= {"flat": ["L" if int(name[1:]) % 2 else "D" for name in names]}
    rows |= {"positive_x": ["L" if int(name[1:]) % 2 else "R" for name in names], "positive_y": ["D"] * len(names)}
    rows |= {"center_x": [middle[1] if int(name[1:]) % 2 else middle[0] for name in names]}
    rows |= {"center_y": [middle[0] if int(name[1:]) % 2 else middle[1] for name in names]}
    return build_lot(
        np.ones(lot.parts.num_rows), wafer=lot.parts["wafer"].to_pylist(), x=np.where(odd, -right, right).tolist(),
        y=down.tolist(), passed=lot.passed.tolist(), wafers=rows,
    )  # fmt: skip


def test_the_eight_ways_to_lay_a_lot_give_the_same_chances() -> None:
    maps = np.concatenate([state(["X11", "1X1"]), state(["X11", "111"]), state(["11.", "111"])])
    for turn in EIGHT:
        turned = np.stack([turn(one) for one in maps])
        np.testing.assert_array_equal(turn(stacked(maps).chance), stacked(np.ascontiguousarray(turned)).chance)


def test_each_test_condition_is_a_stack_of_its_own() -> None:
    runs = {"lot": ["L", "L"], "temperature": ["25C", "125C"], "stage": ["wafer sort"] * 2}
    hot = repeating_lot({PLACE: 0.7})
    cold = repeating_lot({})
    both = [hot.parts[name].to_pylist() + cold.parts[name].to_pylist() for name in ("wafer", "x", "y", "passed")]
    half = hot.parts.num_rows
    lot = build_lot(
        np.ones(2 * half), wafer=both[0], x=both[1], y=both[2], passed=both[3], run=[1] * half + [0] * half, runs=runs
    )
    found = z_pat(lot, lay_out(lot), row_of("z-pat"))
    assert {(x, y) for _, x, y in units(lot, found.part)} == {PLACE}
    assert (found.part < half).all()
    assert {found.records["scope"][line].as_py() for line in found.limit} == {"lot, wafer sort, 125C"}
    assert found.records["n"].to_pylist() == [25, 25]
