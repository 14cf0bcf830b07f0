"""Floors that share running sums: fewer entries, the optimum, breaches and prices of floors that are written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, lil_array, vstack
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.network.tallies import tallies
from corecar.plan.arithmetic import errors_of
from corecar.plan.solving import solve
from corecar.program import Program
from corecar.solve import Solver

WEEKS = 10


def promised(seed: int, *, pressing: float = 1.0) -> Network:
    """Promises that add up week by week on supply, starts and stock; some begin later, one has a gap, one is alone."""
    network = drawn_network(seed, programs=5, weeks=WEEKS, tightness=0.4 + 0.1 * (seed % 6))
    draw = np.random.default_rng(seed)
    supplied = tuple(range(3))
    started = tuple(range(0, len(network.activities), 2))
    stocked = tuple(np.flatnonzero(network.items.kept)[:3].tolist())
    floors = [
        Floor(f"{kind} {begin} to {end}", kind, rows, tuple(range(begin, end + 1)),
              pressing * float(draw.uniform(2, 12)) * (end + 1 - begin), float(draw.uniform(5e3, 2e4)))
        for kind, rows, begins in (("supplied", supplied, (0, 3)), ("started", started, (1,)), ("stock", stocked, (0,)))
        for begin in begins
        for end in range(begin, WEEKS)
    ]  # fmt: skip
    floors.append(Floor("gap", "supplied", supplied, (0, 2, 5), pressing * 30.0, 1e4))
    floors.append(Floor("alone", "started", (0,), (1, 2), pressing * 9.0, 1e4))
    return replace(network, floors=tuple(floors))


def written_out(network: Network) -> tuple[float, np.ndarray]:
    """The optimum by SciPy of the model with every floor written out by hand, and the prices of the floors."""
    plain = weekly_model(replace(network, floors=()))
    program, places, count = plain.program, plain.places, len(network.floors)
    own = program.shape[1]
    rows = lil_array((count, own + count))
    where = {"supplied": places.supplied, "started": places.start, "stock": places.stock}
    for number, floor in enumerate(network.floors):
        rows[number, own + number] = 1.0
        for row in floor.rows:
            for week in floor.weeks:
                if (column := where[floor.kind][row, week]) >= 0:
                    rows[number, column] += 1.0
    matrix = csr_array((program.values, program.columns, program.starts), shape=program.shape)
    matrix.resize((program.shape[0], own + count))
    equal = program.row_low == program.row_high
    found = linprog(
        np.append(program.cost, [floor.price for floor in network.floors]),
        A_ub=vstack([matrix[~equal], -csr_array(rows)]),
        b_ub=np.append(program.row_high[~equal], [-floor.least for floor in network.floors]),
        A_eq=matrix[equal],
        b_eq=program.row_high[equal],
        bounds=[*zip(program.low, program.high, strict=True), *[(0, None)] * count],
        method="highs",
    )
    assert found.status == 0, found.message
    return float(found.fun), -np.asarray(found.ineqlin.marginals[-count:])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("static", [False, True])
def test_the_optimum_is_that_of_floors_written_out(seed: int, static: bool) -> None:
    network = promised(seed, pressing=1.0 + 3 * (seed % 2))
    network = network.over_the_horizon() if static else network
    model = weekly_model(network)
    assert model.rows["tally"].stop > model.rows["tally"].start
    plan = solve(model)
    cost, _ = written_out(network)
    assert plan.cost == pytest.approx(cost, rel=1e-7)
    assert errors_of(plan).worst < 1e-6
    counted = {"supplied": plan.supplied, "started": plan.start, "stock": plan.stock}
    for floor, short in zip(network.floors, plan.breach, strict=True):
        come = counted[floor.kind][np.ix_(floor.rows, floor.weeks)].sum()
        assert short == pytest.approx(max(floor.least - come, 0.0), abs=1e-5)


def test_the_price_of_a_floor_is_what_one_more_promised_piece_costs() -> None:
    network = promised(3, pressing=4.0)
    model = weekly_model(network)
    prices = Solver(model.program).run().prices[model.rows["floor"]]
    assert prices.max() > 0
    assert network.floors[0].price >= prices[0] >= 0
    for number in np.flatnonzero(prices > 1)[:3].tolist():
        floors = list(network.floors)
        floors[number] = replace(floors[number], least=floors[number].least + 1e-3)
        more = written_out(replace(network, floors=tuple(floors)))[0] - written_out(network)[0]
        floors[number] = replace(floors[number], least=floors[number].least - 2e-3)
        less = written_out(network)[0] - written_out(replace(network, floors=tuple(floors)))[0]
        assert less - 0.01 <= prices[number] * 1e-3 <= more + 0.01


def test_entries_of_sums_grow_with_the_weeks_and_not_with_their_square() -> None:
    def entries(weeks: int) -> int:
        network = drawn_network(1, programs=5, weeks=weeks, tightness=1.0)
        rows = tuple(range(len(network.activities)))
        floors = tuple(Floor(f"{end}", "started", rows, tuple(range(end + 1)), 1.0, 1e4) for end in range(weeks))
        return len(weekly_model(replace(network, floors=floors)).program.values) - len(
            weekly_model(replace(network, floors=())).program.values
        )

    assert entries(40) < 2.5 * entries(20)


def test_a_floor_that_shares_nothing_is_written_out() -> None:
    floors = promised(1).floors
    of = tallies(floors).of
    alone = [floor.clause for floor, own in zip(floors, of.tolist(), strict=True) if own < 0]
    assert alone == ["gap", "alone"]


def by_hand() -> Program:
    """min x, x >= 0, x >= 1, x >= 2: of the two rows the second decides."""
    return Program(
        cost=np.array([1.0]), low=np.zeros(1), high=np.array([np.inf]), row_low=np.array([1.0, 2.0]),
        row_high=np.array([np.inf, np.inf]), starts=np.array([0, 1, 2]), columns=np.array([0, 0]), values=np.ones(2),
    )  # fmt: skip


def test_rows_that_are_left_out_at_first_bind_in_the_end() -> None:
    solver = Solver(by_hand())
    found = solver.run_without(np.array([1]))
    assert (found.objective, found.x.tolist()) == (2.0, [2.0])
    assert solver.run().objective == 2.0
