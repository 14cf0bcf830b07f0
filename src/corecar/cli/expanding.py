"""Questions about machines, `expand cells`: of a chain in files, or of what a workspace keeps."""

from __future__ import annotations

from corecar.cli.plan_asking import Asked, asks


@asks
def cells(asked: Asked) -> None:
    """Say what each cell of machines can do, how full the plan makes it, and what limits it.

    A cell can do what the least of its testers, handlers and boards can. In a workspace units an hour are those that
    testers measured, where enough lots tell; else those of the table cell_runs.
    """
    from corecar.bridge.expand.cell_answers import cells_told

    asked.answer("expand_cells", {}, lambda made, _: cells_told(made.chain, made.planned.plan))
