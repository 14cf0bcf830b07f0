"""Files in the numbers of a VAX (CPU_TYPE 0): found by their readings and limits, turned into IEEE numbers in place.

A VAX keeps integers as a PC does, and a real number as two-byte words, the word with sign and exponent first:
F_floating in four bytes, D_floating in eight (VAX Architecture Reference Manual). The number is 1.fraction times 2 to
the power exponent - 129; an exponent of 0 is the number zero or, with the sign set, no number. Many a tester of today
writes CPU_TYPE 0 over IEEE numbers, so the type says nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.formats.stdf import locate as kernel
from corecar.formats.stdf.codes import NUMBER, VARIANT, VARIANTS
from corecar.formats.stdf.columns import Bodies, ByteArray, Positions, locate_fields
from corecar.formats.stdf.plans import plans
from corecar.formats.stdf.records import stretches
from corecar.formats.stdf.rows import RECORDS

VAX = 0
"""CPU_TYPE of a VAX."""
SHORT, LONG = 4, 8
"""Bytes of F_floating and D_floating."""
SMALL, GREAT = 1e-20, 1e20
"""What a tester measures lies between these, or is 0; a number read in the wrong form seldom does."""


def says_vax(content: ByteArray) -> bool:
    """Whether a file begins with a FAR of a little-endian stream that names a VAX."""
    return len(content) > 5 and content[:5].tobytes() == b"\x02\x00\x00\x0a\x00" and content[5] == 4


def in_ieee(content: ByteArray, *, path: str | Path) -> ByteArray | None:
    """The content with every real number turned into IEEE form; None where they are in that form already.

    content  uint8: a whole file for which `says_vax` holds; left as it is
    """
    found = [places for stretch in _little(content, path) for places in _real_numbers(content, stretch)]
    short = _joined([places for places, size in found if size == SHORT])
    if _usual(f_floating(_words(content, short, SHORT))) <= _usual(_words(content, short, SHORT).view("<f4")[:, 0]):
        return None
    out = content.copy()
    out[short[:, None] + np.arange(SHORT)] = f_floating(_words(content, short, SHORT)).astype("<f4")[:, None].view("u1")
    long = _joined([places for places, size in found if size == LONG])
    out[long[:, None] + np.arange(LONG)] = d_floating(_words(content, long, LONG)).astype("<f8")[:, None].view("u1")
    return out


def f_floating(words: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Numbers in F_floating, uint16 of shape (n, 2), as float32; one that is reserved is NaN."""
    return _numbers(words).astype(np.float32)


def d_floating(words: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    """Numbers in D_floating, uint16 of shape (n, 4), rounded to float64; one that is reserved is NaN."""
    return _numbers(words)


def _numbers(words: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    """1.fraction times 2 to the power exponent - 129; a zero with other bits set, which no VAX writes, is NaN."""
    fraction = words[:, 0].astype(np.uint64) & np.uint64(0x7F)
    for word in range(1, words.shape[1]):
        fraction = fraction << np.uint64(16) | words[:, word]
    bits = 16 * words.shape[1] - 9
    exponent = (words[:, 0] >> 7 & 0xFF).astype(np.int32)
    negative = words[:, 0] >> 15 != 0
    value = np.ldexp((fraction | np.uint64(1 << bits)).astype(np.float64), exponent - 129 - bits)
    zero = np.where(negative | (fraction != 0), np.nan, 0.0)
    return np.where(exponent == 0, zero, np.where(negative, -value, value))


def _usual(numbers: npt.NDArray[Any]) -> int:
    """How many numbers are 0 or of a size that a tester measures."""
    size = np.abs(numbers.astype(np.float64))
    return int(np.count_nonzero((size == 0) | (size > SMALL) & (size < GREAT)))


def _words(content: ByteArray, places: Positions, size: int) -> npt.NDArray[np.uint16]:
    words: npt.NDArray[np.uint16] = content[places[:, None] + np.arange(size)].view("<u2")
    return words


def _joined(pieces: list[Positions]) -> Positions:
    return np.concatenate([np.empty(0, np.int64), *pieces])


def _little(content: ByteArray, path: str | Path) -> Iterator[Any]:
    for found in stretches(content, path=path, on_error="salvage"):
        if not isinstance(found, str) and not found.big_endian:
            yield found


def _real_numbers(content: ByteArray, stretch: Any) -> Iterator[tuple[Positions, int]]:
    """Where the real numbers of some records begin, and how many bytes each has."""
    for record in RECORDS.values():
        (plan, *_) = plans(record.name)
        wanted = [
            (index, field)
            for index, field in enumerate(plan.fields)
            if field.type_code.code in ("R4", "R8") or field.type_code.layout == VARIANT
        ]
        rows = np.flatnonzero(stretch.kinds == record.typ * 256 + record.sub) if wanted else np.empty(0, np.int64)
        if not len(rows):
            continue
        source = content.view()
        source.flags.writeable = False
        bodies = Bodies(source, stretch.offsets[rows] + 4, stretch.lengths[rows].astype(np.int64), False)
        places = locate_fields(bodies, plan)
        for index, field in wanted:
            counts = places.counts[index]
            there = counts >= 0
            starts = places.positions[index][there]
            ends = np.concatenate([[0], np.cumsum(counts[there] if field.is_array else np.ones(len(starts), np.int64))])
            if field.type_code.layout == NUMBER:
                within = np.arange(ends[-1]) - np.repeat(ends[:-1], np.diff(ends))
                yield np.repeat(starts, np.diff(ends)) + within * field.type_code.size, field.type_code.size
            else:
                yield from _of_variants(source, starts, ends.astype(np.int64))


def _of_variants(content: ByteArray, starts: Positions, ends: Positions) -> Iterator[tuple[Positions, int]]:
    """The real numbers among the typed values of generic records."""
    total = int(ends[-1])
    codes, places, sizes = np.empty(total, np.uint8), np.empty(total, np.int64), np.empty(total, np.int64)
    kernel.locate_variants(content, starts, ends, False, kernel.FIXED_VARIANTS, codes, places, sizes)
    for byte, name in VARIANTS.items():
        if name in ("R4", "R8"):
            yield places[codes == byte], SHORT if name == "R4" else LONG
