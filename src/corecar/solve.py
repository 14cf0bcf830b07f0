"""The only place that knows the LP and MIP solver: HiGHS.

A program is built as whole arrays and handed over in one call. Every run has a time limit and a gap that it reports;
what HiGHS says by return codes, bare exceptions and prints comes back as a `Solution` or one of Corecar's errors. One
thread and one seed, so that the same arrays give the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, Cancelled, Infeasible, SolverError, Unbounded
from corecar.program import Basis, Entries, Floats, Integers, Program, Solution, by_rows

Method = Literal["choose", "simplex", "primal-simplex", "interior-point", "interior-point-only"]
DUAL, PRIMAL = 1, 4
"""HiGHS's numbers of the two ways of its simplex method."""
METHODS: dict[Method, dict[str, Any]] = {
    "choose": {"solver": "choose", "simplex_strategy": DUAL},
    "simplex": {"solver": "simplex", "simplex_strategy": DUAL},
    "primal-simplex": {"solver": "simplex", "simplex_strategy": PRIMAL},
    "interior-point": {"solver": "ipx", "run_crossover": "on", "simplex_strategy": DUAL},
    "interior-point-only": {"solver": "ipx", "run_crossover": "off", "simplex_strategy": DUAL},
}
"""Options of HiGHS by method. IPX is named outright: with its extras installed `ipm` means another solver.

A `simplex` or `choose` that takes too many steps (`STEPS_A_ROW`) is ended and goes on as `interior-point`, whose end is
a corner too. `primal-simplex` is the one that goes on from the last run where its point still fits all rows: after a
change of cost, or of rows that were loosened.
"""
SETTINGS: dict[str, Any] = {"output_flag": False, "log_to_console": False, "threads": 1, "random_seed": 0}
"""Silent and repeatable."""
EXACT = 1e-9
"""Feasibility tolerance exact enough that what one run settled is a bound that the next one can keep."""
INFINITE = float("inf")
UNENDING = 2**31 - 1
"""HiGHS's number of steps that is no limit."""
LOST = ("kUnknown", "kSolveError")
"""States of HiGHS in which it lost its way from where it began: after `resume` it can, from nothing it finds it."""
OUT_OF_STEPS = ("kIterationLimit",)
OUT_OF_TIME = "kTimeLimit"
Stop = Callable[[], bool]
"""Whether somebody asked that the work stop."""
ASK_AFTER = 0.1
"""Seconds between two questions whether to stop."""
STEPS_A_ROW, ROWS_AT_LEAST = 1.4, 2_000
"""Steps of the dual simplex for each row of a program after which the way from inside is taken, for programs of so many
rows. A weekly plan of 10,390 rows takes 13,300 steps and 1.0 s where capacity suffices (from inside 1.9 s), and with
20 % more demand 38,800 steps and 12.6 s (from inside 3.4 s). Counted in steps, so that no clock has a say in the plan.
"""
STEPS_TO_MEND = 0.4
"""The same where the dual simplex goes on from a basis that fits but for a few rows (`Solver.run_without`)."""
STEPS_NEARBY, NEARBY_AT_LEAST = 0.1, 100
"""The same from the basis of another program of the same shape (`Solver.nearby`), and at least so many. A weekly plan
of 10,390 rows with one lot on hold takes 44 steps and 0.1 s (from nothing 13,480 steps and 2.0 s); with 25 lots on hold
it would take more than from nothing, and half as long from inside.
"""
IRREDUCIBLE = 2
"""HiGHS's number for a search that leaves no row out of which the rest still contradicts itself."""


def solve(
    program: Program,
    *,
    method: Method = "choose",
    time_limit: float = 600.0,
    gap: float = 1e-9,
    what: str = "the model",
    stop: Stop | None = None,
) -> Solution:
    """Solve a program once; arguments and errors as of `Solver` and `Solver.run`."""
    return Solver(program, what=what).run(method=method, time_limit=time_limit, gap=gap, stop=stop)


class Solver:
    """A program in the solver, for several runs with changed bounds or cost.

    what       what the program is, for messages
    tolerance  by how much a bound or a price may be missed
    Raises     ArgumentError for arrays that do not fit each other or hold what is no number
    """

    def __init__(self, program: Program, *, what: str = "the model", tolerance: float = EXACT) -> None:
        _check(program, what)
        self.program, self.what = program, what
        self._highs = _engine(tolerance)
        rows, columns = program.shape
        whole = None if program.whole is None else program.whole.astype(np.int32)
        arguments = [
            columns, rows, len(program.values), 2, 1, program.offset,
            program.cost, program.low, program.high, program.row_low, program.row_high,
            program.starts.astype(np.int32), program.columns.astype(np.int32), program.values,
            np.zeros(columns, np.int32) if whole is None else whole,
        ]  # fmt: skip
        self._ask(self._highs.passModel(*arguments))

    def change_rows(self, rows: npt.NDArray[Any], low: Floats, high: Floats) -> None:
        """New bounds of some rows."""
        self._ask(self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), _plain(low), _plain(high)))

    def change_columns(self, columns: npt.NDArray[Any], low: Floats, high: Floats) -> None:
        """New bounds of some variables."""
        self._ask(self._highs.changeColsBounds(len(columns), columns.astype(np.int32), _plain(low), _plain(high)))

    def change_cost(self, columns: npt.NDArray[Any], cost: Floats) -> None:
        """New cost of some variables."""
        self._ask(self._highs.changeColsCost(len(columns), columns.astype(np.int32), _plain(cost)))

    def add_rows(self, entries: Entries, low: Floats, high: Floats) -> None:
        """Further rows behind the last one; `entries.row` counts from 0."""
        starts, columns, values = by_rows(entries, len(low))
        self._ask(
            self._highs.addRows(
                len(low), _plain(low), _plain(high), len(values), starts[:-1].astype(np.int32),
                columns.astype(np.int32), values,
            )
        )  # fmt: skip

    def forget(self) -> None:
        """Begin the next run from nothing: presolve works again, and the run before leaves no trace in it."""
        self._ask(self._highs.clearSolver())

    def basis(self) -> Basis:
        """Where the last run ended, for `resume`."""
        found = self._highs.getBasis()
        return Basis(
            *(np.array([int(state) for state in part], np.int8) for part in (found.col_status, found.row_status))
        )

    def resume(self, basis: Basis) -> None:
        """Begin the next run from a basis and nothing else; what ran in between leaves no trace in it.

        It pays where bounds have changed a little since: the dual simplex mends that in a few steps, without presolve.
        """
        import highspy

        self.forget()
        states = [highspy.HighsBasisStatus(number) for number in range(5)]
        given = highspy.HighsBasis()
        given.col_status = [states[number] for number in basis.columns.tolist()]
        given.row_status = [states[number] for number in basis.rows.tolist()]
        given.valid = True
        self._ask(self._highs.setBasis(given))

    def suggest(self, columns: npt.NDArray[Any], values: Floats) -> None:
        """Values of some variables from which the next run begins, of a program with whole variables.

        Where the others can be completed to a solution, that is where the search begins; else they change nothing.
        """
        self._ask(self._highs.setSolution(len(columns), columns.astype(np.int32), _plain(values)))

    def run(
        self, *, method: Method = "choose", time_limit: float = 600.0, gap: float = 1e-9, stop: Stop | None = None,
        steps_a_row: float = STEPS_A_ROW,
    ) -> Solution:  # fmt: skip
        """Solve it as it stands.

        time_limit   seconds
        gap          relative, from which on a program with whole variables counts as solved
        stop         asked ten times a second; True ends the run
        steps_a_row  as `STEPS_A_ROW`
        Raises       Infeasible, Unbounded; Cancelled; SolverError where the time ran out before any feasible point, or
                     the solver failed
        """
        highs = self._highs
        self._set(
            METHODS[method] | {"mip_rel_gap": float(gap), "simplex_iteration_limit": self._steps(method, steps_a_row)}
        )
        begun = time.perf_counter()
        self._set({"time_limit": float(highs.getRunTime() + time_limit)})
        with self._asking(stop):
            self._go()
            spent = 0
            if self._is(LOST):
                self.forget()
                self._go()
            if self._is(OUT_OF_STEPS):
                spent = int(highs.getInfo().simplex_iteration_count)
                self.forget()
                left = max(time_limit - (time.perf_counter() - begun), 0.0)
                self._set(METHODS["interior-point"] | {"simplex_iteration_limit": UNENDING})
                self._set({"time_limit": float(highs.getRunTime() + left)})
                self._go()
        found = self._solution(time.perf_counter() - begun)
        return replace(found, iterations=found.iterations + spent)

    def run_without(
        self, rows: npt.NDArray[Any], *, method: Method = "choose", time_limit: float = 600.0, stop: Stop | None = None
    ) -> Solution:
        """Solve it as it stands, first without the bounds of some rows, then with them from where that ended.

        It pays where most of these rows hold by themselves, or nearly: presolve makes short work of the others, and the
        dual simplex mends the few that do not. The rows have the bounds of the program; the rest is as of `run`.
        """
        low, high = self.program.row_low[rows], self.program.row_high[rows]
        self.change_rows(rows, np.full(len(rows), -INFINITE), np.full(len(rows), INFINITE))
        try:
            first = self.run(method=method, time_limit=time_limit, stop=stop)
        finally:
            self.change_rows(rows, low, high)
        left = max(time_limit - first.seconds, 0.0)
        found = self.run(method="simplex", time_limit=left, stop=stop, steps_a_row=STEPS_TO_MEND)
        return replace(found, seconds=first.seconds + found.seconds, iterations=first.iterations + found.iterations)

    def nearby(
        self, basis: Basis, *, time_limit: float = 600.0, stop: Stop | None = None, steps_a_row: float = STEPS_NEARBY
    ) -> Solution | None:
        """Solve it from the basis of a program that differs from it in little; None where that takes too many steps.

        basis   of a program with as many rows and variables; the rest is as of `run`
        Raises  as `run`, but for a time that ran out: then None
        """
        highs = self._highs
        most = max(int(steps_a_row * highs.getNumRow()), NEARBY_AT_LEAST)
        self.resume(basis)
        self._set(METHODS["simplex"] | {"simplex_iteration_limit": most})
        begun = time.perf_counter()
        self._set({"time_limit": float(highs.getRunTime() + time_limit)})
        with self._asking(stop):
            self._go()
        if self._is((*LOST, *OUT_OF_STEPS, OUT_OF_TIME)):
            self.forget()
            return None
        return self._solution(time.perf_counter() - begun)

    def conflict(self) -> Integers:
        """Rows that cannot hold together (an irreducible infeasible set), int64; empty where all can.

        Of an infeasible program only; found row by row, so on a large program it takes as long as many runs.
        """
        self._ask(self._highs.setOptionValue("iis_strategy", IRREDUCIBLE))
        status, found = self._highs.getIis()
        self._ask(status)
        return np.array(sorted(found.row_index_), np.int64)

    def _go(self) -> None:
        try:
            self._highs.run()
        except Exception as fault:
            raise SolverError(f"{self.what}: the solver failed ({fault}).") from fault

    @contextmanager
    def _asking(self, stop: Stop | None) -> Iterator[None]:
        """While the block lasts the solver asks whether to stop. Raises Cancelled at its end where it was to."""
        if stop is None:
            yield
            return
        asked = [time.perf_counter(), False]

        def ask(event: Any) -> None:
            now = time.perf_counter()
            if not asked[1] and now - asked[0] >= ASK_AFTER:
                asked[:] = now, stop()
            if asked[1]:
                event.interrupt()

        calls = (self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt, self._highs.cbMipInterrupt)
        for each in calls:
            each.subscribe(ask)
        try:
            yield
        finally:
            for each in calls:
                each.unsubscribe(ask)
        if asked[1]:
            raise Cancelled(f"{self.what} was stopped as asked; nothing is changed.")

    def _steps(self, method: Method, a_row: float) -> int:
        """How many steps the simplex method may take before another way is tried."""
        rows = self._highs.getNumRow()
        whole = self.program.whole is not None and bool(self.program.whole.any())
        if METHODS[method]["simplex_strategy"] != DUAL or "ipx" in METHODS[method].values():
            return UNENDING
        return UNENDING if whole or rows < ROWS_AT_LEAST else int(a_row * rows)

    def _is(self, states: tuple[str, ...]) -> bool:
        return str(self._highs.getModelStatus().name) in states

    def _set(self, options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            self._ask(self._highs.setOptionValue(name, value))

    def _solution(self, seconds: float) -> Solution:
        import highspy

        highs, states = self._highs, highspy.HighsModelStatus
        state = highs.getModelStatus()
        if state == states.kModelEmpty:
            return self._empty(seconds)
        if state == states.kUnboundedOrInfeasible:
            raise self._which()
        if state == states.kInfeasible:
            raise Infeasible(f"{self.what} has no solution: its rows contradict each other.")
        if state == states.kUnbounded:
            raise Unbounded(f"{self.what} has no best solution: its cost falls without end.")
        info, found = highs.getInfo(), highs.getSolution()
        late = state in (states.kTimeLimit, states.kIterationLimit)
        if state != states.kOptimal and not (
            late and info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        ):
            said = highs.modelStatusToString(state).lower()
            raise SolverError(f"{self.what} was not solved in {seconds:.1f} s: {said}. Give it more time.")
        objective = float(info.objective_function_value)
        mip = self.program.whole is not None and bool(self.program.whole.any())
        bound = float(info.mip_dual_bound) if mip else (objective if not late else -INFINITE)
        gap = 0.0 if bound >= objective else (objective - bound) / max(abs(objective), 1e-300)
        rows, columns = highs.getNumRow(), highs.getNumCol()
        priced = bool(found.dual_valid) and not mip
        return Solution(
            status="time limit" if late else "optimal",
            objective=objective,
            bound=bound,
            gap=gap,
            x=np.array(found.col_value, np.float64),
            prices=np.array(found.row_dual, np.float64) if priced else np.zeros(rows),
            reduced=np.array(found.col_dual, np.float64) if priced else np.zeros(columns),
            seconds=seconds,
            iterations=max(int(info.simplex_iteration_count), 0) + max(int(info.ipm_iteration_count), 0),
        )

    def _empty(self, seconds: float) -> Solution:
        """A program without variables."""
        rows, offset = self._highs.getNumRow(), self.program.offset
        return Solution("optimal", offset, offset, 0.0, np.zeros(0), np.zeros(rows), np.zeros(0), seconds, 0)

    def _which(self) -> Infeasible | Unbounded:
        """Infeasible or unbounded? Without cost nothing is unbounded."""
        columns = np.arange(self._highs.getNumCol())
        self.change_cost(columns, np.zeros(len(columns)))
        self._ask(self._highs.setOptionValue("presolve", "off"))
        self._highs.run()
        import highspy

        if self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return Infeasible(f"{self.what} has no solution: its rows contradict each other.")
        return Unbounded(f"{self.what} has no best solution: its cost falls without end.")

    def _ask(self, status: Any) -> None:
        import highspy

        if status == highspy.HighsStatus.kError:
            raise SolverError(f"{self.what}: the solver does not take these arrays.")


def _engine(tolerance: float) -> Any:
    """A silent solver of one thread."""
    import highspy

    highs = highspy.Highs()
    exact = {"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance}
    for name, value in (SETTINGS | exact).items():
        highs.setOptionValue(name, value)
    return highs


def _plain(values: Any) -> Floats:
    return np.ascontiguousarray(values, np.float64)


def _check(program: Program, what: str) -> None:
    rows, columns = program.shape
    shapes = {
        "cost": (program.cost, columns), "low": (program.low, columns), "high": (program.high, columns),
        "row_low": (program.row_low, rows), "row_high": (program.row_high, rows), "starts": (program.starts, rows + 1),
        "values": (program.values, len(program.columns)),
    }  # fmt: skip
    for name, (array, length) in shapes.items():
        if len(array) != length:
            raise ArgumentError(f"{what}: {name} has {len(array):,} elements, {length:,} were expected.")
    finite = {"cost": program.cost, "values": program.values, "offset": np.array(program.offset)}
    for name, array in finite.items():
        if not np.isfinite(array).all():
            raise ArgumentError(f"{what}: {name} holds what is no finite number.")
    for name in ("low", "high", "row_low", "row_high"):
        if np.isnan(getattr(program, name)).any():
            raise ArgumentError(f"{what}: {name} holds what is no number.")
    if len(program.columns) and not 0 <= int(program.columns.min()) <= int(program.columns.max()) < columns:
        raise ArgumentError(f"{what}: a row names a variable that is not there.")
