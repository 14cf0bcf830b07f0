"""Predicted escapes of many small simulated lots against what their truth files say was really missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corecar import simulate_lot
from corecar.bridge.grade.whatif import what_if

WIDTHS = (5.0, 6.0, 7.0, 8.0)
Rows = list[dict[str, Any]]


def missed(row: dict[str, Any]) -> int:
    return int(row["planted_missed"] + row["weak_missed"])


def rows_of_seeds(folder: Path, seeds: int, **lot: Any) -> list[Rows]:
    out = []
    for seed in range(1, seeds + 1):
        path = simulate_lot(folder / f"lot{seed}.stdf", seed=seed, **lot)
        rows = what_if(path, start=WIDTHS[0], stop=WIDTHS[-1], step=1)["rows"]
        if rows and rows[0]["escapes"] is not None:
            out.append(rows)
    return out


@pytest.mark.parametrize(
    ("seeds", "lot"),
    [
        (30, {"wafers": 1, "dies": 600, "tests": 20}),
        (24, {"wafers": 2, "dies": 250, "tests": 60}),
        (20, {"wafers": 2, "dies": 400, "tests": 30, "stage": "final test"}),
        (8, {"wafers": 3, "dies": 1000, "tests": 60}),
    ],
)
def test_over_many_seeds_the_bounds_hold_what_was_really_missed(
    seeds: int, lot: dict[str, Any], tmp_path: Path
) -> None:
    """The bounds are of 90 %; on the mean the prediction is within one part of what was missed, or within its half."""
    answers = rows_of_seeds(tmp_path, seeds, **lot)
    assert len(answers) > 0.7 * seeds
    for place, width in enumerate(WIDTHS):
        rows = [one[place] for one in answers]
        held = sum(row["escapes_low"] <= missed(row) <= row["escapes_high"] for row in rows)
        assert held >= 0.85 * len(rows), (width, held, len(rows))
        predicted, true = (sum(counts) / len(rows) for counts in ([r["escapes"] for r in rows], map(missed, rows)))
        assert abs(predicted - true) < max(1.5, 0.5 * true), (width, predicted, true)
