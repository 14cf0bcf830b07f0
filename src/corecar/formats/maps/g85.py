"""Wafer maps as SEMI G85 XML: one bin code per die, written and read back, counts checked.

Rows run from the top down and columns from the left, as the map is looked at (OriginLocation 2, upper left).
SupplierData says which tester coordinates the upper left place has and which way they run, so that a map can be laid
over its STDF again.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from corecar.errors import ArgumentError, UnknownFormat
from corecar.formats.maps.bin_definitions import definitions
from corecar.formats.maps.codes import coding, digits_for, grid, spelled_rows
from corecar.formats.maps.layout import Layout, RowOrder, laid_out
from corecar.formats.maps.value import WaferMap
from corecar.formats.maps.xml_tree import Tree, tag_text

REVISION = "G85-1101"
UPPER_LEFT = "2"

ORIGINS = {
    "0": Layout("Center", "DownRight"),
    "1": Layout("UpperRight", "DownLeft"),
    "2": Layout("UpperLeft", "DownRight"),
    "3": Layout("LowerLeft", "UpRight"),
}
"""OriginLocation; only 2 is told by a source, the others are template, to be confirmed (they follow SEMI E5 ORLOC)."""


_Entry = tuple[ET.Element, ET.Element, ET.Element]
"""Map, Device and Data of one map of a document."""


def map_text(chart: WaferMap) -> str:
    """A wafer map as SEMI G85 XML text.

    Bin codes are two hexadecimal digits (HexaDecimal), or four (Integer2) where a bin is above 254; the highest code
    is the null bin.
    """
    digits = digits_for(chart)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<Maps>"]
    about = {"xmlns:semi": "http://www.semi.org", "WaferId": chart.wafer, "FormatRevision": REVISION}
    lines += [tag_text("Map", about), tag_text("Device", _device(chart, digits))]
    if chart.reference is not None:
        column, row = chart.reference
        lines.append(tag_text("ReferenceDevice", {"ReferenceDeviceX": column, "ReferenceDeviceY": row}, empty=True))
    lines += [tag_text("Bin", attributes, empty=True) for attributes in bin_attributes(chart, digits)]
    steps = {"FirstX": chart.first_x, "FirstY": chart.first_y, "StepX": chart.step_x, "StepY": chart.step_y}
    lines.append(tag_text("SupplierData", steps, empty=True))
    lines.append(tag_text("Data", {"MapName": chart.name, "MapVersion": "1"}))
    lines += [f"<Row><![CDATA[{row}]]></Row>" for row in spelled_rows(chart.bins, digits)]
    lines += ["</Data>", "</Device>", "</Map>", "</Maps>", ""]
    return "\n".join(lines)


def bin_attributes(chart: WaferMap, digits: int) -> list[dict[str, object]]:
    """Code, count, quality and description of each bin on the map, as G85 and E142 both spell them."""
    named = {known.code: known for known in chart.definitions}
    rows = []
    for code, count in sorted(chart.counts.items()):
        known = named.get(code)
        quality = "Fail" if known is None else known.quality or ("Pass" if known.passed else "Fail")
        rows.append(
            {
                "BinCode": f"{code:0{digits}X}",
                "BinCount": count,
                "BinQuality": quality,
                "BinDescription": known.name if known else "",
            }
        )
    return rows


def _device(chart: WaferMap, digits: int) -> dict[str, object]:
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
        "BinType": "HexaDecimal" if digits == 2 else "Integer2",
        "NullBin": "F" * digits,
        **size,
        **created,
    }


def g85_map(tree: Tree, *, wafer: str | None = None, name: str | None = None, rows: RowOrder | None = None) -> WaferMap:
    """The map of a G85 document.

    wafer, name  WaferId and MapName of the wanted map, where the document holds several
    rows         which way the rows of a map run whose origin is not the upper left; None refuses such a map
    Raises       UnknownFormat; DamagedSource when rows, columns or bin counts contradict what the map says of itself;
                 ArgumentError where several maps fit, or none
    """
    return _read(tree, _chosen(tree, wafer, name), rows)


def g85_maps(tree: Tree, rows: RowOrder | None = None) -> list[WaferMap]:
    """Every map of a G85 document, in its order; raises as `g85_map`."""
    return [_read(tree, entry, rows) for entry in _entries(tree)]


def _read(tree: Tree, entry: _Entry, rows: RowOrder | None) -> WaferMap:
    chart, device, data = entry
    layout = _layout(tree, device, rows)
    spelled = coding(tree.path, device.get("BinType", ""), device.get("NullBin", ""))
    height, width = tree.whole(device, "Rows"), tree.whole(device, "Columns")
    elements = list(tree.all("Row", data))
    texts, places = [row.text or "" for row in elements], [tree.at(row) for row in elements]
    bins = grid(spelled, texts, height, width, ("Rows", "Columns"), places)
    found = WaferMap(
        _wafer(chart),
        bins,
        lot=device.get("LotId", ""),
        product=device.get("ProductId", ""),
        name=data.get("MapName", ""),
        orientation=tree.turn(device),
        wafer_size_mm=tree.real(device, "WaferSize"),
        created=device.get("CreateDate", ""),
        reference=_reference(tree, device),
        definitions=definitions(tree, tree.all("Bin", device), spelled, bins),
        notes=()
        if device.get("Orientation")
        else ("Orientation is missing: flat or notch taken to be at the bottom.",),
    )
    return _placed(tree, device, laid_out(found, layout, rows or "as-seen"))


def _entries(tree: Tree) -> list[_Entry]:
    """Map, Device and Data of every map. Raises UnknownFormat where there is none."""
    for tag in ("Map", "Device", "Data"):
        if tree.first(tag) is None:
            raise UnknownFormat(tree.path, f"<{tag}> is missing.", advice="Expected a SEMI G85 wafer map.")
    return [
        (chart, device, data)
        for chart in tree.all("Map")
        for device in tree.all("Device", chart)
        for data in tree.all("Data", device)
    ]


def _chosen(tree: Tree, wafer: str | None, name: str | None) -> _Entry:
    """The one map that is wanted. Raises ArgumentError."""
    entries = _entries(tree)
    fitting = [
        entry for entry in entries if wafer in (None, _wafer(entry[0])) and name in (None, entry[2].get("MapName", ""))
    ]
    if len(fitting) != 1:
        held = "; ".join(f"{_wafer(chart)} / {data.get('MapName', '')}" for chart, _, data in entries[:20])
        found = "none of its maps fits" if not fitting else f"{len(fitting)} of its maps fit"
        raise ArgumentError(f"{tree.path}: {found}. Name one by wafer and map name; it holds: {held}.")
    return fitting[0]


def _wafer(chart: ET.Element) -> str:
    return chart.get("WaferId") or chart.get("SubstrateId") or ""


def _layout(tree: Tree, device: ET.Element, rows: RowOrder | None) -> Layout:
    """Where the origin is. One not at the upper left is refused unless it was said which way the rows run."""
    origin = device.get("OriginLocation", "").strip()
    if origin == UPPER_LEFT or (rows is not None and origin in ORIGINS):
        return ORIGINS[origin]
    told = f"OriginLocation={origin!r}" if origin else "OriginLocation is missing"
    advice = "Say which way its rows run (rows), or export the map again with its origin at the upper left."
    raise UnknownFormat(tree.path, f"{tree.at(device)}{told}: expected {UPPER_LEFT}, the upper left.", advice=advice)


def _placed(tree: Tree, device: ET.Element, chart: WaferMap) -> WaferMap:
    """The map with the tester coordinates that Corecar wrote beside it, where it did."""
    supplied = tree.first("SupplierData", device)
    if supplied is None or "FirstX" not in supplied.attrib:
        return chart
    first_x, first_y, step_x, step_y = tree.steps(supplied)
    return replace(chart, first_x=first_x, first_y=first_y, step_x=step_x, step_y=step_y)


def _reference(tree: Tree, device: ET.Element) -> tuple[int, int] | None:
    found = tree.first("ReferenceDevice", device)
    if found is None:
        return None
    return tree.whole(found, "ReferenceDeviceX", 0), tree.whole(found, "ReferenceDeviceY", 0)
