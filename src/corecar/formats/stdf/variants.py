"""The typed values of a GDR as text, and back: (`U2`, "513"), (`R4`, "1.5"), (`Bn`, "6162"), (`Dn`, "9:ff01").

A number is written so that reading the text gives the same bits back; a pad byte (`B0`) has no value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.formats.stdf.codes import CODES, VARIANTS

CODE_BYTES: dict[str, int] = {name: byte for byte, name in VARIANTS.items()}


def spell_variants(
    data: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint8],
    bits: npt.NDArray[np.uint16],
    *,
    big_endian: bool,
) -> tuple[list[bytes], npt.NDArray[np.bool_]]:
    """(texts, doubt): each value as bytes of text, and where the text does not give the value's bytes back.

    data   the values' bytes, value i at ends[i] .. ends[i + 1], without the lengths that stand before them
    codes  the code byte of each value
    bits   the number of bits of each `Dn`, 0 elsewhere
    """
    raw = data.tobytes()
    texts = []
    doubt = np.zeros(len(codes), dtype=bool)
    for index, byte in enumerate(codes.tolist()):
        code = VARIANTS[byte]
        value = raw[ends[index] : ends[index + 1]]
        text = _spell(code, value, int(bits[index]), big_endian)
        doubt[index] = code in ("R4", "R8", "N1") and _payload(code, text.decode(), big_endian) != value
        texts.append(text)
    return texts, doubt


def _spell(code: str, value: bytes, bits: int, big_endian: bool) -> bytes:
    if code == "Cn":
        return value
    if code == "Dn":
        return f"{bits}:{value.hex()}".encode()
    if code in ("Bn", "B0"):
        return value.hex().encode()
    if code == "N1":
        return str(value[0] & 15).encode()
    number: Any = np.frombuffer(value, _number_type(code, big_endian))[0]
    return str(number).encode()


def write_variant(code: str, value: str, *, big_endian: bool, encoding: str = "utf-8") -> bytes:
    """One typed value as it stands in a GDR: code byte, length where there is one, value.

    Raises  ValueError, KeyError, OverflowError where the text is no value of that type
    """
    start = bytes([CODE_BYTES[code]])
    if code == "Cn":
        payload = value.encode(encoding)
        return start + _length(len(payload), 1, big_endian) + payload
    if code == "Bn":
        payload = bytes.fromhex(value)
        return start + _length(len(payload), 1, big_endian) + payload
    if code == "Dn":
        bits, _, digits = value.partition(":")
        return start + _length(int(bits), 2, big_endian) + bytes.fromhex(digits)
    return start + _payload(code, value, big_endian)


def _payload(code: str, text: str, big_endian: bool) -> bytes:
    if code == "B0":
        return b""
    if code == "N1":
        return bytes([int(text) & 15])
    read: Callable[[str], Any] = float if code.startswith("R") else int
    return np.array(read(text), dtype=_number_type(code, big_endian)).tobytes()


def _number_type(code: str, big_endian: bool) -> np.dtype[Any]:
    return np.dtype(CODES[code].numpy).newbyteorder(">" if big_endian else "<")


def _length(value: int, size: int, big_endian: bool) -> bytes:
    return value.to_bytes(size, "big" if big_endian else "little")
