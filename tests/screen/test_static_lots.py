"""Static limits of all tests from lots that were read, and a lot held against them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.screen import static_limits
from corecar.screen.population_limit import Own
from corecar.screen.static_lots import static_limits_of_lots, static_screen

DAY = date(2026, 6, 1)
FIRST = DAY - timedelta(weeks=9)


def lot(number: int, values: Any = None, *, stage: str = "final test", **more: Any) -> Lot:
    """A lot of two tests, VREF and IDD, tested in week `number`."""
    drawn = np.random.default_rng(number).normal(size=(2, 60)) if values is None else values
    seconds = ((FIRST - date(1970, 1, 1)).days + 7 * number) * 86_400
    runs = {"lot": [f"L{number}"], "product": ["P"], "stage": [stage], "start": [seconds]}
    return build_lot(drawn, names=["VREF", "IDD"], low=[-20.0, np.nan], high=30.0, runs=runs, **more)


def test_each_test_gets_the_limits_of_the_formula_over_all_lots() -> None:
    lots = [lot(number) for number in range(1, 8)]
    found = static_limits_of_lots(lots, today=DAY)
    assert [test.key for test in found] == [(1000, "VREF", ""), (1001, "IDD", "")]
    for row, test in enumerate(found):
        values = np.concatenate([one.matrix()[row] for one in lots])
        names = np.repeat([f"L{number}" for number in range(1, 8)], 60)
        days = {f"L{number}": FIRST + timedelta(weeks=number) for number in range(1, 8)}
        own = Own(-20.0 if row == 0 else None, 30.0)
        assert test.limits is not None
        formula = static_limits(values, names, days, today=DAY, own=own).record
        assert replace(test.limits.record, parameters=formula.parameters) == formula
        assert dict(test.limits.record.parameters) == {
            **dict(formula.parameters), "product": "P", "stage": "final test", "temperature": "",
        }  # fmt: skip
    assert found == static_limits_of_lots(lots[::-1], today=DAY)


def test_failed_parts_and_flagged_readings_make_no_limits() -> None:
    flags = np.zeros((2, 60), dtype=int)
    flags[0, 5], flags[0, 6] = 0x01, 0x02
    passed = [part != 4 for part in range(60)]
    found = static_limits_of_lots([lot(number, passed=passed, flags=flags) for number in range(1, 7)], today=DAY)
    assert [test.limits.record.n for test in found if test.limits is not None] == [6 * 57, 6 * 59]


def test_too_few_lots_give_no_limits_and_say_why() -> None:
    found = static_limits_of_lots([lot(number) for number in range(1, 6)], today=DAY)
    assert {test.limits for test in found} == {None}
    assert found[0].why.startswith("5 lots of 30 parts or more: static limits need 6.")
    early = static_limits_of_lots([lot(number) for number in range(1, 6)], today=DAY, preliminary=True)
    assert all(test.limits is not None and test.limits.preliminary for test in early)
    assert static_screen(lot(9), early).notes == ("static-pat: the limits are preliminary: 5 lots, fewer than 6.",)


def test_at_wafer_test_the_dies_must_come_from_all_over_the_wafer() -> None:
    spots = [(part % 10, part // 10) for part in range(60)]
    places: dict[str, Any] = {"wafer": ["W1"] * 60, "stage": "wafer sort"}
    whole = [lot(number, x=[x for x, _ in spots], y=[y for _, y in spots], **places) for number in range(1, 7)]
    assert static_limits_of_lots(whole, today=DAY)[0].limits is not None
    row = [lot(number, x=[*range(60)], y=0, **places) for number in range(1, 7)]
    assert "W1: dies of 3 areas, fewer than 5" in static_limits_of_lots(row, today=DAY)[0].why


def test_lots_that_make_no_baseline_together_are_refused() -> None:
    with pytest.raises(ArgumentError, match="P final test and P wafer sort: static limits are made for one product"):
        static_limits_of_lots([lot(1), lot(2, stage="wafer sort")], today=DAY)
    with pytest.raises(ArgumentError, match="each lot needs a name of its own and a day of test"):
        static_limits_of_lots([lot(1), lot(1)], today=DAY)


def test_a_lot_is_held_against_the_limits_of_the_lots_before() -> None:
    tests = static_limits_of_lots([lot(number) for number in range(1, 8)], today=DAY)
    values = np.random.default_rng(9).normal(size=(2, 60))
    values[0, 7], values[1, 8], values[1, 9] = 12.0, -12.0, 12.0
    passed = [part != 9 for part in range(60)]
    found = static_screen(lot(8, values, passed=passed), tests)
    assert list(zip(found.part.tolist(), found.test.tolist(), found.value.tolist(), strict=True)) == [(7, 0, 12.0)]
    record = tests[0].limits.record if tests[0].limits is not None else None
    row = found.records.to_pylist()[int(found.limit[0])]
    assert record is not None
    assert (row["low"], row["high"], row["population"]) == (record.low, record.high, record.population)
    assert found.reasons[0].startswith("1000 VREF, ")
    assert record.median is not None
    assert record.sigma is not None
    assert found.distance[0] == pytest.approx(abs(12.0 - record.median) / record.sigma)


def test_a_test_without_static_limits_is_told() -> None:
    tests = static_limits_of_lots([lot(number) for number in range(1, 8)], today=DAY)
    found = static_screen(lot(8), tests[:1])
    assert found.unjudged == ("static-pat: not applied to 1001 IDD: no static limits.",)
    assert found.records.num_rows == 1


def test_limits_for_another_stage_are_not_applied() -> None:
    tests = static_limits_of_lots([lot(number) for number in range(1, 8)], today=DAY)
    found = static_screen(lot(8, stage="wafer sort"), tests)
    assert (len(found.part), found.records.num_rows) == (0, 0)
    assert found.unjudged == ("static-pat: not applied: the limits are for P final test, the lot is of P wafer sort.",)
