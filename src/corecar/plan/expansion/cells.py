"""Cells as they are: parts, hours, rates; what limits each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from corecar.chain.cell_checks import TEMPERATURES, reaches, span
from corecar.chain.chain import Chain
from corecar.chain.words import CELL_PARTS
from corecar.errors import ArgumentError
from corecar.plan.expansion.rates import hours_a_unit, units_an_hour

SHIFT = 8.0
"""Hours."""
MACHINE, HANDLER, BOARD = "machine", "handler", "board"
PARTS = (MACHINE, HANDLER, BOARD)
"""What a cell is the least of."""


class Measured(NamedTuple):
    """What testers tell of a route: units an hour by the wall clock, retests and index time in them, over some lots."""

    units_an_hour: float
    lots: int


@dataclass(frozen=True)
class Run:
    """A route that a cell runs.

    hours     of the cell that one unit takes, its retests with it
    an_hour   insertions an hour; None where the hours were measured, retests in them
    sites     units at a time
    boards    of this product; None for as many as are asked for
    setup     hours a week that setting up for it takes
    source    `measured` by testers, `told` as measured by the table, or `assumed`
    """

    route: str
    hours: float
    an_hour: float | None
    sites: int
    boards: int | None
    setup: float
    source: str
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """Machines that work together.

    parts  how many there are of each of `PARTS`; None for as many as are asked for
    each   hours a week of one machine: shifts x 8 x OEE
    """

    name: str
    group: str
    kind: str
    parts: Mapping[str, int | None]
    each: float
    assumed: bool
    runs: tuple[Run, ...]
    row: Mapping[str, Any]

    @property
    def stations(self) -> int:
        """Machines that can work at a time: the least of its parts."""
        return min(count for count in self.parts.values() if count is not None)

    @property
    def setup(self) -> float:
        """Hours a week that setting up takes."""
        return sum(run.setup for run in self.runs)

    @property
    def hours(self) -> float:
        """Hours a week in which it makes."""
        return max(self.stations * self.each - self.setup, 0.0)

    @property
    def limits(self) -> tuple[str, ...]:
        """The parts of which there are fewest, by what they are called in a cell of this kind."""
        least = self.stations
        return tuple(self.called(part) for part in PARTS if self.parts[part] == least)

    @property
    def one_more(self) -> float:
        """Hours a week that one more of what limits it would give; 0 where two parts do."""
        rest = sorted(count for count in self.parts.values() if count is not None)
        return self.each if len(rest) < 2 or rest[1] > rest[0] else 0.0

    def called(self, part: str) -> str:
        """A part by its name in the template: `probe card`."""
        return dict(zip(PARTS, CELL_PARTS[self.kind], strict=True))[part]


def cells_of(chain: Chain, measured: Mapping[str, Measured] | None = None) -> tuple[Cell, ...]:
    """The cells of a chain, with what each runs.

    measured  route -> what testers tell, in place of what the table says
    Raises    ArgumentError for a chain without cells, and for routes that none of their group's cells runs

    A route that is tested at temperatures which a cell does not reach is none of the cell's, whatever `cell_runs` says.
    """
    known = measured or {}
    runs: dict[str, list[Run]] = {}
    rows = {row["cell"]: row for row in chain.cells.to_pylist()}
    routes = {row["route"]: row for row in chain.routes.select(["route", *TEMPERATURES]).to_pylist()}
    for row in chain.cell_runs.to_pylist():
        cell, route = rows.get(row["cell"]), routes.get(row["route"])
        if cell is not None and (route is None or reaches(cell, route)):
            runs.setdefault(row["cell"], []).append(_run(row, int(cell["sites"] or 1), known.get(row["route"])))
    cells = tuple(_cell(row, tuple(runs.get(name, ()))) for name, row in rows.items())
    if not cells:
        raise ArgumentError("the chain has no cells. Fill in the tables cells and cell_runs.")
    _all_run(chain, cells)
    return cells


def _cell(row: Mapping[str, Any], runs: tuple[Run, ...]) -> Cell:
    kind = CELL_PARTS[row["kind"]]
    return Cell(
        name=row["cell"],
        group=row["group"],
        kind=row["kind"],
        parts={
            MACHINE: row["machines"],
            HANDLER: row["handlers"] if kind.feeder else None,
            BOARD: row["boards"] if kind.board else None,
        },
        each=row["shifts"] * SHIFT * row["oee"],
        assumed=bool(row["assumed"]),
        runs=runs,
        row=row,
    )


def _run(row: Mapping[str, Any], most: int, known: Measured | None) -> Run:
    sites = int(row["sites"] or most)
    setup = row["setups_a_week"] * row["setup_hours"]
    if known is not None:
        return Run(row["route"], 1.0 / known.units_an_hour, None, sites, row["boards"], setup, "measured", row)
    an_hour = units_an_hour(row["time_s"], row["index_time_s"], sites, row["multi_site_efficiency"])
    hours = hours_a_unit(an_hour, row["retest_rate"])
    return Run(row["route"], hours, an_hour, sites, row["boards"], setup, "assumed" if row["assumed"] else "told", row)


def _all_run(chain: Chain, cells: tuple[Cell, ...]) -> None:
    """Raises ArgumentError that names the products that no cell can run."""
    grouped = {cell.group for cell in cells}
    run = {each.route for cell in cells for each in cell.runs}
    lost = [
        row for row in chain.routes.select(["route", "product", "group", *TEMPERATURES]).to_pylist()
        if row["group"] in grouped and row["route"] not in run
    ]  # fmt: skip
    if lost:
        listed = set(chain.cell_runs["route"].to_pylist())
        named = "; ".join(_lost(row, cells, listed) for row in lost[:5])
        more = f"; and {len(lost) - 5:,} more" if len(lost) > 5 else ""
        raise ArgumentError(f"no cell can run {named}{more}. {_advice(lost, listed)}")


def _lost(row: Mapping[str, Any], cells: tuple[Cell, ...], listed: set[str]) -> str:
    """A product and route that no cell can run; of one that cells are listed for, at which temperatures."""
    named = f"{row['product']} by {row['route']} on {row['group']}"
    if row["route"] not in listed:
        return named
    there = ", ".join(
        f"{cell.name} reaches {span(cell.row)}" for cell in cells if cell.group == row["group"]
        and not reaches(cell.row, row)
    )  # fmt: skip
    return f"{named}, tested at {span(row)}, and {there}"


def _advice(lost: Sequence[Mapping[str, Any]], listed: set[str]) -> str:
    if all(row["route"] in listed for row in lost):
        return "Add a cell that reaches it to the tables cells and cell_runs; one that is to be bought has 0 machines."
    return "Add rows of these routes to the table cell_runs."


def to_buy_first(chain: Chain, cells: Sequence[Cell]) -> list[str]:
    """What to buy for products that no cell which stands can run, because another cell reaches their temperature."""
    standing = {run.route for cell in cells if cell.stations for run in cell.runs}
    products = dict(zip(chain.routes["route"].to_pylist(), chain.routes["product"].to_pylist(), strict=True))
    told = []
    for cell in cells:
        alone = sorted({run.route for run in cell.runs} - standing)
        options = [row["option"] for row in chain.machines.to_pylist() if row["cell"] == cell.name]
        if alone and not cell.stations:
            what = " or ".join(options) or "machines"
            named = ", ".join(f"{products.get(route, route)} by {route}" for route in alone)
            told.append(f"Buy {what} for {cell.name}, because no cell that stands can run {named}.")
    return told
