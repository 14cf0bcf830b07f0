"""Published cases that several tests hold against `corecar.assess`; where each stands is said beside it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

ROSNER = [
    *(-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56),
    *(1.58, 1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10),
    *(2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92),
    *(2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01),
]
"""NIST/SEMATECH e-Handbook 1.3.5.17.3."""

CUSUM = [
    *(9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08),
    *(9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52),
]
"""Montgomery, Introduction to Statistical Quality Control, table 9.1."""

THERMAL = (
    "21 20 24 23 20 21 27 27 19 18 23 21 22 21 19 17 24 23 25 23 "
    "21 20 18 19 23 25 24 24 29 30 26 26 20 20 19 21 25 26 19 19",
    "20 20 24 24 19 21 28 26 19 18 24 21 22 24 18 20 25 23 26 25 "
    "20 20 17 19 25 25 23 25 30 28 25 26 19 20 19 19 25 24 18 17",
    "19 21 23 24 20 22 27 28 18 21 23 22 22 20 19 18 24 24 24 25 "
    "21 20 18 19 25 25 24 25 31 30 25 27 20 20 21 23 25 25 19 17",
)
"""Montgomery, Introduction to Statistical Quality Control: three operators, 20 parts, two readings of each in turn."""

SMALL_GAUGE = {
    "part": [1, 1, 2, 2, 1, 1, 2, 2],
    "operator": [1, 1, 1, 1, 2, 2, 2, 2],
    "value": [0.0172, 0.0177, 0.0155, 0.0159, 0.0174, 0.0181, 0.0152, 0.0176],
}


def figures(shared: Path, case: str) -> Any:
    """One case of the shared fixtures."""
    return json.loads((shared / "quality" / "fixtures.json").read_text(encoding="utf-8"))[case]


def column(shared: Path, name: str, header: str) -> list[float]:
    """A column of a shared CSV file."""
    text = (shared / "quality" / name).read_text(encoding="utf-8-sig")
    return [float(row[header]) for row in csv.DictReader(text.splitlines())]


def aiag_gauge(shared: Path) -> dict[str, list[Any]]:
    """The reference study of AIAG's MSA manual as a table with one row per reading."""
    case = figures(shared, "aiag_grr")
    rows = [(part, who, case[who][trial][part]) for who in "ABC" for trial in range(3) for part in range(10)]
    part, operator, value = (list(side) for side in zip(*rows, strict=True))
    return {"part": part, "operator": operator, "value": value}


def thermal_gauge() -> dict[str, list[float]]:
    """Montgomery's study of thermal impedance as a table with one row per reading."""
    table: dict[str, list[float]] = {"part": [], "operator": [], "value": []}
    for operator, words in enumerate(THERMAL):
        readings = [float(word) for word in words.split()]
        table["value"] += readings
        table["part"] += [number // 2 for number in range(len(readings))]
        table["operator"] += [operator] * len(readings)
    return table
