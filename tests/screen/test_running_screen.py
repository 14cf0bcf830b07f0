"""A lot of which each part is held against the limits that the parts before it made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

from corecar.errors import ArgumentError
from corecar.screen import Screening, dynamic_limits, screen
from corecar.screen.recipe import Recipe, parse_recipe

ALARM, INVALID = 0x01, 0x02


def recipe(variant: str = "blocks", units: int = 100, more: str = "") -> Recipe:
    row = f'[[screen]]\nkind = "running-pat"\nvariant = "{variant}"\nunits = {units}\nhard = 95\nsoft = 95\n{more}'
    return parse_recipe(row, "ours.toml")


def drawn(parts: int = 400) -> np.ndarray:
    return np.random.default_rng(1).normal(size=parts).astype(np.float32)


def rejected(found: Screening) -> list[dict[str, Any]]:
    return [row for row in found.verdicts.to_pylist() if row["rule"] == "running-pat"]


@pytest.mark.parametrize("variant", ["blocks", "first", "rolling"])
def test_an_outlier_after_the_first_parts_is_rejected_with_the_limit_that_stood(variant: str) -> None:
    values = drawn()
    values[250] = 20.0
    found = screen(build_lot(values, names=["VREF"]), recipe(variant))
    (verdict,) = rejected(found)
    start, stop = {"blocks": (100, 200), "first": (0, 100), "rolling": (150, 250)}[variant]
    formula = dynamic_limits(values[start:stop])
    record = found.limits.to_pylist()[verdict["limit"]]
    assert (verdict["part"], verdict["value"], verdict["new_bin"]) == (250, 20.0, 95)
    assert (record["screen"], record["scope"]) == ("running-pat", f"units {start + 1} to {stop} that passed")
    for name in ("low", "high", "n", "median", "sigma", "estimator"):
        assert record[name] == getattr(formula, name), name
    reasons = found.dispositions["reasons"][250].as_py()
    assert reasons.startswith(f"running-pat: 1000 VREF, {verdict['distance']:.1f} sigma; dynamic-pat: ")


def test_the_first_parts_are_held_against_nothing_and_that_is_told() -> None:
    values = drawn()
    values[50] = 20.0
    found = screen(build_lot(values), recipe())
    assert rejected(found) == []
    assert (
        "running-pat: not applied to the first 100 good parts of each condition, 100 in all: they make the limits."
        in found.notes
    )


def test_rolling_limits_follow_a_drift_over_the_lot() -> None:
    values = (drawn(2000) + np.linspace(0, 60, 2000)).astype(np.float32)
    assert len(rejected(screen(build_lot(values), recipe("first")))) > 1000
    assert rejected(screen(build_lot(values), recipe("rolling"))) == []


def test_failed_parts_and_refused_readings_make_no_limits() -> None:
    values = drawn()
    flags = np.zeros(400, dtype=int)
    flags[10], flags[11] = ALARM, INVALID
    passed = [part != 12 for part in range(400)]
    values[[10, 11, 12]] = 1e6
    values[250] = 20.0
    found = screen(build_lot(values, flags=flags, passed=passed), recipe("first"))
    (verdict,) = rejected(found)
    formula = dynamic_limits(np.delete(values, [10, 11, 12])[:100])
    assert found.limits.to_pylist()[verdict["limit"]]["high"] == formula.high


def test_parts_at_another_temperature_count_apart() -> None:
    values = drawn()
    values[200:] += 30
    runs: dict[str, Any] = {"lot": ["L1", "L1"], "stage": ["final test"] * 2, "temperature": ["25", "125"]}
    found = screen(build_lot(values, run=[part // 200 for part in range(400)], runs=runs), recipe())
    assert rejected(found) == []


def test_a_recipe_names_the_tests_and_a_variant_that_is_there() -> None:
    values = np.stack([drawn(), drawn()])
    values[:, 250] = 20.0
    found = screen(build_lot(values, names=["VREF", "IDD"]), recipe(more='include = ["I*"]'))
    assert [row["test"] for row in rejected(found)] == [1]
    with pytest.raises(Exception, match=r"variant: expected blocks \| first \| rolling, got 'roling'"):
        recipe("roling")
    with pytest.raises(ArgumentError, match="units=30: expected at least 50"):
        screen(
            build_lot(drawn()),
            parse_recipe('[dynamic-pat]\nleast = 50\n[[screen]]\nkind = "running-pat"\nunits = 30', "x"),
        )
