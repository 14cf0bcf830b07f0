"""Screens of standby currents: steps and ratios between the vectors of a part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

from corecar.screen import Recipe, Screening, screen
from corecar.screen.recipe import parse_recipe

NAMES = ["IDDQ_1", "IDDQ_2", "IDDQ_3", "IDDQ_4", "vth"]


def recipe_of(*rows: str) -> Recipe:
    return replace(parse_recipe("\n".join(f"[[screen]]\n{row}" for row in rows), "ours.toml"), kill_budget=1.0)


def currents(n: int = 500) -> Any:
    """Four standby currents of each part at a level of its own, and another test [A]; shape (5, n)."""
    random = np.random.default_rng(1)
    level = 1e-6 * np.exp(0.5 * random.normal(size=n))
    rows = level * np.exp(0.02 * random.normal(size=(4, n)))
    return np.concatenate([rows, random.normal(size=(1, n))])


def found_by(found: Screening, kind: str) -> set[int]:
    return {row["part"] for row in found.verdicts.to_pylist() if row["rule"] == kind}


def record(found: Screening, kind: str) -> list[dict[str, Any]]:
    return [row for row in found.limits.to_pylist() if row["screen"] == kind]


def test_a_vector_that_draws_more_is_found_though_other_parts_draw_as_much() -> None:
    values = currents()
    part = int(np.argmin(np.abs(values[0] - np.median(values[0]))))
    values[2, part] *= 2
    found = screen(build_lot(values, names=NAMES), recipe_of('kind = "iddq-delta"', 'kind = "iddq-ratio"'))
    assert part not in found_by(found, "dynamic-pat")
    assert found_by(found, "iddq-ratio") == {part}
    told = [row for row in found.verdicts.to_pylist() if row["rule"] == "iddq-delta" and row["part"] == part]
    assert [row["test"] for row in told] == [2, 3]
    assert told[0]["reason"].startswith("step from 1001 IDDQ_2 to 1002 IDDQ_3, ")
    ratio = next(row for row in found.verdicts.to_pylist() if row["rule"] == "iddq-ratio")
    assert ratio["value"] == pytest.approx(2, rel=0.1)
    limit = record(found, "iddq-ratio")[0]
    assert 1 < limit["median"] < limit["high"] < 2
    assert limit["low"] is None


def test_steps_by_hand() -> None:
    values = np.zeros((2, 41))
    values[1] = 5 + np.tile([-1.0, 0.0, 1.0], 14)[:41]
    values[1, 40] = 30
    found = screen(build_lot(values, names=["iddq a", "iddq b"]), recipe_of('kind = "iddq-delta"\nwidth = 3'))
    row = record(found, "iddq-delta")[0]
    assert (row["median"], row["q1"], row["q3"]) == (0, -1, 1)
    assert row["high"] == pytest.approx(3 * 2 / 1.35)
    assert found_by(found, "iddq-delta") == {40}
    assert found.verdicts.to_pylist()[0]["value"] == 25


def test_a_floor_keeps_small_steps() -> None:
    values = currents()
    values[2, 9] = values[1, 9] + 0.6e-6
    lot = build_lot(values, names=NAMES)
    assert 9 in found_by(screen(lot, recipe_of('kind = "iddq-delta"')), "iddq-delta")
    found = screen(lot, recipe_of('kind = "iddq-delta"\nfloor = 1e-6'))
    assert 9 not in found_by(found, "iddq-delta")
    assert "never nearer to the median than 1e-06" in record(found, "iddq-delta")[0]["fallback"]


def test_logarithms_judge_parts_of_every_level_alike() -> None:
    values = currents()
    low = int(np.argmin(values[0]))
    values[2, low] *= 1.5
    lot = build_lot(values, names=NAMES)
    assert low not in found_by(screen(lot, recipe_of('kind = "iddq-delta"')), "iddq-delta")
    assert found_by(screen(lot, recipe_of('kind = "iddq-delta"\nscale = "log"')), "iddq-delta") == {low}


def test_sorted_currents_step_apart_from_the_order_of_vectors() -> None:
    values = currents()
    order = np.random.default_rng(2).permuted(np.tile(np.arange(4)[:, None], 500), axis=0)
    values[:4] = np.take_along_axis(values[:4] * np.array([[1], [1.5], [2], [2.5]]), order, axis=0)
    values[0, 3] *= 10
    recipe = recipe_of('kind = "iddq-delta"\norder = "sorted"\nscale = "log"')
    found = screen(build_lot(values, names=NAMES), recipe)
    assert 3 in found_by(found, "iddq-delta")
    assert all(row["test"] is None for row in found.verdicts.to_pylist() if row["rule"] == "iddq-delta")
    assert [row["estimator"][:6] for row in record(found, "iddq-delta")] == ["step 1", "step 2", "step 3"]


def test_a_ratio_may_have_a_limit_told_beforehand() -> None:
    values = currents()
    values[2, 9] = values[1, 9] * 3
    found = screen(build_lot(values, names=NAMES), recipe_of('kind = "iddq-ratio"\nlimit = 2.5'))
    assert found_by(found, "iddq-ratio") == {9}
    assert record(found, "iddq-ratio")[0]["high"] == pytest.approx(2.5)
    assert "limit 2.5" in found.dispositions["reasons"].to_pylist()[9]


def test_wafers_that_step_otherwise_are_held_against_their_own_median() -> None:
    values = currents(600)
    values[2, 300:] += 5e-6
    lot = build_lot(values, names=NAMES, wafer=["W1"] * 300 + ["W2"] * 300, x=[*range(600)], y=0)
    by_wafer = screen(lot, recipe_of('kind = "iddq-delta"\nwidth = 30'))
    assert found_by(by_wafer, "iddq-delta") == set()
    assert record(by_wafer, "iddq-delta")[1]["sigma"] < 1e-6


NOT_APPLIED = [
    ({"names": ["a", "b", "c", "d", "e"]}, "0 tests named by *iddq*: at least two are needed"),
    ({"names": ["iddq", "b", "c", "d", "e"]}, "1 test named by *iddq*: at least two are needed"),
]


@pytest.mark.parametrize("kind", ["iddq-delta", "iddq-ratio"])
@pytest.mark.parametrize(("columns", "why"), NOT_APPLIED)
def test_without_two_currents_it_is_not_applied(kind: str, columns: dict[str, Any], why: str) -> None:
    found = screen(build_lot(currents(), **columns), recipe_of(f'kind = "{kind}"'))
    assert f"{kind}: not applied: {why}." in found.hold


@pytest.mark.parametrize("kind", ["iddq-delta", "iddq-ratio"])
def test_too_few_parts_and_no_spread_are_told(kind: str) -> None:
    few = screen(build_lot(currents(20), names=NAMES), recipe_of(f'kind = "{kind}"'))
    assert any(note.startswith(f"{kind}: not applied: ") and "fewer than 30" in note for note in few.hold)
    same = screen(build_lot(np.ones((5, 100)), names=NAMES), recipe_of(f'kind = "{kind}"'))
    assert any(note.startswith(f"{kind}: not applied: ") and "no spread" in note for note in same.hold)
    assert found_by(same, kind) == set()


def test_parts_without_a_current_or_with_one_below_0_are_counted() -> None:
    values = currents()
    values[1, 3] = np.nan
    values[2, 4] = -1e-9
    recipe = recipe_of('kind = "iddq-delta"\nscale = "log"', 'kind = "iddq-ratio"')
    found = screen(build_lot(values, names=NAMES), recipe)
    assert "iddq-delta: 4 steps of good parts lack a current above 0 and were not judged." in found.notes
    assert "iddq-ratio: 2 good parts without every current above 0 not judged." in found.notes
