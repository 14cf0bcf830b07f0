"""An approved limit set written for the tester: a CSV file and a workbook, by a layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corecar.atomic import refused
from corecar.formats.outputs.limit_layout import read_layout
from corecar.formats.outputs.limit_sheets import write_limit_csv, write_limit_workbook
from corecar.screen.static_lots import StaticTest


def write_for_tester(
    tests: Sequence[StaticTest], name: str, out: str | Path, layout: str | Path | None = None
) -> tuple[Path, Path]:
    """Write the limits of all tests that have some into a folder, as CSV and workbook named like the set.

    Raises  MappingError for a layout that is wrong, OutputError
    """
    how, rows = read_layout(layout), tester_rows(tests)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error
    stem = "".join(letter if letter.isalnum() or letter in "+-." else "-" for letter in name)
    sheet, book = folder / f"{stem}.csv", folder / f"{stem}.xlsx"
    write_limit_csv(rows, how, sheet, name=name)
    write_limit_workbook(rows, how, book, name=name)
    return sheet, book


def tester_rows(tests: Sequence[StaticTest]) -> list[dict[str, Any]]:
    """A row per test with limits, with the fields that a layout can name."""
    return [_row(test) for test in tests if test.limits is not None and test.limits.record.applied]


def _row(test: StaticTest) -> dict[str, Any]:
    assert test.limits is not None, "asked of tests with limits only"
    record = test.limits.record
    known = dict(record.parameters)
    number, name, pin = test.key
    return {
        "number": number, "name": name, "pin": pin, "unit": test.unit, "low": record.low, "high": record.high,
        "own_low": known.get("low_limit"), "own_high": known.get("high_limit"), "n": record.n, "clamp": record.clamp,
        "fallback": record.fallback, "record": record.digest(),
    }  # fmt: skip
