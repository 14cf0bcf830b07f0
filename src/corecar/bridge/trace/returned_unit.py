"""A returned unit among the parts of its lot: its neighbours on the wafer, its values within the lot's distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.bridge.trace.die_lots import Die
from corecar.bridge.trace.tested_die import attempt_of
from corecar.lot import Float64Array, Lot
from corecar.screen.dispositions import unit_labels
from corecar.stdf_values import UNUSABLE

Row = dict[str, Any]
SIGMA = 1.35
"""Interquartile range over robust sigma (AEC-Q001)."""


def neighbours_of(read: Lot, die: Die, lot: str, label: str, rings: int, rejected: frozenset[str]) -> list[Row]:
    """The die around one, row by row of the wafer: bins and verdicts.

    rings     1: the 8 next to it; 2: the 24
    rejected  units that the last grading of this insertion rejected
    """
    if die.wafer is None:
        return []
    rows = []
    for y in range(die.y - rings, die.y + rings + 1):
        for x in range(die.x - rings, die.x + rings + 1):
            place = None if (x, y) == (die.x, die.y) else attempt_of(read.parts, Die(die.wafer, x, y), lot)
            if place is None:
                continue
            part = read.parts.slice(place, 1)
            one = part.to_pylist()[0]
            screened = unit_labels(part)[0] in rejected
            verdict = "failed" if not one["passed"] else "screened out" if screened else "good"
            rows.append({"insertion": label, "x": x, "y": y, "hard_bin": one["hard_bin"], "soft_bin": one["soft_bin"],
                         "verdict": verdict})  # fmt: skip
    return rows


def values_of(read: Lot, place: int, label: str, limits: Any) -> list[Row]:
    """The readings of a part, each against its limits and the good final parts of the lot; the oddest first.

    limits      the `limits` table of the screens it was judged by
    percentile  share of the lot's good parts below it, those that are equal to it half [0 to 100]
    z           distance from the lot's median in robust sigmas, (Q3 - Q1) / 1.35; None without spread
    """
    good = read.final & read.passed
    one = read.parts.slice(place, 1).to_pylist()[0]
    screened = _screen_limits(limits, one)
    rows = []
    for test in read.tests.to_pylist():
        span = read.measurements.of(test["test"])
        parts, values = read.measurements.part[span], read.measurements.value[span]
        usable = ((read.measurements.flags[span] & UNUSABLE) == 0) & np.isfinite(values)
        mine = np.flatnonzero((parts == place) & usable)
        if not len(mine):
            continue
        value = float(values[mine[-1]])
        low, high = screened.get(test["test"], (None, None))
        rows.append(
            {"insertion": label, "number": test["number"], "name": test["name"] or "", "pin": test["pin"] or "",
             "value": value, "unit": test["unit"] or "", "low_limit": test["low_limit"],
             "high_limit": test["high_limit"], "screen_low": low, "screen_high": high,
             **_within(values[usable & good[parts]].astype(np.float64), value)}
        )  # fmt: skip
    return sorted(rows, key=lambda row: -abs(row["z"] or 0.0))


def _within(lot: Float64Array, value: float) -> Row:
    """Where a value lies among those of the lot."""
    if not len(lot):
        return {"percentile": None, "z": None, "n": 0}
    share = (np.sum(lot < value) + np.sum(lot == value) / 2) / len(lot)
    q1, middle, q3 = np.quantile(lot, (0.25, 0.5, 0.75))
    sigma = (q3 - q1) / SIGMA
    return {"percentile": round(float(100 * share), 2), "z": float((value - middle) / sigma) if sigma > 0 else None,
            "n": len(lot)}  # fmt: skip


def _screen_limits(limits: Any, part: Row) -> dict[int, tuple[float | None, float | None]]:
    """The tightest limits that screens applied to a part, by test."""
    scopes = {"lot", f"wafer {part['wafer']}", f"site {part['site']}"}
    found: dict[int, tuple[float | None, float | None]] = {}
    for row in limits.to_pylist():
        if row["test"] is None or not row["applied"] or row["scope"] not in scopes:
            continue
        low, high = found.get(row["test"], (None, None))
        found[row["test"]] = (_tighter(low, row["low"], max), _tighter(high, row["high"], min))
    return found


def _tighter(one: float | None, other: float | None, choose: Any) -> float | None:
    both = [value for value in (one, other) if value is not None]
    return float(choose(both)) if both else None
