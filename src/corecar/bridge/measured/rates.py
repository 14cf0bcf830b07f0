"""Units an hour of a chain's routes, from what testers wrote: what a cell's speed is taken from where it is known."""

from __future__ import annotations

from collections import defaultdict

from corecar.bridge.calls import Call
from corecar.bridge.measured.insertions import insertions, throughput_of
from corecar.bridge.measured.measuring import LAST_LOTS, LEAST_LOTS, parties_of_sites, routes_of
from corecar.chain.chain import Chain
from corecar.plan.expansion.cells import Measured


def measured_rates(call: Call, chain: Chain) -> dict[str, Measured]:
    """Route -> units an hour by the wall clock; of several insertions the hours of a unit are their sum.

    Routes of which fewer lots tell than a plan asks for are left out. Raises DamagedSource, SourceMissing
    """
    routes, parties = chain.routes.to_pylist(), parties_of_sites(chain)
    hours: dict[str, list[tuple[float, int]]] = defaultdict(list)
    untold = set()
    with call.store.catalogue.reading() as session:
        for each in insertions(session, call.store, call.actor, LAST_LOTS):
            speed = throughput_of(session, call.store, each).per_hour
            for route in routes_of(each, routes, parties)[0]:
                if speed:
                    hours[route].append((1.0 / speed, len(each.lots)))
                else:
                    untold.add(route)
    found = {
        route: Measured(1.0 / sum(hour for hour, _ in several), min(lots for _, lots in several))
        for route, several in hours.items()
        if route not in untold
    }
    return {route: one for route, one in sorted(found.items()) if one.lots >= LEAST_LOTS}
