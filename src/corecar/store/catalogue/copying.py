"""All rows of one catalogue into another: the way of a backup, from and to either kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, func, select, text
from sqlalchemy.orm import Session

from corecar.store.catalogue.every import METADATA
from corecar.store.catalogue.models import Job, WritingSession

ROWS = 1000
"""Rows carried at once."""
LEFT_OUT = frozenset({WritingSession.__tablename__})
"""Tables that speak of processes at work, which a copy has none of."""


def copy_rows(source: Session, target: Session) -> dict[str, int]:
    """Copy every table into an empty catalogue of the same revision; how many rows each had.

    The source's session sees one state of the catalogue throughout, so that a copy made while others write is of one
    moment.
    """
    counts: dict[str, int] = {}
    for table in METADATA.sorted_tables:
        if table.name in LEFT_OUT:
            continue
        counts[table.name] = 0
        for rows in _pieces(source, table):
            target.execute(table.insert(), rows)
            counts[table.name] += len(rows)
        _go_on_counting(target.connection(), table)
    target.execute(Job.__table__.update().where(Job.state == "running").values(host=None, process=None))  # type: ignore[attr-defined]
    return counts


def _pieces(source: Session, table: Table) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key)
    found = source.connection().execution_options(stream_results=True).execute(select(table).order_by(*keys))
    for part in found.mappings().partitions(ROWS):
        yield [dict(row) for row in part]


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after the ones that were copied with their numbers."""
    key = next(iter(table.primary_key))
    if connection.dialect.name != "postgresql" or len(table.primary_key) > 1 or not isinstance(key.type, BigInteger):
        return
    highest = connection.scalar(select(func.max(key))) or 0
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:name, :key), :next, false)"),
        {"name": table.name, "key": key.name, "next": highest + 1},
    )
