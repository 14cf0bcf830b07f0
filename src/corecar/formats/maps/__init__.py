"""Wafer maps as a value, and the formats they travel in: SEMI G85, SEMI E142, SINF, and KLARF to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corecar.late_names import late_names

if TYPE_CHECKING:
    from corecar.formats.maps.choosing import (
        FORMATS,
        MapFormat,
        checked_formats,
        is_map,
        read_map,
        read_maps,
        write_map,
    )
    from corecar.formats.maps.combining import LaidOver, combine_maps, lay_over
    from corecar.formats.maps.comparison import MapComparison, compare_maps
    from corecar.formats.maps.g85 import map_text
    from corecar.formats.maps.klarf import Inspection, defect_map, read_klarf
    from corecar.formats.maps.value import NO_DIE, UNTESTED, BinDefinition, WaferMap, wafer_map

__getattr__, __dir__ = late_names(
    __name__,
    {
        "choosing": ("FORMATS", "MapFormat", "checked_formats", "is_map", "read_map", "read_maps", "write_map"),
        "combining": ("LaidOver", "combine_maps", "lay_over"),
        "comparison": ("MapComparison", "compare_maps"),
        "g85": ("map_text",),
        "klarf": ("Inspection", "defect_map", "read_klarf"),
        "value": ("NO_DIE", "UNTESTED", "BinDefinition", "WaferMap", "wafer_map"),
    },
)

__all__ = [
    "FORMATS",
    "NO_DIE",
    "UNTESTED",
    "BinDefinition",
    "Inspection",
    "LaidOver",
    "MapComparison",
    "MapFormat",
    "WaferMap",
    "checked_formats",
    "combine_maps",
    "compare_maps",
    "defect_map",
    "is_map",
    "lay_over",
    "map_text",
    "read_klarf",
    "read_map",
    "read_maps",
    "wafer_map",
    "write_map",
]
