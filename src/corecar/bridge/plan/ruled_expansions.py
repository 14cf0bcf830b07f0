"""Orders with the plan that a plan's own rule makes of them."""

from __future__ import annotations

from dataclasses import replace

from corecar.bridge.plan.asked_plan import AskedPlan
from corecar.plan.expansion.expansion import Expansion, expanded


def by_rule(asked: AskedPlan, found: Expansion) -> Expansion:
    """Orders with the plan that the own rule makes of them, in place of the cheapest."""
    if not found.ordered.any():
        return replace(found, plan=asked.plan)
    hours = found.orders.hours(found.ordered)
    return replace(found, plan=asked.planner(expanded(asked.plan.network, found.orders, hours)))
