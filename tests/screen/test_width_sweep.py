"""One pass over a lot says what grading at each width would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lots import build_lot

import corecar
from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.screen import Recipe, read_recipe, screen
from corecar.screen.width_sweep import sweep_widths

WIDTHS = [2.5, 3.0, 4.0, 5.5, 6.0, 8.0, 12.0]


def graded_at(lot: Lot, recipe: Recipe, width: float) -> set[int]:
    verdicts = screen(lot, replace(recipe, width=width)).verdicts
    return set(verdicts["part"].to_pylist())


def assert_as_graded(lot: Lot, recipe: Recipe) -> None:
    sweep = sweep_widths(lot, recipe, WIDTHS)
    for place, width in enumerate(sweep.widths.tolist()):
        assert set(sweep.part[sweep.rejected[place]].tolist()) == graded_at(lot, recipe, width), width


@pytest.mark.parametrize("scope", ["lot", "wafer", "site", "wafer-site"])
def test_a_real_lot_is_swept_as_it_is_graded(real_lot: Path, scope: str) -> None:
    lot = corecar.read(real_lot)
    assert_as_graded(lot, replace(read_recipe(), scope=scope))
    assert sweep_widths(lot, read_recipe(), WIDTHS).one_pass


def test_a_simulated_lot_is_swept_as_it_is_graded(fictional_lot: Path) -> None:
    assert_as_graded(corecar.read(fictional_lot), read_recipe())


def test_limits_that_follow_shapes_are_made_anew(real_lot: Path) -> None:
    lot, recipe = corecar.read(real_lot), replace(read_recipe(), skewed="auto", gap=1.0)
    assert_as_graded(lot, recipe)
    assert not sweep_widths(lot, recipe, WIDTHS).one_pass


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(-6, -2), st.floats(2, 9))
def test_clamped_limits_own_limits_and_repeats_change_nothing_of_that(seed: int, low: float, high: float) -> None:
    random = np.random.default_rng(seed)
    values = random.standard_t(2, size=(2, 80)).round(1)
    repeats: dict[str, Any] = {"test": [0, 1, 1], "part": [3, 4, 4], "execution": [2, 2, 3]}
    repeats |= {"value": random.normal(size=3) * 8, "flags": [0, 0, 0]}
    own = {"test": [0, 0], "part": [5, 6], "low_limit": [-99.0, -99.0], "high_limit": [99.0, 99.0]}
    lot = build_lot(values, low=[low, np.nan], high=[high, np.nan], repeats=repeats, part_limits=own)
    assert_as_graded(lot, read_recipe())


@pytest.mark.parametrize("widths", [[], [0.0], [np.nan], [101.0], list(np.linspace(1, 50, 1001))])
def test_widths_that_are_none_are_refused(widths: list[float]) -> None:
    with pytest.raises(ArgumentError, match="widths"):
        sweep_widths(build_lot(np.arange(50)), read_recipe(), widths)
