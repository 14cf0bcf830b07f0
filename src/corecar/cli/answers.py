"""What a verb answers, on the terminal: first the sentence, then the tables, then what else there is to know.

An answer is a text, an Arrow table, or a mapping. Of a mapping are printed: `said`, a sentence; `facts`, labels and
values; `rows` and every other list of rows, each a table under its name; `result`, an answer within this one; `notes`.
What is under `details` is for programs: JSON has it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import typer

from corecar.bridge.verbs import Verb
from corecar.cli.listing import Form, Look, print_table
from corecar.cli.streams import print_json
from corecar.cli.wording import page_width, percent, wrapped
from corecar.plurals import plural
from corecar.report.quantities import DASH

LABEL = 14
"""Width of the labels of facts."""
DIGITS = 12
"""Digits of a run's identity that are enough for a person to name it."""
SHOWN = 40
"""Rows of a table that a terminal shows."""
PROSE = frozenset({"why", "reason", "error", "problem", "advice", "hold", "file", "message", "said", "arguments"})
"""Columns of text that is wrapped rather than cut."""
SHARES = frozenset(
    {"first_yield", "final_yield", "rate", "share", "cumulative", "fail_rate_a", "fail_rate_b", "fail_rate_change"}
)
"""Columns that are parts of a whole, told in percent."""
NOT_TABLES = frozenset({"said", "facts", "notes", "details", "columns", "result"})

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Manner:
    """How an answer is written for a person.

    as_is  whoever asked named the columns, so that no name of one says what its numbers are
    rest   how to get the rows that a terminal does not show
    """

    as_is: bool = False
    rest: str = "--json prints all"


def manner_of(verb: Verb | None) -> Manner:
    """The manner of a verb's answers."""
    if verb is None or not verb.table:
        return Manner()
    return Manner(verb.as_is, "--csv and --json print all")


def print_answer(answer: Any, wanted: Form, verb: Verb | None = None) -> None:
    """Print an answer for a person, as JSON for a program, or its tables as CSV; `verb` is whose answer it is."""
    if hasattr(answer, "schema"):
        shown = _for_a_person(answer) if wanted is Form.TABLE else answer
        print_table(shown, wanted, None, Look("row", rest=manner_of(verb).rest))
    elif wanted is Form.JSON:
        from corecar.bridge.plain import plain

        print_json(plain(answer), indent=1)
    elif wanted is Form.CSV:
        _print_csv(answer)
    elif isinstance(answer, Mapping):
        _print_mapping(answer, manner_of(verb))
    else:
        typer.echo(str(answer).rstrip("\n"))


def _for_a_person(table: Any) -> Any:
    """An Arrow table with the run last, by as many digits of its identity as name it."""
    if "run" not in table.column_names:
        return table
    import pyarrow.compute as pc

    names = [name for name in table.column_names if name != "run"]
    return table.select(names).append_column("run", pc.utf8_slice_codeunits(table["run"], 0, DIGITS))


def _print_csv(answer: Mapping[str, Any]) -> None:
    """The tables on stdout; on stderr the notes and, where there is no table, why."""
    from corecar.cli.spreadsheet import print_csv

    tables = list(_tables(answer))
    print_csv(tables, answer.get("columns", ()))
    why = [answer["said"]] if answer.get("said") and not tables else []
    for sentence in (*why, *answer.get("notes", ())):
        typer.echo(wrapped("", sentence), err=True)


def _print_mapping(answer: Mapping[str, Any], manner: Manner) -> None:
    if answer.get("said"):
        typer.echo(wrapped("", answer["said"]))
    elif answer.get("rows") == []:
        typer.echo("no rows")
    for label, value in answer.get("facts", {}).items():
        if value is not None:
            typer.echo(wrapped(f"{label.replace('_', ' '):<{LABEL}}", _text(label, value)))
    for number, (title, rows) in enumerate(_tables(answer)):
        if number or answer.get("said") or answer.get("facts"):
            typer.echo("")
        if title:
            typer.echo(title)
        _draw(rows, manner)
    if answer.get("result"):
        typer.echo("")
        _print_mapping(answer["result"], manner)
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


def _draw(rows: Sequence[Row], manner: Manner) -> None:
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
        table.add_row(*(_text(name, row.get(name), manner.as_is) for name in names))
    width = page_width() if sys.stdout.isatty() or PROSE & set(names) else 10_000
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n")))
    if len(rows) > SHOWN:
        typer.echo(f"the first {SHOWN} of {plural(len(rows), 'row')}; {manner.rest}")


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _text(name: str, value: Any, as_is: bool = False) -> str:
    """One value for the eye: moments to the minute in UTC, shares in percent, a dash for what is not known."""
    if value is None or value in ("", []):
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return percent(value) if name in SHARES and not as_is else f"{value:,.6g}"
    if isinstance(value, int):
        return f"{value:,}" if name not in ("number", "job") else str(value)
    if isinstance(value, (list, tuple)):
        return " ".join(_text("", item) for item in value)
    return _told(value) if isinstance(value, Mapping) else str(value)


def _told(value: Mapping[str, Any]) -> str:
    """A mapping in words, without what was not given: `paths incoming; workers inline`."""
    given = {label: inner for label, inner in value.items() if inner is not None and inner is not False}
    return "; ".join(f"{label.replace('_', ' ')} {_text(label, inner)}" for label, inner in given.items()) or DASH
