"""Which fonts a PDF can be set in on this machine, and which characters none of them can draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import error as StructError
from struct import unpack, unpack_from
from typing import BinaryIO

PREFERRED = (
    "Inter",
    "Source Sans 3",
    "Noto Sans",
    "Segoe UI",
    "Helvetica Neue",
    "Arial",
    "Liberation Sans",
    "Roboto",
    "DejaVu Sans",
)
"""Sans families, best first; the typesetter brings none of its own."""

CHINESE = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "SimSun",
)
"""Families for Chinese names, best first."""

BUNDLED = "Libertinus Serif"
"""What the typesetter always has: Latin, Greek and Cyrillic."""

_BUNDLED_RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x386, 0x3CE), (0x400, 0x45F), (0x2010, 0x2026))
_BUNDLED_SIGNS = frozenset("−×±≤≥←→·•…–µΩσ°")


@dataclass(frozen=True)
class FontFile:
    """One font on disk; `index` counts within a collection."""

    path: str
    index: int


def families() -> tuple[str, ...]:
    """The families to set a report in, in the order in which a character is looked for."""
    there, _ = _installed()
    return (*(name for name in PREFERRED if name in there), *(name for name in CHINESE if name in there), BUNDLED)


@cache
def _installed() -> tuple[frozenset[str], tuple[FontFile, ...]]:
    import typst

    fonts = typst.Fonts().fonts()
    kept = tuple(dict.fromkeys(FontFile(str(f.path), int(f.index)) for f in fonts if f.path))
    return frozenset(f.family for f in fonts), kept


def undrawable(characters: Iterable[str]) -> frozenset[str]:
    """Those characters for which neither the typesetter nor this machine has a font."""
    wanted = {c for c in characters if not _bundled(c)}
    if wanted:
        for font in _installed()[1]:
            wanted -= {chr(code) for code in mapped(font, {ord(c) for c in wanted})}
            if not wanted:
                break
    return frozenset(wanted)


def _bundled(character: str) -> bool:
    code = ord(character)
    return code < 0x20 or character in _BUNDLED_SIGNS or any(low <= code <= high for low, high in _BUNDLED_RANGES)


def mapped(font: FontFile, wanted: set[int]) -> set[int]:
    """The code points that a font has a glyph for; none when the file can't be read as a font.

    Source  ISO/IEC 14496-22 (OpenType), `cmap` table, subtable formats 4 and 12
    """
    try:
        with Path(font.path).open("rb") as file:
            return _mapped(_character_map(file, font.index), wanted)
    except (OSError, StructError, StopIteration, IndexError):
        return set()


def _character_map(file: BinaryIO, index: int) -> bytes:
    """The bytes of the `cmap` table of one font of a file."""
    head = file.read(16)
    start = 0
    if head[:4] == b"ttcf":
        file.seek(12 + 4 * index)
        (start,) = unpack(">I", file.read(4))
    file.seek(start)
    (tables,) = unpack(">4xH6x", file.read(12))
    entries = (unpack(">4s4xII", file.read(16)) for _ in range(tables))
    _, offset, length = next(entry for entry in entries if entry[0] == b"cmap")
    file.seek(offset)
    return file.read(length)


def _mapped(table: bytes, wanted: set[int]) -> set[int]:
    (count,) = unpack_from(">2xH", table)
    found: set[int] = set()
    for place in range(count):
        (offset,) = unpack_from(">4xI", table, 4 + 8 * place)
        (kind,) = unpack_from(">H", table, offset)
        ranges = _ranges_4(table, offset) if kind == 4 else _ranges_12(table, offset) if kind == 12 else ()
        for low, high in ranges:
            found |= {code for code in wanted if low <= code <= high}
    return found


def _ranges_4(table: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Segments of a 16-bit subtable; the closing one (FFFF) maps nothing."""
    (doubled,) = unpack_from(">6xH", table, offset)
    segments = doubled // 2
    ends = unpack_from(f">{segments}H", table, offset + 14)
    starts = unpack_from(f">{segments}H", table, offset + 16 + doubled)
    return ((low, high) for low, high in zip(starts, ends, strict=True) if low != 0xFFFF)


def _ranges_12(table: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Groups of a 32-bit subtable."""
    (groups,) = unpack_from(">12xI", table, offset)
    return (unpack_from(">II", table, offset + 16 + 12 * place) for place in range(groups))
