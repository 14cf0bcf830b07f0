"""Money of others for machines: what a party adds to a budget, for any order or for one machine alone.

What is given for one machine pays for that machine alone. So beside what a budget holds in all, each set of such
machines left out has to leave the rest within what is there without the money given for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import Floats
from corecar.plan.expansion.options import Limit, Means
from corecar.plan.expansion.orders import Orders

BUDGET = "budget"
MOST_APART = 8
"""Machines that others pay for in one budget; each more doubles the rows."""


@dataclass(frozen=True)
class OthersMoney:
    """What a party adds to a budget.

    option  the only machine that it pays for; empty: any
    amount  at most
    """

    name: str
    party: str
    budget: str
    option: str
    amount: float


def others_money(rows: Iterable[Mapping[str, Any]]) -> tuple[OthersMoney, ...]:
    """Rows of the table `co_investments`, in the order of their names."""
    several = sorted(rows, key=lambda row: str(row["co_investment"]))
    return tuple(
        OthersMoney(row["co_investment"], row["party"], row["budget"], row["option"] or "", float(row["amount"]))
        for row in several
    )


def with_others_money(means: Means, several: Sequence[OthersMoney]) -> Means:
    """The means with what others add to budgets. Raises ArgumentError for more than `MOST_APART` machines in one."""
    limits: list[Limit] = []
    for limit in means.limits:
        own = [each for each in several if limit.what == BUDGET and each.budget == limit.name]
        limits += _raised(limit, own) if own else [limit]
    return replace(means, limits=tuple(limits))


def _raised(limit: Limit, own: Sequence[OthersMoney]) -> Iterator[Limit]:
    """A budget with others' money: in all, and without each set of machines and the money that is for them alone."""
    machines = sorted({each.option for each in own if each.option})
    if len(machines) > MOST_APART:
        raise ArgumentError(
            f"others pay for {len(machines)} machines in budget {limit.name}; at most {MOST_APART} are reckoned. "
            "Put some of them together, or into another budget."
        )
    for count in range(len(machines) + 1):
        for apart in combinations(machines, count):
            given = sum(each.amount for each in own if each.option not in apart)
            yield replace(limit, most=limit.most + given, apart=frozenset(apart))


def given_by_others(orders: Orders, ordered: Floats, several: Sequence[OthersMoney]) -> dict[str, float]:
    """What of each is spent on some orders, by name: money for one machine first, then the rest; own money last.

    ordered  float64, shape (orders,): how many of each
    """
    found: dict[str, float] = {}
    budgets = {limit.name: limit for limit in orders.means.limits if limit.what == BUDGET and not limit.apart}
    for name, limit in budgets.items():
        left = _paid(orders, ordered, limit)
        own = sorted((each for each in several if each.budget == name), key=lambda each: not each.option)
        for each in own:
            there = left.get(each.option, 0.0) if each.option else sum(left.values())
            found[each.name] = min(each.amount, there)
            _take(left, each.option, found[each.name])
    return {each.name: found.get(each.name, 0.0) for each in several}


def _paid(orders: Orders, ordered: Floats, limit: Limit) -> dict[str, float]:
    """What is paid for each option in the weeks of a budget."""
    inside, paid = set(limit.weeks), dict[str, float]()
    for place in np.flatnonzero(ordered).tolist():
        option = orders.means.options[orders.option[place]]
        amounts = option.payments(int(orders.week[place]), orders.weeks)
        own = ordered[place] * sum(amount for week, amount in amounts if week in inside)
        paid[option.name] = paid.get(option.name, 0.0) + float(own)
    return paid


def _take(left: dict[str, float], option: str, amount: float) -> None:
    """Take an amount off what is left to pay, of one option or of all in turn."""
    for name in [option] if option else list(left):
        part = min(left.get(name, 0.0), amount)
        left[name] = left.get(name, 0.0) - part
        amount -= part
