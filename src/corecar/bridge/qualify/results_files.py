"""Results of many lots at once from a laboratory's CSV, and results that are set aside with the reason."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.qualify.evidence import add_result
from corecar.bridge.qualify.kept_qualifications import (
    Number,
    Reason,
    Test,
    add,
    edited,
    evidence_of,
    needs_text,
    row_of,
    statuses_of,
)
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError, NotFound, SourceMissing
from corecar.plurals import plural
from corecar.qualify.evidence import status

COLUMNS = ("test", "lot", "units", "fails", "value", "read_point", "note")
"""What a table of results has; the first three must be there."""
_NEEDED = COLUMNS[:3]
_MOST = 5_000


def results(
    call: Call,
    number: Number,
    file: Annotated[
        str | Path, "A CSV of results: test, lot, units; it may have fails, value, read_point, note too.", Sent()
    ],
) -> dict[str, Any]:
    """Add the results of many lots from a table, and say where each of its tests stands by the plan.

    All rows are added or none.
    Raises  NotFound; ArgumentError with the row for a table, a test or a number that says nothing; Conflict
    """
    found = edited(call, number)
    rows = _rows_in(Path(file))
    for place, row in enumerate(rows, 2):
        try:
            add_result(call, found, row_of(found, row["test"]), row["lot"], _whole(row, "units"), _whole(row, "fails"),
                       _number(row), row["read_point"] or None, row["note"])  # fmt: skip
        except (ArgumentError, NotFound) as error:
            raise ArgumentError(f"{Path(file).name}, row {place}: {error}") from error
    again = edited(call, number)
    told = statuses_of(again)
    tests = dict.fromkeys(row["test"] for row in rows)
    states = [{"test": test, "state": told[test].state, "missing": "; ".join(told[test].gaps)} for test in tests]
    said = f"{plural(len(rows), 'result')} of {plural(len(tests), 'test')} added to qualification {number}."
    return {"said": said, "number": number, "rows": states}


def exclude(
    call: Call,
    number: Number,
    test: Test,
    *,
    lot: Annotated[str, "The lot whose results so far count no more."],
    reason: Reason,
) -> dict[str, Any]:
    """Set a lot's results and runs of a test aside, with the reason: they stand in the history, and count no more.

    Such as a fail that an 8D explains. The test then lacks a lot; a new one is tested in its place.
    Raises  NotFound where the lot has nothing that counts; ArgumentError without a reason; Conflict
    """
    found = edited(call, number)
    row = row_of(found, test)
    needs_text(reason, "reason")
    if lot not in {entry.facts["lot"] for entry in found.counting("result", row.test)}:
        raise NotFound(f'{test} of {found.named} has no result of lot "{lot}" that counts.')
    add(call, found, "aside", row.test, reason, {"lot": lot})
    here = status(row, evidence_of(edited(call, number), row))
    more = f": {'; '.join(here.gaps)}" if here.gaps else ""
    return {"said": f"Lot {lot} counts no more for {test} of qualification {number}, which is {here.state}{more}.",
            "test": test, "state": here.state, "missing": list(here.gaps)}  # fmt: skip


def _rows_in(file: Path) -> list[dict[str, str]]:
    """The rows of a table. Raises  SourceMissing, ArgumentError"""
    if not file.is_file():
        raise SourceMissing(file, "there is no such file.", advice=f"Write a CSV with {', '.join(COLUMNS)}.")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as opened:
        reader = csv.DictReader(opened)
        lacking = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if lacking:
            raise ArgumentError(f"{file.name}: a column {lacking[0]} was expected.")
        rows = [{name: (row.get(name) or "").strip() for name in COLUMNS} for row in reader]
    if not 0 < len(rows) <= _MOST:
        raise ArgumentError(f"{file.name}: 1 to {_MOST:,} rows were expected, found {len(rows):,}.")
    return rows


def _whole(row: dict[str, str], name: str) -> int:
    text = row[name] or ("0" if name not in _NEEDED else "")
    if not text.isdecimal():
        raise ArgumentError(f'{name}="{text}": a whole number from 0 up was expected.')
    return int(text)


def _number(row: dict[str, str]) -> float | None:
    try:
        return float(row["value"]) if row["value"] else None
    except ValueError:
        raise ArgumentError(f'value="{row["value"]}": a number was expected.') from None
