"""KLARF 1.1 and 1.2, the file of an inspection tool: its defects as a table with the die each lies on.

Keywords and columns are as public files show them; that the images of a record follow as pairs of numbers is template,
to be confirmed with the tool.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.errors import DamagedSource, UnknownFormat
from corecar.formats.maps.value import BinDefinition, WaferMap, wafer_map
from corecar.plurals import plural
from corecar.wafer_frame import WaferFrame

TOKEN = re.compile(r'"([^"]*)"|(;)|([^\s;"]+)')
NUMBER = re.compile(r"[+-]?([0-9]{1,15}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?")
WHOLE = ("DEFECTID", "XINDEX", "YINDEX", "CLASSNUMBER", "TEST", "CLUSTERNUMBER", "ROUGHBINNUMBER", "FINEBINNUMBER",
         "IMAGECOUNT")  # fmt: skip
"""Columns that hold whole numbers; every other one holds readings [micrometres, square micrometres]."""
COLUMN_NAMES = {"DEFECTID": "defect", "XINDEX": "die_x", "YINDEX": "die_y", "CLASSNUMBER": "class", "TEST": "test"}
FLATS = {"DOWN": "D", "UP": "U", "LEFT": "L", "RIGHT": "R"}
AGAIN = "Export the file again."
DEFECTS_AS_BIN = 254
"""The highest number of defects that a map tells apart."""


@dataclass(frozen=True)
class Inspection:
    """What one KLARF file holds.

    facts     header values by keyword, the first of each, for example `LotID`
    wafers    the wafers inspected, in order
    defects   a row per defect: wafer, die_x and die_y (XINDEX, YINDEX), then the file's columns in lower case
    dies      the inspected dies: wafer, die_x, die_y
    notes     what was found odd
    """

    facts: dict[str, tuple[str, ...]]
    wafers: tuple[str, ...]
    defects: pa.Table
    dies: pa.Table
    notes: tuple[str, ...] = field(default=())


@dataclass
class _State:
    """What has been read so far."""

    path: Path
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wafers: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)
    dies: dict[tuple[str, int, int], None] = field(default_factory=dict)
    told: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    image: str = ""
    line: int = 0
    twice: int = 0

    @property
    def wafer(self) -> str:
        return self.wafers[-1] if self.wafers else ""


def is_klarf(text: str) -> bool:
    """Whether a text begins as a KLARF file does."""
    return text.lstrip("\ufeff \r\n\t").lower().startswith("fileversion")


def read_klarf(path: str | Path, text: str | None = None) -> Inspection:
    """Read a KLARF file of version 1.1 or 1.2.

    text    its content, where it was read before
    Raises  SourceMissing; UnknownFormat for another version or none; DamagedSource where it breaks off, or a list is
            shorter than it says
    """
    from corecar.formats.maps.content import text_of

    file = Path(path)
    content = text_of(file) if text is None else text
    state = _State(file)
    for place, (line, keyword, values) in enumerate(_statements(file, content)):
        state.line = line
        if place == 0:
            _check_version(file, keyword, values)
        _READ.get(keyword.lower(), _fact)(state, keyword, values)
    return Inspection(
        state.facts, tuple(dict.fromkeys(state.wafers)), _table(state), _dies(state), tuple(_notes(state))
    )


def _statements(path: Path, text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line, keyword and values of each statement; EndOfFile ends them. Raises DamagedSource where it is missing."""
    values: list[str] = []
    line, counted = 1, 0
    for found in TOKEN.finditer(text):
        if not values:
            line, counted = line + text.count("\n", counted, found.start()), found.start()
        if not found[2]:
            values.append(found[1] if found[1] is not None else found[3])
            continue
        if values and values[0].lower() == "endoffile":
            return
        if values:
            yield line, values[0], values[1:]
        values = []
    last = text.count("\n") + 1
    raise DamagedSource(path, f"line {last}: EndOfFile is missing: the file breaks off.", advice="Find a whole copy.")


def _check_version(path: Path, keyword: str, values: Sequence[str]) -> None:
    version = ".".join(values)
    if keyword.lower() != "fileversion" or version not in ("1.0", "1.1", "1.2"):
        told = f"version {version}" if keyword.lower() == "fileversion" else f"it begins with {keyword[:30]!r}"
        raise UnknownFormat(path, f"this is no KLARF 1.1 or 1.2: {told}.", advice="Export it as KLARF 1.2.")


def _fact(state: _State, keyword: str, values: list[str]) -> None:
    state.facts.setdefault(keyword, tuple(values))


def _wafer(state: _State, keyword: str, values: list[str]) -> None:
    state.wafers.append(values[0] if values else "")
    _fact(state, keyword, values)


def _image(state: _State, keyword: str, values: list[str]) -> None:
    state.image = values[0] if values else ""


def _counted(state: _State, keyword: str, values: list[str], width: int) -> list[list[str]]:
    """The rows behind their number. Raises DamagedSource where there are more or fewer."""
    number = _whole(state, keyword, values[0] if values else "")
    rest = values[1:]
    if number < 0 or len(rest) != number * width:
        problem = f"line {state.line}: {keyword} says {number}, but {len(rest)} values follow: expected {width} each."
        raise DamagedSource(state.path, problem, advice=AGAIN)
    return [rest[at : at + width] for at in range(0, len(rest), width)]


def _plan(state: _State, keyword: str, values: list[str]) -> None:
    for x, y in _counted(state, keyword, values, 2):
        die = (state.wafer, _whole(state, keyword, x), _whole(state, keyword, y))
        state.twice += die in state.dies
        state.dies[die] = None


def _record_spec(state: _State, keyword: str, values: list[str]) -> None:
    names = [row[0].upper() for row in _counted(state, keyword, values, 1)]
    if len(set(names)) != len(names) or not {"XINDEX", "YINDEX"} <= set(names):
        problem = f"line {state.line}: {keyword}: expected XINDEX and YINDEX, and no column twice."
        raise DamagedSource(state.path, problem, advice=AGAIN)
    state.columns = tuple(names)


def _defects(state: _State, keyword: str, values: list[str]) -> None:
    """The records of a list: as many values as the columns say, and behind IMAGELIST two for each image."""
    if values and not state.columns:
        raise DamagedSource(state.path, f"line {state.line}: {keyword} stands before DefectRecordSpec.", advice=AGAIN)
    at = 0
    while at < len(values):
        row: dict[str, Any] = {"wafer": state.wafer, "image_file": state.image or None}
        for column in state.columns:
            if at >= len(values):
                problem = f"line {state.line}: {keyword}: record {len(state.rows) + 1} ends before {column}."
                raise DamagedSource(state.path, problem, advice="Find a whole copy.")
            row[column] = _value(state, column, values[at])
            at += 1
            if column == "IMAGELIST":
                at += 2 * int(row[column])
        if at > len(values):
            problem = f"line {state.line}: {keyword}: record {len(state.rows) + 1} ends within its images."
            raise DamagedSource(state.path, problem, advice="Find a whole copy.")
        state.rows.append(row)


def _value(state: _State, column: str, text: str) -> int | float:
    if column in WHOLE or column == "IMAGELIST":
        found = _whole(state, column, text)
        if column == "IMAGELIST" and found < 0:
            raise DamagedSource(state.path, f"line {state.line}: IMAGELIST says {found}.", advice=AGAIN)
        return found
    if not NUMBER.fullmatch(text):
        problem = f"line {state.line}: {column}={text[:30]!r}: expected a number."
        raise DamagedSource(state.path, problem, advice=AGAIN)
    return float(text)


def _whole(state: _State, name: str, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        problem = f"line {state.line}: {name}={text[:30]!r}: expected a whole number."
        raise DamagedSource(state.path, problem, advice=AGAIN)
    return int(text)


def _summary(state: _State, keyword: str, values: list[str]) -> None:
    state.told.setdefault(keyword.lower(), []).append(tuple(values))


_READ = {
    "waferid": _wafer, "tifffilename": _image, "sampletestplan": _plan, "defectrecordspec": _record_spec,
    "defectlist": _defects, "summaryspec": _summary, "summarylist": _summary,
}  # fmt: skip


def _table(state: _State) -> pa.Table:
    names = list(dict.fromkeys(name for row in state.rows for name in row)) or ["wafer", *state.columns]
    first = ["wafer", *(name for name in ("XINDEX", "YINDEX") if name in names)]
    kept = [name for name in names if name not in first and name != "IMAGELIST"]
    columns = {}
    for name in [*first, *kept]:
        kind = pa.string() if name in ("wafer", "image_file") else pa.int32() if name in WHOLE else pa.float64()
        columns[COLUMN_NAMES.get(name, name.lower())] = pa.array([row.get(name) for row in state.rows], kind)
    return pa.table(columns)


def _dies(state: _State) -> pa.Table:
    wafers, x, y = ([die[place] for die in state.dies] for place in range(3))
    across, down = pa.array(x, pa.int32()), pa.array(y, pa.int32())
    return pa.table({"wafer": pa.array(wafers, pa.string()), "die_x": across, "die_y": down})


def _notes(state: _State) -> Iterator[str]:
    told = _told_defects(state)
    if told is not None and told != len(state.rows):
        yield f"The summary says {told} defects; the lists hold {len(state.rows)}."
    outside = sum((row["wafer"], row["XINDEX"], row["YINDEX"]) not in state.dies for row in state.rows)
    if state.dies and outside:
        verb = "lies on a die" if outside == 1 else "lie on dies"
        yield f"{plural(outside, 'defect')} {verb} that the test plan does not name."
    if state.twice:
        yield f"The test plan names {plural(state.twice, 'die')} more than once; each was taken once."
    if [value.lower() for value in state.facts.get("CoordinatesMirrored", ())] == ["yes"]:
        yield "The file says that its coordinates are mirrored; they are given as they stand."


def _told_defects(state: _State) -> int | None:
    """The sum of NDEFECT over the rows of the summary; None where it is not told as expected."""
    specs, lists = (state.told.get(name, []) for name in ("summaryspec", "summarylist"))
    names = [name.upper() for name in specs[0][1:]] if specs else []
    if "NDEFECT" not in names or not lists:
        return None
    cells = [row[at] for row in lists for at in range(names.index("NDEFECT"), len(row), len(names))]
    try:
        counts = [float(cell) for cell in cells]
    except ValueError:
        return None
    return int(sum(counts)) if all(math.isfinite(number) for number in counts) else None


def defect_map(found: Inspection, wafer: str | None = None) -> WaferMap:
    """A map of how many defects lie on each inspected die; bin 0 passes, 254 stands for that many and more.

    wafer   which wafer, where the file holds several: the first by default
    X grows to the right and Y upwards, as KLARF counts its dies.
    """
    name = wafer if wafer is not None else next(iter(found.wafers), "")
    counts: dict[tuple[int, int], int] = {}
    for table, each in ((found.dies, 0), (found.defects, 1)):
        if "die_x" not in table.column_names:
            continue
        for of, x, y in zip(*(table[column].to_pylist() for column in ("wafer", "die_x", "die_y")), strict=True):
            if of == name:
                counts[(x, y)] = counts.get((x, y), 0) + each
    places = np.array(list(counts), dtype=np.int64).reshape(-1, 2)
    bins = np.minimum(np.array(list(counts.values()), dtype=np.int64), DEFECTS_AS_BIN)
    return wafer_map(
        name, places[:, 0], places[:, 1], bins, _definitions(bins.tolist()), lot=_first(found, "LotID"),
        product=_first(found, "DeviceID"), name=f"defects, {_first(found, 'StepID')}".rstrip(", "), frame=_frame(found),
    )  # fmt: skip


def _first(found: Inspection, keyword: str) -> str:
    return next(iter(found.facts.get(keyword, ())), "")


def _definitions(bins: Sequence[int]) -> tuple[BinDefinition, ...]:
    words = {0: "no defect", 1: "1 defect", DEFECTS_AS_BIN: f"{DEFECTS_AS_BIN} defects or more"}
    return tuple(
        BinDefinition(number, number == 0, words.get(number, f"{number} defects")) for number in sorted(set(bins))
    )


def _frame(found: Inspection) -> WaferFrame:
    flat = FLATS.get(_first(found, "OrientationMarkLocation").upper())
    size = found.facts.get("SampleSize", ("", ""))
    known = len(size) == 2 and size[0] == "1" and re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", size[1]) is not None
    return WaferFrame(
        1, -1, True, flat or "D", flat is not None, None, float(size[1]) if known else None, _die_size(found)
    )


def _die_size(found: Inspection) -> tuple[float, float] | None:
    """Width and height of a die [mm], from DiePitch in micrometres."""
    try:
        width, height = (round(float(text) / 1000, 6) for text in found.facts.get("DiePitch", ()))
    except ValueError:
        return None
    return (width, height) if 0 < width < math.inf and 0 < height < math.inf else None
