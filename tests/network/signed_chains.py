"""Small random chains with signed volumes, and what plans of them do for each volume by plain arithmetic."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.chain.weeks import week_name

FIRST, WEEKS = date(2027, 2, 1), 6
DIES = 100
SUPPLIERS = {"P": "CHIPS", "Q": "OTHER", "F": "FABCO"}
Rows = list[dict[str, Any]]


def name_of(week: int) -> str:
    return week_name(FIRST + timedelta(weeks=week))


@dataclass(frozen=True)
class Signed:
    """A chain, the volumes that were signed about it, and its routes by name."""

    chain: Chain
    volumes: Rows
    routes: dict[str, dict[str, Any]]


def signed_chain(seed: int, *, alone: bool = False) -> Signed:
    """Two chips, one of them tested by two suppliers, go into cars for North and vans for South.

    alone  North is there alone, and every volume is of every week: nobody else's demand passes beside a maximum
    """
    draw = random.Random(seed)
    routes = [
        _route("W", "MCU", "wafer", "F", "FAB", draw.randint(0, 2), round(draw.uniform(0.7, 1.0), 2)),
        _route("T1", "MCU", "test", "P", "TEST", draw.randint(0, 1), round(draw.uniform(0.8, 1.0), 2), use=0.01),
        _route("T2", "MCU", "test", "Q", "TEST-Q", draw.randint(0, 1), round(draw.uniform(0.8, 1.0), 2), use=0.02),
        _route("S1", "PMU", "test", "P", "TEST", 0, 1.0, use=0.005),
    ]
    products: Rows = [
        {"product": "MCU", "kind": "chip", "gross_die_per_wafer": DIES, "value": 5.0, "party": "FABCO"},
        {"product": "PMU", "kind": "chip", "value": 3.0, "party": "FABCO"},
        {"product": "CAR", "kind": "vehicle-program", "value": 20_000.0},
        {"product": "VAN", "kind": "vehicle-program", "value": 30_000.0},
    ]
    bills = [_bill(car, chip) for car in ("CAR", "VAN") for chip in ("MCU", "PMU")]
    wanted = [("CAR", "North")] + ([] if alone else [("VAN", "South")])
    demand = [
        {"product": car, "customer": customer, "week": FIRST + timedelta(weeks=week), "quantity": draw.randint(0, 300)}
        for car, customer in wanted for week in range(WEEKS)
    ]  # fmt: skip
    capacity = [
        {"group": group, "week": FIRST + timedelta(weeks=week), "actual": draw.uniform(0.3, 1.2) * usual}
        for group, usual in (("FAB", 5.0), ("TEST", 6.0), ("TEST-Q", 6.0)) for week in range(WEEKS)
    ]  # fmt: skip
    stock = [
        {"product": "MCU", "stage": "wafer", "site": "P", "quantity": draw.randint(0, 20), "unit": "wafer"},
        {"product": "PMU", "stage": "wafer", "site": "P", "quantity": 5_000, "unit": "piece"},
    ]
    routes.append(_route("S0", "PMU", "wafer", "F", "FAB", 5, 1.0))
    tables: dict[str, Rows] = {
        "products": products, "bills": bills, "routes": routes, "demand": demand, "capacity": capacity, "stock": stock,
        "sites": [{"site": site, "party": party, "place": "Town"} for site, party in SUPPLIERS.items()],
        "groups": [
            {"group": "FAB", "site": "F", "unit": "wafer"}, {"group": "TEST", "site": "P", "unit": "hour"},
            {"group": "TEST-Q", "site": "Q", "unit": "hour"},
        ],
    }  # fmt: skip
    products[1]["gross_die_per_wafer"] = DIES
    chain = Chain({name: pa.Table.from_pylist(rows, TABLES[name].schema) for name, rows in tables.items()})
    count = draw.randint(1, 3)
    customers = [customer for _, customer in wanted]
    volumes = [_volume(draw, number, customers, WEEKS if alone else 1) for number in range(1, count + 1)]
    return Signed(chain, volumes, {row["route"]: row for row in routes})


def _route(name: str, product: str, stage: str, site: str, group: str, lead: int, gain: float,
           **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"route": name, "product": product, "stage": stage, "site": site, "group": group, "lead_weeks": lead,
            "yield": gain, **more}  # fmt: skip


def _bill(parent: str, child: str) -> dict[str, Any]:
    return {"parent": parent, "position": child, "child": child, "quantity": 1.0, "preference": 1}


def _volume(draw: random.Random, number: int, customers: list[str], fewest: int) -> dict[str, Any]:
    """A volume of a chip, of a car, or of a test site's machines, of so many weeks at least."""
    product, group, supplier, units = draw.choice([
        ("MCU", "", "CHIPS", ("piece", "wafer", "hour")), ("MCU", "", "OTHER", ("piece", "wafer", "hour")),
        ("CAR", "", "CHIPS", ("piece",)), ("", "TEST", "CHIPS", ("hour", "piece", "wafer")),
        ("PMU", "", "CHIPS", ("piece", "wafer")),
    ])  # fmt: skip
    unit = draw.choice(units)
    size = {"piece": 150.0, "wafer": 2.0, "hour": 2.0}[unit]
    weeks = sorted(draw.sample(range(WEEKS), draw.randint(fewest, WEEKS)))
    rows = []
    for week in weeks:
        agreed = round(draw.uniform(0, 2) * size, 1)
        rows.append([name_of(week), agreed, 0.0, round(agreed * draw.choice((1.0, 1.3)), 1)])
    return {
        "clause": f"M-{number} volume 1", "supplier": supplier, "customer": draw.choice(customers), "product": product,
        "group": group, "unit": unit, "weeks": rows,
    }  # fmt: skip


def done_for(signed: Signed, volume: dict[str, Any], starts: Rows, supply: Rows) -> list[float]:
    """What a plan does for a volume by week and in its unit, of the rows of its tables alone.

    starts  route, week (a number), pieces; supply: product, customer, week, pieces
    """
    done = [0.0] * WEEKS
    if volume["product"] == "CAR":
        for row in supply:
            if (row["product"], row["customer"]) == ("CAR", volume["customer"]):
                done[row["week"]] += row["pieces"]
        return done
    for row in starts:
        route = signed.routes.get(row["route"])
        if route is None or not _counts(route, volume):
            continue
        finished = not volume["group"] and volume["unit"] != "hour"
        due = row["week"] + (route["lead_weeks"] if finished else 0)
        pieces = row["pieces"] * (route["yield"] if finished else 1.0)
        if due < WEEKS:
            done[due] += pieces * _one(signed, route, volume["unit"], finished)
    return done


def _counts(route: dict[str, Any], volume: dict[str, Any]) -> bool:
    at = SUPPLIERS[route["site"]] == volume["supplier"]
    if volume["group"]:
        return at and bool(route["group"] == volume["group"])
    return at and bool(route["product"] == volume["product"] and route["stage"] == "test")


def _one(signed: Signed, route: dict[str, Any], unit: str, finished: bool) -> float:
    """What one piece counts as: a wafer keeps what the fab and, once finished, its test leave of it."""
    if unit == "piece":
        return 1.0
    if unit == "hour":
        return float(route["use"])
    fab = next(row for row in signed.routes.values() if row["product"] == route["product"] and row["stage"] == "wafer")
    return 1.0 / float(DIES * fab["yield"] * (route["yield"] if finished else 1.0))
