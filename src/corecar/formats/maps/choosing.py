"""Which format a map is in: by its content when it is read, by what was asked for or the extension when written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pyarrow import csv

from corecar.atomic import whole_file
from corecar.errors import ArgumentError, DamagedSource, UnknownFormat
from corecar.file_kinds import HEAD, look_of_content, wrong_kind
from corecar.formats.maps.content import MAP, content_of, decoded
from corecar.formats.maps.e142 import e142_map, e142_maps
from corecar.formats.maps.e142_writing import e142_text
from corecar.formats.maps.g85 import g85_map, g85_maps, map_text
from corecar.formats.maps.klarf import Inspection, defect_map, is_klarf, read_klarf
from corecar.formats.maps.layout import Axes, Layout, Origin, RowOrder, checked_order, natural_layout
from corecar.formats.maps.sinf import is_sinf, sinf_map, sinf_text
from corecar.formats.maps.value import WaferMap
from corecar.formats.maps.xml_tree import tree_of
from corecar.plurals import plural

MapFormat = Literal["g85", "e142", "sinf", "csv"]
FORMATS: tuple[MapFormat, ...] = ("g85", "e142", "sinf", "csv")


def checked_formats(names: Iterable[str]) -> tuple[MapFormat, ...]:
    """These formats, each once. Raises ArgumentError for one that is none."""
    found = tuple(name for name in FORMATS if name in set(names))
    wrong = [name for name in names if name not in FORMATS]
    if wrong:
        raise ArgumentError(f'map format "{wrong[0]}": expected one of {", ".join(FORMATS)}.')
    return found


def read_map(
    path: str | Path, *, wafer: str | None = None, name: str | None = None, rows: RowOrder | None = None
) -> WaferMap:
    """Read a wafer map: SEMI G85, SEMI E142, SINF, or the defects per die of a KLARF file.

    path    the file; what it is is told by its content
    wafer   which wafer, and `name` which map of it, where a file holds several
    rows    which way the rows of a SEMI map run: `as-seen`, the first row on top, or `from-origin`, from the origin
            along the axes; without it E142 is taken as seen, and G85 is refused unless its origin is the upper left
    Returns the map as seen from above; its `notes` say what was assumed
    Raises  SourceMissing; UnknownFormat when it is no map of these formats; DamagedSource when rows, columns or bin
            counts contradict what the map says of itself; ArgumentError when several maps fit, or none

    >>> read_map("W03.xml").counts                           # doctest: +SKIP
    {1: 1402, 5: 31, 7: 12}
    """
    file, order = Path(path), checked_order(rows)
    content = content_of(file)
    text = _text_of_map(content)
    if is_klarf(text):
        found = read_klarf(file, text)
        if wafer is not None and wafer not in found.wafers:
            raise ArgumentError(f"{file}: holds no wafer {wafer}. It holds: {', '.join(found.wafers)}.")
        several = wafer is None and len(found.wafers) > 1
        first = (f"The first of {len(found.wafers)} wafers is shown.",) if several else ()
        return replace(_defects(file, found, wafer), notes=(*first, *found.notes))
    if is_sinf(text):
        return _of_wafer(file, sinf_map(file, text), wafer)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe\0 \r\n\t")
    if not start.startswith(b"<") or look_of_content(content[:HEAD]) == "an HTML page":
        raise wrong_kind(file, MAP)
    tree = tree_of(file, content)
    root = tree.root.tag.lower()
    if root == "mapdata":
        return e142_map(tree, wafer=wafer, name=name, rows=order)
    if root in ("maps", "map"):
        return g85_map(tree, wafer=wafer, name=name, rows=order)
    raise _no_map(file, tree.root.tag)


def read_maps(path: str | Path, *, rows: RowOrder | None = None) -> list[WaferMap]:
    """Read every map of a file, in its order: of each wafer, and of each name. See `read_map`, which raises the same.

    >>> [chart.wafer for chart in read_maps("lot.klarf")]     # doctest: +SKIP
    ['W01', 'W02']
    """
    file, order = Path(path), checked_order(rows)
    content = content_of(file)
    text = _text_of_map(content)
    if is_klarf(text):
        found = read_klarf(file, text)
        return [replace(_defects(file, found, wafer), notes=found.notes) for wafer in found.wafers or ("",)]
    if is_sinf(text):
        return [sinf_map(file, text)]
    tree = tree_of(file, content)
    root = tree.root.tag.lower()
    if root == "mapdata":
        return e142_maps(tree, order)
    if root in ("maps", "map"):
        return g85_maps(tree, order)
    raise _no_map(file, tree.root.tag)


def _defects(path: Path, found: Inspection, wafer: str | None) -> WaferMap:
    """The defect map of a file. Raises DamagedSource where its dies lie too far apart."""
    try:
        return defect_map(found, wafer)
    except ArgumentError as error:
        raise DamagedSource(path, str(error), advice="Mend XINDEX and YINDEX.") from error


def is_map(content: bytes) -> bool:
    """Whether content begins as one of the map formats does: XML, SINF or KLARF.

    >>> is_map(b"LOT:A1"), is_map(b"<Maps/>"), is_map(b"x,y")
    (True, True, False)
    """
    text = _text_of_map(content)
    return not text or is_klarf(text) or is_sinf(text)


def _text_of_map(content: bytes) -> str:
    """The text of a map that is none of the XML ones; nothing of those."""
    return "" if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else decoded(content)


def _no_map(path: Path, tag: str) -> UnknownFormat:
    problem = f"this looks like XML, <{tag}>; expected {MAP}."
    return UnknownFormat(path, problem, advice="Check which file it is.")


def _of_wafer(path: Path, chart: WaferMap, wafer: str | None) -> WaferMap:
    """The map of a file that holds just one. Raises ArgumentError where it is of another wafer."""
    if wafer not in (None, chart.wafer):
        raise ArgumentError(f"{path}: holds no wafer {wafer}. It holds: {chart.wafer}.")
    return chart


def write_map(
    chart: WaferMap,
    path: str | Path,
    *,
    format: MapFormat | None = None,
    orientation: int | None = None,
    bottom: bool = False,
    origin: Origin | None = None,
    axes: Axes | None = None,
    rows: RowOrder = "as-seen",
) -> tuple[str, ...]:
    """Write a wafer map, whole or not at all.

    format       `g85`, `e142`, `sinf` or `csv`, a row per die; by default what the name says: .sinf, .csv, `e142` in
                 the name, else G85
    orientation  degrees clockwise from the bottom at which the flat or notch shall stand: the map is turned to it
    bottom       as seen from below; origin, axes, rows: where E142 counts from and in which order it lists
    Returns      what the format cannot hold, a sentence each
    Raises       OutputError when it can't be written; ArgumentError for what no format knows

    >>> write_map(read_map("W03.xml"), "W03.sinf", orientation=180)     # doctest: +SKIP
    ('SINF has no names of bins.',)
    """
    kind = format or format_of_map(path)
    if kind not in FORMATS:
        raise ArgumentError(f'format="{kind}": expected one of {", ".join(FORMATS)}.')
    if kind != "e142" and (bottom or origin or axes or rows != "as-seen"):
        raise ArgumentError(f"bottom, origin, axes and rows are words of E142; {kind} has none of them.")
    shown = chart if orientation is None else chart.turned(orientation - chart.orientation)
    with whole_file(path) as sibling:
        if kind == "csv":
            csv.write_csv(shown.table(), sibling)
        elif kind == "e142":
            natural = natural_layout(shown.mirrored() if bottom else shown)
            layout = Layout(origin or natural.origin, axes or natural.axes)
            order = checked_order(rows) or "as-seen"
            sibling.write_text(e142_text(shown, layout=layout, bottom=bottom, rows=order), encoding="utf-8")
        else:
            sibling.write_text(_TEXTS[kind](shown), encoding="utf-8")
    return _left_out(shown, kind)


_TEXTS: dict[str, Callable[[WaferMap], str]] = {"g85": map_text, "sinf": sinf_text}


def format_of_map(path: str | Path) -> MapFormat:
    """The format that a file's name asks for.

    >>> format_of_map("W03.e142.xml"), format_of_map("W03.xml")
    ('e142', 'g85')
    """
    parts = Path(path).name.lower().split(".")
    if "e142" in parts:
        return "e142"
    if parts[-1] in ("sinf", "csv"):
        return "sinf" if parts[-1] == "sinf" else "csv"
    if parts[-1] in ("xml", "g85"):
        return "g85"
    raise ArgumentError(
        f"{path}: the extension .{parts[-1]} names no map format. Expected .xml, .e142.xml, .sinf or .csv, or --to."
    )


def _left_out(chart: WaferMap, kind: MapFormat) -> tuple[str, ...]:
    notes = []
    if kind in ("g85", "e142") and chart.untested:
        notes.append(f"{plural(chart.untested, 'untested die', 'untested dies')} became empty places.")
    if kind == "e142" and chart.reference is None:
        notes.append("E142 expects a reference die, and none is known.")
    if kind == "sinf":
        if any(known.name for known in chart.definitions):
            notes.append("SINF has no names of bins.")
        if chart.name or chart.created:
            notes.append("SINF has no name of the map, and no time.")
    if kind == "csv":
        notes.append("CSV has the dies alone: no orientation, no names.")
    if kind == "g85" and chart.die_size_mm is not None:
        notes.append("The die size is not written: in which unit G85 has it is not confirmed.")
    return tuple(notes)
