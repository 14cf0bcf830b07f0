"""What each screen costs: good parts that it rejects, those that it alone rejects, and what screens share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.lot import BoolArray, Lot
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
    screens   in the order of the recipe; several rows of one kind stand as one
    overlap   parts that both of two screens reject, by their names; a screen's own total beside itself
    """

    good: int
    rejected: int
    screens: tuple[ScreenKills, ...]
    overlap: dict[str, dict[str, int]]

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


def kills(lot: Lot, recipe: Recipe, verdicts: Any) -> Kills:
    """The yield loss of each screen of a recipe from the verdicts of all.

    verdicts  the `verdicts` table
    """
    rules = list(dict.fromkeys(row.kind for row in recipe.ordered))
    hit = rejected_by(lot.parts.num_rows, rules, verdicts)
    together = hit.astype(np.int64) @ hit.T.astype(np.int64)
    alone = (hit & (hit.sum(axis=0) == 1)).sum(axis=1).tolist()
    budgets = {row.kind: row.kill for row in recipe.ordered}
    screens = tuple(
        ScreenKills(rule, int(together[place, place]), alone[place], budgets[rule]) for place, rule in enumerate(rules)
    )
    overlap = {rule: dict(zip(rules, together[place].tolist(), strict=True)) for place, rule in enumerate(rules)}
    return Kills(int((lot.final & lot.passed).sum()), int(hit.any(axis=0).sum()), screens, overlap)


def rejected_by(parts: int, rules: list[str], verdicts: Any) -> BoolArray:
    """Which part each screen rejects, bool, shape (rules, parts)."""
    hit = np.zeros((len(rules), parts), dtype=bool)
    part = verdicts["part"].to_numpy()
    rule = np.array(verdicts["rule"].to_pylist(), dtype=object)
    for place, name in enumerate(rules):
        hit[place, part[rule == name]] = True
    return hit
