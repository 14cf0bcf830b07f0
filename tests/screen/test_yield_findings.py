"""Lots and wafers held against yield and bin limits."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lots import build_lot

from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.screen.rate_history import bin_history, yield_history
from corecar.screen.yield_counts import yield_counts
from corecar.screen.yield_findings import RECORDS, judge_rates

SIX = yield_history([972, 968, 975, 969, 971, 976], [1000] * 6)
"""SYL1 is 96.227 %, SYL2 is 95.908 %."""


def test_a_low_yield_is_reviewed_and_a_very_low_one_quarantined() -> None:
    found = judge_rates(["A", "B", "C"], [963, 962, 959], [1000] * 3, SIX)
    assert [(one.unit, one.level, one.action) for one in found] == [("B", 1, "review"), ("C", 2, "quarantine")]
    assert found[0].records == ()
    assert found[1].records == RECORDS == ("root cause", "corrective action", "special screens", "approving customer")


def test_no_finding_scraps_a_lot() -> None:
    (found,) = judge_rates(["C"], [100], [1000], SIX)
    assert found.action == "quarantine"
    assert str(found) == (
        "wafer lot C: yield 10.0000% (100 of 1,000) is below SYL2 95.9079%: quarantine, risk assessment and "
        "containment; scrap or shipment only by decision, as agreed with the customer."
    )


def test_a_full_bin_is_found_and_named() -> None:
    history = bin_history([31, 28, 35, 30, 27, 33], [10_000] * 6, bin_name="hard bin 7")
    (found,) = judge_rates(["A", "B"], [39, 40], [10_000] * 2, history)
    assert str(found) == (
        "wafer lot B: hard bin 7 0.4000% (40 of 10,000) is above SBL1 0.3970%: engineering review before release."
    )


def test_each_lot_is_held_against_the_limit_for_its_own_size() -> None:
    history = bin_history([10, 11, 10, 9, 10, 11], [1000] * 6, bin_name="hard bin 7")
    found = judge_rates(["small", "large"], [4, 40], [100, 1000], history, method="poisson")
    assert [one.unit for one in found] == ["large"]


def test_a_lot_at_its_limit_stands() -> None:
    history = yield_history([90, 92, 94], [100] * 3)
    assert judge_rates(["A"], [86], [100], history) == ()
    assert [one.level for one in judge_rates(["A"], [85], [100], history)] == [1]


def test_a_unit_without_tested_parts_has_no_finding_and_impossible_counts_are_refused() -> None:
    assert judge_rates(["A"], [0], [0], SIX) == ()
    with pytest.raises(ArgumentError, match="0 to all parts"):
        judge_rates(["A"], [11], [10], SIX)


def test_wafers_are_counted_apart_and_lots_whole() -> None:
    passed = [True, False, True, True, False, False]
    lot = build_lot(
        np.zeros(6),
        passed=passed,
        wafer=["W1", "W1", "W1", "W2", "W2", "W2"],
        x=[*range(6)],
        y=0,
        hard_bin=[1, 7, 1, 1, 7, 8],
        superseded=[False] * 5 + [True],
    )
    wafers = yield_counts(lot, "wafer")
    assert (wafers.units, wafers.tested.tolist(), wafers.good.tolist()) == (("W1", "W2"), [3, 2], [2, 1])
    assert (wafers.bins, wafers.in_bin.tolist()) == ((7,), [[1], [1]])
    whole = yield_counts(lot, "wafer lot", bins=[8, 7])
    assert (whole.units, whole.tested.tolist(), whole.bins, whole.in_bin.tolist()) == (("L1",), [5], (7, 8), [[2, 0]])


def retested(recovered: int, retests: int = 20) -> Lot:
    """100 parts of which 20 failed into bin 7, and a retest of parts without identity; what fails again is in bin 8."""
    passed = [part >= 20 for part in range(100)] + [part < recovered for part in range(retests)]
    bins = [7 if not good else 1 for good in passed[:100]] + [8 if not good else 1 for good in passed[100:]]
    count = len(passed)
    return build_lot(np.zeros(count), passed=passed, hard_bin=bins, attempt=[1] * 100 + [2] * retests, identity="none")


def test_a_retest_of_parts_without_identity_counts_by_what_it_recovered() -> None:
    counts = yield_counts(retested(15), "assembly lot")
    assert (counts.tested.tolist(), counts.good.tolist()) == ([100], [95])
    assert (counts.bins, counts.in_bin.tolist()) == ((8,), [[5]])


def test_a_retest_that_recovers_more_than_failed_gives_no_yield() -> None:
    counts = yield_counts(retested(25, 30), "assembly lot", bins=[8])
    assert (counts.tested.tolist(), counts.good.tolist(), counts.in_bin.tolist()) == ([0], [0], [[0]])


def test_a_scope_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="wafer, wafer lot, assembly lot"):
        yield_counts(build_lot([1.0]), "box")
