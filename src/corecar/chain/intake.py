"""Sheets into a chain: every cell understood, every rule held, all faults told at once, and nothing half taken in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.cells import typed
from corecar.chain.chain import Chain
from corecar.chain.checks import CHECKS
from corecar.chain.columns import Column, Table
from corecar.chain.faults import Findings, in_order
from corecar.chain.identities import settled
from corecar.chain.merging import Changes, changes, completed, merged, repeated
from corecar.chain.rows import Rows, joined, there
from corecar.chain.sheets import Sheet
from corecar.chain.tables import TABLES
from corecar.errors import CellFault
from corecar.faults import alike, meant

Mask = npt.NDArray[np.bool_]
REMARK = "#"
"""A row whose first cell begins so is a remark: units, the example of a template."""


@dataclass(frozen=True)
class Taken:
    """What sheets make of a chain.

    chain     with the new rows in it
    changes   of each table of which a sheet had rows
    left_out  faults of rows that were left out
    warnings  of new rows that were taken in all the same
    read      rows that the sheets held
    """

    chain: Chain
    changes: tuple[Changes, ...]
    left_out: tuple[CellFault, ...]
    warnings: tuple[CellFault, ...]
    read: int


def take_in(
    sheets: Iterable[Sheet],
    before: Chain | None = None,
    *,
    replace: bool = False,
    partial: bool = False,
    prior: Findings | None = None,
    dropped: Mapping[str, Mask] | None = None,
) -> Taken:
    """Sheets into a chain. A row takes the place of the one with the same key; others are added. Columns that a sheet
    does not have stay as they were in rows that are there, required ones too.

    sheets   as a file has them; several may be of one table
    before   what is there; nothing by default
    replace  of the tables of which a sheet has rows, rows that are there and in no sheet fall away
    partial  rows with a fault are left out, and rows that refer to them; else nothing is taken in
    prior    what was found wrong before the sheets were made, told with the rest
    dropped  table -> bool, shape (rows of `before`,): rows that are there and fall away
    Raises   ChainError with every fault; with `partial` where a whole sheet is wrong, or a row that is there would be
    """
    base = before or Chain({})
    findings = Findings(*((list(prior.faults), list(prior.warnings)) if prior else ()))
    left = {name: _rest(base[name], (dropped or {}).get(name)) for name in TABLES}
    rows = _understood(sheets, findings, left)
    early = list(findings.warnings)
    read = sum(len(one) for one in rows.values())
    left_out: list[CellFault] = []
    while True:
        round_ = Findings()
        book = _book(left, rows, round_, replace)
        for check in CHECKS:
            check(book, round_)
        faults = _each_cell_once(findings.faults, round_.faults)
        if not faults:
            break
        if not partial or any(fault.row is None for fault in faults):
            Findings(in_order(faults, list(TABLES))).settle()
        left_out.extend(faults)
        rows = {name: _without(one, faults) for name, one in rows.items()}
        findings = Findings()
    chain = Chain({name: _settled(one) for name, one in book.items()})
    touched = rows.keys() | (dropped or {}).keys()
    told = tuple(changes(TABLES[name], base[name], chain[name]) for name in TABLES if name in touched)
    warnings = in_order([*early, *(one for one in round_.warnings if one.row is not None)], list(TABLES))
    return Taken(chain, told, tuple(in_order(left_out, list(TABLES))), tuple(warnings), read)


def _each_cell_once(first: Sequence[CellFault], then: Sequence[CellFault]) -> list[CellFault]:
    """Faults of cells, and those that tables have together, less what only follows from a cell not understood."""
    told = {(fault.path, fault.sheet, fault.row, fault.column) for fault in first if fault.row is not None}
    return [*first, *(one for one in then if (one.path, one.sheet, one.row, one.column) not in told)]


def _rest(table: Any, dropped: Mask | None) -> Any:
    return table if dropped is None else table.filter(pa.array(~dropped))


def _settled(rows: Rows) -> Any:
    if not len(rows):
        return rows.table.schema.empty_table()
    return pa.Table.from_arrays([settled(column) for column in rows.data.columns], schema=rows.table.schema)


def _book(base: Mapping[str, Any], rows: Mapping[str, Rows], findings: Findings, replace: bool) -> dict[str, Rows]:
    """All tables with the new rows among those that are there; of rows that repeat a key the first."""
    book = {}
    for name, table in TABLES.items():
        if name not in rows:
            book[name] = there(table, base[name])
            continue
        new = rows[name]
        again = repeated(new) if len(new) else []
        for row, first in again:
            key = table.key[0]
            problem = f"repeats row {new.places[first]}: both are {_key(new, row)}."
            findings.add(new.fault(row, key, "identity", problem, "Take one of them out."))
        kept = np.ones(len(new), bool)
        kept[[row for row, _ in again]] = False
        book[name] = merged(base[name], new.of(kept), replace=replace)
    return book


def _key(rows: Rows, row: int) -> str:
    return ", ".join(f"{name} {rows.text(row, name) or 'empty'}" for name in rows.table.key)


def _without(rows: Rows, faults: Sequence[CellFault]) -> Rows:
    """The rows that none of the faults is of."""
    bad = {(fault.path, fault.row) for fault in faults if fault.sheet == rows.table.name}
    if not bad:
        return rows
    kept = [
        (rows.paths[file], int(place)) not in bad for file, place in zip(rows.files, rows.places, strict=True)
    ]  # fmt: skip
    return rows.of(np.array(kept, bool))


def _understood(sheets: Iterable[Sheet], findings: Findings, base: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of each table that has any, in their types."""
    found: dict[str, list[Rows]] = {}
    for sheet in sheets:
        table = TABLES.get(sheet.table.strip().casefold().replace(" ", "_"))
        if table is None:
            advice = meant(sheet.table, TABLES)
            if sheet.path.lower().endswith((".csv", ".parquet")) and not alike(sheet.table, TABLES):
                advice = f"A file is named for its table. {advice}"
            findings.add(CellFault(sheet.path, sheet.table, None, "", "", "sheet", "is none of the tables.", advice))
        else:
            rows = rows_of(table, sheet, findings)
            missing = [column for column in table.columns if column.name not in _names(sheet)]
            whole = completed(rows, missing, base[table.name])
            _note_missing(whole, missing, findings)
            found.setdefault(table.name, []).append(whole)
    all_of = {name: joined(parts) for name, parts in found.items()}
    return {name: rows for name, rows in all_of.items() if len(rows)}


def _note_missing(rows: Rows, missing: Sequence[Column], findings: Findings) -> None:
    """Note required columns that a sheet does not have: of the sheet, or of its new rows beside some that are there."""
    for column in missing:
        empty = rows.data[column.name].is_null().to_numpy() if column.required else np.zeros(1, bool)
        advice = f"Add it: {column.meaning}."
        if column.required and (column.key or empty.all()):
            findings.add(
                CellFault(rows.paths[0], rows.table.name, None, column.name, "", "column", "is missing.", advice)
            )
        elif column.required:
            for row in np.flatnonzero(empty).tolist():
                problem = f"is missing, and {_key(rows, row)} is new."
                findings.add(rows.fault(row, column.name, "required", problem, advice))


def rows_of(table: Table, sheet: Sheet, findings: Findings) -> Rows:
    """The rows of one sheet in the types of its table; what does not fit is noted."""
    columns = _columns(table, sheet, findings)
    for row, cells, expected in sheet.ragged:
        problem = f"has {cells} cells, the header has {expected}."
        advice = 'Put a cell that holds the separator between quotes (").'
        findings.add(CellFault(sheet.path, table.name, row, "", "", "row", problem, advice))
    kept = _facts(sheet)
    rows = sheet.rows[kept]
    empty = pa.nulls(len(rows), pa.string())
    taken = pa.array(kept, pa.int64())
    arrays = []
    for column in table.columns:
        texts = columns[column.name].take(taken) if column.name in columns else empty
        found = typed(column, texts)
        arrays.append(found.values)
        missing = (
            found.values.is_null().to_numpy(zero_copy_only=False) if column.required else np.zeros(len(rows), bool)
        )
        for misfit, where, text in found.misfits:
            missing[where] = False
            for row in where.tolist():
                findings.add(CellFault(
                    sheet.path, table.name, int(rows[row]), column.name, text, misfit.rule, misfit.problem,
                    misfit.advice,
                ))  # fmt: skip
        if column.name in columns:
            for row in np.flatnonzero(missing).tolist():
                findings.add(CellFault(
                    sheet.path, table.name, int(rows[row]), column.name, "", "required", "is empty.",
                    f"Fill it in: {column.meaning}.",
                ))  # fmt: skip
    data = pa.Table.from_arrays(arrays, schema=table.schema)
    return Rows(table, data, rows, np.zeros(len(rows), np.int64), (sheet.path,))


def _columns(table: Table, sheet: Sheet, findings: Findings) -> dict[str, Any]:
    """The columns of a sheet by the names of the table's; headers that are none of them are noted."""
    known = {column.name: column for column in table.columns}
    found: dict[str, Any] = {}

    def note(header: str, problem: str, advice: str) -> None:
        findings.add(CellFault(sheet.path, table.name, sheet.header_row, header, "", "column", problem, advice))

    for header, texts in sheet.columns.items():
        if _name(header) in known:
            found[_name(header)] = texts
        elif header.strip():
            note(header, f'is no column of "{table.name}".', meant(header, known))
    for header in sheet.twice:
        note(header, "stands twice.", "Take one of the two out.")
    return found


def _name(header: str) -> str:
    return "_".join(header.strip().casefold().split())


def _names(sheet: Sheet) -> set[str]:
    return {_name(header) for header in sheet.columns}


def _facts(sheet: Sheet) -> Any:
    """Numbers of the rows that are neither empty nor a remark."""
    if not len(sheet.rows):
        return np.zeros(0, np.int64)
    filled = np.zeros(len(sheet.rows), bool)
    first = next(iter(sheet.columns.values()), None)
    for texts in sheet.columns.values():
        length = pc.fill_null(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)
        filled |= pc.greater(length, 0).to_numpy(zero_copy_only=False)
    remark = pc.fill_null(pc.starts_with(pc.utf8_trim_whitespace(first), REMARK), False)
    return np.flatnonzero(filled & ~remark.to_numpy(zero_copy_only=False))
