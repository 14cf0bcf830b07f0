"""A lot whose recipe lets limits follow the shape of their populations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot

from corecar.lot import Lot
from corecar.screen import Own, Screening, read_recipe, screen, shaped_limits
from corecar.screen.recipe import Recipe
from corecar.screen.shaping import shape_rules

PLAIN = read_recipe()
FOLLOWING = replace(PLAIN, skewed="auto", modes=True, gap=1.0)


def drawn(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def rows(found: Screening) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = found.limits.to_pylist()
    return listed


def rejected(found: Screening) -> list[int]:
    return sorted(set(found.verdicts["part"].to_pylist()))


def on_wafers(values: np.ndarray, **more: Any) -> Lot:
    count = values.shape[-1]
    names = [f"W{1 + part * 2 // count}" for part in range(count)]
    return build_lot(values, wafer=names, x=[*range(count)], y=0, **more)


def test_sound_parts_of_a_leakage_test_are_kept_that_the_plain_formula_rejects() -> None:
    leakage = drawn().lognormal(mean=-18, sigma=0.9, size=1000)
    leakage[7] = leakage.max() * 1e5
    lot = on_wafers(leakage, names=["ILEAK"])
    plain, following = screen(lot, PLAIN), screen(lot, FOLLOWING)
    assert len(rejected(plain)) > 10
    assert rejected(following) == [7]
    first = rows(following)[0]
    assert first["estimator"] == "median, IQR/1.35 of log10|x|"
    assert first["fallback"].startswith("skewed (medcouple 0.")
    assert first["fallback"].endswith(": log")


def test_a_lot_of_normal_tests_gets_the_same_limits_and_verdicts_by_either_recipe() -> None:
    lot = on_wafers(drawn().normal(size=(5, 600)), low=-5, high=[9.0] * 5)
    plain, following = screen(lot, PLAIN), screen(lot, FOLLOWING)
    assert plain.limits.equals(following.limits)
    assert plain.verdicts.equals(following.verdicts)


def test_each_limit_of_a_lot_is_that_of_the_function_on_its_population() -> None:
    values = drawn().gamma(1.5, size=(2, 600)).astype(np.float32)
    lot = on_wafers(values, high=[8.0, np.nan], low=0.0)
    for row in rows(screen(lot, FOLLOWING)):
        mine = values[row["test"], :300] if row["scope"] == "wafer W1" else values[row["test"], 300:]
        own = Own(0.0, 8.0 if row["test"] == 0 else None)
        (record,) = shaped_limits(mine, shape_rules(FOLLOWING), own=own).records
        for name in ("low", "high", "clamp", "estimator", "fallback", "n", "median", "q1", "q3"):
            assert row[name] == getattr(record, name), name


def test_two_modes_that_a_site_explains_hold_the_lot_and_say_which_scope_to_take() -> None:
    sites = np.tile([1, 2], 300)
    values = np.where(sites == 1, 0.0, 20.0) + drawn().normal(size=600)
    lot = on_wafers(values, site=sites.tolist(), names=["VREF"])
    found = screen(lot, FOLLOWING)
    assert found.hold == (
        "Two modes in 1000 VREF: the site explains them. Grade with a scope that keeps each site apart; until then "
        "the outer limits stand.",
    )
    assert rows(found)[0]["fallback"] == "two modes, split by site; the outer ones stand"
    apart = screen(lot, replace(FOLLOWING, scope="wafer-site"))
    assert apart.hold == ()
    assert {row["scope"] for row in rows(apart)} == {f"wafer W{w}, site {s}" for w in (1, 2) for s in (1, 2)}


def test_two_modes_that_nothing_explains_hold_the_lot_and_reject_neither() -> None:
    values = np.where(drawn(3).random(600) < 0.3, 0.0, 20.0) + drawn().normal(size=600)
    values[5] = 60.0
    found = screen(on_wafers(values, names=["VREF"]), FOLLOWING)
    assert found.hold == (
        "Two modes in 1000 VREF: neither site nor wafer explains them. The outer limits stand; find what makes the "
        "difference.",
    )
    assert rejected(found) == [5]


def test_a_tail_that_hangs_together_is_kept_and_told() -> None:
    body = np.random.default_rng(2).permutation(np.linspace(-1, 1, 400))
    values = np.concatenate([body, np.arange(2.0, 9.0, 0.5), [30.0]])
    found = screen(build_lot(values), replace(PLAIN, gap=1.0))
    assert rejected(found) == [len(values) - 1]
    assert "without a gap of 1 sigma stand" in rows(found)[0]["fallback"]


def test_a_part_with_limits_of_its_own_is_held_against_the_half_sigma_of_its_side() -> None:
    values = drawn().gamma(1.5, size=600)
    split = replace(PLAIN, skewed="split")
    lows = [row["low"] for recipe in (PLAIN, split) for row in rows(screen(build_lot(values), recipe))]
    values[9] = (lows[0] + lows[1]) / 2
    own: dict[str, Any] = {"test": [0], "part": [9], "low_limit": [-9.0], "high_limit": [300.0]}
    lot = build_lot(values, part_limits=own)
    assert lows[0] < lows[1]
    assert 9 not in rejected(screen(lot, PLAIN))
    assert 9 in rejected(screen(lot, split))


@pytest.mark.parametrize("recipe", [PLAIN, FOLLOWING], ids=["plain", "following"])
@given(seed=st.integers(0, 1000))
def test_screens_move_parts_from_good_to_rejected_only(recipe: Recipe, seed: int) -> None:
    draw = drawn(seed)
    values = np.stack([draw.normal(size=120), draw.lognormal(size=120), draw.integers(0, 4, 120)])
    passed = (draw.random(120) < 0.9).tolist()
    found = screen(build_lot(values, passed=passed, site=draw.integers(1, 3, 120).tolist()), recipe)
    shipped = np.array(found.dispositions["shippable"].to_pylist())
    assert not (shipped & ~np.array(passed)).any()
    assert all(row["low"] is None or row["low"] <= row["median"] for row in rows(found) if row["median"] is not None)


def test_readings_near_the_end_of_float32_get_limits_beyond_it() -> None:
    values = drawn().normal(size=400) * 5e37
    (row,) = rows(screen(build_lot(values), replace(FOLLOWING, width=100.0)))
    assert row["applied"]
    assert row["high"] > float(np.finfo(np.float32).max)
