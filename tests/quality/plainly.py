"""The formulas of the screens once more, in plain NumPy and pandas, to hold Corecar to; nothing here calls it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

METHODS = {"type 7": "linear", "type 6": "weibull", "type 5": "hazen", "lower": "lower", "higher": "higher"}
"""Quartile rules by the names that NumPy gives them."""
REFUSED = 0x01 | 0x3E | 0x80
"""TEST_FLG: alarm, unusable (bits 1 to 5), failed."""
UNUSABLE = 0x3E


def robust(values: Any, rule: str = "type 7") -> tuple[float, float]:
    """Median and robust sigma with what stands in for it where the quartiles meet, and the floor of few values."""
    x = np.asarray(values, np.float64)
    q = {p: float(np.quantile(x, p, method=METHODS[rule])) for p in (0.001, 0.01, 0.25, 0.75, 0.99, 0.999)}  # type: ignore[call-overload]
    centre = float(np.median(x))
    distinct = np.unique(x)
    step = float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0
    ways = [
        (q[0.75] - q[0.25]) / 1.35, 1.4826 * float(np.median(np.abs(x - centre))), (q[0.99] - q[0.01]) / 4.652,
        (q[0.999] - q[0.001]) / 6.18,
    ]  # fmt: skip
    found = [sigma for sigma in ways if sigma > 0]
    if not found:
        return centre, step
    few = len(distinct) <= 10 or len(distinct) < 0.02 * len(x)
    return centre, max(found[0], 0.5 * step) if few else found[0]


def limits(values: Any, low: float, high: float, rule: str = "type 7", width: float = 6.0) -> tuple[float, float]:
    """Part-average limits of one population, never wider than the test's own; NaN on a side without any."""
    centre, sigma = robust(values, rule)
    if not sigma > 0 or centre < low or centre > high:
        return np.nan, np.nan
    both = np.isnan(low) and np.isnan(high)
    bottom = centre - width * sigma if both or not np.isnan(low) else np.nan
    top = centre + width * sigma if both or not np.isnan(high) else np.nan
    return float(np.fmax(bottom, low)), float(np.fmin(top, high))


def frame(values: Any, flags: Any, **of_parts: Any) -> pd.DataFrame:
    """One row per reading from matrices of shape (tests, parts), with the columns of its part."""
    tests, parts = values.shape
    table = pd.DataFrame({"test": np.repeat(np.arange(tests), parts), "part": np.tile(np.arange(parts), tests)})
    table["value"], table["flags"] = values.astype(np.float64).ravel(), flags.ravel()
    for name, column in of_parts.items():
        table[name] = np.tile(np.asarray(column), tests)
    return table


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Readings that make limits: of good final parts, finite, under no flag."""
    return table[table.good & np.isfinite(table.value) & ((table["flags"] & REFUSED) == 0)]


def dynamic(
    table: pd.DataFrame, scopes: list[list[str]], low: Any, high: Any, rule: str, least: int = 30
) -> dict[tuple[int, int], tuple[float, float]]:
    """Limits that each good part's reading is held against, by test and part, the narrowest scope with enough first."""
    making = counted(table)
    logged = table[table.good].drop_duplicates("part")
    out: dict[tuple[int, int], tuple[float, float]] = {}
    for test, readings in making.groupby("test"):
        settled: set[int] = set()
        for place, scope in enumerate(scopes):
            groups = readings.groupby(scope) if scope else [((), readings)]
            members = dict(list(logged.groupby(scope))) if scope else {(): logged}
            for key, group in groups:
                if len(group) < least and place < len(scopes) - 1:
                    continue
                pair = (np.nan, np.nan)
                if len(group) >= max(least, 0.95 * len(members[key])):
                    pair = limits(group.value, low[test], high[test], rule)
                for part in members[key].part:
                    if part not in settled:
                        out[int(test), int(part)] = pair
                        settled.add(part)
    return out


def beyond(table: pd.DataFrame, held: dict[tuple[int, int], tuple[float, float]]) -> set[tuple[int, int]]:
    """Tests and parts of usable readings of good parts beyond what they are held against."""
    rows = table[table.good & ((table["flags"] & UNUSABLE) == 0) & ~np.isnan(table.value)]
    found = set()
    for test, part, value in zip(rows.test, rows.part, rows.value, strict=True):
        low, high = held.get((test, part), (np.nan, np.nan))
        if value < low or value > high:
            found.add((int(test), int(part)))
    return found
