"""The file of the screen `ink`, read by what it is: a list of places, or wafer maps of any format."""

from __future__ import annotations

from pathlib import Path

from corecar.errors import RecipeError, SourceError
from corecar.formats.maps import WaferMap, is_map, read_maps
from corecar.screen.ink_lists import InkList, InkMap, csv_list


def ink_list(path: Path) -> InkList:
    """What a file says is to be inked: a CSV's places, or the dies of its wafer maps that are in no bin that passes.

    Raises  RecipeError for a file that cannot be read, or a map that names no wafer
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        charts = read_maps(path) if is_map(head) else []
    except (OSError, SourceError) as error:
        raise RecipeError(f"ink: {error} Correct the file, or give places in a CSV.") from error
    return InkList(maps=tuple(_ink_map(path, chart) for chart in charts)) if charts else csv_list(path)


def _ink_map(path: Path, chart: WaferMap) -> InkMap:
    """Every die that the map judges; untested ones it says nothing of."""
    if not chart.wafer:
        raise RecipeError(f"ink: {path}: the map names no wafer. Give the places as a CSV with a column wafer.")
    named = {known.code: known.name for known in chart.definitions}
    columns = (chart.table()[name].to_pylist() for name in ("x", "y", "bin", "passed"))
    dies = {
        (x, y): "" if passed else f"bin {code} {named.get(code, '')}".rstrip() + f" in {path.name}"
        for x, y, code, passed in zip(*columns, strict=True)
        if code is not None
    }
    return InkMap(str(path), chart.wafer, chart.orientation, dies)
