"""Wafer maps as SEMI G85 XML: one bin code per die, written and read back, counts checked.

Rows run from the top down and columns from the left, as the map is looked at (OriginLocation 2, upper left).
SupplierData says which tester coordinates the upper left place has and which way they run, so that a map can be laid
over its STDF again.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from corecar.atomic import whole_file
from corecar.errors import ArgumentError, DamagedSource, SourceMissing, UnknownFormat
from corecar.wafer_frame import WaferFrame

NO_DIE = -1
REVISION = "G85-1101"
UPPER_LEFT = "2"
ASSUMED = WaferFrame()

CodeGrid = npt.NDArray[np.int32]

_WIDTHS = {"hexadecimal": 2, "integer2": 4, "ascii": 1}
"""Characters of a bin code in a row without spaces; decimal codes are separated by spaces."""


@dataclass(frozen=True)
class BinDefinition:
    """What a bin code of a map means."""

    code: int
    passed: bool
    name: str = ""


@dataclass(frozen=True)
class WaferMap:
    """One wafer's map.

    bins         int32, shape (rows, columns): bin of each die, -1 where there is none; row 0 is the top
    first_x      tester coordinates of the upper left place, and ...
    first_y
    step_x       ... which way they run: 1 when X grows to the right, -1 to the left
    step_y       1 when Y grows downwards, -1 upwards
    orientation  degrees that the flat or notch stands from the bottom
    definitions  what the bin codes mean
    """

    wafer: str
    bins: CodeGrid
    lot: str = ""
    product: str = ""
    name: str = ""
    first_x: int = 0
    first_y: int = 0
    step_x: int = 1
    step_y: int = 1
    orientation: int = 0
    wafer_size_mm: float | None = None
    created: str = ""
    reference: tuple[int, int] | None = None
    definitions: tuple[BinDefinition, ...] = field(default=())

    @property
    def counts(self) -> dict[int, int]:
        """Dies of each bin."""
        found, counts = np.unique(self.bins[self.bins != NO_DIE], return_counts=True)
        return {int(code): int(count) for code, count in zip(found, counts, strict=True)}


def wafer_map(
    wafer: str,
    x: npt.NDArray[np.integer],
    y: npt.NDArray[np.integer],
    bins: npt.NDArray[np.integer],
    definitions: tuple[BinDefinition, ...] = (),
    *,
    lot: str = "",
    product: str = "",
    name: str = "",
    frame: WaferFrame = ASSUMED,
    created: str = "",
) -> WaferMap:
    """A map from the coordinates and bins of a wafer's dies; the last of several dies at a place stands.

    x, y         integers, shape (dies,): tester coordinates
    bins         integers, shape (dies,): -1 for a die without a bin
    frame        which way X and Y grow, where the flat or notch stands, and the wafer's size
    """
    if not len(x) == len(y) == len(bins):
        raise ArgumentError(f"x, y and bins have {len(x)}, {len(y)} and {len(bins)} entries: expected as many of each.")
    first_x, columns = _extent(x, frame.step_x)
    first_y, rows = _extent(y, frame.step_y)
    grid = np.full((rows, columns), NO_DIE, dtype=np.int32)
    grid[(y.astype(np.int64) - first_y) * frame.step_y, (x.astype(np.int64) - first_x) * frame.step_x] = bins
    return WaferMap(
        wafer,
        grid,
        lot=lot,
        product=product,
        name=name,
        first_x=first_x,
        first_y=first_y,
        step_x=frame.step_x,
        step_y=frame.step_y,
        orientation=frame.turn,
        wafer_size_mm=frame.wafer_size_mm,
        created=created,
        definitions=definitions,
    )


def _extent(places: npt.NDArray[np.integer], step: int) -> tuple[int, int]:
    """The coordinate of the first place along the map, and how many places there are."""
    if len(places) == 0:
        return 0, 0
    low, high = int(places.min()), int(places.max())
    return (low if step > 0 else high), high - low + 1


def write_map(chart: WaferMap, path: str | Path) -> None:
    """Write a wafer map as SEMI G85 XML. Raises OutputError when the file can't be written."""
    with whole_file(path) as sibling:
        sibling.write_text(map_text(chart), encoding="utf-8")


def map_text(chart: WaferMap) -> str:
    """A wafer map as SEMI G85 XML text.

    Bin codes are two hexadecimal digits (HexaDecimal), or four (Integer2) where a bin is above 254; the highest code
    is the null bin.
    """
    wide = max(chart.counts, default=0) > 0xFE
    digits = 4 if wide else 2
    null = "F" * digits
    named = {known.code: known for known in chart.definitions}
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<Maps>"]
    lines.append(
        _open("Map", {"xmlns:semi": "http://www.semi.org", "WaferId": chart.wafer, "FormatRevision": REVISION})
    )
    lines.append(_open("Device", _device(chart, "Integer2" if wide else "HexaDecimal", null)))
    if chart.reference is not None:
        column, row = chart.reference
        lines.append(_open("ReferenceDevice", {"ReferenceDeviceX": column, "ReferenceDeviceY": row}, empty=True))
    for code, count in sorted(chart.counts.items()):
        known = named.get(code)
        quality = "Pass" if known is not None and known.passed else "Fail"
        attributes = {"BinCode": f"{code:0{digits}X}", "BinCount": count, "BinQuality": quality}
        lines.append(_open("Bin", {**attributes, "BinDescription": known.name if known else ""}, empty=True))
    steps = {"FirstX": chart.first_x, "FirstY": chart.first_y, "StepX": chart.step_x, "StepY": chart.step_y}
    lines.append(_open("SupplierData", steps, empty=True))
    lines.append(_open("Data", {"MapName": chart.name, "MapVersion": "1"}))
    for row in chart.bins.tolist():
        codes = "".join(null if code == NO_DIE else f"{code:0{digits}X}" for code in row)
        lines.append(f"<Row><![CDATA[{codes}]]></Row>")
    lines += ["</Data>", "</Device>", "</Map>", "</Maps>", ""]
    return "\n".join(lines)


def _device(chart: WaferMap, bin_type: str, null: str) -> dict[str, object]:
    rows, columns = chart.bins.shape
    size = {} if chart.wafer_size_mm is None else {"WaferSize": f"{chart.wafer_size_mm:g}"}
    created = {"CreateDate": chart.created} if chart.created else {}
    return {
        "ProductId": chart.product,
        "LotId": chart.lot,
        "Rows": rows,
        "Columns": columns,
        "Orientation": chart.orientation,
        "OriginLocation": UPPER_LEFT,
        "BinType": bin_type,
        "NullBin": null,
        **size,
        **created,
    }


def _open(tag: str, attributes: Mapping[str, object], empty: bool = False) -> str:
    told = "".join(f" {name}={quoteattr(_writable(str(value)))}" for name, value in attributes.items())
    return f"<{tag}{told}{'/' if empty else ''}>"


def _writable(text: str) -> str:
    """Text without the control characters that XML 1.0 cannot hold."""
    return "".join(letter if letter >= " " and letter not in "\ufffe\uffff" else "?" for letter in text)


def read_map(path: str | Path) -> WaferMap:
    """Read a wafer map in SEMI G85 XML, by whomever it was written.

    Raises  SourceMissing; UnknownFormat when it is no G85 map, or one whose origin is not the upper left;
            DamagedSource when rows, columns or bin counts contradict what the map says of itself
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SourceMissing(file, f"cannot be opened ({error.strerror}).", advice="Check the path.") from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnknownFormat(file, "a map declares no document type.", advice="Export the map again as SEMI G85.")
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise UnknownFormat(file, f"this is no XML ({error}).", advice="Expected a SEMI G85 wafer map.") from error
    return _parsed(file, root)


def _parsed(file: Path, root: ET.Element) -> WaferMap:
    found = {_tag(element): element for element in root.iter()}
    lacking = [tag for tag in ("Map", "Device", "Data") if tag not in found]
    if lacking:
        raise UnknownFormat(file, f"<{lacking[0]}> is missing.", advice="Expected a SEMI G85 wafer map.")
    device, chart, steps = found["Device"].attrib, found["Map"].attrib, _attributes(found, "SupplierData")
    _require_upper_left(file, device)
    rows = [(element.text or "").strip() for element in found["Data"].iter() if _tag(element).lower() == "row"]
    kind, null = device.get("BinType", "").lower(), device.get("NullBin", "")
    grid = _grid(file, rows, kind, null, _whole(file, device, "Rows"), _whole(file, device, "Columns"))
    definitions = _definitions(file, root, kind, null, grid)
    reference = _attributes(found, "ReferenceDevice")
    return WaferMap(
        chart.get("WaferId") or chart.get("SubstrateId") or "",
        grid,
        lot=device.get("LotId", ""),
        product=device.get("ProductId", ""),
        name=found["Data"].attrib.get("MapName", ""),
        first_x=_whole(file, steps, "FirstX", 0),
        first_y=_whole(file, steps, "FirstY", 0),
        step_x=_whole(file, steps, "StepX", 1),
        step_y=_whole(file, steps, "StepY", 1),
        orientation=_whole(file, device, "Orientation", 0),
        wafer_size_mm=_size(file, device),
        created=device.get("CreateDate", ""),
        reference=_reference(file, reference),
        definitions=definitions,
    )


def _require_upper_left(file: Path, device: dict[str, str]) -> None:
    """Refuse another origin: which way its rows run is told differently by different writers."""
    if (origin := device.get("OriginLocation", "").strip()) != UPPER_LEFT:
        told = f"OriginLocation={origin!r}" if origin else "OriginLocation is missing"
        expected = f"{told}: expected {UPPER_LEFT}, the upper left."
        raise UnknownFormat(file, expected, advice="Export the map again with its origin at the upper left.")


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attributes(found: dict[str, ET.Element], tag: str) -> dict[str, str]:
    return found[tag].attrib if tag in found else {}


def _whole(file: Path, attributes: dict[str, str], name: str, default: int | None = None) -> int:
    text = attributes.get(name)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise DamagedSource(file, f"{name}={text!r}: expected a whole number.", advice="Mend the attribute.") from None


def _size(file: Path, device: dict[str, str]) -> float | None:
    text = device.get("WaferSize", "")
    try:
        return float(text) if text else None
    except ValueError:
        raise DamagedSource(file, f"WaferSize={text!r}: expected a number.", advice="Mend the attribute.") from None


def _reference(file: Path, attributes: dict[str, str]) -> tuple[int, int] | None:
    if not attributes:
        return None
    return _whole(file, attributes, "ReferenceDeviceX", 0), _whole(file, attributes, "ReferenceDeviceY", 0)


def _grid(file: Path, rows: list[str], kind: str, null: str, height: int, width: int) -> CodeGrid:
    if len(rows) != height:
        raise DamagedSource(file, f"{len(rows)} rows, but Rows={height}.", advice="Export the map again.")
    grid = np.full((height, width), NO_DIE, dtype=np.int32)
    for place, row in enumerate(rows):
        codes = _codes(file, row, kind)
        if len(codes) != width:
            problem = f"row {place + 1} has {len(codes)} codes, but Columns={width}."
            raise DamagedSource(file, problem, advice="Export the map again.")
        grid[place] = [NO_DIE if code == null else _number(file, code, kind) for code in codes]
    return grid


def _codes(file: Path, row: str, kind: str) -> list[str]:
    if kind == "decimal":
        return row.split()
    if kind not in _WIDTHS:
        expected = "Ascii, Decimal, HexaDecimal or Integer2"
        raise UnknownFormat(file, f"BinType={kind!r}: expected {expected}.", advice="Export the map again.")
    step = _WIDTHS[kind]
    return [row[at : at + step] for at in range(0, len(row), step)]


def _number(file: Path, code: str, kind: str) -> int:
    try:
        return ord(code) if kind == "ascii" else int(code, 10 if kind == "decimal" else 16)
    except (ValueError, TypeError):
        raise DamagedSource(file, f"bin code {code!r} is not {kind}.", advice="Export the map again.") from None


def _definitions(file: Path, root: ET.Element, kind: str, null: str, grid: CodeGrid) -> tuple[BinDefinition, ...]:
    """The bin definitions, each count held against the map."""
    counted = Counter(grid[grid != NO_DIE].tolist())
    found = []
    for element in root.iter():
        code = element.attrib.get("BinCode")
        if _tag(element) != "Bin" or code is None or code == null:
            continue
        number = _number(file, code, kind)
        told = _whole(file, element.attrib, "BinCount", counted[number])
        if told != counted[number]:
            problem = f"bin {code}: BinCount={told}, but the map has {counted[number]} such dies."
            raise DamagedSource(file, problem, advice="Export the map again.")
        passed = element.attrib.get("BinQuality", "").lower() == "pass"
        found.append(BinDefinition(number, passed, element.attrib.get("BinDescription", "")))
    return tuple(found)
