"""The records that a part's bins show in, and which part each PRR ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError, UnknownFormat, UnsupportedVersion
from corecar.formats.stdf.columns import ByteArray
from corecar.formats.stdf.records import Stretch, is_far, stretches

FAR, PCR, HBR, SBR = 0x000A, 0x011E, 0x0128, 0x0132
WIR, WRR, PIR, PRR = 0x020A, 0x0214, 0x050A, 0x0514
_PTR, _MPR, _FTR = 0x0F0A, 0x0F0F, 0x0F14
_NONE = -1


@dataclass(frozen=True)
class PartRecords:
    """The FAR, PCR, HBR, SBR, WIR, WRR, PIR and PRR of a file in its order, one entry each.

    code      int64: REC_TYP * 256 + REC_SUB
    start     int64: position of the header; `end` of the byte behind the record
    part      int64: of a PIR and a PRR the number of its part, in the order the parts begin; else -1
    stream    int64: 0 for the first STDF stream of the file, 1 for the next, ...
    is_big    bool: byte order of the stream
    parts     number of parts begun
    """

    code: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    stream: npt.NDArray[np.int64]
    is_big: npt.NDArray[np.bool_]
    parts: int


def part_records(content: bytes) -> PartRecords:
    """Find the records of an undamaged file, decompressed. A reading at a head and site without an open part begins
    one, which only a PRR makes count; so does a PRR without PIR.

    Raises  ArgumentError for damaged content, or none of STDF V4
    """
    data = np.frombuffer(content, np.uint8)
    open_part = np.empty(65536, np.int64)
    pieces = []
    begun, stream = 0, _NONE
    for stretch in _whole_stretches(data):
        if is_far(data, int(stretch.offsets[0])):
            open_part[:] = _NONE
            stream += 1
        part = np.full(len(stretch.kinds), _NONE, np.int64)
        begun = _number(data, stretch.offsets, stretch.lengths, stretch.kinds, open_part, begun, part)
        rows = np.flatnonzero(np.isin(stretch.kinds, (FAR, PCR, HBR, SBR, WIR, WRR)) | (part >= 0))
        start = stretch.offsets[rows]
        same = (np.full(len(rows), value, np.int64) for value in (stream, stretch.big_endian))
        kinds, lengths = (column[rows].astype(np.int64) for column in (stretch.kinds, stretch.lengths))
        pieces.append((kinds, start, start + 4 + lengths, part[rows], *same))
    code, start, end, part, of_stream, is_big = (np.concatenate(column) for column in zip(*pieces, strict=True))
    counts = np.zeros(begun + 1, np.bool_)
    counts[part[part >= 0]] = True
    number = np.where(part >= 0, np.cumsum(counts)[part] - 1, _NONE)
    return PartRecords(code, start, end, number, of_stream, is_big.astype(bool), int(counts.sum()))


def _whole_stretches(data: ByteArray) -> Iterator[Stretch]:
    try:
        for found in stretches(data, path="the content", on_error="salvage"):
            if isinstance(found, str):
                raise ArgumentError(
                    "The STDF content breaks off inside a record, or has bytes that belong to none. "
                    "Repair the file first: corecar repair."
                )
            if len(found.offsets):
                yield found
    except (UnknownFormat, UnsupportedVersion) as error:
        raise ArgumentError(f"{error} Only STDF of version 4 has parts to move.") from error


@compiled
def _number(data: Any, offsets: Any, lengths: Any, kinds: Any, open_part: Any, begun: int, part: Any) -> int:
    """Write the part that each PIR begins and each PRR ends; returns how many parts have begun so far.

    open_part  by head * 256 + site: the part that is open there
    """
    for row in range(len(kinds)):
        kind = kinds[row]
        is_test = kind in (_PTR, _MPR, _FTR)
        at = 4 if is_test else 0
        if not (is_test or kind in (PIR, PRR)) or lengths[row] < at + 2:
            continue
        slot = int(data[offsets[row] + 4 + at]) * 256 + int(data[offsets[row] + 5 + at])
        if kind == PIR or open_part[slot] == _NONE:
            open_part[slot] = begun
            begun += 1
        if not is_test:
            part[row] = open_part[slot]
        if kind == PRR:
            open_part[slot] = _NONE
    return begun
