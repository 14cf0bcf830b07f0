"""Compiled loops that put fields of many records where they belong in a file.

`at` (int64, shape (records,)) is where the next field of each record goes; every loop moves it on past what it wrote.
`present` (bool, shape (records,)) is False where the field is omitted.
"""

from __future__ import annotations

from typing import Any

from corecar.compiled import compiled, inlined


@inlined
def _place_unsigned(out: Any, at: int, value: int, size: int, big: bool) -> None:
    for index in range(size):
        out[at + (size - 1 - index if big else index)] = (value >> (8 * index)) & 255


@compiled
def place_headers(out: Any, starts: Any, bodies: Any, typ: int, sub: int, big: bool) -> None:
    """The four bytes before each record: length, type, sub-type."""
    for record in range(len(starts)):
        at = starts[record]
        _place_unsigned(out, at, bodies[record], 2, big)
        out[at + 2] = typ
        out[at + 3] = sub


@compiled
def place_fixed(out: Any, at: Any, present: Any, data: Any, size: int) -> None:
    """Values of `size` bytes each, in file order already."""
    for record in range(len(at)):
        if present[record]:
            for index in range(size):
                out[at[record] + index] = data[record * size + index]
            at[record] += size


@compiled
def place_runs(out: Any, at: Any, present: Any, data: Any, ends: Any, prefix: int, prefixes: Any, big: bool) -> None:
    """Runs of bytes, each behind a length of `prefix` bytes that says prefixes[record]."""
    for record in range(len(at)):
        if present[record]:
            _place_unsigned(out, at[record], prefixes[record], prefix, big)
            at[record] += prefix
            for index in range(ends[record], ends[record + 1]):
                out[at[record]] = data[index]
                at[record] += 1


@compiled
def place_texts(out: Any, at: Any, present: Any, lists: Any, data: Any, ends: Any, prefix: int, big: bool) -> None:
    """Arrays of texts: array r holds the texts lists[r] .. lists[r + 1], each behind its length."""
    for record in range(len(at)):
        if present[record]:
            for text in range(lists[record], lists[record + 1]):
                _place_unsigned(out, at[record], ends[text + 1] - ends[text], prefix, big)
                at[record] += prefix
                for index in range(ends[text], ends[text + 1]):
                    out[at[record]] = data[index]
                    at[record] += 1


@compiled
def place_nibbles(out: Any, at: Any, present: Any, lists: Any, values: Any) -> None:
    """Arrays of half bytes, two to a byte, the first in the low half."""
    for record in range(len(at)):
        if present[record]:
            for index in range(lists[record], lists[record + 1]):
                within = index - lists[record]
                if within & 1:
                    out[at[record]] |= values[index] << 4
                    at[record] += 1
                else:
                    out[at[record]] = values[index]
            at[record] += (lists[record + 1] - lists[record]) & 1


@compiled
def place_records(out: Any, targets: Any, data: Any, starts: Any) -> None:
    """Whole records from `data` (record r at starts[r] .. starts[r + 1]) to targets[r] of the file."""
    for record in range(len(targets)):
        at = targets[record]
        for index in range(starts[record], starts[record + 1]):
            out[at] = data[index]
            at += 1


@compiled
def narrow_latin1(data: Any, ends: Any, out: Any, new_ends: Any) -> int:
    """UTF-8 text as Latin-1; returns the first text that has other characters, or -1."""
    at = 0
    new_ends[0] = 0
    for text in range(len(ends) - 1):
        index = ends[text]
        while index < ends[text + 1]:
            byte = data[index]
            if byte < 128:
                out[at] = byte
                index += 1
            elif byte < 0xC4:
                out[at] = ((byte & 3) << 6) | (data[index + 1] & 0x3F)
                index += 2
            else:
                return text
            at += 1
        new_ends[text + 1] = at
    return -1
