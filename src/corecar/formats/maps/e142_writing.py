"""A wafer map written as SEMI E142 XML, in any orientation, from either side, with any origin and axes."""

from __future__ import annotations

from xml.sax.saxutils import escape

from corecar.formats.maps.codes import digits_for, spelled_rows
from corecar.formats.maps.g85 import bin_attributes
from corecar.formats.maps.layout import Layout, RowOrder, natural_layout
from corecar.formats.maps.value import WaferMap
from corecar.formats.maps.xml_tree import remark_text, tag_text, writable

NAMESPACE = "urn:semi-org:xsd.E142-1.V1005.SubstrateMap"
WAFER, DEVICES = "WaferLayout", "Devices"


def e142_text(
    chart: WaferMap, *, layout: Layout | None = None, bottom: bool = False, rows: RowOrder = "as-seen"
) -> str:
    """A wafer map as SEMI E142 XML text.

    layout  origin and axes; by default those under which coordinates grow as the tester's do
    bottom  written as seen from below (SubstrateSide BottomSide)
    rows    which way the rows run
    What E142 has no place for (tester coordinates, time) stands in a processing instruction that others pass over.
    """
    shown = chart.mirrored() if bottom else chart
    place = layout or natural_layout(shown)
    digits = digits_for(shown)
    bins = place.ordered(shown.bins) if rows == "from-origin" else shown.bins
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        remark_text(_remark(shown)),
        tag_text("MapData", {"xmlns": NAMESPACE}),
        *_layouts(shown),
        *_substrates(shown),
        "<SubstrateMaps>",
        tag_text("SubstrateMap", _attributes(shown, place, bottom)),
        tag_text("Overlay", {"MapName": shown.name or "BinCodeMap", "MapVersion": "1"}),
        *_references(shown, place),
        tag_text("BinCodeMap", _coding(digits)),
        "<BinDefinitions>",
        *(tag_text("BinDefinition", attributes, empty=True) for attributes in bin_attributes(shown, digits)),
        "</BinDefinitions>",
        *(f"<BinCode>{row}</BinCode>" for row in spelled_rows(bins, digits)),
        "</BinCodeMap>", "</Overlay>", "</SubstrateMap>", "</SubstrateMaps>", "</MapData>", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _remark(chart: WaferMap) -> dict[str, object]:
    facts: dict[str, object] = {
        "FirstX": chart.first_x, "FirstY": chart.first_y, "StepX": chart.step_x, "StepY": chart.step_y,
    }  # fmt: skip
    return {**facts, "Created": chart.created} if chart.created.isalnum() else facts


def _coding(digits: int) -> dict[str, object]:
    kind = "HexaDecimal" if digits == 2 else "Integer2"
    return {"BinType": kind, "NullBin": "F" * digits, "MapType": "2DArray"}


def _attributes(chart: WaferMap, place: Layout, bottom: bool) -> dict[str, object]:
    return {
        "SubstrateType": "Wafer",
        "SubstrateId": chart.wafer,
        "LayoutSpecifier": f"{WAFER}/{DEVICES}",
        "SubstrateSide": "BottomSide" if bottom else "TopSide",
        "Orientation": chart.orientation,
        "OriginLocation": place.origin,
        "AxisDirection": place.axes,
    }


def _layouts(chart: WaferMap) -> list[str]:
    """The wafer as a whole, and its devices in columns and rows."""
    rows, columns = chart.bins.shape
    wafer, size = chart.wafer_size_mm, chart.die_size_mm
    return [
        "<Layouts>",
        tag_text("Layout", {"LayoutId": WAFER, "DefaultUnits": "mm", "TopLevel": "true"}),
        tag_text("Dimension", {"X": 1, "Y": 1}, empty=True),
        *([] if wafer is None else [tag_text("DeviceSize", {"X": f"{wafer:g}", "Y": f"{wafer:g}"}, empty=True)]),
        "<ChildLayouts>" + tag_text("ChildLayout", {"LayoutId": DEVICES}, empty=True) + "</ChildLayouts>",
        "</Layout>",
        tag_text("Layout", {"LayoutId": DEVICES, "DefaultUnits": "mm"}),
        tag_text("Dimension", {"X": columns, "Y": rows}, empty=True),
        *([] if size is None else [tag_text("StepSize", {"X": f"{size[0]:g}", "Y": f"{size[1]:g}"}, empty=True)]),
        *_element("ProductId", chart.product),
        "</Layout>", "</Layouts>",
    ]  # fmt: skip


def _substrates(chart: WaferMap) -> list[str]:
    return [
        "<Substrates>",
        tag_text("Substrate", {"SubstrateType": "Wafer", "SubstrateId": chart.wafer}),
        *_element("LotId", chart.lot),
        f"<GoodDevices>{int(chart.good.sum())}</GoodDevices>",
        "</Substrate>", "</Substrates>",
    ]  # fmt: skip


def _element(tag: str, text: str) -> list[str]:
    return [f"<{tag}>{escape(writable(text))}</{tag}>"] if text else []


def _references(chart: WaferMap, place: Layout) -> list[str]:
    """The reference die, counted from the origin along the axes."""
    if chart.reference is None:
        return []
    column, row = place.place(*chart.bins.shape)
    x = (chart.reference[0] - column) * place.step_x
    y = (chart.reference[1] - row) * place.step_y
    coordinates = tag_text("Coordinates", {"X": x, "Y": y}, empty=True)
    device = tag_text("ReferenceDevice", {"Name": "FirstDevice"})
    return ["<ReferenceDevices>", device, coordinates, "</ReferenceDevice>", "</ReferenceDevices>"]
