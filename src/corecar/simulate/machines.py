"""Fictional cells for the capacity groups of a province that count in hours, and what can be ordered for them.

Cells give together what their group's capacity says on the mean, and run all of its routes at the hours that the routes
use, so that a plan and its cells tell the same story. Ten types of machines can be ordered, within budgets of quarters.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.chain.sheets import Sheet
from corecar.chain.weeks import week_name
from corecar.chain.words import HOUR

Row = dict[str, Any]
OEE, INDEX_S, RETEST, EFFICIENCY = 0.8, 0.6, 0.03, 0.95
SITES = 4
TYPES: tuple[Row, ...] = (
    {"part": "station", "way": "buy", "price": 4_200_000, "lead_weeks": 16, "qualification_weeks": 4},
    {"part": "station", "way": "used", "price": 1_900_000, "lead_weeks": 8, "qualification_weeks": 6, "works": 0.85},
    {"part": "station", "way": "rent", "price": 52_000, "lead_weeks": 4, "qualification_weeks": 3, "rent_weeks": 26},
    {"part": "machine", "way": "buy", "price": 3_100_000, "lead_weeks": 14, "qualification_weeks": 4},
    {"part": "machine", "way": "used", "price": 1_400_000, "lead_weeks": 7, "qualification_weeks": 6, "works": 0.85},
    {"part": "machine", "way": "rent", "price": 38_000, "lead_weeks": 3, "qualification_weeks": 3},
    {"part": "board", "way": "buy", "price": 160_000, "lead_weeks": 6, "qualification_weeks": 1},
    {"part": "board", "way": "used", "price": 70_000, "lead_weeks": 3, "qualification_weeks": 2, "works": 0.9},
    {"part": "handler", "way": "buy", "price": 900_000, "lead_weeks": 10, "qualification_weeks": 2},
    {"part": "handler", "way": "used", "price": 420_000, "lead_weeks": 5, "qualification_weeks": 2, "works": 0.9},
)
"""What can be ordered, by type: prices in CNY; templates, to be confirmed."""
KINDS = {"sort": "sort", "burn-in": "burn-in"}
"""Kind of the cells of a group by the stage of its routes; all others test."""


def with_machines(
    chain: Chain, *, cells: int, options: int = 2, budget: float = 40_000_000, begin: date, weeks: int, seed: int = 1
) -> Chain:
    """A province with cells, machines to order and budgets.

    cells    how many in all, at least one for each group
    options  types of machines that each cell can order
    budget   of each quarter [CNY]
    begin, weeks  the Monday of the first week, and how many weeks budgets reach
    """
    draw = np.random.default_rng(seed)
    groups = [row for row in chain.groups.to_pylist() if row["unit"] == HOUR]
    stages = dict(zip(chain.routes["group"].to_pylist(), chain.routes["stage"].to_pylist(), strict=True))
    hours: dict[str, list[float]] = defaultdict(list)
    for row in chain.capacity.to_pylist():
        hours[row["group"]].append(row["actual"])
    routes: dict[str, list[Row]] = defaultdict(list)
    for row in chain.routes.to_pylist():
        routes[row["group"]].append(row)
    made: dict[str, list[Row]] = {"cells": [], "cell_runs": [], "machines": []}
    for place, group in enumerate(groups):
        several = max(cells // len(groups) + (place < cells % len(groups)), 1)
        name = group["group"]
        for number in range(1, several + 1):
            cell = _cell(name, number, float(np.mean(hours[name])) / several, KINDS.get(stages[name], "test"), draw)
            made["cells"].append(cell)
            made["cell_runs"] += [_run(cell["cell"], row) for row in routes[name]]
            made["machines"] += list(_machines(cell, options, draw))
    made["budgets"] = list(_budgets(begin, weeks, budget))
    return take_in([_sheet(name, rows) for name, rows in made.items()], chain).chain


def _cell(group: str, number: int, hours: float, kind: str, draw: np.random.Generator) -> Row:
    """A cell that gives so many hours a week; of its parts one or several are as few."""
    machines = max(math.ceil(hours / (20 * 8 * OEE)), 1)
    shifts = min(hours / (machines * 8 * OEE), 21.0)
    extra = int(draw.integers(0, 2))
    return {
        "cell": f"{group}-{number:02}", "group": group, "kind": kind, "machines": machines + extra,
        "handlers": machines if kind in ("test", "sort") else None, "boards": machines + 1 - extra,
        "sites": SITES, "shifts": max(shifts, 0.01), "oee": OEE,
    }  # fmt: skip


def _run(cell: str, route: Mapping[str, Any]) -> Row:
    """A run at the hours that the route uses."""
    touchdown = max(route["use"] / (1 + RETEST) * 3600 * SITES - INDEX_S, 0.01)
    return {
        "cell": cell, "route": route["route"], "time_s": touchdown / (1 + (SITES - 1) * (1 - EFFICIENCY)),
        "index_time_s": INDEX_S, "multi_site_efficiency": EFFICIENCY, "retest_rate": RETEST,
    }  # fmt: skip


def _machines(cell: Row, options: int, draw: np.random.Generator) -> Iterator[Row]:
    able = [kind for kind in TYPES if kind["part"] != "handler" or cell["handlers"] is not None]
    for place in draw.choice(len(able), min(options, len(able)), replace=False).tolist():
        kind = able[place]
        yield {"option": f"{cell['cell']}-{kind['part']}-{kind['way']}", "cell": cell["cell"], "currency": "CNY",
               "most": int(draw.integers(1, 4)), "floor_m2": 12 if kind["part"] != "board" else 0, **kind}  # fmt: skip


def _budgets(begin: date, weeks: int, amount: float) -> Iterator[Row]:
    for quarter in range(math.ceil(weeks / 13)):
        first = begin + timedelta(weeks=13 * quarter)
        yield {"budget": f"quarter {quarter + 1}", "from_week": week_name(first), "currency": "CNY", "amount": amount,
               "until_week": week_name(first + timedelta(weeks=12))}  # fmt: skip


def _sheet(name: str, rows: Sequence[Row]) -> Sheet:
    header = list(dict.fromkeys(word for row in rows for word in row))
    columns = {
        word: pa.array(["" if row.get(word) is None else str(row[word]) for row in rows], pa.string())
        for word in header
    }
    return Sheet(name, "simulated", columns, np.arange(2, len(rows) + 2, dtype=np.int64))
