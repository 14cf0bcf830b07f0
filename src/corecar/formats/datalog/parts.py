"""What a datalog says of its parts and runs: identity, place, bins, verdict, lot-level facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.faults import Faults, meant
from corecar.formats.datalog.cells import Cells
from corecar.formats.datalog.mapping import Mapping, Place
from corecar.formats.datalog.programs import column_of
from corecar.formats.datalog.sheet import Sheet
from corecar.formats.stdf.cold import test_pass
from corecar.lot import Int64Array
from corecar.tables import RUNS, schema

INTEGERS = {
    "x": (-32768, 32767), "y": (-32768, 32767), "head": (0, 255), "site": (0, 255), "hard_bin": (0, 65535),
    "soft_bin": (0, 65535), "attempt": (1, 65535), "test_count": (0, 65535),
}  # fmt: skip
VERDICTS = ("passed", "incomplete")
TIMES = {"test_time_ms": 1.0, "test_time_s": 1000.0}
ABSENT = -32768
"""The coordinate that says: no coordinate (STDF V4, PRR X_COORD)."""

DATES = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%Y%m%d%H%M%S")


def placed_columns(sheet: Sheet, places: dict[str, Place], faults: Faults) -> dict[str, int]:
    """Fact -> place of the column that the mapping gives it."""
    named = {fact: place.column for fact, place in places.items() if place.column is not None}
    return {fact: column_of(sheet, name, faults) for fact, name in named.items()}


def part_facts(
    sheet: Sheet, mapping: Mapping, cells: Cells, texts: dict[int, Any], rows: int, faults: Faults
) -> dict[str, Any]:
    """Fact of `parts` -> one value per data row, as Arrow columns of the table's types where they are numbers."""
    columns = placed_columns(sheet, mapping.parts, faults)
    found: dict[str, Any] = {}
    for fact, place in mapping.parts.items():
        column = columns.get(fact, -1)
        content = texts[column] if column >= 0 else _repeated(sheet, mapping, fact, place, rows, faults)
        found[fact] = _typed(fact, column, content, cells)
    for fact in TIMES:
        if fact in found:
            scaled = pc.round(pc.multiply(pc.cast(found.pop(fact), pa.float64()), TIMES[fact]))
            found["test_time_ms"] = pc.cast(scaled, pa.uint32(), safe=False)
    return found


def _repeated(sheet: Sheet, mapping: Mapping, fact: str, place: Place, rows: int, faults: Faults) -> Any:
    text = constant(sheet, mapping, f"[parts] {fact}", place, faults)
    return pa.array([text] * rows, pa.string()) if text is not None else pa.nulls(rows, pa.string())


def constant(sheet: Sheet, mapping: Mapping, key: str, place: Place, faults: Faults) -> str | None:
    """A fact given in the mapping or in a line above the header."""
    if place.line is None:
        return place.text
    found = sheet.fact(place.line)
    if found is None:
        known = [name for name, _ in sheet.facts.values()]
        faults.add(mapping.path, f'{key}: no line above the header gives "{place.line}".',
                   advice=meant(place.line, known))  # fmt: skip
    return found


def _typed(fact: str, column: int, texts: Any, cells: Cells) -> Any:
    if fact in INTEGERS:
        whole = cells.integers(column, texts, *INTEGERS[fact])
        return pc.if_else(pc.equal(whole, ABSENT), None, whole) if fact in ("x", "y") else whole
    if fact in VERDICTS:
        return cells.verdicts(column, texts)
    return cells.parsed(column, texts) if fact in TIMES else texts


def run_rows(
    sheet: Sheet, mapping: Mapping, texts: dict[int, Any], rows: int, wafers: bool, faults: Faults
) -> tuple[Any, Int64Array]:
    """The `runs` table and, for each data row, its row in it; lot facts that stand in columns make several runs."""
    columns = placed_columns(sheet, mapping.lot, faults)
    given = {
        fact: constant(sheet, mapping, f"[lot] {fact}", place, faults)
        for fact, place in mapping.lot.items()
        if fact not in columns
    }
    code, firsts = grouped([texts[column] for column in columns.values()], rows)
    facts = [
        given | {fact: texts[column][int(first)].as_py() for fact, column in columns.items()}
        for first in firsts
    ]  # fmt: skip
    return _runs(sheet, facts or [given], wafers, faults), code


def _runs(sheet: Sheet, facts: list[dict[str, str | None]], wafers: bool, faults: Faults) -> Any:
    out = []
    for run, found in enumerate(facts):
        row: dict[str, Any] = {**found, "run": run, "source": sheet.path}
        row["test_pass"] = test_pass(found.get("retest_code"))
        row["stage"] = found.get("stage") or ("wafer sort" if wafers else "final test")
        for fact in ("start", "finish"):
            row[fact] = _time(sheet, fact, found.get(fact), faults)
        out.append(row)
    arrays = [pa.array([row.get(column.name) for row in out], column.type) for column in RUNS]
    return pa.Table.from_arrays(arrays, schema=schema("runs"))


def _time(sheet: Sheet, fact: str, text: str | None, faults: Faults) -> datetime | None:
    """A date and time without a zone, as the tester's clock showed it."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
    except ValueError:
        pass
    for pattern in DATES:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    faults.add(sheet.path, f'expected a date and time for {fact}, got "{text}".', advice="Write 2026-01-31 23:59:00.")
    return None


def grouped(keys: list[Any], rows: int) -> tuple[Int64Array, Int64Array]:
    """Rows with equal keys get one code, counted in order of first appearance; also each code's first row."""
    if not keys or not rows:
        return np.zeros(rows, np.int64), np.zeros(min(rows, 1), np.int64)
    code = np.zeros(rows, np.int64)
    for key in keys:
        words = pc.fill_null(pc.dictionary_encode(key).indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        _, code = np.unique(code * (int(words.max()) + 1) + words, return_inverse=True)
    _, firsts, code = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(firsts, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[code], firsts[order]
