"""A lot as an Excel workbook: Summary, Parts, Tests, Bins, Wafers and a wide Results sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corecar.atomic import whole_file
from corecar.formats.outputs.wide import column_labels, left_out, wide_pieces
from corecar.lot import Lot

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""What one sheet of Excel holds (Microsoft, Excel specifications and limits)."""

SHEETS = (("Parts", "parts"), ("Tests", "tests"), ("Bins", "bins"), ("Wafers", "wafers"))
PLACE = ("part", "wafer", "x", "y", "part_id", "site", "hard_bin", "soft_bin", "passed", "attempt", "superseded")
"""Columns that stand before the readings on the Results sheet."""

HEADS = ("number", "unit", "low_limit", "high_limit")
"""Facts of the tests that stand between their names and the readings."""


def write_workbook(lot: Lot, path: str | Path) -> tuple[str, ...]:
    """Write a lot as .xlsx; returns a sentence for everything that was left out.

    A sheet that would pass Excel's 1,048,576 rows or 16,384 columns is left out and said so, on the Summary too.
    Raises  OutputError when the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    notes = [*_too_large(lot), *left_out(lot)]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with whole_file(path) as sibling:
        try:
            with xlsxwriter.Workbook(str(sibling), options) as book:
                _fill(book, lot, notes)
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error
    return tuple(notes)


def _fill(book: Any, lot: Lot, notes: list[str]) -> None:
    styles = _styles(book)
    _summary_sheet(book, styles, lot, notes)
    for title, name in SHEETS:
        if getattr(lot, name).num_rows < ROWS:
            _table_sheet(book, styles, title, getattr(lot, name))
    if _results_fit(lot):
        _results_sheet(book, styles, lot)


def _too_large(lot: Lot) -> list[str]:
    notes = []
    for title, name in SHEETS:
        rows = getattr(lot, name).num_rows
        if rows >= ROWS:
            notes.append(f"The sheet {title} was left out: {rows:,} rows, Excel holds {ROWS - 1:,}.")
    if not _results_fit(lot):
        parts, tests = lot.parts.num_rows, lot.tests.num_rows
        notes.append(
            f"The sheet Results was left out: {parts:,} parts x {tests:,} tests, Excel holds "
            f"{ROWS - len(HEADS) - 1:,} x {COLUMNS - len(PLACE):,}. Write .csv or .parquet for them."
        )
    return notes


def _results_fit(lot: Lot) -> bool:
    return bool(lot.parts.num_rows + len(HEADS) < ROWS and lot.tests.num_rows + len(PLACE) <= COLUMNS)


def _styles(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "fact": book.add_format({"italic": True, "font_color": "#555555"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
        "part": book.add_format({"num_format": "0.00%", "align": "left"}),
        "left": book.add_format({"align": "left"}),
    }


def _summary_sheet(book: Any, styles: dict[str, Any], lot: Lot, notes: list[str]) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 90)
    summary = lot.summary()
    sheet.write_string(0, 0, f"Lot {', '.join(summary['lot']) or 'without a name'}", styles["title"])
    row = 2
    for key, value in summary.items():
        if key == "notes":
            continue
        sheet.write_string(row, 0, key.replace("_", " "))
        style = styles["part"] if key.startswith("yield") else styles["left"]
        _write(sheet, row, 1, ", ".join(value) if isinstance(value, list) else value, style)
        row += 1
    for title, lines in (
        ("sources", [source.path for source in lot.sources]),
        ("notes", lot.notes),
        ("left out", notes),
    ):
        for at, line in enumerate(lines):
            sheet.write_string(row, 0, title if at == 0 else "")
            _write(sheet, row, 1, line)
            row += 1


def _table_sheet(book: Any, styles: dict[str, Any], title: str, table: Any) -> None:
    sheet = book.add_worksheet(title)
    sheet.set_column(0, table.num_columns - 1, 14)
    for column, name in enumerate(table.column_names):
        sheet.write_string(0, column, name, styles["head"])
    for start in range(0, table.num_rows, 10_000):
        _write_rows(sheet, start + 1, _plain(table.slice(start, 10_000).columns), styles["time"])
    sheet.freeze_panes(1, 1)
    if table.num_rows:
        sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)


def _results_sheet(book: Any, styles: dict[str, Any], lot: Lot) -> None:
    sheet = book.add_worksheet("Results")
    head = len(HEADS) + 1
    sheet.freeze_panes(head, 1)
    sheet.set_column(len(PLACE), len(PLACE) + max(lot.tests.num_rows, 1) - 1, 12)
    for column, label in enumerate([*PLACE, *column_labels(lot, PLACE)]):
        sheet.write_string(0, column, label[:CHARACTERS], styles["head"])
    for row, fact in enumerate(HEADS, 1):
        sheet.write_string(row, len(PLACE) - 1, fact, styles["fact"])
        for test, value in enumerate(_plain([lot.tests[fact]])[0]):
            _write(sheet, row, len(PLACE) + test, value, styles["fact"])
    for start, stop, columns in wide_pieces(lot):
        place = lot.parts.select(PLACE).slice(start, stop - start)
        _write_rows(sheet, head + start, _plain([*place.columns, *columns]), styles["time"])


def _plain(columns: Iterable[Any]) -> list[list[Any]]:
    """Columns as Python values; a float32 as the shortest decimal that reads back as it, not as its long double."""
    return [
        pc.cast(pc.cast(column, pa.string()), pa.float64()).to_pylist()
        if pa.types.is_float32(column.type)
        else column.to_pylist()
        for column in columns
    ]


def _write_rows(sheet: Any, first: int, columns: list[list[Any]], time: Any) -> None:
    for row, values in enumerate(zip(*columns, strict=True), first):
        for column, value in enumerate(values):
            if value is not None:
                _write(sheet, row, column, value, time if isinstance(value, datetime) else None)


def _write(sheet: Any, row: int, column: int, value: Any, style: Any = None) -> None:
    """One cell by the kind of its value; None stays empty, and what is no finite number becomes its word."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, column, value, style)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:CHARACTERS], style)
