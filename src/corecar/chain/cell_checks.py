"""What rows of cells must fulfil together: parts that make a cell whole, groups that count in hours, own routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from corecar.chain.faults import Findings
from corecar.chain.rows import Rows
from corecar.chain.words import CELL_PARTS, HOUR

TEMPERATURES = ("temperature_least_c", "temperature_most_c")
Book = Mapping[str, Rows]


def whole_cells(book: Book, findings: Findings) -> None:
    """A cell that takes its parts from handlers or probers has some, and its group counts in hours."""
    cells, unit = book["cells"], _by_name(book["groups"], "group", "unit")
    for row, told in enumerate(cells.data.to_pylist()):
        feeder = CELL_PARTS[told["kind"]].feeder if told["kind"] in CELL_PARTS else ""
        if feeder and not told["handlers"]:
            problem = f"is {'empty' if told['handlers'] is None else '0'}, and a {told['kind']} cell needs a {feeder}."
            findings.add(cells.fault(row, "handlers", "cell", problem, f"Write how many {feeder}s stand there."))
        if unit.get(told["group"], HOUR) != HOUR:
            problem = f"counts in {unit[told['group']]}s, and cells give hours."
            findings.add(cells.fault(row, "group", "unit", problem, "Name a group whose unit is hour."))


def own_runs(book: Book, findings: Findings) -> None:
    """A cell runs routes of its own group, with no more sites than it has, at temperatures that it reaches."""
    runs, cells = book["cell_runs"], {row["cell"]: row for row in book["cells"].data.to_pylist()}
    group_of = _by_name(book["routes"], "route", "group")
    routes = {row["route"]: row for row in book["routes"].data.select(["route", *TEMPERATURES]).to_pylist()}
    for row, told in enumerate(runs.data.to_pylist()):
        cell, route = cells.get(told["cell"]), told["route"]
        if cell is None:
            continue
        if route in group_of and group_of[route] != cell["group"]:
            problem = f"loads {group_of[route] or 'no group'}, and {told['cell']} is of {cell['group']}."
            findings.add(runs.fault(row, "route", "cell", problem, "Name a route of the same group."))
        if (told["sites"] or 1) > (cell["sites"] or 1):
            problem = f"is more than the {cell['sites']} of {told['cell']}."
            findings.add(runs.fault(row, "sites", "cell", problem, "Mend one of the two."))
        if route in routes and not reaches(cell, routes[route]):
            problem = (
                f"is tested at {span(routes[route])}, and {told['cell']} reaches {span(cell)}: it does not run it."
            )
            findings.warn(runs.fault(row, "route", "cell", problem))


def unrun(book: Book, findings: Findings) -> None:
    """A route of a group that has cells, and that none of them runs, is asked about."""
    routes, grouped = book["routes"], set(book["cells"].data["group"].to_pylist())
    run = set(book["cell_runs"].data["route"].to_pylist())
    for row, told in enumerate(routes.data.select(["route", "group"]).to_pylist() if grouped else ()):
        if told["group"] in grouped and told["route"] not in run:
            findings.warn(routes.fault(row, "route", "cell", f"is run by no cell of {told['group']}."))


def orderable(book: Book, findings: Findings) -> None:
    """An order adds a part that its cell has; one that is converted says from which other cell, and no other does."""
    machines, cells = book["machines"], {row["cell"]: row for row in book["cells"].data.to_pylist()}
    for row, told in enumerate(machines.data.to_pylist()):
        cell, source = cells.get(told["cell"]), told["from_cell"]
        if cell is None:
            continue
        if told["part"] in ("handler", "board") and not has(cell, told["part"]):
            problem = f"is nothing that limits {told['cell']}, a {cell['kind']} cell with as many as it needs."
            findings.add(machines.fault(row, "part", "cell", problem, "Name another part."))
        if (told["way"] == "convert") != (source is not None):
            problem = "is empty, and a conversion takes from a cell." if source is None else "is for conversions alone."
            findings.add(machines.fault(row, "from_cell", "cell", problem, "Mend it, or the way."))
        elif source == told["cell"]:
            findings.add(machines.fault(row, "from_cell", "cell", "is the cell itself.", "Name another cell."))


def reaches(cell: Mapping[str, Any], route: Mapping[str, Any]) -> bool:
    """Whether a cell reaches the temperatures at which a route is tested. What is not told limits nothing.

    >>> reaches({"temperature_least_c": 25.0, "temperature_most_c": None},
    ...         {"temperature_least_c": -40.0, "temperature_most_c": 125.0})
    False
    """
    least, most = TEMPERATURES
    cold = None not in (cell[least], route[least]) and route[least] < cell[least]
    hot = None not in (cell[most], route[most]) and route[most] > cell[most]
    return not (cold or hot)


def span(row: Mapping[str, Any]) -> str:
    """The temperatures of a cell or route, in words.

    >>> span({"temperature_least_c": -40.0, "temperature_most_c": 125.0})
    '-40 to 125 C'
    """
    least, most = (row[name] for name in TEMPERATURES)
    if least is None or most is None:
        return f"{least:g} C and more" if most is None else f"{most:g} C and less"
    return f"{least:g} C" if least == most else f"{least:g} to {most:g} C"


def has(cell: Mapping[str, Any], part: str) -> bool:
    """Whether there are so many of a part of a cell, and not as many as are asked for."""
    kind = CELL_PARTS[cell["kind"]]
    return bool(kind.feeder) if part == "handler" else bool(kind.board) and cell["boards"] is not None


def _by_name(rows: Rows, name: str, column: str) -> dict[str, Any]:
    return dict(zip(rows.data[name].to_pylist(), rows.data[column].to_pylist(), strict=True))


CELL_CHECKS: tuple[Callable[[Book, Findings], None], ...] = (whole_cells, own_runs, unrun, orderable)
