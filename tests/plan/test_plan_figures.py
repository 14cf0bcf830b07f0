"""Figures of a plan: why each shortage is there, how long things take, what was promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import a_chain, week
from tests.plan.drawn_networks import drawn_network
from tests.plan.test_rules import one_resource

from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.explain import explain
from corecar.plan.flow_times import cycle_times, leaving_of, response_times, waiting_times
from corecar.plan.needs_met import needs_met
from corecar.plan.plans import Plan
from corecar.plan.rules import share_out
from corecar.plan.shortfalls import WORDS, shortfalls_of


def planned(network: Network, rule: str = "cost") -> Plan:
    return share_out(weekly_model(network), rule).plan  # type: ignore[arg-type]


def short_chain(**changed: Any) -> Network:
    rows = a_chain().bills.to_pylist()
    demand = [{"product": "CAR", "week": week(number), "quantity": 400.0} for number in range(6)]
    return network_of(a_chain(**({"bills": [rows[0], rows[2]], "demand": demand} | changed)))


def whys(network: Network) -> list[str]:
    return [str(short) for short in shortfalls_of(planned(network))]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_every_shortage_has_a_reason_that_holds(seed: int, rule: str) -> None:
    plan = planned(drawn_network(seed, tightness=0.5), rule)
    network, found = plan.network, shortfalls_of(plan)
    assert sum(short.short for short in found) == pytest.approx(plan.behind.sum(), rel=1e-4)
    for short in found:
        assert short.reason in WORDS
        assert str(short)
        if short.reason == "full":
            group = network.groups.names.index(short.name)
            assert plan.load[group, short.when] == pytest.approx(network.groups.maximum[group, short.when])
        if short.reason in ("closed", "most per week"):
            row = network.activities.names.index(short.name)
            assert plan.start[row, short.when] == pytest.approx(network.activities.most[row, short.when])


def test_reasons_of_a_chain() -> None:
    routes = a_chain().routes.to_pylist()
    assert whys(short_chain())[3] == "PACK is full in 2027-W07"
    assert whys(short_chain())[0] == "R2 would have to be started before the plan begins"
    closed = short_chain(routes=[routes[0], routes[1] | {"valid_from": date(2027, 2, 22)}, routes[2]])
    assert "R2 is not open in 2027-W07" in whys(closed)
    most = short_chain(routes=[*routes[:2], routes[2] | {"most_per_week": 10.0}])
    assert whys(most)[3] == "R3 starts its most in 2027-W08"
    bills = a_chain().bills.to_pylist()
    none = short_chain(bills=[bills[0] | {"child": "MCU-B"}, bills[2]])
    assert set(whys(none)) == {"no qualified route makes MCU-B"}


def test_what_does_not_pay_is_not_called_scarce() -> None:
    network = one_resource([8], 10)
    dear = replace(network, activities=replace(network.activities, cost=np.full((1, 1), 5.0)))
    assert whys(dear) == ["p0 has capacity and parts in 1970-W01; others are served, or it does not pay"]


def test_the_short_reason_is_among_those_of_the_whole_answer() -> None:
    plan = planned(short_chain())
    for short in shortfalls_of(plan):
        answer = explain(plan, short.demand, short.week)
        assert (short.reason, short.name) in {
            (cause.reason, cause.name) for step in answer.steps for cause in step.causes
        }


def test_response_time_counts_the_weeks_that_pieces_wait() -> None:
    plan = planned(drawn_network(1))
    demands = replace(plan.network.demands, wanted=np.array([[10.0, 0, 0, 0, 0, 0, 0, 0]] * 3))
    network = replace(plan.network, demands=demands)
    supplied = np.zeros((3, 8))
    supplied[0, 0], supplied[1, [1, 3]] = 10, [5, 3]
    found = response_times(replace(plan, network=network, supplied=supplied))
    assert found[:2].tolist() == [0.0, (5 * 1 + 3 * 3) / 8]
    assert np.isnan(found[2])


def test_cycle_time_is_lead_time_and_waiting_along_the_slowest_part() -> None:
    """Wafer 2 weeks, packaging 1, test 0; from stock only, the pieces are as old as they have waited."""
    network = short_chain(stock=[], wip=[])
    assert cycle_times(planned(network))[0] == pytest.approx(3.0, abs=0.7)
    able = [row | {"actual": 1e6, "maximum": 1e6} for row in a_chain().capacity.to_pylist()]
    empty = short_chain(stock=[], wip=[], capacity=able)
    assert cycle_times(planned(empty))[0] == pytest.approx(3.0)
    nothing = planned(short_chain(stock=[], wip=[], capacity=[row | {"actual": 0.0, "maximum": 0.0} for row in able]))
    assert nothing.supplied.sum() == pytest.approx(0)
    assert np.isnan(cycle_times(nothing)).all()


def test_stock_that_lies_is_part_of_the_cycle() -> None:
    network = drawn_network(2)
    plan = planned(network)
    more = replace(plan, stock=plan.stock + 10.0)
    assert (cycle_times(more) >= cycle_times(plan)).all()
    assert (cycle_times(more) > cycle_times(plan)).any()


def test_waiting_counts_what_still_leaves_and_not_what_stays_for_ever() -> None:
    """Stock 30, 20, 10, 10 at the ends of four weeks, 10 leave in each of the second and third, 10 stay.

    After week 0 20 pieces still leave, after week 1 10, then none: (20 + 10 + 0 + 0) / 20 = 1.5 weeks, not 70 / 20.
    """
    plan = planned(short_chain(stock=[], wip=[]))
    item = int(plan.network.demands.item[0])
    supplied, stock = np.zeros_like(plan.supplied), np.zeros_like(plan.stock)
    supplied[0, 1:3] = 10.0
    stock[item] = [30.0, 20.0, *[10.0] * (plan.network.weeks - 2)]
    by_hand = replace(plan, supplied=supplied, stock=stock, start=np.zeros_like(plan.start))
    assert waiting_times(by_hand)[item] == pytest.approx(1.5)
    assert leaving_of(by_hand)[item].tolist() == supplied[0].tolist()
    idle = replace(by_hand, supplied=np.zeros_like(supplied))
    assert waiting_times(idle)[item] == 0


def test_needs_show_what_was_asked_promised_come_and_planned() -> None:
    rows = [
        {
            "product": "CAR",
            "customer": "A",
            "week": week(n),
            "quantity": 60.0,
            "committed": 50.0,
            "delivered": 10.0 * (n == 0),
        }
        for n in range(6)
    ] + [{"product": "CAR", "customer": "B", "week": week(n), "quantity": 300.0} for n in range(6)]
    chain = a_chain(demand=[*rows, {"product": "CAR", "customer": "A", "week": week(-1), "quantity": 9.0}])
    plan = planned(network_of(chain, first_week=week(0)))
    one, other = needs_met(chain, plan)
    assert (one.customer, one.requested, one.committed, one.delivered) == ("A", 360.0, 300.0, 10.0)
    assert (other.committed, other.delivered, other.unkept) == (None, None, None)
    for need, supplied in zip((one, other), plan.supplied.sum(axis=1), strict=True):
        assert need.planned == pytest.approx(supplied)
        assert need.short == pytest.approx(max(need.requested - (need.delivered or 0) - supplied, 0), abs=1e-6)
    assert one.unkept == pytest.approx(max(300 - 10 - one.planned, 0))
