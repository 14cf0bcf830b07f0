"""Order statistics in compiled loops: a stable sort of readings by group and value, and quantiles by a named rule.

Readings travel packed in a uint64: the value in the low half as an unsigned number that sorts as the float32 does,
above it the group, so that one radix sort puts every group in order at once, or the part, which only goes along.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import allocating, compiled, inlined

QUARTILE_RULES: dict[str, int] = {"type 7": 7, "type 6": 6, "type 5": 5, "lower": 1, "higher": 2}
"""Quantile definitions by name; the numbers 5 to 7 are those of Hyndman and Fan (1996)."""

_DIGIT_BITS = 11
_SIGN = np.uint32(0x8000_0000)
_ALL = np.uint32(0xFFFF_FFFF)


@inlined
def sortable(bits: Any) -> Any:
    """The bits of a float32 as a uint32 that sorts as the float does."""
    return bits ^ _ALL if bits & _SIGN else bits | _SIGN


@inlined
def unsortable(key: Any) -> Any:
    """The inverse of `sortable`."""
    return key ^ _SIGN if key & _SIGN else key ^ _ALL


@allocating
def sort_packed(packed: Any, spare: Any, bits: int) -> Any:
    """Sort uint64 by their low `bits` bits, stable; returns whichever of the two buffers holds the result."""
    count = np.empty(1 << _DIGIT_BITS, np.int64)
    source, target = packed, spare
    for low in range(0, bits, _DIGIT_BITS):
        mask = np.uint64((1 << min(_DIGIT_BITS, bits - low)) - 1)
        shift = np.uint64(low)
        count[:] = 0
        for item in source:
            count[(item >> shift) & mask] += 1
        if count[(source[0] >> shift) & mask] == len(source):
            continue
        place = 0
        for digit in range(len(count)):
            place, count[digit] = place + count[digit], place
        for item in source:
            digit = (item >> shift) & mask
            target[count[digit]] = item
            count[digit] += 1
        source, target = target, source
    return source


@compiled
def quantile(ordered: Any, fraction: float, rule: int) -> float:
    """A quantile of ascending values as float64.

    ordered   float32 or float64, ascending, at least one
    fraction  0 to 1
    rule      a value of `QUARTILE_RULES`
    """
    last = len(ordered) - 1
    if rule == 6:
        place = (last + 2) * fraction - 1.0
    elif rule == 5:
        place = (last + 1) * fraction - 0.5
    else:
        place = last * fraction
    below = int(place)
    if place <= 0.0:
        return np.float64(ordered[0])
    if below >= last:
        return np.float64(ordered[last])
    value = np.float64(ordered[below])
    if rule == 1 or place == below:
        return value
    if rule == 2:
        return np.float64(ordered[below + 1])
    return value + (place - below) * (np.float64(ordered[below + 1]) - value)


@compiled
def median(ordered: Any) -> float:
    """The middle of ascending values, or the mean of the two middle ones (AEC-Q001: robust mean)."""
    half = len(ordered) // 2
    if len(ordered) % 2:
        return np.float64(ordered[half])
    return 0.5 * (np.float64(ordered[half - 1]) + np.float64(ordered[half]))
