"""STDF files of lots whose retests are chosen: first fails of each bin and site, and how many recovered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from tests.lots import build_lot

import corecar

FIRST_DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
Wanted = Mapping[tuple[int, int], tuple[int, int]]
"""Of bin and site: dies that failed first and were tested again, and how many of them recovered."""


def retested_lot(path: Path, number: int, wanted: Wanted, *, good: int = 120, once_more: int = 0) -> Path:
    """Write lot L<number>, tested on its own day; `once_more` good dies are tested a second time."""
    rng = np.random.default_rng(number)
    first = [(code, site) for (code, site), (count, _) in wanted.items() for _ in range(count)]
    first += [(1, at % 2 + 1) for at in range(good)]
    again: list[tuple[int, int, int]] = []
    start = 0
    for (code, site), (count, recovered) in wanted.items():
        again += [(start + at, 1 if at < recovered else code, site) for at in range(count)]
        start += count
    again += [(start + at, 1, 1) for at in range(once_more)]
    rows = [(die, code, site) for die, (code, site) in enumerate(first)] + again
    bins = [code for _, code, _ in rows]
    begun = FIRST_DAY + timedelta(days=number)
    lot = build_lot(
        rng.normal(1.0, 0.01, (1, len(rows))),
        low=[0.0], high=[2.0], wafer="W01", x=[die % 20 for die, _, _ in rows], y=[die // 20 for die, _, _ in rows],
        part_id=[str(at + 1) for at in range(len(rows))], site=[site for _, _, site in rows], hard_bin=bins,
        passed=[code == 1 for code in bins],
        runs={"lot": [f"L{number}"], "product": ["PX"], "stage": ["wafer sort"], "temperature": ["25"],
              "start": [begun], "finish": [begun + timedelta(hours=2)], "test_pass": [1]},
        identity="none",
    )  # fmt: skip
    corecar.write(lot, path)
    return path
