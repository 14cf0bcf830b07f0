"""The first-order method: plan and bound around the optimum, whatever the network; the same bits on any threads."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite.binding import get_host_cpu_features
from tests.plan.drawn_networks import drawn_network

from corecar.compiled import Kernel
from corecar.network.arrays import Floor, Network
from corecar.network.model import Model, weekly_model
from corecar.plan import halpern
from corecar.plan.arithmetic import errors_of
from corecar.plan.bound import proved
from corecar.plan.certificate import certified, table_of
from corecar.plan.first_order import make_ready, plan_by_prices
from corecar.plan.one_piece import one_piece
from corecar.plan.plans import Plan, Step
from corecar.plan.scaled import prices_at, scaled_of, starts_of
from corecar.plan.search import Search
from corecar.plan.solving import solve
from corecar.plan.structure import structure_of

LONG = 600.0
ROOT = Path(__file__).resolve().parents[2]


def promising(network: Network) -> Network:
    """The network with promises of all three kinds."""
    weeks = network.weeks
    floors = (
        Floor("agreed volume", "supplied", (0, 1), tuple(range(weeks)), 0.9 * float(network.demands.total[0]), 1e4),
        Floor("frozen week", "started", (0, 3), (weeks // 2,), 3.0, 1e4),
        Floor("safety stock", "stock", (0, 5), (0,), 5.0, 1e4),
    )
    return replace(network, floors=floors)


def run(model: Model, steps: int, gap: float = 0.0, start: Plan | None = None) -> Plan:
    """So many steps at most."""
    return plan_by_prices(model, gap=gap, time_limit=LONG, most_steps=steps, start=start)


@pytest.mark.parametrize("seed", range(8))
def test_plan_and_bound_close_in_on_the_optimum(seed: int) -> None:
    network = drawn_network(seed, tightness=0.3 + 0.1 * seed)
    for each in (network, promising(network)):
        model = weekly_model(each)
        best, plan = solve(model, method="simplex").cost, run(model, 10_000, gap=0.004)
        assert plan.bound <= best * (1 + 1e-9)
        assert best <= plan.cost * (1 + 1e-9)
        assert plan.gap <= 0.01


@pytest.mark.parametrize(("seed", "tightness"), [(1, 0.4), (5, 0.3)])
def test_a_shortage_that_adds_up_over_many_weeks_closes_in_too(seed: int, tightness: float) -> None:
    """Pieces worth a thousand times what a start costs, behind for most of forty weeks."""
    network = drawn_network(seed, chips=12, modules=6, programs=6, weeks=40, tightness=tightness)
    dear = replace(network, demands=replace(network.demands, late=1e3 * network.demands.late))
    assert run(weekly_model(dear), 2000).gap < 0.1


def test_prices_are_held_where_the_bound_has_come_to_rest_and_let_go_where_the_plan_has() -> None:
    search = Search(weekly_model(drawn_network(1)))
    search.point.state[halpern.OMEGA] = 1e-3

    def told(done: int, cost: float, bound: float) -> float | None:
        """The weight that prices are held with after a look."""
        search.done = done
        search.history.append(Step(0.0, done, cost, bound))
        search.turn()
        return None if search.held is None else float(search.held.state[halpern.OMEGA])

    assert told(1000, 100.0, 80.0) is None
    assert told(1500, 100.0, 90.0) is None, "the bound still rises"
    search.point.state[halpern.OMEGA] = 0.5
    assert told(2000, 100.0, 90.2) is None, "the weight is no small one"
    search.point.state[halpern.OMEGA] = 1e-3
    assert told(2500, 100.0, 90.4) == 10.0
    assert told(2750, 100.0, 90.4) == 10.0, "too soon to judge"
    assert told(3250, 96.0, 91.0) == 10.0, "the gap nearly halved"
    assert told(4000, 96.0, 91.0) is None, "it was of use, so the bound is next"
    assert search.point.state[halpern.OMEGA] == 1e-3, "and the method goes on where it was"
    assert told(4500, 96.0, 91.1) == 10.0
    assert told(6000, 96.0, 91.1) == 3.0, "it was of no use, so a small weight is tried"
    assert told(7000, 96.0, 91.1) == 3.0, "which takes its time"
    assert told(9000, 96.0, 91.1) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_can_only_be_0_makes_no_step_shorter(seed: int) -> None:
    """Stock of what cannot lie: no step moves it, so the steps of the others need not give it room."""
    assert Search(weekly_model(drawn_network(seed))).eta > 0.5


@given(st.integers(0, 100_000), st.sampled_from([0.0, 0.05, 0.5, 4.0]), st.integers(1, 15), st.booleans())
@settings(max_examples=40, deadline=None)
def test_whatever_the_network_the_matrix_confirms_plan_and_bound(
    seed: int, tightness: float, weeks: int, floors: bool
) -> None:
    network = drawn_network(seed, tightness=tightness, weeks=weeks)
    model = weekly_model(promising(network) if floors else network)
    plan = run(model, 500)
    assert plan.prices is not None
    certified(table_of(model.network), plan, replace(proved(model.network, plan.prices)))
    best = solve(model).cost
    assert plan.bound - 1e-6 <= best * (1 + 1e-9)
    assert best * (1 - 1e-9) <= plan.cost + 1e-6
    assert errors_of(plan).worst < 1e-11


@pytest.mark.parametrize("what", ["no demand", "no capacity", "long lead times", "nothing lies there", "surplus"])
def test_odd_networks_have_a_plan_and_a_bound(what: str) -> None:
    network = drawn_network(6)
    made, groups, items, demands = network.activities, network.groups, network.items, network.demands
    odd = {
        "no demand": replace(network, demands=replace(demands, wanted=np.zeros_like(demands.wanted))),
        "no capacity": replace(network, groups=replace(groups, actual=0 * groups.actual, maximum=0 * groups.maximum)),
        "long lead times": replace(network, activities=replace(made, lead=made.lead + 20)),
        "nothing lies there": replace(
            network, items=replace(items, opening=0 * items.opening, arrivals=0 * items.arrivals)
        ),
        "surplus": replace(network, groups=replace(groups, maximum=1e6 * (1 + groups.maximum))),
    }[what]
    model = weekly_model(odd)
    best, plan = solve(model).cost, run(model, 5000, gap=0.005)
    assert plan.bound - 1e-6 <= best <= plan.cost + 1e-6
    assert plan.gap <= 0.02 or plan.cost - plan.bound < 1e-6


def test_the_same_bits_on_one_thread_and_on_two() -> None:
    model = weekly_model(promising(drawn_network(3, chips=12, modules=6, programs=6, weeks=20)))
    plans = [plan_by_prices(model, gap=0.0, time_limit=LONG, most_steps=500, threads=threads) for threads in (1, 2)]
    one, two = plans
    assert (one.start == two.start).all()
    assert (one.cost, one.bound) == (two.cost, two.bound)
    assert one.prices is not None
    assert two.prices is not None
    assert (one.prices.item == two.prices.item).all()


def test_the_same_bits_by_machine_code_for_another_processor() -> None:
    """A narrower vector unit, compiled elsewhere: sums are taken in one order, not in what suits the unit."""
    features = get_host_cpu_features()
    if not (features.get("avx2") and features.get("fma")):
        pytest.skip("machine code for an x86 processor of 2013 does not run here")
    digest = "from tests.plan.test_first_order import digest_of_some_steps as it; print(it())"
    other = subprocess.run(
        [sys.executable, "-c", digest], capture_output=True, text=True, check=True, cwd=ROOT,
        env=os.environ | {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"},
    )  # fmt: skip
    assert other.stdout.strip() == digest_of_some_steps()


def digest_of_some_steps() -> str:
    search = Search(weekly_model(drawn_network(3, weeks=30)))
    search.go(100, lambda: False)
    return hashlib.sha256(search.point.x.tobytes() + search.point.y.tobytes()).hexdigest()


def test_a_plan_and_its_prices_are_a_start() -> None:
    """After a change of a few percent the old point is nearer than nothing is after many more steps."""
    network = drawn_network(4, chips=8, modules=5, programs=5, weeks=16, tightness=0.5)
    first = run(weekly_model(network), 15_000, gap=0.002)
    random = np.random.default_rng(1)
    wanted = network.demands.wanted * random.uniform(0.95, 1.05, network.demands.wanted.shape)
    moved = weekly_model(replace(network, demands=replace(network.demands, wanted=wanted)))
    warm, cold = run(moved, 250, start=first), run(moved, 250)
    assert warm.gap < 0.5 * cold.gap
    assert warm.gap < 0.1
    other = weekly_model(drawn_network(4, weeks=5))
    assert run(other, 250, start=first).cost == run(other, 250).cost


def test_it_tells_how_it_goes_and_stops_with_the_best_so_far() -> None:
    model = weekly_model(drawn_network(2, chips=8, modules=5, programs=5, weeks=16))
    told: list[Step] = []
    plan = solve(model, method="first-order", gap=0.0, watch=told.append, stop=lambda: len(told) > 3)
    assert [step.iterations for step in told] == [0, 250, 500, 750, 750]
    assert tuple(told) == plan.history
    assert all(late.cost <= soon.cost and late.bound >= soon.bound for soon, late in pairwise(told))
    assert (plan.cost, plan.bound, plan.gap) == (told[-1].cost, told[-1].bound, told[-1].gap)


def test_a_point_goes_to_pieces_and_money_and_back() -> None:
    network = promising(drawn_network(7))
    model = weekly_model(network)
    best = solve(model, method="simplex")
    search, scaled = Search(model), scaled_of(model, structure_of(network))
    search.begin_from(best)
    starts, supplied = starts_of(scaled, search.point.x)
    assert starts == pytest.approx(best.start, rel=1e-5, abs=1e-4)
    assert supplied == pytest.approx(best.supplied, rel=1e-5, abs=1e-4)
    prices = prices_at(scaled, search.point.y, search.point.floors)
    assert best.prices is not None
    assert prices.item == pytest.approx(best.prices.item, rel=1e-5, abs=1e-4)
    assert search.look().gap < 1e-4


@given(st.integers(0, 100_000), st.floats(1.0, 3.0), st.booleans())
@settings(max_examples=25, deadline=None)
def test_with_more_capacity_no_bound_lies_above_what_the_old_plan_costs(seed: int, more: float, floors: bool) -> None:
    """The old plan can still be carried out."""
    network = drawn_network(seed, tightness=0.5)
    network = promising(network) if floors else network
    wider = replace(network, groups=replace(network.groups, maximum=more * network.groups.maximum))
    old, new = run(weekly_model(network), 500), run(weekly_model(wider), 500)
    assert new.prices is not None
    proof = proved(wider, new.prices)
    assert proof.bound <= old.cost * (1 + 1e-9) + 1e-6
    certified(table_of(wider), old, proof)


@pytest.mark.parametrize("seed", range(5))
def test_money_in_another_unit_changes_no_start(seed: int) -> None:
    """All costs 1,024 times as high, which single precision multiplies exactly."""
    network = drawn_network(seed, tightness=0.6)
    made, items, demands = network.activities, network.items, network.demands
    dear = replace(
        network,
        activities=replace(made, cost=1024 * made.cost),
        items=replace(items, holding=1024 * items.holding),
        demands=replace(demands, late=1024 * demands.late),
    )
    one, other = run(weekly_model(network), 1000), run(weekly_model(dear), 1000)
    assert (one.start == other.start).all()
    assert other.cost == pytest.approx(1024 * one.cost, rel=1e-12)
    assert other.bound == pytest.approx(1024 * one.bound, rel=1e-9)


def test_machine_code_is_there_before_the_clock_starts() -> None:
    """One version of each kernel serves the least network and any other, so no plan waits for another."""
    make_ready()
    kernels = [kernel for kernel in (halpern.advance, halpern.stretched) if isinstance(kernel, Kernel)]
    assert [len(kernel.made.signatures) for kernel in kernels] == [1, 1]
    run(weekly_model(promising(drawn_network(1))), 250)
    assert [len(kernel.made.signatures) for kernel in kernels] == [1, 1]


def test_the_least_network_is_planned_to_the_piece() -> None:
    model = weekly_model(one_piece())
    best, plan = solve(model, method="simplex"), run(model, 2000, gap=1e-4)
    assert best.supplied.tolist() == [[0.0, 1.0]]
    assert best.cost == pytest.approx(1.0)
    assert plan.bound <= best.cost * (1 + 1e-9) <= plan.cost * (1 + 2e-9)
    assert plan.gap <= 1e-4
