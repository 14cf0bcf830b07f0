"""A plan that is asked about: the same chain planned again, by the same rule, with something changed.

Shares of the static plan steer a weekly one as floors. They are of one network and no promise, so a plan is asked about
without them; a changed network gets shares of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corecar.bridge.plan.planning import ChainPlan
from corecar.chain.chain import Chain
from corecar.errors import SolverError
from corecar.network.arrays import Network
from corecar.network.model import Limit
from corecar.plan.plans import Plan
from corecar.plan.solving import never
from corecar.plan.steering import Planned, plan_network

ONLY_WEEKLY = "{why} Only a weekly plan can be asked about: give it more time (--time-limit), or fewer weeks."


@dataclass(frozen=True)
class AskedPlan:
    """A weekly plan, the chain that it is of, and how a changed network is planned in the same way.

    plan     floors are the promises of the chain alone; its cost is without shares, bound and gap are with them
    planner  gives `plan` itself for its own network, so that nothing is planned twice
    """

    chain: Chain
    plan: Plan
    limit: Limit
    planner: Callable[[Network], Plan]


def asked_plan(made: ChainPlan, stop: Callable[[], bool] = never) -> AskedPlan:
    """The plan of a chain as questions take it.

    stop    asked while a changed network is planned
    Raises  SolverError where the plan is a static one: without weeks and lead times nothing can be traced
    """
    own = _without_shares(made.planned)
    options = made.options

    def planner(network: Network) -> Plan:
        if network is own.network:
            return own
        return _without_shares(
            plan_network(
                network, rule=options.rule, over=options.over, exact=options.exact, limit=options.limit,
                whole_lots=options.whole_lots, gap=options.gap, time_limit=options.time_limit, method=options.method,
                start=made.planned.weekly, stop=stop,
            )
        )  # fmt: skip

    return AskedPlan(made.chain, own, options.limit, planner)


def _without_shares(planned: Planned) -> Plan:
    if planned.weekly is None:
        raise SolverError(ONLY_WEEKLY.format(why=planned.why))
    return planned.without_shares
