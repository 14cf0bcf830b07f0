"""Wafer maps drawn as text, and lots made of them: `X` failed, `1` good, `.` no die; x to the right, y downwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from tests.lots import build_lot

from corecar.lot import Lot
from corecar.screen.dies import BAD, NO_DIE, SOUND
from corecar.screen.recipe import parse_recipe
from corecar.screen.rows import ScreenRow

CODES = {".": NO_DIE, "1": SOUND, "X": BAD}


def _turn(turns: int, mirrored: bool) -> Callable[[Any], Any]:
    return lambda grid: np.rot90(np.fliplr(grid) if mirrored else grid, turns)


EIGHT = tuple(_turn(turns, mirrored) for turns in range(4) for mirrored in (False, True))
"""The eight ways in which a wafer can lie on the table."""

wafers = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: st.lists(
        st.lists(st.sampled_from("11111XX."), min_size=shape[1], max_size=shape[1]).map("".join),
        min_size=shape[0],
        max_size=shape[0],
    )
)
"""Small maps, of which a quarter of the dies failed."""


def state(rows: Sequence[str]) -> npt.NDArray[np.uint8]:
    """A map as the screens take it, shape (1, rows, columns)."""
    return np.array([[[CODES[letter] for letter in row] for row in rows]], dtype=np.uint8)


def lot_of(*maps: Sequence[str], values: Any = None, wafers: Any = None, **columns: Any) -> Lot:
    """A lot of one wafer per map; readings of one test are all 1 unless given, in the order of the dies."""
    dies = [
        (f"W{place:02}", x, y, letter)
        for place, rows in enumerate(maps, 1)
        for y, row in enumerate(rows)
        for x, letter in enumerate(row)
        if letter != "."
    ]
    wafer, x, y, letters = (list(column) for column in zip(*dies, strict=True))
    given = {"wafer": wafer, "x": x, "y": y, "passed": [letter != "X" for letter in letters], **columns}
    readings = np.ones(len(dies)) if values is None else values
    return build_lot(readings, wafers=wafers, **given)


def row_of(kind: str, **keys: Any) -> ScreenRow:
    """A screen of a recipe with some keys set."""
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in keys.items())
    return parse_recipe(f'[[screen]]\nkind = "{kind}"\n{text}\n', "by hand").screens[0]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {item}" for key, item in value.items()) + "}"
    return repr(list(value)) if isinstance(value, (list, tuple)) else repr(value)


def units(lot: Lot, parts: Any) -> set[tuple[str, int, int]]:
    """Wafer, x and y of rows of `parts`."""
    rows = lot.parts.take(np.asarray(parts, dtype=np.int64)).select(["wafer", "x", "y"]).to_pylist()
    return {(row["wafer"], row["x"], row["y"]) for row in rows}
