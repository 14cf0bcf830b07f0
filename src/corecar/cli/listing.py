"""Rows of an Arrow table as a table for the terminal, as JSON or as CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import typer
from pyarrow import csv as arrow_csv

from corecar.cli.forms import Form
from corecar.cli.table import WIDE, Column, drawn, folded, remarks, short, terminal_room
from corecar.report.quantities import DASH, display_for, plural

BATCH = 16_384


@dataclass(frozen=True)
class Look:
    """How a terminal shows rows.

    noun        what one row is
    columns     those shown, in this order; all when None
    quantities  those among them that are in the row's `unit`, and shown with it and a fitting prefix
    rest        how to get the rows that are not shown
    """

    noun: str
    columns: tuple[str, ...] | None = None
    quantities: tuple[str, ...] = ()
    rest: str = "--limit 0 prints all"


def print_table(table: Any, wanted: Form, limit: int | None, look: Look) -> None:
    """Print an Arrow table; `look` is for a terminal, JSON and CSV have every column as it is."""
    rows = table.slice(0, wanted.rows(limit))
    pieces = (pa.Table.from_batches([batch]) for batch in rows.to_batches(max_chunksize=BATCH))
    first = next(pieces, rows)
    print_batches(chain([first], pieces), wanted, table.num_rows, look)


def print_batches(batches: Iterable[Any], wanted: Form, total: int, look: Look) -> None:
    """Print Arrow tables of one schema that follow one another; `total` counts the rows beyond a limit too."""
    if wanted is Form.JSON:
        _write_json(batches, sys.stdout.buffer)
    elif wanted is Form.CSV:
        _write_csv(batches, sys.stdout.buffer)
    else:
        _draw(pa.concat_tables(list(batches)), total, look)
    sys.stdout.flush()


def _write_json(batches: Iterable[Any], stream: BinaryIO) -> None:
    """One JSON array, one row a line, so that it can be parsed whole and read line by line."""
    separator = b"[\n"
    for batch in batches:
        names = batch.column_names
        for row in zip(*(json_values(batch[name]) for name in names), strict=True):
            stream.write(separator + json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False).encode())
            separator = b",\n"
    stream.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def json_values(column: Any) -> list[Any]:
    """A column as values that JSON knows: no NaN or infinity, times in ISO 8601, bytes in hexadecimal."""
    kind = column.type
    if pa.types.is_floating(kind):
        # The shortest text that means the same float32: 0.1, not 0.10000000149011612.
        finite = pc.if_else(pc.is_finite(column), column, None)
        return [None if text is None else float(text) for text in pc.cast(finite, pa.string()).to_pylist()]
    if pa.types.is_list(kind):
        return _lists(column)
    if pa.types.is_timestamp(kind):
        return [None if time is None else time.isoformat() for time in column.to_pylist()]
    return [_plain(value) for value in column.to_pylist()]


def _lists(column: Any) -> list[list[Any] | None]:
    """The items of all lists as values that JSON knows, and back into lists of the same lengths."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    items = iter(json_values(whole.flatten()))
    lengths = pc.list_value_length(whole).to_pylist()
    return [None if length is None else [next(items) for _ in range(length)] for length in lengths]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _write_csv(batches: Iterable[Any], stream: BinaryIO) -> None:
    writer = None
    for batch in batches:
        flat = _flat(batch)
        writer = writer or arrow_csv.CSVWriter(stream, flat.schema)
        writer.write_table(flat)
    if writer is not None:
        writer.close()


def _flat(table: Any) -> Any:
    """The table with lists and bytes as text, as a CSV cell holds them; lists as JSON."""
    for place, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            cells = [None if v is None else json.dumps(v) for v in json_values(table[field.name])]
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            cells = json_values(table[field.name])
        elif pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(field.type.value_type))
            continue
        else:
            continue
        table = table.set_column(place, field.name, pa.array(cells, pa.string()))
    return table


def _draw(table: Any, total: int, look: Look) -> None:
    """A table as wide as the terminal; columns that hold nothing or do not fit are left out, the latter named."""
    if not table.num_rows:
        typer.echo(f"no {look.noun}s" if not total else _footer(0, total, look))
        return
    drawing = drawn(list(_columns(table, look)), terminal_room())
    for line in drawing.lines:
        typer.echo(line)
    footer = "; ".join((_footer(table.num_rows, total, look), *remarks(drawing, "--csv and --json have")))
    for line in folded(footer, terminal_room()):
        typer.echo(typer.style(line, dim=True))


def _columns(table: Any, look: Look) -> Iterator[Column]:
    """The columns of a look in which something stands, as texts."""
    names = [name for name in look.columns or table.column_names if table[name].null_count < table.num_rows]
    with_units = _with_units(table, [name for name in names if name in look.quantities])
    for name in names:
        kind = table[name].type
        yield Column(
            name,
            name if name.isupper() else name.replace("_", " "),
            with_units.get(name) or [_text(value) for value in _cells(table[name])],
            right=pa.types.is_integer(kind) or pa.types.is_floating(kind),
        )


def _with_units(table: Any, names: Sequence[str]) -> dict[str, list[str]]:
    """Cells such as `12.5 mV`; those of one row share their prefix."""
    cells: dict[str, list[str]] = {name: [] for name in names}
    if not names:
        return cells
    for unit, *values in zip(table["unit"].to_pylist(), *(table[name].to_pylist() for name in names), strict=True):
        display = display_for(values, unit)
        for name, value in zip(names, values, strict=True):
            cells[name].append(display.show(value, unit=True))
    return cells


def _cells(column: Any) -> list[Any]:
    """Values for the eye: floats as float32 texts, everything else as Python shows it."""
    if pa.types.is_floating(column.type):
        return [None if text == "nan" else text for text in pc.cast(column, pa.string()).to_pylist()]
    return json_values(column)


def _text(value: Any) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(letter if letter.isprintable() else "·" for letter in text)
    text = short(text)
    return text if len(text) <= WIDE else text[: WIDE - 1] + "…"


def _footer(shown: int, total: int, look: Look) -> str:
    all_of_them = plural(total, look.noun)
    return all_of_them if shown == total else f"the first {shown:,} of {all_of_them}; {look.rest}"
