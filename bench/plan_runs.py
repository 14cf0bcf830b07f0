"""One run of one solver on one weekly plan in a process of its own: seconds, peak memory, variables and prices.

    python bench/plan_runs.py SOLVER PROGRAM.npz FOUND.npz SECONDS

OR-Tools brings a HiGHS of its own, which does not load beside that of highspy; so this file knows nothing of corecar.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HIGHS = {"HiGHS simplex": "simplex", "HiGHS ipx": "ipx", "HiGHS PDLP": "pdlp"}
PEERS = (*HIGHS, "GLOP", "OR-Tools PDLP")


def main() -> int:
    """Run what was asked for, write what it found, print seconds and peak memory."""
    name, place, found, limit = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    arrays = dict(np.load(place))
    begun = time.perf_counter()
    if name in HIGHS:
        x, y, status = _by_highs(HIGHS[name], arrays, limit)
    else:
        x, y, status = _by_glop(arrays, limit) if name == "GLOP" else _by_pdlp(arrays, limit)
    seconds = time.perf_counter() - begun
    np.savez(found, x=x, y=y)
    print(json.dumps({"seconds": seconds, "status": status, "peak_mb": peak_mb()}))
    return 0


def peak_mb() -> float:
    """The most memory that this program has had [MB], without what the process that began it had."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def _by_highs(solver: str, arrays: dict[str, Any], limit: float) -> tuple[Any, Any, str]:
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = len(arrays["row_low"]), len(arrays["cost"])
    model.col_cost_, model.col_lower_, model.col_upper_ = arrays["cost"], arrays["low"], arrays["high"]
    model.row_lower_, model.row_upper_ = arrays["row_low"], arrays["row_high"]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = arrays["starts"], arrays["columns"]
    model.a_matrix_.value_ = arrays["values"]
    made = highspy.Highs()
    for option, value in (("output_flag", False), ("solver", solver), ("time_limit", limit)):
        made.setOptionValue(option, value)
    made.passModel(model)
    made.run()
    solution = made.getSolution()
    return np.array(solution.col_value), np.array(solution.row_dual), made.modelStatusToString(made.getModelStatus())


def _by_glop(arrays: dict[str, Any], limit: float) -> tuple[Any, Any, str]:
    from ortools.linear_solver.python import model_builder_helper
    from scipy.sparse import csr_matrix

    shape = len(arrays["row_low"]), len(arrays["cost"])
    matrix = csr_matrix((arrays["values"], arrays["columns"], arrays["starts"]), shape=shape)
    helper = model_builder_helper.ModelBuilderHelper()
    helper.fill_model_from_sparse_data(
        arrays["low"], arrays["high"], arrays["cost"], arrays["row_low"], arrays["row_high"], matrix
    )
    made = model_builder_helper.ModelSolverHelper("glop")
    made.set_time_limit_in_seconds(limit)
    made.solve(helper)
    status = str(made.status()).rpartition(".")[2]
    if not made.has_solution():
        return np.zeros(0), np.zeros(0), status
    return np.array(made.variable_values()), np.array(made.dual_values()), status


def _by_pdlp(arrays: dict[str, Any], limit: float) -> tuple[Any, Any, str]:
    """PDLP by its own interface, which gives its point when the time is up; that of the model builder gives none."""
    from ortools.pdlp import solve_log_pb2, solvers_pb2
    from ortools.pdlp.python import pdlp
    from scipy.sparse import csr_matrix

    program = pdlp.QuadraticProgram()
    program.objective_vector = arrays["cost"]
    program.variable_lower_bounds, program.variable_upper_bounds = arrays["low"], arrays["high"]
    program.constraint_lower_bounds, program.constraint_upper_bounds = arrays["row_low"], arrays["row_high"]
    shape = len(arrays["row_low"]), len(arrays["cost"])
    program.constraint_matrix = csr_matrix((arrays["values"], arrays["columns"], arrays["starts"]), shape=shape).tocsc()
    how = solvers_pb2.PrimalDualHybridGradientParams()
    how.termination_criteria.time_sec_limit = limit
    how.num_threads = 2
    found = pdlp.primal_dual_hybrid_gradient(program, how)
    reason = solve_log_pb2.TerminationReason.Name(found.solve_log.termination_reason)
    return np.array(found.primal_solution), np.array(found.dual_solution), reason.removeprefix("TERMINATION_REASON_")


if __name__ == "__main__":
    sys.exit(main())
