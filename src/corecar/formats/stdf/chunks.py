"""Where the hot kernel puts readings: a chain of chunks per test, so that sorting them by test is done as they come.

A chunk is a head and records of eight bytes: how much further the part's number is than in the record before (int16),
flags (uint16), value (float32). Tests that the join may find to be one test, read in turns, have four bytes more a
record: its number among the stream's readings, which gives the order of both back.
"""

from __future__ import annotations

import numpy as np

from corecar.compiled import inlined, inner
from corecar.formats.stdf.kernel_state import (
    CHECKSUM,
    READINGS,
    SHELF_AT,
    T_CHUNK,
    T_CHUNK_END,
    T_CURSOR,
    T_FIRST_CHUNK,
    T_LAST_PART,
    T_NUMBERED,
    T_READINGS,
    T_STRIDE,
)
from corecar.formats.stdf.loads import (
    get_slot,
    load_i8,
    load_u1,
    load_u4,
    put_slot,
    store_1,
    store_4,
    store_8,
    store_r4,
)

C_NEXT, C_PART, C_COUNT, C_STRIDE, HEAD = 0, 8, 12, 16, 24
"""Fields of a chunk's head: address of the next chunk, part of its first record, records, bytes a record; its size."""
PLAIN, NUMBERED = 8, 12
"""Bytes of a record without and with its number."""
LEAST, MOST = 16, 1024
"""Records of a chunk: a quarter of what the test has so far, within these."""
LONGEST = HEAD + MOST * NUMBERED + 8
"""Bytes that a chunk takes at most; the last 8 are for the number that is always written, and for alignment."""


@inner
def _open_chunk(state: int, row: int, part: int) -> int:
    """Hang a fresh chunk behind a test's last one; returns where its first record goes. There is room for it."""
    chunk, at, readings = load_i8(row + T_CHUNK, False), get_slot(state, SHELF_AT), load_i8(row + T_READINGS, False)
    if chunk == 0:
        store_8(row + T_FIRST_CHUNK, at)
    else:
        filled = (load_i8(row + T_CURSOR, False) - chunk - HEAD) // load_u1(row + T_STRIDE, False)
        store_4(chunk + C_COUNT, filled)
        store_8(chunk + C_NEXT, at)
        readings += filled
        store_8(row + T_READINGS, readings)
    stride = NUMBERED if load_u1(row + T_NUMBERED, False) else PLAIN
    end = at + HEAD + stride * min(max(readings >> 2, LEAST), MOST)
    store_4(at + C_PART, part)
    store_4(at + C_STRIDE, stride)
    store_8(row + T_CHUNK, at)
    store_8(row + T_CHUNK_END, end)
    store_1(row + T_STRIDE, stride)
    put_slot(state, SHELF_AT, (end + 11) & -8)
    return at + HEAD


@inlined
def emit(state: int, row: int, part: int, value: np.float32, flags: int) -> None:
    """Put a reading into the chunks of the test whose row stands at an address."""
    at = load_i8(row + T_CURSOR, False)
    step = part - load_u4(row + T_LAST_PART, False)
    if at >= load_i8(row + T_CHUNK_END, False) or step < -32768 or step > 32767:
        at = _open_chunk(state, row, part)
        step = 0
    count = get_slot(state, READINGS)
    store_4(at, (step & 0xFFFF) | flags << 16)
    store_r4(at + 4, value)
    store_4(at + 8, count)
    put_slot(state, READINGS, count + 1)
    put_slot(state, CHECKSUM, get_slot(state, CHECKSUM) + load_u4(at + 4, False))
    store_8(row + T_CURSOR, at + load_u1(row + T_STRIDE, False))
    store_4(row + T_LAST_PART, part)


@inlined
def number_readings(row: int) -> None:
    """From the next reading on, the records of this test bear numbers."""
    store_1(row + T_NUMBERED, 1)
    store_8(row + T_CHUNK_END, 0)


@inlined
def begin_chunks(row: int) -> None:
    """A fresh row of the tests table has no readings yet."""
    for field in (T_FIRST_CHUNK, T_CHUNK, T_CURSOR, T_CHUNK_END, T_READINGS):
        store_8(row + field, 0)
    store_4(row + T_LAST_PART, 0)
    store_1(row + T_STRIDE, PLAIN)
    store_1(row + T_NUMBERED, 0)
