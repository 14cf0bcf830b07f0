"""From the tables of a chain to the network of a plan: what is qualified, lies, is under way, and is wanted by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.soundness import check_sound
from corecar.chain.weeks import week_numbers
from corecar.chain.words import ALL_STAGES, CHIP, HELD, STAGES, WAFER
from corecar.errors import ArgumentError
from corecar.network.arrays import NONE, Activities, Demands, Floats, Floor, Groups, Integers, Items, Network
from corecar.network.pricing import HOLDING, LATE_PART, LOST_PART, PREFERENCE

USABLE_PPAP = frozenset((None, "none", "interim", "approved"))
"""States of a production part approval with which a route may supply; `none` says that no approval is asked."""
MOST_WEEKS = 260


def network_of(
    chain: Chain, *, first_week: date | None = None, weeks: int | None = None, floors: Sequence[Floor] = ()
) -> Network:
    """The network of a chain over a horizon.

    first_week  Monday of its first week; by default the first week in which something is demanded
    weeks       how many; by default as far as demand reaches
    floors      promises that every plan keeps if it can
    Raises      ArgumentError for a chain without demand, or a horizon of no week or of more than five years;
                ChainError for tables that cannot be planned on

    Tables are read in the order of their keys, so rows in another order give the same network to the bit.
    """
    check_sound(chain)
    chain = Chain({name: in_key_order(name, table) for name, table in chain.tables.items()})
    begin, count = _horizon(chain, first_week, weeks)
    products = _Products(chain)
    items = _Places(products, _routes_by_stage(chain, products))
    made = _Making(chain, products, items, begin, count)
    demands = _demands(chain, products, items, begin, count)
    return Network(
        first_week=begin,
        weeks=count,
        items=items.table(*_supply(chain, products, items, made, begin, count), products),
        activities=made.activities(),
        groups=made.groups,
        demands=demands,
        floors=tuple(floors),
        left_out=(*made.left_out, *items.left_out),
    )


def _horizon(chain: Chain, first_week: date | None, weeks: int | None) -> tuple[int, int]:
    wanted = _weeks(chain.demand["week"])
    if first_week is None and not len(wanted):
        raise ArgumentError("the chain has no demand, so there is nothing to plan. Fill in the table demand.")
    begin = int(wanted.min()) if first_week is None else _week(first_week)
    count = int(wanted.max()) - begin + 1 if weeks is None else weeks
    if count < 1:
        raise ArgumentError("the horizon holds no week with demand. Begin earlier, or say how many weeks it has.")
    if count > MOST_WEEKS:
        raise ArgumentError(f"the horizon has {count:,} weeks; at most {MOST_WEEKS} are planned at once.")
    return begin, count


def _weeks(column: Any) -> Integers:
    return week_numbers(np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), "datetime64[D]"))


@lru_cache(maxsize=4096)
def _week(day: date) -> int:
    return int(week_numbers(np.array([day], "datetime64[D]"))[0])


def _texts(table: Any, column: str) -> list[Any]:
    return list(table[column].to_pylist())


def _numbers(table: Any, column: str, default: float) -> Floats:
    filled = pc.fill_null(table[column].cast("float64"), default)
    return np.asarray(filled.combine_chunks().to_numpy(zero_copy_only=False), np.float64)


class _Products:
    """What the table of products says, by name."""

    def __init__(self, chain: Chain) -> None:
        table = chain.products
        self.names: list[str] = _texts(table, "product")
        rows = range(len(self.names))
        columns = {
            name: _texts(table, name)
            for name in ("kind", "grade", "package_family", "node_nm", "gross_die_per_wafer", "value", "priority")
        }
        self.facts: dict[str, dict[str, Any]] = {
            self.names[row]: {name: values[row] for name, values in columns.items()} for row in rows
        }
        prices: dict[str, float] = {}
        for product, stage, price in zip(
            *(_texts(chain.prices, name) for name in ("product", "stage", "price")), strict=True
        ):
            if stage is None:
                prices[product] = min(price, prices.get(product, price))
        self.value = {name: _first(fact["value"], prices.get(name), 1.0) for name, fact in self.facts.items()}
        self.bills: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row, (parent, position) in enumerate(
            zip(_texts(chain.bills, "parent"), _texts(chain.bills, "position"), strict=True)
        ):
            self.bills[parent][position].append(row)

    def dies(self, product: str) -> float:
        """Pieces on a wafer."""
        return float(self.facts[product]["gross_die_per_wafer"] or 1.0)


def _first(*values: Any) -> float:
    return float(next(value for value in values if value is not None))


def _routes_by_stage(chain: Chain, products: _Products) -> dict[str, list[str]]:
    """The stages that a product passes, in their order."""
    found: dict[str, set[str]] = defaultdict(set)
    for product, stage in zip(_texts(chain.routes, "product"), _texts(chain.routes, "stage"), strict=True):
        found[product].add(stage)
    return {
        product: [stage for stage in STAGES[products.facts[product]["kind"]] if stage in found[product]]
        for product in found
    }


class _Places:
    """Items as they are needed: one per product and stage, one per position of a bill with alternates."""

    def __init__(self, products: _Products, stages: dict[str, list[str]]) -> None:
        self.stages = {product: stages.get(product, [""]) for product in products.names}
        self.keys = [(product, stage) for product in products.names for stage in self.stages[product]]
        self.number = {key: place for place, key in enumerate(self.keys)}
        self.kept = [True] * len(self.keys)
        self.left_out: list[str] = []

    def final(self, product: str) -> int:
        """The finished product."""
        return self.number[product, self.stages[product][-1]]

    def after(self, product: str, stage: str | None) -> int | None:
        """The product after a stage, or after the last one before it that it passes; None where there is none."""
        if stage is None:
            return self.final(product)
        before = [own for own in self.stages[product] if own == "" or ALL_STAGES.index(own) <= ALL_STAGES.index(stage)]
        return self.number[product, before[-1]] if before else None

    def position(self, parent: str, position: str) -> int:
        """A further item: what fills a position of a bill, whichever alternate it is."""
        self.keys.append((parent, f"position {position}"))
        self.kept.append(False)
        return len(self.keys) - 1

    def table(self, opening: Floats, arrivals: Floats, products: _Products) -> Items:
        weekly = [
            HOLDING * products.value[product] if kept else 0.0
            for (product, _), kept in zip(self.keys, self.kept, strict=True)
        ]
        return Items(
            names=tuple(
                f"{product} {stage if stage.startswith('position') else f'after {stage}'}" if stage else product
                for product, stage in self.keys
            ),
            product=tuple(product for product, _ in self.keys),
            stage=tuple(stage for _, stage in self.keys),
            opening=opening,
            arrivals=arrivals,
            holding=np.array(weekly, np.float64),
            kept=np.array(self.kept, np.bool_),
        )


@dataclass
class _Row:
    """One activity on its way into the arrays."""

    name: str
    site: str
    output: int
    inputs: list[tuple[int, float]]
    group: int = NONE
    use: float = 0.0
    lead: int = 0
    gain: float = 1.0
    cost: float = 0.0
    most: float = np.inf
    share: float = 1.0
    span: tuple[int, int] = (0, 1 << 30)


class _Making:
    """The activities and groups of a chain."""

    def __init__(self, chain: Chain, products: _Products, items: _Places, begin: int, count: int) -> None:
        self.chain, self.products, self.items = chain, products, items
        self.begin, self.count = begin, count
        self.left_out: list[str] = []
        self.groups = _groups(chain, begin, count)
        self.rows: list[_Row] = []
        self.taken: dict[str, list[tuple[int, float]]] = {}
        self.by_route: dict[str, int] = {}
        self._add_routes()
        self._add_unrouted()

    def activities(self) -> Activities:
        rows, weeks = self.rows, np.arange(self.count)
        columns = {
            name: np.array([getattr(row, name) for row in rows], np.float64)[:, None]
            for name in ("gain", "cost", "most")
        }
        spans = np.array([row.span for row in rows], np.int64).reshape(-1, 2)
        inside = (weeks >= spans[:, :1] - self.begin) & (weeks <= spans[:, 1:] - self.begin)
        gains, costs = (np.repeat(columns[name], self.count, axis=1) for name in ("gain", "cost"))
        self._change_weeks(gains, costs)
        lengths = [len(row.inputs) for row in rows]
        flat = [pair for row in rows for pair in row.inputs]
        return Activities(
            names=tuple(row.name for row in rows),
            site=tuple(row.site for row in rows),
            output=np.array([row.output for row in rows], np.int64),
            group=np.array([row.group for row in rows], np.int64),
            use=np.array([row.use for row in rows], np.float64),
            lead=np.array([row.lead for row in rows], np.int64),
            yields=gains,
            cost=costs,
            most=np.where(inside, columns["most"], 0.0),
            starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            items=np.array([item for item, _ in flat], np.int64),
            quantities=np.array([quantity for _, quantity in flat], np.float64),
            share=np.array([row.share for row in rows], np.float64),
        )

    def _change_weeks(self, gains: Floats, costs: Floats) -> None:
        """Yields and costs of single weeks."""
        table = self.chain.route_weeks
        week = _weeks(table["week"]) - self.begin
        for column, target in (("yield", gains), ("cost", costs)):
            for route, at, value in zip(_texts(table, "route"), week.tolist(), _texts(table, column), strict=True):
                if value is not None and 0 <= at < self.count and route in self.by_route:
                    target[self.by_route[route], at] = value

    def _add_routes(self) -> None:
        table = self.chain.routes
        number = {name: place for place, name in enumerate(self.groups.names)}
        for route in table.to_pylist():
            product = route["product"]
            if problem := self._unqualified(route):
                self.left_out.append(f"route {route['route']}: {problem}")
                continue
            stages = self.items.stages[product]
            place = stages.index(route["stage"])
            self.by_route[route["route"]] = len(self.rows)
            self.rows.append(
                _Row(
                    name=route["route"],
                    site=route["site"],
                    output=self.items.number[product, route["stage"]],
                    inputs=[(self.items.number[product, stages[place - 1]], 1.0)] if place else self._children(product),
                    group=number.get(route["group"], NONE),
                    use=self._use(route, product) if route["group"] is not None else 0.0,
                    lead=int(route["lead_weeks"]),
                    gain=_first(route["yield"], 1.0),
                    cost=_first(route["cost"], 0.0)
                    + PREFERENCE * (int(route["preference"] or 1) - 1) * self.products.value[product],
                    most=_first(route["most_per_week"], np.inf),
                    span=self._span(route["valid_from"], route["valid_until"]),
                )
            )

    def _unqualified(self, route: dict[str, Any]) -> str:
        """Why a route may not supply its product; empty where it may."""
        product = self.products.facts[route["product"]]
        if route["ppap"] not in USABLE_PPAP:
            return f"its production part approval is {route['ppap']}"
        if route["grade"] is not None and product["grade"] is not None and route["grade"] > product["grade"]:
            return f"qualified for grade {route['grade']}, grade {product['grade']} is needed"
        for name, what in (("package_family", "package family"), ("node_nm", "node")):
            if route[name] is not None and product[name] is not None and route[name] != product[name]:
                return f"qualified for {what} {route[name]}, the product has {product[name]}"
        first, last = self._span(route["valid_from"], route["valid_until"])
        if last < self.begin or first >= self.begin + self.count:
            return f"qualified from {route['valid_from'] or 'ever'} until {route['valid_until'] or 'ever'} only"
        return ""

    def _span(self, first: date | None, last: date | None) -> tuple[int, int]:
        """First and last week, both inside; a week counts when its Monday is a valid day."""
        return 0 if first is None else _week(first + timedelta(days=6)), (1 << 30) if last is None else _week(last)

    def _use(self, route: dict[str, Any], product: str) -> float:
        """Capacity that one piece takes, in the unit of the group."""
        unit = self.groups.unit[self.groups.names.index(route["group"])]
        per_wafer = route["per"] == WAFER
        use = route["use"]
        if use is None:
            return 1.0 / self.products.dies(product) if unit == WAFER else 1.0
        return float(use) / (self.products.dies(product) if per_wafer else 1.0)

    def _children(self, product: str) -> list[tuple[int, float]]:
        """What goes into one piece; a position with alternates becomes an item that each of them can fill."""
        if product in self.taken:
            return self.taken[product]
        found: list[tuple[int, float]] = []
        bills = self.chain.bills
        for position, rows in self.products.bills.get(product, {}).items():
            entries = bills.take(rows).to_pylist()
            if (
                len(entries) == 1
                and (entries[0]["most_share"] or 1.0) >= 1
                and entries[0]["from_week"] is None
                and entries[0]["until_week"] is None
            ):
                found.append((self.items.final(entries[0]["child"]), float(entries[0]["quantity"])))
                continue
            filled = self.items.position(product, position)
            found.append((filled, 1.0))
            for entry in entries:
                worth = self.products.value[entry["child"]] * float(entry["quantity"])
                self.rows.append(
                    _Row(
                        name=f"{product} {position} {entry['child']}",
                        site="",
                        output=filled,
                        inputs=[(self.items.final(entry["child"]), float(entry["quantity"]))],
                        cost=PREFERENCE * (int(entry["preference"] or 1) - 1) * worth,
                        share=_first(entry["most_share"], 1.0),
                        span=self._span(entry["from_week"], entry["until_week"]),
                    )
                )
        self.taken[product] = found
        return found

    def _add_unrouted(self) -> None:
        """What has a bill and no route is put together without limit; a chip without a route comes from stock only."""
        for product in self.products.names:
            if self.items.stages[product] != [""]:
                continue
            kind = self.products.facts[product]["kind"]
            children = self._children(product)
            if children or kind != CHIP:
                self.rows.append(
                    _Row(name=f"{product} put together", site="", output=self.items.final(product), inputs=children)
                )


def _groups(chain: Chain, begin: int, count: int) -> Groups:
    table, capacity = chain.groups, chain.capacity
    names = _texts(table, "group")
    number = {name: place for place, name in enumerate(names)}
    actual = np.zeros((len(names), count))
    maximum = np.zeros((len(names), count))
    shared = capacity.filter(pc.is_null(capacity["customer"]))
    group = np.array([number[name] for name in _texts(shared, "group")], np.int64)
    week = _weeks(shared["week"]) - begin
    inside = (week >= 0) & (week < count)
    plan = _numbers(shared, "actual", 0.0)
    most = np.maximum(_numbers(shared, "maximum", 0.0), plan)
    actual[group[inside], week[inside]] = plan[inside]
    maximum[group[inside], week[inside]] = most[inside]
    return Groups(
        names=tuple(names),
        site=tuple(_texts(table, "site")),
        unit=tuple(_texts(table, "unit")),
        part_of=np.array(
            [number.get(name, NONE) if name is not None else NONE for name in _texts(table, "part_of")], np.int64
        ),
        actual=actual,
        maximum=maximum,
    )


def _supply(
    chain: Chain, products: _Products, items: _Places, made: _Making, begin: int, count: int
) -> tuple[Floats, Floats]:
    """Opening stock and what is under way, by item."""
    opening, arrivals = np.zeros(len(items.keys)), np.zeros((len(items.keys), count))
    for row in chain.stock.to_pylist():
        place = items.after(row["product"], row["stage"])
        if place is None or row["blocked"]:
            why = "blocked" if row["blocked"] else f"no route takes it on after {row['stage']}"
            items.left_out.append(f"stock of {row['product']} at {row['site']}: {why}")
            continue
        opening[place] += row["quantity"] * (products.dies(row["product"]) if row["unit"] == WAFER else 1.0)
    gains = made.activities().yields if chain.wip.num_rows else np.zeros((0, 0))
    for row in chain.wip.to_pylist():
        place = items.after(row["product"], row["stage"])
        week = _week(row["week"]) - begin
        if row["state"] == HELD or place is None or week >= count:
            why = (
                "it is held"
                if row["state"] == HELD
                else "it ends after the horizon"
                if place is not None
                else "no route takes it on"
            )
            items.left_out.append(f"lot {row['lot']}: {why}")
            continue
        route = made.by_route.get(row["route"])
        gain = (
            float(gains[route, 0])
            if route is not None and row["stage"] is not None and row["state"] != "in-transit"
            else 1.0
        )
        quantity = row["quantity"] * (products.dies(row["product"]) if row["unit"] == WAFER else 1.0)
        arrivals[place, max(week, 0)] += quantity * gain
    return opening, arrivals


def _demands(chain: Chain, products: _Products, items: _Places, begin: int, count: int) -> Demands:
    table = chain.demand
    keys = list(zip(_texts(table, "product"), (name or "" for name in _texts(table, "customer")), strict=True))
    distinct = sorted(set(keys))
    number = {key: place for place, key in enumerate(distinct)}
    row = np.array([number[key] for key in keys], np.int64)
    week = _weeks(table["week"]) - begin
    left = np.maximum(_numbers(table, "quantity", 0.0) - _numbers(table, "delivered", 0.0), 0.0)
    inside = (week >= 0) & (week < count)
    wanted = np.zeros((len(distinct), count))
    np.add.at(wanted, (row[inside], week[inside]), left[inside])
    several: dict[str, int] = defaultdict(int)
    for product, _ in distinct:
        several[product] += 1
    value = np.array([products.value[product] for product, _ in distinct], np.float64)
    late = np.repeat(LATE_PART * value[:, None], count, axis=1)
    late[:, -1] = LOST_PART * value
    return Demands(
        names=tuple(
            product if several[product] == 1 else f"{product} for {customer or 'anybody'}"
            for product, customer in distinct
        ),
        product=tuple(product for product, _ in distinct),
        customer=tuple(customer for _, customer in distinct),
        item=np.array([items.final(product) for product, _ in distinct], np.int64),
        wanted=wanted,
        value=value,
        priority=np.array([int(products.facts[product]["priority"] or 5) for product, _ in distinct], np.int64),
        late=late,
    )
