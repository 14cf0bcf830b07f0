"""Questions about machines, `expand cells`: of a chain in files, or of what a workspace keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from corecar.cli.plan_asking import Asked, asks

Margin = Annotated[
    float, typer.Option("--margin", metavar="PART", min=0, help="Part of the plan's cost that counts beside money.")
]
Near = Annotated[
    float, typer.Option("--near", metavar="PART", min=0, help="Gap to the best orders that is good enough.")
]
Seconds = Annotated[float, typer.Option("--seconds", metavar="S", min=0, help="Seconds for finding the orders.")]
How = Annotated[str, typer.Option("--how", help="How the orders are found: choose, exact or prices.")]


@asks
def cells(asked: Asked) -> None:
    """Say what each cell of machines can do, how full the plan makes it, and what limits it.

    A cell can do what the least of its testers, handlers and boards can. In a workspace units an hour are those that
    testers measured, where enough lots tell; else those of the table cell_runs.
    """
    from corecar.bridge.expand.cell_answers import cells_told

    asked.answer("expand_cells", {}, lambda made, _: cells_told(made.chain, made.planned.plan))


@asks
def plan(asked: Asked, margin: Margin = 0.1, near: Near = 0.02, seconds: Seconds = 600.0, how: How = "choose") -> None:
    """Say which machines, boards and conversions to order in which week, and what the plan wins by them.

    What can be ordered stands in the table machines, money in budgets, floor and staff in rooms. Orders and plan are
    found together; the plan is then made again with the orders, by its own rule, and the gap to the best is told.
    """
    from corecar.bridge.plan.expanded_plans import expanded_plan

    asked.answer(
        "expand_plan", {"margin": margin, "gap": near, "seconds": seconds, "how": how},
        lambda made, stop: expanded_plan(made, margin=margin, gap=near, time_limit=seconds, method=how, stop=stop),
    )  # fmt: skip
