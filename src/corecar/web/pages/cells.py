"""How values of answers are shown: in tables, as facts, in a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.answer_cells import SHARES
from corecar.words import Words

Row = Mapping[str, Any]
TONES = {
    "released": "good", "shipped": "good", "done": "good", "green": "good", "good": "good", "approved": "good",
    "held": "attention", "orange": "attention", "queued": "attention", "running": "attention", "received": "unknown",
    "screened": "unknown", "quarantined": "bad", "scrapped": "bad", "red": "bad", "failed": "bad",
    "cancelled": "unknown", "kept": "good", "retired": "unknown", "conditional": "attention", "rejected": "bad",
    "hold": "bad", "warn": "attention", "changed": "attention", "drifts": "attention",
}  # fmt: skip
"""How the word of a state is marked, beside its colour."""
STATES = ("state", "light", "status", "verdict", "verdict_by_tolerance")
"""Columns whose words are states."""
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?")
"""A moment in UTC as JSON has it."""


def shown(say: Words, value: Any) -> str:
    """A value of an answer as people read it; a dash for what is not there."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(say, each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(say, each)}" for key, each in value.items())
    return moment(str(value)) or say.word(str(value))


def column_of(say: Words, column: str, rows: Sequence[Row]) -> dict[str, Any]:
    """A column of a table as the grid takes it; rows: some of its rows, which tell what is in it."""
    values = [row[column] for row in rows[:200] if row.get(column) is not None]
    made: dict[str, Any] = {"headerName": say.name(column), "field": column}
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        made |= {"type": "rightAligned", "filter": "agNumberColumnFilter"}
        made[":valueFormatter"] = _formatter(column, rows)
    if column in STATES:
        made[":cellRenderer"] = STATE_JS
    return made


def _formatter(column: str, rows: Sequence[Row]) -> str:
    """How the numbers of a column are written: names as they are, parts as percentages, readings with a prefix."""
    if column in NAMES:
        return "p=>p.value==null?'–':String(p.value)"
    if column in PARTS or column.endswith(("_yield", "_rate")) or column.startswith(("fill_", "on_time_")):
        return PART_JS
    if column in READINGS and any(row.get("unit") for row in rows) and not any("extra" in row for row in rows):
        return READING_JS
    return NUMBER_JS


NAMES = (
    "number",
    "test",
    "part",
    "bin",
    "plan",
    "job",
    "run",
    "x",
    "y",
    "site",
    "hard_bin",
    "soft_bin",
    "flags",
    "priority",
)
"""Columns whose numbers are names."""
READINGS = (
    "low_limit",
    "high_limit",
    "mean",
    "sd",
    "value",
    "median",
    "low",
    "high",
    "lcl",
    "center",
    "ucl",
    "reading",
    "tolerance",
)
"""Columns in the unit of their row, written with the prefix that fits the largest of them."""
PARTS = SHARES | {"yield", "gap"}
NUMBER_JS = (
    "p=>p.value==null?'–':(Number.isInteger(p.value)||Math.abs(p.value)>=1000?Math.round(p.value).toLocaleString('en'):"
    "Number(p.value.toPrecision(5)).toString())"
)
READING_JS = (
    "p=>{if(p.value==null)return '–';const d=p.data,m=Math.max(...['low_limit','high_limit','mean','value',"
    "'low','high','lcl','ucl','reading']"
    ".map(k=>Math.abs(d[k]||0)))||Math.abs(d.sd||0);const e=m>0?Math.max(-5,Math.min(3,Math.floor(Math.log10(m)/3))):0;"
    "return Number((p.value/10**(3*e)).toPrecision(5)).toString().replace('-','\u2212')+' '+"
    "['f','p','n','\u00b5','m','','k','M','G'][e+5]+(d.unit||'')}"
)
PART_JS = "p=>p.value==null?'–':(100*p.value).toFixed(1)+' %'"
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
    if isinstance(value, str):
        return moment(value) or say.word(value)
    return value


def moment(text: str) -> str | None:
    """A moment as people read it, in UTC; None for another text."""
    found = MOMENT.fullmatch(text)
    return None if found is None else f"{found[1]} {found[2]}"
