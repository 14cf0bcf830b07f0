"""A meeting as an Excel workbook: the table plan, each party's own day, what came of the pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook, write_cell

Row = Mapping[str, Any]


def write_meeting_workbook(
    path: str | Path, name: str, facts: Row, rows: Sequence[Row], history: Sequence[Row]
) -> None:
    """Write a meeting as .xlsx. Raises OutputError when it cannot be written."""
    with workbook(path) as book:
        styles = styles_of(book)
        _plan_sheet(book, styles, name, facts, rows)
        sheets = (("By party", by_party(rows)), ("Pairs", rows), ("History", history))
        for title, of_sheet in sheets:
            if of_sheet:
                table_sheet(book, styles, title, pa.Table.from_pylist([_plain(row) for row in of_sheet]))


def by_party(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Each party's day: round, table, with whom, about what."""
    found = [
        {"party": row[own], "round": row["round"], "table": row["table"], "talks_to": row[other], "need": row["need"],
         "offer": row["offer"], "about": row["title"]}
        for own, other in (("needed_by", "offered_by"), ("offered_by", "needed_by"))
        for row in rows
        if row["round"]
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row["party"], row["round"], row["need"], row["offer"]))


def _plan_sheet(book: Any, styles: dict[str, Any], name: str, facts: Row, rows: Sequence[Row]) -> None:
    """Rounds down, tables across; who sits there."""
    sheet = book.add_worksheet("Table plan")
    tables = max((row["table"] or 0 for row in rows), default=0)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, max(tables, 1), 28)
    sheet.write_string(0, 0, f"{name}, {facts['day']}, {facts['place']}", styles["title"])
    for table in range(1, tables + 1):
        sheet.write_string(2, table, f"Table {table}", styles["head"])
    seats = {(row["round"], row["table"]): f"{row['needed_by']} / {row['offered_by']}" for row in reversed(rows)}
    for at in range(1, facts["rounds"] + 1):
        sheet.write_string(at + 2, 0, f"Round {at}", styles["head"])
        for table in range(1, tables + 1):
            write_cell(sheet, at + 2, table, seats.get((at, table)), styles["left"])


def _plain(row: Row) -> dict[str, Any]:
    """A row whose days are texts, as a sheet shows them."""
    return {key: value if value is None or isinstance(value, bool | int | float | str) else str(value)
            for key, value in row.items()}  # fmt: skip
