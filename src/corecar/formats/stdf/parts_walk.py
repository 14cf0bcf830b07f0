"""Where the records stand that a part's bins show in: a walk over the headers of an undamaged file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.compiled import compiled

FAR, PCR, HBR, SBR = 0x000A, 0x011E, 0x0128, 0x0132
WIR, WRR, PIR, PRR = 0x020A, 0x0214, 0x050A, 0x0514
_TESTS = 15
_PTR, _MPR, _FTR = 10, 15, 20
_UNKNOWN = -1


@dataclass(frozen=True)
class Walk:
    """Records of interest (FAR, PCR, HBR, SBR, WIR, WRR, PRR) in the order of the file, one entry each.

    code      int64: REC_TYP * 256 + REC_SUB
    start     int64: position of the header; `end` of the byte behind the record
    part      int64: of a PRR the number of its part, in the order the parts begin; else -1
    stream    int64: 0 for the first STDF stream of the file, 1 for the next, ...
    is_big    bool: byte order of the stream
    parts     number of parts begun
    whole     the walk reached the end of the content; otherwise a length pointed beyond it
    """

    code: Any
    start: Any
    end: Any
    part: Any
    stream: Any
    is_big: Any
    parts: int
    whole: bool


def walk_parts(content: bytes) -> Walk:
    """Walk over decompressed STDF content. A reading at a head and site without an open part begins one, which only
    a PRR makes count; so does a PRR without PIR."""
    data = np.frombuffer(content, np.uint8)
    count, parts, whole = _walk(data, np.empty((0, 6), np.int64), np.empty(0, np.bool_))
    found, closed = np.empty((count, 6), np.int64), np.zeros(parts, np.bool_)
    _walk(data, found, closed)
    number = np.where(closed, np.cumsum(closed) - 1, _UNKNOWN)
    part = np.where(found[:, 3] >= 0, number[np.maximum(found[:, 3], 0)] if parts else _UNKNOWN, _UNKNOWN)
    code, start, end, _, stream, big = found.T
    return Walk(code, start, end, part, stream, big.astype(bool), int(closed.sum()), bool(whole))


@compiled
def _walk(data: Any, found: Any, counts: Any) -> tuple[int, int, bool]:
    """Count records of interest and parts; write as many records as there is room for, and which parts count.

    Columns of `found`: code, start, end, part as begun, stream, byte order.
    """
    open_part = np.full(65536, _UNKNOWN, np.int64)
    position, count, parts, stream, big = 0, 0, 0, -1, False
    while position + 4 <= len(data):
        kind, sub = int(data[position + 2]), int(data[position + 3])
        code = kind * 256 + sub
        if code == FAR:
            big = data[position] == 0
            stream += 1
            open_part[:] = _UNKNOWN
        first, second = int(data[position]), int(data[position + 1])
        end = position + 4 + (first * 256 + second if big else second * 256 + first)
        if end > len(data):
            break
        part = _UNKNOWN
        if code == PIR and end - position >= 6:
            slot = int(data[position + 4]) * 256 + int(data[position + 5])
            open_part[slot] = parts
            if parts < len(counts):
                counts[parts] = True
            parts += 1
        elif kind == _TESTS and sub in (_PTR, _MPR, _FTR) and end - position >= 10:
            slot = int(data[position + 8]) * 256 + int(data[position + 9])
            if open_part[slot] == _UNKNOWN:
                open_part[slot] = parts
                parts += 1
        elif code == PRR and end - position >= 6:
            slot = int(data[position + 4]) * 256 + int(data[position + 5])
            if open_part[slot] == _UNKNOWN:
                open_part[slot] = parts
                parts += 1
            part = open_part[slot]
            if part < len(counts):
                counts[part] = True
            open_part[slot] = _UNKNOWN
        if part >= 0 or code in (FAR, PCR, HBR, SBR, WIR, WRR):
            if count < len(found):
                row = found[count]
                row[0], row[1], row[2], row[3], row[4], row[5] = code, position, end, part, stream, big
            count += 1
        position = end
    return count, parts, position == len(data)
