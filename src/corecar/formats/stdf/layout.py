"""The working tables of the hot kernel: rows of memory that Python sees as NumPy and the kernel by address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from corecar.formats.stdf.memory import passing

TEST = np.dtype(
    [
        ("number", "u4"),
        ("following", "i4"),  # the test that came after this one last time
        ("name_at", "i8"),  # in the arena
        ("name_length", "i4"),
        ("kind", "u1"),
        ("low_state", "u1"),
        ("high_state", "u1"),
        ("parm_known", "u1"),
        ("low", "u4"),  # bits of the float32 limit
        ("high", "u4"),
        ("first_at", "i8"),  # the record that carries the test's defaults, in the arena; -1 when none yet
        ("first_length", "i4"),
        ("chain", "i4"),  # next test of the same number and kind
        ("seen_site", "i4"),  # head and site of its last record
        ("seen_at", "i8"),  # number of its last record
        ("child", "i4"),  # first pin row
        ("children", "i4"),
        ("variant", "i4"),  # another group of pins
        ("pin", "i4"),  # PMR index; -2 - position when unknown
        ("parent", "i4"),
        ("parm_flags", "u1"),
        ("numbered", "u1"),  # records of the chunks to come bear numbers
        ("stride", "u1"),  # bytes of a record in the chunk that is being filled
        ("last_part", "u4"),
        ("first_chunk", "i8"),  # addresses; 0 where there is none
        ("chunk", "i8"),  # the one being filled
        ("cursor", "i8"),  # where its next record goes
        ("chunk_end", "i8"),
        ("readings", "i8"),  # in the chunks before it
    ],
    align=True,
)
PART = np.dtype(
    [
        ("offset", "i8"),  # of the PIR
        ("closed_at", "i8"),  # of the PRR; -1 when there is none
        ("id_at", "i8"),  # in the arena
        ("text_at", "i8"),
        ("time", "u4"),
        ("x", "i2"),
        ("y", "i2"),
        ("hard_bin", "u2"),
        ("soft_bin", "u2"),
        ("test_count", "u2"),
        ("id_length", "u1"),
        ("text_length", "u1"),
        ("state", "u1"),
        ("head", "u1"),
        ("site", "u1"),
        ("flags", "u1"),
    ],
    align=True,
)
ASIDE = np.dtype(
    [("offset", "i8"), ("sequence", "i8"), ("at", "i8"), ("length", "i4"), ("parts", "u4"), ("code", "u2")],
    align=True,
)
LIMIT = np.dtype(
    [
        ("test", "u4"),
        ("part", "u4"),
        ("at", "u4"),  # readings before it in the stream: the number of the reading that the limits are of, or less
        ("low", "u4"),
        ("high", "u4"),
        ("low_state", "u1"),
        ("high_state", "u1"),
    ],
    align=True,
)


def place(table: np.dtype[np.void], field: str) -> int:
    """Byte position of a field in a row."""
    fields = table.fields
    assert fields is not None
    return int(fields[field][1])


def stacked(tables: Sequence[Any]) -> Any:
    """The rows of tables of one kind, one behind the other; a single table as it is.

    Copied as plain bytes, as everywhere that many rows move: NumPy copies rows field by field, twenty times as slowly.
    """
    if len(tables) == 1:
        return tables[0]
    kind = tables[0].dtype
    rows = passing(sum(map(len, tables)), kind)
    np.concatenate([table.view(np.uint8) for table in tables], out=rows.view(np.uint8))
    return rows
