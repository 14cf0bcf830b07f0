"""Tables kept with a qualification: gates, FMEA, control plan, change notice, 8D, from CSV files or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
from sqlalchemy import select

from corecar.bridge.ask.questions import check_test
from corecar.bridge.assembly.measurements import visible_values
from corecar.bridge.calls import Call
from corecar.bridge.qualify.kept_qualifications import Kept, Number, add, edited, one
from corecar.bridge.travel import Returned, Sent
from corecar.errors import ArgumentError, DamagedSource, QuestionError, SourceMissing
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook
from corecar.plurals import plural
from corecar.qualify.quality_tables import (
    KINDS,
    as_told,
    charts_of,
    checked_rows,
    columns_of,
    findings,
    overdue,
    template_rows,
)
from corecar.store.catalogue.improvement import AssemblyValue

Tables = dict[str, list[dict[str, str]]]


def take_table(
    call: Call,
    number: Number,
    file: Annotated[str | Path, "A CSV of one table, or a workbook with a sheet for each.", Sent()],
    *,
    table: Annotated[
        str | None,
        "Which table a CSV is: apqp, design-fmea, process-fmea, control-plan, change-notice, eight-d; else its name.",
    ] = None,
) -> dict[str, Any]:
    """Take tables in: gates (APQP), design and process FMEA, control plan, change notice, 8D; each replaces the last.

    Ratings are 1 to 10, days are ISO days. What the tables lack against each other and the plan is told.
    Raises  NotFound; ArgumentError with the row for what a table does not take; SourceMissing, DamagedSource; Conflict
    """
    found, path = edited(call, number), Path(file)
    taken = {kind: checked_rows(kind, rows) for kind, rows in _tables_in(path, table).items()}
    for kind, rows in taken.items():
        add(call, found, "table", kind, f"{path.name}: {plural(len(rows), 'row')}", {"rows": rows})
    said = f"Qualification {number} has now: " + ", ".join(f"{kind} ({len(rows):,})" for kind, rows in taken.items())
    return {"said": f"{said}.", "number": number, "rows": _lacking(call, edited(call, number))}


def show_tables(
    call: Call,
    number: Number,
    *,
    table: Annotated[str | None, "Only this one, in full."] = None,
) -> dict[str, Any]:
    """Show the tables of a qualification, and what they lack against each other, against the plan, and by today.

    Raises  NotFound; ArgumentError for a table that there is none of
    """
    found = one(call, number)
    kept = tables_of(found)
    if table is not None:
        columns_of(table)
        rows = as_told(kept.get(table, []))
        return {"said": f"{table} of qualification {number}: {plural(len(rows), 'row')}.", "rows": rows}
    counts = [{"table": kind, "rows": len(kept[kind]), **_taken(found, kind)} for kind in KINDS if kind in kept]
    lacks = _lacking(call, found)
    said = (
        f"Qualification {number} has {plural(len(counts), 'table')} beside its tests, {plural(len(lacks), 'finding')}."
    )
    return {"said": said, "rows": counts, "findings": lacks, "tables": {kind: as_told(kept[kind]) for kind in kept}}


def write_template(
    call: Call, out: Annotated[str | Path, "The workbook to write, .xlsx.", Returned()]
) -> dict[str, Any]:
    """Write a workbook with a sheet for each table: its columns, and the rows that it begins with.

    What it suggests is template, to be confirmed. Raises  ArgumentError, OutputError
    """
    path = Path(out)
    if path.suffix.lower() != ".xlsx":
        raise ArgumentError(f"{path}: a name ending in .xlsx was expected.")
    with workbook(path) as book:
        styles = styles_of(book)
        for kind in KINDS:
            schema = pa.schema([(name, pa.string()) for name in columns_of(kind)])
            table_sheet(book, styles, kind, pa.Table.from_pylist(template_rows(kind), schema))
    said = f"{path} has a sheet for each of {', '.join(KINDS)}: template, to be confirmed."
    return {"said": said, "file": str(path)}


def tables_of(found: Kept) -> Tables:
    """The tables that count for the plan in force, each as it was taken in last."""
    return {str(entry.subject): entry.facts["rows"] for entry in found.of("table")}


def table_csv(kind: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    """A table as the file that the submission holds."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns_of(kind)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _lacking(call: Call, found: Kept) -> list[dict[str, str]]:
    kept = tables_of(found)
    lacks = findings(kept, [row.test for row in found.rows], known_charts(call, kept))
    return [*lacks, *overdue(kept, call.now.date())]


def known_charts(call: Call, tables: Tables) -> list[str]:
    """The charts that a control plan names and that can be drawn: of a measured test, or of a packaging step."""
    return [name for name in charts_of(tables) if _is_measured(call, name)]


def _is_measured(call: Call, name: str) -> bool:
    characteristic = select(AssemblyValue.id).where(visible_values(call), AssemblyValue.characteristic == name)
    if call.session.scalar(characteristic.limit(1)) is not None:
        return True
    try:
        check_test(call, name)
    except QuestionError:
        return False
    return True


def _taken(found: Kept, kind: str) -> dict[str, Any]:
    entry = found.of("table", kind)[-1]
    return {"at": entry.at, "by": entry.by.name, "said": entry.text}


def _tables_in(path: Path, table: str | None) -> dict[str, list[dict[str, str]]]:
    """Rows by table. Raises  SourceMissing, DamagedSource, ArgumentError"""
    if not path.is_file():
        raise SourceMissing(path, "there is no such file.", advice="Begin with: corecar qualify template FILE.xlsx")
    if path.suffix.lower() == ".xlsx":
        sheets = {kind: rows for kind, rows in _sheets(path).items() if rows and table in (None, kind)}
        if not sheets:
            raise ArgumentError(f"{path.name}: a sheet named as a table was expected: {', '.join(KINDS)}.")
        return sheets
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as opened:
        rows = [{str(name): text or "" for name, text in row.items() if name} for row in csv.DictReader(opened)]
    return {table or path.stem: rows}


def _sheets(path: Path) -> dict[str, list[dict[str, str]]]:
    """The sheets of a workbook that are tables; rows in which nothing but the suggestion stands are rows too."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise DamagedSource(path, f"not readable as a workbook: {error}.", advice="Save it again.") from None
    found = {}
    for kind in KINDS:
        if kind in book.sheet_names:
            head, *rows = book.get_sheet_by_name(kind).to_python(skip_empty_area=False) or [[]]
            found[kind] = [{str(name): str(cell) for name, cell in zip(head, row, strict=False)} for row in rows
                           if any(str(cell).strip() for cell in row)]  # fmt: skip
    return found
