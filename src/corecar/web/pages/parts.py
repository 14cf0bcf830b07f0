"""What pages are made of: the sentence, facts, tables that can be taken along, figures, buttons, fields."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

from nicegui import events, ui

from corecar.web.answers import FORMULAS
from corecar.web.pages.frame import guarded
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
TONES = {
    "released": "good", "shipped": "good", "done": "good", "green": "good", "good": "good", "approved": "good",
    "held": "attention", "orange": "attention", "queued": "attention", "running": "attention", "received": "unknown",
    "screened": "unknown", "quarantined": "bad", "scrapped": "bad", "red": "bad", "failed": "bad",
    "cancelled": "unknown",
}  # fmt: skip
"""How the word of a state is marked, beside its colour."""
STATES = ("state", "light", "status")
"""Columns whose words are states."""
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?")
"""A moment in UTC as JSON has it."""
ROW_PX, HEAD_PX, TALLEST_PX = 29, 34, 560


def sentence(text: str, more: str = "") -> None:
    """What the page answers, first."""
    if text:
        ui.html(f'<p class="answer">{escape(text)}</p>', sanitize=False)
    if more:
        ui.html(f'<p class="explanation">{escape(more)}</p>', sanitize=False)


def heading(text: str) -> None:
    """The title of a part of a page."""
    ui.html(f"<h2>{escape(text)}</h2>", sanitize=False)


def tiles(pairs: Sequence[tuple[str, str, str]]) -> None:
    """Large numbers, each with its words and where it leads."""
    made = "".join(
        f'<a href="{escape(to, quote=True)}"><b>{escape(number)}</b><span>{escape(words)}</span></a>'
        for number, words, to in pairs
    )
    ui.html(f'<div class="tiles">{made}</div>', sanitize=False)


def facts(say: Words, values: Row) -> None:
    """Labels and values."""
    made = "".join(
        f"<div><dt>{escape(say.name(name))}</dt>"
        f"<dd>{_state(say, value) if name in STATES else escape(shown(say, value))}</dd></div>"
        for name, value in values.items()
        if value is not None and not isinstance(value, list | dict)
    )
    if made:
        ui.html(f'<dl class="facts">{made}</dl>', sanitize=False)


def notes(texts: Sequence[str]) -> None:
    """What else there is to know."""
    if texts:
        ui.html(f'<ul class="notes">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ul>', sanitize=False)


def empty(text: str, button: tuple[str, str] | None = None, how_to: str = "") -> None:
    """What belongs on a page that is empty, the one thing that starts it, and how it is done."""
    act = "" if button is None else f'<p><a class="btn main-act" href="{button[1]}">{escape(button[0])}</a></p>'
    told = f'<p class="explanation">{escape(how_to)}</p>' if how_to else ""
    ui.html(f'<div class="empty"><p class="answer">{escape(text)}</p>{act}{told}</div>', sanitize=False)


def figure(svg: str, caption: str = "", *, class_: str = "figure") -> None:
    """A drawing, which can be taken along as it is."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    ui.html(f'<figure class="{class_}">{svg}{said}</figure>', sanitize=False)


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
    return _moment(str(value)) or say.word(str(value))


def table(
    visitor: Visitor, rows: Sequence[Row], name: str, *, opens: str = "", key: str = "", title: str = "",
) -> ui.aggrid | None:  # fmt: skip
    """Rows as a table: sorted and filtered by its head, taken along as CSV or workbook; a click opens a row.

    name   of the files that are taken along
    opens  the address of a row with `{}` for its key; key: the column that holds it
    """
    if not rows:
        return None
    if title:
        heading(title)
    say = visitor.say
    columns = list(dict.fromkeys(column for row in rows for column in row))
    columns = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    made = [_column(say, column, rows) for column in columns]
    flat = [{column: _cell(say, column, row.get(column)) for column in columns} for row in rows]
    height = min(HEAD_PX + ROW_PX * len(rows) + 6, TALLEST_PX)
    with ui.element("div").classes("grid-wrap"):
        grid = ui.aggrid(
            {
                "columnDefs": made, "rowData": flat, "rowHeight": ROW_PX, "headerHeight": HEAD_PX,
                "defaultColDef": {"sortable": True, "filter": True, "resizable": True,
                                  "suppressHeaderMenuButton": True},
                "suppressFieldDotNotation": True, "ensureDomOrder": False, "enableCellTextSelection": True,
                "autoSizeStrategy": {"type": "fitCellContents"},
            },
            auto_size_columns=False,
        ).style(f"height:{height}px")  # fmt: skip
        grid.props(f'aria-label="{escape(title or name, quote=True)}"')
        if opens:
            _opening(grid, opens, key)
        with ui.element("div").classes("bar no-print"):
            button(say("CSV"), lambda: ui.download.content(as_csv(rows, columns), f"{name}.csv", "text/csv"))
            button(say("Workbook"), lambda: ui.download.content(as_workbook(rows, columns), f"{name}.xlsx"))
            count = say("Rows: {count}", count=f"{len(rows):,}")
            ui.html(f'<span class="explanation" style="margin:0">{escape(count)}</span>', sanitize=False)
    return grid


def _opening(grid: ui.aggrid, opens: str, key: str) -> None:
    from urllib.parse import quote

    def go(event: events.GenericEventArguments) -> None:
        row = event.args.get("data") or {}
        if row.get(key) not in (None, ""):
            ui.navigate.to(opens.format(quote(str(row[key]), safe="")))

    grid.on("cellClicked", go, ["data"])
    grid.on("cellKeyDown", lambda event: go(event) if event.args.get("key") == "Enter" else None, ["data", "key"])


def _column(say: Words, column: str, rows: Sequence[Row]) -> dict[str, Any]:
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
    if column in PARTS or column.endswith(("_yield", "_rate")):
        return PART_JS
    if column in READINGS and any(row.get("unit") for row in rows):
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
READINGS = ("low_limit", "high_limit", "mean", "sd", "value", "median", "low", "high")
"""Columns in the unit of their row, written with the prefix that fits the largest of them."""
PARTS = ("fill", "on_time", "use", "share", "yield", "first_yield", "final_yield", "gap")
NUMBER_JS = (
    "p=>p.value==null?'–':(Number.isInteger(p.value)||Math.abs(p.value)>=1000?Math.round(p.value).toLocaleString('en'):"
    "Number(p.value.toPrecision(5)).toString())"
)
READING_JS = (
    "p=>{if(p.value==null)return '–';const d=p.data,m=Math.max(...['low_limit','high_limit','mean','value']"
    ".map(k=>Math.abs(d[k]||0)));const e=m>0?Math.max(-5,Math.min(3,Math.floor(Math.log10(m)/3))):0;"
    "return Number((p.value/10**(3*e)).toPrecision(5)).toString().replace('-','\u2212')+' '+"
    "['f','p','n','\u00b5','m','','k','M','G'][e+5]+(d.unit||'')}"
)
PART_JS = "p=>p.value==null?'–':(100*p.value).toFixed(1)+' %'"
STATE_JS = (
    "p=>{if(!p.value)return '–';const e=document.createElement('span');const [w,t]=p.value.split('\\u0000');"
    "e.className='state '+(t||'unknown');e.textContent=w;return e}"
)


def _cell(say: Words, column: str, value: Any) -> Any:
    if column in STATES and isinstance(value, str):
        return f"{say.word(value)}\0{TONES.get(value, 'unknown')}"
    if isinstance(value, bool | list | tuple | Mapping):
        return shown(say, value)
    if isinstance(value, str):
        return _moment(value) or say.word(value)
    return value


def _moment(text: str) -> str | None:
    """A moment as people read it, in UTC; None for another text."""
    found = MOMENT.fullmatch(text)
    return None if found is None else f"{found[1]} {found[2]}"


def _state(say: Words, value: Any) -> str:
    return f'<span class="state {TONES.get(str(value), "unknown")}">{escape(say.word(str(value)))}</span>'


def as_csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Rows as CSV that no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([[_safe(row.get(column)) for column in columns] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_workbook(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Rows as a workbook; every text is a text."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, cells in enumerate([columns, *([_plain(row.get(column)) for column in columns] for row in rows)]):
            sheet.write_row(place, 0, cells)
    return out.getvalue()


def _safe(value: Any) -> Any:
    """A cell of a CSV: a text that begins as a formula does is marked as a text."""
    plain = _plain(value)
    return f"'{plain}" if isinstance(plain, str) and plain.startswith(FORMULAS) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | Mapping):
        value = str(value)
    if isinstance(value, str):
        return "".join(letter for letter in value if letter in "\t\n" or ord(letter) >= 32)
    return value


def button(text: str, act: Callable[[], Any], *, kind: str = "", disabled: bool = False) -> Any:
    """A button: `kind` is `main-act` for what matters most, `danger` for what cannot be undone."""
    made = ui.element("button").classes(f"btn {kind}").props('type="button"' + (" disabled" if disabled else ""))
    with made:
        ui.html(escape(text), sanitize=False, tag="span")
    made.on("click", act)
    return made


def select(name: str, label: str, choices: Mapping[str, str], chosen: str, *, sends: bool = False) -> str:
    """A choice of a form that asks by the address, as HTML. sends: whether a choice asks at once."""
    options = "".join(
        f'<option value="{escape(code, quote=True)}"{" selected" if code == chosen else ""}>{escape(words)}</option>'
        for code, words in choices.items()
    )
    at_once = ' onchange="this.form.submit()"' if sends else ""
    return (
        f'<div class="field"><label for="{name}">{escape(label)}</label>'
        f'<select id="{name}" name="{name}"{at_once}>{options}</select></div>'
    )


class Field:
    """A field with its label."""

    def __init__(
        self, label: str, *, value: str = "", choices: Mapping[str, str] | None = None, kind: str = "text"
    ) -> None:
        self.value = value
        with ui.element("div").classes("field"):
            name = f"f{id(self)}"
            ui.html(f'<label for="{name}">{escape(label)}</label>', sanitize=False)
            if choices is None:
                made = ui.element("textarea" if kind == "long" else "input").props(f'id="{name}"')
                made.props["type"] = "text" if kind == "long" else kind
                made.props["value"] = value
            else:
                made = ui.element("select").props(f'id="{name}"')
                with made:
                    for code, words in choices.items():
                        option = ui.element("option").props("selected" if code == value else "")
                        option.props["value"] = code
                        with option:
                            ui.html(escape(words), sanitize=False, tag="span")
            made.on("input", self._changed, js_handler="e => emit(e.target.value)")
            made.on("change", self._changed, js_handler="e => emit(e.target.value)")

    def _changed(self, event: events.GenericEventArguments) -> None:
        with suppress(AttributeError):
            self.value = str(event.args if not isinstance(event.args, list) else event.args[0])


def ask_reason(visitor: Visitor, title: str, told: str, act: str, do: Callable[[str], Awaitable[None]]) -> None:
    """Ask for a reason before something that others will see is done."""
    say = visitor.say
    with ui.dialog(value=True) as dialog, ui.element("div").classes("card").props('role="dialog" aria-modal="true"'):
        ui.html(f"<h3>{escape(title)}</h3><p>{escape(told)}</p>", sanitize=False)
        reason = Field(say("Reason"), kind="long")
        place = ui.element("div")

        async def go() -> None:
            if not reason.value.strip():
                place.clear()
                with place:
                    ui.html(f'<p class="problem">{escape(say("Write a reason."))}</p>', sanitize=False)
                return
            place.clear()
            with place:
                if await guarded(visitor, do(reason.value.strip())):
                    dialog.close()
                    ui.navigate.reload()

        with ui.element("div").classes("bar").style("margin-top:16px"):
            button(act, go, kind="main-act")
            button(say("Leave it"), dialog.close)


def show_answer(visitor: Visitor, answer: Any, name: str, *, without: Sequence[str] = ()) -> None:
    """An answer of a verb as it comes: sentence, facts, every table in it, notes."""
    if not isinstance(answer, Mapping):
        table(visitor, answer if isinstance(answer, list) else [], name)
        return
    sentence(str(answer.get("said") or ""))
    facts(visitor.say, answer.get("facts") or {})
    for key, value in answer.items():
        if key in ("said", "facts", "notes", "details", *without):
            continue
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            table(visitor, value, f"{name}-{key}", title="" if key == "rows" else visitor.say.name(key))
    notes([str(note) for note in answer.get("notes") or ()])
