"""Whether the chain of records holds at a place, and where it goes on when it does not.

A record says only how long it is. A wrong length, or bytes missing or put in between, shows when the next header reads
as a type that no record has; vendors do write types of their own, so such a header is believed when records of known
types follow it. Short ones of further such types may stand between these. A record in whose body records of known types
follow one another is none: it is a piece of one of them that reads as a header.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.formats.stdf.chain import find_chain
from corecar.formats.stdf.rows import BY_TYPE

CHAIN = 4
"""Record headers in a row that must be of known types before a place counts as the start of a record."""
VENDOR = 1
LEAST = {
    "FAR": 2, "ATR": 5, "MIR": 15, "MRR": 4, "PCR": 6, "HBR": 8, "SBR": 8, "PMR": 2, "PGR": 4, "PLR": 2, "RDR": 2,
    "SDR": 3, "WIR": 6, "WRR": 10, "PIR": 2, "PRR": 7, "TSR": 7, "PTR": 12, "MPR": 12, "FTR": 7, "GDR": 2, "DTR": 1,
}  # fmt: skip
"""Bytes that a record of a type takes at least, without the fields that may be left out at its end (STDF V4)."""
SHORT = 4096
"""Bytes of a vendor's record at most, where it stands among those that are to prove another one."""
VENDOR_TYPES, VENDOR_RECORDS = 8, 32
"""Types of a vendor at most among them; so many records of such types in a row are proof enough."""

_KNOWN = np.zeros(65536, np.uint8)
for (_typ, _sub), _type in BY_TYPE.items():
    _KNOWN[_typ << 8 | _sub] = 2 + LEAST.get(_type.name, 0)


class Footing:
    """Knows which record types may follow one another in one stream.

    known  uint8, shape (65536,), by typ * 256 + sub: 0 unknown, 1 a vendor's, met and believed, else of the
           specification: 2 and the bytes that it takes at least
    """

    def __init__(self, *, big_endian: bool) -> None:
        self.known = _KNOWN.copy()
        self.big_endian = big_endian

    def judge(self, data: Any, place: int, size: int, *, last: bool) -> bool | None:
        """Is there a vendor's record at `place`? None when the bytes end before it shows and more will come."""
        at, proofs, others = place, 0, 0
        met: set[int] = set()
        while proofs < CHAIN and others < VENDOR_RECORDS and (at < size or not met):
            if at + 4 > size:
                break
            length, code = self.header(data, at)
            after = at + 4 + length
            if self.known[code]:
                proofs += 1
            elif after > size:
                break
            elif self._is_vendors(data, at, after, met):
                met.add(code)
                others += 1
            else:
                return False
            at = after
        if at > size or (at < size and proofs < CHAIN and others < VENDOR_RECORDS):
            return False if last else None
        self.known[list(met)] = VENDOR
        return True

    def _is_vendors(self, data: Any, place: int, after: int, met: set[int]) -> bool:
        """May a vendor's record stand from `place` to `after`? `met` are the types of those before it.

        A type of 0 with nothing in it are bytes of zeros.
        """
        length, code = self.header(data, place)
        if code == 0 or (met and (length > SHORT or code >> 8 == 0)):
            return False
        if code not in met and len(met) == VENDOR_TYPES:
            return False
        known, address = self.known.ctypes.data, data.ctypes.data
        return int(find_chain(known, address, place + 1, after, self.big_endian, CHAIN)) < 0

    def find(self, data: Any, start: int, size: int) -> int:
        """The first place from `start` on at which records follow one another again; -1 when there is none."""
        return int(find_chain(self.known.ctypes.data, data.ctypes.data, start, size, self.big_endian, CHAIN))

    def header(self, data: Any, place: int) -> tuple[int, int]:
        """REC_LEN and typ * 256 + sub of the record at a place."""
        first, second, typ, sub = (int(byte) for byte in data[place : place + 4])
        return (first << 8 | second if self.big_endian else second << 8 | first), typ << 8 | sub


def record_name(code: int) -> str:
    """`PTR` for 0x0F0A; `180.1` for a type that the specification does not know."""
    row = BY_TYPE.get((code >> 8, code & 255))
    return row.name if row else f"{code >> 8}.{code & 255}"


def lost_footing(code: int, before: int | None) -> str:
    """What an error says of a place where no record begins; `before` is the place of the record before it."""
    blame = "" if before is None else f" the record before it, at byte {before:_}, has a wrong REC_LEN, or"
    return (
        f"no record begins here (the bytes read as type {code >> 8}.{code & 255});{blame} bytes are missing or extra."
    )


def going_on(place: int, found: int, size: int) -> str:
    """What a warning says of bytes skipped from `place` on; `found` is where reading went on, -1 for nowhere."""
    lost = (found if found >= 0 else size) - place
    what = f"{lost} bytes from byte {place:_} on were skipped" if lost > 0 else "no byte was skipped"
    then = f"reading went on at byte {found:_}" if found >= 0 else "nothing readable follows"
    return f"The chain of records breaks at byte {place:_}; {what}; {then}."
