"""Promises of a chain as soft floors: agreed capacity, minimum call-off, frozen weeks, each breach by its clause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import a_chain, activity, week

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError
from corecar.network.arrays import Floor, Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.network.promises import CallOff, called_off, frozen, with_promises
from corecar.plan.arithmetic import errors_of
from corecar.plan.plans import Plan
from corecar.plan.solving import solve

ALL = range(6)


def two_customers(agreed: float | None, **more: Any) -> Chain:
    """Cars for North and for South, South's worth more; 60 pieces of the group are agreed with North in week 4."""
    demand = [
        {"product": car, "customer": customer, "week": week(number), "quantity": 1_000.0}
        for car, customer in (("CAR", "North"), ("VAN", "South"))
        for number in ALL
    ]
    chain = a_chain()
    products = [*chain.products.to_pylist(), {"product": "VAN", "kind": "vehicle-program", "value": 90_000.0}]
    bills = [
        *chain.bills.to_pylist(),
        {"parent": "VAN", "position": "10", "child": "ECU", "quantity": 2.0, "preference": 1},
    ]
    capacity = [
        *chain.capacity.to_pylist(),
        {"group": "PACK", "customer": "North", "week": week(4), "actual": 400.0, "agreed": agreed},
    ]
    return a_chain(**{"products": products, "bills": bills, "capacity": capacity, "demand": demand} | more)


def made(chain: Chain) -> Network:
    return with_promises(chain, network_of(chain))


def test_agreed_capacity_of_linked_demand_is_supplied_first() -> None:
    links = [{"group": "PACK", "product": "CAR", "load_factor": 2.0}]
    network = made(two_customers(60.0, links=links))
    (floor,) = network.floors
    assert floor.clause == f"agreed capacity of PACK for North, CAR, for {week_name(week(4))}"
    assert floor.least == pytest.approx(30.0)
    assert (floor.kind, floor.weeks) == ("supplied", (4,))
    plain = solve(replace(network, floors=()))
    kept = solve(network)
    north = network.demands.names.index("CAR")
    assert plain.supplied[north, 4] < 30 - 1
    assert kept.supplied[north, 4] >= 30 - 1e-6
    assert kept.breach[0] == pytest.approx(0, abs=1e-6)
    assert errors_of(kept).worst < 1e-7


def test_agreed_capacity_above_the_demand_promises_the_demand() -> None:
    links = [{"group": "PACK", "product": "CAR", "load_factor": 2.0}]
    (floor,) = made(two_customers(9_999.0, links=links)).floors
    assert floor.least == pytest.approx(1_000.0)


def test_agreed_capacity_without_links_is_started_as_far_as_demand_asks() -> None:
    network = made(two_customers(60.0))
    (floor,) = network.floors
    assert floor.clause == f"agreed capacity of PACK for North for {week_name(week(4))}"
    assert (floor.kind, floor.rows) == ("started", (activity(network, "R2"),))
    assert 0 < floor.least <= 60 + 1e-9
    plan = solve(network)
    assert plan.start[floor.rows[0], 4] + plan.breach[0] >= floor.least - 1e-6


def test_agreed_capacity_for_nobodys_demand_is_left_out_and_said() -> None:
    network = made(two_customers(60.0, demand=[
        {"product": "VAN", "customer": "South", "week": week(number), "quantity": 9.0} for number in ALL
    ]))  # fmt: skip
    assert network.floors == ()
    assert "agreed capacity of PACK for North: no demand of the horizon is for it" in network.left_out


def test_a_chain_without_promises_has_no_floor() -> None:
    assert made(two_customers(None)).floors == made(a_chain()).floors == ()


def test_a_minimum_call_off_is_kept_where_it_can_be_and_breached_by_name_where_it_cannot() -> None:
    network = network_of(two_customers(None))
    small, large = (called_off(network, CallOff("CAR", "North", 2, 4, least)) for least in (20.0, 1e6))
    assert small.clause == f"minimum call-off of CAR for North for {week_name(week(2))} to {week_name(week(4))}"
    for floor, missing in ((small, False), (large, True)):
        plan = solve(replace(network, floors=(floor,)))
        came = plan.supplied[floor.rows[0], 2:5].sum()
        assert bool(plan.breach[0] > 1) is missing
        assert came + plan.breach[0] == pytest.approx(floor.least) or came >= floor.least
        assert errors_of(plan).worst < 1e-7


@pytest.mark.parametrize(
    ("call_off", "said"),
    [
        (CallOff("CAR", "Nort", 0, 1, 1.0), 'no demand "CAR for Nort".*CAR for North'),
        (CallOff("CAR", "North", 3, 6, 1.0), "weeks 3 to 6 do not lie within 0 to 5"),
        (CallOff("CAR", "North", 0, 1, -1.0), "-1 pieces; at least 0"),
    ],
)
def test_a_call_off_that_is_none_is_refused(call_off: CallOff, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        called_off(network_of(two_customers(None)), call_off)


def starts_of(plan: Plan) -> tuple[list[str], list[str], Any]:
    row, at = np.nonzero(plan.start > 1e-6)
    names = [plan.network.activities.names[number] for number in row]
    return names, [week_name(plan.network.monday(int(number)).astype(object)) for number in at], plan.start[row, at]


def test_frozen_weeks_stay_as_they_were_planned_though_another_plan_would_be_cheaper() -> None:
    network = network_of(two_customers(None))
    before = solve(network)
    dear = network.activities.cost.copy()
    dear[:, :2] += 1e5
    now = replace(network, activities=replace(network.activities, cost=dear))
    assert np.abs(solve(now).start[:, :2] - before.start[:, :2]).max() > 1
    floors = frozen(now, *starts_of(before), 2)
    plan = solve(replace(now, floors=tuple(floors)))
    assert (plan.start[:, :2] >= before.start[:, :2] - 1e-5).all()
    assert plan.breach.max() < 1e-6


def test_a_frozen_week_that_cannot_be_kept_is_named_by_route_and_week() -> None:
    network = network_of(two_customers(None))
    names, weeks, pieces = starts_of(solve(network))
    maximum = network.groups.maximum.copy()
    maximum[network.groups.names.index("FAB"), 0] = 0.0
    floors = frozen(network, [*names, "GONE"], [*weeks, week_name(week(1))], np.append(pieces, 7.0), 2)
    stopped = replace(network, groups=replace(network.groups, maximum=maximum), floors=tuple(floors))
    plan = solve(stopped)
    broken = {floor.clause for floor, short in zip(floors, plan.breach, strict=True) if short > 1e-3}
    assert f"R1 frozen for {week_name(week(0))}" in broken
    assert f"GONE frozen for {week_name(week(1))}" in broken
    assert errors_of(plan).worst < 1e-7
    with pytest.raises(ArgumentError, match="7 frozen weeks; the horizon has 6"):
        frozen(network, names, weeks, pieces, 7)


def test_a_breach_costs_more_than_any_shortage_in_the_static_model_and_in_the_weekly_one() -> None:
    network = made(two_customers(60.0, links=[{"group": "PACK", "product": "CAR", "load_factor": 2.0}]))
    for model in (network, network.over_the_horizon()):
        assert all(floor.price > model.demands.late.sum(axis=1).max() for floor in model.floors)
        plan = solve(weekly_model(model))
        least = solve(weekly_model(_promises_alone(model)))
        assert plan.breach.sum() == pytest.approx(least.breach.sum(), abs=1e-6)


def _promises_alone(network: Network) -> Network:
    """Nothing costs anything but a breach: the least that must be missing."""
    made_, demands = network.activities, network.demands
    return replace(
        network,
        activities=replace(made_, cost=np.zeros_like(made_.cost)),
        demands=replace(demands, late=np.zeros_like(demands.late)),
        items=replace(network.items, holding=np.zeros_like(network.items.holding)),
        floors=tuple(replace(floor, price=1.0) for floor in network.floors),
    )


def test_floors_are_the_type_that_every_model_knows() -> None:
    floor = called_off(network_of(two_customers(None)), CallOff("VAN", "South", 0, 0, 1.0))
    assert isinstance(floor, Floor)
    assert floor.in_one_week().weeks == (0,)


@pytest.mark.parametrize("links", [[], [{"group": "PACK", "product": "CAR", "load_factor": 2.0}]])
def test_rows_in_another_order_give_the_same_promises_and_the_same_plan_to_the_bit(links: list[dict[str, Any]]) -> None:
    chain = two_customers(60.0, links=links)
    turned = Chain({name: table.take(np.arange(table.num_rows)[::-1].copy()) for name, table in chain.tables.items()})
    one, other = made(chain), made(turned)
    assert one.floors == other.floors != ()
    assert solve(one).start.tobytes() == solve(other).start.tobytes()


def test_what_is_called_off_is_a_promise_beside_what_was_committed() -> None:
    demand = [
        {
            "product": "CAR",
            "customer": "North",
            "week": week(4),
            "quantity": 100.0,
            "committed": 10.0,
            "called_off": 25.0,
        },
        {
            "product": "CAR",
            "customer": "North",
            "week": week(5),
            "quantity": 30.0,
            "called_off": 50.0,
            "delivered": 5.0,
        },
    ]
    network = made(a_chain(demand=demand))
    assert [(floor.clause, floor.least) for floor in network.floors] == [
        (f"CAR committed for {week_name(week(4))}", 10.0),
        (f"CAR called off for {week_name(week(4))}", 25.0),
        (f"CAR called off for {week_name(week(5))}", 50.0),  # 25 and what of 30 is not delivered yet
    ]
