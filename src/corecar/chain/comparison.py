"""Demand held against capacity by group and week, as both sides of an agreement do it (CX-0128)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.weeks import week_numbers
from corecar.errors import ArgumentError

Floats = npt.NDArray[np.float64]
Lights = npt.NDArray[np.int8]

GREEN, ORANGE, RED, UNTOLD = 0, 1, 2, 3
LIGHTS = ("green", "orange", "red", "no capacity told")
"""Of a group in a week, by number."""
ROUNDING = 1e-9
"""Part of an amount that is rounding and no surplus, so that both sides see the same light."""
DEFAULT_CATEGORY = "0001"


def light_of(demand: npt.ArrayLike, actual: npt.ArrayLike, maximum: npt.ArrayLike, *, same: float = ROUNDING) -> Lights:
    """The light of each pair of demand and capacity.

    demand, actual, maximum  float64, of one shape [unit of the group]; NaN where no capacity is told
    same     part by which a demand may lie above a capacity and count as equal
    Returns  int8 of that shape: GREEN up to what is actually there, ORANGE up to the maximum, RED above it; UNTOLD
             where no capacity is told
    Source   CX-0128

    >>> [LIGHTS[light] for light in light_of([3000, 4000, 5000], [3000, 3000, 3000], [3000, 4000, 4000])]
    ['green', 'orange', 'red']
    """
    asked, there, most = (np.asarray(values, np.float64) for values in (demand, actual, maximum))
    small = same * (1.0 + np.abs(asked))
    found = np.where(asked <= there + small, GREEN, np.where(asked <= most + small, ORANGE, RED))
    return np.where(np.isnan(there) | np.isnan(most), UNTOLD, found).astype(np.int8)


@dataclass(frozen=True)
class Comparison:
    """Demand and capacity by group and week.

    first_week  number of the first week (`corecar.chain.weeks.week_numbers`)
    demand      float64, shape (groups, weeks): load factor times demand of all linked series [unit of the group]
    actual      float64, shape (groups, weeks): planned to be there; NaN where nothing is told
    maximum     float64, shape (groups, weeks): reachable at short notice; `flexible` is the difference
    unlinked    products that are demanded and stand in no link, so that no group is judged by them
    """

    groups: tuple[str, ...]
    units: tuple[str, ...]
    first_week: int
    demand: Floats
    actual: Floats
    maximum: Floats
    unlinked: tuple[str, ...]

    @property
    def light(self) -> Lights:
        """Shape (groups, weeks), as of `light_of`."""
        return light_of(self.demand, self.actual, self.maximum)

    @property
    def flexible(self) -> Floats:
        """Capacity reachable beyond what is planned, shape (groups, weeks)."""
        return self.maximum - self.actual


def compared(chain: Chain, *, first_week: date, weeks: int, customer: str | None = None) -> Comparison:
    """Demand of a chain's linked series against the capacity of their groups.

    first_week  Monday of the first week
    customer    of whom: its demand against what is told for it; None is the demand of all against what is told for all
                together
    Raises      ArgumentError for fewer than one week

    A link that names a customer's site counts for that site, one without for every other site, so that no series counts
    twice in a group. A group counts what is asked of those nested in it.
    """
    if weeks < 1:
        raise ArgumentError(f"{weeks} weeks are to be compared; at least one was expected.")
    begin = int(week_numbers(np.array([first_week], "datetime64[D]"))[0])
    demand, unlinked = linked_demand(chain, begin, weeks, customer)
    actual, maximum = _capacity(chain, begin, weeks, customer)
    groups = in_key_order("groups", chain.groups)
    names, units = (tuple(groups[column].to_pylist()) for column in ("group", "unit"))
    return Comparison(names, units, begin, demand, actual, maximum, unlinked)


def linked_demand(chain: Chain, begin: int, weeks: int, customer: str | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Load factor times demand by group (in order of name) and week, and the products that no link names."""
    number = {name: place for place, name in enumerate(in_key_order("groups", chain.groups)["group"].to_pylist())}
    groups_of = linked_groups(chain)
    load = np.zeros((len(number), weeks))
    unlinked = set()
    for row in _rows(chain, "demand", begin, weeks):
        if customer is not None and row["customer"] != customer:
            continue
        told = groups_of(row)
        if not told:
            unlinked.add(row["product"])
        for group, factor in told:
            load[number[group], row["week"]] += factor * row["quantity"]
    return _with_nested(chain, load, number), tuple(sorted(unlinked))


def linked_groups(chain: Chain) -> Callable[[Mapping[str, Any]], list[tuple[str, float]]]:
    """A function from a row of the table demand to the groups that it is held against, each with its load factor."""
    links: dict[tuple[str, str], dict[str, list[tuple[str, float]]]] = defaultdict(lambda: defaultdict(list))
    for link in in_key_order("links", chain.links).to_pylist():
        factor = 1.0 if link["load_factor"] is None else link["load_factor"]
        series = (link["product"], link["category"] or DEFAULT_CATEGORY)
        links[series][link["customer_site"] or ""].append((link["group"], factor))

    def groups_of(row: Mapping[str, Any]) -> list[tuple[str, float]]:
        by_site = links.get((row["product"], row["category"] or DEFAULT_CATEGORY), {})
        told = by_site.get(row["customer_site"] or "", [])
        named = {group for group, _ in told}
        return told + [pair for pair in by_site.get("", []) if pair[0] not in named]

    return groups_of


def _with_nested(chain: Chain, load: Floats, number: dict[str, int]) -> Floats:
    """Load of each group and of all that are nested in it."""
    groups = in_key_order("groups", chain.groups)
    above = dict(zip(groups["group"].to_pylist(), groups["part_of"].to_pylist(), strict=True))
    whole = load.copy()
    for name, parent in above.items():
        seen = {name}
        while parent is not None and parent not in seen:
            whole[number[parent]] += load[number[name]]
            seen.add(parent)
            parent = above.get(parent)
    return whole


def _capacity(chain: Chain, begin: int, weeks: int, customer: str | None) -> tuple[Floats, Floats]:
    names = in_key_order("groups", chain.groups)["group"].to_pylist()
    number = {name: place for place, name in enumerate(names)}
    actual, maximum = (np.full((len(names), weeks), np.nan) for _ in range(2))
    for row in _rows(chain, "capacity", begin, weeks):
        if row["customer"] == customer:
            place = number[row["group"]], row["week"]
            actual[place] = row["actual"]
            maximum[place] = max(row["actual"], row["actual"] if row["maximum"] is None else row["maximum"])
    return actual, maximum


def _rows(chain: Chain, name: str, begin: int, weeks: int) -> list[dict[str, Any]]:
    """Rows of some weeks in the order of their keys; `week` counts from the first of them."""
    table = in_key_order(name, chain[name])
    if not table.num_rows:
        return []
    mondays = np.asarray(table["week"].combine_chunks().to_numpy(zero_copy_only=False), "datetime64[D]")
    place = week_numbers(mondays) - begin
    inside = np.flatnonzero((place >= 0) & (place < weeks))
    found = table.take(inside).to_pylist()
    return [row | {"week": int(at)} for row, at in zip(found, place[inside].tolist(), strict=True)]
