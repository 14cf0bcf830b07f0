"""Limits for a tester as CSV and as workbook, by a declared layout."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from corecar.atomic import whole_file
from corecar.formats.outputs.limit_layout import LimitColumn, LimitLayout

Row = Mapping[str, Any]
"""One test: the fields of `limit_layout.FIELDS`."""


def write_limit_csv(rows: Sequence[Row], layout: LimitLayout, path: str | Path, *, name: str) -> None:
    """Write limits as CSV in UTF-8. `name` is that of the limit set. Raises OutputError."""
    with whole_file(path) as sibling:
        sibling.write_text(limit_csv(rows, layout, name=name), encoding="utf-8", newline="")


def limit_csv(rows: Sequence[Row], layout: LimitLayout, *, name: str) -> str:
    """Limits as the text of a CSV file."""
    out = StringIO()
    writer = csv.writer(out, delimiter=layout.separator, lineterminator="\n")
    for line in layout.above:
        out.write(line.replace("{set}", name) + "\n")
    if layout.header:
        writer.writerow([column.title for column in layout.columns])
    for row in ordered(rows, layout):
        writer.writerow([_text(_cell(row, column, layout), layout) for column in layout.columns])
    return out.getvalue()


def write_limit_workbook(rows: Sequence[Row], layout: LimitLayout, path: str | Path, *, name: str) -> None:
    """Write limits as .xlsx, one sheet. Raises OutputError."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with whole_file(path) as sibling:
        try:
            with xlsxwriter.Workbook(str(sibling), options) as book:
                _fill(book, rows, layout, name)
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error


def ordered(rows: Sequence[Row], layout: LimitLayout) -> list[Row]:
    """Rows in the order that the layout names; a row without a value comes before those with one."""

    def place(row: Row) -> list[tuple[bool, Any]]:
        return [(row[field] is not None, row[field] if row[field] is not None else 0) for field in layout.order]

    return sorted(rows, key=place)


def inwards(value: float, digits: int, *, up: bool) -> float:
    """A limit with so many significant digits, never wider: a low one is rounded up, a high one down.

    >>> inwards(-1.23456, 3, up=True), inwards(1.23456, 3, up=False), inwards(0.1, 0, up=True)
    (-1.23, 1.23, 0.1)
    """
    if not digits:
        return value
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    return float(Context(prec=digits, rounding=rounding).create_decimal(Decimal(repr(value))))


def _fill(book: Any, rows: Sequence[Row], layout: LimitLayout, name: str) -> None:
    sheet, bold = book.add_worksheet("Limits"), book.add_format({"bold": True, "bottom": 1})
    top = len(layout.above)
    for at, line in enumerate(layout.above):
        sheet.write_string(at, 0, line.replace("{set}", name))
    if layout.header:
        for at, column in enumerate(layout.columns):
            sheet.write_string(top, at, column.title, bold)
        sheet.freeze_panes(top + 1, 0)
    sheet.set_column(0, len(layout.columns) - 1, 16)
    for place, row in enumerate(ordered(rows, layout), top + layout.header):
        for at, column in enumerate(layout.columns):
            value = _cell(row, column, layout)
            if isinstance(value, int | float):
                sheet.write_number(place, at, value)
            else:
                sheet.write_string(place, at, _text(value, layout))


def _cell(row: Row, column: LimitColumn, layout: LimitLayout) -> Any:
    if not column.field:
        return column.text
    value = row[column.field]
    if value is None or column.field not in ("low", "high"):
        return value
    return inwards(value, layout.digits, up=column.field == "low")


def _text(value: Any, layout: LimitLayout) -> str:
    if value is None:
        return layout.none
    if isinstance(value, float):
        return repr(value).replace(".", layout.decimal)
    return str(value)
