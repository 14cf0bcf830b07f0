"""Questions about machines to a plan that a workspace keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.expand.cell_answers import cells_told
from corecar.bridge.measured.rates import measured_rates
from corecar.bridge.plan.kept_questions import PlanNumber, kept_again, told_and_written
from corecar.bridge.travel import Returned

Out = Annotated[str | Path | None, "A folder for a page, a PDF and the tables; it is made.", Returned(folder=True)]


def expand_cells(call: Call, *, plan: PlanNumber = None, out: Out = None) -> dict[str, Any]:
    """Say what each cell of machines can do, how full a kept plan makes it, and what limits it.

    A cell can do what the least of its testers, handlers and boards can. Units an hour are those that testers measured,
    where enough lots tell, else those of the table cell_runs.
    Raises  NotFound; ArgumentError for a chain without cells, and products that no cell can run; OutputError
    """
    made, notes = kept_again(call, plan)
    answer = cells_told(made.chain, made.planned.plan, measured_rates(call, made.chain))
    return told_and_written(answer, notes, "expand_cells", out)
