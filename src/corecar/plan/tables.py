"""A plan as Arrow tables: what is supplied, started and lies when, how full each group is, what is breached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.comparison import LIGHTS
from corecar.chain.weeks import week_name
from corecar.network.arrays import Floats, Integers, Network
from corecar.plan.contradictions import against
from corecar.plan.loads import asked_load, lights
from corecar.plan.plans import Plan
from corecar.plan.steering import Planned
from corecar.tables import Column

NOTHING = 1e-6
"""Pieces below which a row would say nothing but rounding."""

_name = pa.dictionary(pa.int32(), pa.string())
_week = Column("week", _name, "", "ISO week; of a static plan its weeks from the first to the last")
_product = Column("product", _name, "", "what")
_group_unit = "unit of the group"
_promise_unit = "unit of the promise"

PRICED = ("item", "group", "share", "promise")
"""Kinds of rows that a plan has prices of, in the order in which they stand in its table."""

PLAN_TABLES: dict[str, tuple[Column, ...]] = {
    "supply": (
        Column("demand", _name, "", "the product, with its customer where several want it"),
        _product,
        Column("customer", _name, "", "who wants it; empty where nobody is named"),
        Column("priority", pa.uint8(), "", "class under shortage, 1 is served first"),
        _week,
        Column("wanted", pa.float64(), "piece", "requested for that week, less what was delivered before the plan"),
        Column("supplied", pa.float64(), "piece", "planned to come in that week"),
        Column("behind", pa.float64(), "piece", "requested up to that week and not come by its end"),
        Column("value", pa.float64(), "currency", "of one piece"),
    ),
    "load": (
        Column("group", _name, "", "the capacity group"),
        Column("site", _name, "", "where it stands"),
        Column("unit", _name, "", "what its capacity is counted in"),
        _week,
        Column("asked", pa.float64(), _group_unit, "what it would take to supply every demand in its week"),
        Column("load", pa.float64(), _group_unit, "what the plan takes"),
        Column("actual", pa.float64(), _group_unit, "planned to be there"),
        Column("maximum", pa.float64(), _group_unit, "reachable at short notice"),
        Column("limit", pa.float64(), _group_unit, "that the plan keeps to: actual or maximum"),
        Column("light", _name, "", "of `asked` by CX-0128: green up to actual, orange up to maximum, red above"),
    ),
    "starts": (
        Column("route", _name, "", "the route; of an alternate in a bill parent, position and child"),
        Column("site", _name, "", "where"),
        _product,
        Column("stage", _name, "", "the stage that it passes"),
        Column("group", _name, "", "capacity group that it loads; empty where it is unlimited"),
        _week,
        Column("pieces", pa.float64(), "piece", "started in that week; rows without any are left out"),
    ),
    "stock": (
        _product,
        Column("stage", _name, "", "the stage that it has passed; empty: all of them"),
        _week,
        Column("pieces", pa.float64(), "piece", "there at the end of that week; rows without any are left out"),
    ),
    "floors": (
        Column("clause", pa.string(), "", "the promise"),
        Column("from_week", pa.string(), "", "first week that it counts over"),
        Column("until_week", pa.string(), "", "last week that it counts over"),
        Column("least", pa.float64(), _promise_unit, "promised"),
        Column("breach", pa.float64(), _promise_unit, "what it is short by; of a maximum what lies above it"),
        Column("unit", pa.string(), "", "what the promise counts in"),
        Column("against", pa.string(), "", "a promise because of which it is not kept, of those that contradict it"),
    ),
    "prices": (
        Column("kind", _name, "", "what it is a price of: item, group, share of an alternate, or promise"),
        Column("place", pa.int32(), "", "which one of its kind, from 0; of shares which activity"),
        Column("name", _name, "", "its name; of a promise its clause, shares that steer the plan included"),
        Column("week", _name, "", "ISO week; of a promise the last week that it counts over"),
        Column("price", pa.float64(), "currency", "what one more piece or unit there saves; rows without are left out"),
    ),
}  # fmt: skip
"""Tables of a plan: column, type, unit, meaning."""


def plan_tables(planned: Planned) -> dict[str, Any]:
    """Every table of `PLAN_TABLES` of a plan; rows in the order of their first columns, then of weeks."""
    plan = planned.plan
    weeks = week_names(planned.network, plan.network)
    return {
        "supply": _supply(plan, weeks),
        "load": _load(planned, weeks),
        "starts": _starts(plan, weeks),
        "stock": _stock(plan, weeks),
        "floors": _floors(planned, week_names(planned.network, planned.network)),
        "prices": _prices(plan, weeks),
    }


def week_names(whole: Network, shown: Network) -> list[str]:
    """The ISO weeks of a plan's columns; of a static plan the one span of all of them."""
    days: list[date] = [whole.monday(week).astype(object) for week in range(whole.weeks)]
    names = [week_name(day) for day in days]
    return names if shown.weeks == whole.weeks else [f"{names[0]} to {names[-1]}"]


def _supply(plan: Plan, weeks: Sequence[str]) -> Any:
    demands = plan.network.demands
    row, week = _every(len(demands), len(weeks))
    return _table(
        "supply",
        demand=_named(row, demands.names),
        product=_named(row, demands.product),
        customer=_named(row, demands.customer),
        priority=demands.priority[row],
        week=_named(week, weeks),
        wanted=demands.wanted.ravel(),
        supplied=plan.supplied.ravel(),
        behind=plan.behind.ravel(),
        value=demands.value[row],
    )


def _load(planned: Planned, weeks: Sequence[str]) -> Any:
    plan, groups = planned.plan, planned.plan.network.groups
    row, week = _every(len(groups), len(weeks))
    asked = asked_load(plan)
    return _table(
        "load",
        group=_named(row, groups.names),
        site=_named(row, groups.site),
        unit=_named(row, groups.unit),
        week=_named(week, weeks),
        asked=asked.ravel(),
        load=plan.load.ravel(),
        actual=groups.actual.ravel(),
        maximum=groups.maximum.ravel(),
        limit=(groups.maximum if planned.limit == "maximum" else groups.actual).ravel(),
        light=_named(lights(asked, groups).ravel(), LIGHTS),
    )


def _starts(plan: Plan, weeks: Sequence[str]) -> Any:
    made, items, groups = plan.network.activities, plan.network.items, plan.network.groups
    row, week = np.nonzero(plan.start > NOTHING)
    output = made.output[row]
    return _table(
        "starts",
        route=_named(row, made.names),
        site=_named(row, made.site),
        product=_named(output, items.product),
        stage=_named(output, items.stage),
        group=_named(made.group[row], (*groups.names, "")),
        week=_named(week, weeks),
        pieces=plan.start[row, week],
    )


def _stock(plan: Plan, weeks: Sequence[str]) -> Any:
    items = plan.network.items
    row, week = np.nonzero((plan.stock > NOTHING) & items.kept[:, None])
    return _table(
        "stock",
        product=_named(row, items.product),
        stage=_named(row, items.stage),
        week=_named(week, weeks),
        pieces=plan.stock[row, week],
    )


def _floors(planned: Planned, weeks: Sequence[str]) -> Any:
    found = planned.breaches
    prices = planned.plan.prices
    price = np.zeros(len(found)) if prices is None else prices.floor[: len(found)]
    breach = np.array([short for _, short in found])
    return _table(
        "floors",
        clause=[floor.clause for floor, _ in found],
        from_week=[weeks[min(floor.weeks)] for floor, _ in found],
        until_week=[weeks[max(floor.weeks)] for floor, _ in found],
        least=[abs(floor.least) for floor, _ in found],
        breach=[short for _, short in found],
        unit=[floor.unit for floor, _ in found],
        against=against([floor for floor, _ in found], breach, price),
    )


def _prices(plan: Plan, weeks: Sequence[str]) -> Any:
    network, prices = plan.network, plan.prices
    limited = np.flatnonzero(network.activities.share < 1)
    last = np.array([max(floor.weeks) for floor in network.floors], np.int64)
    parts: list[tuple[int, Integers, Integers, Floats]] = []
    if prices is not None:
        for kind, values in enumerate((prices.item, prices.capacity, prices.share)):
            row, week = np.nonzero(values)
            parts.append((kind, limited[row] if PRICED[kind] == "share" else row, week, values[row, week]))
        floor = np.flatnonzero(prices.floor)
        parts.append((PRICED.index("promise"), floor, last[floor], prices.floor[floor]))
    names = (network.items.names, network.groups.names, network.activities.names,
             tuple(floor.clause for floor in network.floors))  # fmt: skip
    begins = np.cumsum([0, *map(len, names)])
    nothing = np.zeros(0, np.int64)
    place = np.concatenate([nothing, *(row for _, row, _, _ in parts)])
    kinds = np.concatenate([nothing, *(np.full(len(row), kind) for kind, row, _, _ in parts)])
    return _table(
        "prices",
        kind=_named(kinds, PRICED),
        place=pa.array(place.astype(np.int32)),
        name=_named(place + begins[kinds], tuple(name for several in names for name in several)),
        week=_named(np.concatenate([nothing, *(week for _, _, week, _ in parts)]), weeks),
        price=np.concatenate([np.zeros(0), *(value for _, _, _, value in parts)]),
    )


def _every(rows: int, weeks: int) -> tuple[Integers, Integers]:
    """Row and week of every cell, in the order in which an array of them is laid out."""
    return np.repeat(np.arange(rows), weeks), np.tile(np.arange(weeks), rows)


def _named(places: Integers, names: Sequence[str]) -> Any:
    """Names by their places, each text once; place -1 is the last name."""
    distinct = list(dict.fromkeys(names))
    number = {name: place for place, name in enumerate(distinct)}
    of_place = np.array([number[name] for name in names], np.int32)
    at = of_place[places] if len(names) else np.zeros(0, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(at, pa.int32()), pa.array(distinct, pa.string()))


def _table(name: str, /, **columns: Floats | Integers | Sequence[Any] | Any) -> Any:
    fields = [pa.field(c.name, c.type, metadata={"unit": c.unit, "meaning": c.meaning}) for c in PLAN_TABLES[name]]
    arrays = [
        given if isinstance(given := columns[field.name], pa.Array) else pa.array(given, field.type) for field in fields
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
