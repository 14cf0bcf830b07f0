"""A whole lot through the screens: whose readings make limits, who is rejected, what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot

from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.screen import Recipe, Screening, dynamic_limits, read_recipe, screen

ALARM, INVALID, FAILED = 0x01, 0x02, 0x80


@pytest.fixture
def recipe() -> Recipe:
    return read_recipe()


def ramp(parts: int, *extra: float) -> np.ndarray:
    """Readings 0 to parts - 1, and some more behind."""
    return np.array([*np.arange(parts, dtype=np.float32), *extra], dtype=np.float32)


def rejected(found: Screening) -> set[int]:
    return set(found.verdicts["part"].to_pylist())


def limit_of(found: Screening, test: int = 0, scope: str = "lot") -> dict[str, Any]:
    rows = [row for row in found.limits.to_pylist() if (row["test"], row["scope"]) == (test, scope)]
    assert len(rows) == 1, found.limits.to_pylist()
    return dict(rows[0])


def test_limits_of_a_lot_are_those_of_the_formula(recipe: Recipe) -> None:
    values = np.random.default_rng(1).normal(size=500).astype(np.float32)
    row = limit_of(screen(build_lot(values, low=-4, high=9), recipe))
    formula = dynamic_limits(values, low_limit=-4, high_limit=9)
    for key in ("low", "high", "n", "q1", "median", "q3", "sigma", "clamp", "estimator", "fallback"):
        assert row[key] == getattr(formula, key), key
    assert row["clamp"] == "low"


def test_a_part_beyond_the_limits_is_rejected_and_says_why(recipe: Recipe) -> None:
    found = screen(build_lot(ramp(55, 300.0), part_id=[f"u{i}" for i in range(56)], names=["IDDQ"]), recipe)
    verdict = found.verdicts.to_pylist()[0]
    assert (verdict["part"], verdict["test"], verdict["rule"]) == (55, 0, "dynamic-pat")
    assert (verdict["value"], verdict["old_bin"], verdict["new_bin"]) == (300.0, 1, 90)
    assert found.limits["applied"][verdict["limit"]].as_py()
    row = found.dispositions.to_pylist()[55]
    assert (row["unit"], row["new_hard_bin"], row["new_soft_bin"], row["shippable"]) == ("u55", 90, 90, False)
    assert row["reasons"] == f"dynamic-pat: 1000 IDDQ, {verdict['distance']:.1f} sigma"


@pytest.mark.parametrize(("reading", "out"), [(147.0, set()), (147.00002, {55}), (-93.0, set()), (-93.00001, {55})])
def test_a_reading_equal_to_the_limit_passes(recipe: Recipe, reading: float, out: set[int]) -> None:
    lot = build_lot(ramp(55, reading), flags=[0] * 55 + [ALARM])
    found = screen(lot, recipe)
    assert (limit_of(found)["low"], limit_of(found)["high"]) == (-93.0, 147.0)
    assert rejected(found) == out


def test_parts_that_the_tester_failed_neither_make_limits_nor_change_bins(recipe: Recipe) -> None:
    good = ramp(55)
    lot = build_lot([*good, 1e6, -1e6], passed=[True] * 55 + [False] * 2)
    found = screen(lot, recipe)
    assert limit_of(found)["n"] == 55
    assert (limit_of(found)["low"], limit_of(found)["high"]) == (-93.0, 147.0)
    assert found.dispositions["new_hard_bin"].to_pylist()[55:] == [7, 7]
    assert rejected(found) == set()


def test_superseded_and_incomplete_attempts_count_for_nothing(recipe: Recipe) -> None:
    aside = [False] * 55 + [True, False]
    broken = [False] * 55 + [False, True]
    found = screen(build_lot(ramp(55, 1e6, 1e6), superseded=aside, incomplete=broken), recipe)
    assert limit_of(found)["n"] == 55
    assert rejected(found) == set()
    assert found.dispositions.num_rows == 55


FLAGS: list[tuple[int, int, set[int]]] = [(bit, 55, set()) for bit in (INVALID, 0x04, 0x08, 0x10, 0x20)]
FLAGS += [(ALARM, 55, {55}), (FAILED, 55, {55}), (0, 56, {55})]


@pytest.mark.parametrize(("flag", "n", "out"), FLAGS)
def test_flags_decide_which_readings_make_limits_and_which_are_held(
    recipe: Recipe, flag: int, n: int, out: set[int]
) -> None:
    found = screen(build_lot(ramp(55, 1e6), flags=[0] * 55 + [flag]), recipe)
    assert limit_of(found)["n"] == n
    assert rejected(found) == out


def test_a_recipe_may_let_alarmed_readings_make_limits(recipe: Recipe) -> None:
    lot = build_lot(ramp(55, 27.0), flags=[0] * 55 + [ALARM])
    assert limit_of(screen(lot, replace(recipe, alarmed=True)))["n"] == 56


def test_values_that_are_no_numbers_stay_out_and_are_told(recipe: Recipe) -> None:
    values = ramp(55, np.nan, np.inf)
    found = screen(build_lot(values, flags=np.zeros(57)), recipe)
    assert limit_of(found)["n"] == 55
    assert rejected(found) == {56}
    assert "1 reading of a good part is not a number; it was held against no limit." in found.notes


def test_every_execution_within_a_part_is_held(recipe: Recipe) -> None:
    repeats: dict[str, Any] = {"test": [0, 0, 0], "part": [7, 7, 8], "execution": [2, 3, 2]}
    repeats |= {"value": [300.0, -400.0, 500.0], "flags": [0, 0, INVALID]}
    found = screen(build_lot(ramp(55), repeats=repeats), recipe)
    assert limit_of(found)["n"] == 55
    assert [(row["part"], row["value"]) for row in found.verdicts.to_pylist()] == [(7, -400.0)]


def test_a_part_that_fails_several_screens_has_a_row_of_each(recipe: Recipe) -> None:
    values = np.stack([ramp(55), ramp(55)])
    values[:, 3] = 9999
    found = screen(build_lot(values), recipe)
    assert found.verdicts["test"].to_pylist() == [0, 1]
    assert found.dispositions["reasons"][3].as_py().count("; ") == 1


def wafers(*sizes: int) -> list[str]:
    return [f"W{place + 1:02}" for place, size in enumerate(sizes) for _ in range(size)]


def test_each_wafer_has_its_own_limits(recipe: Recipe) -> None:
    values = np.concatenate([ramp(100), 1000 + ramp(100)])
    found = screen(build_lot(values, wafer=wafers(100, 100), x=[*range(200)], y=0), recipe)
    assert [row["scope"] for row in found.limits.to_pylist()] == ["wafer W01", "wafer W02"]
    assert [row["median"] for row in found.limits.to_pylist()] == [49.5, 1049.5]


def test_a_wafer_with_few_readings_takes_the_lots_limits_and_says_so(recipe: Recipe) -> None:
    values = np.concatenate([ramp(100), ramp(10), [5000.0]])
    found = screen(build_lot(values, wafer=wafers(100, 11), x=[*range(111)], y=0), recipe)
    small = limit_of(found, scope="wafer W02")
    assert (small["applied"], small["low"]) == (False, None)
    assert small["fallback"] == "11 readings, fewer than 30: limits of lot used"
    assert limit_of(found)["n"] == 111
    assert found.verdicts["limit"].to_pylist() == [limit_of(found)["limit"]]


def test_a_lot_with_few_readings_is_not_screened_and_says_so(recipe: Recipe) -> None:
    found = screen(build_lot(ramp(28, 1e9)), recipe)
    row = limit_of(found)
    assert (row["applied"], row["fallback"]) == (False, "29 readings, fewer than 30: not screened")
    assert rejected(found) == set()
    assert "1 of 1 test could not be screened: fewer than 30 readings (1)." in found.notes
    assert "No test has the 30 readings that limits take at least" in found.hold[0]
    assert "Log every part" not in found.hold[0]


def test_limits_from_fewer_than_a_hundred_readings_are_flagged(recipe: Recipe) -> None:
    found = screen(build_lot(ramp(99)), recipe)
    assert limit_of(found)["fallback"] == "small-n: 99 readings, fewer than 100"
    assert any("small-n" in note for note in found.notes)
    assert limit_of(screen(build_lot(ramp(100)), recipe))["fallback"] == ""


SCOPES = [
    ("lot", ["lot"]),
    ("wafer", ["wafer W01", "wafer W02"]),
    ("site", ["site 1", "site 2"]),
    ("wafer-site", ["wafer W01, site 1", "wafer W01, site 2", "wafer W02, site 1", "wafer W02, site 2"]),
]


@pytest.mark.parametrize(("scope", "labels"), SCOPES)
def test_the_recipe_chooses_whose_readings_make_the_limits(recipe: Recipe, scope: str, labels: list[str]) -> None:
    lot = build_lot(ramp(400), wafer=wafers(200, 200), x=[*range(400)], y=0, site=[1 + i % 2 for i in range(400)])
    found = screen(lot, replace(recipe, scope=scope))
    assert found.limits["scope"].to_pylist() == labels


@pytest.mark.parametrize(("scope", "label"), [("wafer", "lot"), ("wafer-site", "site 1")])
def test_a_lot_without_wafers_has_no_wafer_scope(recipe: Recipe, scope: str, label: str) -> None:
    found = screen(build_lot(ramp(100)), replace(recipe, scope=scope))
    assert found.limits["scope"].to_pylist() == [label]


def test_the_same_site_number_on_two_heads_is_two_sites(recipe: Recipe) -> None:
    lot = build_lot(ramp(200), head=[1 + i % 2 for i in range(200)], site=3)
    found = screen(lot, replace(recipe, scope="site"))
    assert found.limits["scope"].to_pylist() == ["site 1:3", "site 2:3"]


def test_readings_at_two_temperatures_are_never_one_population(recipe: Recipe) -> None:
    runs = {"lot": ["L", "L"], "temperature": ["25C", "125C"], "stage": ["final test"] * 2}
    lot = build_lot(np.concatenate([ramp(100), 500 + ramp(100)]), run=[0] * 100 + [1] * 100, runs=runs)
    found = screen(lot, recipe)
    assert found.limits["scope"].to_pylist() == ["lot, final test, 25C", "lot, final test, 125C"]


def test_a_test_executed_on_few_of_the_logged_parts_gets_no_limits(recipe: Recipe) -> None:
    values = np.stack([ramp(200), ramp(200)])
    values[1, 150:] = np.nan
    found = screen(build_lot(values), recipe)
    row = limit_of(found, test=1)
    assert (row["applied"], row["n"]) == (False, 150)
    assert row["fallback"] == "executed on fewer than 95% of the good parts that have readings: not screened"
    assert limit_of(screen(build_lot(values), replace(recipe, coverage=0.5)), test=1)["applied"]


def test_a_lot_of_which_only_a_sample_was_logged_is_screened_and_held(recipe: Recipe) -> None:
    values = np.where(np.arange(400) % 2, ramp(400), np.nan)
    values[1] = 1e6
    found = screen(build_lot(values), recipe)
    assert limit_of(found)["applied"]
    assert rejected(found) == {1}
    assert found.hold[0].startswith("200 of 400 good parts (50.0%) have no reading that a limit stands over")
    assert "Log every part" in found.hold[0]


def test_a_few_parts_without_readings_are_noted(recipe: Recipe) -> None:
    found = screen(build_lot([*ramp(100), np.nan]), recipe)
    assert found.hold == ()
    assert "1 good part has no reading that a limit stands over; no screen has seen it." in found.notes


def test_a_part_with_limits_of_its_own_is_not_rejected_for_a_clamped_general_limit(recipe: Recipe) -> None:
    own = {"test": [0], "part": [54], "low_limit": [None], "high_limit": [60.0]}
    assert rejected(screen(build_lot(ramp(55), high=50), recipe)) == {51, 52, 53, 54}
    assert rejected(screen(build_lot(ramp(55), high=50, part_limits=own), recipe)) == {51, 52, 53}
    far = ramp(54, 1e6)
    assert 54 in rejected(screen(build_lot(far, high=50, part_limits=own), recipe))


def test_a_population_outside_its_own_limits_is_not_screened_and_holds_the_lot(recipe: Recipe) -> None:
    lot = build_lot(np.stack([ramp(55) + 100, ramp(55)]), high=[50, None], names=["IDDQ", "VOUT"])
    found = screen(lot, recipe)
    row = limit_of(found)
    assert (row["applied"], row["low"], row["high"], row["clamp"]) == (False, None, None, "")
    assert row[
        "fallback"
    ] == "small-n: 55 readings, fewer than 100; 55 readings that the tester passed lie outside " + (
        "the test's own limits"
    )
    assert rejected(found) == set()
    assert limit_of(found, test=1)["applied"]
    told = "55 readings that the tester passed lie outside the test's own limits: 1000 IDDQ (55). No limits were made"
    assert [reason for reason in found.hold if reason.startswith(told)] == list(found.hold)
    note = "1 of 2 tests could not be screened: readings that the tester passed lie outside the test's own limits (1)."
    assert note in found.notes


def test_of_the_wafers_only_the_one_outside_its_own_limits_is_not_screened(recipe: Recipe) -> None:
    values = np.concatenate([ramp(100), 1000 + ramp(100)])
    lot = build_lot(values, low=-500, high=500, wafer=wafers(100, 100), x=[*range(200)], y=0)
    found = screen(lot, recipe)
    assert [(row["scope"], row["applied"]) for row in found.limits.to_pylist()] == [
        ("wafer W01", True),
        ("wafer W02", False),
    ]
    assert found.hold[0].startswith("100 readings that the tester passed lie outside")


def test_readings_that_make_no_limits_do_not_count_as_outside(recipe: Recipe) -> None:
    flags, passed = [0] * 58 + [INVALID], [True] * 55 + [False] + [True] * 3
    values = [*(ramp(55) + 100), 900, np.inf, np.nan, 900]
    row = limit_of(screen(build_lot(values, high=50, flags=flags, passed=passed), replace(recipe, coverage=0.5)))
    assert row["fallback"].endswith("; 55 readings that the tester passed lie outside the test's own limits")


def test_many_tests_outside_their_limits_are_named_in_part(recipe: Recipe) -> None:
    found = screen(build_lot(np.stack([ramp(200) + 1000 * i for i in range(1, 7)]), high=50), recipe)
    assert found.hold[0].startswith(
        "1,200 readings that the tester passed lie outside the test's own limits: 1000 T0 (200),"
    )
    assert " and 3 more tests. No limits were made there." in found.hold[0]


def test_functional_tests_are_left_alone(recipe: Recipe) -> None:
    lot = build_lot(np.stack([ramp(55), ramp(55)]), kind=["functional", "multiple"])
    assert screen(lot, recipe).limits["test"].to_pylist() == [1]


def test_patterns_choose_tests_by_name_or_number(recipe: Recipe) -> None:
    lot = build_lot(np.stack([ramp(55)] * 3), names=["Leak_A", "LEAK_B", "VOUT"], numbers=[10, 20, 30])
    chosen = replace(recipe, include=("leak*", "30"), exclude=("20", "TEMP*"))
    found = screen(lot, chosen)
    assert found.limits["test"].to_pylist() == [0, 2]
    assert 'The recipe\'s pattern "TEMP*" fits no test of this lot.' in found.notes


def test_a_recipe_that_names_no_test_of_the_lot_holds_it_and_says_so(recipe: Recipe) -> None:
    found = screen(build_lot(np.stack([ramp(55)]), names=["VOUT"]), replace(recipe, include=("VOTU",)))
    assert 'The recipe\'s pattern "VOTU" fits no test of this lot.' in found.notes
    assert any("patterns and kinds leave no test of this lot" in reason for reason in found.hold)


def test_more_rejects_than_the_budget_hold_the_lot_and_name_the_test(recipe: Recipe) -> None:
    values = np.concatenate([np.tile(ramp(10), 10), np.full(3, 999.0)])
    lot = build_lot(values, names=["IDDQ"])
    found = screen(lot, recipe)
    assert len(found.hold) == 1
    assert "reject 3 of 103 good parts (2.91%), more than the budget of 2.00%" in found.hold[0]
    assert "1000 IDDQ (3)" in found.hold[0]
    assert screen(lot, replace(recipe, kill_budget=0.05)).hold == ()


def test_a_bin_that_the_tester_uses_for_good_parts_is_refused(recipe: Recipe) -> None:
    with pytest.raises(RecipeError, match="hard = 90: the tester puts good parts into this hard bin"):
        screen(build_lot(ramp(55), hard_bin=90), recipe)


def test_a_bin_that_the_tester_uses_for_fails_is_noted(recipe: Recipe) -> None:
    passed = [True] * 54 + [False]
    found = screen(build_lot(ramp(55), passed=passed, hard_bin=[1] * 54 + [90]), recipe)
    assert any(note.startswith("The tester uses hard bin 90 too") for note in found.notes)


def test_parts_without_identity_make_the_verdicts_limits_for_a_retest(recipe: Recipe) -> None:
    runs = {"lot": ["L", "L"], "stage": ["final test"] * 2, "test_pass": [1, 2]}
    lot = build_lot(ramp(99, 1e6), run=[0] * 90 + [1] * 10, runs=runs, identity="none")
    notes = " ".join(screen(lot, recipe).notes)
    assert "a rejected part can't be picked out of the lot by its record" in notes
    assert "retest passes can't be matched" in notes


def test_a_wafer_die_is_found_by_its_coordinates(recipe: Recipe) -> None:
    found = screen(build_lot(ramp(2), wafer="W03", x=[12, None], y=[-4, 7], part_id=["1", "2"]), recipe)
    assert found.dispositions["unit"].to_pylist() == ["W03 (12, -4)", "W03 2"]


def test_the_same_population_has_the_same_hash_and_another_reading_another(recipe: Recipe) -> None:
    values = ramp(55)
    changed = values.copy()
    changed[9] = 9.5
    marks = [limit_of(screen(build_lot(v), recipe))["population"] for v in (values, values.copy(), changed)]
    assert marks[0] == marks[1] != marks[2]


def test_an_empty_lot_has_empty_tables(recipe: Recipe) -> None:
    found = screen(build_lot(np.empty((0, 0))), recipe)
    assert (found.limits.num_rows, found.verdicts.num_rows, found.dispositions.num_rows) == (0, 0, 0)


def random_lot(seed: int, order: np.ndarray | None = None) -> Lot:
    """Three tests on 240 parts of two wafers, with outliers, fails, gaps and flags; the parts in any order."""
    drawn = np.random.default_rng(seed)
    values = drawn.standard_t(2, size=(3, 240)).astype(np.float32)
    values[drawn.random(values.shape) < 0.01] = np.nan
    flags = np.where(drawn.random(values.shape) < 0.02, drawn.integers(1, 256, values.shape), 0)
    passed, wafer = drawn.random(240) < 0.9, np.repeat(["A", "B"], [215, 25])
    order = np.arange(240) if order is None else order
    return build_lot(
        values[:, order],
        low=[-3, None, None],
        high=[50, 4, None],
        flags=flags[:, order],
        passed=passed[order],
        wafer=wafer[order].tolist(),
        x=order.tolist(),
        y=0,
    )


@given(seed=st.integers(0, 10_000))
def test_screens_only_ever_turn_good_parts_into_rejected_ones(seed: int) -> None:
    lot = random_lot(seed)
    found = screen(lot, read_recipe())
    assert lot.passed[found.verdicts["part"].to_numpy()].all()
    rows = found.dispositions.to_pylist()
    assert all(row["new_hard_bin"] == row["old_hard_bin"] for row in rows if not lot.passed[row["part"]])
    assert all(row["shippable"] == (row["new_hard_bin"] == 1) for row in rows)


@given(seed=st.integers(0, 10_000), low=st.floats(-9, 9), high=st.floats(-9, 9))
def test_no_row_of_the_limits_has_low_above_high(seed: int, low: float, high: float) -> None:
    values = np.random.default_rng(seed).standard_t(2, size=(2, 120))
    wafer = np.repeat(["A", "B"], 60).tolist()
    found = screen(build_lot(values, low=[low, None], high=[high, high], wafer=wafer, x=range(120), y=0), read_recipe())
    rows = found.limits.to_pylist()
    assert all(row["low"] <= row["high"] for row in rows if None not in (row["low"], row["high"]))
    assert all((row["low"], row["high"]) == (None, None) for row in rows if not row["applied"])
    assert any("outside the test's own limits" in row["fallback"] for row in rows) == any(
        "outside the test's own limits" in reason for reason in found.hold
    )


@given(seed=st.integers(0, 10_000))
def test_verdicts_agree_with_a_plain_comparison(seed: int) -> None:
    lot = random_lot(seed)
    found = screen(lot, read_recipe())
    limits = {(row["test"], row["scope"]): row for row in found.limits.to_pylist()}
    expected = set()
    for test in range(3):
        span = lot.measurements.of(test)
        readings = zip(
            lot.measurements.part[span], lot.measurements.value[span], lot.measurements.flags[span], strict=True
        )
        for part, value, flags in readings:
            row = limits.get((test, f"wafer {lot.parts['wafer'][int(part)].as_py()}"))
            row = row if row and row["n"] >= 30 else limits[test, "lot"]
            low = -np.inf if row["low"] is None else row["low"]
            high = np.inf if row["high"] is None else row["high"]
            if lot.passed[part] and not flags & 0x3E and (value < low or value > high):
                expected.add((int(part), test))
    assert set(zip(found.verdicts["part"].to_pylist(), found.verdicts["test"].to_pylist(), strict=True)) == expected


@given(seed=st.integers(0, 10_000))
def test_the_order_in_which_parts_were_tested_changes_no_verdict(seed: int) -> None:
    order = np.random.default_rng(seed + 1).permutation(240)
    there, shuffled = screen(random_lot(seed), read_recipe()), screen(random_lot(seed, order), read_recipe())
    told = [
        dict(zip(*(f.dispositions[name].to_pylist() for name in ("unit", "reasons")), strict=True))
        for f in (there, shuffled)
    ]
    assert told[0] == told[1]
