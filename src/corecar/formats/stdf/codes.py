"""The data type codes of STDF as rows: how a value lies in the file and what it becomes in a table.

Source: STDF Specification V4, "Data Types"; `U8`, `Sn`, `Uf` and `Cf` from V4-2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

NUMBER, CHARACTERS, TEXT, BYTES, BITS, NIBBLE, UNSIGNED, VARIANT = range(8)
"""How a value lies in the file: fixed-width number; fixed-length text; text, bytes or bits behind a length; half a
byte; unsigned integer whose width stands in another field; a type code with its value."""


@dataclass(frozen=True)
class TypeCode:
    """One data type code.

    code     the specification's spelling, without the asterisk
    layout   how it lies in the file, one of the constants of this module
    size     bytes of the value, or of the length that stands before it; 0 where another field gives the width
    numpy    NumPy type of a number, little endian; empty for other layouts
    arrow    Arrow type of its column
    empty    what stands for it in the middle of a record where nothing is known
    meaning  in words
    """

    code: str
    layout: int
    size: int
    numpy: str
    arrow: Any
    empty: object
    meaning: str


BITS_TYPE = pa.struct([pa.field("bits", pa.uint16()), pa.field("data", pa.binary())])
VARIANT_TYPE = pa.struct([pa.field("code", pa.string()), pa.field("value", pa.string())])

CODES: dict[str, TypeCode] = {
    row.code: row
    for row in (
        TypeCode("U1", NUMBER, 1, "<u1", pa.uint8(), 0, "one-byte unsigned integer"),
        TypeCode("U2", NUMBER, 2, "<u2", pa.uint16(), 0, "two-byte unsigned integer"),
        TypeCode("U4", NUMBER, 4, "<u4", pa.uint32(), 0, "four-byte unsigned integer"),
        TypeCode("U8", NUMBER, 8, "<u8", pa.uint64(), 0, "eight-byte unsigned integer (V4-2007)"),
        TypeCode("I1", NUMBER, 1, "<i1", pa.int8(), 0, "one-byte signed integer"),
        TypeCode("I2", NUMBER, 2, "<i2", pa.int16(), 0, "two-byte signed integer"),
        TypeCode("I4", NUMBER, 4, "<i4", pa.int32(), 0, "four-byte signed integer"),
        TypeCode("R4", NUMBER, 4, "<f4", pa.float32(), 0.0, "four-byte floating point number"),
        TypeCode("R8", NUMBER, 8, "<f8", pa.float64(), 0.0, "eight-byte floating point number"),
        TypeCode("B1", NUMBER, 1, "<u1", pa.uint8(), 0, "eight single bits"),
        TypeCode("C1", CHARACTERS, 1, "", pa.string(), " ", "one character"),
        TypeCode("Cf", CHARACTERS, 0, "", pa.string(), "", "text whose length stands in another field"),
        TypeCode("Cn", TEXT, 1, "", pa.string(), "", "text of at most 255 bytes behind a one-byte length"),
        TypeCode("Sn", TEXT, 2, "", pa.string(), "", "text behind a two-byte length (V4-2007)"),
        TypeCode("Bn", BYTES, 1, "", pa.binary(), b"", "bytes behind a one-byte length"),
        TypeCode("Dn", BITS, 2, "", BITS_TYPE, {"bits": 0, "data": b""}, "bits behind a two-byte count of bits"),
        TypeCode("N1", NIBBLE, 1, "<u1", pa.uint8(), 0, "four bits; two to a byte, the low half first"),
        TypeCode("Uf", UNSIGNED, 0, "<u8", pa.uint64(), 0, "unsigned integer whose width stands in another field"),
        TypeCode(
            "Vn", VARIANT, 1, "", VARIANT_TYPE, {"code": "B0", "value": ""}, "a type code and a value of that type"
        ),
    )
}

VARIANTS: dict[int, str] = {
    0: "B0",
    1: "U1",
    2: "U2",
    3: "U4",
    4: "I1",
    5: "I2",
    6: "I4",
    7: "R4",
    8: "R8",
    10: "Cn",
    11: "Bn",
    12: "Dn",
    13: "N1",
}
"""What the code byte before a value of a GDR names; `B0` is a pad byte without a value (STDF V4, GDR)."""
