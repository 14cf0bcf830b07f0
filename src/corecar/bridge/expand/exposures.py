"""How exposed a plan's network is: what the worst stop of one site costs, as `corecar stress` reckons it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corecar.network.arrays import Network
from corecar.stress.scenarios import Recovery, Scenario, Scenarios
from corecar.stress.steady import Loss, Steady
from corecar.stress.sweep import Threads

NOBODY = "nobody named"


@dataclass(frozen=True)
class Exposure:
    """The stop of one site that costs most.

    stop    its site; empty where no stop loses anything
    impact  value lost by the end of its time to recover, beyond what is lost anyway (performance impact)
    part    the largest impact over the value demanded in the time to recover, as `corecar indicators` tells exposure
    lost    customer -> its part of the impact; their sum is the impact
    """

    stop: str
    impact: float
    part: float
    lost: Mapping[str, float]


def exposure_of(network: Network, sites: Any) -> Exposure | None:
    """The worst stop of one site of a network; None where no site makes anything or nothing is wanted.

    sites   the chain's table of sites
    Source  Simchi-Levi et al., Interfaces 45(5), 2015; times to recover by stage, a template
    """
    stops = Scenarios(network, sites, Recovery({})).every("site") if network.demands.wanted.any() else []
    if not stops:
        return None
    threads = Threads(network)
    threads.first.prepare({each.weeks for each in stops})

    def ask(steady: Steady, stop: Scenario) -> Loss:
        steady.calm = threads.first.calm
        return steady.loss(stop.closed, stop.weeks)

    found = [*zip(stops, threads.map(ask, stops), strict=True)]
    week = float(network.demands.value @ network.demands.wanted.mean(axis=1))
    part = max(loss.value / (week * stop.weeks) for stop, loss in found) if week > 0 else 0.0
    stop, loss = max(found, key=lambda each: each[1].value)
    if loss.value <= 0:
        return Exposure("", 0.0, 0.0, {})
    return Exposure(stop.name, loss.value, part, _by_customer(network, loss))


def _by_customer(network: Network, worst: Loss) -> dict[str, float]:
    lost: dict[str, float] = {}
    values = (network.demands.value * worst.more).tolist()
    for customer, value in zip(network.demands.customer, values, strict=True):
        lost[customer or NOBODY] = lost.get(customer or NOBODY, 0.0) + value
    return lost
