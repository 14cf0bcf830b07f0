"""Lots with a name, a product, a moment and a bad zone of one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import corecar
from corecar.errors import ArgumentError

SIZE: dict[str, Any] = {"wafers": 2, "dies": 400, "tests": 8}


def simulated(folder: Path, **how: Any) -> Any:
    return corecar.read(corecar.simulate_lot(folder / "lot.stdf", **SIZE, **how))


def test_a_lot_says_what_it_was_told_to(tmp_path: Path) -> None:
    made = simulated(tmp_path, lot="LOT-7", product="CHIP0004", start=datetime(2026, 11, 2, 6, 30))
    (run,) = made.runs.to_pylist()
    assert (run["lot"], run["sublot"], run["product"]) == ("LOT-7", "LOT-7.1", "CHIP0004")
    assert (run["test_program"], run["start"]) == ("chip0004_ws1", datetime(2026, 11, 2, 6, 30))


def test_a_bad_zone_fails_at_one_place_of_every_wafer(tmp_path: Path) -> None:
    plain, zoned = simulated(tmp_path), simulated(tmp_path, bad_zone=True)
    failed = ~np.array(zoned.parts["passed"])
    x, y = np.array(zoned.parts["x"]), np.array(zoned.parts["y"])
    upper = (x > np.median(x)) & (y > np.median(y))
    for wafer in ("W01", "W02"):
        there = np.array([name == wafer for name in zoned.parts["wafer"].to_pylist()])
        assert failed[there & upper].mean() > 4 * failed[there & ~upper].mean()
    assert failed.mean() > np.mean(~np.array(plain.parts["passed"])) + 0.05


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"lot": ""}, 'lot=""'),
        ({"product": "x" * 101}, "1 to 100 characters"),
        ({"product": "芯片"}, "ASCII"),
        ({"start": datetime(2026, 1, 1, tzinfo=UTC)}, "no zone"),
        ({"start": datetime(1969, 1, 1)}, "1970 to 2106"),
    ],
)
def test_what_a_file_cannot_say_is_refused(tmp_path: Path, how: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        corecar.simulate_lot(tmp_path / "lot.stdf", **how)
