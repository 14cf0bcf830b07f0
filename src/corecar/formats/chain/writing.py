"""The tables of a chain as files that are read back as they were: a folder of CSV or Parquet, or one workbook."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from corecar.atomic import whole_file
from corecar.chain.chain import Chain
from corecar.chain.columns import Table
from corecar.chain.rows import written
from corecar.chain.tables import TABLES
from corecar.errors import ArgumentError, OutputError
from corecar.formats.outputs.sheets import ROWS, styles_of, workbook, write_cell

FolderFormat = Literal["csv", "parquet"]
AT_ONCE = 10_000
OF_ONE_FILE = frozenset({".csv", ".parquet", ".json", ".xlsx", ".xls", ".xlsm", ".ods", ".txt", ".zip"})
"""Endings of names that no folder of several files is meant to have."""


def write_chain(chain: Chain, path: str | Path, *, as_: FolderFormat = "csv") -> list[Path]:
    """Write every table that has rows: to a workbook where the path ends in .xlsx, else to a folder, a file a table.

    chain     the tables
    path      the workbook, or the folder, which is made
    as_       csv or parquet, of a folder
    Returns   the files
    Raises    OutputError; ArgumentError for a table that has more rows than a sheet holds
    """
    place = Path(path)
    filled = {name: chain[name] for name in TABLES if chain[name].num_rows}
    if place.suffix.lower() == ".xlsx":
        _workbook(filled, place)
        return [place]
    folder_of_files(place, else_=", or a workbook (.xlsx)")
    files = []
    for name, table in filled.items():
        file = place / f"{name}.{as_}"
        with whole_file(file) as sibling:
            _csv(TABLES[name], table, sibling) if as_ == "csv" else pq.write_table(table, sibling, compression="zstd")
        files.append(file)
    return files


def folder_of_files(folder: Path, *, else_: str = "") -> None:
    """Make a folder for several files.

    else_   what else may be named
    Raises  ArgumentError for a name that is that of one file; OutputError
    """
    if folder.suffix.lower() in OF_ONE_FILE and not folder.is_dir():
        raise ArgumentError(f"{folder} is the name of one file, and several are written. Name a folder{else_}.")
    made_folder(folder)


def made_folder(folder: Path) -> None:
    """Make a folder where there is none. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}. Choose another folder.") from error


def texts_of(table: Table, data: Any) -> list[list[str]]:
    """The columns of a table as a person writes them."""
    return [[written(value, column.kind) for value in data[column.name].to_pylist()] for column in table.columns]


def _csv(table: Table, data: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in table.columns])
        for start in range(0, data.num_rows, AT_ONCE):
            writer.writerows(zip(*texts_of(table, data.slice(start, AT_ONCE)), strict=True))


def _workbook(tables: dict[str, Any], path: Path) -> None:
    for name, data in tables.items():
        if data.num_rows >= ROWS:
            raise ArgumentError(
                f"{name} has {data.num_rows:,} rows, a sheet holds {ROWS - 1:,}. Write a folder of CSV or Parquet."
            )
    with workbook(path) as book:
        styles = styles_of(book)
        for name, data in tables.items():
            chain_sheet(book, styles, TABLES[name], data)


def chain_sheet(book: Any, styles: Mapping[str, Any], table: Table, data: Any) -> None:
    """A table of a chain as a sheet that is read back as it was; without rows only its head."""
    sheet = book.add_worksheet(table.name)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.name, styles["head"])
        sheet.set_column(place, place, 16)
    sheet.freeze_panes(1, 1)
    _fill(sheet, table, data)


def _fill(sheet: Any, table: Table, data: Any) -> None:
    """Cells row by row: numbers as numbers, weeks and days as their texts."""
    for start in range(0, data.num_rows, AT_ONCE):
        piece = data.slice(start, AT_ONCE)
        columns = [
            piece[column.name].to_pylist() if column.kind in ("number", "whole") else texts
            for column, texts in zip(table.columns, texts_of(table, piece), strict=True)
        ]
        for row, values in enumerate(zip(*columns, strict=True), start + 1):
            for place, value in enumerate(values):
                if value != "":
                    write_cell(sheet, row, place, value if _is_kept(value) else repr(value))


def _is_kept(value: Any) -> bool:
    """Whether a workbook, which holds 16 digits, gives a number back as it was."""
    return not isinstance(value, float) or float(f"{value:.16G}") == value
