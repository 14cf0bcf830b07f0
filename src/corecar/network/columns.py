"""Columns of a chain's tables as whole arrays: texts, numbers, weeks, places among names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.weeks import week_numbers
from corecar.network.arrays import NONE, Flags, Floats, Integers

EVER, NEVER_ENDS = 0, 1 << 30
"""Weeks that stand for no first and no last week."""


def texts(table: Any, column: str) -> list[Any]:
    """The cells of a column, None where they are empty."""
    return list(table[column].to_pylist())


def words(table: Any, column: str) -> list[str]:
    """The cells of a column of names, "" where they are empty."""
    return [text or "" for text in texts(table, column)]


def numbers(table: Any, column: str, default: float) -> Floats:
    """A column as float64, shape (rows,), with a number where it is empty."""
    filled = pc.fill_null(table[column].cast("float64"), default)
    return np.asarray(_flat(filled).to_numpy(zero_copy_only=False), np.float64)


def is_empty(table: Any, column: str) -> Flags:
    """Which cells of a column are empty, shape (rows,)."""
    return _flags(pc.is_null(table[column]))


def is_word(table: Any, column: str, word: str) -> Flags:
    """Which cells of a column are a word, shape (rows,)."""
    return _flags(pc.fill_null(pc.equal(table[column].cast(pa.string()), word), False))


def is_true(table: Any, column: str) -> Flags:
    """Which cells of a column of yes and no are yes, shape (rows,)."""
    return _flags(pc.fill_null(table[column], False))


def places(table: Any, column: str, names: Sequence[str | None]) -> Integers:
    """Where the cells of a column stand among names, int64 of shape (rows,); NONE where empty or none of them."""
    if not table.num_rows:
        return np.zeros(0, np.int64)
    flat = _flat(table[column])
    coded = flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode()
    number = {name: place for place, name in enumerate(names) if name is not None}
    there = np.array([number.get(word, NONE) for word in coded.dictionary.to_pylist()] + [NONE], np.int64)
    return np.asarray(there[pc.fill_null(coded.indices, len(there) - 1).to_numpy(zero_copy_only=False)])


def weeks_of(table: Any, column: str = "week") -> Integers:
    """A column of weeks by number, int64 of shape (rows,); none of them is empty."""
    return week_numbers(np.asarray(_flat(table[column]).to_numpy(zero_copy_only=False), "datetime64[D]"))


def spans(table: Any, first: str, last: str) -> Integers:
    """First and last week between two days, both inside, int64 of shape (rows, 2).

    A week counts when its Monday is a day of the span; an empty cell is EVER and NEVER_ENDS.
    """
    found = np.empty((table.num_rows, 2), np.int64)
    for side, column, shift, open_ in ((0, first, 6, EVER), (1, last, 0, NEVER_ENDS)):
        empty = is_empty(table, column)
        days = np.asarray(
            _flat(pc.fill_null(table[column], date(1970, 1, 1))).to_numpy(zero_copy_only=False), "datetime64[D]"
        )
        found[:, side] = np.where(empty, open_, week_numbers(days + shift))
    return found


def _flags(column: Any) -> Flags:
    return np.asarray(_flat(column).to_numpy(zero_copy_only=False), np.bool_)


def _flat(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
