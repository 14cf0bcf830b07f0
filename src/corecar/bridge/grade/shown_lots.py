"""A lot as a notebook shows it: what it is, its yield, why parts fail, its first wafers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corecar.bridge.grade.drawing import as_tested
from corecar.lot import Lot, failed
from corecar.report.answer_cells import cell_text
from corecar.report.blocks import Block, Facts, Points, Text
from corecar.report.evidence import Evidence
from corecar.report.notebook import LONGEST, TESTS, cell_html, table_of, wafer_pictures
from corecar.report.printable import printable
from corecar.report.quantities import percent
from corecar.tables import schema

ABOUT = ("product", "test_program", "stage", "temperature", "files", "runs", "wafers", "parts_final", "tests",
         "results", "reunits_of_lots", "incomplete")  # fmt: skip
"""What of a lot's summary is told."""


def lot_html(lot: Lot) -> str:
    """A lot as HTML; all text is escaped."""
    summary = lot.summary()
    name = ", ".join(summary["lot"]) or "without a name"
    told = [(what.replace("_", " ").capitalize(), cell_text(what, summary[what])) for what in ABOUT if summary[what]]
    facts = tuple((what, printable(value, LONGEST)) for what, value in told)
    blocks: list[Block] = [Text(printable(f"Lot {name}: {_yields(summary)}", LONGEST), "lead"), Facts(facts)]
    if rows := failing_tests(lot):
        blocks += [Text("Tests that fail most parts"), table_of(rows, TESTS)]
    if lot.parts.num_rows:
        unmeasured = pa.Table.from_pylist([], schema=schema("measures"))
        blocks += wafer_pictures(Evidence(as_tested(lot, unmeasured)))
    notes = [*lot.notes, *(warning for source in lot.sources for warning in source.warnings)]
    if notes:
        blocks.append(Points(tuple(printable(note, 600) for note in notes[:TESTS])))
    if len(notes) > TESTS:
        blocks.append(Text(f"{len(notes) - TESTS:,} more notes.", "note"))
    return cell_html(blocks)


def _yields(summary: dict[str, Any]) -> str:
    first, final = summary["yield_first"], summary["yield_final"]
    if final is None:
        return "no part was tested" if first is None else f"{percent(first)} first yield, no final yield"
    return f"{percent(final)} final yield, {summary['final_good']:,} of {summary['final_tested']:,} parts good"


def failing_tests(lot: Lot) -> list[dict[str, Any]]:
    """Tests that final parts fail, the most first: number, name, parts that fail it, parts that it was run on."""
    found = lot.measurements
    final = lot.final[found.part]
    bad = np.concatenate([[0], np.cumsum(final & failed(found.flags))])[found.offsets]
    executed = np.concatenate([[0], np.cumsum(final)])[found.offsets]
    counts, runs = np.diff(bad), np.diff(executed)
    numbers, names = lot.tests["number"].to_pylist(), lot.tests["name"].to_pylist()
    order = np.argsort(-counts, kind="stable")
    return [
        {"test": str(numbers[row]), "name": names[row], "fails": int(counts[row]), "of": int(runs[row])}
        for row in order.tolist()
        if counts[row]
    ]
