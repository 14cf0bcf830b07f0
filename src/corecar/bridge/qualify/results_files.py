"""Results of many lots at once from a laboratory's CSV, and results that are set aside with the reason."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.qualify.evidence import add_result, text_of
from corecar.bridge.qualify.kept_qualifications import (
    Kept,
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
    there = _standing(found)
    for place, row in enumerate(rows, 2):
        try:
            cells = (row["lot"], _whole(row, "units"), _whole(row, "fails"), _number(row), row["read_point"] or None)
            if (row["test"], *cells, text_of(*cells[:3], row["note"])) in there:
                raise ArgumentError(
                    "it stands already, and would count twice. Take it out, or say in `note` what tells the two apart."
                )
            add_result(call, found, row_of(found, row["test"]), *cells, row["note"])
        except (ArgumentError, NotFound) as error:
            raise ArgumentError(f"{Path(file).name}, row {place}: {error}") from error
    again = edited(call, number)
    told = statuses_of(again)
    tests = dict.fromkeys(row["test"] for row in rows)
    states = [{"test": test, "state": told[test].state, "missing": "; ".join(told[test].gaps)} for test in tests]
    said = f"{plural(len(rows), 'result')} of {plural(len(tests), 'test')} added to qualification {number}."
    return {"said": said, "number": number, "rows": states}


def _standing(found: Kept) -> set[tuple[Any, ...]]:
    """The results that count, as rows of a table tell them."""
    names = ("lot", "units", "fails", "value", "read_point")
    return {
        (row.test, *(entry.facts[name] for name in names), entry.text)
        for row in found.rows for entry in found.counting("result", row.test)
    }  # fmt: skip


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
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.object[: error.start].count(b"\n") + 1
        raise ArgumentError(f"{file.name}, row {place}: it is not written in UTF-8. Save it as CSV UTF-8.") from error
    reader = csv.DictReader(StringIO(text, newline=""))
    _headed(file.name, [name.strip() for name in reader.fieldnames or ()])
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(reader, 2):
        if None in row:
            raise ArgumentError(f"{file.name}, row {place}: it has more cells than the first row has columns.")
        rows.append({name: (row.get(name) or "").strip() for name in COLUMNS})
        first = seen.setdefault(tuple(rows[-1].values()), place)
        if first != place:
            raise ArgumentError(
                f"{file.name}, row {place}: it repeats row {first}, and would count twice. Take it out, or say in "
                "`note` what tells the two apart."
            )
    if not 0 < len(rows) <= _MOST:
        raise ArgumentError(f"{file.name}: 1 to {_MOST:,} rows were expected, found {len(rows):,}.")
    return rows


def _headed(name: str, columns: Sequence[str]) -> None:
    """Raises  ArgumentError for a column that is lacking, stands twice, or is another's name misspelled"""
    for each in columns:
        if columns.count(each) > 1:
            raise ArgumentError(f'{name}: column "{each}" stands twice. Leave one.')
        near = get_close_matches(each.casefold(), [one for one in COLUMNS if one not in columns], n=1, cutoff=0.7)
        if near and each not in COLUMNS:
            raise ArgumentError(f'{name}: column "{each}" is none of {", ".join(COLUMNS)}. Did you mean "{near[0]}"?')
    for each in _NEEDED:
        if each not in columns:
            there = f"found {', '.join(columns)}" if columns else "found none"
            raise ArgumentError(f"{name}: a column {each} was expected, {there}. Put commas between columns.")


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
