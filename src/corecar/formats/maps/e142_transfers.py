"""Transfer maps of SEMI E142: which place of one substrate went to which place of another, as rows of events.

Transfers that run side by side along a row become one pair of ranges, so that a strip of 500 places needs a few rows.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from corecar.errors import DamagedSource
from corecar.formats.maps.xml_tree import tree_of

Cells = list[str]
"""event, at, kind, role, class, id, places, quantity, pair."""
Transfer = tuple[int, int, int, int]
"""From x and y, to x and y."""
CLASSES: Mapping[str, str] = {
    "wafer": "wafer", "frame": "frame", "strip": "strip", "tray": "tray", "tnr": "reel",
    "panel": "panel", "pcb": "panel",
}  # fmt: skip
"""Substrate types of E142 as classes of things."""


def transfer_rows(path: Path, content: bytes, at: str) -> list[Cells]:
    """The rows of events that a file's transfer maps tell, an event for each pair of substrates.

    at  when it happened, which a map does not say
    Raises  DamagedSource
    """
    rows: list[Cells] = []
    for target in _below(tree_of(path, content).root, "SubstrateMap"):
        for map_ in _below(target, "TransferMap"):
            into = _substrate(path, target.get("SubstrateType"), target.get("SubstrateId"))
            source = _substrate(path, map_.get("FromSubstrateType"), map_.get("FromSubstrateId"))
            transfers = sorted(_transfer(path, item) for item in _below(map_, "T"))
            rows += _event(f"{source[1]} to {into[1]}", at, source, into, transfers)
    if not rows:
        raise DamagedSource(path, "there is no transfer in it.")
    return rows


def _event(
    event: str, at: str, source: tuple[str, str], into: tuple[str, str], transfers: list[Transfer]
) -> Iterator[Cells]:
    for number, (first, last) in enumerate(_runs(transfers), 1):
        count = str(last[0] - first[0] + 1)
        for role, thing, a, b in (("in", source, first[:2], last[:2]), ("out", into, first[2:], last[2:])):
            places = f"{a[0]},{a[1]}" + (f"..{b[0]},{b[1]}" if a != b else "")
            yield [event, at, "transform", role, *thing, places, count, f"t{number}"]


def _runs(transfers: Iterable[Transfer]) -> list[tuple[Transfer, Transfer]]:
    """First and last of each run along a row: both sides go on by one place.

    >>> _runs([(0, 0, 5, 1), (1, 0, 6, 1), (2, 0, 0, 2)])
    [((0, 0, 5, 1), (1, 0, 6, 1)), ((2, 0, 0, 2), (2, 0, 0, 2))]
    """
    runs: list[tuple[Transfer, Transfer]] = []
    for one in sorted(transfers, key=lambda transfer: (transfer[1], transfer[0])):
        if runs:
            first, last = runs[-1]
            if one == (last[0] + 1, last[1], last[2] + 1, last[3]):
                runs[-1] = (first, one)
                continue
        runs.append((one, one))
    return runs


def _substrate(path: Path, kind: str | None, name: str | None) -> tuple[str, str]:
    known = CLASSES.get((kind or "").lower())
    if known is None or not name:
        raise DamagedSource(path, f'"{kind} {name}" is no substrate with its id. Types: {", ".join(CLASSES)}.')
    return known, name


def _transfer(path: Path, item: ET.Element) -> Transfer:
    try:
        fx, fy, tx, ty = (int(item.attrib[name]) for name in ("FX", "FY", "TX", "TY"))
    except (KeyError, ValueError):
        raise DamagedSource(path, f"a transfer lacks FX, FY, TX or TY as whole numbers: {item.attrib}.") from None
    return fx, fy, tx, ty


def _below(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """Elements of a name, whatever its name space."""
    return (one for one in element.iter() if one.tag.rpartition("}")[2] == name)
