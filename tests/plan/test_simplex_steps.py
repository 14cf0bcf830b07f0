"""A simplex run that takes too many steps goes on from inside, and ends at the same optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import corecar.solve
from corecar.program import Entries, Program, by_rows
from corecar.solve import Solver

ROWS = 60


def transport(rng: np.random.Generator) -> Program:
    """A transport problem of 30 x 30 with drawn cost: it takes the simplex method some 60 steps."""
    half = ROWS // 2
    pairs = np.arange(half * half)
    row = np.concatenate([pairs // half, half + pairs % half])
    starts, columns, values = by_rows(Entries(row, np.concatenate([pairs, pairs]), np.ones(2 * len(pairs))), ROWS)
    amounts = rng.integers(5, 50, half).astype(float)
    high = np.concatenate([amounts, np.full(half, np.inf)])
    low = np.concatenate([np.full(half, -np.inf), rng.permutation(amounts)])
    return Program(
        rng.uniform(1, 9, len(pairs)), np.zeros(len(pairs)), np.full(len(pairs), np.inf), low, high, starts, columns,
        values,
    )  # fmt: skip


def test_a_run_that_is_out_of_steps_ends_at_the_same_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    program = transport(np.random.default_rng(7))
    whole = Solver(program).run(method="simplex")
    monkeypatch.setattr(corecar.solve, "ROWS_AT_LEAST", 10)
    few = Solver(program).run(method="simplex", steps_a_row=0.1)
    again = Solver(program).run(method="simplex", steps_a_row=0.1)
    assert few.objective == pytest.approx(whole.objective, rel=1e-9)
    assert few.status == "optimal"
    assert program.violation(few.x) < 1e-7
    assert few.iterations > 6
    assert few.x.tobytes() == again.x.tobytes()


def test_the_next_run_may_take_all_its_steps_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corecar.solve, "ROWS_AT_LEAST", 10)
    solver = Solver(transport(np.random.default_rng(8)))
    first = solver.run(method="simplex", steps_a_row=0.1)
    solver.forget()
    assert solver.run(method="simplex").objective == pytest.approx(first.objective, rel=1e-9)


def test_a_program_is_solved_from_the_basis_of_one_that_differs_in_little() -> None:
    program = transport(np.random.default_rng(9))
    first = Solver(program)
    first.run(method="simplex")
    other = replace(program, row_low=np.where(np.arange(ROWS) == ROWS - 1, program.row_low - 1, program.row_low))
    near = Solver(other).nearby(first.basis())
    whole = Solver(other).run(method="simplex")
    assert near is not None
    assert near.objective == pytest.approx(whole.objective, rel=1e-9)
    assert near.iterations < whole.iterations / 5


def test_a_program_too_far_from_a_basis_is_left_to_be_solved_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corecar.solve, "NEARBY_AT_LEAST", 3)
    first, other = (Solver(transport(np.random.default_rng(seed))) for seed in (9, 10))
    first.run(method="simplex")
    assert other.nearby(first.basis()) is None
    alone = Solver(other.program).run(method="simplex")
    assert other.run(method="simplex").x.tobytes() == alone.x.tobytes(), "no trace of the try is left"
