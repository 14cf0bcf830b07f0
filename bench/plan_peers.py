"""The same model in the words of peers: built by linopy and PuLP, solved by SciPy's HiGHS and by GLOP of OR-Tools.

linopy and PuLP are given the rows ready made, which spares them the network: what is measured is their layer alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from corecar.network.model import Model
from corecar.program import Program

ARRAYS = ("low", "high", "cost", "row_low", "row_high", "starts", "columns", "values")
"""Of a program, as a process of GLOP's own is given them."""


def in_linopy(model: Model) -> Any:
    """A linopy model: one vector of variables, each family of rows as one array of terms."""
    import linopy
    import pandas as pd
    import xarray as xr

    program = model.program
    made = linopy.Model()
    columns = pd.RangeIndex(len(program.cost), name="column")
    lower, upper = (xr.DataArray(bound, coords=[columns]) for bound in (program.low, program.high))
    x = made.add_variables(lower=lower, upper=upper, name="x")
    for name, span in model.rows.items():
        if span.stop > span.start:
            _family(made, x, program, name, span)
    made.add_objective((xr.DataArray(program.cost, coords=[columns]) * x).sum())
    return made


def _family(made: Any, x: Any, program: Program, name: str, span: slice) -> None:
    """The rows of one family, those that have terms, each padded to the longest."""
    import linopy
    import xarray as xr

    lengths = np.diff(program.starts)[span]
    rows = np.flatnonzero(lengths > 0)
    if not len(rows):
        return
    longest = int(lengths.max())
    at = program.starts[:-1][span][rows][:, None] + np.arange(longest)
    there = np.arange(longest) < lengths[rows][:, None]
    at = np.where(there, at, 0)
    labels = np.where(there, x.labels.values[program.columns[at]], -1)
    terms = xr.Dataset(
        {
            "coeffs": (("row", "_term"), np.where(there, program.values[at], np.nan)),
            "vars": (("row", "_term"), labels),
            "const": (("row",), np.zeros(len(rows))),
        },
        coords={"row": rows},
    )
    low, high = program.row_low[span][rows], program.row_high[span][rows]
    sign = "=" if np.array_equal(low, high) else ("<=" if np.isinf(low).all() else ">=")
    right = xr.DataArray(high if sign != ">=" else low, coords={"row": rows}, dims=["row"])
    made.add_constraints(linopy.LinearExpression(terms, made), sign, right, name=name)


def in_pulp(model: Model) -> Any:
    """A PuLP problem: an object per variable, an expression per row."""
    import pulp

    program = model.program
    made = pulp.LpProblem("plan", pulp.LpMinimize)
    upper = [None if np.isinf(bound) else float(bound) for bound in program.high]
    x = [pulp.LpVariable(f"x{place}", 0, bound) for place, bound in enumerate(upper)]
    made.setObjective(pulp.LpAffineExpression(zip(x, program.cost.tolist(), strict=True)))
    starts, columns, values = program.starts.tolist(), program.columns.tolist(), program.values.tolist()
    for row, (low, high) in enumerate(zip(program.row_low.tolist(), program.row_high.tolist(), strict=True)):
        begin, end = starts[row], starts[row + 1]
        terms = pulp.LpAffineExpression([(x[columns[at]], values[at]) for at in range(begin, end)])
        sense, right = (0, high) if low == high else ((-1, high) if np.isinf(low) else (1, low))
        made.addConstraint(pulp.LpConstraint(terms, sense, None, right))
    return made


def by_scipy(program: Program) -> float:
    """The optimum that SciPy's HiGHS finds."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    rows, columns = program.shape
    matrix = csr_array((program.values, program.columns, program.starts), shape=(rows, columns))
    equal = program.row_low == program.row_high
    over = ~equal & np.isfinite(program.row_high)
    under = ~equal & np.isfinite(program.row_low)
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
    return float(found.fun) + program.offset


def by_glop(program: Program) -> tuple[float, float]:
    """The optimum that GLOP finds, and the seconds that it takes; in a process of its own.

    OR-Tools brings a HiGHS of its own, which does not load beside that of highspy.
    """
    with tempfile.TemporaryDirectory(prefix="corecar-bench-") as folder:
        place = Path(folder) / "program.npz"
        np.savez(place, **{name: getattr(program, name) for name in ARRAYS})
        done = subprocess.run([sys.executable, __file__, str(place)], capture_output=True, text=True, check=True)
    objective, seconds = json.loads(done.stdout)
    return objective + program.offset, seconds


def _glop(place: Path) -> tuple[float, float]:
    from ortools.linear_solver.python import model_builder_helper
    from scipy.sparse import csr_matrix

    arrays = np.load(place)
    low, high, cost, row_low, row_high, starts, columns, values = (arrays[name] for name in ARRAYS)
    matrix = csr_matrix((values, columns, starts), shape=(len(row_low), len(cost)))
    helper = model_builder_helper.ModelBuilderHelper()
    helper.fill_model_from_sparse_data(low, high, cost, row_low, row_high, matrix)
    solver = model_builder_helper.ModelSolverHelper("glop")
    begun = time.perf_counter()
    solver.solve(helper)
    seconds = time.perf_counter() - begun
    assert solver.status() == model_builder_helper.SolveStatus.OPTIMAL, solver.status_string()
    return float(solver.objective_value()), seconds


if __name__ == "__main__":
    print(json.dumps(_glop(Path(sys.argv[1]))))
