"""Tables of a chain from files: one workbook, one CSV or Parquet file named for its table, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.chain.sheets import Sheet
from corecar.chain.tables import TABLES
from corecar.errors import SourceMissing, UnknownFormat
from corecar.faults import alike
from corecar.formats.chain.comma_separated import csv_sheet
from corecar.formats.chain.parquet import parquet_sheet
from corecar.formats.chain.workbook import WORKBOOKS, workbook_sheets

ONE_TABLE: dict[str, Callable[[Path], Sheet]] = {".csv": csv_sheet, ".parquet": parquet_sheet}
"""Files that hold one table and are named for it."""
READ = (*WORKBOOKS, *ONE_TABLE)


def read_chain(*paths: str | Path) -> Chain:
    """The tables of a chain from plain files; no workspace is needed.

    paths   workbooks, CSV and Parquet files named for their table (`demand.csv`), and folders of them
    Raises  ChainError with every place that breaks a rule; SourceMissing, UnknownFormat

    >>> read_chain("province").demand                              # doctest: +SKIP
    """
    return take_in(sheet for path in paths for sheet in sheets_of(path)).chain


def sheets_of(path: str | Path) -> list[Sheet]:
    """The sheets of a file or of the files of a folder, before their cells are understood; among them that of a file
    whose name is spelled like a table that is not there, so that it is told and not passed over.

    Raises  SourceMissing; UnknownFormat for a folder without a table
    """
    place = Path(path)
    if place.is_dir():
        files = [*_tables_in(place), *(file for file, meant in others_in(place) if meant)]
        found = [sheet for file in files for sheet in sheets_of(file)]
        if not found:
            raise UnknownFormat(
                path, f"no table of a chain lies in this folder (such as {next(iter(TABLES))}.csv).",
                advice="Make templates with: corecar chain template DIR",
            )  # fmt: skip
        return found
    if not place.is_file():
        raise SourceMissing(path, "no file or folder is there.", advice="Check the path.")
    kind = place.suffix.lower()
    if kind in WORKBOOKS:
        return workbook_sheets(place)
    if kind in ONE_TABLE:
        return [ONE_TABLE[kind](place)]
    raise UnknownFormat(path, f"a chain is read from {', '.join(READ)}.", advice="Save it as one of these.")


def has_tables(folder: Path) -> bool:
    """Whether a table of a chain lies in a folder."""
    return folder.is_dir() and next(_tables_in(folder), None) is not None


def others_in(folder: Path) -> list[tuple[Path, bool]]:
    """Files of a folder that could hold a table and are named for none; and whether the name is spelled like that of a
    table which is not there."""
    named = {file.stem.lower() for file in _tables_in(folder)}
    return [
        (file, bool(alike(file.stem, TABLES.keys() - named, most=1)) and not alike(file.stem, named & TABLES.keys()))
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in ONE_TABLE and file.stem.lower() not in TABLES and file.is_file()
    ]


def _tables_in(folder: Path) -> Iterator[Path]:
    """The files of a folder that are named for a table, and its workbooks; what Office keeps while it has one open
    is none."""
    for file in sorted(folder.iterdir()):
        kind = file.suffix.lower()
        is_book = kind in WORKBOOKS and not file.name.startswith(("~", "."))
        if is_book or (kind in ONE_TABLE and file.stem.lower() in TABLES):
            yield file
