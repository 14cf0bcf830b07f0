"""A lot held against the lots before it: which of them count, what holds the lot, and what is only told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

from corecar.errors import ArgumentError
from corecar.screen import read_recipe
from corecar.screen.lot_yields import LotYields, YieldRow, lot_yields, read_lot_yields
from corecar.screen.yield_screen import YieldScreening, yield_screen

DAY = date(2026, 6, 1)
RECIPE = read_recipe()


def counted(
    name: str, good: tuple[int, int], day: date | None = DAY, bins: tuple[int, int] = (5, 6), **more: str
) -> LotYields:
    """A lot of two wafers of 1,000 dies with so many good ones, and so many in hard bin 7."""
    wafers = [YieldRow("wafer", f"W{row + 1}", 1000, good[row], ((7, bins[row]),)) for row in (0, 1)]
    whole = YieldRow("wafer lot", name, 2000, sum(good), ((7, sum(bins)),))
    facts: dict[str, Any] = {"product": "P", "stage": "wafer sort", "temperature": "25", **more}
    return LotYields(lot=name, tested_on=day, rows=(*wafers, whole), **facts)


def before(lots: int = 6) -> list[LotYields]:
    draw = np.random.default_rng(1)
    return [
        counted(
            f"L{row}",
            (int(draw.integers(960, 980)), int(draw.integers(960, 980))),
            DAY - timedelta(weeks=lots - row),
            (int(draw.integers(3, 9)), int(draw.integers(3, 9))),
        )
        for row in range(lots)
    ]


def judged(mine: LotYields, earlier: list[LotYields] | None = None, **recipe: Any) -> YieldScreening:
    return yield_screen(mine, before() if earlier is None else earlier, replace(RECIPE, **recipe))


def test_a_lot_like_those_before_is_not_held() -> None:
    found = judged(counted("NEW", (970, 968)))
    assert (found.findings, found.notes, found.hold) == ((), (), ())
    subjects = {(limit.history.scope, limit.history.subject, limit.level) for limit in found.limits}
    assert subjects == {
        (scope, subject, level)
        for scope in ("wafer", "wafer lot")
        for subject in ("yield", "hard bin 7")
        for level in (1, 2)
    }


def test_a_bad_wafer_and_its_lot_hold_the_lot_with_the_limit_and_what_to_do() -> None:
    found = judged(counted("NEW", (970, 700)))
    assert [(one.unit, one.limit.history.scope, one.action) for one in found.findings] == [
        ("W2", "wafer", "quarantine"),
        ("NEW", "wafer lot", "quarantine"),
    ]
    assert found.hold[0].startswith("wafer W2: yield 70.0000% (700 of 1,000) is below SYL2 9")
    assert found.hold[0].endswith("scrap or shipment only by decision, as agreed with the customer.")


def test_a_full_bin_holds_a_lot_of_good_yield() -> None:
    found = judged(counted("NEW", (970, 970), bins=(6, 25)))
    assert {one.limit.history.screen for one in found.findings} == {"sbl"}
    assert judged(counted("NEW", (970, 970), bins=(6, 25)), yield_bins=(9,)).hold == ()


def test_a_rare_bin_alarms_by_its_risk_and_not_by_its_standard_deviation() -> None:
    rare = [counted(f"L{row}", (970, 971), DAY - timedelta(weeks=9 - row), (int(row == 2), 0)) for row in range(8)]
    mine = counted("NEW", (970, 971), bins=(2, 0))
    assert judged(mine, rare).hold == ()
    assert judged(mine, rare, yield_bins_method="normal").hold != ()


def test_few_lots_make_preliminary_limits_that_hold_nothing_and_tell() -> None:
    found = judged(counted("NEW", (970, 700)), before(3))
    assert found.hold == ()
    assert found.notes[0] == "The statistical yield limits are preliminary: they rest on 3 earlier lots."
    assert found.notes[1].startswith("Preliminary: wafer W2: yield 70.0000%")


@pytest.mark.parametrize("lots", [0, 1])
def test_without_lots_before_it_is_told_or_the_lot_held_as_the_recipe_says(lots: int) -> None:
    found = judged(counted("NEW", (970, 968)), before(lots))
    words = f"Statistical yield limits were not applied: {lots} earlier lot{'' if lots == 1 else 's'}, fewer than 2."
    assert (found.notes, found.hold) == ((words,), ())
    asked = judged(counted("NEW", (970, 968)), before(lots), yield_required=True)
    assert asked.hold == (f"{words} The recipe asks for them.",)


OTHER_KINDS = [{"product": "Q"}, {"stage": "final test"}, {"temperature": "125"}]


@pytest.mark.parametrize("facts", OTHER_KINDS)
def test_lots_of_another_product_stage_or_temperature_make_no_limits(facts: dict[str, str]) -> None:
    mine, other = counted("NEW", (970, 968)), counted("X", (1, 1), **facts)  # type: ignore[arg-type]
    assert judged(mine, [*before(), other]) == judged(mine)
    assert judged(mine, [other]).notes[0] == (
        "1 earlier lot made no yield limits: none is of this product, stage and temperature."
    )


@pytest.mark.parametrize("day", [DAY + timedelta(1), None])
def test_lots_tested_later_or_on_no_known_day_make_no_limits_and_are_told(day: date | None) -> None:
    mine = counted("NEW", (970, 968))
    found = judged(mine, [*before(), counted("X", (1, 1), day)])
    assert found.limits == judged(mine).limits
    assert found.notes == (
        "1 earlier lot made no yield limits: tested later or on no known day, or before the last update or change.",
    )


def test_a_lot_is_not_held_against_itself() -> None:
    assert judged(counted("NEW", (970, 968)), [*before(), counted("NEW", (1, 1))]) == judged(counted("NEW", (970, 968)))


def test_a_recipe_names_the_days_of_the_last_update_and_change() -> None:
    mine, earlier = counted("NEW", (970, 968)), before(20)
    assert {limit.history.lots for limit in judged(mine, earlier).limits} == {20}
    since = (DAY - timedelta(weeks=10)).isoformat()
    assert {limit.history.lots for limit in judged(mine, earlier, yield_updated=since).limits} == {9}
    assert {limit.history.lots for limit in judged(mine, earlier, yield_changed=since).limits} == {10}


def test_counts_of_a_lot_come_back_from_json_the_same() -> None:
    passed = [True, False, True, True]
    lot = build_lot(
        np.zeros(4), passed=passed, wafer=["W1", "W1", "W2", "W2"], x=[*range(4)], y=0, hard_bin=[1, 7, 1, 1],
        runs={"lot": ["L1"], "product": ["P"], "stage": ["wafer sort"]},
    )  # fmt: skip
    found = lot_yields(lot)
    assert [(row.scope, row.unit, row.tested, row.good) for row in found.rows] == [
        ("wafer", "W1", 2, 1),
        ("wafer", "W2", 2, 2),
        ("wafer lot", "L1", 4, 3),
    ]
    assert read_lot_yields(json.loads(json.dumps(found.to_dict()))) == found
    assert [row.scope for row in lot_yields(build_lot([1.0])).rows] == ["assembly lot"]


@pytest.mark.parametrize("values", [{}, {"rows": 3}, {"rows": [], "tested_on": "soon"}, []])
def test_what_are_no_counts_is_refused(values: Any) -> None:
    with pytest.raises(ArgumentError, match="these are no yields of a graded lot"):
        read_lot_yields(values)


def test_limits_and_findings_are_plain_values_for_json() -> None:
    plain = json.loads(json.dumps(judged(counted("NEW", (970, 700))).to_dict()))
    assert plain["findings"][0]["action"] == "quarantine"
    assert plain["findings"][0]["limit"]["screen"] == "syl"
    assert plain["limits"][0]["population"] == judged(counted("NEW", (970, 700))).limits[0].history.population
