"""Whether the REC_LEN of a record of a part fits its fields: bytes behind the last one, whole records inside.

A REC_LEN that is too large and ends, by chance, where a later record begins breaks no chain of records. It shows in the
body alone: a chain of records stands in it and ends where it ends. Testers do write bytes of their own behind the last
field, so bytes that are no such chain are healthy, and counted.
"""

from __future__ import annotations

from corecar.compiled import inlined, inner
from corecar.formats.stdf.chain import chain_within
from corecar.formats.stdf.kernel_state import (
    FTR,
    INNER_AT,
    KNOWN,
    LENGTHS,
    LENGTHS_ROWS,
    MPR,
    PTR,
    TEST_SURPLUS,
)
from corecar.formats.stdf.loads import get_slot, load_u1, load_u2, load_u4, put_slot, store_4

PTR_FIXED, MPR_FIXED, FTR_FIXED, PRR_FIXED = 12, 12, 7, 17
"""Bytes of the fields of fixed length with which a record begins; a shorter one can take in no other."""
WITH_SURPLUS = 1 << 16
"""Bit beside a length in the table of lengths: a record of that length has bytes behind its last field."""


@inlined
def odd(state: int, what: int, position: int) -> None:
    """Count an oddity, and keep the position of its first."""
    count = get_slot(state, what)
    if count == 0:
        put_slot(state, what + 1, position)
    put_slot(state, what, count + 1)


@inlined
def text_length(at: int, end: int) -> int:
    """Length of the Cn at an address, clipped to its record; -1 when the record ends before it."""
    if at >= end:
        return -1
    return min(load_u1(at, False), end - at - 1)


@inlined
def _behind_texts(at: int, end: int, count: int) -> int:
    """The address behind so many Cn, at most `end`."""
    for _ in range(count):
        at += 1 + max(text_length(at, end), 0)
    return min(at, end)


@inner
def _behind_fields(code: int, body: int, end: int, swap: bool) -> int:
    """The address behind the last field of a PTR, MPR or FTR that holds them all; `end` or more where it does not."""
    if code == PTR:
        option = _behind_texts(body + 12, end, 2)
        return _behind_texts(option + 12, end, 4) + 8
    if code == MPR:
        pins, results = load_u2(body + 8, swap), load_u2(body + 10, swap)
        option = _behind_texts(body + 12 + (pins + 1) // 2 + 4 * results, end, 2)
        return _behind_texts(option + 20 + 2 * pins, end, 5) + 8
    if end - body < 38:
        return end
    returned, programmed = load_u2(body + 34, swap), load_u2(body + 36, swap)
    at = body + 38 + returned * 2 + (returned + 1) // 2 + programmed * 2 + (programmed + 1) // 2
    if at + 2 > end:
        return end
    at = _behind_texts(at + 2 + (load_u2(at, swap) + 7) // 8, end, 7) + 1
    return at + 2 + (load_u2(at, swap) + 7) // 8 if at + 2 <= end else end


@inner
def holds_records(state: int, start: int, end: int, swap: bool) -> bool:
    """Do whole records stand from `start` to the end of a body? Leaves in INNER_AT where they begin."""
    first = chain_within(get_slot(state, KNOWN), start, end, swap)
    put_slot(state, INNER_AT, first)
    return first >= 0


@inlined
def is_new_length(lengths: int, body: int, length: int, swap: bool) -> bool:
    """Is a test record of another length than the last one of its test that was looked into?"""
    return load_u4(_row_of_length(lengths, body, swap), False) != length


@inlined
def _row_of_length(lengths: int, body: int, swap: bool) -> int:
    """The address in the table of lengths of the last length of a test."""
    return lengths + 4 * (((load_u4(body, swap) * 2654435761) >> 20) & (LENGTHS_ROWS - 1))


@inner
def is_swallowing(state: int, code: int, body: int, end: int, offset: int, swap: bool) -> bool:
    """Has a PTR, MPR or FTR longer than its fixed fields a REC_LEN that takes in whole records? Counts surplus bytes.

    One is looked into when it is of another length than the last such of its test: that of a healthy file changes once
    or twice a test, so that most records cost a comparison.
    """
    length = end - body
    row = _row_of_length(get_slot(state, LENGTHS), body, swap)
    last = load_u4(row, False)
    if last != length | WITH_SURPLUS:
        fixed = FTR_FIXED if code == FTR else PTR_FIXED
        if holds_records(state, body + fixed, end, swap):
            return True
        if _behind_fields(code, body, end, swap) >= end:
            store_4(row, length)
            return False
        store_4(row, length | WITH_SURPLUS)
    odd(state, TEST_SURPLUS, offset)
    return False
