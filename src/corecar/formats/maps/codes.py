"""Bin codes as the SEMI map formats spell them: Ascii, Decimal, HexaDecimal, Integer2, and the null bin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corecar.errors import DamagedSource, UnknownFormat
from corecar.formats.maps.value import NO_DIE, CodeGrid, WaferMap

AGAIN = "Export the map again."
HIGHEST = 0xFFFF
"""The highest bin that any of the formats can spell."""

_WIDTHS = {"ascii": 1, "hexadecimal": 2, "integer2": 4}
"""Characters of a code in a row without blanks; decimal codes stand apart."""

_SPELLINGS = {
    "ascii": re.compile(r"."),
    "decimal": re.compile(r"[0-9]{1,5}"),
    "hexadecimal": re.compile(r"[0-9A-Fa-f]{2}"),
    "integer2": re.compile(r"[0-9A-Fa-f]{4}"),
}


@dataclass(frozen=True)
class Coding:
    """How the codes of one map are spelled.

    kind  `ascii`, `decimal`, `hexadecimal` or `integer2`
    null  the code of a place without a die, as a number; None when the map has none
    """

    path: Path
    kind: str
    null: int | None

    def number(self, code: str) -> int:
        """The bin of a code. Raises DamagedSource for what is none."""
        if not _SPELLINGS[self.kind].fullmatch(code):
            raise DamagedSource(self.path, f"bin code {code!r} is not {self.kind}.", advice=AGAIN)
        found = ord(code) if self.kind == "ascii" else int(code, 10 if self.kind == "decimal" else 16)
        if found > HIGHEST:
            raise DamagedSource(self.path, f"bin code {code!r} is above {HIGHEST}.", advice=AGAIN)
        return found

    def split(self, row: str) -> list[str]:
        """The codes of a row; an incomplete last one is kept, to be told."""
        if self.kind == "decimal":
            return row.split()
        width = _WIDTHS[self.kind]
        text = row.strip("\r\n\t") if self.kind == "ascii" and self.null == ord(" ") else row.strip()
        return [text[at : at + width] for at in range(0, len(text), width)]

    def bins(self, codes: Sequence[str]) -> list[int]:
        """The bins of a row of codes, -1 for the null bin."""
        known = {code: self.number(code) for code in set(codes)}
        return [NO_DIE if known[code] == self.null else known[code] for code in codes]


def coding(path: Path, bin_type: str, null: str) -> Coding:
    """The coding that a map names. Raises UnknownFormat for a bin type that is none."""
    kind = bin_type.strip().lower()
    if kind not in _SPELLINGS:
        expected = "Ascii, Decimal, HexaDecimal or Integer2"
        raise UnknownFormat(path, f"BinType={kind!r}: expected {expected}.", advice=AGAIN)
    plain = Coding(path, kind, None)
    return Coding(path, kind, plain.number(null)) if null else plain


def grid(spelled: Coding, rows: Sequence[str], height: int, width: int, names: tuple[str, str]) -> CodeGrid:
    """The bins of all rows, held against how many rows and columns the map says it has.

    names   what the file calls its numbers of rows and of columns
    Raises  DamagedSource; nothing of the told size is set aside before as many codes are there
    """
    if len(rows) != height:
        raise DamagedSource(spelled.path, f"{len(rows)} rows, but {names[0]}={height}.", advice=AGAIN)
    found = []
    for place, row in enumerate(rows, start=1):
        codes = spelled.split(row)
        if len(codes) != width:
            problem = f"row {place} has {len(codes)} codes, but {names[1]}={width}."
            raise DamagedSource(spelled.path, problem, advice=AGAIN)
        found.append(spelled.bins(codes))
    return np.array(found, dtype=np.int32).reshape(height, width)


def digits_for(chart: WaferMap) -> int:
    """Hexadecimal digits that the bins of a map need beside the null bin: two, or four above 254."""
    return 4 if max(chart.counts, default=0) > 0xFE else 2


def spelled_rows(bins: CodeGrid, digits: int) -> list[str]:
    """Each row as hexadecimal codes without blanks; the highest code is the null bin, also of untested dies."""
    null = "F" * digits
    return ["".join(null if code < 0 else f"{code:0{digits}X}" for code in row) for row in bins.tolist()]
