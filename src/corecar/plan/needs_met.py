"""What each customer asked for, was promised, got and is planned to get."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_numbers
from corecar.plan.plans import Plan


@dataclass(frozen=True)
class NeedMet:
    """One product that one customer wants, over the weeks of a plan [piece].

    committed  promised by suppliers; None where nothing is told, which is not 0
    delivered  come so far; None likewise
    planned    what the plan supplies besides
    """

    demand: str
    product: str
    customer: str
    requested: float
    committed: float | None
    delivered: float | None
    planned: float

    @property
    def short(self) -> float:
        """Requested, neither delivered nor planned."""
        return max(self.requested - (self.delivered or 0.0) - self.planned, 0.0)

    @property
    def unkept(self) -> float | None:
        """Promised, neither delivered nor planned; None where nothing is promised."""
        if self.committed is None:
            return None
        return max(self.committed - (self.delivered or 0.0) - self.planned, 0.0)


@dataclass
class _Sums:
    requested: float = 0.0
    told: dict[str, float] = field(default_factory=dict)


def needs_met(chain: Chain, plan: Plan) -> tuple[NeedMet, ...]:
    """Needs of a plan's horizon in the order of its demands.

    chain   that the plan's network was made from
    """
    network, sums = plan.network, defaultdict[tuple[str, str], _Sums](_Sums)
    rows = chain.demand.to_pylist()
    mondays = np.array([row["week"] for row in rows], "datetime64[D]")
    for row, week in zip(rows, (week_numbers(mondays) - network.first_week).tolist(), strict=True):
        if 0 <= week < network.weeks:
            need = sums[row["product"], row["customer"] or ""]
            need.requested += row["quantity"]
            for name in ("committed", "delivered"):
                if row[name] is not None:
                    need.told[name] = need.told.get(name, 0.0) + row[name]
    demands, supplied = network.demands, plan.supplied.sum(axis=1)
    return tuple(
        NeedMet(
            demand=name,
            product=product,
            customer=customer,
            requested=sums[product, customer].requested,
            committed=sums[product, customer].told.get("committed"),
            delivered=sums[product, customer].told.get("delivered"),
            planned=float(planned),
        )
        for name, product, customer, planned in zip(
            demands.names, demands.product, demands.customer, supplied, strict=True
        )
    )
