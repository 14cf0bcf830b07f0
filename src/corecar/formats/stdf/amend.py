"""Tables of records changed and put back: room for new records, the audit record, the stream of each record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf.columns import RAW
from corecar.formats.stdf.records import empty_records
from corecar.formats.stdf.rows import RECORDS

Tables = dict[str, Any]
ROOM = 1024
"""Sequence numbers between two neighbours, so that new records fit between them."""


def spaced(tables: Mapping[str, Any]) -> Tables:
    """The same tables with `ROOM` sequence numbers from each record to the next."""
    return {name: with_column(table, "sequence", spaced_sequence(table)) for name, table in tables.items()}


def spaced_sequence(table: Any) -> Any:
    """The `sequence` of a table times `ROOM`."""
    return pa.array(table["sequence"].to_numpy() * np.uint64(ROOM))


def with_column(table: Any, name: str, column: Any) -> Any:
    """The table with one column replaced; the schema's metadata stays."""
    place = table.column_names.index(name)
    kept = table.schema.metadata
    return table.set_column(place, name, column).replace_schema_metadata(kept)


def with_rows(tables: Tables, name: str, rows: list[dict[str, Any]]) -> None:
    """Add records to the table of their type; each row has its `sequence`. Changes `tables`."""
    if not rows:
        return
    known = tables.get(name, empty_records(name))
    empty = dict.fromkeys(known.column_names)
    added = pa.Table.from_pylist([empty | row for row in rows], schema=known.schema)
    tables[name] = pa.concat_tables([known, added])


def with_audit(tables: Tables, command: str, when: int) -> None:
    """Add an ATR behind each FAR, in tables that are `spaced`. Changes `tables`.

    Source  STDF Specification V4, ATR: directly behind the FAR, the latest first
    """
    sequences = tables["FAR"]["sequence"].to_pylist()
    with_rows(tables, "ATR", [{"sequence": s + 1, "MOD_TIM": when, "CMD_LINE": command} for s in sequences])


def freed_of_raw(name: str, table: Any) -> Any:
    """The table without the bodies kept in `_raw`; counts of records that were clipped become those of their arrays.

    The records may change their order in the table.
    """
    kept = table[RAW].is_valid().to_numpy()
    if kept.any():
        rows = [_whole(name, row) for row in table.filter(pa.array(kept)).to_pylist()]
        others = table.filter(pa.array(~kept))
        table = pa.concat_tables([others, pa.Table.from_pylist(rows, schema=table.schema)])
    return with_column(table, RAW, pa.nulls(table.num_rows, pa.binary()))


def _whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The record with counts that its arrays have (the shorter ones filled up), and no more bits than it has."""
    arrays = [
        field for field in RECORDS[name].fields if isinstance(field.count, str) and row.get(field.name) is not None
    ]
    counts = {field.count: 0 for field in arrays}
    for field in arrays:
        counts[field.count] = max(counts[field.count], len(row[field.name]))
    filled = {
        field.name: [*row[field.name], *[field.type_code.empty] * (counts[field.count] - len(row[field.name]))]
        for field in arrays
    }
    bits = {
        field.name: row[field.name] | {"bits": min(row[field.name]["bits"], 8 * len(row[field.name]["data"]))}
        for field in RECORDS[name].fields
        if field.code == "Dn" and row.get(field.name) is not None
    }
    return row | filled | counts | bits


def stream_of(tables: Mapping[str, Any], table: Any) -> npt.NDArray[np.int64]:
    """For each record the number of its FAR, from 0."""
    first = np.sort(tables["FAR"]["sequence"].to_numpy())
    found = np.searchsorted(first, table["sequence"].to_numpy(), side="right") - 1
    return np.asarray(np.maximum(found, 0), dtype=np.int64)
