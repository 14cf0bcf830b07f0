"""Named columns for a study: from a table (CSV, Parquet, workbook) or from the tests of a tester file."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Any

from corecar.errors import ArgumentError, DamagedSource, SourceMissing
from corecar.faults import Faults
from corecar.file_kinds import HEAD, checked_table, look_of, wrong_kind

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".ods")
BOOKS = (".xlsx", ".xls", ".ods")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "-"})
"""Cells that say that nothing was measured; such a row counts as missing."""
TABLE = "a CSV table, a Parquet file or a workbook"
TRUE, FALSE = frozenset({"1", "true", "yes", "y"}), frozenset({"0", "false", "no", "n", ""})


@dataclass(frozen=True)
class Cells:
    """A table as it stands in its file.

    columns    cells by header, as the file has them
    first_row  the row of the file, as a person counts, in which the first cell stands
    limits     of tester files: low and high limit by test, None where the test has none
    units      of tester files: the unit by test
    """

    path: str
    columns: dict[str, list[Any]]
    first_row: int = 2
    limits: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def cells(self, name: str) -> list[Any]:
        """One column. Raises ArgumentError that names the columns there are."""
        if name not in self.columns:
            there = ", ".join(self.columns) or "none"
            raise ArgumentError(f'{self.path}: no column "{name}". There are: {there}. Name one of them.')
        return self.columns[name]

    def numbers(self, *names: str) -> dict[str, list[float]]:
        """Columns as numbers, NaN where nothing was measured.

        Raises  MappingError with the row, column and value of every cell that is no number
        """
        faults = Faults()
        found = {name: self._each(name, _number, faults, "a number") for name in names}
        faults.settle()
        return found

    def flags(self, name: str) -> list[bool]:
        """A column of yes and no, also 1 and 0, true and false. Raises MappingError alike."""
        faults = Faults()
        found = self._each(name, _flag, faults, "yes or no")
        faults.settle()
        return found

    def labels(self, name: str) -> list[Any]:
        """A column of names. Raises MappingError where a row has none."""
        faults = Faults()
        found = self._each(name, _name, faults, "a name")
        faults.settle()
        return found

    def _each(self, name: str, read: Callable[[Any], Any], faults: Faults, expected: str) -> list[Any]:
        found = []
        for place, cell in enumerate(self.cells(name)):
            try:
                found.append(read(cell))
            except ValueError:
                faults.add(
                    self.path,
                    f'{expected} was expected, found "{cell}".',
                    row=self.first_row + place,
                    column=name,
                    advice="Correct the cell, leave it empty, or name another column.",
                )
        return found


def _number(cell: Any) -> float:
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
        return math.nan
    return float(cell)


def _flag(cell: Any) -> bool:
    word = str("" if cell is None else cell).strip().lower().removesuffix(".0")
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return word in TRUE


def _name(cell: Any) -> Any:
    if cell is None or not str(cell).strip() or cell != cell:
        raise ValueError(cell)
    return cell.strip() if isinstance(cell, str) else cell


def study_columns(path: str | Path, tests: Sequence[str] = (), *, sheet: str | None = None) -> Cells:
    """The columns of a table, or, where tests are named, their readings by part in a tester file.

    path   CSV, TSV, Parquet or workbook with headers in its first row; with `tests` whatever `corecar.read` reads
    tests  numbers or names; the columns are called so, and beside them stand part_id, wafer and site
           of a single test only the parts that it measured
    sheet  of a workbook; the first when None
    Raises SourceMissing, DamagedSource, and ArgumentError when a test or sheet is not there
    """
    place = Path(path)
    if not place.exists():
        raise SourceMissing(path, "there is no such file.", advice="Check the path.")
    if tests:
        return _tested(path, tests)
    kind = place.suffix.lower()
    if kind not in TABLES:
        told = f"this looks like {look_of(place)}; expected {TABLE} ({', '.join(TABLES)})."
        raise ArgumentError(f"{path}: {told} For a tester file name the test with --test; `corecar tests` lists them.")
    columns = _parquet(place) if kind == ".parquet" else _sheet(place, sheet) if kind in BOOKS else _text(place)
    return Cells(str(path), columns)


def _tested(path: str | Path, tests: Sequence[str]) -> Cells:
    from corecar.formats import read

    lot = read(path)
    numbers, names = lot.tests["number"].to_pylist(), lot.tests["name"].to_pylist()
    rows = []
    for test in tests:
        rows.append(
            next((row for row, both in enumerate(zip(map(str, numbers), names, strict=True)) if test in both), -1)
        )
        if rows[-1] < 0:
            raise ArgumentError(f'{path}: no test has the number or name "{test}". `corecar tests {path}` lists them.')
    parts = lot.parts.take(lot.chosen("final"))
    matrix, (low, high) = lot.matrix(rows), lot.test_limits
    columns: dict[str, list[Any]] = {name: parts[name].to_pylist() for name in ("part_id", "wafer", "site")}
    columns |= {test: matrix[place].astype(float).tolist() for place, test in enumerate(tests)}
    if len(tests) == 1:
        measured = [value == value for value in columns[tests[0]]]
        columns = {name: list(compress(cells, measured)) for name, cells in columns.items()}
    limits = {test: (_finite(low[row]), _finite(high[row])) for test, row in zip(tests, rows, strict=True)}
    units = {test: lot.tests["unit"][row].as_py() or "" for test, row in zip(tests, rows, strict=True)}
    return Cells(str(path), columns, 1, limits, units)


def _finite(limit: Any) -> float | None:
    return float(limit) if math.isfinite(limit) else None


def _parquet(place: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return {str(name): cells for name, cells in parquet.read_table(place).to_pydict().items()}
    except pa.ArrowInvalid as error:
        if look_of(place) != "a Parquet file":
            raise wrong_kind(place, "a Parquet file") from None
        raise DamagedSource(place, f"not readable as Parquet: {error}.", advice="Write the file again.") from None


def _text(place: Path) -> dict[str, list[Any]]:
    content = place.read_bytes()
    checked_table(place, content[:HEAD], TABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    head = text.split("\n", 1)[0]
    return _rowwise(place, list(csv.reader(text.splitlines(), delimiter=max(",;\t", key=head.count))))


def _sheet(place: Path, sheet: str | None) -> dict[str, list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(place))
    except (CalamineError, OSError) as error:
        if look_of(place) not in ("a workbook (.xlsx)", "a zip archive", "an old Office document (.xls)"):
            raise wrong_kind(place, "a workbook") from None
        raise DamagedSource(
            place, f"not readable as a workbook: {error}.", advice="Save it again, or as CSV."
        ) from None
    wanted = sheet or book.sheet_names[0]
    if wanted not in book.sheet_names:
        raise ArgumentError(f'{place}: no sheet "{wanted}". There are: {", ".join(book.sheet_names)}.')
    return _rowwise(place, book.get_sheet_by_name(wanted).to_python(skip_empty_area=False))


def _rowwise(place: Path, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Cells by header; blank rows at the end are none. Raises DamagedSource where a row and the header do not fit."""
    kept = list(rows)
    while kept and not any(str(cell).strip() for cell in kept[-1]):
        kept.pop()
    if not kept:
        raise DamagedSource(place, "the table is empty.", advice="A header and rows of readings are needed.")
    heads = [str(cell).strip() for cell in kept[0]]
    for number, row in enumerate(kept[1:], 2):
        if len(row) != len(heads):
            told = f"row {number}: {len(heads)} cells were expected, as in the header, found {len(row)}."
            raise DamagedSource(place, told, advice="Correct the row, or quote texts that hold the separator.")
    return {head: [row[place_] for row in kept[1:]] for place_, head in enumerate(heads) if head}
