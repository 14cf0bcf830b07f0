"""What each screen costs: good parts that it rejects, those that it alone rejects, and what screens share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.lot import Lot
from corecar.screen.findings import Findings
from corecar.screen.recipe import Recipe


@dataclass(frozen=True)
class ScreenKills:
    """What one screen rejects [good parts].

    total   all that it rejects, and `unique` those that no other screen of the recipe rejects
    budget  the largest share of the good parts that it may reject; None where only the recipe's budget stands
    """

    screen: str
    total: int
    unique: int
    budget: float | None


@dataclass(frozen=True)
class Kills:
    """The yield loss of a lot, screen by screen.

    good      good final parts, of which `rejected` are rejected by any screen
    screens   in the order of the recipe; several of one kind each with its place
    overlap   parts that both of two screens reject, by their names; a screen's own total beside itself
    parts     rows of `lot.parts` that each screen rejects, by its name
    """

    good: int
    rejected: int
    screens: tuple[ScreenKills, ...]
    overlap: dict[str, dict[str, int]]
    parts: dict[str, frozenset[int]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON; shares are of the good parts, None without any."""
        rows = [
            {
                "screen": one.screen, "kills": one.total, "unique": one.unique, "share": self.share(one.total),
                "unique_share": self.share(one.unique), "budget": one.budget,
            }
            for one in self.screens
        ]  # fmt: skip
        return {"good": self.good, "rejected": self.rejected, "share": self.share(self.rejected), "screens": rows,
                "overlap": self.overlap}  # fmt: skip

    def share(self, parts: int) -> float | None:
        """So many parts as a share of the good ones."""
        return parts / self.good if self.good else None


def kills(lot: Lot, recipe: Recipe, found: Sequence[Findings]) -> Kills:
    """The yield loss of each screen of a recipe.

    found  what each screen of `recipe.ordered` found, in that order
    """
    names = names_of_screens(recipe)
    hit = np.zeros((len(names), lot.parts.num_rows), dtype=bool)
    for place, one in enumerate(found):
        hit[place, one.part] = True
    together = hit.astype(np.int64) @ hit.T.astype(np.int64)
    alone = (hit & (hit.sum(axis=0) == 1)).sum(axis=1).tolist()
    screens = tuple(
        ScreenKills(name, int(together[place, place]), alone[place], row.kill)
        for place, (name, row) in enumerate(zip(names, recipe.ordered, strict=True))
    )
    overlap = {name: dict(zip(names, together[place].tolist(), strict=True)) for place, name in enumerate(names)}
    parts = {name: frozenset(np.flatnonzero(hit[place]).tolist()) for place, name in enumerate(names)}
    return Kills(int((lot.final & lot.passed).sum()), int(hit.any(axis=0).sum()), screens, overlap, parts)


def names_of_screens(recipe: Recipe) -> list[str]:
    """The kinds of a recipe's screens; of several of one kind each with its place in the recipe."""
    kinds = [row.kind for row in recipe.ordered]
    return [kind if kinds.count(kind) == 1 else f"{kind} {place}" for place, kind in enumerate(kinds, 1)]
