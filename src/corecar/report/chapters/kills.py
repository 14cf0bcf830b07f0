"""What each screen of a recipe costs, alone and together with the others."""

from __future__ import annotations

from corecar.report.blocks import Block, Column, Table, Text
from corecar.report.evidence import Evidence, rule_name
from corecar.report.quantities import DASH, count, share


def yield_loss(evidence: Evidence) -> tuple[Block, ...]:
    """Rejects of each screen, those that it alone rejects, its budget; then what every two screens share."""
    screens = evidence.grade.kills.get("screens", [])
    if len(screens) < 2:
        return ()
    good = evidence.grade.good
    rows = tuple(
        (
            rule_name(row["screen"]), count(row["kills"]), share(row["kills"], good) if good else DASH,
            count(row["unique"]), share(row["unique"], good) if good else DASH,
            DASH if row["budget"] is None else f"{row['budget'] * 100:g} %",
        )
        for row in screens
    )  # fmt: skip
    columns = (
        Column("Screen"), Column("Rejects", "right"), Column("of good parts", "right"),
        Column("Alone", "right"), Column("of good parts", "right"), Column("Budget", "right"),
    )  # fmt: skip
    return Table(columns, rows, len(rows)), Text("Parts that two screens both reject:", "plain"), _overlap(evidence)


def _overlap(evidence: Evidence) -> Table:
    beside = evidence.grade.kills["overlap"]
    columns = (Column("Screen"), *(Column(rule_name(rule), "right") for rule in beside))
    rows = tuple((rule_name(rule), *(count(parts) for parts in others.values())) for rule, others in beside.items())
    return Table(columns, rows, len(rows))
