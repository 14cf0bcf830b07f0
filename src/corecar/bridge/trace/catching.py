"""Which screen would have caught a part, and what it would have cost the lot in good parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from corecar.bridge.files.ink_maps import ink_list
from corecar.errors import CorecarError
from corecar.lot import Lot
from corecar.screen import Recipe, screen
from corecar.screen.dispositions import unit_labels

Row = dict[str, Any]
TOGETHER = "all together"
"""The row of all screens of a recipe."""


@dataclass
class Caught:
    """What recipes make of a part and its lot. rows: one for each recipe, insertion and screen."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, read: Lot, place: int, label: str, recipes: Iterable[Recipe], before: frozenset[str]) -> None:
        """Screen one insertion by each recipe. before: units that the last grading rejected."""
        gone = _rows_of(read, before)
        for recipe in recipes:
            try:
                found = screen(read, recipe, read_list=ink_list)
            except CorecarError as error:
                self.notes.append(f"{recipe.title}, {label}: {error}")
                continue
            parts = {**found.kills.parts, TOGETHER: frozenset().union(*found.kills.parts.values())}
            why = _reasons(found.dispositions, place)
            for name, killed in parts.items():
                more = len(killed - gone - {place})
                self.rows.append(
                    {"recipe": recipe.title, "insertion": label, "screen": name, "rejects": place in killed,
                     "why": why if place in killed and name == TOGETHER else "", "more_rejected": more,
                     "share": more / found.kills.good if found.kills.good else None}
                )  # fmt: skip

    @property
    def sorted(self) -> list[Row]:
        """The screens that reject the part first, the cheapest of them before the others."""
        return sorted(self.rows, key=lambda row: (not row["rejects"], row["more_rejected"], row["screen"] == TOGETHER,
                                                  row["recipe"], row["insertion"], row["screen"]))  # fmt: skip

    @property
    def catching(self) -> list[Row]:
        """The single screens that reject it."""
        return [row for row in self.sorted if row["rejects"] and row["screen"] != TOGETHER]


def _rows_of(read: Lot, units: frozenset[str]) -> frozenset[int]:
    """Rows of the parts that bear these labels."""
    if not units:
        return frozenset()
    return frozenset(row for row, label in enumerate(unit_labels(read.parts)) if label in units)


def _reasons(dispositions: Any, place: int) -> str:
    """Why a recipe rejects a part."""
    rows = zip(dispositions["part"].to_pylist(), dispositions["reasons"].to_pylist(), strict=True)
    return next((reasons for part, reasons in rows if part == place), "")
