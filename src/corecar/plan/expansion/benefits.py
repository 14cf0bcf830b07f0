"""Who benefits when one plan takes the place of another: vehicles by customer, margin by whose value it is.

What a vehicle is worth is the value that its parties add: of each chip or module in it its own value less that of what
goes into it, the rest the carmaker's. So margins of parties add up to the margin of all vehicles, whatever values are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from corecar.chain.chain import Chain
from corecar.plan.plans import Plan

NOBODY = "nobody named"


@dataclass(frozen=True)
class Share:
    """What one product in the vehicles of one demand brings to its party.

    part    the chip, module or, of the carmaker's own part, the program itself
    party   whose value it is
    pieces  of the part in what is supplied more
    margin  of the value that is added there
    """

    program: str
    customer: str
    part: str
    party: str
    pieces: float
    margin: float


class Values:
    """What goes into products, what each adds, and whose it is.

    plan  whose starts say which alternate fills a position, and who makes what nobody is named for
    """

    def __init__(self, chain: Chain, plan: Plan) -> None:
        self.plan = plan
        self.products: dict[str, Mapping[str, Any]] = {row["product"]: row for row in chain.products.to_pylist()}
        self.owner = dict(zip(chain.sites["site"].to_pylist(), chain.sites["party"].to_pylist(), strict=True))
        self.positions: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for row in chain.bills.to_pylist():
            self.positions[row["parent"]][row["position"]].append(row)
        self.worths: dict[str, float] = {}

    @cached_property
    def started(self) -> dict[str, float]:
        """Pieces that each activity starts."""
        return dict(zip(self.plan.network.activities.names, self.plan.start.sum(axis=1).tolist(), strict=True))

    def children(self, product: str) -> Iterator[tuple[str, float]]:
        """What goes into one piece, alternates in the parts in which the plan takes them."""
        for position, rows in self.positions.get(product, {}).items():
            taken = [self.started.get(f"{product} {position} {row['child']}", 0.0) for row in rows]
            if not sum(taken):
                first = min(range(len(rows)), key=lambda at: (rows[at]["preference"] or 1, rows[at]["child"]))
                taken = [float(at == first) for at in range(len(rows))]
            for row, many in zip(rows, taken, strict=True):
                if many:
                    yield row["child"], row["quantity"] * many / sum(taken)

    def worth(self, product: str) -> float:
        """Of one piece: its value, else that of what goes into it."""
        if product not in self.worths:
            told = self.products[product]["value"] if product in self.products else None
            inside = sum(many * self.worth(child) for child, many in self.children(product)) if told is None else 0.0
            self.worths[product] = inside if told is None else float(told)
        return self.worths[product]

    def added(self, product: str) -> float:
        """Its value less that of what goes into it."""
        return self.worth(product) - sum(many * self.worth(child) for child, many in self.children(product))

    def inside(self, product: str, many: float = 1.0) -> dict[str, float]:
        """Everything in so many pieces, the product itself with it."""
        found: dict[str, float] = defaultdict(float)
        waiting = [(product, many)]
        while waiting:
            name, pieces = waiting.pop()
            found[name] += pieces
            waiting += [(child, pieces * each) for child, each in self.children(name)]
        return found

    def party(self, product: str) -> str:
        """Whose it is: as the products say, else the owner of the sites that are paid most for making it."""
        told = self.products.get(product, {}).get("party")
        if told:
            return str(told)
        made, items = self.plan.network.activities, self.plan.network.items
        paid: dict[str, float] = defaultdict(float)
        for row, site in enumerate(made.site):
            if site and items.product[int(made.output[row])] == product:
                paid[self.owner.get(site, site)] += float((made.cost[row] * self.plan.start[row]).sum())
        return max(sorted(paid), key=lambda party: paid[party]) if paid else NOBODY


def shares(chain: Chain, before: Plan, after: Plan, *, margin: float) -> tuple[Share, ...]:
    """Who gets what of the margin of what `after` supplies more than `before`, by program and what is in it.

    margin  part of a value that is earned
    Returns shares whose margins add up to margin x the value that is supplied more
    """
    values, demands = Values(chain, after), after.network.demands
    more = (after.supplied.sum(axis=1) - before.supplied.sum(axis=1)).tolist()
    found = []
    for row, pieces in enumerate(more):
        if not pieces:
            continue
        program, customer = demands.product[row], demands.customer[row] or NOBODY
        rest = float(demands.value[row]) - values.worth(program)
        for part, many in values.inside(program, pieces).items():
            own = part == program
            gained = margin * (many * values.added(part) + (pieces * rest if own else 0.0))
            party = customer if own else values.party(part)
            found.append(Share(program, customer, part, party, many, gained))
    return tuple(found)


def paid_more(chain: Chain, before: Plan, after: Plan) -> dict[str, float]:
    """What the sites of each party are paid more for what they start, as the plan counts it."""
    owner = dict(zip(chain.sites["site"].to_pylist(), chain.sites["party"].to_pylist(), strict=True))
    paid: dict[str, float] = defaultdict(float)
    for plan, sign in ((before, -1.0), (after, 1.0)):
        made = plan.network.activities
        for site, amount in zip(made.site, (made.cost * plan.start).sum(axis=1).tolist(), strict=True):
            if site:
                paid[owner.get(site, site)] += sign * amount
    return dict(paid)


def supplied_more(before: Plan, after: Plan) -> dict[str, float]:
    """What each customer is supplied more [piece]."""
    won: dict[str, float] = defaultdict(float)
    more = (after.supplied.sum(axis=1) - before.supplied.sum(axis=1)).tolist()
    for customer, pieces in zip(after.network.demands.customer, more, strict=True):
        won[customer or NOBODY] += pieces
    return dict(won)
