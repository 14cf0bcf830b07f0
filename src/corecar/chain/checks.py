"""What rows of the chain's tables must fulfil together: names that are there, an order, stages, units, no circle.

Each check is a function over all tables at once, the new rows already among those that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain import bpn
from corecar.chain.cell_checks import CELL_CHECKS
from corecar.chain.cells import listed
from corecar.chain.circles import circles
from corecar.chain.columns import Column
from corecar.chain.faults import Findings
from corecar.chain.identities import identities, ranks
from corecar.chain.rows import Rows
from corecar.chain.weeks import is_zone
from corecar.chain.words import CHIP, HOUR, LEVER_COLUMNS, PIECE, PRODUCT_KINDS, PROGRAM, STAGES, WAFER
from corecar.faults import meant

Book = Mapping[str, Rows]

ORDERED = {
    "products": (("from_week", "until_week"),),
    "bills": (("from_week", "until_week"),),
    "routes": (("valid_from", "valid_until"), ("temperature_least_c", "temperature_most_c")),
    "capacity": (("actual", "maximum"),),
    "disruptions": (("from_day", "until_day"),),
    "policies": (("from_week", "until_week"),),
    "machines": (("from_week", "until_week"),),
    "budgets": (("from_week", "until_week"),),
    "cells": (("temperature_least_c", "temperature_most_c"),),
    **dict.fromkeys(
        ("offers", "needs"),
        (
            ("from_week", "until_week"), ("pins_least", "pins_most"), ("node_least_nm", "node_most_nm"),
            ("voltage_least_v", "voltage_most_v"), ("temperature_least_c", "temperature_most_c"),
        ),
    ),
}  # fmt: skip
"""Columns of which the first may not be above the second."""

AMOUNTS = {"products": "value", "offers": "price", "needs": "price", "routes": "cost"}
"""Columns that need a currency where they are not empty or 0."""

NUMBERS = (("BPNL", "parties", "bpnl"), ("BPNS", "sites", "bpns"), ("urn:uuid:", "products", "global_asset_id"))
"""How a number begins that stands where a name is sought, whose it is, and the column that holds it."""

STAGED = ("routes", "stock", "wip", "prices")


def references(book: Book, findings: Findings) -> None:
    """Every name that refers to another table stands there."""
    for rows in book.values():
        for column in rows.table.columns:
            if column.refers and len(rows):
                for row, name, known in _unknown(book, rows, column):
                    advice = _to_be_known(name, column.refers, known)
                    problem = f'is not in the sheet "{column.refers}".'
                    findings.add(rows.fault(row, column.name, "reference", problem, advice, value=name))


def _to_be_known(name: str, sheet: str, known: list[str]) -> str:
    """What to do about a name that a sheet does not have; a partner's or material's number has a column of its own."""
    for beginning, of, column in NUMBERS:
        if of == sheet and name.startswith(beginning):
            return f'Write it into the column "{column}" of whose it is in the sheet "{sheet}".'
    return meant(name, known) if known else f'Add it to the sheet "{sheet}".'


def _unknown(book: Book, rows: Rows, column: Column) -> Iterator[tuple[int, str, list[str]]]:
    """Rows, the names in them that nothing has, and the names that there are."""
    target = book[column.refers]
    known = target.data[target.table.key[0]].unique().drop_null().to_pylist()
    there = set(known)
    texts = rows.data[column.name]
    if column.kind == "list":
        for row in np.flatnonzero(pc.is_valid(texts)):
            yield from ((int(row), name, known) for name in listed(texts[int(row)].as_py()) if name not in there)
        return
    missing = [name for name in texts.unique().to_pylist() if name is not None and name not in there]
    for name in missing:
        yield from ((int(row), name, known) for row in np.flatnonzero(pc.equal(texts, name).fill_null(False)))


def order(book: Book, findings: Findings) -> None:
    """What is first, lowest or least is not above what is last, highest or most."""
    for name, pairs in ORDERED.items():
        rows = book[name]
        for low, high in pairs:
            for row in _where(pc.greater(rows.data[low], rows.data[high])):
                problem = f'is above "{high}", which is {rows.text(row, high)}.'
                findings.add(rows.fault(row, low, "order", problem, "Swap the two, or mend one."))
    capacity = book["capacity"]
    most = pc.fill_null(capacity.data["maximum"], capacity.data["actual"]) if len(capacity) else None
    for row in _where(pc.greater(capacity.data["agreed"], most)) if most is not None else ():
        findings.warn(capacity.fault(row, "agreed", "order", "is more than the group can do in that week."))


def stages(book: Book, findings: Findings) -> None:
    """A product passes only stages of its kind, and a lot is in the stage and of the product of its route."""
    kinds = _lookup(book["products"], "kind")
    for name in STAGED:
        rows = book[name]
        for (product, stage), among in _distinct(rows, "product", "stage"):
            kind = kinds.get(product)
            if kind is not None and stage is not None and stage not in STAGES[kind]:
                problem = f"is no stage of a {kind}, which {product} is."
                for row in among():
                    findings.add(rows.fault(row, "stage", "stage", problem, f"Write one of {', '.join(STAGES[kind])}."))
    wip, routes = book["wip"], book["routes"]
    for column in ("product", "stage"):
        of_route = _lookup(routes, column)
        for (route, own), among in _distinct(wip, "route", column):
            told = of_route.get(route)
            if own is not None and told is not None and own != told:
                problem = f"is not that of route {route}, which is {told}."
                for row in among():
                    findings.add(wip.fault(row, column, "stage", problem, "Mend the route or this cell."))


def places(book: Book, findings: Findings) -> None:
    """A route is at the site of its capacity group."""
    site_of = _lookup(book["groups"], "site")
    routes = book["routes"]
    for row, (group, site) in enumerate(zip(_texts(routes, "group"), _texts(routes, "site"), strict=True)):
        there = site_of.get(group)
        if there is not None and site is not None and there != site:
            problem = f"is not where its capacity group {group} stands, which is {there}."
            findings.add(routes.fault(row, "site", "place", problem, f"Write {there}, or name another group."))


def units(book: Book, findings: Findings) -> None:
    """Wafers are of chips whose gross die is known; what a route takes is in the unit of its group."""
    products = book["products"]
    kinds, dies = _lookup(products, "kind"), _lookup(products, "gross_die_per_wafer")

    def needs_dies(rows: Rows, row: int, column: str, product: str | None) -> None:
        if product in kinds and (kinds[product] != CHIP or dies.get(product) is None):
            problem = f"wafers of {product}, of which the gross die per wafer is not known."
            advice = f"Fill in gross_die_per_wafer of {product}, or count in pieces."
            findings.add(rows.fault(row, column, "unit", problem, advice, value=""))

    for name in ("stock", "wip"):
        rows = book[name]
        for row in _where(pc.equal(rows.data["unit"], WAFER)):
            needs_dies(rows, row, "unit", rows.data["product"][row].as_py())
    routes, unit_of = book["routes"], _lookup(book["groups"], "unit")
    columns = [_texts(routes, name) for name in ("product", "group", "use", "per")]
    for row, (product, group, use, per) in enumerate(zip(*columns, strict=True)):
        unit = unit_of.get(group)
        if unit == HOUR and use is None:
            problem = f"is empty, and the capacity of {group} is in hours."
            findings.add(routes.fault(row, "use", "unit", problem, "Write the hours that one piece or wafer takes."))
        if WAFER in (per, unit if use is None else None):
            needs_dies(routes, row, "per" if per == WAFER else "group", product)
        if unit == WAFER and per != WAFER and use is not None and use * (dies.get(product) or 1) > 10:
            problem = f"wafers for each piece, and a wafer of {product} holds {dies.get(product) or 1:g} pieces."
            findings.add(
                routes.fault(row, "use", "unit", problem, 'Write "wafer" in the column per, or use per piece.')
            )
        if unit == PIECE and per == WAFER and use is not None and use <= 1:
            problem = f"pieces for a whole wafer, since the capacity of {group} is in pieces."
            findings.add(routes.fault(row, "use", "unit", problem, 'Write "piece" in the column per.'))


def amounts(book: Book, findings: Findings) -> None:
    """An amount of money has its currency, a vehicle program its value."""
    for name, column in AMOUNTS.items():
        rows = book[name]
        told = pc.greater(pc.fill_null(rows.data[column], 0.0), 0)
        for row in _where(pc.and_(told, pc.is_null(rows.data["currency"]))):
            problem = f"is empty, and {column} is an amount of money."
            findings.add(rows.fault(row, "currency", "required", problem, "Write its currency, such as CNY."))
    products = book["products"]
    programs = pc.fill_null(pc.equal(products.data["kind"], PROGRAM), False)
    for row in _where(pc.and_(programs, pc.is_null(products.data["value"]))):
        problem = "is empty: a vehicle program needs the value of one vehicle."
        findings.add(products.fault(row, "value", "required", problem, "Write it, with its currency."))


def levers(book: Book, findings: Findings) -> None:
    """A policy says what its lever needs and nothing that it does not know, and `who` names what is there."""
    rows = book["policies"]
    known = {lever: _named_by(book, lever) for lever in set(_texts(rows, "lever")) & LEVER_COLUMNS.keys()}
    for row, lever in enumerate(_texts(rows, "lever")):
        if lever not in LEVER_COLUMNS:
            continue
        needed, allowed = LEVER_COLUMNS[lever]
        for column in POLICY_COLUMNS:
            told = rows.data[column][row].as_py() not in (None, "")
            if column in needed and not told:
                findings.add(rows.fault(row, column, "lever", f"is empty, and {lever} needs it.", "Fill it in."))
            elif told and column not in (*needed, *allowed):
                advice = f"Empty it; {lever} takes {', '.join((*needed, *allowed))}."
                findings.add(rows.fault(row, column, "lever", f"is nothing that {lever} knows.", advice))
        who = listed(rows.text(row, "who") or "")
        if lever == "capex-share" and len(who) > 1:
            problem = f"names {len(who)} groups; new machines stand in one."
            findings.add(rows.fault(row, "who", "lever", problem, "Write a row for each."))
        for name in who:
            if name not in known[lever]:
                problem = f"names nothing that {lever} could move."
                advice = meant(name, sorted(known[lever])) or f"It names {WHO_IS[lever]}."
                findings.add(rows.fault(row, "who", "lever", problem, advice, value=name))


WHO_IS = {
    "capex-share": "a capacity group",
    "priority": "a demand, such as CAR or CAR for CUSTOMER, a product or a customer",
    "local-share": "sites",
    "stock-duty": "items, such as CHIP, or CHIP after test",
}
"""What `who` names under each lever."""
POLICY_COLUMNS = tuple(dict.fromkeys(name for pair in LEVER_COLUMNS.values() for names in pair for name in names))


def _named_by(book: Book, lever: str) -> set[str]:
    """Every name that `who` may hold under a lever."""
    products = book["products"]
    if lever == "capex-share":
        return {name for name in _texts(book["groups"], "group") if name}
    if lever == "local-share":
        return {name for name in _texts(book["sites"], "site") if name}
    if lever == "priority":
        demand = book["demand"]
        pairs = set(zip(_texts(demand, "product"), _texts(demand, "customer"), strict=True))
        return {
            name for product, customer in pairs for name in (product, customer, f"{product} for {customer}") if name
        }
    kinds = zip(_texts(products, "product"), _texts(products, "kind"), strict=True)
    return {
        name
        for product, kind in kinds
        if product and kind in STAGES
        for name in (product, *(f"{product} after {stage}" for stage in STAGES[kind]))
    }


def cycles(book: Book, findings: Findings) -> None:
    """No product is made of itself, over however many bills; no group is nested in itself.

    Of the rows of a circle the one is named that goes against the order of kinds, such as a car in a chip; where none
    does, the first.
    """
    place = {kind: number for number, kind in enumerate(PRODUCT_KINDS)}
    rank = {name: place.get(kind, 0) for name, kind in _lookup(book["products"], "kind").items()}
    for name, above, below in (("bills", "parent", "child"), ("groups", "group", "part_of")):
        rows = book[name]
        pairs = list(zip(_texts(rows, above), _texts(rows, below), strict=True))
        for circle in circles([(parent, child) for parent, child in pairs if parent is not None and child is not None]):
            steps = set(zip(circle, [*circle[1:], circle[0]], strict=True))
            among = [at for at, pair in enumerate(pairs) if pair in steps]
            row = max(among, key=lambda at: rank.get(pairs[at][1], 0) - rank.get(pairs[at][0], 0))
            problem = f"goes round in a circle: {' > '.join([*circle, circle[0]])}."
            findings.add(rows.fault(row, below, "cycle", problem, "Take one of these rows out."))


def partner_numbers(book: Book, findings: Findings) -> None:
    """Business partner numbers have their shape and belong to one party or site; a wrong check is a warning."""
    for name, column, kind in (("parties", "bpnl", "BPNL"), ("sites", "bpns", "BPNS"), ("sites", "bpna", "BPNA")):
        rows, first = book[name], dict[str, int]()
        for row, number in enumerate(_texts(rows, column)):
            if number is None:
                continue
            if not bpn.is_number(number, kind):
                advice = f"Write {kind} and twelve digits or letters."
                findings.add(rows.fault(row, column, "number", f"is no {kind} of a {bpn.KINDS[kind]}.", advice))
            elif wrong := bpn.wrong_check(number):
                findings.warn(rows.fault(row, column, "number", f"{wrong}."))
            if number in first:
                problem = f"is also that of {rows.text(first[number], rows.table.key[0])}."
                findings.add(rows.fault(row, column, "identity", problem, "Mend one of them."))
            first.setdefault(number, row)


def zones(book: Book, findings: Findings) -> None:
    """Time zones are those of the IANA data base."""
    sites = book["sites"]
    for name in sites.data["time_zone"].unique().drop_null().to_pylist():
        for row in _where(pc.equal(sites.data["time_zone"], name)) if not is_zone(name) else ():
            advice = "Write an IANA name such as Asia/Shanghai."
            findings.add(sites.fault(row, "time_zone", "type", "is no time zone.", advice))


def unmade(book: Book, findings: Findings) -> None:
    """A vehicle program or module that is demanded, and of which no bill says what it is made of, is asked about."""
    demand, parents = book["demand"], set(_texts(book["bills"], "parent"))
    kinds = _lookup(book["products"], "kind")
    for product, row in _first_rows(demand.data["product"]):
        if kinds.get(product, CHIP) != CHIP and product not in parents:
            findings.warn(demand.fault(row, "product", "reference", "is in no bill, so nothing limits it."))


def _distinct(rows: Rows, *columns: str) -> Iterator[tuple[tuple[Any, ...], Callable[[], list[int]]]]:
    """Each combination of cells of some columns, and what tells the rows in which it stands."""
    if not len(rows):
        return
    _, first, inverse = np.unique(
        identities([rows.data[name] for name in columns]), return_index=True, return_inverse=True
    )
    cells = rows.data.select(columns).take(pa.array(first))
    for number, found in enumerate(zip(*(cells[name].to_pylist() for name in columns), strict=True)):
        yield found, partial(_rows_of, inverse, number)


def _rows_of(codes: Any, code: int) -> list[int]:
    return [int(row) for row in np.flatnonzero(codes == code)]


def _first_rows(column: Any) -> list[tuple[str, int]]:
    """Each name of a column and the first row in which it stands."""
    codes, first = np.unique(ranks(column), return_index=True)
    return [(column[int(row)].as_py(), int(row)) for code, row in zip(codes, first, strict=True) if code]


CHECKS: tuple[Callable[[Book, Findings], None], ...] = (
    references, order, stages, places, units, amounts, levers, cycles, partner_numbers, zones, unmade,
    *CELL_CHECKS,
)  # fmt: skip


def _where(mask: Any) -> list[int]:
    """Rows at which a mask holds."""
    found = pc.fill_null(mask, False)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return [int(row) for row in np.flatnonzero(found.to_numpy(zero_copy_only=False))] if len(found) else []


def _texts(rows: Rows, column: str) -> list[Any]:
    return list(rows.data[column].to_pylist())


def _lookup(rows: Rows, column: str) -> dict[Any, Any]:
    """What a column says of each key."""
    return dict(zip(_texts(rows, rows.table.key[0]), _texts(rows, column), strict=True))
