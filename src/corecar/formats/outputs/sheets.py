"""Sheets of an Excel workbook: how it is written, its styles, tables and cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corecar.atomic import whole_file

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""What one sheet of Excel holds (Microsoft, Excel specifications and limits)."""


@contextmanager
def workbook(path: str | Path) -> Iterator[Any]:
    """A workbook to fill, row after row; it is there whole when the block ends, or not at all.

    Text stays text: nothing becomes a formula, a link or a number. Raises OutputError when it cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with whole_file(path) as sibling:
        try:
            with xlsxwriter.Workbook(str(sibling), options) as book:
                yield book
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error


def styles_of(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "fact": book.add_format({"italic": True, "font_color": "#555555"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
        "part": book.add_format({"num_format": "0.00%", "align": "left"}),
        "left": book.add_format({"align": "left"}),
    }


def table_sheet(book: Any, styles: dict[str, Any], title: str, table: Any) -> None:
    sheet = book.add_worksheet(title)
    sheet.set_column(0, table.num_columns - 1, 14)
    for column, name in enumerate(table.column_names):
        sheet.write_string(0, column, name, styles["head"])
    for start in range(0, table.num_rows, 10_000):
        write_rows(sheet, start + 1, plain_columns(table.slice(start, 10_000).columns), styles["time"])
    sheet.freeze_panes(1, 1)
    if table.num_rows:
        sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)


def plain_columns(columns: Iterable[Any]) -> list[list[Any]]:
    """Columns as Python values; a float32 as the shortest decimal that reads back as it, not as its long double."""
    return [
        pc.cast(pc.cast(column, pa.string()), pa.float64()).to_pylist()
        if pa.types.is_float32(column.type)
        else column.to_pylist()
        for column in columns
    ]


def write_rows(sheet: Any, first: int, columns: list[list[Any]], time: Any) -> None:
    for row, values in enumerate(zip(*columns, strict=True), first):
        for column, value in enumerate(values):
            if value is not None:
                write_cell(sheet, row, column, value, time if isinstance(value, datetime) else None)


def write_cell(sheet: Any, row: int, column: int, value: Any, style: Any = None) -> None:
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
