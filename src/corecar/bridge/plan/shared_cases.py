"""The case for new machines in different circumstances: with others' money, under policies, with memoranda."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corecar.bridge.expand.exposures import Exposure, exposure_of
from corecar.bridge.plan.asked_plan import AskedPlan
from corecar.bridge.plan.money_frontiers import Finder
from corecar.bridge.plan.ruled_expansions import by_rule
from corecar.chain.chain import Chain
from corecar.network.agreements import with_signed, within_maxima
from corecar.network.arrays import Network
from corecar.network.least_called import with_least_called
from corecar.plan.chances import Chance, drawn
from corecar.plan.expansion.earnings import Earnings, earnings
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.expansion.options import Means
from corecar.plan.expansion.orders import orders_of
from corecar.plan.expansion.others_money import OthersMoney, given_by_others, with_others_money
from corecar.plan.plans import Plan
from corecar.plan.policies import Policy
from corecar.plan.solving import solve

Volumes = Sequence[Mapping[str, Any]]
ALONE, MONEY, POLICIES, MEMORANDA, TOGETHER = (
    "own money", "with co-investment", "with policies", "with memoranda", "all together",
)  # fmt: skip


@dataclass(frozen=True)
class Circumstances:
    """What a case is made under: money of others, policies, volumes of memoranda."""

    name: str
    money: tuple[OthersMoney, ...] = ()
    policies: tuple[Policy, ...] = ()
    volumes: tuple[Mapping[str, Any], ...] = ()


def several_circumstances(
    money: Sequence[OthersMoney], policies: Sequence[Policy], volumes: Volumes
) -> list[Circumstances]:
    """Own money alone, each of the three alone where there is any, and all together where there are several."""
    whole = Circumstances(TOGETHER, tuple(money), tuple(policies), tuple(volumes))
    each = [
        Circumstances(MONEY, money=whole.money), Circumstances(POLICIES, policies=whole.policies),
        Circumstances(MEMORANDA, volumes=whole.volumes),
    ]  # fmt: skip
    there = [one for one in each if one.money or one.policies or one.volumes]
    return [Circumstances(ALONE), *there, *([whole] if len(there) > 1 else [])]


@dataclass(frozen=True)
class SharedCase:
    """The best orders under some circumstances.

    chain    less what is wanted above the maxima of memoranda
    without  the plan of the same network without orders; found: orders, and the plan with them, both by the own rule
    values   net present value in each scenario of demand
    given    what of each co-investment is spent; public: what of each policy the public pays
    """

    under: Circumstances
    chain: Chain
    without: Plan
    found: Expansion
    earned: Earnings
    exposure: Exposure | None
    values: tuple[float, ...]
    given: Mapping[str, float]
    public: Mapping[str, float]

    @property
    def plan(self) -> Plan:
        """With the orders."""
        return self.found.plan

    @property
    def others(self) -> float:
        """What others pay of the orders."""
        return sum(self.given.values())


@dataclass(frozen=True)
class Maker:
    """Makes cases of one plan.

    means   with the own money alone
    margin, rate, gap, seconds  as of `corecar.bridge.plan.money_frontiers.money_frontier`
    chance, scenarios, seed  how demand is drawn; 0 scenarios for none
    """

    asked: AskedPlan
    means: Means
    margin: float
    rate: float
    gap: float
    seconds: float
    chance: Chance
    scenarios: int
    seed: int
    stop: Callable[[], bool]

    def case(self, under: Circumstances) -> SharedCase:
        """The best orders under some circumstances. Raises SolverError, Cancelled; ArgumentError of a policy."""
        chain, network = self._under(under)
        without = self.asked.planner(network)
        orders = orders_of(with_others_money(self.means, under.money), network)
        find = Finder(network, self.margin, self.asked.limit, self.gap, self.seconds, self.stop)
        found = by_rule(replace(self.asked, plan=without), find(orders))
        given = given_by_others(orders, found.ordered, under.money)
        return SharedCase(
            under, chain, without, found, earnings(found, without, margin=self.margin, rate=self.rate),
            exposure_of(found.plan.network, chain.sites), self._values(under, chain, network, found, without), given,
            {each.name: each.public_cost(found.plan) for each in under.policies},
        )  # fmt: skip

    def _under(self, under: Circumstances) -> tuple[Chain, Network]:
        """Chain and network as they are under some circumstances."""
        chain, own = self.asked.chain, self.asked.plan.network
        network = own
        if under.volumes:
            chain, network = within_maxima(chain, own, under.volumes)
            network = network if network is own else replace(network, floors=own.floors)
        for policy in under.policies:
            network = policy.on(network, self.asked.plan)
        return chain, with_signed(chain, network, under.volumes) if under.volumes else network

    def _values(
        self, under: Circumstances, chain: Chain, network: Network, found: Expansion, without: Plan
    ) -> tuple[float, ...]:  # fmt: skip
        """The orders' net present value in each scenario of demand, planned at least cost without them and with."""
        values = []
        for scenario in range(self.scenarios):
            moved = drawn(network, self.chance, self.seed, scenario)
            if under.volumes:
                moved = with_least_called(chain, network, moved, under.volumes)
            before = self._planned(moved, without)
            more = expanded(moved, found.orders, found.orders.hours(found.ordered))
            after = replace(found, plan=self._planned(more, found.plan))
            values.append(earnings(after, before, margin=self.margin, rate=self.rate).value)
        return tuple(values)

    def _planned(self, network: Network, start: Plan) -> Plan:
        return solve(network, limit=self.asked.limit, gap=self.gap / 2, start=start, stop=self.stop)
