"""Many rows at once, into a table or looked up by a list: by the shortest way of each kind of database."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from corecar.store.catalogue.models import Utc

AT_ONCE = 20_000
"""Values of one list, or rows of one piece."""


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
