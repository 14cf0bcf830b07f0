"""Scenarios side by side, and remedies: every number is that of a plan made again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import a_chain, week
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError, Cancelled
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.changes import applied
from corecar.plan.compare import by_rule, compared, on_time, summary_of
from corecar.plan.explain import explain
from corecar.plan.plans import Plan
from corecar.plan.remedies import remedies
from corecar.plan.rules import share_out
from corecar.plan.scenarios import change_of, scenario_of

MORE = scenario_of("more", "demand car0 +50%")
WIDE = scenario_of(
    "wide", "capacity group0 +50%", "capacity group1 +50%", "capacity group2 +50%", "capacity group3 +50%"
)
SAME = scenario_of("same")


def planned(network: object, rule: str = "cost") -> Plan:
    return share_out(weekly_model(network), rule).plan  # type: ignore[arg-type]


def test_a_scenario_that_changes_nothing_differs_in_nothing() -> None:
    found = compared(drawn_network(1), [SAME])
    (same,) = found.differences
    assert (same.pieces, same.value, same.cost, same.fill, same.loads) == (0, 0, 0, {}, {})
    assert (same.begun, same.ended, same.customers, same.sites) == ((), (), (), ())
    assert found.summaries[0].fill == found.summaries[1].fill
    assert [summary.name for summary in found.summaries] == ["as it is", "same"]


@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_the_figures_are_those_of_plans_made_apart(rule: str) -> None:
    network = drawn_network(2, tightness=0.5)
    found = compared(network, [MORE, WIDE], planner=by_rule(rule))  # type: ignore[arg-type]
    for scenario, difference, summary in zip([MORE, WIDE], found.differences, found.summaries[1:], strict=True):
        before, after = planned(network, rule), planned(applied(scenario.changes, network), rule)
        assert summary.pieces == pytest.approx(after.supplied.sum())
        assert difference.pieces == pytest.approx(after.supplied.sum() - before.supplied.sum(), abs=1e-6)
        assert difference.cost == pytest.approx(after.cost - before.cost)
        assert difference.changes == tuple(str(change) for change in scenario.changes)
        for name, (one, other) in difference.fill.items():
            row = network.demands.names.index(name)
            assert [one, other] == pytest.approx([before.fill[row], after.fill[row]])
    assert found.differences[1].on_time > 0
    assert found.differences[1].cost < 0
    assert found.differences[1].sites


def test_a_scenario_says_whom_it_touches() -> None:
    rows = [
        {"product": "CAR", "customer": who, "week": week(n), "quantity": 60.0} for who in ("A", "B") for n in range(6)
    ]
    chain = a_chain(demand=rows)
    network = network_of(chain)
    found = compared(
        network, [scenario_of("stop", "site P down 2027-W05..W09"), scenario_of("hold", "lot L2 held")], chain=chain
    )
    stop, hold = found.differences
    assert stop.pieces < 0
    assert set(stop.customers) <= {"A", "B"}
    assert stop.customers
    assert "P" in stop.sites
    assert hold.changes == ("lot L2 held",)
    assert found.plans[2].network.items.arrivals.sum() == pytest.approx(180)
    with pytest.raises(ArgumentError, match='scenario "hold": lot L2 held: lots stand in the chain'):
        compared(network, [scenario_of("hold", "lot L2 held")])


def test_a_wrong_name_in_the_last_scenario_is_told_before_anything_is_planned() -> None:
    planned: list[Any] = []
    with pytest.raises(ArgumentError, match='scenario "hold"'):
        compared(drawn_network(1), [SAME, scenario_of("hold", "lot L2 held")], planner=planned.append)  # type: ignore[arg-type]
    assert planned == []


def test_on_time_counts_the_oldest_first() -> None:
    network = drawn_network(3, programs=1, tightness=0.5)
    plan = planned(network)
    served, asked, late = plan.supplied[0].cumsum(), network.demands.wanted[0].cumsum(), 0.0
    for number, wanted in enumerate(network.demands.wanted[0]):
        late += wanted - min(max(served[number] - (asked[number] - wanted), 0.0), wanted)
    assert on_time(plan) == pytest.approx(1 - late / asked[-1])
    assert 0 < on_time(plan) < 1


def test_a_group_that_can_do_nothing_is_not_full() -> None:
    network = drawn_network(1)
    groups = replace(network.groups, maximum=0 * network.groups.maximum, actual=0 * network.groups.actual)
    summary = summary_of(planned(replace(network, groups=groups)))
    assert summary.full == 0
    assert set(summary.fullest.values()) == {0.0}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_every_remedy_gains_what_planning_again_shows(seed: int, rule: str) -> None:
    network = drawn_network(seed, tightness=0.5)
    plan = planned(network, rule)
    demand, place = np.unravel_index(int(np.argmax(plan.behind)), plan.behind.shape)
    answer = explain(plan, network.demands.names[demand], int(place))
    found = remedies(plan, answer, planner=by_rule(rule), most=5)  # type: ignore[arg-type]
    assert found
    assert [each.gained for each in found] == sorted((each.gained for each in found), reverse=True)
    best = found[0]
    after = planned(applied([best.change], network), rule)
    assert best.gained == pytest.approx(plan.behind[demand, place] - after.behind[demand, place])
    assert best.could > 0
    assert best.could <= answer.short - answer.spare + 1e-5
    assert best.pieces == pytest.approx(after.supplied.sum() - plan.supplied.sum(), abs=1e-6)
    assert change_of(str(best.change)) == best.change


def test_remedies_of_a_chain_name_what_was_left_out() -> None:
    rows = a_chain().bills.to_pylist()
    bills = [rows[0], rows[2]]
    routes = a_chain().routes.to_pylist()
    routes.append(routes[1] | {"route": "R2B", "site": "Q", "group": None, "ppap": "rejected"})
    demand = [{"product": "CAR", "week": week(number), "quantity": 400.0} for number in range(6)]
    chain = a_chain(bills=bills, routes=routes, demand=demand)
    plan = planned(network_of(chain))
    answer = explain(plan, "CAR", week(5))
    found = remedies(plan, answer, chain=chain, unit_cost={"PACK": 2.0})
    said = {str(remedy.change): remedy for remedy in found}
    assert said["route R2B open from 2027-W05"].why == "left out: its production part approval is rejected"
    assert said["lot L3 released"].gained == pytest.approx(70 * 0.95 / 2)
    pack = next(remedy for name, remedy in said.items() if name.startswith("capacity PACK +"))
    assert pack.cost == pytest.approx(2 * pack.extra)
    assert any(name.startswith("stock ") for name in said)
    assert str(pack).endswith("; PACK is full")


def test_a_program_that_is_not_short_needs_no_remedy_and_another_plans_answer_is_refused() -> None:
    network = drawn_network(1, tightness=50.0)
    network = replace(network, activities=replace(network.activities, lead=0 * network.activities.lead))
    plan = planned(network)
    answer = explain(plan, "car0", 7)
    if not answer.short:
        assert remedies(plan, answer) == ()
    with pytest.raises(ArgumentError, match="of another plan"):
        remedies(planned(drawn_network(2)), answer)


def test_a_comparison_and_a_search_can_be_stopped() -> None:
    network = drawn_network(3, tightness=0.5)
    plan = planned(network)
    demand, place = np.unravel_index(int(np.argmax(plan.behind)), plan.behind.shape)
    answer = explain(plan, network.demands.names[demand], int(place))
    with pytest.raises(Cancelled, match="search for remedies"):
        remedies(plan, answer, stop=lambda: True)
    with pytest.raises(Cancelled, match='before scenario "more"'):
        compared(network, [MORE], stop=lambda: True)
