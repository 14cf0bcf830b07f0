"""The tables of an answer as CSV: one as it is, several as one whose first columns say which table a row is of."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corecar.bridge.plain import plain

Row = Mapping[str, Any]
Table = tuple[str, Sequence[Row]]

WHICH = "table"
"""The column that names the table, where an answer has several."""


def print_csv(tables: Iterable[Table], columns: Sequence[str] = ()) -> None:
    """Print tables of an answer as CSV in UTF-8, every row and every column, numbers in full.

    tables   title and rows; of several, the title stands before each row in the column `table`
    columns  names of the columns of a table that has no row; without them nothing is printed for it
    """
    there = list(tables)
    several = len(there) > 1
    rows = [({WHICH: title} if several else {}) | dict(row) for title, found in there for row in found]
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows([_cell(plain(row.get(name))) for name in names] for row in rows)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.getvalue().encode())
    sys.stdout.buffer.flush()


def _cell(value: Any) -> Any:
    """A value as a CSV cell holds it: lists and mappings as JSON, truth as JSON writes it, nothing as nothing."""
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.hex() if isinstance(value, bytes) else value
