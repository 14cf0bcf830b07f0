"""What the parties of a fictional province tell each other: links, thresholds, daily calls, learning, a disruption.

Everything is made of the province's other tables, so that a province with it is the same one as without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from corecar.chain.weeks import week_name

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]

THRESHOLDS = ((4, 0.10, 0.15), (9, 0.20, 0.25), (13, 0.30, 0.40))
"""Weeks of each sub-horizon, and the rise and the fall of demand in it that call for attention."""
WORKDAYS, DAYS = 5, 10
"""Days of a week on which plants are served, and days for which they say what they want."""
LEARNING, LEARNING_WEEKS, LEARNING_LOSS = 0.03, 8, 0.05
"""Part of the routes that are new, one at least; weeks until they give their yield, and what is missing of it first."""


def linked(tables: Tables) -> list[Row]:
    """Demand of every program held against the groups that serve it directly: its plant, and makers of its modules.

    The load factor is what one demanded vehicle takes of a group when the routes of a product share alike.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for route in tables["routes"]:
        if route["stage"] in ("module-assembly", "vehicle-assembly"):
            groups[route["product"]].append(route)
    parts: dict[str, list[Row]] = defaultdict(list)
    for bill in tables["bills"]:
        if bill["preference"] == 1:
            parts[bill["parent"]].append(bill)
    found = list[Row]()
    for series in _series(tables["demand"]):
        load: dict[str, float] = defaultdict(float)
        pieces = [(series["product"], 1.0), *((bill["child"], bill["quantity"]) for bill in parts[series["product"]])]
        for product, quantity in pieces:
            own = groups[product]
            for route in own:
                load[route["group"]] += quantity / len(own) / route["yield"]
        found += [series | {"group": group, "load_factor": float(f"{factor:.6g}")} for group, factor in load.items()]
    return found


def _series(demand: Sequence[Row]) -> list[Row]:
    """Product, customer's site and category of every series of demand."""
    names = ("product", "customer_site", "category")
    return [dict(zip(names, key, strict=True)) for key in dict.fromkeys(tuple(row[n] for n in names) for row in demand)]


def watched(links: Sequence[Row]) -> list[Row]:
    """Thresholds of every linked group by sub-horizon (CX-0128)."""
    return [
        {"group": group, "sequence": number, "weeks": weeks, "relative_up": up, "relative_down": down}
        for group in dict.fromkeys(link["group"] for link in links)
        for number, (weeks, up, down) in enumerate(THRESHOLDS, 1)
    ]


def called(tables: Tables, begin: date) -> Iterator[Row]:
    """What the plants want of each module on each working day of the first weeks (CX-0145)."""
    wanted: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    parts: dict[str, list[Row]] = defaultdict(list)
    for bill in tables["bills"]:
        parts[bill["parent"]].append(bill)
    for row in tables["demand"]:
        for bill in parts[row["product"]]:
            wanted[bill["child"], row["customer_site"]][row["week"]] += bill["quantity"] * row["quantity"]
    days = [begin + timedelta(weeks=number // WORKDAYS, days=number % WORKDAYS) for number in range(DAYS)]
    for (module, site), weeks in wanted.items():
        for day in days:
            quantity = round(weeks.get(week_name(day), 0.0) / WORKDAYS)
            if quantity:
                yield {"product": module, "customer_site": site, "category": "SR99", "day": day.isoformat(),
                       "quantity": quantity}  # fmt: skip


def learning(routes: Sequence[Row], weeks: Sequence[date], draw: np.random.Generator) -> Iterator[Row]:
    """Yields of the first weeks on routes that are new: they begin lower and reach what the route says."""
    able = [route for route in routes if route["stage"] in ("packaging", "test")]
    many = min(max(round(LEARNING * len(able)), 1), len(able))
    for place in sorted(draw.choice(len(able), many, replace=False).tolist() if able else ()):
        for number, day in enumerate(weeks[:LEARNING_WEEKS]):
            missing = LEARNING_LOSS * (1 - number / LEARNING_WEEKS)
            yield {"route": able[place]["route"], "week": week_name(day),
                   "yield": round(able[place]["yield"] * (1 - missing), 4)}  # fmt: skip


def disrupted(tables: Tables, begin: date, draw: np.random.Generator) -> Iterator[Row]:
    """Two notifications (CX-0146): less capacity at a house of packaging and test, and a resolved one at a fab."""
    for number, (stage, cause, state) in enumerate(
        (("packaging", "production-incident", "open"), ("wafer", "logistics-disruption", "resolved")), 1
    ):
        routes = [route for route in tables["routes"] if route["stage"] == stage]
        if not routes:
            continue
        route = routes[int(draw.integers(len(routes)))]
        first = begin + timedelta(weeks=2 * number)
        yield {
            "disruption": f"D{number:05}", "effect": "capacity-reduction", "cause": cause, "sites": route["site"],
            "products": route["product"], "from_day": first.isoformat(),
            "until_day": (first + timedelta(days=19)).isoformat(), "state": state,
            "text": f"Demo: less {stage} at {route['site']} (fictional)",
        }  # fmt: skip
