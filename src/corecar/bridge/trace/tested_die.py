"""What testing said of die: bins, verdict, the recipe and limit records of each insertion, and values of tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot.kept_lots import insertion_label
from corecar.bridge.lot.kept_overrides import INSERTION, LIMIT_RECORDS, REJECTED
from corecar.bridge.lot.resolved_lots import counting_runs, merged_parts_of
from corecar.bridge.lot.run_rows import rows_of_runs, spans_of
from corecar.bridge.trace.die_lots import Die, DieLots, names_of_wafer
from corecar.columns_at_rest import ROW_GROUP
from corecar.screen.dispositions import unit_labels
from corecar.store.catalogue.models import Grading, Lot, Run
from corecar.store.lake import read_rows
from corecar.store.lake.tables import TEST_IDENTITY

ALL = "all"
Row = dict[str, Any]


def told_of_die(
    call: Call, die: Iterable[Die], lots: DieLots, tests: Sequence[str]
) -> tuple[list[Row], list[Row], list[Row], list[str]]:
    """What testing said of die.

    tests    names, patterns or numbers of tests whose values are told; `all` for every one
    Returns  a row for each die and insertion, for each value, for each limit record's hash; and notes
    """
    insertions: dict[int, list[Insertion]] = {}
    rows: list[Row] = []
    values: list[Row] = []
    judged: dict[tuple[str, str], Insertion] = {}
    asked = list(die)
    on_wafers = any(one.wafer is not None for one in asked)
    for one in asked:
        here: list[Row] = []
        for lot in lots.of(one):
            if lot.id not in insertions:
                insertions[lot.id] = insertions_of_lot(call, lot)
            for insertion in insertions[lot.id]:
                place = insertion.find(one)
                if place is None:
                    continue
                here.append(insertion.row(one, place))
                judged[lot.name, insertion.label] = insertion
                values += insertion.values(one, place, tests) if tests else []
        if one.wafer is None and on_wafers and not here:
            continue  # what is known of it stands with its die
        rows += here or [_unknown(one, [lot.name for lot in lots.of(one)])]
    records = [row for insertion in judged.values() for row in insertion.limit_records()]
    return rows, values, records, list(lots.notes)


def insertions_of_lot(call: Call, lot: Lot) -> list[Insertion]:
    """The insertions of a lot in the order of testing, each with its last grading."""
    asked = select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id)
    graded = {str(one.summary.get(INSERTION) or insertion_label((one.stage, one.temperature))): one
              for one in call.session.scalars(asked)}  # fmt: skip
    runs: dict[str, list[Run]] = {}
    for run in counting_runs(call.session, call.store, lot.id):
        label = insertion_label((run.stage, run.read.get("test_code"), run.temperature))
        runs.setdefault(label, []).append(run)
    return [Insertion(call, lot, label, found, graded.get(label)) for label, found in runs.items()]


class Insertion:
    """One insertion of a lot: its parts, resolved over all its runs, and its last grading."""

    def __init__(self, call: Call, lot: Lot, label: str, runs: Sequence[Run], grading: Grading | None) -> None:
        self.call, self.lot, self.label, self.runs, self.grading = call, lot, label, runs, grading
        self.temperature = runs[0].temperature
        self.tested_at = {run.id: run.start for run in runs}
        self.parts = merged_parts_of(call.session, call.store, runs).parts
        self._tests: dict[str, Any] = {}

    def find(self, die: Die) -> int | None:
        """The row of the attempt that counts for a die; None where there is none."""
        return attempt_of(self.parts, die, self.lot.name)

    def row(self, die: Die, place: int) -> Row:
        """A die as this insertion left it."""
        part = self.parts.slice(place, 1)
        one = part.to_pylist()[0]
        verdict, screens = self._verdict(part, one["passed"])
        recipe = self.grading.recipe if self.grading else ""
        return {
            "die": die.name, "sure": die.sure, "lot": self.lot.name, "insertion": self.label,
            "part_id": one["part_id"] or "", "hard_bin": one["hard_bin"], "soft_bin": one["soft_bin"],
            "verdict": verdict, "rejected_by": ", ".join(screens), "recipe": recipe,
            "limit_records": self._hashes(), "tested_at": self.tested_at[one["run"]], "attempt": one["attempt"],
            "why": "" if self.grading else f"lot {self.lot.name} was not graded at {self.label}",
        }  # fmt: skip

    def _verdict(self, part: Any, passed: bool | None) -> tuple[str, list[str]]:
        """What became of it, and the screens that rejected it."""
        if not passed:
            return ("failed" if passed is False else "not told"), []
        if self.grading is None:
            return "good, not graded", []
        (name,) = unit_labels(part)
        screens = list(self.grading.summary.get(REJECTED, {}).get(name, ()))
        let = {one.get("unit") for one in self.grading.summary.get("overrides", ())}
        if screens and name in let:
            return "let through", screens
        return ("screened out" if screens else "good"), screens

    def _hashes(self) -> str:
        """The limit records that applied, a screen each, the first digits of their hashes."""
        records = {} if self.grading is None else self.grading.summary.get(LIMIT_RECORDS, {})
        return ", ".join(f"{screen} {one['sha256'][:12]}" for screen, one in records.items())

    def limit_records(self) -> list[Row]:
        """The hashes of the limit records of the last grading, whole."""
        if self.grading is None:
            return []
        records = self.grading.summary.get(LIMIT_RECORDS, {})
        return [{"lot": self.lot.name, "insertion": self.label, "recipe": self.grading.recipe, "screen": screen,
                 "records": one["records"], "applied": one["applied"], "sha256": one["sha256"]}
                for screen, one in records.items()]  # fmt: skip

    def values(self, die: Die, place: int, tests: Sequence[str]) -> list[Row]:
        """The readings of one attempt in the order of its tests."""
        run, part = self.parts["run"][place].as_py(), self.parts["part"][place].as_py()
        table = self._tests_of(run)
        wanted = {test: one for test, one in table.items() if is_asked(one, tests)}
        return [
            {"die": die.name, "lot": self.lot.name, "insertion": self.label, "number": one["number"],
             "name": one["name"], "pin": one["pin"] or "", "value": None if math.isnan(value) else value,
             "unit": one["unit"] or "",
             "low_limit": one["low_limit"], "high_limit": one["high_limit"], "passed": passed}
            for test, value, passed in self._readings(run, part, list(wanted)) for one in (wanted[test],)
        ]  # fmt: skip

    def _tests_of(self, run: str) -> dict[int, Row]:
        if run not in self._tests:
            rows = rows_of_runs(self.call.session, self.call.store, "tests", [run], ("test", *TEST_IDENTITY))
            self._tests[run] = {row["test"]: row for row in rows.to_pylist()}
        found: dict[int, Row] = self._tests[run]
        return found

    def _readings(self, run: str, part: int, tests: list[int]) -> Iterable[tuple[int, float, bool | None]]:
        """Test, value and outcome of every reading of a part, read in pieces so that little is in memory."""
        chosen = pa.array(tests, pa.int32())
        for file, span in spans_of(self.call.session, "results", [run]):
            first, rows = (0, file.rows) if span.first_row is None else (span.first_row, span.rows)
            for start in range(first, first + rows, ROW_GROUP):
                count = min(ROW_GROUP, first + rows - start)
                piece = read_rows(self.call.store.objects, file.key, start, count,
                                  ("run", "test", "part", "value", "passed"))  # fmt: skip
                mine = pc.and_(pc.equal(piece["part"], part), pc.is_in(piece["test"], value_set=chosen))
                mine = pc.and_(mine, pc.equal(piece["run"].cast(pa.string()), run))
                found = piece.filter(mine)
                yield from zip(*(found[name].to_pylist() for name in ("test", "value", "passed")), strict=True)


def attempt_of(parts: Any, die: Die, lot: str) -> int | None:
    """The row of `parts` of the attempt that counts for a die of a lot; None where there is none."""
    if die.wafer is None:
        mine = pc.or_(*(pc.fill_null(pc.equal(parts[name], die.serial), False) for name in ("part_id", "part_text")))
    else:
        names = pa.array(names_of_wafer(lot, die.wafer), pa.string())
        on_wafer = pc.is_in(parts["wafer"].cast(pa.string()), value_set=names)
        mine = pc.and_(on_wafer, pc.and_(pc.equal(parts["x"], die.x), pc.equal(parts["y"], die.y)))
    rows = np.flatnonzero(pc.fill_null(mine, False).to_numpy())
    if not len(rows):
        return None
    last = parts.take(pa.array(rows))
    counts = rows[~(last["superseded"].to_numpy() | last["incomplete"].to_numpy())]
    return int((counts if len(counts) else rows)[-1])


def is_asked(test: Row, asked: Sequence[str]) -> bool:
    """Whether a test is one of those asked for: by number, by name or by a pattern of it.

    >>> is_asked({"number": 1000, "name": "vref"}, ["v*"])
    True
    """
    name = str(test["name"] or "")
    return any(word in (ALL, str(test["number"])) or fnmatchcase(name.lower(), word.lower()) for word in asked)


def _unknown(die: Die, lots: Sequence[str]) -> Row:
    why = f"no test data of it in {', '.join(lots)}" if lots else "no lot with test data of it is known"
    empty: Row = dict.fromkeys(
        ("part_id", "verdict", "rejected_by", "recipe", "limit_records"), "")  # fmt: skip
    empty |= dict.fromkeys(("hard_bin", "soft_bin", "tested_at", "attempt"))
    return {"die": die.name, "sure": die.sure, "lot": ", ".join(lots), "insertion": "", **empty, "verdict": "not known",
            "why": why}  # fmt: skip
