"""Runs before and after a stress: drift by unit, control units, and a drifting subpopulation that was planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot

import corecar
from corecar.bridge.qualify.stressed_units import Stressed, stressed
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError
from corecar.standards import parameters

UNITS = 77
MOVED = range(5, 13)
"""Units whose readings move by a tenth of what the limits would let pass unseen."""
CONTROLS = [f"U{n:03d}" for n in (0, 1, 2)]


def lot(shift: Any = 0.0, seed: int = 1) -> Any:
    """A lot of 77 units with one test of limits 0 and 10; `shift` is added to the readings."""
    random = np.random.default_rng(1)
    true = random.normal(5, 0.5, UNITS)
    read = true + np.random.default_rng(seed).normal(0, 0.01, UNITS) + shift
    ids = [f"U{n:03d}" for n in range(UNITS)]
    return build_lot(read[None, :], low=[0.0], high=[10.0], part_id=ids, names=["leakage"], numbers=[1])


def planted() -> np.ndarray[Any, Any]:
    shift = np.zeros(UNITS)
    shift[list(MOVED)] = 0.3
    return shift


def judged(shift: Any, controls: list[str] | None = None) -> Stressed:
    return stressed(lot(), lot(shift, seed=2), controls or (), "part_id")


def test_a_subpopulation_that_stays_within_limits_and_drift_is_found() -> None:
    found = judged(planted())
    assert found.pairs == UNITS
    (row,) = found.rows
    assert row["beyond"] == 0, "a tenth of the limits' width is allowed, so that the drift of no unit alone is seen"
    assert row["subpopulation"] == len(MOVED)
    assert found.findings == ["1 leakage: 8 units moved apart from the rest (U005, U006, U007, U008, U009 and 3 more)"]


def test_units_that_all_moved_alike_are_no_subpopulation() -> None:
    assert judged(0.3).findings == []


def test_what_control_units_moved_by_is_the_testers() -> None:
    without, with_controls = judged(0.3), judged(0.3, CONTROLS)
    assert without.rows[0]["mean"] == pytest.approx(0.3, abs=0.01)
    assert with_controls.rows[0]["control_shift"] == pytest.approx(0.3, abs=0.03)
    assert with_controls.rows[0]["mean"] == pytest.approx(0, abs=0.03)
    assert (with_controls.pairs, with_controls.controls) == (UNITS - 3, 3)


def test_a_unit_that_leaves_the_limits_is_named() -> None:
    shift = np.zeros(UNITS)
    shift[40] = 6.0
    assert "1 unit beyond a limit or the drift allowed (U040)" in judged(shift).findings[0]


def test_a_control_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(ArgumentError, match='no paired unit is called "X"'):
        judged(0.0, ["X"])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        yield made


def test_rates_are_those_of_the_reference(house: Workspace) -> None:
    house.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold")
    for number in (1, 2, 3):
        house.qualify_result(1, "B1", lot=f"L{number}", units=77)
        house.qualify_result(1, "B2", lot=f"L{number}", units=800)
    answer = house.qualify_rates(1)
    assert [round(row["at_most"], 1) for row in answer["rows"]] == [51.1, 381.7]
    assert round(answer["rows"][0]["at_most"], 3) == 51.086
    assert "acceleration 77.645" in answer["rows"][0]["constants"]
    assert round(house.qualify_rates(1, confidence=0.9)["rows"][0]["at_most"], 3) == 128.377
    assert [row["parts"] for row in answer["samples"]] == [45, 230, 2302]


def test_parts_that_are_read_twice_run_their_hours_once(house: Workspace) -> None:
    house.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold")
    for point in ("500 h", "1000 h"):
        house.qualify_result(1, "B1", lot="L1", units=116, read_point=point)
    assert "116,000 device hours" in house.qualify_rates(1)["rows"][0]["constants"]


def test_rates_need_a_result(house: Workspace) -> None:
    house.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold")
    with pytest.raises(ArgumentError, match="no result of B1 or B2"):
        house.qualify_rates(1)


def test_constants_that_no_standard_gives_say_so() -> None:
    assert all("confirmed" in row.source or "after AEC-Q" in row.source for row in parameters("Qualification"))
