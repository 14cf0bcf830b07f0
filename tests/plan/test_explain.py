"""Why a demand is short: reasons on networks a hand can work out, prices and ranges by solving again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import a_chain, week
from tests.plan.drawn_networks import drawn_network
from tests.plan.test_rules import one_resource

from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.blocking import blocking_points
from corecar.plan.explain import Explanation, explain, weeks_told
from corecar.plan.plans import Plan
from corecar.plan.rules import share_out


def planned(network: Network, rule: str = "cost") -> Plan:
    return share_out(weekly_model(network), rule).plan  # type: ignore[arg-type]


def reasons(answer: Explanation) -> set[tuple[str, str]]:
    return {(cause.reason, cause.name) for step in answer.steps for cause in step.causes}


def test_one_machine_that_two_share() -> None:
    network = one_resource([4, 8], 6)
    answer = explain(planned(network, "max_min_fill"), "p1", 0)
    assert (answer.short, answer.spare, answer.first) == pytest.approx((4, 0, 2), abs=1e-5)
    assert reasons(answer) == {("full", "m")}
    (point,) = answer.points
    assert (point.name, point.amount) == ("m", 6)
    assert (point.more, point.less, point.reach) == pytest.approx((1, 1, 4), abs=1e-4)
    assert not point.degenerate
    assert answer.sentences[0] == "p1 is 4 short in 1970-W01, of 8 wanted up to then."
    assert "Served before all others it would be 2 short" in str(answer)
    least = explain(planned(one_resource([4, 8], 8), "max_min_fill"), "p1", 0)
    assert "Served before all others it would not be short" in str(least)
    assert "one piece more of it gives 1 of p1, up to 4 more" in str(answer)


def test_a_price_that_is_another_on_either_side_is_said() -> None:
    """Two machines in series, both full: more of one alone gives nothing, less of either loses."""
    network = one_resource([8], 6)
    groups = replace(
        network.groups, names=("m", "hall"), site=("s", "s"), unit=("piece",) * 2, part_of=np.array([1, -1]),
        actual=np.full((2, 1), 6.0), maximum=np.full((2, 1), 6.0),
    )  # fmt: skip
    answer = explain(planned(replace(network, groups=groups)), "p0", 0)
    assert answer.points
    for point in answer.points:
        assert (point.more, point.less, point.reach) == pytest.approx((0, 1, 0), abs=1e-6)
        assert point.degenerate
    assert "more of it alone gives nothing, one piece less of it would lose 1. Something else blocks" in str(answer)


def test_the_range_ends_where_the_next_machine_is_full() -> None:
    network = one_resource([8], 5)
    groups = replace(
        network.groups, names=("m", "hall"), site=("s", "s"), unit=("piece",) * 2, part_of=np.array([1, -1]),
        actual=np.array([[5.0], [6.5]]), maximum=np.array([[5.0], [6.5]]),
    )  # fmt: skip
    (point,) = explain(planned(replace(network, groups=groups)), "p0", 0).points
    assert point.name == "m"
    assert [point.more, point.reach, point.useful, point.best] == pytest.approx([1, 1.5, 1.5, 1.5], rel=1e-3)


def test_what_could_come_and_does_not_pay_is_said() -> None:
    network = one_resource([8], 10)
    made = replace(network.activities, cost=np.full((1, 1), 5.0))
    answer = explain(planned(replace(network, activities=made)), "p0", 0)
    assert [answer.short, answer.spare] == pytest.approx([8, 8])
    assert answer.steps == ()
    assert "8 of them could come without taking from anybody" in str(answer)


def test_a_chain_is_walked_upstream_to_stock_time_and_capacity() -> None:
    chain = a_chain()
    plan = planned(network_of(chain))
    answer = explain(plan, "CAR", week(0))
    assert answer.short == pytest.approx(50)
    items = [step.item for step in answer.steps]
    assert items[:3] == ["CAR", "ECU", "ECU position 10"]
    assert ("too late", "R2") in reasons(answer)
    assert ("share", "ECU 10 MCU-B") in reasons(answer)
    assert "CAR waits for ECU." in answer.sentences
    assert "it would have to be started before the plan begins, 2027-W05" in str(answer)


def short_chain(**changed: object) -> Network:
    """The chain with more demand than test can do, and no alternate."""
    rows = a_chain().bills.to_pylist()
    demand = [{"product": "CAR", "week": week(number), "quantity": 400.0} for number in range(6)]
    return network_of(a_chain(bills=[rows[1 if rows[1]["child"] == "MCU" else 0], rows[2]], demand=demand, **changed))  # type: ignore[arg-type]


def test_a_full_group_of_a_chain_is_priced_in_cars() -> None:
    """A car takes two chips: the fab gives 100 x 0.9 good dies a wafer, test 0.95 of them."""
    capacity = [row | ({"actual": 4e3} if row["group"] == "PACK" else {}) for row in a_chain().capacity.to_pylist()]
    capacity = [row | ({"maximum": 60.0} if row["group"] == "TEST" else {}) for row in capacity]
    answer = explain(planned(short_chain(capacity=capacity)), "CAR", week(5))
    assert ("full", "FAB") in reasons(answer)
    point = next(point for point in answer.points if point.name == "FAB")
    assert point.more == pytest.approx(100 * 0.9 * 0.95 / 2, rel=1e-4)
    assert point.unit == "wafer"
    assert point.reach > 0


def test_a_closed_route_a_most_and_a_missing_route_are_named() -> None:
    routes = a_chain().routes.to_pylist()
    closed = explain(
        planned(short_chain(routes=[routes[0], routes[1] | {"valid_from": date(2027, 2, 22)}, routes[2]])),
        "CAR",
        week(3),
    )
    assert ("closed", "R2") in reasons(closed)
    most = explain(planned(short_chain(routes=[routes[0] | {"most_per_week": 10.0}, *routes[1:]])), "CAR", week(5))
    assert ("most per week", "R1") in reasons(most)
    point = next(point for point in most.points if point.kind == "most per week")
    assert point.more == pytest.approx(0.9 * 0.95 / 2, rel=1e-4)
    bills = a_chain().bills.to_pylist()
    only = network_of(a_chain(bills=[bills[0] | {"child": "MCU-B"}, bills[2]]))
    none = explain(planned(only), "CAR", week(5))
    assert ("no route", "MCU-B") in reasons(none)
    (point,) = none.points
    assert (point.kind, point.name) == ("stock", "MCU-B")
    assert point.more == pytest.approx(0.5)
    assert point.reach == pytest.approx(2 * none.short)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_every_scarce_item_has_a_reason_and_every_price_is_what_solving_again_gives(seed: int, rule: str) -> None:
    network = drawn_network(seed, tightness=0.5)
    plan = planned(network, rule)
    demand, place = np.unravel_index(int(np.argmax(plan.behind)), plan.behind.shape)
    answer = explain(plan, network.demands.names[demand], int(place))
    assert answer.short == pytest.approx(plan.behind[demand, place])
    assert 0 <= answer.first <= answer.short - answer.spare + 1e-5
    if answer.short - answer.spare > 1e-4:
        assert answer.steps
        for step in answer.steps:
            assert step.causes or step.parts, step.item
    for point in answer.points:
        assert point.more >= 0
        assert np.isnan(point.less) or point.more <= point.less + 1e-5
        assert point.more - 1e-5 <= point.dual
        assert np.isnan(point.less) or point.dual <= point.less + 1e-5
        assert point.gain <= point.best + 1e-4
        assert point.best <= answer.short - answer.spare + 1e-4
        assert not point.more or point.best / point.more <= point.useful * (1 + 1e-9)
    gains = [point.gain for point in answer.points]
    assert gains == sorted(gains, reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_blocking_points_of_a_plan_are_what_a_widened_network_saves(seed: int) -> None:
    network = drawn_network(seed, tightness=0.5)
    base = planned(network).cost
    for point in blocking_points(network, most=4):
        if point.kind != "capacity":
            continue
        group, weeks = network.groups.names.index(point.name), list(point.weeks)
        for units, close in ((0.01 * point.amount, 1e-3), (point.reach, 0.06)):
            maximum = network.groups.maximum.copy()
            maximum[group, weeks] *= 1 + units / point.amount
            wide = replace(network, groups=replace(network.groups, maximum=maximum))
            assert base - planned(wide).cost == pytest.approx(point.more * units, rel=close, abs=1e-4)


def test_what_is_not_short_and_what_is_not_there() -> None:
    network = one_resource([4, 8], 20)
    plan = planned(network)
    assert str(explain(plan, "p0", 0)) == "p0 is not short in 1970-W01: all 4 wanted up to then have come."
    with pytest.raises(ArgumentError, match='no demand "p9"'):
        explain(plan, "p9", 0)
    with pytest.raises(ArgumentError, match="outside of the plan"):
        explain(plan, "p0", date(2027, 2, 1))
    with pytest.raises(ArgumentError, match="at least one"):
        blocking_points(network, most=0)
    assert blocking_points(network) == ()


def test_weeks_are_told_in_runs() -> None:
    network = drawn_network(1)
    assert weeks_told(network, [0, 1, 2, 4]) == "2027-W01..2027-W03 and 2027-W05"
    assert weeks_told(network, [3]) == "2027-W04"
    wide = drawn_network(1, weeks=12)
    assert weeks_told(wide, [0, 2, 4, 6, 8, 9]) == "6 weeks from 2027-W01 to 2027-W10"


def test_more_than_the_first_price_holds_for_still_helps_less() -> None:
    """A hall of 4 makes p0 at 1 unit a piece, at most 6 of them, and beyond that at 2: 12 pieces take 18 units."""
    network = one_resource([12], 4)
    made = network.activities
    two = {
        name: np.append(getattr(made, name), getattr(made, name), axis=0)
        for name in ("output", "group", "lead", "yields", "cost", "share")
    }
    made = replace(
        made, names=("quick", "slow"), site=("", ""), **two, use=np.array([1.0, 2.0]), most=np.array([[6.0], [np.inf]]),
        starts=np.zeros(3, np.int64),
    )  # fmt: skip
    answer = explain(planned(replace(network, activities=made)), "p0", 0)
    (point,) = answer.points
    assert [point.more, point.best] == pytest.approx([1, 8])
    assert 2 - 1e-6 <= point.reach <= 2 / 0.9
    assert 14 <= point.useful <= 28
    assert "up to 2.1" in str(answer)
    assert "and all of 8 with about 16" in str(answer)
