"""The weekly model: its optimum by an independent solver and an independent model, its plans by plain arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.plans import Plan, plan_of
from corecar.solve import solve


def planned(network: Network, **options: Any) -> Plan:
    model = weekly_model(network, **options)
    return plan_of(model, solve(model.program))


def cost_by_another_model(network: Network) -> float:
    """The optimum of the same network written down variable by variable, with cumulated balances, solved by SciPy."""
    made, weeks = network.activities, network.weeks
    names: dict[tuple[str, int, int], int] = {}

    def at(kind: str, row: int, week: int) -> int:
        return names.setdefault((kind, row, week), len(names))

    cost: dict[int, float] = {}
    high: dict[int, float] = {}
    for a in range(len(made)):
        for t in range(weeks):
            if made.most[a, t] > 0 and t + made.lead[a] < weeks:
                cost[at("x", a, t)] = made.cost[a, t]
                high[at("x", a, t)] = made.most[a, t]
    for d in range(len(network.demands)):
        for t in range(weeks):
            cost[at("v", d, t)] = 0.0
    upper: list[tuple[dict[int, float], float]] = []
    equal: list[tuple[dict[int, float], float]] = []
    constant = 0.0
    extra: dict[int, float] = {}

    def add(row: dict[int, float], key: int, value: float) -> None:
        row[key] = row.get(key, 0.0) + value

    for i in range(len(network.items.names)):
        for t in range(weeks):
            row: dict[int, float] = {}
            first = 0 if network.items.kept[i] else t
            there = sum(network.items.arrivals[i, s] for s in range(first, t + 1)) + (
                network.items.opening[i] if first == 0 else 0
            )
            for s in range(first, t + 1):
                for a in range(len(made)):
                    back = s - int(made.lead[a])
                    if made.output[a] == i and ("x", a, back) in names:
                        add(row, names["x", a, back], made.yields[a, back])
                    if ("x", a, s) in names:
                        for p in range(made.starts[a], made.starts[a + 1]):
                            if made.items[p] == i:
                                add(row, names["x", a, s], -made.quantities[p])
                for d in range(len(network.demands)):
                    if network.demands.item[d] == i:
                        add(row, names["v", d, s], -1.0)
            if network.items.kept[i]:
                upper.append(({key: -value for key, value in row.items()}, there))
                constant += network.items.holding[i] * there
                for key, value in row.items():
                    add(extra, key, network.items.holding[i] * value)
            else:
                equal.append((row, -there))
    for d in range(len(network.demands)):
        for t in range(weeks):
            owed = network.demands.wanted[d, : t + 1].sum()
            upper.append(({names["v", d, s]: 1.0 for s in range(t + 1)}, owed))
            constant += network.demands.late[d, t] * owed
            for s in range(t + 1):
                add(extra, names["v", d, s], -network.demands.late[d, t])
    for g in range(len(network.groups)):
        for t in range(weeks):
            row = {}
            for a in range(len(made)):
                group = int(made.group[a])
                while group >= 0:
                    if group == g and ("x", a, t) in names:
                        add(row, names["x", a, t], made.use[a])
                    group = int(network.groups.part_of[group])
            upper.append((row, network.groups.maximum[g, t]))
    for a in range(len(made)):
        if made.share[a] < 1:
            for t in range(weeks):
                row = {}
                for r in range(len(made)):
                    if made.output[r] == made.output[a] and ("x", r, t) in names:
                        add(row, names["x", r, t], float(r == a) - made.share[a])
                upper.append((row, 0.0))
    count = len(names)

    def dense(rows: list[tuple[dict[int, float], float]]) -> tuple[Any, Any]:
        matrix = np.zeros((len(rows), count))
        for number, (row, _) in enumerate(rows):
            for key, value in row.items():
                matrix[number, key] = value
        return matrix, np.array([side for _, side in rows])

    objective = np.array([cost[key] + extra.get(key, 0.0) for key in range(count)])
    bounds = [(0.0, high.get(key)) for key in range(count)]
    (a_ub, b_ub), (a_eq, b_eq) = dense(upper), dense(equal)
    found = linprog(objective, a_ub, b_ub, a_eq, b_eq, bounds)
    assert found.success, found.message
    return float(found.fun + constant)


@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_is_that_of_another_model_and_another_solver(seed: int) -> None:
    network = drawn_network(seed)
    assert planned(network).cost == pytest.approx(cost_by_another_model(network), rel=1e-6)


@given(st.integers(0, 100_000), st.floats(0.2, 1.5))
@settings(max_examples=25, deadline=None)
def test_every_plan_adds_up(seed: int, tightness: float) -> None:
    plan = planned(drawn_network(seed, tightness=tightness))
    assert errors_of(plan).worst < 1e-7
    assert plan.gap == 0


@pytest.mark.parametrize("seed", range(6))
def test_the_static_plan_is_never_shorter_than_the_weekly_one(seed: int) -> None:
    network = drawn_network(seed)
    network = replace(network, activities=replace(network.activities, cost=np.zeros_like(network.activities.cost)))
    static = planned(network.over_the_horizon())
    weekly = planned(network)
    value = network.demands.value
    assert value @ static.short <= value @ weekly.short + 1e-6


def test_the_same_network_gives_the_same_bits_and_a_permuted_one_the_same_cost() -> None:
    network = drawn_network(5)
    one, other = planned(network), planned(network)
    assert one.start.tobytes() == other.start.tobytes()
    demands = network.demands
    order = np.array([2, 0, 1])
    turned = replace(
        network,
        demands=replace(
            demands,
            item=demands.item[order],
            wanted=demands.wanted[order],
            value=demands.value[order],
            priority=demands.priority[order],
            late=demands.late[order],
        ),
    )
    assert planned(turned).cost == pytest.approx(one.cost, rel=1e-9)


def test_a_plan_limited_to_what_is_planned_stays_below_it() -> None:
    network = drawn_network(3)
    plan = planned(network, limit="actual")
    assert (plan.load <= network.groups.actual + 1e-6).all()
    assert plan.cost >= planned(network).cost - 1e-9


def test_a_floor_is_kept_where_it_can_be_and_named_where_it_cannot() -> None:
    network = drawn_network(2)
    free = planned(network)
    demand = int(np.argmax(free.short))
    weeks = tuple(range(network.weeks))
    wanted = float(network.demands.total[demand])
    least = min(free.supplied[demand].sum() + 1.0, wanted)
    kept = planned(replace(network, floors=(Floor("agreed volume", "supplied", (demand,), weeks, least, 1e5),)))
    assert kept.supplied[demand].sum() == pytest.approx(least, rel=1e-6)
    assert kept.breach.tolist() == [pytest.approx(0, abs=1e-6)]
    more = planned(replace(network, floors=(Floor("agreed volume", "supplied", (demand,), weeks, wanted + 50, 1e5),)))
    assert more.breach[0] >= 50 - 1e-6
    assert errors_of(more).worst < 1e-7


def test_errors_are_seen() -> None:
    """The check fails on plans that are wrong, each kind by its own name."""
    plan = planned(drawn_network(4))
    place = np.unravel_index(int(np.argmax(plan.start)), plan.start.shape)
    start = plan.start.copy()
    start[place] += 50
    assert errors_of(replace(plan, start=start)).flow > 1e-3
    assert errors_of(replace(plan, supplied=plan.supplied + 1)).demand > 1e-3
    assert errors_of(replace(plan, stock=plan.stock - 1e3)).negative > 1e-3
    assert errors_of(replace(plan, start=plan.start * 10)).capacity > 1e-3
    assert errors_of(replace(plan, cost=plan.cost * 1.01 + 1)).cost > 1e-3
    closed = start.copy()
    closed[~plan.network.startable] = 9
    assert errors_of(replace(plan, start=closed)).closed > 1e-3
