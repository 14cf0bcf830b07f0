"""What each cell can do, how full a plan makes it, and what limits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from corecar.chain.chain import Chain
from corecar.plan.expansion.cells import Cell, Measured, Run, cells_of, to_buy_first
from corecar.plan.expansion.rates import good_a_week
from corecar.plan.expansion.utilisation import Spread, spread
from corecar.plan.plans import Plan
from corecar.plurals import plural

APART = 0.1
"""Part by which the hours of a group's cells may differ from its capacity before that is told."""
FULL = 0.95
"""How full a cell is from which on it is told as full; a choice of ours (template, to be confirmed)."""


def cells_told(chain: Chain, plan: Plan, measured: Mapping[str, Measured] | None = None) -> dict[str, Any]:
    """Each cell with its hours, what limits it, and how full the plan makes it on the mean and in its busiest week.

    plan      of that chain
    measured  route -> what testers tell of it, in place of the tables
    Returns   said, rows (a cell each, the fullest first), runs (a cell and route each), notes
    Raises    ArgumentError for a chain without cells, and products that no cell can run
    """
    cells = cells_of(chain, measured)
    weeks = max(plan.network.weeks, 1)
    names = plan.network.activities.names
    mean = spread(cells, {name: float(plan.start[row].sum()) / weeks for row, name in enumerate(names)})
    busiest = _busiest(plan, cells)
    peaks = {
        week: spread(
            [cell for cell in cells if busiest[cell.group] == week],
            {name: float(plan.start[row, week]) for row, name in enumerate(names)},
        )
        for week in sorted(set(busiest.values()))
    }
    rows = [_row(plan, cell, mean, peaks[busiest[cell.group]], busiest[cell.group]) for cell in cells]
    rows.sort(key=lambda row: (-(row["busiest_utilisation"] or 0.0), row["cell"]))
    yields = dict(zip(names, plan.network.activities.yields.mean(axis=1).tolist(), strict=True))
    return {
        "said": _said(rows),
        "rows": rows,
        "runs": [_run(cell, run, mean, yields.get(run.route, 1.0)) for cell in cells for run in cell.runs],
        "notes": [*_notes(plan, cells), *_left(mean), *to_buy_first(chain, cells)],
    }


def _busiest(plan: Plan, cells: Sequence[Cell]) -> dict[str, int]:
    """The week in which the most hours of each group are used."""
    load, names = plan.load, plan.network.groups.names
    return {cell.group: int(np.argmax(load[names.index(cell.group)])) for cell in cells}


def _row(plan: Plan, cell: Cell, mean: Spread, peak: Spread, week: int) -> dict[str, Any]:
    group = plan.network.groups.names.index(cell.group)
    return {
        "cell": cell.name, "stations": cell.stations, "limited_by": ", ".join(cell.limits), "hours_a_week": cell.hours,
        "utilisation": _part(mean.hours[cell.name], cell.hours), "busiest_week": plan.network.week_name(week),
        "busiest_utilisation": _part(peak.hours[cell.name], cell.hours), "one_more_hours": cell.one_more,
        "used_hours": mean.hours[cell.name], "setup_hours": cell.setup, "kind": cell.kind, "group": cell.group,
        "site": plan.network.groups.site[group], "hours_from": "assumed" if cell.assumed else "told",
    }  # fmt: skip


def _run(cell: Cell, run: Run, mean: Spread, good: float) -> dict[str, Any]:
    return {
        "cell": cell.name, "route": run.route, "sites": run.sites, "units_an_hour": run.an_hour or 1.0 / run.hours,
        "retest_rate": run.row["retest_rate"] if run.an_hour else None, "hours_a_unit": run.hours,
        "good_a_week": good_a_week(_hours(cell, run), run.hours, good), "pieces": mean.pieces[cell.name, run.route],
        "rates_from": run.source,
    }  # fmt: skip


def _hours(cell: Cell, run: Run) -> float:
    """Hours of a cell that one product can have: those of its own boards where they are fewer."""
    return cell.hours if run.boards is None else min(cell.hours, run.boards * cell.each)


def _part(used: float, there: float) -> float | None:
    return used / there if there > 0 else None


def _said(rows: Sequence[Mapping[str, Any]]) -> str:
    full = [row for row in rows if (row["busiest_utilisation"] or 0.0) >= FULL]
    first = rows[0]
    said = f"{plural(len(full), 'cell')} of {len(rows):,} full in the busiest week"
    if first["busiest_utilisation"] is None:
        return f"{said}."
    return (
        f"{said}; the fullest is {first['cell']}, {first['busiest_utilisation']:.0%} in {first['busiest_week']}, "
        f"limited by its {first['limited_by']}."
    )


def _notes(plan: Plan, cells: Sequence[Cell]) -> list[str]:
    notes = []
    groups = plan.network.groups
    for name in sorted({cell.group for cell in cells}):
        own = sum(cell.hours for cell in cells if cell.group == name)
        told = float(groups.actual[groups.names.index(name)].mean())
        if abs(own - told) > APART * max(own, told):
            notes.append(
                f"The cells of {name} give {own:,.0f} h a week, the table capacity says {told:,.0f} h: the plan "
                "goes by the table."
            )
    assumed = sum(run.source == "assumed" for cell in cells for run in cell.runs)
    runs = sum(len(cell.runs) for cell in cells)
    if assumed:
        notes.append(f"Times of {assumed:,} of {plural(runs, 'run')} are assumed, not measured.")
    return notes


def _left(mean: Spread) -> list[str]:
    return [
        f"{pieces:,.0f} pieces a week of {route} find no cell: machines, handlers or boards are missing."
        for route, pieces in sorted(mean.left.items())
    ]
