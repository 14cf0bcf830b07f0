"""What a file says is to be inked: places of a list, or dies of wafer maps that somebody else reads."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corecar.errors import RecipeError

Place = tuple[str | None, int, int]
"""Wafer, or None for every wafer; x and y as the files count them."""


@dataclass(frozen=True)
class InkMap:
    """What a wafer map says of the dies of one wafer.

    path         the file
    wafer        its name
    orientation  degrees clockwise from the bottom at which the flat or notch stands on the map
    dies         x and y of every die that the map says something of: why it is bad, or nothing where it is good
    """

    path: str
    wafer: str
    orientation: int
    dies: Mapping[tuple[int, int], str]


@dataclass(frozen=True)
class InkList:
    """What one file says: places with their reasons, or maps."""

    places: Mapping[Place, str] = field(default_factory=dict)
    maps: tuple[InkMap, ...] = ()


ListReader = Callable[[Path], InkList]
"""What reads a file into an ink list; raises RecipeError."""


def csv_list(path: Path) -> InkList:
    """The places of a CSV with columns x and y, and wafer and reason where it has them. Raises RecipeError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(f"{path}: the ink list cannot be read: {error}. Check the path of `file`.") from error
    found: dict[Place, str] = {}
    for line, row in enumerate(rows, 2):
        try:
            place = (row.get("wafer") or None, int(row["x"]), int(row["y"]))
        except (KeyError, TypeError, ValueError) as error:
            told = "expected columns x and y with whole numbers (wafer and reason as you like)"
            raise RecipeError(f"{path}: row {line}: {told}, got {dict(row)}. Correct the row.") from error
        found[place] = row.get("reason") or ""
    return InkList(found)


def ink_files(text: str) -> list[Path]:
    """The files that a path of a recipe means, `*` and `?` in their names filled in, in the order of their names.

    Raises  RecipeError that says where was looked
    """
    path = Path(text)
    if path.is_file():
        return [path]
    wild = "*" in path.name or "?" in path.name
    found = sorted(one for one in path.parent.glob(path.name) if one.is_file()) if wild else []
    if not found:
        what = "no file fits" if wild else "there is no file"
        raise RecipeError(
            f"ink: {what} {path.absolute()}: the ink list cannot be read. A relative `file` is looked for beside the "
            "recipe; correct it there."
        )
    return found
