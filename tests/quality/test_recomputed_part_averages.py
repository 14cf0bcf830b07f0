"""Part-average limits of drawn lots, dynamic, static and running, against plain NumPy and pandas."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot
from tests.quality import plainly

from corecar.screen import Own, ShapeRules, dynamic_limits, screen, static_limits
from corecar.screen.recipe import parse_recipe
from corecar.screen.running import PLAIN, first_unit_limits, rolling_limits

RULES = list(plainly.METHODS)
SCOPES: dict[str, list[list[str]]] = {
    "lot": [[]],
    "wafer": [["wafer"], []],
    "site": [["site"], []],
    "wafer-site": [["wafer", "site"], ["wafer"], []],
}
LOW = [-5.0, np.nan, np.nan, 0.0, -9.0, 4.0, -30.0, np.nan]
HIGH = [5.0, 1e6, np.nan, 20.0, 9.0, 6.0, 30.0, np.nan]
NAMES = ["usual", "high side only", "no limits", "few values", "quartiles meet", "all equal", "half executed", "tailed"]


def drawn(seed: int, parts: int = 700) -> tuple[Any, Any, dict[str, Any]]:
    """Readings and flags of eight kinds of tests, shape (tests, parts), and columns of the parts."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(len(NAMES), parts))
    values[1] = 1e5 + 3 * values[1]
    values[3] = random.binomial(20, 0.4, parts)
    values[4] = np.where(random.random(parts) < 0.8, 2.0, np.round(random.normal(2, 1, parts), 1))
    values[5] = 5.0
    values[6, random.random(parts) < 0.5] = np.nan
    values[7] = random.standard_t(2, parts)
    values[0, random.choice(parts, 9, replace=False)] += 7
    values[random.random(values.shape) < 0.005] = np.nan
    flags = random.choice([0, 0x01, 0x02, 0x10, 0x80], p=[0.98, 0.005, 0.005, 0.005, 0.005], size=values.shape)
    of_parts = {
        "wafer": np.where(np.arange(parts) < 40, "W1", np.where(np.arange(parts) < 400, "W2", "W3")),
        "site": random.integers(1, 5, parts), "passed": random.random(parts) > 0.06,
        "superseded": random.random(parts) < 0.04,
    }  # fmt: skip
    return values.astype(np.float32), flags.astype(np.uint16), of_parts


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("rule", RULES)
def test_dynamic_limits_and_verdicts_of_a_drawn_lot(rule: str, scope: str) -> None:
    for seed in range(3):
        values, flags, of_parts = drawn(seed)
        good = of_parts["passed"] & ~of_parts["superseded"]
        table = plainly.frame(values, flags, good=good, wafer=of_parts["wafer"], site=of_parts["site"])
        held = plainly.dynamic(table, SCOPES[scope], LOW, HIGH, rule)
        lot = build_lot(
            values, flags=flags, low=[None if np.isnan(one) else one for one in LOW], names=NAMES,
            high=[None if np.isnan(one) else one for one in HIGH], x=range(len(good)), y=0,
            **{name: column.tolist() for name, column in of_parts.items()},
        )  # fmt: skip
        recipe = parse_recipe(f'[dynamic-pat]\nquartile_rule = "{rule}"\nscope = "{scope}"\n', "by scope")
        found = screen(lot, recipe)
        verdicts = set(zip(found.verdicts["test"].to_pylist(), found.verdicts["part"].to_pylist(), strict=True))
        assert verdicts == plainly.beyond(table, held)
        assert len(verdicts) > 5
        expected = sorted({(test, *pair) for (test, _), pair in held.items() if not np.isnan(pair).all()})
        rows = [row for row in found.limits.to_pylist() if row["applied"]]
        own = sorted({(row["test"], *(np.nan if row[s] is None else row[s] for s in ("low", "high"))) for row in rows})
        used = [one for one in own if any(np.allclose(one, other, 1e-12, 0, equal_nan=True) for other in expected)]
        assert len(used) == len(expected)


columns = st.lists(st.integers(-40, 40) | st.floats(-50, 50, width=32), min_size=30, max_size=200)


@given(columns, st.sampled_from(RULES), st.none() | st.floats(-60, 60), st.none() | st.floats(-60, 60))
def test_limits_of_one_column_under_every_rule(
    values: list[float], rule: str, low: float | None, high: float | None
) -> None:
    readings = np.array(values, np.float64)
    gaps = np.diff(np.unique(readings))
    if len(gaps) and ((gaps > gaps.min()) & (gaps < 1.02 * gaps.min())).any():
        return  # steps that differ by rounding count as one
    found = dynamic_limits(readings, quartile_rule=rule, low_limit=low, high_limit=high)
    own = [np.nan if side is None else side for side in (low, high)]
    expected = plainly.limits(readings, own[0], own[1], rule)
    sides = [np.nan if side is None else side for side in (found.low, found.high)]
    assert sides == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("rule", RULES)
def test_static_limits_rest_on_the_lots_that_count(rule: str) -> None:
    random, today = np.random.default_rng(4), date(2026, 7, 1)
    ages = {"A": 200, "B": 150, "C": 120, "D": 100, "E": 80, "F": 60, "G": 30, "H": 10, "short": 5}
    sizes = {name: 29 if name == "short" else 60 for name in ages}
    lot = np.repeat(list(ages), list(sizes.values()))
    readings = random.normal(10, 0.1, len(lot)).astype(np.float32)
    readings[random.random(len(lot)) < 0.03] = np.nan
    tested_on = {name: today - timedelta(days=age) for name, age in ages.items()}
    plain = ShapeRules(skewed="none", modes=False, gap=0.0, quartile_rule=rule)
    found = static_limits(readings, lot, tested_on, today=today, rules=plain, own=Own(9.0, 10.3))
    used = [name for name, age in ages.items() if age <= 182 and name != "short"]
    assert found.lots == tuple(used)
    population = readings[np.isin(lot, used) & np.isfinite(readings)]
    assert (found.record.low, found.record.high) == pytest.approx(plainly.limits(population, 9.0, 10.3, rule))
    assert found.record.n == len(population)


def test_static_limits_leave_out_wafers_of_few_areas() -> None:
    random, today = np.random.default_rng(5), date(2026, 7, 1)
    lot = np.repeat([f"L{n}" for n in range(7)], 80)
    wafer, area = np.tile(np.repeat([1, 2], 40), 7), np.tile(np.arange(40) % 5, 14)
    poor = (lot == "L3") & (wafer == 2)
    area[poor] = area[poor] % 4
    readings = random.normal(size=len(lot)) + 3.0 * poor
    tested_on = {name: today - timedelta(days=7) for name in sorted(set(lot.tolist()))}
    plain = ShapeRules(skewed="none", modes=False, gap=0.0)
    found = static_limits(readings, lot, tested_on, today=today, wafer=wafer, area=area, rules=plain)
    expected = plainly.limits(readings[~poor], np.nan, np.nan)
    assert (found.record.low, found.record.high) == pytest.approx(expected)
    assert found.left_out == (("L3 wafer 2", "dies of 4 areas, fewer than 5"),)


def running(values: Any, units: int, own: tuple[float, float], static: tuple[float, float], variant: str) -> Any:
    """Limits that each unit stands under, by a plain loop, shape (units, 2)."""
    inner = float(np.fmax(own[0], static[0])), float(np.fmin(own[1], static[1]))
    stand: list[Any] = []
    made: list[float] = []
    current = static if np.isnan(static).all() else tuple(np.where(np.isnan(static), np.nan, inner).tolist())
    for value in values.astype(np.float64):
        if variant == "rolling" and len(made) >= units:
            current = plainly.limits(made[-units:], *inner)
        stand.append(current)
        inside = not any((value < own[0], value > own[1], value < static[0], value > static[1]))
        if np.isfinite(value) and inside:
            made.append(value)
            if variant != "rolling" and len(made) % units == 0 and (variant == "blocks" or len(made) == units):
                current = plainly.limits(made[-units:], *inner)
    return np.array(stand)


@pytest.mark.parametrize("variant", ["blocks", "first", "rolling"])
@given(st.integers(0, 10_000), st.sampled_from([30, 35, 50]), st.booleans(), st.booleans())
def test_running_limits_are_those_of_a_plain_loop(
    variant: str, seed: int, units: int, with_own: bool, with_static: bool
) -> None:
    random = np.random.default_rng(seed)
    values = (random.normal(size=160) + np.linspace(0, 2, 160)).astype(np.float32)
    values[random.random(160) < 0.05] = np.nan
    values[random.random(160) < 0.03] += 30
    own = (-3.0, 4.5) if with_own else (np.nan, np.nan)
    static = (-4.0, 4.0) if with_static else (np.nan, np.nan)
    given_limits = Own(*(None if np.isnan(side) else side for side in (*own, *static)))
    if variant == "rolling":
        found: Any = rolling_limits(values, units=units, rules=PLAIN, own=given_limits)
    else:
        found = first_unit_limits(values, units=units, repeat=variant == "blocks", own=given_limits)
    expected = running(values, units, own, static, variant)
    np.testing.assert_allclose(np.column_stack([found.low, found.high]), expected, rtol=1e-9, atol=1e-12)
    assert found.beyond(values).tolist() == ((values < expected[:, 0]) | (values > expected[:, 1])).tolist()


@pytest.mark.parametrize("variant", ["blocks", "first", "rolling"])
def test_the_screen_of_running_limits_rejects_what_the_loop_does(variant: str) -> None:
    values, flags, of_parts = drawn(7)
    values, flags = values[[0, 7]], flags[[0, 7]]
    lot = build_lot(
        values, flags=flags, low=[-5.0, None], high=[5.0, None],
        **{name: of_parts[name].tolist() for name in ("passed", "superseded", "site")},
    )  # fmt: skip
    row = f'[[screen]]\nkind = "running-pat"\nvariant = "{variant}"\nunits = 60\nhard = 95\nsoft = 95\n'
    found = screen(lot, parse_recipe(row, "running")).verdicts.to_pylist()
    good = of_parts["passed"] & ~of_parts["superseded"]
    expected = set()
    for test, own in enumerate(((-5.0, 5.0), (np.nan, np.nan))):
        part = np.flatnonzero(good & ((flags[test] & plainly.UNUSABLE) == 0))
        making = np.where((flags[test, part] & plainly.REFUSED) == 0, values[test, part], np.nan)
        stand = running(making, 60, own, (np.nan, np.nan), variant)
        out = (values[test, part] < stand[:, 0]) | (values[test, part] > stand[:, 1])
        expected |= {(test, int(one)) for one in part[out]}
    assert {(row["test"], row["part"]) for row in found if row["rule"] == "running-pat"} == expected
    assert expected
