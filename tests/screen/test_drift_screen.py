"""Drift over a stress: units paired by identity, the tester's share taken off, limits of the drift and of the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lots import build_lot

from corecar import grade
from corecar.assess.pre_post import drift
from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.screen import Recipe, Screening, screen
from corecar.screen.paired_units import paired_units
from corecar.screen.recipe import parse_recipe, read_recipe

UNITS = 200


def recipe_of(keys: str = "") -> Recipe:
    return replace(parse_recipe(f'[[screen]]\nkind = "drift"\nhard = 96\n{keys}', "ours.toml"), kill_budget=1.0)


def readings(seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(size=(2, UNITS))


def lot_of(values: Any, units: Any = None, **columns: Any) -> Lot:
    """A lot at final test whose units carry a text."""
    names = [f"U{unit:03}" for unit in (range(UNITS) if units is None else units)]
    lot = build_lot(values, part_id=[str(place) for place in range(len(names))], **columns)
    return replace(lot, parts=lot.parts.set_column(lot.parts.schema.get_field_index("part_text"),
                                                  lot.parts.schema.field("part_text"), [names]))  # fmt: skip


def found_by(found: Screening) -> set[int]:
    return {row["part"] for row in found.verdicts.to_pylist() if row["rule"] == "drift"}


def records(found: Screening) -> list[dict[str, Any]]:
    return [row for row in found.limits.to_pylist() if row["screen"] == "drift"]


def stressed(seed: int = 2) -> tuple[Any, Any]:
    """Readings before, and after a stress that moved all a little and unit 5 much."""
    before = readings()
    after = before + 0.01 * np.random.default_rng(seed).normal(size=before.shape)
    after[1, 5] += 0.5
    return before, after


def test_a_unit_that_moved_is_found_though_its_readings_are_usual() -> None:
    before, after = stressed()
    found = screen(lot_of(after), recipe_of(), before=lot_of(before))
    assert found_by(found) == {5}
    (row,) = [row for row in found.verdicts.to_pylist() if row["rule"] == "drift"]
    assert (row["test"], row["new_bin"]) == (1, 96)
    assert row["value"] == pytest.approx(after[1, 5] - before[1, 5], rel=1e-5)
    assert row["reason"].startswith("1001 T1 drifted, ")
    assert "drift: 200 parts paired with those before the stress by part_text." in found.notes
    assert "drift: no control units: a change of the tester counts as drift." in found.notes


def test_units_are_paired_by_what_they_carry_not_by_their_order() -> None:
    before, after = stressed()
    order = np.random.default_rng(3).permutation(UNITS)
    found = screen(lot_of(after[:, order], order), recipe_of(), before=lot_of(before))
    assert found_by(found) == {int(np.flatnonzero(order == 5)[0])}


def test_what_control_units_drift_the_tester_did() -> None:
    before, after = stressed()
    after += 0.3
    after[:, 190:] = before[:, 190:] + 0.3
    keys = 'control = ["U19*"]'
    low, high = [-2.0] * 2, [2.0] * 2
    found = screen(lot_of(after, low=low, high=high), recipe_of(keys), before=lot_of(before))
    assert found_by(found) == {5}
    assert found.hold == ()
    assert "drift: 10 control units not judged; their median drift is taken off." in found.notes
    assert all("of 10 control units" in row["estimator"] for row in records(found))
    assert {row["n"] for row in records(found)} == {190}
    without = screen(lot_of(after, low=[-2] * 2, high=[2.5] * 2), recipe_of("of_width = 0.05"), before=lot_of(before))
    assert any("more than half of the parts moved farther than allowed: 1000 T0 drifted" in why for why in without.hold)
    assert len(found_by(without)) > 190


def test_a_share_of_the_width_between_limits_is_the_most_a_part_may_drift() -> None:
    before = readings()
    after = before + 0.05 * np.random.default_rng(4).normal(size=before.shape)
    after[0, 7] = before[0, 7] + 0.25
    lot = lot_of(after, low=[-10.0, None], high=[10.0, 10.0])
    found = screen(lot, recipe_of("of_width = 0.01"), before=lot_of(before))
    first, second = records(found)
    assert (first["high"], first["low"], first["clamp"]) == (pytest.approx(0.2), pytest.approx(-0.2), "both")
    assert second["clamp"] == ""
    assert 7 in found_by(found)


def test_the_figures_are_those_of_the_statistic() -> None:
    before, after = stressed()
    found = screen(lot_of(after), recipe_of(), before=lot_of(before))
    figures = drift(before[1].astype(np.float32), after[1].astype(np.float32))
    assert records(found)[1]["median"] == pytest.approx(figures.median, abs=1e-7)
    assert figures.outlying == (6,)


def test_few_units_are_held_against_the_share_of_the_width_alone() -> None:
    before, after = (values[:, :12] for values in stressed())
    lot = lot_of(after, range(12), low=[-2.0] * 2, high=[2.0] * 2)
    found = screen(lot, recipe_of(), before=lot_of(before, range(12)))
    assert found_by(found) == {5}
    assert "fewer than 30" in records(found)[1]["fallback"]
    assert "limit 0.4" in found.dispositions["reasons"].to_pylist()[5]


def test_without_readings_before_it_holds_the_lot() -> None:
    found = screen(lot_of(readings()), recipe_of())
    assert "drift: not applied: no readings before the stress were given." in found.hold


def test_units_that_nothing_names_hold_the_lot() -> None:
    found = screen(build_lot(readings()), recipe_of(), before=build_lot(readings()))
    assert any(why.startswith("drift: not applied: no part is found in both insertions") for why in found.hold)


def test_part_ids_pair_units_only_when_asked() -> None:
    before, after = stressed()
    ids = [str(unit) for unit in range(UNITS)]
    one, other = build_lot(before, part_id=ids), build_lot(after, part_id=ids)
    assert not paired_units(one, other).identity
    assert found_by(screen(other, recipe_of('identity = "part_id"'), before=one)) == {5}
    vouched = build_lot(after, part_id=ids, identity="part_id")
    assert found_by(screen(vouched, recipe_of(), before=one)) == {5}


def test_dies_are_paired_by_wafer_and_place() -> None:
    before, after = stressed()
    places: dict[str, Any] = {"wafer": ["W1"] * 100 + ["W2"] * 100, "x": [*range(100)] * 2, "y": 0}
    found = screen(build_lot(after, **places), recipe_of(), before=build_lot(before, **places))
    assert found_by(found) == {5}
    assert any("by xy" in note for note in found.notes)


def test_chips_are_paired_by_the_identity_that_they_tell_themselves() -> None:
    before, after = stressed()
    order = np.random.default_rng(3).permutation(UNITS)

    def told(units: Any) -> dict[str, Any]:
        numbers = list(range(UNITS))
        return {"run": [0] * UNITS, "sequence": numbers, "offset": numbers, "part": numbers, "kind": ["GDR"] * UNITS,
                "text": [f"ECID|L7|{unit}" for unit in units]}  # fmt: skip

    one, other = build_lot(before, texts=told(range(UNITS))), build_lot(after[:, order], texts=told(order))
    found = screen(other, recipe_of(), before=one)
    assert found_by(found) == {int(np.flatnonzero(order == 5)[0])}
    assert any("by ecid" in note for note in found.notes)


def test_units_that_are_missing_or_doubled_before_are_told() -> None:
    before, after = stressed()
    some = [*range(150), *range(50)]
    found = screen(lot_of(after), recipe_of(), before=lot_of(before, some))
    assert any("50 parts share their identity with others" in note for note in found.notes)
    few = screen(lot_of(after), recipe_of(), before=lot_of(before[:, :195], range(195)))
    assert "drift: 5 good parts not found before the stress: not judged." in few.notes
    half = screen(lot_of(after), recipe_of(), before=lot_of(before[:, :100], range(100)))
    assert any("100 of 200 good parts were not found before the stress" in why for why in half.hold)


def test_readings_that_lack_and_tests_that_are_new_are_told() -> None:
    before, after = stressed()
    before[0, 3] = np.nan
    found = screen(lot_of(after), recipe_of(), before=lot_of(before, names=["T0", "other"]))
    assert "drift: not applied: 1 test not executed before the stress." in found.notes
    assert "drift: 1 pair of readings lack one and were not judged." in found.notes
    none = screen(lot_of(after), recipe_of(), before=lot_of(before, names=["a", "b"]))
    assert any("no test was executed both before and after" in why for why in none.hold)


def test_a_part_that_failed_after_keeps_its_bin() -> None:
    before, after = stressed()
    found = screen(lot_of(after, passed=np.arange(UNITS) != 5), recipe_of(), before=lot_of(before))
    assert found_by(found) == set()
    assert found.dispositions["new_hard_bin"].to_pylist()[5] == 7


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-100, 100))
def test_a_shift_of_the_tester_changes_no_verdict_where_units_control_it(seed: int, shift: float) -> None:
    before, after = stressed(seed)
    keys = 'control = ["U19*"]\nof_width = 0'
    plain = found_by(screen(lot_of(after), recipe_of(keys), before=lot_of(before)))
    moved = found_by(screen(lot_of(after + np.float32(shift)), recipe_of(keys), before=lot_of(before)))
    assert 5 in plain
    assert moved >= {5}


def test_a_recipe_without_it_gets_it_as_its_last_screen_where_readings_before_are_given() -> None:
    before, after = stressed()
    found = screen(lot_of(after), read_recipe(), before=lot_of(before))
    assert found_by(found) == {5}
    assert list(dict.fromkeys(found.limits["screen"].to_pylist())) == ["dynamic-pat", "drift"]


def test_grading_holds_a_lot_against_the_insertion_before(fictional_lot: Path) -> None:
    found = grade(fictional_lot, before=fictional_lot)
    assert "drift" in set(found.limits["screen"].to_pylist())
    assert any("paired with those before the stress in" in note for note in found.notes)
    assert found.summary()["rejected_by_screen"].get("drift", 0) == 0


def test_another_product_before_is_refused() -> None:
    before = build_lot(readings(), runs={"lot": ["L1"], "product": ["A"]})
    after = build_lot(readings(), runs={"lot": ["L1"], "product": ["B"]})
    with pytest.raises(ArgumentError, match="another product: A before, B after"):
        grade(after, before=before)
