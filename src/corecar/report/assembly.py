"""Control chart and capability of assembly measurements, as a page, on paper and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Block, Column, Document, Facts, Picture, Points, Section, Table, Text, Tone
from corecar.report.figures.capability_chart import capability_chart
from corecar.report.figures.control_chart import control_chart
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count

_CAPABILITY = {
    "step": "Step", "characteristic": "Characteristic", "special": "Special", "n": "n", "missing": "Missing",
    "low_limit": "Low limit", "high_limit": "High limit", "unit": "Unit", "mean": "Mean", "sd": "Sd",
    "minimum": "Minimum", "maximum": "Maximum", "outside": "Out", "cpk": "Cpk", "goal": "Goal",
    "goal_met": "Goal met",
}  # fmt: skip
_WORDS = frozenset({"Special", "Goal met", "Signals"})
"""Columns of words, also where no row has one; those of texts are seen by their texts."""
_GOALS = (
    "Cpk is asked to be 1.67 of special characteristics and 1.33 of others. These goals are templates, to be "
    "confirmed: agree on them with the customer."
)
_TIMES = "Points stand in order of time, which is that of the machines' clocks, without a zone."


@dataclass(frozen=True)
class Measured:
    """One characteristic of one step with its values in order of time.

    readings    [unit]; NaN where one is missing
    capability  what `corecar.assess.capability` answers; None where there are too few readings
    """

    step: str
    characteristic: str
    unit: str
    readings: Sequence[float]
    capability: Any

    @property
    def title(self) -> str:
        """Step and characteristic."""
        return f"{printable(self.step, 60)}, {printable(self.characteristic, 60)}"


def chart_picture(chart: Any, step: str, characteristic: str, unit: str) -> Picture:
    """The control chart of one characteristic; `chart` as `corecar.assess.chart` answers."""
    name = f"{printable(step, 60)}, {printable(characteristic, 60)}"
    svg = control_chart(chart, name, printable(unit, 20))
    return Picture(svg, f"{chart.kind} chart of {name}: {len(chart.out)} points break a rule", "Control chart")


def chart_document(
    answer: Mapping[str, Any], picture: Picture, facts: Mapping[str, str], *, made: datetime | None = None
) -> Document:
    """The document of one control chart.

    answer   what the verb `assembly chart` answers: `said`, `rows` of points and `notes`
    facts    what was measured: names and texts
    made     when it was made, with time zone; now by default
    """
    signal = any(row["signals"] for row in answer["rows"])
    return _document(
        "Control chart of an assembly measurement",
        facts["Characteristic"],
        ("attention", "Signals") if signal else ("good", "No signal"),
        answer,
        (picture, _facts(facts)),
        (Section("Every point", (_points(answer["rows"]),)), _section("Times", _TIMES)),
        made,
    )


def capability_pictures(measured: Sequence[Measured]) -> tuple[Picture, ...]:
    """A histogram against its limits of each characteristic that has two readings or more."""
    return tuple(
        Picture(
            capability_chart(one.readings, one.capability, one.title, printable(one.unit, 20)),
            f"{one.title}: readings against limits",
            one.title,
        )
        for one in measured
        if one.capability is not None
    )


def capability_document(
    answer: Mapping[str, Any],
    pictures: Sequence[Picture],
    facts: Mapping[str, str],
    *,
    made: datetime | None = None,
) -> Document:
    """The document of the capability of one characteristic or several.

    answer  what the verb `assembly capability` answers: `said`, a row per characteristic, `notes`
    facts   what was asked for: names and texts; made: when it was made, with time zone, now by default
    """
    rows = answer["rows"]
    shown = {name: head for name, head in _CAPABILITY.items() if any(_says(name, row[name]) for row in rows)}
    table = _table([{head: row[name] for name, head in shown.items()} for row in rows])
    return _document(
        "Capability of assembly measurements",
        facts["Lot"],
        _state(rows),
        answer,
        (_facts(facts), *pictures[:1]),
        (Section("Every characteristic", (table,)), *_further(pictures[1:]), _section("Goals", _GOALS)),
        made,
    )


def _further(pictures: Sequence[Picture]) -> tuple[Section, ...]:
    return (Section("Histograms", tuple(pictures)),) if pictures else ()


def _state(rows: Sequence[Mapping[str, Any]]) -> tuple[Tone, str]:
    """Whether the goals are met; what has no Cpk is never good."""
    below = sum(row["goal_met"] is False for row in rows)
    unknown = sum(row["goal_met"] is None for row in rows)
    if below:
        return "bad", f"{below:,} below the goal"
    return ("attention", f"{unknown:,} not judged") if unknown else ("good", "Goals met")


def _document(
    title: str,
    subject: str,
    state: tuple[Tone, str],
    answer: Mapping[str, Any],
    front: tuple[Block, ...],
    sections: tuple[Section, ...],
    made: datetime | None,
) -> Document:
    moment = made or datetime.now().astimezone()
    notes = tuple(printable(note, 600) for note in answer["notes"])
    return Document(
        title=title,
        subject=subject,
        state=state,
        answer=answer["said"],
        explanation="Values as they were measured; nothing was changed and no lot was held.",
        front=front,
        sections=(*sections, *((Section("Notes", (Points(notes),)),) if notes else ())),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )


def _section(title: str, text: str) -> Section:
    return Section(title, (Text(text),))


def _says(name: str, value: Any) -> bool:
    """Whether a column is worth its room: special or missing only where something is."""
    return bool(value) if name in ("special", "missing") else value is not None


def _facts(facts: Mapping[str, str]) -> Facts:
    return Facts(tuple((name, printable(text, 120)) for name, text in facts.items() if text))


def _points(rows: Sequence[Mapping[str, Any]]) -> Table:
    heads = {"lcl": "LCL", "ucl": "UCL"}
    named = [{heads.get(name, name.capitalize()): value for name, value in row.items()} for row in rows]
    return _table(named)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    heads = list(rows[0])
    texts = {head for head in heads if head in _WORDS or any(isinstance(row[head], str) for row in rows)}
    columns = tuple(Column(head, "left" if head in texts else "right") for head in heads)
    return Table(columns, tuple(tuple(_cell(head, row[head]) for head in heads) for row in rows), len(rows))


def _cell(head: str, value: Any) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:.2f}" if head in ("Cpk", "Goal") else f"{value:.5g}"
    return printable(str(value), 80)
