"""Why every shortage of a plan is there, in a few words: read off the plan alone, so at any size and by any method.

Each goes upstream from the week in which the pieces are missed, along what could still have made them just in time,
to the first thing that was used up. It is a pointer to look at, and `explain` is the whole answer with prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from corecar.chain.weeks import week_name
from corecar.network.arrays import NONE, Network
from corecar.network.model import Limit
from corecar.plan.plans import Plan

NOTHING = 1e-6
"""Part of an amount that counts as nothing."""
WORDS = {
    "full": "{name} is full in {week}",
    "most per week": "{name} starts its most in {week}",
    "closed": "{name} is not open in {week}",
    "share": "{name} fills its largest share in {week}",
    "too late": "{name} would have to be started before the plan begins",
    "no route": "no qualified route makes {name}",
    "for others": "{name} has capacity and parts in {week}; others are served, or it does not pay",
}
"""Every reason as it is told, in the order in which the first that holds is taken."""
_ORDER = tuple(WORDS)


@dataclass(frozen=True)
class Shortfall:
    """A demand that is behind at the end of a week.

    short   pieces
    reason  a key of `WORDS`; `name` of the group, route, alternate or item; `when` the week in which it holds, from 0
    """

    network: Network
    demand: str
    week: int
    short: float
    reason: str
    name: str
    when: int

    def __str__(self) -> str:
        week = week_name(self.network.monday(self.when).astype(date)) if self.when >= 0 else ""
        return WORDS[self.reason].format(name=self.name, week=week)


def shortfalls_of(plan: Plan, *, limit: Limit = "maximum") -> tuple[Shortfall, ...]:
    """Every demand and week in which something is behind, with why, by demand and week.

    limit  up to which groups were planned (`corecar.network.model.weekly_model`)
    """
    demands, network = plan.network.demands, plan.network
    reasons = _Reasons(plan, limit)
    found = []
    short = plan.behind > NOTHING * (1.0 + demands.wanted.cumsum(axis=1))
    for demand, week in np.argwhere(short).tolist():
        reason, name, when = reasons.of(int(demands.item[demand]), week)
        missing = float(plan.behind[demand, week])
        found.append(Shortfall(network, demands.names[demand], week, missing, reason, name, when))
    return tuple(found)


class _Reasons:
    """What was used up upstream of an item and week, each looked for once."""

    def __init__(self, plan: Plan, limit: Limit) -> None:
        network = plan.network
        self.plan, self.network = plan, network
        able = network.groups.maximum if limit == "maximum" else network.groups.actual
        self.full = plan.load >= able - NOTHING * (1.0 + able)
        scale = NOTHING * (1.0 + plan.stock.max(axis=1, initial=0.0, keepdims=True))
        self.gone = (plan.stock <= scale) | ~network.items.kept[:, None]
        self.makers: dict[int, list[int]] = {}
        for activity, item in enumerate(network.activities.output.tolist()):
            self.makers.setdefault(item, []).append(activity)
        self.found: dict[tuple[int, int], tuple[str, str, int]] = {}

    def of(self, item: int, week: int) -> tuple[str, str, int]:
        """The reason, the name and the week for a piece of an item that is missed in a week."""
        key = item, week
        if key not in self.found:
            reasons = [self._maker(activity, week) for activity in self.makers.get(item, [])]
            none = "no route", self.network.items.names[item], NONE
            self.found[key] = min(reasons, key=lambda reason: _ORDER.index(reason[0])) if reasons else none
        return self.found[key]

    def _maker(self, activity: int, week: int) -> tuple[str, str, int]:
        """Why an activity did not make one more piece for a week."""
        made, name = self.network.activities, self.network.activities.names[activity]
        start = week - int(made.lead[activity])
        if start < 0:
            return "too late", name, NONE
        if made.most[activity, start] <= 0:
            return "closed", name, start
        group = int(made.group[activity])
        while group != NONE:
            if self.full[group, start] and made.use[activity] > 0:
                return "full", self.network.groups.names[group], start
            group = int(self.network.groups.part_of[group])
        begun = self.plan.start[activity, start]
        if begun >= made.most[activity, start] - NOTHING * (1.0 + begun):
            return "most per week", name, start
        parts = made.items[made.starts[activity] : made.starts[activity + 1]].tolist()
        missing = [self.of(part, start) for part in parts if self.gone[part, start]]
        missing = [reason for reason in missing if reason[0] != "for others"]
        if missing:
            return min(missing, key=lambda reason: _ORDER.index(reason[0]))
        if made.share[activity] < 1 and self._at_share(activity, start):
            return "share", name, start
        return "for others", name, start

    def _at_share(self, activity: int, week: int) -> bool:
        made, start = self.network.activities, self.plan.start[:, week]
        filled = float(start[made.output == made.output[activity]].sum())
        return bool(start[activity] >= made.share[activity] * filled - NOTHING * (1.0 + filled))
