"""Many rows at once, into a table or looked up by a list: by the shortest way of each kind of database."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from corecar.store.catalogue.models import Utc

AT_ONCE = 20_000
"""Values of one list, or rows of one piece."""
ROOM_KB = 512 * 1024
"""Memory for pages of SQLite while many rows are added, at most."""


def add_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Add rows to a table: cells of int, str, datetime or None, in the order of `columns`; how many."""
    connection = session.connection()
    of_postgresql = connection.dialect.name == "postgresql"
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    moments = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, Utc)]
    ahead, count = iter(rows), 0
    while piece := [_kept(row, moments) for row in islice(ahead, AT_ONCE)] if moments else list(islice(ahead, AT_ONCE)):
        if of_postgresql:
            content = "".join("\t".join(_copied(cell) for cell in row) + "\n" for row in piece)
            cursor = connection.connection.cursor()
            cursor.execute(f'COPY "{table.name}" ({names}) FROM STDIN', stream=io.BytesIO(content.encode()))  # type: ignore[call-arg]
        else:
            connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', piece)
        count += len(piece)
    return count


def add_columns(session: Session, table: Table, columns: Mapping[str, Any]) -> None:
    """Add rows to a table, given as columns of one length: int64 arrays, moments [us since 1970] as int64, or lists of
    int, str or None; a single int stands for all rows.
    """
    count = max((len(cells) for cells in columns.values() if not isinstance(cells, int)), default=0)
    if not count:
        return
    connection = session.connection()
    names = ", ".join(f'"{name}"' for name in columns)
    moments = {name for name in columns if isinstance(table.c[name].type, Utc)}
    cursor = connection.connection.cursor()
    for begin in range(0, count, AT_ONCE):
        piece = {name: cells if isinstance(cells, int) else cells[begin : begin + AT_ONCE]
                 for name, cells in columns.items()}  # fmt: skip
        size = min(AT_ONCE, count - begin)
        if connection.dialect.name == "postgresql":
            arrays = [_arrow(cells, size, name in moments) for name, cells in piece.items()]
            content = io.BytesIO()
            arrow_csv.write_csv(pa.table(arrays, list(columns)), content, arrow_csv.WriteOptions(include_header=False))
            content.seek(0)
            cursor.execute(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)', stream=content)  # type: ignore[call-arg]
        else:
            marks = ", ".join("?" * len(columns))
            rows = zip(*(_listed(cells, size, name in moments) for name, cells in piece.items()), strict=True)
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # type: ignore[arg-type]


@contextmanager
def many_rows(session: Session, tables: Sequence[Table], *, most: bool) -> Iterator[None]:
    """While the block lasts, let SQLite hold in memory what many rows change: else each page is written often. At its
    end PostgreSQL counts them: until it has, it looks through whole tables for a single row.

    most  the rows are more than those that are there: then indexes are built anew at the end, which is quicker. All of
          it is one transaction: nobody sees a table without its index, and none is left without where it fails.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        yield
        for table in tables:
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{ROOM_KB}")
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    indexes = [row for table in tables for row in connection.exec_driver_sql(made, (table.name,))] if most else []
    for name, _ in indexes:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    try:
        yield
        for _, statement in indexes:
            connection.exec_driver_sql(statement)
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={before}")


def _listed(cells: Any, count: int, moments: bool) -> Any:
    """A column as the driver of SQLite takes it."""
    if isinstance(cells, int):
        return repeat(cells, count)
    if moments:
        return _arrow(cells, count, True).to_pylist()
    return cells.tolist() if isinstance(cells, np.ndarray) else cells


def _arrow(cells: Any, count: int, moments: bool) -> pa.Array:
    """A column as Arrow has it; moments as the database keeps them."""
    if isinstance(cells, int):
        return pa.repeat(pa.scalar(cells, pa.int64()), count)
    array = cells if isinstance(cells, pa.Array) else pa.array(cells)
    return array.cast(pa.timestamp("us")).cast(pa.string()) if moments else array


def rows_among(session: Session, statement: str, values: Iterable[int] | Iterable[str], **given: Any) -> Iterable[Any]:
    """Rows of a statement that says `IN {among}` where it asks for any of a list of values, as long as it may be.

    values  whole numbers, or texts; given: other parameters of the statement
    """
    ahead = iter(values)
    of_postgresql = session.connection().dialect.name == "postgresql"
    while piece := list(islice(ahead, AT_ONCE)):
        kind = "bigint" if isinstance(piece[0], int) else "text"
        among = (
            f"(SELECT unnest(CAST(:values AS {kind}[])))" if of_postgresql else "(SELECT value FROM json_each(:values))"
        )
        asked = text(statement.replace("{among}", among))
        listed = piece if of_postgresql else json.dumps(piece, ensure_ascii=False)
        yield from session.execute(asked, {"values": listed, **given})


def moment_from(value: Any) -> datetime | None:
    """A time as a statement in plain SQL gives it, in UTC."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def moment_as_kept(value: datetime) -> str:
    """A time as the database keeps it."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _kept(row: tuple[Any, ...], moments: Sequence[int]) -> tuple[Any, ...]:
    """A row whose cells at these places, if there, are moments."""
    cells = list(row)
    for place in moments:
        if cells[place] is not None:
            cells[place] = moment_as_kept(cells[place])
    return tuple(cells)


ESCAPED: Mapping[int, str] = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied(cell: Any) -> str:
    return "\\N" if cell is None else str(cell).translate(ESCAPED)
