"""A graded lot as an Excel workbook: the answer first, then bins, screens, rejects, parts and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from corecar.bridge.grade.graded_tables import bins_table, parts_table, rejects_table, screens_table, tests_table
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook, write_cell
from corecar.graded import Grade
from corecar.plurals import plural

MOST = 100_000
"""Rows of a sheet: Excel holds ten times as many, but nobody looks at them there, and they take long to write."""
OVERRIDDEN = 50
"""Overridden parts that have a line each in the summary."""

SHEETS: Sequence[tuple[str, Callable[[Grade], Any]]] = (
    ("Bins", bins_table),
    ("Screens", screens_table),
    ("Rejects", rejects_table),
    ("Parts", parts_table),
    ("Tests", tests_table),
)


def write_graded_workbook(grade: Grade, path: str | Path) -> None:
    """Write a graded lot as .xlsx. A sheet of more than `MOST` rows is left out; the summary says so.

    Raises  OutputError when it cannot be written
    """
    tables = [(title, table(grade)) for title, table in SHEETS]
    fitting = [(title, table) for title, table in tables if table.num_rows <= MOST]
    absent = [
        f"The sheet {title} was left out: {table.num_rows:,} rows are too many here; the other files have them."
        for title, table in tables
        if table.num_rows > MOST
    ]
    with workbook(path) as book:
        styles = styles_of(book)
        _summary_sheet(book, styles, grade, absent)
        for title, table in fitting:
            table_sheet(book, styles, title, table)


def _summary_sheet(book: Any, styles: dict[str, Any], grade: Grade, absent: Sequence[str]) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 110)
    lot = ", ".join(grade.summary()["lot"]) or "without a name"
    sheet.write_string(0, 0, f"Lot {lot}, graded by {grade.recipe}", styles["title"])
    for row, (title, value, style) in enumerate(_lines(grade, absent), 2):
        sheet.write_string(row, 0, title)
        write_cell(sheet, row, 1, value, styles[style])


def _overridden(grade: Grade) -> list[str]:
    """A line of each part that an override lets through; of many parts the first, and how many more."""
    lines = [
        f"{row['unit']}: rejected by {', '.join(row['rejected_by'])}; {row['sentence']}" for row in grade.overrides
    ]
    more = len(lines) - OVERRIDDEN
    return [*lines[:OVERRIDDEN], *([f"and {plural(more, 'more part')}: the sheet Parts has them"] if more > 0 else [])]


def _lines(grade: Grade, absent: Sequence[str]) -> Iterator[tuple[str, Any, str]]:
    """Title, value and style of each line of the summary; a title stands only at the first of its lines."""
    summary = grade.summary()
    yield "verdict", "on hold: nothing ships before review" if grade.hold else "may ship", "left"
    for title in ("product", "test_program", "stage", "temperature", "files"):
        value = summary[title]
        yield title.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else value, "left"
    yield from ((name, getattr(grade, name), "left") for name in ("tested", "good", "shippable", "rejected"))
    yield from ((name.replace("_", " "), summary[name], "part") for name in ("yield_first", "yield_final"))
    if grade.overridden:
        yield "overridden", grade.overridden, "left"
    for title, lines in (
        ("overrides", _overridden(grade)),
        ("hold", grade.hold),
        ("notes", grade.notes),
        ("left out", absent),
    ):
        yield from ((title if at == 0 else "", line, "left") for at, line in enumerate(lines))
    for at, (name, value) in enumerate(summary["parameters"].items()):
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        yield "recipe" if at == 0 else "", f"{name} = {told}", "left"
