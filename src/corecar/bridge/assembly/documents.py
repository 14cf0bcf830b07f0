"""Control chart and capability of assembly measurements written as documents and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from corecar.bridge.assembly.measurements import capability_of, readings_of
from corecar.plurals import plural
from corecar.store.catalogue.improvement import AssemblyValue

NAMED = 4
"""Lots, machines and products that a fact names; of more it says how many."""


def checked(out: str | Path | None) -> None:
    """Raises ArgumentError for a file whose ending is none of a document's, before anything is worked out."""
    if out is not None:
        from corecar.report.document_files import checked_ending

        checked_ending(out)


def write_chart(
    out: str | Path, answer: dict[str, Any], chart: Any, rows: Sequence[AssemblyValue], how: Mapping[str, str]
) -> None:
    """Write a control chart, and note in the answer where.

    chart  what `corecar.assess.chart` answers of the rows; how: what a point is and which rules were held
    Raises  ArgumentError, OutputError
    """
    from corecar.report.assembly import chart_document, chart_picture
    from corecar.report.document_files import write_document

    first, panel = rows[0], chart.location
    facts = {**_facts(rows), "Chart": chart.kind, **how}
    if len({*panel.lower, *panel.upper}) <= 2:
        limits = (f"{value:.5g}" for value in (panel.lower[0], panel.center, panel.upper[0]))
        facts["LCL, centre, UCL"] = ", ".join(limits)
    picture = chart_picture(chart, first.step, first.characteristic, first.unit or "")
    _note(answer, write_document(chart_document(answer, picture, facts), (picture,), out))


def write_capability(
    out: str | Path, answer: dict[str, Any], groups: Sequence[Sequence[AssemblyValue]], lot: str
) -> None:
    """Write the capability of every characteristic, and note in the answer where. Raises ArgumentError, OutputError."""
    from corecar.report.assembly import Measured, capability_document, capability_pictures
    from corecar.report.document_files import write_document

    measured = [
        Measured(rows[0].step, rows[0].characteristic, rows[0].unit or "", readings_of(rows), capability_of(rows))
        for rows in groups
    ]
    pictures = capability_pictures(measured)
    facts = {"Lot": lot, **_facts([row for rows in groups for row in rows])}
    if facts["Lots"] == lot:
        del facts["Lots"]
    _note(answer, write_document(capability_document(answer, pictures, facts), pictures, out))


def _facts(rows: Sequence[AssemblyValue]) -> dict[str, str]:
    """What was measured, where and when."""
    gone = sum(row.value is None for row in rows)
    first, last = min(row.time for row in rows), max(row.time for row in rows)
    return {
        "Characteristic": _named((row.characteristic for row in rows), "characteristic"),
        "Step": _named((row.step for row in rows), "step"),
        "Lots": _named((row.lot for row in rows), "lot"),
        "Product": _named((row.product for row in rows), "product"),
        "Machine": _named((row.machine for row in rows), "machine"),
        "Values": f"{len(rows):,}" + (f", {gone:,} of them missing" if gone else ""),
        "Measured": f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}",
    }


def _named(words: Iterable[str | None], noun: str) -> str:
    found = list(dict.fromkeys(word for word in words if word))
    return ", ".join(found) if len(found) <= NAMED else plural(len(found), noun)


def _note(answer: dict[str, Any], path: Path) -> None:
    answer["written"] = str(path)
    answer["notes"].append(f"wrote: {path}")
