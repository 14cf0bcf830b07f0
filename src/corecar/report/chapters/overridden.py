"""Parts that screens rejected and two persons let through: which, by whom and why."""

from __future__ import annotations

from corecar.report.blocks import Block, Column, Table, Text
from corecar.report.evidence import Evidence, rule_name
from corecar.report.printable import printable
from corecar.report.quantities import plural


def overrides(evidence: Evidence) -> tuple[Block, ...]:
    """Every overridden part with the screens that rejected it; no block where there is none."""
    found = evidence.grade.overrides
    if not found:
        return ()
    rules = dict.fromkeys(row["two_persons"] for row in found if row["two_persons"])
    text = f"{plural(len(found), 'part')} rejected by screens may ship by override. The tester's bins are kept."
    notes = tuple(Text(f"Rule of two persons: {printable(rule, 300)}") for rule in rules)
    columns = (Column("Override", "right"), Column("Part"), Column("Rejected by"), Column("Approved by"),
               Column("Proposed by"), Column("Reason", weight=1))  # fmt: skip
    rows = tuple(
        (str(row["override"]), printable(row["unit"]), ", ".join(map(rule_name, row["rejected_by"])),
         printable(row["approved_by"], 60), printable(row["proposed_by"], 60), printable(row["reason"], 300))
        for row in found
    )  # fmt: skip
    return Text(text), *notes, Table(columns, rows, len(rows), paper=60, rest="parts.csv")
