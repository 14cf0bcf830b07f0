"""Rules of sharing: the textbook case, and what each promises, on drawn networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array
from tests.plan.drawn_networks import drawn_network

from corecar import simulate_chain
from corecar.errors import ArgumentError, Cancelled, SolverError
from corecar.network.arrays import Activities, Demands, Floor, Groups, Items, Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.rules import RULES, _Runs, share_out
from corecar.program import Entries
from corecar.solve import Solver

CHECKS = Path(__file__).parents[3] / "shared" / "data" / "chain" / "checks.json"


def one_resource(wanted: list[float], able: float) -> Network:
    """Demands that share one machine, a piece of each takes one unit."""
    count = len(wanted)
    names = tuple(f"p{d}" for d in range(count))
    ones, zeros = np.ones((count, 1)), np.zeros(count)
    none, apart = np.full(count, -1), np.arange(count)
    return Network(
        first_week=0,
        weeks=1,
        items=Items(names, names, ("",) * count, zeros, 0 * ones, zeros, np.ones(count, np.bool_)),
        activities=Activities(
            names=names,
            site=("",) * count,
            output=apart,
            group=np.zeros(count, np.int64),
            use=np.ones(count),
            lead=none + 1,
            yields=ones,
            cost=0 * ones,
            most=np.inf * ones,
            starts=np.zeros(count + 1, np.int64),
            items=np.zeros(0, np.int64),
            quantities=np.zeros(0),
            share=np.ones(count),
        ),
        groups=Groups(("m",), ("s",), ("piece",), np.array([-1]), np.array([[able]]), np.array([[able]])),
        demands=Demands(
            names=names,
            product=names,
            customer=("",) * count,
            item=apart,
            wanted=np.array(wanted)[:, None],
            value=np.ones(count),
            priority=none + 2,
            late=ones,
        ),
    )


def test_water_filling_on_one_resource() -> None:
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not there")
    case = json.loads(CHECKS.read_text("utf-8"))["max_min_fair"]
    network = one_resource(case["demands"], case["capacity"])
    plan = share_out(weekly_model(network), "max_min_quantity").plan
    assert plan.supplied[:, 0] == pytest.approx(case["alloc"], abs=1e-6)


def test_equal_fill_on_one_resource() -> None:
    network = one_resource([2, 2.6, 4, 5], 10)
    for rule in ("max_min_fill", "proportional"):
        assert share_out(weekly_model(network), rule).plan.fill == pytest.approx(np.full(4, 10 / 13.6), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_no_fill_can_be_raised_without_lowering_one_that_is_not_higher(seed: int) -> None:
    """Max-min fairness by its definition, each demand tried on its own."""
    network = drawn_network(seed, programs=5)
    model = weekly_model(network)
    plan = share_out(model, "max_min_fill").plan
    for demand in np.flatnonzero(plan.fill < 1 - 1e-6).tolist():
        lower = np.flatnonzero((plan.fill <= plan.fill[demand] + 1e-6) & (network.demands.total > 0))
        lower = lower[lower != demand]
        solver = Solver(model.program)
        columns = [model.places.supplied[d][model.places.supplied[d] >= 0] for d in lower.tolist()]
        rows = np.repeat(np.arange(len(lower)), [len(each) for each in columns])
        flat = np.concatenate(columns) if columns else np.zeros(0, np.int64)
        least = plan.supplied[lower].sum(axis=1) - 1e-7
        solver.add_rows(Entries(rows, flat, np.ones(len(flat))), least, np.full(len(lower), np.inf))
        cost = np.zeros(model.places.count)
        own = model.places.supplied[demand]
        cost[own[own >= 0]] = -1.0
        solver.change_cost(np.arange(len(cost)), cost)
        best = -solver.run().objective
        assert best <= plan.supplied[demand].sum() + 1e-4


@pytest.mark.parametrize("size", ["small", "medium"])
def test_no_program_of_a_province_can_be_raised_without_lowering_a_worse_one(size: str) -> None:
    """The same on whole provinces in a shortage, by SciPy's solver and not by ours; amounts of 1 to 100,000 pieces."""
    network = network_of(simulate_chain(size)).over_the_horizon()  # type: ignore[arg-type]
    groups = replace(network.groups, actual=0.6 * network.groups.actual, maximum=0.6 * network.groups.maximum)
    model = weekly_model(replace(network, groups=groups))
    shared = share_out(model, "max_min_fill")
    fill, total, places = shared.plan.fill, network.demands.total, model.places
    assert len(shared.levels) >= 3
    assert errors_of(shared.plan).worst < 1e-6
    program = model.program
    matrix = csr_array((program.values, program.columns, program.starts), shape=program.shape)
    equal = program.row_low == program.row_high
    above = ~equal & np.isfinite(program.row_high)
    for demand in np.flatnonzero(fill < 1 - 1e-6)[:: 1 if size == "small" else 9].tolist():
        low, cost = program.low.copy(), np.zeros(program.shape[1])
        worse = np.flatnonzero((fill <= fill[demand] + 2e-5) & (np.arange(len(fill)) != demand) & (total > 0))
        low[places.supplied[worse, 0]] = fill[worse] * total[worse] * (1 - 1e-7)
        cost[places.supplied[demand, 0]] = -1.0
        best = linprog(
            cost, matrix[above], program.row_high[above], matrix[equal], program.row_high[equal],
            np.stack([low, program.high], axis=1), method="highs",
        )  # fmt: skip
        assert best.status == 0
        assert -best.fun <= (fill[demand] + 1e-4) * total[demand]


@pytest.mark.parametrize("rule", ["proportional", "max_min_fill", "max_min_quantity"])
@pytest.mark.parametrize("times", [1e-2, 1e4])
def test_shares_do_not_depend_on_what_pieces_are_counted_in(rule: str, times: float) -> None:
    network = drawn_network(5, programs=6, tightness=0.5)
    other = counted_in(network, times)
    one, many = (share_out(weekly_model(each), rule) for each in (network, other))  # type: ignore[arg-type]
    assert many.plan.fill == pytest.approx(one.plan.fill, abs=1e-5)


def counted_in(network: Network, times: float) -> Network:
    """The same network with so many pieces in place of one."""
    items, made, groups, demands = network.items, network.activities, network.groups, network.demands
    return replace(
        network,
        items=replace(items, opening=times * items.opening, arrivals=times * items.arrivals),
        activities=replace(made, most=times * made.most),
        groups=replace(groups, actual=times * groups.actual, maximum=times * groups.maximum),
        demands=replace(demands, wanted=times * demands.wanted),
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("over", ["horizon", "week"])
def test_levels_that_go_on_are_those_of_levels_that_begin_anew(
    seed: int, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = weekly_model(drawn_network(seed, programs=6, tightness=0.5))
    going = share_out(model, "max_min_fill", over=over)  # type: ignore[arg-type]
    run = _Runs.run
    monkeypatch.setattr(_Runs, "run", lambda self, *, goes_on=False: run(self))
    anew = share_out(model, "max_min_fill", over=over)  # type: ignore[arg-type]
    assert going.plan.fill == pytest.approx(anew.plan.fill, abs=1e-5)
    assert going.plan.cost == pytest.approx(anew.plan.cost, rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_later_class_takes_nothing_from_an_earlier_one(seed: int) -> None:
    network = drawn_network(seed, programs=5)
    first = network.demands.priority == network.demands.priority.min()
    alone = replace(network, demands=replace(network.demands, wanted=network.demands.wanted * first[:, None]))

    def lost(plan: object) -> float:
        return float((network.demands.late * plan.behind)[first].sum())  # type: ignore[attr-defined]

    ranked = share_out(weekly_model(network), "priority").plan
    assert lost(ranked) == pytest.approx(lost(share_out(weekly_model(alone), "priority").plan), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("over", ["horizon", "week"])
def test_every_rule_gives_a_plan_that_adds_up(rule: str, over: str) -> None:
    network = drawn_network(1, weeks=6)
    shared = share_out(weekly_model(network), rule, over=over)  # type: ignore[arg-type]
    assert errors_of(shared.plan).worst < 1e-6
    assert shared.plan.cost >= share_out(weekly_model(network), "cost").plan.cost - 1e-6


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_a_promise_comes_before_every_rule(seed: int, rule: str) -> None:
    network = drawn_network(seed, tightness=0.5)
    weeks = tuple(range(network.weeks))
    wanted = float(network.demands.total[0])
    floors = (Floor("agreed", "supplied", (0,), weeks, wanted, 1e5), Floor("duty", "stock", (0,), (3,), 4.0, 1e5))
    model = weekly_model(replace(network, floors=floors))
    least = share_out(model, "cost").plan.breach.sum()
    assert share_out(model, rule).plan.breach.sum() == pytest.approx(least, abs=1e-4)  # type: ignore[arg-type]


def test_the_lowest_fill_is_never_below_that_of_the_cheapest_plan() -> None:
    for seed in range(6):
        model = weekly_model(drawn_network(seed, tightness=0.5))
        fair, cheap = (share_out(model, rule).plan.fill.min() for rule in ("max_min_fill", "cost"))
        assert fair >= cheap - 1e-7


def test_week_by_week_an_early_week_is_settled_first() -> None:
    network = drawn_network(7, weeks=6, tightness=0.5)
    model = weekly_model(network)
    weekly, whole = (share_out(model, "max_min_fill", over=over).plan for over in ("week", "horizon"))
    wanted = network.demands.wanted.cumsum(axis=1)
    week = int(np.argmax((wanted > 0).all(axis=0)))
    fill = [(plan.supplied.cumsum(axis=1)[:, week] / wanted[:, week]).min() for plan in (weekly, whole)]
    assert fill[0] >= fill[1] - 1e-6


def test_levels_rise_and_name_each_demand_once() -> None:
    shared = share_out(weekly_model(drawn_network(3, programs=6)), "max_min_fill")
    values = [level.value for level in shared.levels]
    assert values == sorted(values) or np.all(np.diff(values) > -1e-7)
    named = [demand for level in shared.levels for demand in level.settled]
    assert sorted(named) == sorted(set(named))


def test_a_rule_that_is_none_and_a_plan_without_time_are_refused() -> None:
    model = weekly_model(drawn_network(1))
    with pytest.raises(ArgumentError, match='no rule "fairly"'):
        share_out(model, "fairly")  # type: ignore[arg-type]
    with pytest.raises(SolverError, match="not finished in its time"):
        share_out(model, "max_min_fill", time_limit=0)
    with pytest.raises(Cancelled):
        share_out(model, "max_min_fill", stop=lambda: True)


@pytest.mark.parametrize("rule", ["proportional", "max_min_fill", "max_min_quantity"])
def test_where_there_is_enough_the_cheapest_plan_is_fair_and_one_level_says_so(rule: str) -> None:
    model = weekly_model(drawn_network(1, tightness=50, weeks=12))
    whole = weekly_model(model.network.over_the_horizon())
    shared, cheap = share_out(whole, rule), share_out(whole, "cost")  # type: ignore[arg-type]
    assert cheap.plan.short.max() < 1e-6
    assert shared.plan.cost == cheap.plan.cost
    (level,) = shared.levels
    total = whole.network.demands.total
    assert level.value == pytest.approx(total.max() if rule == "max_min_quantity" else 1.0)
    assert level.settled == tuple(np.flatnonzero(total > 0).tolist())
