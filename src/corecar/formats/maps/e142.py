"""Wafer maps as SEMI E142 XML: read from any writer, whichever way the map lies, every count checked.

Element and attribute names and defaults are as public descriptions of the schema tell them; what they leave open (the
order of the rows beside an origin that is not the upper left, the base of reference coordinates, the centre as origin)
is template, to be confirmed with whoever wrote the file.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace

from corecar.errors import ArgumentError, UnknownFormat
from corecar.formats.maps.bin_definitions import definitions
from corecar.formats.maps.codes import AGAIN, Coding, coding, grid
from corecar.formats.maps.layout import AXES, ORIGINS, Layout, RowOrder, laid_out
from corecar.formats.maps.value import WaferMap
from corecar.formats.maps.xml_tree import Tree

DEFAULTS = {"Orientation": "0", "OriginLocation": "LowerLeft", "AxisDirection": "UpRight", "SubstrateSide": "TopSide"}
"""What holds where a SubstrateMap does not say."""

MILLIMETRES = {"mm": 1.0, "micron": 0.001, "microns": 0.001, "um": 0.001, "inch": 25.4, "mil": 0.0254, "mils": 0.0254}
EXPECTED = "Expected a SEMI E142 wafer map."


@dataclass(frozen=True)
class _Entry:
    """One bin code map of a document, with the SubstrateMap and the Overlay it stands in."""

    substrate: ET.Element
    overlay: ET.Element
    codes: ET.Element

    @property
    def said(self) -> str:
        """How it can be named."""
        return f"{self.substrate.get('SubstrateId', '')} / {self.overlay.get('MapName', '')}"


def e142_map(
    tree: Tree, *, wafer: str | None = None, name: str | None = None, rows: RowOrder | None = None
) -> WaferMap:
    """The map of an E142 document, as seen from above.

    wafer, name  SubstrateId and MapName of the wanted map, where the document holds several
    rows         which way its rows run; as seen where not told
    Raises       UnknownFormat when there is no bin code map or an attribute is of no known value; DamagedSource when
                 rows, columns or bin counts contradict what the map says of itself; ArgumentError where several maps
                 fit, or none
    """
    return _read(tree, _chosen(tree, wafer, name), rows)


def e142_maps(tree: Tree, rows: RowOrder | None = None) -> list[WaferMap]:
    """Every map of an E142 document, in its order; raises as `e142_map`."""
    return [_read(tree, entry, rows) for entry in _entries(tree)]


def _read(tree: Tree, entry: _Entry, rows: RowOrder | None) -> WaferMap:
    layout = Layout(_word(tree, entry, "OriginLocation", ORIGINS), _word(tree, entry, "AxisDirection", AXES))  # type: ignore[arg-type]
    shape = _layout_element(tree, entry)
    spelled = coding(tree.path, entry.codes.get("BinType", ""), entry.codes.get("NullBin", ""))
    chart = _as_written(tree, entry, spelled, shape)
    chart = laid_out(chart, layout, rows or "as-seen")
    chart = _remembered(tree, replace(chart, reference=_reference(tree, entry, chart)))
    bottom = _word(tree, entry, "SubstrateSide", ("TopSide", "BottomSide")) == "BottomSide"
    noted = replace(chart, notes=tuple(_notes(tree, entry, chart, rows)))
    return noted.mirrored() if bottom else noted


def _entries(tree: Tree) -> list[_Entry]:
    """Every bin code map. Raises UnknownFormat where there is none."""
    entries = [
        _Entry(substrate, overlay, codes)
        for substrate in tree.all("SubstrateMap")
        for overlay in tree.all("Overlay", substrate)
        for codes in tree.all("BinCodeMap", overlay)
    ]
    if not entries:
        raise UnknownFormat(tree.path, "no <BinCodeMap> stands in an <Overlay> of a <SubstrateMap>.", advice=EXPECTED)
    return entries


def _chosen(tree: Tree, wafer: str | None, name: str | None) -> _Entry:
    """The one map that is wanted. Raises ArgumentError."""
    entries = _entries(tree)
    fitting = [
        entry
        for entry in entries
        if wafer in (None, entry.substrate.get("SubstrateId", "").strip())
        and name in (None, entry.overlay.get("MapName"))
    ]
    if len(fitting) != 1:
        held = "; ".join(dict.fromkeys(entry.said for entry in entries[:20]))
        found = "none of its maps fits" if not fitting else f"{len(fitting)} of its maps fit"
        raise ArgumentError(f"{tree.path}: {found}. Name one by wafer and map name; it holds: {held}.")
    return fitting[0]


def _word(tree: Tree, entry: _Entry, attribute: str, allowed: tuple[str, ...]) -> str:
    """An attribute of the SubstrateMap, in the standard's spelling whatever the letters' case."""
    written = entry.substrate.get(attribute, DEFAULTS[attribute]).strip()
    found = next((word for word in allowed if word.lower() == written.lower()), None)
    if found is None:
        expected = f"{tree.at(entry.substrate)}{attribute}={written!r}: expected one of {', '.join(allowed)}."
        raise UnknownFormat(tree.path, expected, advice=AGAIN)
    return found


def _layout_element(tree: Tree, entry: _Entry) -> ET.Element | None:
    """The layout whose devices the map shows: the last one that LayoutSpecifier names."""
    wanted = entry.substrate.get("LayoutSpecifier", "").rpartition("/")[2]
    return next((element for element in tree.all("Layout") if element.get("LayoutId") == wanted), None)


def _as_written(tree: Tree, entry: _Entry, spelled: Coding, layout: ET.Element | None) -> WaferMap:
    """The map with its bins in the order in which they are written."""
    elements = list(tree.all("BinCode", entry.codes))
    rows, places = [element.text or "" for element in elements], [tree.at(element) for element in elements]
    dimension = None if layout is None else tree.first("Dimension", layout)
    if dimension is not None:
        height, width = tree.whole(dimension, "Y"), tree.whole(dimension, "X")
    else:
        height, width = len(rows), len(spelled.split(rows[0])) if rows else 0
    if len(rows) == 1 and height > 1:
        rows = _cut(spelled, rows[0], width)
        places = places * len(rows)
    bins = grid(spelled, rows, height, width, ("Dimension Y", "Dimension X"), places)
    lot, product = (
        _text(tree, element, tag) for element, tag in ((_substrate(tree, entry), "LotId"), (layout, "ProductId"))
    )
    return WaferMap(
        entry.substrate.get("SubstrateId", "").strip(),
        bins,
        lot=lot,
        product=product,
        name=entry.overlay.get("MapName", ""),
        orientation=tree.turn(entry.substrate),
        wafer_size_mm=_wafer_size(tree),
        definitions=definitions(tree, tree.all("BinDefinition", entry.codes), spelled, bins),
        die_size_mm=_size(tree, layout, "StepSize"),
    )


def _cut(spelled: Coding, text: str, width: int) -> list[str]:
    """The rows of a map that is written as one string."""
    codes = spelled.split(text)
    between = " " if spelled.kind == "decimal" else ""
    return [between.join(codes[at : at + width]) for at in range(0, len(codes), max(width, 1))]


def _substrate(tree: Tree, entry: _Entry) -> ET.Element | None:
    wanted = entry.substrate.get("SubstrateId")
    return next((element for element in tree.all("Substrate") if element.get("SubstrateId") == wanted), None)


def _text(tree: Tree, below: ET.Element | None, tag: str) -> str:
    found = None if below is None else tree.first(tag, below)
    return "" if found is None else (found.text or "").strip()


def _size(tree: Tree, layout: ET.Element | None, tag: str) -> tuple[float, float] | None:
    """Width and height of an element of a layout [mm]; None where it is not said in a known unit."""
    found = None if layout is None else tree.first(tag, layout)
    if layout is None or found is None:
        return None
    factor = MILLIMETRES.get((found.get("Units") or layout.get("DefaultUnits") or "").lower())
    width, height = tree.real(found, "X"), tree.real(found, "Y")
    if factor is None or not width or not height or width < 0 or height < 0:
        return None
    return round(width * factor, 6), round(height * factor, 6)


def _wafer_size(tree: Tree) -> float | None:
    """Diameter by the layout of the whole substrate."""
    top = next((one for one in tree.all("Layout") if one.get("TopLevel", "").lower() == "true"), None)
    size = _size(tree, top, "DeviceSize")
    return size[0] if size and size[0] == size[1] else None


def _reference(tree: Tree, entry: _Entry, chart: WaferMap) -> tuple[int, int] | None:
    """Column and row of the first reference device; its coordinates count from the origin, from 0 (template)."""
    device = tree.first("ReferenceDevice", entry.overlay)
    coordinates = None if device is None else tree.first("Coordinates", device)
    if coordinates is None:
        return None
    x, y = tree.whole(coordinates, "X"), tree.whole(coordinates, "Y")
    return (x - chart.first_x) * chart.step_x, (y - chart.first_y) * chart.step_y


def _remembered(tree: Tree, chart: WaferMap) -> WaferMap:
    """The map with what Corecar left beside it when it wrote it: tester coordinates, time."""
    told = tree.remarks
    if "FirstX" not in told:
        return chart
    first_x, first_y, step_x, step_y = tree.steps(told)
    created = told.get("Created", "")
    return replace(chart, first_x=first_x, first_y=first_y, step_x=step_x, step_y=step_y, created=created)


def _notes(tree: Tree, entry: _Entry, chart: WaferMap, rows: RowOrder | None) -> list[str]:
    """What was assumed or found odd."""
    notes = []
    if entry.substrate.get("Orientation") is None:
        notes.append("Orientation is missing: flat or notch taken to be at the bottom, as the format has it.")
    if rows is None and not tree.remarks and _word(tree, entry, "OriginLocation", ORIGINS) != "UpperLeft":
        notes.append(
            "The first row was taken for the top one, as seen; some writers begin at the origin (from-origin)."
        )
    good = _text(tree, _substrate(tree, entry), "GoodDevices")
    if good.isdecimal() and int(good) != int(chart.good.sum()):
        notes.append(f"GoodDevices is {good}, but {int(chart.good.sum())} dies are in bins that pass.")
    kind = entry.substrate.get("SubstrateType", "Wafer")
    if kind.lower() != "wafer":
        notes.append(f"The substrate is a {kind.lower()}, no wafer.")
    columns_rows = chart.bins.shape[1], chart.bins.shape[0]
    if chart.reference and not all(0 <= at < size for at, size in zip(chart.reference, columns_rows, strict=True)):
        notes.append("The reference device stands outside of the map; its coordinates were counted from 0.")
    return notes
