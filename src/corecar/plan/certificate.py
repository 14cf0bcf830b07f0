"""A plan and a bound checked again with a plain sparse matrix, made from the tables and from nothing else.

It shares no code with the model, the method, the bound or the repair: every variable of every week has a column, one
that is not there has a most of 0, and each family of rows is a product of small matrices. A x of the plan must lie
within the rows, A^T y of the prices below the cost; then cost and bound are added up anew (weak duality).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.errors import SolverError
from corecar.network.arrays import NONE, Flags, Floats, Network
from corecar.plan.bound import Proof
from corecar.plan.plans import Plan

DUAL = 1e-11
"""Part of the terms of a reduced cost by which it may be below 0."""
ROW = 1e-9
"""Part of what passes through a row by which it may be broken."""


@dataclass(frozen=True)
class Table:
    """The weekly model as a sparse matrix: min cost x, low <= A x <= high, 0 <= x <= most."""

    matrix: Any
    cost: Floats
    most: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Checked:
    """What the matrix says of a plan or of a bound.

    value      the cost of the plan, or the bound
    violation  the largest part by which a row (of a plan) or a reduced cost (of a bound) is broken; 0 is exact
    """

    value: float
    violation: float


def table_of(network: Network, limit: Floats | None = None) -> Table:
    """The matrix of a network.

    limit  float64, shape (groups, weeks): the capacity that plans may use; by default the maximum
    Columns: starts, stocks, supplied, behind, breaches; rows: balances, demands, capacity, shares, floors.
    """
    from scipy.sparse import block_array, csr_array, diags_array, eye_array, kron

    made, items, groups, demands, weeks = (
        network.activities, network.items, network.groups, network.demands, network.weeks,
    )  # fmt: skip
    counts = len(made), len(items.names), len(demands), len(groups)
    week = eye_array(weeks)
    carried = week - eye_array(weeks, k=-1)
    satisfied = csr_array((np.ones(counts[2]), (demands.item, np.arange(counts[2]))), shape=(counts[1], counts[2]))
    taken = csr_array((made.quantities, made.items, made.starts), shape=counts[:2]).T
    lying = kron(diags_array(items.kept.astype(float)), carried)
    behind = kron(eye_array(counts[2]), carried)
    asked = eye_array(counts[2] * weeks)
    used, shares = _used(network), _shares(network)
    floors = _floors(network)
    sides = [each.shape[0] for each in (kron(used, week), kron(shares, week))]
    matrix = block_array(
        [
            [kron(taken, week) - _given(network), lying, kron(satisfied, week), None, None],
            [None, None, asked, behind, None],
            [kron(used, week), csr_array((sides[0], counts[1] * weeks)), None, None, None],
            [kron(shares, week), None, None, None, None],
            [*floors, csr_array((len(network.floors), counts[2] * weeks)), eye_array(len(network.floors))],
        ],
        format="csr",
    )
    given = items.arrivals + np.where(np.arange(weeks) == 0, items.opening[:, None], 0.0)
    able = (groups.maximum if limit is None else limit).ravel()
    least = np.array([floor.least for floor in network.floors])
    equal = np.concatenate([given.ravel(), demands.wanted.ravel()])
    none = np.full(sides[0] + sides[1], -np.inf)
    infinite = np.full(len(network.floors), np.inf)
    return Table(
        matrix,
        np.concatenate([
            made.cost.ravel(), np.repeat(items.holding, weeks), np.zeros(counts[2] * weeks), demands.late.ravel(),
            np.array([floor.price for floor in network.floors]),
        ]),
        np.concatenate([
            _open(network).ravel(), np.where(np.repeat(items.kept, weeks), np.inf, 0.0),
            np.where(np.cumsum(demands.wanted, axis=1) > 0, np.inf, 0.0).ravel(), np.full(counts[2] * weeks, np.inf),
            infinite,
        ]),
        np.concatenate([equal, none, least]),
        np.concatenate([equal, able, np.zeros(sides[1]), infinite]),
    )  # fmt: skip


def check_plan(table: Table, plan: Plan) -> Checked:
    """What a plan costs and by how much it breaks a row or a variable's range, relative to what passes there."""
    x = np.concatenate([part.ravel() for part in (plan.start, plan.stock, plan.supplied, plan.behind, plan.breach)])
    row, size = table.matrix @ x, 1.0 + abs(table.matrix) @ np.abs(x)
    worst = [(table.low - row) / size, (row - table.high) / size, -x / (1 + np.abs(x)), (x - table.most) / (1 + x)]
    return Checked(float(table.cost @ x), max(0.0, *(float(part.max(initial=0.0)) for part in worst)))


def check_bound(table: Table, proof: Proof) -> Checked:
    """What prices prove, and by how much a reduced cost is below 0 where nothing limits its variable.

    What limits a variable is taken off the bound times its reduced cost below 0.
    """
    prices = proof.prices
    y = np.concatenate([
        -prices.item.ravel(), proof.demand.ravel(), -prices.capacity.ravel(), -prices.share.ravel(), prices.floor,
    ])  # fmt: skip
    reduced = table.cost - table.matrix.T @ y
    size = 1.0 + np.abs(table.cost) + abs(table.matrix).T @ np.abs(y)
    free = np.isinf(table.most)
    wrong: Flags = np.isneginf(table.low) & (y > 0) | np.isposinf(table.high) & (y < 0)
    side = np.where(y > 0, table.low, table.high)
    sides = float(np.where(y == 0, 0.0, y * np.where(np.isinf(side), 0.0, side)).sum())
    limited = float((np.where(free, 0.0, table.most) * np.minimum(reduced, 0.0)).sum())
    violation = max(
        float(np.where(free, -reduced / size, 0.0).max(initial=0.0)), float(np.abs(y[wrong]).max(initial=0.0))
    )
    return Checked(sides + limited, violation)


def certified(table: Table, plan: Plan, proof: Proof) -> None:
    """Nothing where plan and bound hold. Raises SolverError with what does not."""
    for what, check, least, said in (
        ("plan breaks a row", check_plan(table, plan), ROW, plan.cost),
        ("bound breaks a reduced cost", check_bound(table, proof), DUAL, proof.bound),
    ):
        if check.violation > least or abs(check.value - said) > 1e-8 * (1.0 + abs(said)):
            raise SolverError(
                f"the {what} by {check.violation:.1e} of its terms ({least:g} is allowed) and is worth "
                f"{check.value:.9g}, {said:.9g} was said. Report it with the tables; use another method until then."
            )


def _open(network: Network) -> Floats:
    made = network.activities
    late = np.arange(network.weeks)[None, :] + made.lead[:, None] >= network.weeks
    return np.where(late, 0.0, made.most)


def _given(network: Network) -> Any:
    """What starts give, items x weeks by activities x weeks; what would come after the horizon is not there."""
    from scipy.sparse import coo_array

    made, weeks = network.activities, network.weeks
    activity, week = np.divmod(np.arange(len(made) * weeks), weeks)
    inside = week + made.lead[activity] < weeks
    activity, week = activity[inside], week[inside]
    place = (made.output[activity] * weeks + week + made.lead[activity], activity * weeks + week)
    shape = (len(network.items.names) * weeks, len(made) * weeks)
    return coo_array((made.yields[activity, week], place), shape=shape)


def _used(network: Network) -> Any:
    """Capacity of one start, groups x activities: own group and all around it, (1 + N + N^2 + ...) own."""
    from scipy.sparse import csr_array

    made, groups = network.activities, network.groups
    some = np.flatnonzero(made.group != NONE)
    own = csr_array((made.use[some], (made.group[some], some)), shape=(len(groups), len(made)))
    nested = np.flatnonzero(groups.part_of != NONE)
    around = csr_array((np.ones(len(nested)), (groups.part_of[nested], nested)), shape=(len(groups), len(groups)))
    total = own
    while own.nnz:
        own = around @ own
        total = total + own
    return total


def _shares(network: Network) -> Any:
    """Own start less its share of all that give the same, limited activities x activities."""
    from scipy.sparse import csr_array

    made, count = network.activities, len(network.activities)
    limited = np.flatnonzero(made.share < 1)
    every = np.arange(count)
    gives = csr_array((np.ones(count), (every, made.output)), shape=(count, len(network.items.names)))
    own = csr_array((np.ones(len(limited)), (np.arange(len(limited)), limited)), shape=(len(limited), count))
    part = csr_array((made.share[limited], (np.arange(len(limited)), limited)), shape=(len(limited), count))
    return own - part @ gives @ gives.T


def _floors(network: Network) -> list[Any]:
    """What one of each counts as where a floor counts, one block each over starts, stocks and supplied."""
    from scipy.sparse import csr_array

    weeks, made = network.weeks, network.activities
    sizes = {"started": len(made), "stock": len(network.items.names), "supplied": len(network.demands)}
    of_block = {kind: [kind] for kind in sizes} | {"started": ["started", "given"]}
    blocks = []
    for kind, size in sizes.items():
        cells = [
            (number, row * weeks + week, weight)
            for number, floor in enumerate(network.floors) if floor.kind in of_block[kind]
            for row, weight in zip(floor.rows, floor.weights or (1.0,) * len(floor.rows), strict=True)
            for week, weight in _variables(network, floor.kind, row, floor.weeks, weight)
        ]  # fmt: skip
        rows, columns = np.array([cell[:2] for cell in cells], np.int64).reshape(-1, 2).T
        values = np.array([cell[2] for cell in cells], np.float64)
        blocks.append(csr_array((values, (rows, columns)), shape=(len(network.floors), size * weeks)))
    return blocks


def _variables(network: Network, kind: str, row: int, weeks: tuple[int, ...], weight: float) -> list[tuple[int, float]]:
    """Weeks of a row's variables that count, with what one counts as: good pieces count when they can be used."""
    if kind != "given":
        return [(week, weight) for week in weeks]
    lead = int(network.activities.lead[row])
    return [
        (week - lead, weight * float(network.activities.yields[row, week - lead])) for week in weeks if week >= lead
    ]
