"""The few STDF V4 fields that the simulator writes, packed in either byte order."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Packing:
    """Packs fields and records in one byte order (STDF V4, record header REC_LEN, REC_TYP, REC_SUB)."""

    big_endian: bool = False

    @property
    def order(self) -> str:
        """`>` or `<`, as struct and NumPy write it."""
        return ">" if self.big_endian else "<"

    def fields(self, codes: str, *values: float | int | bytes) -> bytes:
        """Fields by their struct codes, without padding."""
        return struct.pack(self.order + codes, *values)

    def record(self, kind: tuple[int, int], body: bytes) -> bytes:
        """One record with its header."""
        return self.fields("HBB", len(body), *kind) + body


def text(*values: str) -> bytes:
    """Cn fields: a length byte and up to 255 characters each (STDF V4, type code Cn)."""
    encoded = [value.encode("latin-1", "replace")[:255] for value in values]
    return b"".join(bytes([len(value)]) + value for value in encoded)


FAR, ATR = (0, 10), (0, 20)
MIR, MRR, PCR, HBR, SBR, PMR, SDR = (1, 10), (1, 20), (1, 30), (1, 40), (1, 50), (1, 60), (1, 80)
WIR, WRR, WCR = (2, 10), (2, 20), (2, 30)
PIR, PRR, TSR = (5, 10), (5, 20), (10, 30)
PTR, MPR, FTR = (15, 10), (15, 15), (15, 20)
