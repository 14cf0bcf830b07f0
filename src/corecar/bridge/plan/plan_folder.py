"""A plan in a folder: its tables as Parquet and CSV, a workbook, a page and a PDF; the summary comes last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.bridge.plain import plain
from corecar.bridge.whole_folder import into_folder, write_summary
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook, write_cell
from corecar.plan import told
from corecar.report.html import html_page
from corecar.report.pdf import typeset
from corecar.report.plan import plan_document

MOST = 100_000
"""Rows of a sheet: Excel holds ten times as many, but nobody looks at them there, and they take long to write."""


def write_plan(answer: Mapping[str, Any], tables: Mapping[str, Any], out: str | Path) -> None:
    """Write a plan into a folder, which is whole or as it was before.

    answer   of the verb `plan`
    tables   as of `corecar.plan.tables`
    Raises   OutputError
    """
    into_folder(out, lambda folder: _write(answer, tables, folder))


def _write(answer: Mapping[str, Any], tables: Mapping[str, Any], folder: Path) -> None:
    import pyarrow.parquet as pq
    from pyarrow import csv

    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        csv.write_csv(table, folder / f"{name}.csv")
    programs, groups = told.programs(tables["supply"]), told.groups(tables["load"])
    _write_workbook(answer, tables, programs, groups, folder / "plan.xlsx")
    document = plan_document(answer, programs, groups, tables["load"])
    (folder / "plan.html").write_text(html_page(document), encoding="utf-8")
    (folder / "plan.pdf").write_bytes(typeset(document))
    write_summary(folder, plain(answer))


def _write_workbook(
    answer: Mapping[str, Any], tables: Mapping[str, Any], programs: list[told.Row], groups: list[told.Row], path: Path
) -> None:
    """The answer, programs, groups, load and supply by week, then every table that is not too long for a sheet."""
    sheets = {
        "Programs": pa.Table.from_pylist(programs),
        "Groups": pa.Table.from_pylist(groups),
        "Lights by week": by_week(tables["load"], "group", "light"),
        "Load by week": by_week(tables["load"], "group", "load"),
        "Supplied by week": by_week(tables["supply"], "demand", "supplied"),
        "Behind by week": by_week(tables["supply"], "demand", "behind"),
        "Starts": tables["starts"],
        "Stock": tables["stock"],
        "Promises": tables["floors"],
    }
    long = {title: table for title, table in sheets.items() if table.num_rows > MOST}
    absent = [
        f"The sheet {title} was left out: {table.num_rows:,} rows are too many here; {title.lower()}.parquet has them."
        for title, table in long.items()
    ]
    with workbook(path) as book:
        styles = styles_of(book)
        sheet = book.add_worksheet("Summary")
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 110)
        sheet.write_string(0, 0, "Plan of the chain", styles["title"])
        lines = [("Answer", answer["said"])]
        lines += [(name.replace("_", " ").capitalize(), value) for name, value in answer["facts"].items()]
        lines += [("Note", note) for note in (*answer["notes"], *absent)]
        for row, (name, value) in enumerate(lines, 2):
            sheet.write_string(row, 0, name)
            write_cell(sheet, row, 1, value, styles["left"])
        for title, table in sheets.items():
            if title not in long and table.num_columns:
                table_sheet(book, styles, title, table)


def by_week(table: Any, name: str, column: str) -> Any:
    """A long table as a wide one: a row per name, a column per week."""
    names, weeks = (
        table[key].unify_dictionaries().combine_chunks().dictionary.to_pylist() if table.num_rows else []
        for key in (name, "week")
    )
    values = table[column].cast(pa.string() if column == "light" else pa.float64()).combine_chunks()
    columns: dict[str, Any] = {name: pa.array(names, pa.string())}
    for place, week in enumerate(weeks):
        at = [row * len(weeks) + place for row in range(len(names))]
        columns[week] = values.take(pa.array(at, pa.int64()))
    return pa.table(columns)
