"""A submission on paper: warrant, elements, tests with their results, who agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Column, Document, Facts, Section, Table, Text, Tone

Row = Mapping[str, Any]


def qualification_document(
    data: Row, elements: Sequence[Row], gaps: Sequence[str], *, made: datetime | None = None
) -> Document:
    """The document of one submission.

    data      as `data/qualification.json` holds it; elements: the 18 of PPAP; gaps: what is missing, in sentences
    made      when it was made, with time zone; now by default
    """
    moment = made or datetime.now().astimezone()
    whole = not gaps and data["state"] == "approved"
    state: tuple[Tone, str] = ("good", "Approved") if whole else ("bad", "Not complete" if gaps else "Not approved")
    product = data["asked"]["product"]
    return Document(
        title="Part submission",
        subject=data["product"],
        state=state,
        answer=f"{data['product']}, grade {product['grade']}: qualification {data['number']} is {data['state']}.",
        explanation=f"Level {data['level']}; AEC-Q100 Rev {data['asked']['revision']}.",
        front=(Facts(tuple((name, _text(value)) for name, value in data["warrant"].items())),),
        sections=(
            Section("Elements", (_table(elements, ("number", "name", "asks", "state", "documents", "why")),)),
            Section("Tests", (_table(_tests(data), _OF_TESTS),), new_page=True, wide=True),
            *_tables(data),
            Section("Gaps", tuple(Text(gap, "attention") for gap in gaps) or (Text("None."),)),
            Section("Who agreed", (_table(data["history"], ("at", "kind", "subject", "by", "said")),), new_page=True),
            Section("To be confirmed", (Text(_CONFIRM, "note"),)),
        ),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author=str(data["warrant"].get("submitted by") or ""),
        maker=f"Corecar {version('corecar')}",
    )


_NARROW = ("number", "asks", "state", "test", "lots", "units", "at", "kind", "subject", "by")
_OF_TESTS = ("test", "name", "reference", "conditions", "lots", "units", "result", "state", "clause")
_TITLES = {
    "apqp": "Gates (APQP)", "design-fmea": "Design FMEA", "process-fmea": "Process FMEA",
    "control-plan": "Control plan", "change-notice": "Change notice", "eight-d": "8D",
}  # fmt: skip
_CONFIRM = (
    "Rows marked template, to be confirmed, hold numbers that no standard at hand gives: hold them against yours."
)


def _tables(data: Row) -> list[Section]:
    """Gates, FMEA, control plan, change notice and 8D, each as far as it is there."""
    return [Section(title, (_table(data["tables"][kind], tuple(data["tables"][kind][0])),), wide=True)
            for kind, title in _TITLES.items() if data.get("tables", {}).get(kind)]  # fmt: skip


def _tests(data: Row) -> list[dict[str, Any]]:
    """The rows of the plan with lots, fails and state: the columns of a qualification test plan."""
    found = []
    for row in data["tests"]:
        results = data["evidence"][row["test"]]["results"]
        lots = "; ".join(f"{one['lot']}: {one['fails']}/{one['units']}"
                         + (f" ({one['value']:g})" if one["value"] is not None else "") for one in results)  # fmt: skip
        state = data["statuses"][row["test"]]["state"]
        confirm = f" ({row['to_confirm']})" if row["to_confirm"] else ""
        found.append({**row, "result": lots, "state": state, "clause": row["clause"] + confirm})
    return found


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    heads = tuple(Column(name.capitalize(), weight=0.0 if name in _NARROW else 1.0) for name in columns)
    return Table(heads, tuple(tuple(_text(row[name]) for name in columns) for row in rows), len(rows), paper=2000)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
