"""Tables of a qualification beside its tests: gates (APQP), FMEA, control plan, change notice, 8D; what they lack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from corecar.errors import ArgumentError
from corecar.standards.tabled import table

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
KINDS = tuple(dict.fromkeys(row["table"] for row in table("quality_tables")))
"""The tables that there are."""
ELEMENT_OF = {
    "design-fmea": "design-fmea", "process-fmea": "process-fmea", "control-plan": "control-plan",
    "change-notice": "change-documents",
}  # fmt: skip
"""The element of the submission that a table fills."""
FMEAS = ("design-fmea", "process-fmea")
DISCIPLINES = tuple(f"D{number}" for number in range(1, 9))
"""Steps of an 8D that are asked for."""


def columns_of(kind: str) -> dict[str, dict[str, str]]:
    """The columns of a table, by name. Raises  ArgumentError for a table that there is none of"""
    if kind not in KINDS:
        raise ArgumentError(f'no table is called "{kind}". There are: {", ".join(KINDS)}.')
    return {row["column"]: row for row in table("quality_tables") if row["table"] == kind}


def template_rows(kind: str) -> list[dict[str, str]]:
    """Rows that a table begins with: gates of the five phases, disciplines of an 8D; none of an FMEA."""
    cells = [row["cells"] for row in table("quality_templates") if row["table"] == kind]
    empty = dict.fromkeys(columns_of(kind), "")
    return [empty | dict(cell.partition("=")[::2] for cell in row.split("|")) for row in cells]


def checked_rows(kind: str, rows: Sequence[Row]) -> list[dict[str, str]]:
    """The rows of a table as they are kept: its columns alone, each cell what it has to be.

    Raises  ArgumentError with the row for a column or a cell that is missing, a rating that is none, a day that is none

    >>> checked_rows("change-notice", [{"subject": "change", "said": " new wire "}])
    [{'subject': 'change', 'said': 'new wire'}]
    """
    columns = columns_of(kind)
    if not rows:
        raise ArgumentError(f"{kind}: it has no row.")
    lacking = [name for name, column in columns.items() if column["needed"] == "yes" and name not in rows[0]]
    if lacking:
        raise ArgumentError(f"{kind}: a column {lacking[0]} was expected.")
    return [{name: _cell(kind, place, column, row.get(name, "")) for name, column in columns.items()}
            for place, row in enumerate(rows, 2)]  # fmt: skip


def _cell(kind: str, place: int, column: Row, text: str) -> str:
    text, where = str(text).strip(), f"{kind}, row {place}, {column['column']}"
    if not text:
        if column["needed"] == "yes":
            raise ArgumentError(f"{where}: it is empty.")
        return ""
    if column["kind"] == "rating":
        rating = text.removesuffix(".0")
        if rating not in {str(number) for number in range(1, 11)}:
            raise ArgumentError(f'{where}: "{text}": a rating of 1 to 10 was expected.')
        return rating
    if column["kind"] == "day":
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            raise ArgumentError(f'{where}: "{text}": a day such as 2027-05-31 was expected.') from None
    return text


def charts_of(tables: Tables) -> list[str]:
    """The measured tests and characteristics whose charts the control plan names, each once."""
    return list(dict.fromkeys(row["chart"] for row in tables.get("control-plan", ()) if row["chart"]))


def findings(tables: Tables, tests: Sequence[str], charts: Collection[str] | None = None) -> list[dict[str, str]]:
    """What the tables lack against each other and against the plan, each with its table.

    charts  measured tests and characteristics that are there to be charted; None where nobody knows
    A special characteristic of an FMEA is controlled by a row of the control plan, and that row by a test of the plan
    or a control chart. An 8D has every discipline, each done.
    """
    control = tables.get("control-plan", ())
    controlled = {row["special"] for row in control if row["special"]}
    found = []
    for kind in FMEAS:
        wanted = dict.fromkeys(row["special"] for row in tables.get(kind, ()) if row["special"])
        found += [(kind, f"special characteristic {name}: no row of the control plan has it") for name in wanted
                  if name not in controlled]  # fmt: skip
    found += [("control-plan", f"special characteristic {row['special']}: neither a test nor a chart controls it")
              for row in control if row["special"] and not row["test"] and not row["chart"]]  # fmt: skip
    for kind in ("control-plan", "eight-d"):
        found += [(kind, f"test {row['test']}: the plan does not have it") for row in tables.get(kind, ())
                  if row["test"] and row["test"] not in tests]  # fmt: skip
    if charts is not None:
        found += [("control-plan", f"chart {name}: no test and no characteristic of that name was measured")
                  for name in charts_of(tables) if name not in charts]  # fmt: skip
    found += _open_disciplines(tables.get("eight-d", ()))
    return [{"table": kind, "finding": text} for kind, text in dict.fromkeys(found)]


def _open_disciplines(rows: Sequence[Row]) -> list[tuple[str, str]]:
    reports: dict[str, set[str]] = {}
    for row in rows:
        reports.setdefault(row["report"], set())
        if row["done"]:
            reports[row["report"]].add(row["discipline"])
    return [("eight-d", f"{report}: {', '.join(each for each in DISCIPLINES if each not in done)} not done")
            for report, done in reports.items() if not set(DISCIPLINES) <= done]  # fmt: skip


def overdue(tables: Tables, today: date) -> list[dict[str, str]]:
    """Gates, actions and disciplines whose last day is past and that are not done."""
    found = []
    for kind, rows in tables.items():
        for row in rows:
            if row.get("due") and not row.get("done") and date.fromisoformat(row["due"]) < today:
                what = row.get("gate") or row.get("discipline") or row.get("failure_mode") or ""
                found.append({"table": kind, "finding": f"{what}: it was due on {row['due']}"})
    return found


def as_told(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as they are shown: of an FMEA with the product of its ratings (RPN)."""
    told: list[dict[str, Any]] = [dict(row) for row in rows]
    for row in told:
        if "severity" in row:
            for name in ("severity", "occurrence", "detection"):
                row[name] = int(row[name])
            row["rpn"] = row["severity"] * row["occurrence"] * row["detection"]
    return told
