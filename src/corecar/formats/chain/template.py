"""Templates to fill in: an annotated workbook, and the same tables as CSV.

Row 1 of a sheet names the columns; rows 2 and 3 begin with `#`, so that they are never taken in: what each cell holds,
and an example. Everything from row 4 on is facts.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from corecar.atomic import whole_file
from corecar.chain.columns import WRITTEN, Column, Table
from corecar.chain.faults import RULES
from corecar.chain.intake import REMARK
from corecar.chain.tables import TABLES
from corecar.formats.chain.workbook import GUIDE, LISTS
from corecar.formats.chain.writing import folder_of_files, made_folder
from corecar.formats.outputs.sheets import workbook

WORKBOOK = "chain.xlsx"
FIRST, LAST = 3, 20_003
"""Rows, counted from 0, in which cells offer lists and are held to their bounds; more may be filled in."""


def write_template(folder: str | Path) -> list[Path]:
    """Write the workbook and, in the folder `csv`, one CSV a table.

    Returns  the files
    Raises   OutputError
    """
    place = Path(folder)
    folder_of_files(place)
    made_folder(place / "csv")
    files = [place / WORKBOOK]
    with workbook(files[0]) as book:
        _fill(book)
    for table in _sheets():
        file = place / "csv" / f"{table.name}.csv"
        with whole_file(file) as sibling, sibling.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([column.name for column in table.columns])
            writer.writerows(remarks(table))
        files.append(file)
    return files


def _sheets() -> list[Table]:
    return [table for table in TABLES.values() if table.sheet]


def remarks(table: Table) -> list[list[str]]:
    """The two rows that begin with `#`: what each cell holds, and the example."""
    told = [note(column) for column in table.columns]
    example = [column.example for column in table.columns]
    return [[f"{REMARK} {row[0]}", *row[1:]] for row in (told, example)]


def note(column: Column) -> str:
    """What a cell of a column holds, in a few words.

    >>> note(Column("lead_weeks", "whole", "from start to end", "week", required=True, least=0))
    'required; whole number [week], at least 0'
    """
    kind = "one of the list" if column.choices else WRITTEN[column.kind]
    kind = f"name in {column.refers}" if column.refers and column.kind == "name" else kind
    unit = f" [{column.unit}]" if column.unit else ""
    bounds = f", {column.bounds}" if column.bounds else ""
    told = [f"{kind}{unit}{bounds}"]
    if column.required:
        told.insert(0, "required")
    if column.default:
        told.append(f"empty: {column.default}")
    return "; ".join(told)


def _fill(book: Any) -> None:
    styles = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#DDEBF7"}),
        "needed": book.add_format({"bold": True, "bottom": 1, "bg_color": "#9DC3E6"}),
        "remark": book.add_format({"italic": True, "font_color": "#595959", "text_wrap": True, "valign": "top"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@"}),
    }
    _guide(book.add_worksheet(GUIDE), styles)
    lists = _Lists()
    for table in _sheets():
        _sheet(book.add_worksheet(table.name), table, styles, lists)
    page = book.add_worksheet(LISTS)
    for row, words in enumerate(lists.words):
        for place, word in enumerate(words):
            page.write_string(row, place, word)
    page.hide()


class _Lists:
    """The words of each drop-down list, a row each on a hidden sheet."""

    def __init__(self) -> None:
        self.words: list[tuple[str, ...]] = []

    def range_of(self, words: tuple[str, ...]) -> str:
        """Where a list stands, as a formula."""
        from xlsxwriter.utility import xl_range_abs

        if words not in self.words:
            self.words.append(words)
        row = self.words.index(words)
        return f"={LISTS}!{xl_range_abs(row, 0, row, len(words) - 1)}"


def _guide(sheet: Any, styles: dict[str, Any]) -> None:
    """What there is to fill in, column by column, and the rules that it is held to."""
    sheet.set_column(0, 1, 18)
    sheet.set_column(2, 3, 60)
    rows: list[tuple[Any, ...]] = [
        ("The chain: how to fill this in", "title"),
        ("A sheet is a table, a row is one fact. Dark heads are required; what is not needed stays empty.", None),
        (f"Rows that begin with {REMARK} are remarks and are not taken in: write below them, or delete them.", None),
        ("Lists open in the cells. All names of the examples are fictional.", None),
        ("Check it with: corecar chain check FILE. Take it in with: corecar chain import FILE", None),
    ]  # fmt: skip
    for row, (text, style) in enumerate(rows):
        sheet.write_string(row, 0, text, styles.get(style))
    at = len(rows) + 1
    for place, word in enumerate(("table", "column", "what it means", "what a cell holds")):
        sheet.write_string(at, place, word, styles["head"])
    for table in _sheets():
        at += 1
        sheet.write_url(at, 0, f"internal:'{table.name}'!A1", string=table.name)
        sheet.write_string(at, 2, table.caption, styles["wrap"])
        for column in table.columns:
            at += 1
            for place, text in enumerate((table.name, column.name, column.meaning, note(column))):
                sheet.write_string(at, place, text, styles["wrap"])
    at += 2
    for place, word in enumerate(("rule", "", "what it asks")):
        sheet.write_string(at, place, word, styles["head"])
    for rule, asks in RULES.items():
        at += 1
        sheet.write_string(at, 0, rule)
        sheet.write_string(at, 2, asks, styles["wrap"])


def _sheet(sheet: Any, table: Table, styles: dict[str, Any], lists: _Lists) -> None:
    for place, column in enumerate(table.columns):
        numeric = column.kind in ("number", "whole")
        sheet.set_column(place, place, 18, None if numeric else styles["text"])
        sheet.write_string(0, place, column.name, styles["needed" if column.required else "head"])
        sheet.write_comment(0, place, f"{column.meaning}\n{note(column)}", {"x_scale": 2})
    sheet.set_row(1, 48)
    for row, cells in enumerate(remarks(table), 1):
        for place, text in enumerate(cells):
            sheet.write_string(row, place, text, styles["remark"])
    for place, column in enumerate(table.columns):
        rule = _validation(column, lists)
        if rule is not None:
            sheet.data_validation(FIRST, place, LAST, place, rule)
    sheet.freeze_panes(FIRST, 1)


def _validation(column: Column, lists: _Lists) -> dict[str, Any] | None:
    """A cell's list or bounds; a wrong cell is warned of, not refused, since the import says more."""
    shown = {"error_type": "warning", "error_title": column.name, "error_message": f"Expected: {note(column)}"[:255]}
    if column.choices or column.kind == "flag":
        return {"validate": "list", "source": lists.range_of(column.choices or ("yes", "no")), **shown}
    if column.refers and column.kind == "name":
        return {"validate": "list", "source": f"='{column.refers}'!$A${FIRST + 1}:$A${LAST + 1}", **shown}
    if column.kind in ("number", "whole"):
        return {"validate": "integer" if column.kind == "whole" else "decimal", **_bounds(column), **shown}
    return None


def _bounds(column: Column) -> dict[str, Any]:
    low = column.least if column.least is not None else column.above
    if low is not None and column.most is not None:
        return {"criteria": "between", "minimum": low, "maximum": column.most}
    if low is not None:
        return {"criteria": ">" if column.above is not None else ">=", "value": low}
    return {"criteria": "<=", "value": column.most if column.most is not None else 1e15}
