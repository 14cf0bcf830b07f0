"""Limits that run along with the test: who makes them, who is held against them, and that they can be derived again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.errors import ArgumentError
from corecar.screen import dynamic_limits
from corecar.screen.population_limit import Own
from corecar.screen.running import STATIC, first_unit_limits, rolling_limits
from corecar.screen.shape_rules import ShapeRules


def drawn(size: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


def test_the_first_units_stand_under_static_limits_and_those_that_follow_under_theirs() -> None:
    values = drawn(700)
    found = first_unit_limits(values, own=Own(static_low=-8.0, static_high=8.0))
    formula = dynamic_limits(values[:500])
    assert set(found.record[:500].tolist()) == {STATIC}
    assert set(found.low[:500].tolist()) == {-8.0}
    assert set(found.low[500:].tolist()) == {formula.low}
    assert set(found.high[500:].tolist()) == {formula.high}


def test_the_count_starts_again_after_each_block() -> None:
    values = drawn(2100) + np.repeat(np.arange(3), 700).astype(np.float32)
    found = first_unit_limits(values, units=500)
    assert [record.scope for record in found.records] == [
        "units 1 to 500 that passed",
        "units 501 to 1,000 that passed",
        "units 1,001 to 1,500 that passed",
        "units 1,501 to 2,000 that passed",
    ]
    for block, record in enumerate(found.records):
        formula = dynamic_limits(values[500 * block : 500 * (block + 1)])
        assert (record.low, record.high) == (formula.low, formula.high)
        following = found.record == block
        assert np.flatnonzero(following).tolist() == [*range(500 * (block + 1), min(500 * (block + 2), 2100))]


def test_without_repeat_the_first_limits_stay() -> None:
    found = first_unit_limits(drawn(2100), repeat=False)
    assert len(found.records) == 1
    assert set(found.record[500:].tolist()) == {0}


def test_units_that_failed_make_no_limits_and_do_not_count() -> None:
    values = drawn(620)
    values[:50] = np.nan
    values[50:60] = 100.0
    found = first_unit_limits(values, own=Own(static_high=10.0))
    assert np.flatnonzero(found.record == 0)[0] == 560
    assert found.records[0].high == dynamic_limits(values[60:560], high_limit=10.0).high
    assert np.flatnonzero(found.beyond(values)).tolist() == [*range(50, 60)]


def test_no_running_limit_is_wider_than_the_static_ones() -> None:
    own = Own(low=-4.0, static_low=-3.0, static_high=3.5)
    for found in (first_unit_limits(drawn(1200), own=own), rolling_limits(drawn(1200), own=own)):
        assert np.nanmin(found.low) == -3.0
        assert np.nanmax(found.high) == 3.5


def test_an_outlier_is_found_by_either_variant() -> None:
    values = drawn(1500)
    values[1200] = 9.0
    assert np.flatnonzero(first_unit_limits(values).beyond(values)).tolist() == [1200]
    assert np.flatnonzero(rolling_limits(values).beyond(values)).tolist() == [1200]


def test_rolling_limits_follow_a_drift_that_blocks_do_not() -> None:
    values = (drawn(3000) + np.linspace(0, 40, 3000)).astype(np.float32)
    assert first_unit_limits(values, repeat=False).beyond(values).sum() > 1000
    assert not rolling_limits(values, units=200).beyond(values).any()


def test_a_unit_never_makes_its_own_limits() -> None:
    values = drawn(600)
    there, moved = (
        rolling_limits(values, units=100),
        rolling_limits(np.append(values[:599], [1e6]).astype(np.float32), units=100),
    )
    assert (there.low[599], there.high[599]) == (moved.low[599], moved.high[599])


readings = hnp.arrays(
    np.float32,
    st.integers(0, 120),
    elements=st.floats(-100, 100, width=32) | st.integers(-3, 3).map(float) | st.just(float("nan")),
)


@given(values=readings, units=st.integers(30, 50))
def test_each_rolling_limit_is_that_of_the_formula_over_the_units_before(values: np.ndarray, units: int) -> None:
    found = rolling_limits(values, units=units)
    for unit in range(len(values)):
        passed = values[:unit][np.isfinite(values[:unit])]
        record = found.record_of(unit)
        if len(passed) < units:
            assert record is None
            assert np.isnan([found.low[unit], found.high[unit]]).all()
            continue
        formula = dynamic_limits(passed[-units:])
        for limit, side in ((found.low[unit], "low"), (found.high[unit], "high")):
            expected = getattr(formula, side)
            assert limit == expected or (expected is None and np.isnan(limit))
            assert record is not None
            assert getattr(record, side) == expected


own_limits = st.builds(
    Own,
    low=st.none() | st.floats(-80, -1),
    high=st.none() | st.floats(1, 80),
    static_low=st.none() | st.floats(-80, -1),
    static_high=st.none() | st.floats(1, 80),
)


@given(values=readings, own=own_limits)
def test_arrays_and_records_of_rolling_limits_say_the_same(values: np.ndarray, own: Own) -> None:
    found = rolling_limits(values, units=30, own=own)
    for unit in range(len(values)):
        record = found.record_of(unit)
        if record is not None and record.applied:
            assert found.low[unit] == record.low or (record.low is None and np.isnan(found.low[unit]))
            assert found.high[unit] == record.high or (record.high is None and np.isnan(found.high[unit]))


@given(values=readings, own=own_limits)
def test_the_last_rolling_window_of_a_block_is_the_block(values: np.ndarray, own: Own) -> None:
    blocks, rolling = first_unit_limits(values, units=30, own=own), rolling_limits(values, units=30, own=own)
    for row, record in enumerate(blocks.records):
        first = np.flatnonzero(blocks.record == row)
        if len(first):
            again = rolling.record_of(int(first[0]))
            assert again is not None
            assert (again.low, again.high, again.population) == (record.low, record.high, record.population)


def test_fewer_units_than_limits_need_and_rules_that_follow_a_shape_are_refused() -> None:
    with pytest.raises(ArgumentError, match="units=29: expected at least 30"):
        first_unit_limits(drawn(50), units=29)
    with pytest.raises(ArgumentError, match="units=29: expected at least 30"):
        rolling_limits(drawn(50), units=29)
    with pytest.raises(ArgumentError, match="rolling limits follow no shape"):
        rolling_limits(drawn(50), rules=ShapeRules())
