"""What pages are made of: the sentence, facts, tables that can be taken along, figures, buttons, fields."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from nicegui import events, ui

from corecar.web.pages.cells import READ_AS, STATES, TONES, cells_for, shown
from corecar.web.pages.column_choice import CHOSEN_FROM, ColumnChoice, hidden_at_first, kept_state
from corecar.web.pages.columns import as_columns
from corecar.web.pages.exports import as_csv, as_workbook
from corecar.web.pages.frame import guarded
from corecar.web.pages.long_tables import BLOCK, LONG_FROM, SHELF, LongTable, rows_of, source_js
from corecar.web.pages.money import with_money
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
PAID = ("cost", "certainty", "saved_by_it", "demand", "lost_anyway", "bound")
"""Facts whose millions are money."""
LEADS_TO = "~to"
"""Beside the cells of a row: its own address."""
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


def back(text: str, to: str) -> None:
    """Where one came from."""
    ui.html(f'<p class="explanation"><a href="{escape(to, quote=True)}">← {escape(text)}</a></p>', sanitize=False)


def tiles(pairs: Sequence[tuple[str, str, str]]) -> None:
    """Large numbers, each with its words and where it leads."""
    made = "".join(
        f'<a href="{escape(to, quote=True)}"><b>{escape(number)}</b><span>{escape(words)}</span></a>'
        for number, words, to in pairs
    )
    ui.html(f'<div class="tiles">{made}</div>', sanitize=False)


def facts(say: Words, values: Row, currency: str | None = None) -> None:
    """Labels and values. currency: of amounts that stand without one."""
    given = {name: value for name, value in values.items() if value is not None and not isinstance(value, list | dict)}
    numbers = cells_for(say, list(given), [given]).rows([given])[0] if "unit" in given else {}
    told = {
        name: _state(say, value)
        if name in STATES
        else escape(
            numbers.get(READ_AS + name) or with_money(say, shown(say, value, name), currency if name in PAID else None)
        )
        for name, value in given.items()
    }
    made = "".join(f"<div><dt>{escape(say.name(name))}</dt><dd>{text}</dd></div>" for name, text in told.items())
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


def table(
    visitor: Visitor, rows: Sequence[Row] | pa.Table, name: str, *,
    opens: str | Callable[[Row], str] = "", key: str = "", title: str = "",
    currency: str = "",
) -> ui.aggrid | None:  # fmt: skip
    """Rows as a table: sorted and filtered by its head, taken along as CSV or workbook; a click opens a row.

    How it is sorted and filtered, and which columns it shows, stands in the address. A long one stays with the
    server, which sends what is shown.
    name   of the files that are taken along, and of the table in the address
    opens  the address of a row with `{}` for its key, key: the column that holds it; or what says it of a row
    currency  of its money
    """
    say, count = visitor.say, len(rows)
    if not count:
        return None
    if title:
        heading(title)
    if count < LONG_FROM:
        listed = rows.to_pylist() if isinstance(rows, pa.Table) else rows
        columns, kept = with_something(listed), partial(iter, listed)
        written = cells_for(say, columns, listed, currency)
        options = grid_options(written.definitions(), name)
        options["rowData"] = written.rows(listed)
        if callable(opens):
            for row, cells in zip(listed, options["rowData"], strict=True):
                cells[LEADS_TO] = opens(row)
    else:
        long = LongTable(as_columns(rows), say, currency)
        columns, kept = long.rows.column_names, partial(rows_of, long.rows)
        options = grid_options(long.written.definitions(), name)
        options |= _from_shelf(visitor, long)
    del rows
    height = min(HEAD_PX + ROW_PX * count + 6, TALLEST_PX)
    with ui.element("div").classes("grid-wrap"):
        grid = ui.aggrid(options, auto_size_columns=False).style(f"height:{height}px")
        grid.props(f'aria-label="{escape(title or name, quote=True)}"')
        if opens:
            _opening(grid, opens, key)
        with ui.element("div").classes("bar no-print"):
            button(say("CSV"), partial(_take, kept, columns, as_csv, f"{name}.csv", "text/csv"))
            button(say("Workbook"), partial(_take, kept, columns, as_workbook, f"{name}.xlsx", ""))
            told = say("Rows: {count}", count=f"{count:,}")
            ui.html(f'<span class="explanation" style="margin:0">{escape(told)}</span>', sanitize=False)
            if len(options["columnDefs"]) >= CHOSEN_FROM:
                ColumnChoice(say, grid.id)
    return grid


def with_something(rows: Sequence[Row]) -> list[str]:
    """The columns of some rows in which anything stands at all."""
    columns = dict.fromkeys(column for row in rows for column in row)
    return [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]


def _from_shelf(visitor: Visitor, long: LongTable) -> dict[str, Any]:
    """The options of a grid that asks for its rows; they are let go of with the page."""
    name = SHELF.put(visitor.secret, long)
    ui.context.client.on_delete(lambda: SHELF.drop(name))
    return {
        "rowModelType": "infinite", "cacheBlockSize": BLOCK, "maxBlocksInCache": 20,
        "maxConcurrentDatasourceRequests": 2, "infiniteInitialRowCount": long.rows.num_rows,
        ":datasource": source_js(name),
        ":onFirstDataRendered": "p => p.api.autoSizeAllColumns()",
    }  # fmt: skip


async def _take(
    kept: Callable[[], Iterable[Row]], columns: Sequence[str], make: Callable[[Iterable[Row], Sequence[str]], bytes],
    name: str, kind: str,
) -> None:  # fmt: skip
    """Hand all rows of a table over as a file."""
    content = await asyncio.to_thread(lambda: make(kept(), columns))
    ui.download.content(content, name, kind)


def grid_options(columns: Sequence[Row], name: str) -> dict[str, Any]:
    """How every grid behaves. Its sorting, filters and columns are kept in the address, and taken from there."""
    return {
        "columnDefs": list(columns), "rowHeight": ROW_PX, "headerHeight": HEAD_PX,
        "defaultColDef": {"sortable": True, "filter": True, "resizable": True, "suppressHeaderMenuButton": True},
        "suppressFieldDotNotation": True, "animateRows": False, "enableCellTextSelection": True,
        "autoSizeStrategy": {"type": "fitCellContents"},
        **kept_state(name, hidden_at_first([column["field"] for column in columns])),
    }  # fmt: skip


def _opening(grid: ui.aggrid, opens: str | Callable[[Row], str], key: str) -> None:
    def go(event: events.GenericEventArguments) -> None:
        row = event.args.get("data") or {}
        if row.get(LEADS_TO):
            ui.navigate.to(str(row[LEADS_TO]))
        elif isinstance(opens, str) and row.get(key) not in (None, ""):
            ui.navigate.to(opens.format(quote(str(row[key]), safe="")))

    grid.on("cellClicked", go, ["data"])
    grid.on("cellKeyDown", lambda event: go(event) if event.args.get("key") == "Enter" else None, ["data", "key"])


def _state(say: Words, value: Any) -> str:
    return f'<span class="state {TONES.get(str(value), "unknown")}">{escape(say.word(str(value)))}</span>'


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


REMEMBER_JS = (
    "const u = new URL(location.href); e.target.value === '' ? u.searchParams.delete('{name}') : "
    "u.searchParams.set('{name}', e.target.value); history.replaceState(history.state, '', u);"
)
"""Keeps the value of a field in the address, so that whoever gets the address sees the same."""


class Field:
    """A field with its label.

    remembered  its name in the address of the page, where it is kept there; changed: what follows from another value
    """

    def __init__(
        self, label: str, *, value: str = "", choices: Mapping[str, str] | None = None, kind: str = "text",
        remembered: str = "", changed: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self._then = changed
        self.value = value if choices is None or value in choices else next(iter(choices), "")
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
                        option = ui.element("option").props("selected" if code == self.value else "")
                        option.props["value"] = code
                        with option:
                            ui.html(escape(words), sanitize=False, tag="span")
            keep = REMEMBER_JS.format(name=remembered) if remembered else ""
            made.on("input", self._changed, js_handler="e => emit(e.target.value)")
            made.on("change", self._chosen, js_handler=f"e => {{{keep}emit(e.target.value)}}")

    def _chosen(self, event: events.GenericEventArguments) -> None:
        self._changed(event)
        if self._then is not None:
            self._then(self.value)

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


def show_answer(visitor: Visitor, answer: Any, name: str, *, without: Sequence[str] = (), currency: str = "") -> None:
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
            title = "" if key == "rows" else visitor.say.name(key)
            table(visitor, value, f"{name}-{key}", title=title, currency=currency)
    notes([str(note) for note in answer.get("notes") or ()])
