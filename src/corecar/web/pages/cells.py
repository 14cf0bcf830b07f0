"""How values of answers are shown: in tables, as facts, in a line. Numbers are written as everywhere else.

A table's row holds each number twice: as it is, by which the grid sorts and filters, and as it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corecar.report.answer_cells import UNITS, cell_text, cells_of, form_of
from corecar.report.quantities import DASH
from corecar.web.pages.money import Scale, money_scale
from corecar.words import Words

Row = Mapping[str, Any]
TONES = {
    "released": "good", "shipped": "good", "done": "good", "green": "good", "good": "good", "approved": "good",
    "held": "attention", "orange": "attention", "queued": "attention", "running": "attention", "received": "unknown",
    "screened": "unknown", "quarantined": "bad", "scrapped": "bad", "red": "bad", "failed": "bad",
    "cancelled": "unknown", "kept": "good", "retired": "unknown", "conditional": "attention", "rejected": "bad",
    "hold": "bad", "warn": "attention", "changed": "attention", "drifts": "attention",
    "holds": "good", "does not hold": "bad", "offered": "attention", "countered": "attention", "signed": "good",
    "closed": "good", "refused": "bad", "expired": "bad", "passed": "good", "family data": "good", "there": "good",
    "proposed": "attention", "incomplete": "attention", "missing": "attention", "lapsed": "bad",
}  # fmt: skip
"""How the word of a state is marked, beside its colour."""
STATES = ("state", "light", "status", "verdict", "verdict_by_tolerance")
"""Columns whose words are states."""
SPOKEN = ("why", "error")
"""Columns of sentences that verbs say, which may name commands."""
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?")
"""A moment in UTC as JSON has it."""
READ_AS = "~"
"""Before the name of a column: what is read of its numbers."""
WIDE = 8
"""Columns from which the first stays in sight."""


def shown(say: Words, value: Any, name: str = "") -> str:
    """A value of an answer as people read it; a dash for what is not there."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if name == "verb":
        return say.name(str(value))
    if isinstance(value, int | float):
        return cell_text(name, value).replace("-", "−")
    if isinstance(value, list | tuple):
        return ", ".join(shown(say, each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(say, each)}" for key, each in value.items())
    return moment(str(value)) or say.word(str(value))


@dataclass(frozen=True)
class Cells:
    """How the columns of a table are written.

    columns  that are shown; numbers: those of numbers; scales: in what each column of money is told
    """

    say: Words
    columns: tuple[str, ...]
    numbers: frozenset[str]
    scales: Mapping[str, Scale]

    def definitions(self) -> list[dict[str, Any]]:
        """The columns as the grid takes them; the name of a row stays in sight of a wide table."""
        made = [self._definition(column) for column in self.columns]
        if len(made) >= WIDE:
            for column in made[: 2 if self.columns[:2] == ("number", "name") else 1]:
                column["pinned"] = "left"
        return made

    def _definition(self, column: str) -> dict[str, Any]:
        scale = self.scales.get(column)
        head = self.say.name(column) + (f" [{scale.unit}]" if scale and scale.unit else "")
        made: dict[str, Any] = {"headerName": head, "field": column}
        if column in self.numbers:
            made |= {"type": "rightAligned", "filter": "agNumberColumnFilter"}
            made[":valueFormatter"] = f"p=>(p.data||{{}})['{READ_AS}{column}']??'{DASH}'"
        if column in STATES:
            made[":cellRenderer"] = STATE_JS
        return made

    def rows(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Rows as the grid takes them."""
        texts = cells_of([{name: _told(row.get(name)) for name in self._asked(row)} for row in rows])
        return [
            {
                **{column: cell_of(self.say, column, row.get(column)) for column in self.columns},
                **{
                    READ_AS + column: self._text(column, row, texts.get(column, ()), place)
                    for column in self.numbers
                    if row.get(column) is not None
                },
            }
            for place, row in enumerate(rows)
        ]

    def _asked(self, row: Row) -> Sequence[str]:
        return [*self.columns, *(name for name in UNITS if name in row)]

    def _text(self, column: str, row: Row, texts: Sequence[str], place: int) -> str:
        scale = self.scales.get(column)
        if scale is not None:
            return scale.show(row[column])
        text = texts[place] if texts else cell_text(column, row[column])
        paid = f" {row['currency']}" if row.get("currency") and form_of(column, tuple(row)) == "money" else ""
        return text.replace("-", "−").replace("e−", "e-") + paid


def cells_for(say: Words, columns: Sequence[str], rows: Sequence[Row], currency: str = "") -> Cells:
    """How a table is written.

    columns   of the table; rows: all of its rows, or some that tell what is in it
    currency  of money whose rows do not say theirs
    """
    numbers = frozenset(column for column in columns if _numeric([row.get(column) for row in rows]))
    money = [column for column in numbers if form_of(column, columns) == "money"] if "currency" not in columns else []
    scales = {column: money_scale(say, [row.get(column) for row in rows], currency) for column in money}
    read = any(form_of(column, columns) == "reading" for column in numbers)
    paid = "currency" in columns and any(form_of(column, columns) == "money" for column in numbers)
    kept = [name for name in columns if not (read and name in UNITS) and not (paid and name == "currency")]
    return Cells(say, tuple(kept), numbers, scales)


def _numeric(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


def _told(value: Any) -> Any:
    """A value of which only numbers and units matter."""
    return value if value is None or isinstance(value, int | float | str) else ""


STATE_JS = (
    "p=>{if(!p.value)return '–';const e=document.createElement('span');const [w,t]=p.value.split('\\u0000');"
    "e.className='state '+(t||'unknown');e.textContent=w;return e}"
)


def cell_of(say: Words, column: str, value: Any) -> Any:
    """A value as the grid takes it: numbers as they are, the word of a state with its tone."""
    if column in STATES and isinstance(value, str):
        return f"{say.word(value)}\0{TONES.get(value, 'unknown')}"
    if isinstance(value, bool | list | tuple | Mapping):
        return shown(say, value)
    if isinstance(value, str) and column == "verb":
        return say.name(value)
    if isinstance(value, str):
        return say.told(value) if column in SPOKEN else moment(value) or say.word(value)
    return value


def moment(text: str) -> str | None:
    """A moment as people read it, in UTC; None for another text."""
    found = MOMENT.fullmatch(text)
    return None if found is None else f"{found[1]} {found[2]}"
