"""A kept lot screened again by another recipe: who is rejected now, who was before, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from corecar.bridge.calls import Call
from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.lot.kept_lots import insertions_of
from corecar.bridge.lot.kept_overrides import REJECTED, last_gradings
from corecar.bridge.sharing import NUMBER
from corecar.lot import Lot
from corecar.screen import Recipe, Screening, screen
from corecar.store.catalogue.models import Lot as KeptLot


@dataclass(frozen=True)
class Again:
    """One insertion of a lot under a recipe.

    before  units that the last grading rejected and that no override let through; None where it was not graded
    """

    lot: KeptLot
    label: str
    read: Lot
    found: Screening
    before: frozenset[str] | None

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Good final parts that the recipe rejects: rows of `parts` with unit and reasons."""
        passed, parts = self.read.passed, self.read.parts
        table = self.found.dispositions
        return [
            {"unit": row["unit"], "reasons": row["reasons"], **_place(parts.slice(row["part"], 1).to_pylist()[0])}
            for row in table.select(["part", "unit", "shippable", "reasons"]).to_pylist()
            if passed[row["part"]] and not row["shippable"]
        ]

    @property
    def newly(self) -> list[dict[str, Any]]:
        """Those that went through before."""
        before = self.before or frozenset()
        return [row for row in self.rejected if row["unit"] not in before]

    @property
    def good(self) -> int:
        """Final parts that the tester called good."""
        return int((self.read.final & self.read.passed).sum())

    @property
    def tested(self) -> int:
        """Final parts."""
        return int(self.read.final.sum())


def screened_again(call: Call, lot: KeptLot, recipe: Recipe, before: Mapping[str, Any]) -> Iterator[Again]:
    """Every insertion of a lot under a recipe. before: `units_rejected` of the lot. Raises what reading raises."""
    for label, read in insertions_of(call, f"{NUMBER}{lot.id}"):
        found = screen(read, recipe, read_list=ink_list)
        yield Again(lot, label, read, found, before.get(label))


def units_rejected(call: Call, lot: KeptLot) -> dict[str, frozenset[str]]:
    """Of each insertion the units that its last grading rejected, without those that were let through."""
    graded = last_gradings(call.session, lot.id)
    return {
        label: frozenset(summary[REJECTED]) - {one.get("unit") for one in summary.get("overrides", ())}
        for label, summary in graded.items()
    }


def _place(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part[name] for name in ("wafer", "x", "y", "part_id", "part_text")}
