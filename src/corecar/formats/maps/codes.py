"""Bin codes as the SEMI map formats spell them: Ascii, Decimal, HexaDecimal, Integer2, and the null bin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corecar.errors import DamagedSource, UnknownFormat
from corecar.formats.maps.value import NO_DIE, CodeGrid, WaferMap
from corecar.plurals import plural

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

    def number(self, code: str, at: str = "") -> int:
        """The bin of a code that stands `at` a place, such as `line 7: `. Raises DamagedSource for what is none."""
        if not _SPELLINGS[self.kind].fullmatch(code):
            raise DamagedSource(self.path, f"{at}bin code {code[:20]!r} is not {self.kind}.", advice=AGAIN)
        found = ord(code) if self.kind == "ascii" else int(code, 10 if self.kind == "decimal" else 16)
        if found > HIGHEST:
            raise DamagedSource(self.path, f"{at}bin code {code!r} is above {HIGHEST}.", advice=AGAIN)
        return found

    def split(self, row: str) -> list[str]:
        """The codes of a row; an incomplete last one is kept, to be told."""
        if self.kind == "decimal":
            return row.split()
        width = _WIDTHS[self.kind]
        text = row.strip("\r\n\t") if self.kind == "ascii" and self.null == ord(" ") else row.strip()
        return [text[at : at + width] for at in range(0, len(text), width)]

    def bins(self, codes: Sequence[str], at: str = "") -> list[int]:
        """The bins of a row of codes, -1 for the null bin; `at` as in `number`."""
        known = {code: self.number(code, at) for code in set(codes)}
        return [NO_DIE if known[code] == self.null else known[code] for code in codes]


def coding(path: Path, bin_type: str, null: str) -> Coding:
    """The coding that a map names. Raises UnknownFormat for a bin type that is none."""
    kind = bin_type.strip().lower()
    if kind not in _SPELLINGS:
        expected = "Ascii, Decimal, HexaDecimal or Integer2"
        raise UnknownFormat(path, f"BinType={kind!r}: expected {expected}.", advice=AGAIN)
    plain = Coding(path, kind, None)
    return Coding(path, kind, plain.number(null)) if null else plain


def grid(
    spelled: Coding, rows: Sequence[str], height: int, width: int, names: tuple[str, str], places: Sequence[str]
) -> CodeGrid:
    """The bins of all rows, held against how many rows and columns the map says it has.

    names   what the file calls its numbers of rows and of columns
    places  where each row stands, such as `line 7: `
    Raises  DamagedSource; nothing of the told size is set aside before as many codes are there
    """
    last = places[-1] if places else ""
    if len(rows) != height:
        problem = f"{last}{plural(len(rows), 'row')}, but {names[0]}={height}."
        raise DamagedSource(spelled.path, problem, advice=AGAIN)
    if height < 1 or width < 1:
        raise DamagedSource(spelled.path, f"{names[0]}={height}, {names[1]}={width}: no die at all.", advice=AGAIN)
    found = []
    for place, (row, at) in enumerate(zip(rows, places, strict=True), start=1):
        codes = spelled.split(row)
        if len(codes) != width:
            problem = f"{at}row {place} has {plural(len(codes), 'code')}, but {names[1]}={width}."
            raise DamagedSource(spelled.path, problem, advice=AGAIN)
        found.append(spelled.bins(codes, f"{at}row {place}: "))
    return np.array(found, dtype=np.int32).reshape(height, width)


def digits_for(chart: WaferMap) -> int:
    """Hexadecimal digits that the bins of a map need beside the null bin: two, or four above 254."""
    return 4 if max(chart.counts, default=0) > 0xFE else 2


def spelled_rows(bins: CodeGrid, digits: int) -> list[str]:
    """Each row as hexadecimal codes without blanks; the highest code is the null bin, also of untested dies."""
    null = "F" * digits
    return ["".join(null if code < 0 else f"{code:0{digits}X}" for code in row) for row in bins.tolist()]
