"""The part of a plan upstream of a demand: it is a plan that adds up, and what is asked of it is never too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Floor
from corecar.network.guards import check_network
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.compare import by_rule
from corecar.plan.explain import explain
from corecar.plan.plans import Plan
from corecar.plan.remedies import remedies
from corecar.plan.rules import share_out
from corecar.plan.upstream import upstream_of


def planned(seed: int, rule: str = "cost", promises: bool = False) -> Plan:
    network = drawn_network(seed, chips=6, modules=5, programs=5, weeks=8, tightness=0.5)
    if promises:
        kinds = (("supplied", (0, 1, 2)), ("started", (0, 1)), ("stock", (0, 6)))
        floors = tuple(Floor(kind, kind, rows, (2, 3), 9.0, 1e4) for kind, rows in kinds)
        network = replace(network, floors=floors)
    return share_out(weekly_model(network), rule).plan  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("promises", [False, True])
def test_the_part_is_a_plan_that_adds_up(seed: int, promises: bool) -> None:
    plan = planned(seed, promises=promises)
    for demand in range(5):
        network, part = upstream_of(plan.network, plan, demand)
        check_network(network)
        assert errors_of(part).worst < 1e-6
        assert network.demands.names[0] == plan.network.demands.names[demand]
        assert part.behind[0].tolist() == plan.behind[demand].tolist()
        assert part.fill[0] == pytest.approx(plan.fill[demand])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_the_part_never_promises_more_than_the_whole(seed: int, rule: str) -> None:
    plan = planned(seed, rule)
    demand, week = np.unravel_index(int(np.argmax(plan.behind)), plan.behind.shape)
    name = plan.network.demands.names[demand]
    whole, part = (explain(plan, name, int(week), scope=scope) for scope in ("whole", "upstream"))
    assert (whole.scope, part.scope) == ("whole", "upstream")
    assert part.short == whole.short
    assert part.spare <= whole.spare + 1e-4
    assert part.first >= whole.first - 1e-4
    known = {*plan.network.groups.names, *plan.network.activities.names, *plan.network.items.names}
    assert {point.name for point in part.points} <= known
    for step in part.steps:
        assert step.causes or step.parts


def test_remedies_of_a_part_are_verified_on_the_whole() -> None:
    plan = planned(2)
    demand, week = np.unravel_index(int(np.argmax(plan.behind)), plan.behind.shape)
    answer = explain(plan, plan.network.demands.names[demand], int(week), scope="upstream")
    found = remedies(plan, answer, planner=by_rule("cost"), most=4)
    assert found
    for remedy in found:
        assert remedy.could <= answer.short - answer.spare + 1e-5


def test_a_scope_that_is_none_is_refused() -> None:
    plan = planned(2)
    demand = int(np.argmax(plan.short))
    with pytest.raises(ArgumentError, match='expected "choose", "whole" or "upstream"'):
        explain(plan, plan.network.demands.names[demand], 7, scope="all")  # type: ignore[arg-type]
