"""New rows of a table into those that are there: which are new, which change what, which fall away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.columns import Column, Table
from corecar.chain.identities import Codes, identities, ranks
from corecar.chain.rows import Rows, joined, there, written

TOLD = 200
"""Changed rows of a table of which every cell is told; the counts are of all."""


@dataclass(frozen=True)
class Changes:
    """What new rows change in a table.

    added, changed, removed, same  how many rows
    cells  of the first changed rows: the key, and each column that changes with its value before and after
    """

    table: str
    added: int
    changed: int
    removed: int
    same: int
    cells: tuple[dict[str, str], ...]

    @property
    def any(self) -> bool:
        """Whether anything changes at all."""
        return bool(self.added or self.changed or self.removed)


def repeated(rows: Rows) -> list[tuple[int, int]]:
    """Rows whose key stands in an earlier row: the row, and the first with that key. A key that could not be
    understood is that of no other row."""
    ids = _keys(rows.table, rows.data)
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    at = np.arange(len(ids))
    whole = np.ones(len(ids), bool)
    for column in rows.table.columns:
        if column.key and column.required:
            whole &= rows.data[column.name].is_valid().to_numpy()
    return [(int(row), int(first[inverse[row]])) for row in at[(first[inverse] != at) & whole]]


def completed(new: Rows, missing: Sequence[Column], old: Any) -> Rows:
    """New rows with the columns that their sheet does not have as they were in rows of the same key.

    missing  columns that the sheet does not have
    old      the Arrow table that is there
    """
    absent = [column for column in missing if not column.key]
    if not absent or not len(new) or not old.num_rows:
        return new
    both = joined([there(new.table, old), new]).data
    ids = _keys(new.table, both)
    before, own = ids[: old.num_rows], ids[old.num_rows :]
    order = before.argsort(kind="stable")
    at = order[np.searchsorted(before, own, sorter=order).clip(max=len(before) - 1)]
    known = before[at] == own
    data = new.data
    for column in absent:
        kept = old[column.name].take(pa.array(at))
        place = data.column_names.index(column.name)
        whole = pc.if_else(pa.array(known), _plain(kept), _plain(data[column.name]))
        data = data.set_column(place, data.schema.field(place), whole.cast(column.type))
    return with_changes(new, data=data)


def _plain(column: Any) -> Any:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def merged(old: Any, new: Rows, *, replace: bool) -> Rows:
    """The rows that are there with the new ones in the place of those of the same key, sorted by key.

    old      the Arrow table that is there
    new      rows of which no two agree in their key
    replace  rows that are there and not among the new ones fall away
    """
    before = there(new.table, old)
    if replace or not old.num_rows:
        whole, kept = new, np.ones(len(new), bool)
    else:
        whole = joined([before, new])
        ids = _keys(new.table, whole.data)
        kept = np.ones(len(ids), bool)
        kept[: old.num_rows] = ~np.isin(ids[: old.num_rows], ids[old.num_rows :])
        whole = whole.of(kept)
    order = _keys(new.table, whole.data).argsort(kind="stable")
    return whole.of(order)


def changes(table: Table, old: Any, new: Any) -> Changes:
    """What differs between two states of a table, row by key.

    old, new  Arrow tables in which no two rows agree in their key
    """
    if not old.num_rows:
        return Changes(table.name, new.num_rows, 0, 0, 0, ())
    both = joined([there(table, old), there(table, new)]).data
    ids = _keys(table, both)
    size = old.num_rows
    _, at_old, at_new = np.intersect1d(ids[:size], ids[size:], assume_unique=True, return_indices=True)
    at_new = at_new + size
    differ = {
        column.name: _differ(both[column.name], at_old, at_new) for column in table.columns if not column.key
    }  # fmt: skip
    any_of = np.zeros(len(at_old), bool)
    for mask in differ.values():
        any_of |= mask
    told = np.flatnonzero(any_of)[:TOLD]
    cells = tuple(
        _cell(table, both, int(at_old[pair]), int(at_new[pair]), name)
        for pair in told
        for name, mask in differ.items()
        if mask[pair]
    )
    changed = int(any_of.sum())
    matched = len(at_old)
    return Changes(table.name, new.num_rows - matched, changed, size - matched, matched - changed, cells)


def _keys(table: Table, data: Any) -> Codes:
    if not data.num_rows:
        return np.zeros(0, np.int64)
    return identities([data[name] for name in table.key])


def _differ(column: Any, at_old: Codes, at_new: Codes) -> Any:
    codes = ranks(column)
    return codes[at_old] != codes[at_new]


def _cell(table: Table, both: Any, before: int, after: int, name: str) -> dict[str, str]:
    def text(row: int, column: str) -> str:
        return written(both[column][row].as_py(), table.column(column).kind)

    key = " ".join(text(after, column) for column in table.key if text(after, column))
    return {"table": table.name, "row": key, "column": name, "before": text(before, name), "after": text(after, name)}
