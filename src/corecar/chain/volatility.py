"""Demand that has changed more than was agreed since a measurement interval ago (CX-0128, demand volatility)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.comparison import ROUNDING, linked_demand
from corecar.chain.weeks import week_name, week_numbers


@dataclass(frozen=True)
class Alert:
    """One group and week whose demand has changed by a threshold or more.

    sequence   of the sub-horizon in which the week lies
    before     linked demand of that week a measurement interval ago [unit of the group]; now: as it is
    threshold  which was reached: `relative_up`, `relative_down`, `absolute_up` or `absolute_down`
    limit      its value
    """

    group: str
    week: date
    sequence: int
    before: float
    now: float
    threshold: str
    limit: float

    @property
    def change(self) -> float:
        """As a part of the earlier demand; infinite where there was none."""
        return (self.now - self.before) / self.before if self.before else np.inf

    def __str__(self) -> str:
        by = f"{self.change:+.0%}" if self.before else "from nothing"
        return (
            f"{self.group} in {week_name(self.week)}: demand {self.before:,.0f} -> {self.now:,.0f} ({by}); "
            f"{self.threshold} of sub-horizon {self.sequence} is {self.limit:g}"
        )


@dataclass(frozen=True)
class Watched:
    """What was found, and what was not looked at.

    unwatched  groups with linked demand and without thresholds
    """

    alerts: tuple[Alert, ...]
    unwatched: tuple[str, ...]


def alerts_of(now: Chain, before: Chain, *, start: date) -> Watched:
    """Groups and weeks whose linked demand has changed by a threshold or more.

    now     the chain as it is; its table `alerts` has the sub-horizons
    before  the chain as it was a measurement interval ago (4 weeks, CX-0128), asked for the same calendar weeks
    start   Monday of the first week of the first sub-horizon

    >>> alerts_of(Chain({}), Chain({}), start=date(2027, 2, 1)).alerts
    ()
    """
    names = in_key_order("groups", now.groups)["group"].to_pylist()
    spans: dict[str, list[dict[str, object]]] = {}
    for row in in_key_order("alerts", now.alerts).to_pylist():
        spans.setdefault(row["group"], []).append(row)
    longest = max((sum(int(str(row["weeks"])) for row in rows) for rows in spans.values()), default=1)
    begin = int(week_numbers(np.array([start], "datetime64[D]"))[0])
    loads = [_by_name(chain, begin, longest) for chain in (before, now)]
    none = np.zeros(longest)
    found: list[Alert] = []
    for group in names:
        old, new = (load.get(group, none) for load in loads)
        first = 0
        for row in spans.get(group, []):
            last = first + int(str(row["weeks"]))
            for week in range(first, last):
                found += _reached(group, start + timedelta(weeks=week), row, float(old[week]), float(new[week]))
            first = last
    unwatched = tuple(name for name in names if name not in spans and any(load.get(name, none).any() for load in loads))
    return Watched(tuple(found), unwatched)


def _by_name(chain: Chain, begin: int, weeks: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    load, _ = linked_demand(chain, begin, weeks)
    return dict(zip(in_key_order("groups", chain.groups)["group"].to_pylist(), load, strict=True))


def _reached(group: str, week: date, row: dict[str, object], before: float, now: float) -> list[Alert]:
    """The thresholds of one week that are reached."""
    change = now - before
    if abs(change) <= ROUNDING * (1.0 + abs(before)):
        return []
    sizes = {"relative": abs(change) / before if before else np.inf, "absolute": abs(change)}
    found = []
    for kind, size in sizes.items():
        threshold = f"{kind}_{'up' if change > 0 else 'down'}"
        limit = row[threshold]
        if limit is not None and size >= float(str(limit)) * (1 - ROUNDING):
            found.append(Alert(group, week, int(str(row["sequence"])), before, now, threshold, float(str(limit))))
    return found
