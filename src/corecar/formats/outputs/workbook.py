"""A lot as an Excel workbook: Summary, Parts, Tests, Bins, Wafers and a wide Results sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corecar.formats.outputs.sheets import (
    CHARACTERS,
    COLUMNS,
    ROWS,
    plain_columns,
    styles_of,
    table_sheet,
    workbook,
    write_cell,
    write_rows,
)  # fmt: skip
from corecar.formats.outputs.wide import column_labels, left_out, wide_pieces
from corecar.lot import Lot

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
    notes = [*_too_large(lot), *left_out(lot)]
    with workbook(path) as book:
        _fill(book, lot, notes)
    return tuple(notes)


def _fill(book: Any, lot: Lot, notes: list[str]) -> None:
    styles = styles_of(book)
    _summary_sheet(book, styles, lot, notes)
    for title, name in SHEETS:
        if getattr(lot, name).num_rows < ROWS:
            table_sheet(book, styles, title, getattr(lot, name))
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
        write_cell(sheet, row, 1, ", ".join(value) if isinstance(value, list) else value, style)
        row += 1
    for title, lines in (
        ("sources", [source.path for source in lot.sources]),
        ("notes", lot.notes),
        ("left out", notes),
    ):
        for at, line in enumerate(lines):
            sheet.write_string(row, 0, title if at == 0 else "")
            write_cell(sheet, row, 1, line)
            row += 1


def _results_sheet(book: Any, styles: dict[str, Any], lot: Lot) -> None:
    sheet = book.add_worksheet("Results")
    head = len(HEADS) + 1
    sheet.freeze_panes(head, 1)
    sheet.set_column(len(PLACE), len(PLACE) + max(lot.tests.num_rows, 1) - 1, 12)
    for column, label in enumerate([*PLACE, *column_labels(lot, PLACE)]):
        sheet.write_string(0, column, label[:CHARACTERS], styles["head"])
    for row, fact in enumerate(HEADS, 1):
        sheet.write_string(row, len(PLACE) - 1, fact, styles["fact"])
        for test, value in enumerate(plain_columns([lot.tests[fact]])[0]):
            write_cell(sheet, row, len(PLACE) + test, value, styles["fact"])
    for start, stop, columns in wide_pieces(lot):
        place = lot.parts.select(PLACE).slice(start, stop - start)
        write_rows(sheet, head + start, plain_columns([*place.columns, *columns]), styles["time"])
