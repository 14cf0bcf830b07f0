"""How full each cell is: the pieces of a group's routes, spread over its cells so that the fullest is least full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corecar.plan.expansion.cells import BOARD, Cell
from corecar.program import Entries, Program, by_rows
from corecar.solve import INFINITE, solve

LEFT = 1e3
"""Cost of a piece that nothing runs, beside how full the fullest cell is."""
TIE = 1e-6
"""Weight of an hour beside how full the fullest cell is: of two ways that fill alike the one with fewer hours."""


@dataclass(frozen=True)
class Spread:
    """How the pieces of one week lie on cells.

    pieces  (cell, route) -> pieces
    left    route -> pieces that no cell that stands can do, for want of machines, handlers or boards
    hours   cell -> hours that they take
    full    group -> how full its fullest cell is; above 1 where they do not fit
    """

    pieces: Mapping[tuple[str, str], float]
    left: Mapping[str, float]
    hours: Mapping[str, float]
    full: Mapping[str, float]


def spread(cells: Sequence[Cell], wanted: Mapping[str, float]) -> Spread:
    """Pieces of each route on the cells that run it, group by group as evenly as it goes.

    wanted  route -> pieces of the week; routes of no cell are left out
    Returns the spread with the least sum over groups of how full the fullest cell, or board of one product, is
    """
    groups = sorted({cell.group for cell in cells})
    pairs = [(cell, run) for cell in cells for run in cell.runs]
    routes = sorted({run.route for _, run in pairs})
    count, full = len(pairs), {group: len(pairs) + place for place, group in enumerate(groups)}
    left = {route: len(pairs) + len(groups) + place for place, route in enumerate(routes)}
    entries, low, high = list[tuple[int, int, float]](), list[float](), list[float]()

    def row(parts: Sequence[tuple[int, float]], least: float, most: float) -> None:
        entries.extend((len(low), column, value) for column, value in parts)
        low.append(least)
        high.append(most)

    for route in routes:
        mine = [(place, 1.0) for place, (_, run) in enumerate(pairs) if run.route == route]
        row([*mine, (left[route], 1.0)], wanted.get(route, 0.0), wanted.get(route, 0.0))
    for cell in cells:
        mine = [(place, run.hours) for place, (own, run) in enumerate(pairs) if own is cell]
        row([*mine, (full[cell.group], -cell.hours)], -INFINITE, 0.0)
        for place, value in mine:
            boards = pairs[place][1].boards
            if boards is not None and cell.parts[BOARD] is not None and boards < cell.stations:
                row([(place, value), (full[cell.group], -boards * cell.each)], -INFINITE, 0.0)
    cost = np.array([TIE * run.hours for _, run in pairs] + [1.0] * len(groups) + [LEFT] * len(routes))
    triples = Entries(*(np.array(part) for part in zip(*entries, strict=True)))
    columns = count + len(groups) + len(routes)
    starts, places, values = by_rows(triples, len(low))
    found = solve(
        Program(cost, np.zeros(columns), np.full(columns, INFINITE), np.array(low), np.array(high), starts, places,
                values),
        what="the load of the cells",
    ).x  # fmt: skip
    pieces = {(cell.name, run.route): float(found[place]) for place, (cell, run) in enumerate(pairs)}
    hours = dict.fromkeys((cell.name for cell in cells), 0.0)
    for place, (cell, run) in enumerate(pairs):
        hours[cell.name] += run.hours * float(found[place])
    undone = {route: float(found[place]) for route, place in left.items() if found[place] > 1e-6}
    return Spread(pieces, undone, hours, {group: float(found[place]) for group, place in full.items()})
