"""Wafer maps as SINF: a header of KEYWORD:value lines, then one RowData line per row of two hexadecimal digits a die.

Keywords are as public descriptions of the format tell them; the base of REFPX and REFPY is template, to be confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corecar.errors import DamagedSource, OutputError, UnknownFormat
from corecar.formats.maps.value import NO_DIE, UNTESTED, BinDefinition, CodeGrid, WaferMap
from corecar.plurals import plural

ROW = "rowdata"
KNOWN = (
    "device", "lot", "wafer", "fnloc", "rowct", "colct", "bcequ", "refpx", "refpy", "dutms", "diect", "xdies", "ydies",
    "comment",
)  # fmt: skip
EMPTY = re.compile(r"_+|\.+")
BLANK = re.compile(r"@+")
CODE = re.compile(r"[0-9A-Fa-f]{1,4}")
REFERENCE = 0xFF
MILLIMETRES = {"mm": 1.0, "mil": 0.0254}
AGAIN = "Export the map again."
REMARK = "corecar"
"""First word of the COMMENT in which Corecar keeps what SINF has no place for."""


@dataclass(frozen=True)
class _Header:
    """The lines before the rows, each keyword once."""

    path: Path
    facts: dict[str, str]
    lines: dict[str, int]

    def at(self, keyword: str) -> str:
        """`line 7: ` of a keyword that stands there."""
        return f"line {self.lines[keyword]}: " if keyword in self.lines else ""

    def whole(self, keyword: str) -> int | None:
        """A number of the header; None where it is blank or missing. Raises DamagedSource."""
        text = self.facts.get(keyword, "")
        if text and not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
            problem = f"{self.at(keyword)}{keyword.upper()}:{text[:40]!r}: expected a whole number."
            raise DamagedSource(self.path, problem, advice="Mend the line.")
        return int(text) if text else None

    def size(self) -> tuple[float, float] | None:
        """Step from die to die across and down [mm]."""
        factor = MILLIMETRES.get(self.facts.get("dutms", "mm").lower() or "mm")
        texts = [self.facts.get(name, "") for name in ("xdies", "ydies")]
        if factor is None or not all(re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,12})?", text) for text in texts):
            return None
        width, height = (round(float(text) * factor, 6) for text in texts)
        return (width, height) if width > 0 and height > 0 else None


def is_sinf(text: str) -> bool:
    """Whether a text begins as a SINF map does."""
    head = text.lstrip("\ufeff \r\n\t")[:2000]
    return re.search(r"^(device|lot|wafer|fnloc|rowct)\s*:", head, re.IGNORECASE | re.MULTILINE) is not None


def sinf_map(path: Path, text: str) -> WaferMap:
    """The map of a SINF text.

    Raises  UnknownFormat without ROWCT, COLCT or rows; DamagedSource when rows and columns contradict them
    """
    header, rows = _lines(path, text)
    height, width = header.whole("rowct"), header.whole("colct")
    if height is None or width is None or not rows:
        raise UnknownFormat(path, "ROWCT, COLCT or RowData is missing.", advice="Expected a SINF wafer map.")
    bins = _grid(path, rows, height, width)
    flat = header.whole("fnloc")
    if flat is not None and flat % 90:
        problem = f"{header.at('fnloc')}FNLOC:{flat}: expected 0, 90, 180 or 270."
        raise DamagedSource(path, problem, advice="Mend the line.")
    reference = header.whole("refpx"), header.whole("refpy")
    first_x, first_y, step_x, step_y, size = _remembered(header)
    return WaferMap(
        header.facts.get("wafer", ""),
        bins,
        lot=header.facts.get("lot", ""),
        product=header.facts.get("device", ""),
        first_x=first_x,
        first_y=first_y,
        step_x=step_x,
        step_y=step_y,
        orientation=((180 if flat is None else flat) + 180) % 360,
        wafer_size_mm=size,
        reference=None if reference[0] is None or reference[1] is None else (reference[0], reference[1]),
        definitions=_definitions(header, bins),
        die_size_mm=header.size(),
        notes=tuple(_notes(header, bins)),
    )


_Row = tuple[int, list[str]]
"""Line of a row, and its codes."""


def _lines(path: Path, text: str) -> tuple[_Header, list[_Row]]:
    """Header and rows. Raises DamagedSource for a line without a keyword or a keyword that stands twice."""
    facts: dict[str, str] = {}
    lines: dict[str, int] = {}
    rows: list[_Row] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        keyword, colon, value = line.partition(":")
        keyword = keyword.strip().lower()
        if not colon:
            problem = f"line {number}: {line.strip()[:40]!r} has no KEYWORD: in front."
            raise DamagedSource(path, problem, advice=AGAIN)
        if keyword == ROW:
            rows.append((number, value.split()))
        elif keyword in facts:
            raise DamagedSource(path, f"line {number}: {keyword.upper()} stands there twice.", advice=AGAIN)
        else:
            facts[keyword], lines[keyword] = value.strip(), number
    return _Header(path, facts, lines), rows


def _grid(path: Path, rows: Sequence[_Row], height: int, width: int) -> CodeGrid:
    if len(rows) != height:
        problem = f"line {rows[-1][0]}: {plural(len(rows), 'row')}, but ROWCT={height}."
        raise DamagedSource(path, problem, advice=AGAIN)
    if width < 1:
        raise DamagedSource(path, f"COLCT={width}: no die at all.", advice=AGAIN)
    found = []
    for place, (line, row) in enumerate(rows, start=1):
        at = f"line {line}: row {place}"
        if len(row) != width:
            problem = f"{at} has {plural(len(row), 'code')}, but COLCT={width}."
            raise DamagedSource(path, problem, advice=AGAIN)
        known = {code: _number(path, at, code) for code in set(row)}
        found.append([known[code] for code in row])
    return np.array(found, dtype=np.int32).reshape(height, width)


def _number(path: Path, at: str, code: str) -> int:
    if EMPTY.fullmatch(code):
        return NO_DIE
    if BLANK.fullmatch(code):
        return UNTESTED
    if not CODE.fullmatch(code):
        problem = f"{at}: bin code {code[:20]!r} is not hexadecimal."
        raise DamagedSource(path, problem, advice=AGAIN)
    return int(code, 16)


def _definitions(header: _Header, bins: CodeGrid) -> tuple[BinDefinition, ...]:
    """Bins of good dies by BCEQU (01 without it), the reference die's, and those found on the map."""
    codes = re.split(r"[\s,]+", header.facts.get("bcequ") or "01")
    passing = []
    for code in filter(None, codes):
        if not CODE.fullmatch(code):
            problem = f"{header.at('bcequ')}BCEQU:{code[:20]!r}: expected hexadecimal bin codes."
            raise DamagedSource(header.path, problem, advice="Mend the line.")
        passing.append(int(code, 16))
    found = WaferMap("", bins).counts
    good = [BinDefinition(code, True) for code in dict.fromkeys(passing)]
    others = [
        BinDefinition(code, False, quality="Reference" if code == REFERENCE else "")
        for code in found
        if code not in passing
    ]
    return (*good, *others)


def _remembered(header: _Header) -> tuple[int, int, int, int, float | None]:
    """Tester coordinates of the upper left place, which way they run, and the wafer's size, where Corecar wrote it."""
    told = dict(re.findall(r"(\w+)=(-?[0-9]{1,9}(?:\.[0-9]{1,6})?)", header.facts.get("comment", "")))
    if not header.facts.get("comment", "").startswith(f"{REMARK} ") or "FirstX" not in told:
        return 0, 0, 1, 1, None
    first_x, first_y = (int(float(told.get(name, "0"))) for name in ("FirstX", "FirstY"))
    step_x, step_y = (-1 if told.get(name) == "-1" else 1 for name in ("StepX", "StepY"))
    return first_x, first_y, step_x, step_y, float(told["WaferSize"]) if "WaferSize" in told else None


def _notes(header: _Header, bins: CodeGrid) -> list[str]:
    notes = []
    if header.whole("fnloc") is None:
        notes.append("FNLOC is missing: flat or notch taken to be at the bottom.")
    if not header.facts.get("bcequ"):
        notes.append("BCEQU is missing: bin 01 taken for the one of good dies.")
    told, there = header.whole("diect"), int((bins != NO_DIE).sum())
    if told is not None and told != there:
        notes.append(f"DIECT is {told}, but {there} dies are on the map.")
    left = [keyword.upper() for keyword in header.facts if keyword not in KNOWN]
    if left:
        notes.append(f"Not kept: {', '.join(left[:10])}.")
    return notes


def sinf_text(chart: WaferMap) -> str:
    """A wafer map as SINF text. Raises OutputError for a bin above 255, which two hexadecimal digits cannot spell."""
    if (highest := max(chart.counts, default=0)) > 0xFF:
        raise OutputError(f"bin {highest} does not fit into the two digits of SINF. Write it as G85 or E142.")
    rows, columns = chart.bins.shape
    size = "" if chart.wafer_size_mm is None else f" WaferSize={chart.wafer_size_mm:g}"
    steps = f"FirstX={chart.first_x} FirstY={chart.first_y} StepX={chart.step_x} StepY={chart.step_y}"
    passing = sorted(known.code for known in chart.definitions if known.passed and known.code <= 0xFF)
    lines = [
        f"DEVICE:{_line(chart.product)}",
        f"LOT:{_line(chart.lot)}",
        f"WAFER:{_line(chart.wafer)}",
        f"FNLOC:{(chart.orientation + 180) % 360}",
        f"ROWCT:{rows}",
        f"COLCT:{columns}",
        f"BCEQU:{' '.join(f'{code:02X}' for code in passing)}",
        *_optional(chart),
        f"DIECT:{int((chart.bins != NO_DIE).sum())}",
        f"COMMENT:{REMARK} {steps}{size}",
    ]
    lines += [f"RowData:{' '.join(map(_code, row))}" for row in chart.bins.tolist()]
    return "\n".join([*lines, ""])


def _optional(chart: WaferMap) -> list[str]:
    lines = []
    if chart.reference is not None:
        lines += [f"REFPX:{chart.reference[0]}", f"REFPY:{chart.reference[1]}"]
    if chart.die_size_mm is not None:
        lines += ["DUTMS:mm", f"XDIES:{chart.die_size_mm[0]:.6f}", f"YDIES:{chart.die_size_mm[1]:.6f}"]
    return lines


def _code(number: int) -> str:
    return {NO_DIE: "__", UNTESTED: "@@"}.get(number) or f"{number:02X}"


def _line(text: str) -> str:
    """Text on one line, without what would end it."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
