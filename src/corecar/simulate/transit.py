"""Lots of a fictional province that are between two sites when its first week begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from corecar.chain.words import HELD, STAGES

Row = dict[str, Any]

SHIPPED = 0.5
"""Part of the lots whose stage ends in the first week that are past it already, on their way to another site."""
STOPPED = 0.08
"""Part of the lots on their way that are held there, one at least: by customs, by a claim."""


def on_their_way(tables: Mapping[str, Sequence[Row]], first_week: str, draw: np.random.Generator) -> list[Row]:
    """The lots of a province, of which some have left their site.

    tables      `wip`, `routes` and `bills`; a row of `wip` stands for a lot in its stage
    first_week  the ISO week in which such lots arrive
    Returns     the rows of `wip` in their order: a lot on its way has its yield taken off, no route any more, the stage
                that it has passed (none where it is finished), its origin, and the site to which it goes

    A lot leaves for a site that takes it on, never for the one at which it is.
    """
    ways = _Ways(tables["routes"], tables["bills"])
    lots, leaving = list(tables["wip"]), list[int]()
    for place, lot in enumerate(lots):
        if lot["week"] == first_week and lot["state"] == "in-process":
            goals = ways.goals(lot)
            if goals and draw.random() < SHIPPED:
                lots[place] = ways.shipped(lot, goals[int(draw.integers(len(goals)))])
                leaving.append(place)
    if leaving:
        held = draw.choice(leaving, max(round(STOPPED * len(leaving)), 1), replace=False)
        for place in held.tolist():
            lots[place] = lots[place] | {"state": HELD}
    return lots


class _Ways:
    """Where products go after a stage."""

    def __init__(self, routes: Sequence[Row], bills: Sequence[Row]) -> None:
        self.yields = {route["route"]: float(route["yield"]) for route in routes}
        self.at: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.makers: dict[str, set[str]] = defaultdict(set)
        self.stages: dict[str, set[str]] = defaultdict(set)
        for route in routes:
            self.at[route["product"], route["stage"]].add(route["site"])
            self.makers[route["product"]].add(route["site"])
            self.stages[route["product"]].add(route["stage"])
        self.wholes: dict[str, set[str]] = defaultdict(set)
        for bill in bills:
            self.wholes[bill["child"]].add(bill["parent"])

    def next_stage(self, product: str, stage: str) -> str | None:
        """The stage that follows; None after the last one."""
        of_kind = next(stages for stages in STAGES.values() if stage in stages)
        later = of_kind[of_kind.index(stage) + 1 :]
        return next((each for each in later if each in self.stages[product]), None)

    def goals(self, lot: Row) -> list[str]:
        """Other sites that take a lot on after its stage."""
        following = self.next_stage(lot["product"], lot["stage"])
        if following is not None:
            found = self.at[lot["product"], following]
        else:
            found = {site for whole in self.wholes[lot["product"]] for site in self.makers[whole]}
        return sorted(found - {lot["site"]})

    def shipped(self, lot: Row, goal: str) -> Row:
        """A lot that is on its way: what is good of it, finished where no stage follows."""
        following = self.next_stage(lot["product"], lot["stage"])
        good = max(int(lot["quantity"] * self.yields[lot["route"]]), 1)
        passed = None if following is None else lot["stage"]
        return lot | {
            "quantity": good, "route": None, "stage": passed, "origin": lot["site"], "site": goal,
            "state": "in-transit",
        }  # fmt: skip
