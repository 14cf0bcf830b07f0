"""A limit comes out of its record and its readings again, bit for bit, whatever fallback it took."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.errors import ArgumentError
from corecar.screen import first_unit_limits, rederive, rolling_limits, shaped_limits, static_limits
from corecar.screen.limit_record import LimitRecord, population_hash
from corecar.screen.modes import two_modes
from corecar.screen.population_limit import Own
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.shapes import ANY, ShapedLimits

Values = npt.NDArray[Any]


def drawn(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def populations(found: ShapedLimits, values: Values) -> list[tuple[LimitRecord, Values]]:
    """Each record with the readings it rests on."""
    finite = values[np.isfinite(values)]
    if not (found.group == ANY).any():
        return [(record, values[found.group == row]) for row, record in enumerate(found.records)]
    modes = two_modes(finite)
    assert modes is not None
    halves = finite[finite <= modes.valley], finite[finite > modes.valley]
    return list(zip(found.records, halves, strict=True))


def comes_out_again(record: LimitRecord, values: Values) -> bool:
    """After a way through JSON, and from the readings in another order."""
    kept = LimitRecord.from_dict(json.loads(json.dumps(record.to_dict())))
    again = rederive(kept, drawn(7).permutation(values))
    return again.digest() == record.digest() and again == record


NORMAL = drawn().normal(size=500)
TAILS = np.concatenate([drawn().normal(size=950), np.linspace(2.5, 9.0, 50)])
APART = np.concatenate([drawn().normal(size=500), 8.0 + drawn(2).normal(size=500)])
SITES = np.repeat([1, 2], 500)
FALLBACKS: list[tuple[str, Values, dict[str, Any]]] = [
    ("", NORMAL, {}),
    ("", NORMAL.astype(np.float32), {"own": Own(-3.0, 30.0)}),
    ("small-n", NORMAL[:60], {}),
    ("fewer than 30: not screened", NORMAL[:20], {}),
    ("static limits used", NORMAL[:20], {"own": Own(None, 3.0, static_low=-2.0, static_high=2.0)}),
    ("no usable readings", np.full(40, np.nan), {"rules": ShapeRules(coverage=0.0)}),
    ("executed on", np.where(np.arange(500) % 2, NORMAL, np.nan), {}),
    ("MAD", np.r_[np.linspace(-2, -1, 25), np.zeros(51), np.linspace(1, 2, 26)],
     {"rules": ShapeRules(quartile_rule="lower")}),
    ("(P99-P1)", np.r_[np.zeros(900), np.linspace(1, 2, 100)], {"rules": ShapeRules(modes=False, gap=0.0)}),
    ("(P99.9-P0.1)", np.r_[np.zeros(995), np.linspace(1, 2, 5)],
     {"rules": ShapeRules(discrete_fraction=0.0, discrete_values=0)}),
    ("1 LSB", np.r_[np.zeros(9999), 1.0], {}),
    ("all readings are equal", np.full(100, 1.5), {}),
    ("sigma raised", np.repeat(np.arange(5.0), 40)[:195], {"rules": ShapeRules(discrete_floor=10.0)}),
    ("lie outside", NORMAL, {"own": Own(2.0, 9.0)}),
    ("the test has no limits", NORMAL, {"rules": ShapeRules(without_limits="none")}),
    (": log", np.exp(NORMAL), {}),
    ("split sigma", np.where(NORMAL > 0, 6 * NORMAL, NORMAL), {"rules": ShapeRules(skewed="split")}),
    ("adjusted boxplot", np.exp(NORMAL), {"rules": ShapeRules(skewed="boxplot")}),
    ("heavy tails", TAILS, {"rules": ShapeRules(skewed="none", modes=False)}),
    ("split by site", APART, {"factors": {"site": SITES}}),
    ("limits of each mode", APART, {}),
    ("stands as it is", np.r_[NORMAL, np.full(60, 12.0)], {"rules": ShapeRules(skewed="none")}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "values", "how"), FALLBACKS, ids=[words or "none" for words, _, _ in FALLBACKS])
def test_every_fallback_comes_out_again(words: str, values: Values, how: dict[str, Any]) -> None:
    found = shaped_limits(values, **how)
    assert any(words in record.fallback if words else not record.fallback for record in found.records)
    for record, mine in populations(found, values):
        assert comes_out_again(record, mine)


shapes = st.one_of(
    hnp.arrays(np.float32, st.integers(0, 300), elements=st.floats(-100, 100, width=32)),
    hnp.arrays(np.float64, st.integers(30, 300), elements=st.integers(0, 4).map(float)),
)
sides = st.one_of(st.none(), st.floats(-200, 200))


@given(shapes, sides, sides, st.sampled_from(["type 7", "type 6", "lower"]))
def test_any_population_comes_out_again(values: Values, low: float | None, high: float | None, rule: str) -> None:
    found = shaped_limits(values, ShapeRules(quartile_rule=rule), own=Own(low, high, static_low=low))
    for record, mine in populations(found, values):
        assert comes_out_again(record, mine)


def test_limits_of_several_lots_and_running_ones_come_out_again() -> None:
    days = {f"L{number}": date(2026, 6, number) for number in range(1, 7)}
    lots = np.repeat(list(days), 50)
    values = drawn().normal(size=300).astype(np.float32)
    static = static_limits(values, lots, days, today=date(2026, 7, 1)).record
    assert comes_out_again(static, values)
    blocks = first_unit_limits(values, units=100).records
    assert [comes_out_again(record, values[100 * row : 100 * row + 100]) for row, record in enumerate(blocks)] == [
        True, True, True,
    ]  # fmt: skip
    rolling = rolling_limits(values, units=100).record_of(250)
    assert rolling is not None
    assert comes_out_again(rolling, values[150:250])


def test_a_record_that_somebody_touched_does_not_come_out_again() -> None:
    record = shaped_limits(NORMAL).records[0]
    assert record.high is not None
    wider = replace(record, high=np.nextafter(record.high, np.inf))
    assert rederive(wider, NORMAL).digest() != wider.digest()


def test_other_readings_and_other_versions_are_refused() -> None:
    record = shaped_limits(NORMAL).records[0]
    with pytest.raises(ArgumentError, match=r"readings \(499\) are not those of the record \(500\)"):
        rederive(record, NORMAL[1:])
    assert population_hash(NORMAL) != population_hash(NORMAL.astype(np.float32))
    with pytest.raises(ArgumentError, match="of version 0 of its formula"):
        rederive(replace(record, version="0"), NORMAL)
