"""What a verb answers, on the terminal: first the sentence, then the tables, then what else there is to know.

An answer is a text, an Arrow table, or a mapping. Of a mapping are printed: `said`, a sentence; `facts`, labels and
values; `rows` and every other list of rows, each a table under its name; `notes`. What is under `details` is for
programs: JSON has it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from corecar.cli.listing import Form, Look, print_table
from corecar.cli.streams import print_json
from corecar.cli.wording import page_width, wrapped
from corecar.plurals import plural
from corecar.report.quantities import DASH

LABEL = 14
"""Width of the labels of facts."""
SHOWN = 40
"""Rows of a table that a terminal shows."""
PROSE = frozenset({"why", "reason", "error", "problem", "advice", "hold", "file", "message", "said", "arguments"})
"""Columns of text that is wrapped rather than cut."""
NOT_TABLES = frozenset({"said", "facts", "notes", "details", "noun"})

Row = Mapping[str, Any]


def print_answer(answer: Any, *, as_json: bool) -> None:
    """Print an answer for a person, or as JSON for a program."""
    if hasattr(answer, "schema"):
        _print_arrow(answer, as_json=as_json)
    elif as_json:
        from corecar.bridge.plain import plain

        print_json(plain(answer), indent=1)
    elif isinstance(answer, Mapping):
        _print_mapping(answer)
    else:
        typer.echo(str(answer).rstrip("\n"))


def _print_arrow(table: Any, *, as_json: bool) -> None:
    """An Arrow table: all of it as JSON, the first rows for a person."""
    print_table(table if as_json else table.slice(0, SHOWN), Form.JSON if as_json else Form.TABLE, None, Look("row"))
    if not as_json and table.num_rows > SHOWN:
        typer.echo(f"the first {SHOWN} of {plural(table.num_rows, 'row')}; --json prints all")


def _print_mapping(answer: Mapping[str, Any]) -> None:
    if answer.get("said"):
        typer.echo(wrapped("", answer["said"]))
    for label, value in answer.get("facts", {}).items():
        typer.echo(wrapped(f"{label.replace('_', ' '):<{LABEL}}", _text(label, value)))
    for number, (title, rows) in enumerate(_tables(answer)):
        if number or answer.get("said") or answer.get("facts"):
            typer.echo("")
        if title:
            typer.echo(title)
        _draw(rows, answer.get("noun", "row") if title == "" else "")
    notes = answer.get("notes", ())
    if notes:
        typer.echo("")
    for note in notes:
        typer.echo(wrapped("note: ", note))


def _tables(answer: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Title and rows of every table of an answer; `rows` needs no title."""
    for name, value in answer.items():
        title = "" if name == "rows" else name.replace("_", " ").capitalize()
        if name in NOT_TABLES or not value:
            continue
        if _are_rows(value):
            yield title, value
        elif isinstance(value, Mapping):
            yield from ((f"{title}: {key}", rows) for key, rows in value.items() if rows and _are_rows(rows))


def _are_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _draw(rows: Sequence[Row], noun: str) -> None:
    """Rows as a table; a column in which nothing stands is left out."""
    from rich.console import Console
    from rich.table import Table

    names = [n for n in dict.fromkeys(n for row in rows for n in row) if any(row.get(n) is not None for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in names:
        right = all(_is_number(row.get(name)) for row in rows)
        table.add_column(
            name.replace("_", " "), justify="right" if right else "left", no_wrap=name not in PROSE, overflow="fold"
        )
    for row in rows[:SHOWN]:
        table.add_row(*(_text(name, row.get(name)) for name in names))
    width = page_width() if sys.stdout.isatty() or PROSE & set(names) else 10_000
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n")))
    if len(rows) > SHOWN:
        typer.echo(f"the first {SHOWN} of {plural(len(rows), noun or 'row')}; --json prints all")


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _text(name: str, value: Any) -> str:
    """One value for the eye: moments to the minute in UTC, yields in percent, a dash for what is not known."""
    if value is None or value in ("", []):
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.1%}" if name.endswith("yield") else f"{value:,.6g}"
    if isinstance(value, int):
        return f"{value:,}" if name not in ("number", "job") else str(value)
    if isinstance(value, (list, tuple)):
        return " ".join(_text("", item) for item in value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, Mapping) else str(value)
