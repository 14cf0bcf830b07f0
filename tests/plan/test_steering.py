"""From a network to a plan by a rule: static shares, the weekly plan that they steer, the exact way, and no time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.network.pricing import SHARE_PARTS
from corecar.plan.arithmetic import errors_of
from corecar.plan.rules import RULES
from corecar.plan.steering import Planned, by_class, plan_network, share_floors


def scarce(seed: int) -> Network:
    return drawn_network(seed, programs=5, weeks=10, tightness=0.5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("over", ["horizon", "week"])
@pytest.mark.parametrize("exact", [False, True])
def test_every_rule_gives_a_weekly_plan_that_adds_up(rule: str, over: str, exact: bool) -> None:
    planned = plan_network(scarce(1), rule=rule, over=over, exact=exact)  # type: ignore[arg-type]
    assert planned.weekly is not None
    assert not planned.why
    assert errors_of(planned.weekly).worst < 1e-6
    assert errors_of(planned.static.plan).worst < 1e-6
    assert planned.plan.gap == 0


@pytest.mark.parametrize("seed", range(6))
def test_who_has_least_has_nearly_as_much_as_by_the_exact_way(seed: int) -> None:
    steered, exact = (plan_network(scarce(seed), exact=how).plan.fill.min() for how in (False, True))
    assert steered >= 0.85 * exact - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_shares_of_the_static_plan_help_those_who_have_least(seed: int) -> None:
    network = scarce(seed)
    fair, cheap = plan_network(network).plan, plan_network(network, rule="cost").plan
    assert fair.fill.min() >= cheap.fill.min() - 1e-6


def test_the_static_plan_is_never_poorer() -> None:
    for seed in range(6):
        planned = plan_network(scarce(seed), rule="max_min_fill")
        assert planned.static.levels[0].value >= planned.plan.fill.min() - 1e-6


def test_shares_are_floors_at_parts_of_the_whole_or_in_every_week() -> None:
    network = scarce(2)
    static = plan_network(network).static
    wanted = np.flatnonzero(network.demands.total > 0)
    whole = list(share_floors(static, network, "horizon"))
    assert len(whole) == len(wanted) * len(SHARE_PARTS)
    assert whole[len(SHARE_PARTS) - 1].least == pytest.approx(static.plan.supplied[wanted[0], 0])
    weekly = list(share_floors(static, network, "week"))
    assert len(weekly) == int((network.demands.wanted > 0).sum()) * len(SHARE_PARTS)
    assert weekly[0].least <= weekly[1].least
    assert not list(share_floors(plan_network(network, rule="cost").static, network, "horizon"))


def test_a_plan_says_how_its_rule_was_applied() -> None:
    def words(**options: object) -> str:
        return plan_network(drawn_network(1), **options).words  # type: ignore[arg-type]

    assert words() == "max_min_fill over the horizon, shares of the static plan steer the weekly one"
    assert words(rule="proportional", over="week", exact=True) == "proportional per week, settled on the weekly model"
    assert words(rule="cost") == "cost"


def test_without_time_for_the_weekly_plan_the_static_one_stands_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    network = drawn_network(1, chips=40, modules=20, programs=20, weeks=40)
    told: list[str] = []
    planned = plan_network(network, time_limit=0.15, method="interior-point", tell=told.append)
    assert planned.weekly is None
    assert "was not found in 0.15 s, so this is the static plan" in planned.why
    assert planned.plan.network.weeks == 1
    assert told[-1].startswith("weekly plan, ")


def test_a_steered_plan_names_who_stays_farthest_below_the_static_share() -> None:
    planned = plan_network(scarce(1))
    assert planned.farthest is not None
    name, there, here = planned.farthest
    row = planned.network.demands.names.index(name)
    assert (there, here) == (planned.static.plan.fill[row], planned.plan.fill[row])
    assert there - here == (planned.static.plan.fill - planned.plan.fill).max()
    for other in (plan_network(scarce(1), exact=True), plan_network(scarce(1), rule="cost")):
        assert other.farthest is None


def classed(seed: int) -> Network:
    network = drawn_network(seed, programs=6, weeks=10, tightness=0.5)
    classes = np.random.default_rng(seed).integers(1, 4, len(network.demands))
    return replace(network, demands=replace(network.demands, priority=classes))


@pytest.mark.parametrize("seed", range(12))
def test_no_class_is_served_before_one_above_it_has_all_that_it_can_have(seed: int) -> None:
    network = classed(seed)
    steered, exact = (plan_network(network, rule="priority", exact=how).plan for how in (False, True))
    lost = network.demands.late[:, -1]
    for rank in np.unique(network.demands.priority):
        members = network.demands.priority == rank
        one, other = (float(lost[members] @ plan.supplied[members].sum(axis=1)) for plan in (steered, exact))
        whole = float(lost[members] @ network.demands.total[members])
        assert one == pytest.approx(other, abs=0.01 * whole)
        if rank == network.demands.priority.min():
            assert one >= other - 1e-4 * whole


def test_classes_do_not_show_in_the_cost_and_promises_stay_dearer() -> None:
    network = replace(classed(1), floors=(Floor("agreed", "supplied", (0,), (0, 1), 1e4, 5e4),))
    planned = plan_network(network, rule="priority")
    model = weekly_model(network)
    plan = planned.plan
    own = (model.program.cost[model.places.start][model.places.start >= 0] * plan.start[model.places.start >= 0]).sum()
    own += (model.program.cost[model.places.stock] * plan.stock).sum() + (network.demands.late * plan.behind).sum()
    assert planned.cost == pytest.approx(own + 5e4 * plan.breach[0], rel=1e-6)
    steered = by_class(network)
    assert steered.floors[0].price / 5e4 >= (steered.demands.late / network.demands.late).max() * (1 - 1e-9)
    assert planned.words == "priority, a class counts 100 times the next one on the weekly model"


def test_promises_of_the_network_are_told_apart_from_shares() -> None:
    promise = Floor("agreed with car0", "supplied", (0,), (0, 1), 1e4, 5e4)
    planned: Planned = plan_network(replace(scarce(3), floors=(promise,)))
    ((floor, short),) = planned.breaches
    assert floor.clause == "agreed with car0"
    assert short == pytest.approx(1e4 - planned.plan.supplied[0, :2].sum())


def test_words_that_are_none_are_refused_with_what_may_be_meant() -> None:
    with pytest.raises(ArgumentError, match=r'rule="max_min_fil": .*Did you mean "max_min_fill"'):
        plan_network(scarce(1), rule="max_min_fil")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match='limit="most"'):
        plan_network(scarce(1), limit="most")  # type: ignore[arg-type]
