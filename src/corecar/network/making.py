"""The activities of a chain: qualified routes, alternates of bills, and what is put together without a route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.chain import Chain
from corecar.chain.identities import identities
from corecar.chain.words import ALL_STAGES, CHIP, USABLE_PPAP, WAFER
from corecar.network.arrays import NONE, Activities, Flags, Floats, Groups, Integers, Lots
from corecar.network.columns import (
    EVER,
    NEVER_ENDS,
    is_empty,
    is_word,
    numbers,
    places,
    spans,
    texts,
    weeks_of,
    words,
)
from corecar.network.places import Places, Products
from corecar.network.pricing import PREFERENCE

ROUTED, LAST = 1, 1 << 40
"""Places in the order of activities: a route behind the alternates that it is the first to need; what has no route."""


@dataclass
class _Rows:
    """Activities of one kind on their way into the arrays, all of one length.

    order  int64, shape (rows, 2): the place of a row among all
    step, least  as of `corecar.network.arrays.Lots`
    taken  which inputs: an item each where `single`, else the parts of a product
    """

    names: list[str]
    sites: list[str]
    order: Integers
    output: Integers
    taken: Integers
    single: Flags
    quantity: Floats
    group: Integers
    use: Floats
    lead: Integers
    gain: Floats
    cost: Floats
    most: Floats
    share: Floats
    span: Integers
    step: Floats
    least: Floats


class Making:
    """The activities of a chain over a horizon.

    begin     number of its first week, `count` of weeks
    route     int64, shape (rows of routes,): the activity of a route, NONE where it is not qualified
    left_out  the routes that are not, each with its reason
    """

    def __init__(self, chain: Chain, products: Products, items: Places, groups: Groups, begin: int, count: int) -> None:
        self.chain, self.products, self.items, self.groups = chain, products, items, groups
        self.begin, self.count = begin, count
        self.span = spans(chain.routes, "valid_from", "valid_until")
        self.product = products.rows(chain.routes)
        problem = self._problems()
        self.left_out = [
            f"route {chain.routes['route'][row].as_py()}: {self._why(row)}" for row in np.flatnonzero(problem).tolist()
        ]
        self.kept = np.flatnonzero(~problem)
        self.bills = _Bills(chain, products, items, self._first_needed())
        rows = [self._routes(), self.bills.alternates(), self._unrouted()]
        order = np.concatenate([each.order for each in rows])
        self.place = np.argsort(np.lexsort((order[:, 1], order[:, 0])), kind="stable")
        self.route = np.full(chain.routes.num_rows, NONE, np.int64)
        self.route[self.kept] = self.place[: len(self.kept)]
        self.activities = self._activities(rows)

    def _problems(self) -> Flags:
        """Which routes may not supply their product, shape (routes,)."""
        routes, products = self.chain.routes, self.products.table
        usable = places(routes, "ppap", sorted(word for word in USABLE_PPAP if word)) != NONE
        wrong = ~(usable | is_empty(routes, "ppap"))
        of_product = products.take(pa.array(self.product))
        wrong |= _where(pc.greater(routes["grade"], of_product["grade"]))
        wrong |= _where(pc.not_equal(*(table["package_family"].cast(pa.string()) for table in (routes, of_product))))
        wrong |= _where(pc.not_equal(routes["node_nm"], of_product["node_nm"]))
        return np.asarray(wrong | (self.span[:, 1] < self.begin) | (self.span[:, 0] >= self.begin + self.count))

    def _why(self, row: int) -> str:
        """Why a route may not supply its product."""
        route = self.chain.routes.slice(row, 1).to_pylist()[0]
        product = self.products.table.slice(int(self.product[row]), 1).to_pylist()[0]
        if route["ppap"] not in USABLE_PPAP:
            return f"its production part approval is {route['ppap']}"
        if route["grade"] is not None and product["grade"] is not None and route["grade"] > product["grade"]:
            return f"qualified for grade {route['grade']}, grade {product['grade']} is needed"
        for name, what in (("package_family", "package family"), ("node_nm", "node")):
            if route[name] is not None and product[name] is not None and route[name] != product[name]:
                return f"qualified for {what} {route[name]}, the product has {product[name]}"
        return f"qualified from {route['valid_from'] or 'ever'} until {route['valid_until'] or 'ever'} only"

    def _first_needed(self) -> Integers:
        """The place in the order at which the parts of a product are needed first, shape (products,); NONE for never.

        A product with routes needs them at its first stage, in the order of routes; one without comes last.
        """
        found = np.full(len(self.products), NONE, np.int64)
        first = self.kept[self.items.is_first(self._output())]
        found[self.product[first[::-1]]] = first[::-1]
        without = np.flatnonzero(~self.items.staged)
        found[without] = LAST + without
        return found

    def _output(self) -> Integers:
        stage = 1 + places(self.chain.routes, "stage", ALL_STAGES)
        return self.items.at(self.product[self.kept], stage[self.kept])

    def _routes(self) -> _Rows:
        table, product = self.chain.routes.take(pa.array(self.kept)), self.product[self.kept]
        output = self._output()
        group = places(table, "group", self.groups.names)
        later = ~self.items.is_first(output)
        dearer = PREFERENCE * (np.maximum(numbers(table, "preference", 1.0), 1.0) - 1)
        many = len(self.kept)
        step = np.where(self._in_wafers(table, group), np.maximum(np.round(self.products.dies[product]), 1.0), 1.0)
        return _Rows(
            names=texts(table, "route"), sites=words(table, "site"),
            order=np.stack((self.kept, np.full(many, ROUTED)), axis=1),
            output=output, taken=np.where(later, output - 1, product), single=later, quantity=np.ones(many),
            group=group, use=self._use(table, product, group),
            lead=numbers(table, "lead_weeks", 0.0).astype(np.int64), gain=numbers(table, "yield", 1.0),
            cost=numbers(table, "cost", 0.0) + dearer * self.products.value[product],
            most=numbers(table, "most_per_week", np.inf), share=np.ones(many), span=self.span[self.kept],
            step=step, least=np.ceil(numbers(table, "least_lot", 0.0) / step - 1e-9) * step,
        )  # fmt: skip

    def _in_wafers(self, table: Any, group: Integers) -> Flags:
        """Which routes start whole wafers: those whose use is told of a wafer, or whose group counts wafers."""
        groups = np.array([unit == WAFER for unit in self.groups.unit] + [False])[group]
        return np.asarray(groups | is_word(table, "per", WAFER), np.bool_)

    def _use(self, table: Any, product: Integers, group: Integers) -> Floats:
        """Capacity that one piece takes, in the unit of the group; 0 without one."""
        in_wafers = np.array([unit == WAFER for unit in self.groups.unit] + [False])[group]
        dies = self.products.dies[product]
        told = numbers(table, "use", 1.0) / np.where(is_word(table, "per", WAFER), dies, 1.0)
        untold = np.where(in_wafers, 1.0 / dies, 1.0)
        return np.where(group == NONE, 0.0, np.where(is_empty(table, "use"), untold, told))

    def _unrouted(self) -> _Rows:
        """What has a bill and no route is put together without limit; a chip without a route comes from stock only."""
        chips = is_word(self.products.table, "kind", CHIP)
        product = np.flatnonzero(~self.items.staged & (self.bills.has_parts | ~chips))
        many = len(product)
        return _Rows(
            names=[f"{self.products.names[row]} put together" for row in product.tolist()], sites=[""] * many,
            order=np.stack((LAST + product, np.full(many, ROUTED)), axis=1),
            output=self.items.final[product], taken=product, single=np.zeros(many, np.bool_), quantity=np.ones(many),
            group=np.full(many, NONE), use=np.zeros(many), lead=np.zeros(many, np.int64), gain=np.ones(many),
            cost=np.zeros(many), most=np.full(many, np.inf), share=np.ones(many), span=_always(many),
            step=np.ones(many), least=np.zeros(many),
        )  # fmt: skip

    def _activities(self, rows: list[_Rows]) -> Activities:
        order = np.argsort(self.place)

        def column(name: str) -> Any:
            return np.concatenate([getattr(each, name) for each in rows])[order]

        week, span = np.arange(self.count), column("span")
        inside = (week >= span[:, :1] - self.begin) & (week <= span[:, 1:] - self.begin)
        gains, costs = (np.repeat(column(name)[:, None], self.count, axis=1) for name in ("gain", "cost"))
        self._change_weeks(gains, costs)
        starts, items, quantities = self.bills.inputs(column("taken"), column("single"), column("quantity"))
        names, sites = ([text for each in rows for text in getattr(each, of)] for of in ("names", "sites"))
        return Activities(
            names=tuple(names[row] for row in order.tolist()), site=tuple(sites[row] for row in order.tolist()),
            output=column("output"), group=column("group"), use=column("use"), lead=column("lead"), yields=gains,
            cost=costs, most=np.where(inside, column("most")[:, None], 0.0), starts=starts, items=items,
            quantities=quantities, share=column("share"), lots=Lots(column("step"), column("least")),
        )  # fmt: skip

    def _change_weeks(self, gains: Floats, costs: Floats) -> None:
        """Yields and costs of single weeks."""
        table = self.chain.route_weeks
        route, week = self.activity(table), weeks_of(table) - self.begin if table.num_rows else np.zeros(0, np.int64)
        inside = (route != NONE) & (week >= 0) & (week < self.count)
        for column, target in (("yield", gains), ("cost", costs)):
            told = inside & ~is_empty(table, column)
            target[route[told], week[told]] = numbers(table, column, 0.0)[told]

    def activity(self, table: Any) -> Integers:
        """The activities of the routes that a table names, NONE for none."""
        row = places(table, "route", texts(self.chain.routes, "route"))
        return np.where(row == NONE, NONE, np.append(self.route, NONE)[row])


class _Bills:
    """What products are made of; a position with alternates becomes an item that each of them can fill.

    first  the place in the order at which a product's parts are needed first, NONE for never
    """

    def __init__(self, chain: Chain, products: Products, items: Places, first: Integers) -> None:
        self.table, self.products, self.items = chain.bills, products, items
        self.parent, self.child = (products.rows(self.table, column) for column in ("parent", "child"))
        self.quantity = numbers(self.table, "quantity", 0.0)
        self.span = spans(self.table, "from_week", "until_week")
        self.first = first[self.parent]
        many = self.table.num_rows
        key = identities([self.table[name] for name in ("parent", "position")]) if many else np.zeros(0, np.int64)
        _, begins, self.position, sizes = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        most = numbers(self.table, "most_share", 1.0)
        always = (self.span[:, 0] == EVER) & (self.span[:, 1] == NEVER_ENDS)
        simple = (sizes[self.position] == 1) & (most >= 1) & always
        used = self.first != NONE
        self.several = np.flatnonzero(~simple & used)
        self.filled = np.full(many, NONE, np.int64)
        self._name_positions(begins)
        self.has_parts = np.zeros(len(products), np.bool_)
        self.has_parts[self.parent] = True
        self._parts(begins[(simple | used)[begins]])

    def _name_positions(self, begins: Integers) -> None:
        """An item for each position with alternates, in the order in which they are needed."""
        positions = texts(self.table, "position")
        heads = np.intersect1d(begins, self.several)
        item = np.full(len(begins), NONE, np.int64)
        for row in heads[np.argsort(self.first[heads], kind="stable")].tolist():
            item[self.position[row]] = self.items.position(int(self.parent[row]), positions[row])
        self.filled = item[self.position] if len(self.position) else self.filled

    def _parts(self, begins: Integers) -> None:
        """What goes into one piece of a product, a position each (CSR by product)."""
        heads = np.sort(begins)
        self.part_starts: Integers = np.searchsorted(self.parent[heads], np.arange(len(self.products) + 1))
        alternates = self.filled[heads] != NONE
        self.part_items = np.where(alternates, self.filled[heads], self.items.final[self.child[heads]])
        self.part_quantities = np.where(alternates, 1.0, self.quantity[heads])

    def alternates(self) -> _Rows:
        """The rows of positions that several may fill."""
        rows = self.several
        child, quantity, many = self.child[rows], self.quantity[rows], len(rows)
        table = self.table.take(pa.array(rows))
        step = PREFERENCE * (np.maximum(numbers(table, "preference", 1.0), 1.0) - 1)
        of = (self.products.names[row] for row in self.parent[rows].tolist())
        return _Rows(
            names=[
                f"{parent} {position} {self.products.names[row]}"
                for parent, position, row in zip(of, texts(table, "position"), child.tolist(), strict=True)
            ],
            sites=[""] * many, order=np.stack((self.first[rows], (rows - self.table.num_rows)), axis=1),
            output=self.filled[rows], taken=self.items.final[child], single=np.ones(many, np.bool_), quantity=quantity,
            group=np.full(many, NONE), use=np.zeros(many), lead=np.zeros(many, np.int64), gain=np.ones(many),
            cost=step * (self.products.value[child] * quantity), most=np.full(many, np.inf),
            share=numbers(table, "most_share", 1.0), span=self.span[rows], step=np.zeros(many), least=np.zeros(many),
        )  # fmt: skip

    def inputs(self, taken: Integers, single: Flags, quantity: Floats) -> tuple[Integers, Integers, Floats]:
        """What activities take in (CSR): an item each, or the parts of a product."""
        product = np.where(single, 0, taken)
        many = np.where(single, 1, self.part_starts[product + 1] - self.part_starts[product])
        starts = np.concatenate(([0], np.cumsum(many))).astype(np.int64)
        row = np.repeat(np.arange(len(taken)), many)
        part = np.where(single[row], 0, self.part_starts[product[row]] + np.arange(len(row)) - starts[row])
        if not len(self.part_items):
            return starts, taken[row], quantity[row]
        return (
            starts,
            np.where(single[row], taken[row], self.part_items[part]),
            np.where(single[row], quantity[row], self.part_quantities[part]),
        )


def _always(rows: int) -> Integers:
    return np.tile(np.array([EVER, NEVER_ENDS], np.int64), (rows, 1))


def _where(mask: Any) -> Flags:
    found = pc.fill_null(mask, False)
    flat = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return np.asarray(flat.to_numpy(zero_copy_only=False), np.bool_)
