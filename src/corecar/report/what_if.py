"""What other widths of the limits would cost and let through, as a page, on paper and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Column, Document, Facts, Picture, Points, Section, Table, Text
from corecar.report.figures.curves import Curve, Mark, curves
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count

AXIS = "width of the dynamic limits [robust sigmas]"


def what_if_document(answer: Mapping[str, Any], *, made: datetime | None = None) -> Document:
    """The document of one sweep.

    answer  what `corecar.bridge.grade.whatif.what_if` returns
    made    when it was made, with time zone; now by default
    """
    moment = made or datetime.now().astimezone()
    about = answer["facts"]
    facts = tuple((key.replace("_", " ").capitalize(), printable(value)) for key, value in about.items() if value)
    notes = (Section("Notes", (Points(tuple(printable(note, 600) for note in answer["notes"])),)),)
    return Document(
        title="What if: other widths of the limits",
        subject=f"Lot {printable(about.get('lot') or 'without a name', 60)}",
        state=("attention", "Study"),
        answer=answer["said"],
        explanation="Nothing was graded and no part changed its bin: this says what other widths would do.",
        front=(Picture(sweep_figure(answer), answer["said"], "Yield loss and escapes"), Facts(facts)),
        sections=(Section("Every width", (_table(answer),)), _model(answer), *(notes if answer["notes"] else ())),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )


def sweep_figure(answer: Mapping[str, Any]) -> str:
    """Yield loss above, escapes below, over the width; the recipe's own width is marked."""
    rows = answer["rows"]

    def column(name: str, factor: float = 1.0) -> list[float | None]:
        return [None if row.get(name) is None else row[name] * factor for row in rows]

    known = any(row.get("planted_missed") is not None for row in rows)
    panels = [
        Curve("yield loss [% of good parts]", column("yield_loss", 100.0)),
        Curve(
            "predicted escapes [parts], with 90 % bounds", column("escapes"), column("escapes_low"),
            column("escapes_high"), column("planted_missed") if known else (), "planted outliers missed",
        ),
    ]  # fmt: skip
    mark = Mark(answer["width"], f"recipe: {answer['width']:g}")
    return curves([row["width"] for row in rows], panels, AXIS, answer["said"], mark)


def _table(answer: Mapping[str, Any]) -> Table:
    heads = {
        "width": "Width", "rejected": "Rejected", "yield_loss": "Yield loss", "may_ship": "May ship",
        "escapes": "Escapes", "escapes_low": "at least", "escapes_high": "at most", "escapes_ppm": "ppm",
        "planted_missed": "Planted missed", "false_kills": "False kills",
    }  # fmt: skip
    shown = [name for name in heads if any(row.get(name) is not None for row in answer["rows"])]
    rows = tuple(tuple(_cell(name, row.get(name)) for name in shown) for row in answer["rows"])
    return Table(tuple(Column(heads[name], "right") for name in shown), rows, len(rows), paper=len(rows))


def _cell(name: str, value: Any) -> str:
    if value is None:
        return DASH
    if name == "yield_loss":
        return f"{value * 100:.3f} %"
    return count(value) if isinstance(value, int) else f"{value:.2f}"


def _model(answer: Mapping[str, Any]) -> Section:
    model = answer["details"]["model"]
    return Section("Model of the escapes", (Text(f"{model['says']}. Source: {model['source']}."),))
