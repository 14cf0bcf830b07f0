"""What the bins of a SEMI map mean, and whether the map has as many dies of each as it says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from corecar.errors import DamagedSource
from corecar.formats.maps.codes import AGAIN, Coding
from corecar.formats.maps.value import BinDefinition, CodeGrid, WaferMap
from corecar.formats.maps.xml_tree import Tree


def definitions(tree: Tree, rows: Iterable[ET.Element], spelled: Coding, bins: CodeGrid) -> tuple[BinDefinition, ...]:
    """The bin definitions, each count held against the map; of several of a code that agree the first stands.

    rows    elements with the attributes BinCode, BinCount, BinQuality, BinDescription
    Raises  DamagedSource
    """
    counted = WaferMap("", bins).counts
    found: dict[int, BinDefinition] = {}
    for element in rows:
        code = element.get("BinCode")
        number = None if code is None else spelled.number(code, tree.at(element))
        if number is None or number == spelled.null:
            continue
        there = counted.get(number, 0)
        told = tree.whole(element, "BinCount", there)
        if told != there:
            problem = f"{tree.at(element)}bin {code}: BinCount={told}, but the map has {there} such dies."
            raise DamagedSource(tree.path, problem, advice=AGAIN)
        quality = element.get("BinQuality", "")
        plain = quality.lower() in ("pass", "fail", "")
        name = element.get("BinDescription", "")
        if number in found and quality and found[number].passed != (quality.lower() == "pass"):
            problem = f"{tree.at(element)}bin {code} passes by one definition and fails by another."
            raise DamagedSource(tree.path, problem, advice=AGAIN)
        found.setdefault(number, BinDefinition(number, quality.lower() == "pass", name, "" if plain else quality))
    return tuple(found.values())
