"""Compiled loops that find where each field of each record lies, and that fetch what lies there.

None of them reads past the end of a record, whatever lengths and counts the record claims.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled, inlined
from corecar.formats.stdf.codes import BITS, BYTES, NIBBLE, NUMBER, TEXT, UNSIGNED, VARIANT
from corecar.formats.stdf.loads import copy_bytes
from corecar.formats.stdf.plans import (
    CONSTANT,
    COUNT_CONSTANT,
    COUNT_FIELD,
    GATE_FIELD,
    GATE_MASK,
    GATE_VALUE,
    LAYOUT,
    NONE,
    SIZE,
    WIDTH_FIELD,
)

OMITTED = -1
UNBROKEN = -1
_PAIR: Any = np.int64(2)
"""Bytes of a count of bits; as a plain 2 it would be a type of its own to the compiler, with a version of the code."""
FIXED_VARIANTS = np.array([0, 1, 2, 4, 1, 2, 4, 4, 8, -1, -1, -1, -1, 1], dtype=np.int64)
"""Bytes of a value of a GDR by its code byte; -1 where a length stands before the value or the code is unknown."""


@inlined
def read_unsigned(content: Any, at: int, size: int, big: bool) -> Any:
    """An unsigned integer of `size` bytes at `at`."""
    value: Any = 0
    for index in range(size):
        value = (value << 8) | np.int64(content[at + index if big else at + size - 1 - index])
    return value


@inlined
def variant_extent(content: Any, at: int, end: int, big: bool, fixed: Any) -> tuple[int, int]:
    """(first byte of the value, bytes of the value) of a typed value whose code byte stands at `at`; -1 if broken."""
    code = np.int64(content[at])
    at += 1
    if code >= len(fixed):
        return at, -1
    size = fixed[code]
    if code == 10 or code == 11:
        if at >= end:
            return at, -1
        size = np.int64(content[at])
        at += 1
    elif code == 12:
        if at + 2 > end:
            return at, -1
        size = (read_unsigned(content, at, _PAIR, big) + 7) >> 3
        at += 2
    if size < 0 or at + size > end:
        return at, -1
    return at, size


@compiled
def locate(
    content: Any,
    offsets: Any,
    lengths: Any,
    steps: Any,
    big: bool,
    fixed: Any,
    values: Any,
    positions: Any,
    counts: Any,
    consumed: Any,
    broken: Any,
    padded: Any,
) -> None:
    """Find every field of every record.

    content    uint8, the file
    offsets    int64, shape (records,): where each record's body begins
    lengths    int64, shape (records,): its length [bytes]
    steps      int64, shape (fields, 8): the plan
    values     int64, shape (fields,): room for the numbers of one record
    positions  int64, shape (fields, records), written: first byte of the value, after its length where it has one
    counts     int32, shape (fields, records), written: bytes of a single value, elements of an array, or OMITTED
    consumed   int64, shape (records,), written: bytes of the body that the fields account for
    broken     int64, shape (records,), written: the field whose length or count runs past the record's end, or UNBROKEN
    padded     bool, shape (records,), written: True where unused half bytes are not zero
    """
    fields = steps.shape[0]
    for record in range(len(offsets)):
        at = offsets[record]
        end = at + lengths[record]
        is_open = True
        broken[record] = UNBROKEN
        padded[record] = False
        for field in range(fields):
            positions[field, record] = at
            counts[field, record] = OMITTED
            if not is_open:
                continue
            layout = steps[field, LAYOUT]
            size = steps[field, SIZE]
            gate = steps[field, GATE_FIELD]
            if gate != NONE and (values[gate] & steps[field, GATE_MASK]) != steps[field, GATE_VALUE]:
                continue
            if steps[field, COUNT_FIELD] == NONE:
                if at + size > end:
                    is_open = False
                    if at < end:
                        broken[record] = field
                    continue
                if layout in (TEXT, BYTES, BITS):
                    amount = read_unsigned(content, at, size, big)
                    if layout == BITS:
                        amount = (amount + 7) >> 3
                    at += size
                    positions[field, record] = at
                    if at + amount > end:
                        amount = end - at
                        broken[record] = field
                        is_open = False
                else:
                    amount = size
                    if layout == NUMBER:
                        values[field] = read_unsigned(content, at, size, big)
                counts[field, record] = amount
                at += amount
                continue
            amount = steps[field, COUNT_CONSTANT]
            if steps[field, COUNT_FIELD] != CONSTANT:
                amount = values[steps[field, COUNT_FIELD]]
            if steps[field, WIDTH_FIELD] != NONE:
                size = values[steps[field, WIDTH_FIELD]]
                if size == 0:
                    amount = 0
            if amount > 0 and at >= end:
                is_open = False
                continue
            whole = amount
            if layout in (TEXT, VARIANT):
                whole = 0
                while whole < amount:
                    if at + size > end:
                        break
                    if layout == TEXT:
                        first = at + size
                        extent = read_unsigned(content, at, size, big)
                        if first + extent > end:
                            break
                    else:
                        first, extent = variant_extent(content, at, end, big, fixed)
                        if extent < 0:
                            break
                    at = first + extent
                    whole += 1
            elif layout == NIBBLE:
                whole = min(amount, 2 * (end - at))
                at += (whole + 1) >> 1
                if whole & 1 and content[at - 1] > 15:
                    padded[record] = True
            elif layout == UNSIGNED and size > 8:
                whole = 0
            elif size > 0:
                whole = min(amount, (end - at) // size)
                at += whole * size
            counts[field, record] = whole
            if whole < amount:
                broken[record] = field
                is_open = False
        consumed[record] = at - offsets[record]


@compiled
def fetch_numbers(content: Any, positions: Any, counts: Any, size: int, big: bool, out: Any) -> None:
    """Copy a number of `size` bytes a record into `out` (uint8), little endian; zero where it is omitted."""
    for record in range(len(positions)):
        base = record * size
        if counts[record] < 0:
            for index in range(size):
                out[base + index] = 0
        else:
            at = positions[record]
            for index in range(size):
                out[base + index] = content[at + (size - 1 - index if big else index)]


@compiled
def fetch_bytes(content: Any, positions: Any, ends: Any, out: Any) -> None:
    """Copy bytes from `positions` into `out`, one run after the other; run i goes to ends[i] .. ends[i + 1]."""
    source, target = content.ctypes.data, out.ctypes.data
    for record in range(len(positions)):
        copy_bytes(target + ends[record], source + positions[record], ends[record + 1] - ends[record])


@compiled
def fetch_nibbles(content: Any, positions: Any, ends: Any, out: Any) -> None:
    """Unpack half bytes, the low half first; array i goes to ends[i] .. ends[i + 1] of `out`."""
    for record in range(len(positions)):
        at = positions[record]
        start = ends[record]
        for index in range(ends[record + 1] - start):
            pair = content[at + (index >> 1)]
            out[start + index] = (pair >> 4) if index & 1 else (pair & 15)


@compiled
def fetch_unsigned(content: Any, positions: Any, widths: Any, ends: Any, big: bool, out: Any) -> None:
    """Unpack arrays of unsigned integers, array i with elements of widths[i] bytes, into `out` (uint64)."""
    for record in range(len(positions)):
        at = positions[record]
        width = widths[record]
        for index in range(ends[record], ends[record + 1]):
            out[index] = read_unsigned(content, at, width, big)
            at += width


@compiled
def locate_texts(content: Any, positions: Any, ends: Any, size: int, big: bool, starts: Any, sizes: Any) -> None:
    """Find the elements of arrays of texts that stand behind a length of `size` bytes each."""
    for record in range(len(positions)):
        at = positions[record]
        for index in range(ends[record], ends[record + 1]):
            extent = read_unsigned(content, at, size, big)
            starts[index] = at + size
            sizes[index] = extent
            at += size + extent


@compiled
def locate_variants(
    content: Any, positions: Any, ends: Any, big: bool, fixed: Any, codes: Any, starts: Any, sizes: Any
) -> None:
    """Find type and place of the values of arrays of typed values; `locate` made sure that they are whole."""
    for record in range(len(positions)):
        at = positions[record]
        for index in range(ends[record], ends[record + 1]):
            codes[index] = content[at]
            first, extent = variant_extent(content, at, at + 70_000, big, fixed)
            starts[index] = first
            sizes[index] = extent
            at = first + extent


@compiled
def widen_latin1(data: Any, ends: Any, out: Any, new_ends: Any) -> None:
    """Rewrite Latin-1 text as UTF-8: text i of `data` is ends[i] .. ends[i + 1]; `new_ends` (written) likewise."""
    at = 0
    new_ends[0] = 0
    for text in range(len(ends) - 1):
        for index in range(ends[text], ends[text + 1]):
            byte = data[index]
            if byte < 128:
                out[at] = byte
                at += 1
            else:
                out[at] = 0xC0 | (byte >> 6)
                out[at + 1] = 0x80 | (byte & 0x3F)
                at += 2
        new_ends[text + 1] = at
