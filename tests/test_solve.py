"""The solver's adapter against SciPy on drawn programs, and what it says of programs that cannot be solved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, milp
from scipy.sparse import csr_array

from corecar.errors import ArgumentError, Infeasible, SolverError, Unbounded
from corecar.program import Entries, Program, by_rows
from corecar.solve import INFINITE, METHODS, Solver, solve


def drawn(seed: int, rows: int = 12, columns: int = 18, whole: bool = False) -> Program:
    """A feasible, bounded program: x = 1 fulfils every row."""
    random = np.random.default_rng(seed)
    count = 4 * rows
    triples = Entries(
        random.integers(0, rows, count), random.integers(0, columns, count), random.integers(-4, 9, count).astype(float)
    )
    starts, names, values = by_rows(triples, rows)
    made = Program(
        random.uniform(-5, 5, columns), np.zeros(columns), np.full(columns, 7.0), np.full(rows, -INFINITE),
        np.zeros(rows), starts, names, values, offset=3.5, whole=np.arange(columns) % 3 == 0 if whole else None,
    )  # fmt: skip
    centre = made.activity(np.ones(columns))
    slack = random.uniform(0, 6, rows)
    low = np.where(random.random(rows) < 0.3, centre - slack, -INFINITE)
    return replace(made, row_low=low, row_high=centre + slack)


def matrix_of(program: Program) -> Any:
    return csr_array((program.values, program.columns, program.starts), shape=program.shape)


def scipy_optimum(program: Program) -> float:
    rows = matrix_of(program).toarray()
    bounded = np.isfinite(program.row_low)
    found = linprog(
        program.cost,
        A_ub=np.vstack([rows, -rows[bounded]]),
        b_ub=np.concatenate([program.row_high, -program.row_low[bounded]]),
        bounds=np.stack([program.low, program.high], axis=1),
    )
    assert found.success
    return float(found.fun + program.offset)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_every_method_finds_the_optimum_that_scipy_finds(seed: int, method: Any) -> None:
    program = drawn(seed)
    found = solve(program, method=method)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(scipy_optimum(program), rel=1e-6, abs=1e-6)
    assert program.violation(found.x) < 1e-6
    assert found.gap == 0


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_prices_prove_the_optimum(seed: int) -> None:
    """Weak duality by plain arithmetic: what the prices promise is what the point costs."""
    program = drawn(seed)
    found = solve(program, method="simplex")
    rows = np.where(found.prices > 0, program.row_low, program.row_high)
    sides = np.where(found.reduced > 0, program.low, program.high)
    bound = program.offset + np.sum(found.prices[found.prices != 0] * rows[found.prices != 0])
    bound += np.sum(found.reduced[found.reduced != 0] * sides[found.reduced != 0])
    assert bound == pytest.approx(found.objective, rel=1e-7, abs=1e-7)
    assert matrix_of(program).T @ found.prices + found.reduced == pytest.approx(program.cost, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_whole_variables_are_whole_and_best(seed: int) -> None:
    program = drawn(seed, whole=True)
    found = solve(program)
    peer = milp(
        program.cost,
        integrality=program.whole,
        bounds=(program.low, program.high),
        constraints=(matrix_of(program), program.row_low, program.row_high),
    )
    assert found.objective == pytest.approx(peer.fun + program.offset, rel=1e-6)
    assert program.whole is not None
    assert found.x[program.whole] == pytest.approx(np.round(found.x[program.whole]), abs=1e-6)
    assert not found.prices.any()


def test_rows_in_any_order_are_the_same_program() -> None:
    random = np.random.default_rng(3)
    triples = Entries(random.integers(0, 9, 80), random.integers(0, 9, 80), random.normal(size=80).round(3))
    order = random.permutation(80)
    one, other = by_rows(triples, 10), by_rows(Entries(*(each[order] for each in triples)), 10)
    assert one[0].tolist() == other[0].tolist()
    assert one[1].tolist() == other[1].tolist()
    assert one[2] == pytest.approx(other[2])
    dense = np.zeros((10, 9))
    np.add.at(dense, (triples.row, triples.column), triples.value)
    assert csr_array((one[2], one[1], one[0]), shape=(10, 9)).toarray() == pytest.approx(dense)


def test_the_same_program_gives_the_same_bits() -> None:
    one, other = solve(drawn(8)), solve(drawn(8))
    assert one.x.tobytes() == other.x.tobytes()
    assert one.prices.tobytes() == other.prices.tobytes()


def test_changed_bounds_and_added_rows_count() -> None:
    program = drawn(5)
    solver = Solver(program)
    solver.run()
    solver.change_rows(np.array([0, 3]), np.full(2, -INFINITE), program.row_high[[0, 3]] + 0.5)
    changed = replace(program, row_high=program.row_high + 0.5 * np.isin(np.arange(12), (0, 3)))
    changed = replace(changed, row_low=np.where(np.isin(np.arange(12), (0, 3)), -INFINITE, program.row_low))
    assert solver.run().objective == pytest.approx(solve(changed).objective)
    solver.add_rows(Entries(np.zeros(18, int), np.arange(18), np.ones(18)), np.array([-INFINITE]), np.array([18.0]))
    found = solver.run()
    assert found.x.sum() <= 18 + 1e-7
    assert len(found.prices) == 13
    assert found.objective >= solve(changed).objective - 1e-9


def two_rows(low: float, high: float, cost: float = 1.0, most: float = INFINITE) -> Program:
    """x >= low, x <= high."""
    return Program(
        np.array([cost]), np.array([-INFINITE]), np.array([most]), np.array([low, -INFINITE]),
        np.array([INFINITE, high]), np.array([0, 1, 2]), np.array([0, 0]), np.ones(2),
    )  # fmt: skip


def test_contradicting_rows_are_infeasible_and_named() -> None:
    solver = Solver(two_rows(5, 4), what="the plan of week 3")
    with pytest.raises(Infeasible, match="the plan of week 3 has no solution"):
        solver.run()
    assert solver.conflict().tolist() == [0, 1]


def test_a_cost_that_falls_without_end_is_unbounded() -> None:
    with pytest.raises(Unbounded, match="falls without end"):
        solve(two_rows(-INFINITE, 4))


def test_a_program_without_variables_or_rows_is_solved() -> None:
    none = np.zeros(0)
    empty = Program(none, none, none, none, none, np.zeros(1, np.int64), np.zeros(0, np.int64), none, offset=2.0)
    assert solve(empty).objective == 2.0
    free = Program(
        np.array([1.0]),
        np.array([3.0]),
        np.array([9.0]),
        none,
        none,
        np.zeros(1, np.int64),
        np.zeros(0, np.int64),
        none,
    )
    assert solve(free).x.tolist() == [3.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cost": np.array([np.nan])}, "cost holds what is no finite number"),
        ({"row_low": np.array([np.nan, 0])}, "row_low holds what is no number"),
        ({"values": np.array([1.0, np.inf])}, "values holds what is no finite number"),
        ({"columns": np.array([0, 1])}, "names a variable that is not there"),
        ({"high": np.zeros(2)}, "high has 2 elements, 1 were expected"),
    ],
)
def test_arrays_that_are_no_program_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        Solver(replace(two_rows(0, 1), **change))


def test_no_time_and_nothing_found_is_said() -> None:
    with pytest.raises(SolverError, match="was not solved in"):
        solve(drawn(1, rows=400, columns=600), method="simplex", time_limit=0.0)
