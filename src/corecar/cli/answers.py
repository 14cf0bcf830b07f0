"""What a verb answers, on the terminal: first the sentence, then the table, then what else there is to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from corecar.cli.listing import Form, Look, print_table
from corecar.cli.streams import print_json

WIDEST_LABEL = 16


def print_answer(answer: Any, *, as_json: bool) -> None:
    """Print an answer: a text as it is; a table; or a mapping with `said`, `rows`, `notes` and facts."""
    if hasattr(answer, "schema"):
        print_table(answer, Form.JSON if as_json else Form.TABLE, None, Look("row"))
    elif as_json:
        from corecar.bridge.plain import plain

        print_json(plain(answer), indent=1)
    elif isinstance(answer, Mapping):
        _print_facts(answer)
    else:
        typer.echo(str(answer).rstrip("\n"))


def _print_facts(answer: Mapping[str, Any]) -> None:
    said, rows, notes = answer.get("said"), answer.get("rows"), answer.get("notes", ())
    facts = answer.get("facts", {})
    if said:
        typer.echo(said)
    for label, value in facts.items():
        typer.echo(f"{label:<{WIDEST_LABEL}}{value}")
    if rows:
        typer.echo("")
        _print_rows(rows)
    for note in notes:
        typer.echo(f"note: {note}")


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of plain values as a table; a column in which nothing stands is left out."""
    import pyarrow as pa

    columns = list(dict.fromkeys(name for row in rows for name in row))
    shown = {name: [row.get(name) for row in rows] for name in columns}
    filled = {
        name: [_shown(value) for value in values]
        for name, values in shown.items()
        if any(v is not None for v in values)
    }
    print_table(pa.table(filled), Form.TABLE, None, Look("row"))


def _shown(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)
