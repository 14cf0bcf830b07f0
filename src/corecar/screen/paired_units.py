"""The same units in two lots, such as one insertion before a stress and one after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.chip_identities import chip_identities
from corecar.lot import Int64Array, Lot

IDENTITIES = ("auto", "xy", "ecid", "part_text", "part_id")
"""What makes a part of one lot the unit of the other; `part_id` is a counter on most testers, so it has to be asked."""


@dataclass(frozen=True, eq=False)
class Paired:
    """Final parts of two lots that are of one unit.

    identity  what they share; empty where nothing is
    before    int64, shape (parts after,): row of `parts` before, of each part after; -1 for none
    doubled   final parts after whose identity others share, in either lot, so that they are left out
    """

    identity: str
    before: Int64Array
    doubled: int


def paired_units(before: Lot, after: Lot, identity: str = "auto") -> Paired:
    """The unit of each final part after, before; by what pairs most of them, where it is not told."""
    asked = [identity] if identity != "auto" else ["xy", "ecid", "part_text"]
    if identity == "auto" and "part_id" in (before.retests.identity, after.retests.identity):
        asked.append("part_id")
    found = [_paired(before, after, name) for name in asked]
    return max(found, key=lambda one: int((one.before >= 0).sum()))


def _paired(before: Lot, after: Lot, name: str) -> Paired:
    one, other = (_units(lot, KEYS[name](lot)) for lot in (before, after))
    out = np.full(after.parts.num_rows, -1, dtype=np.int64)
    doubled = 0
    for key, rows in other.items():
        there = one.get(key, ())
        if len(rows) == 1 and len(there) == 1:
            out[rows[0]] = there[0]
        elif there:
            doubled += len(rows)
    return Paired(name if (out >= 0).any() else "", out, doubled)


def _units(lot: Lot, keys: list[Any]) -> dict[Any, list[int]]:
    """Final parts by their key; those without one are left out."""
    out: dict[Any, list[int]] = {}
    for part in lot.chosen("final").tolist():
        if keys[part] is not None:
            out.setdefault(keys[part], []).append(part)
    return out


def _places(lot: Lot) -> list[Any]:
    """Wafer, x and y of each part; None where one is not known."""
    rows = zip(*(lot.parts[name].to_pylist() for name in ("wafer", "x", "y")), strict=True)
    return [row if None not in row else None for row in rows]


def _texts(name: str) -> Callable[[Lot], list[Any]]:
    return lambda lot: [text or None for text in lot.parts[name].to_pylist()]


def _chips(lot: Lot) -> list[Any]:
    found = chip_identities(lot.texts, lot.parts.num_rows)
    return [None] * lot.parts.num_rows if found is None else list(found.to_pylist())


KEYS: dict[str, Callable[[Lot], list[Any]]] = {
    "xy": _places,
    "ecid": _chips,
    "part_text": _texts("part_text"),
    "part_id": _texts("part_id"),
}
"""Identities, and the key of each part by it."""
