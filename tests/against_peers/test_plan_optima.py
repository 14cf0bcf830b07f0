"""Optima of drawn plans against other solvers: SciPy's HiGHS, and GLOP in a process of its own; plans by plain sums."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.rules import share_out
from corecar.plan.solving import solve
from corecar.program import Program

GLOP = """
import sys
import numpy as np
from ortools.linear_solver.python import model_builder_helper as helper
from scipy.sparse import csr_matrix
for path in sys.argv[1:]:
    a = np.load(path)
    matrix = csr_matrix((a["values"], a["columns"], a["starts"]), shape=(len(a["row_low"]), len(a["cost"])))
    model = helper.ModelBuilderHelper()
    model.fill_model_from_sparse_data(a["low"], a["high"], a["cost"], a["row_low"], a["row_high"], matrix)
    solver = helper.ModelSolverHelper("glop")
    solver.solve(model)
    assert solver.status() == helper.SolveStatus.OPTIMAL, solver.status_string()
    print(solver.objective_value())
"""
"""Beside highspy OR-Tools does not load, so this runs without Corecar."""
DRAWN = 12


def drawn(seed: int) -> Network:
    """A network with promises of each kind, some of which cannot be kept; every third as all weeks in one."""
    network = drawn_network(seed, programs=5, weeks=10, tightness=0.4 + 0.1 * (seed % 6))
    weeks = tuple(range(4))
    floors = (
        Floor("agreed", "supplied", (0, 1), weeks, 20.0, 1e4),
        Floor("frozen", "started", (0,), (1,), 9.0, 1e4),
        Floor("beyond", "supplied", (2,), weeks, 1e4, 1e4),
    )
    network = replace(network, floors=floors)
    return network.over_the_horizon() if seed % 3 == 0 else network


def by_scipy(program: Program) -> float:
    matrix = csr_array((program.values, program.columns, program.starts), shape=program.shape)
    equal = program.row_low == program.row_high
    over, under = ~equal & np.isfinite(program.row_high), ~equal & np.isfinite(program.row_low)
    found = linprog(
        program.cost,
        A_ub=vstack([matrix[over], -matrix[under]]),
        b_ub=np.concatenate([program.row_high[over], -program.row_low[under]]),
        A_eq=matrix[equal],
        b_eq=program.row_high[equal],
        bounds=np.column_stack([program.low, program.high]),
        method="highs",
    )
    assert found.status == 0, found.message
    return float(found.fun)


@pytest.mark.parametrize("seed", range(DRAWN))
def test_the_optimum_is_that_of_scipy_and_its_plan_adds_up(seed: int) -> None:
    model = weekly_model(drawn(seed))
    plan = solve(model)
    assert plan.cost == pytest.approx(by_scipy(model.program), rel=1e-6)
    assert errors_of(plan).worst < 1e-7
    assert plan.breach[2] > 1


def test_the_optimum_is_that_of_glop(tmp_path: Path) -> None:
    if find_spec("ortools") is None:
        pytest.skip("OR-Tools is not installed")
    costs, paths = [], []
    for seed in range(DRAWN):
        model = weekly_model(drawn(seed))
        costs.append(solve(model).cost)
        paths.append(str(tmp_path / f"{seed}.npz"))
        np.savez(paths[-1], **_arrays(model.program))
    done = subprocess.run([sys.executable, "-c", GLOP, *paths], capture_output=True, text=True, check=True, timeout=120)
    assert [json.loads(line) for line in done.stdout.split()] == pytest.approx(costs, rel=1e-6)


def _arrays(program: Program) -> dict[str, Any]:
    names = ("cost", "low", "high", "row_low", "row_high", "starts", "columns", "values")
    return {name: getattr(program, name) for name in names}


@pytest.mark.parametrize("seed", range(4))
def test_demands_in_another_order_have_the_same_cost_and_fill(seed: int) -> None:
    network = replace(drawn_network(seed, programs=6, tightness=0.5), floors=())
    demands, order = network.demands, np.random.default_rng(seed).permutation(6)
    taken: dict[str, Any] = {
        name: tuple(getattr(demands, name)[row] for row in order) for name in ("names", "product", "customer")
    }
    taken |= {name: getattr(demands, name)[order] for name in ("item", "wanted", "value", "priority", "late")}
    other = replace(network, demands=replace(demands, **taken))
    for rule in ("cost", "max_min_fill", "priority"):
        one, turned = (share_out(weekly_model(each), rule).plan for each in (network, other))
        assert turned.cost == pytest.approx(one.cost, rel=1e-5)
        if rule == "max_min_fill":
            assert turned.fill == pytest.approx(one.fill[order], abs=1e-5)
