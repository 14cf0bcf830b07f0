"""Where to begin: for a stop of some weeks, a basis of the whole program that lacks little but room in the groups.

An item is free while something stands still when an activity that is open makes it out of free items alone. Without
the limits of the groups, free items can be had at will, so only the items that are not free, and what is made of them,
decide what is lost: a program far smaller than the whole one, whose loss is a lower bound. Its basis, completed by one
activity for each free item of which more is needed than lies there, is dual feasible for the whole program, and the
dual simplex has only the groups to mend that are then overloaded.
"""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import NONE, Flags, Floats, Integers, Network
from corecar.network.model import Model
from corecar.program import Basis, Program
from corecar.solve import Solver

TOLERANCE = 1e-7


class Beginnings:
    """The program of a network over time, ready to be begun at any stop.

    model    of the network in one week
    program  the same with the part of the stock that a week may use as its last variable
    unit     pieces that its bounds count in
    """

    def __init__(self, model: Model, program: Program, unit: float) -> None:
        self.network: Network = model.network
        self.model, self.program = model, program
        self.places = model.places
        self.start = self.places.start[:, 0]
        made = self.network.activities
        self.lengths = np.diff(made.starts)
        self.taker = np.repeat(np.arange(len(made)), self.lengths)
        self.row_of = np.repeat(np.arange(len(program.row_low)), np.diff(program.starts))
        self.items = len(self.network.items.names)
        self.able = (self.start >= 0) & np.isinf(made.most[:, 0]) & (made.share >= 1)
        self.lying = (self.network.items.opening + self.network.items.arrivals.sum(axis=1)) / unit
        self.wanted = self.network.demands.wanted[:, 0] / unit

    def of(self, closed: Integers) -> Relaxed:
        """The small program of a stop."""
        return Relaxed(self, closed)

    def free(self, closed: Integers) -> tuple[Integers, list[Integers]]:
        """The activity that makes each free item, int64 of shape (items,), -1 where it is not free; the items by rank.

        An item of a rank is made of items of lower ranks.
        """
        made = self.network.activities
        able = self.able.copy()
        able[closed] = False
        by, ranks = np.full(self.items, NONE, np.int64), []
        missing = self.lengths.copy()
        fresh = able & (missing == 0)
        while fresh.any():
            candidates = np.flatnonzero(fresh & (by[made.output] == NONE))[::-1]
            by[made.output[candidates]] = candidates
            rank = np.unique(made.output[candidates])
            ranks.append(rank)
            now = np.zeros(self.items, np.bool_)
            now[rank] = True
            got = np.bincount(self.taker, weights=now[made.items], minlength=len(made)).astype(np.int64)
            missing -= got
            fresh = able & (missing == 0) & (got > 0)
        return by, ranks


class Relaxed:
    """What a stop loses if groups had no limits: a lower bound, and the basis it leads to."""

    def __init__(self, whole: Beginnings, closed: Integers) -> None:
        self.whole = whole
        made, places = whole.network.activities, whole.places
        self.by, self.ranks = whole.free(closed)
        bound: Flags = self.by == NONE
        demands = bound[whole.network.demands.item]
        shut = np.zeros(len(made), np.bool_)
        shut[closed] = True
        keep = np.zeros(len(whole.program.cost), np.bool_)
        parts = (
            whole.start[(whole.start >= 0) & bound[made.output] & ~shut],
            places.stock[bound, 0], places.supplied[demands, 0], places.behind[demands, 0],
        )  # fmt: skip
        for part in parts:
            keep[part[part >= 0]] = True
        keep[-1] = True
        self.columns = np.flatnonzero(keep)
        gone = keep.copy()
        gone[whole.start[shut & (whole.start >= 0)]] = True
        self.rows = self._rows(bound, demands, ~gone)
        self.demands = np.flatnonzero(demands)
        self.program = _part(whole, self.rows, self.columns)
        self.solver = (
            Solver(self.program, what="the stress of the chain", tolerance=TOLERANCE) if demands.any() else None
        )
        self.x = np.zeros(len(whole.program.cost))

    def _rows(self, bound: Flags, demands: Flags, foreign: Flags) -> Integers:
        """Balances and demands of what is not free; rows of shares without a foreign column."""
        whole, spans = self.whole, self.whole.model.rows
        taken = np.zeros(len(whole.program.row_low), np.bool_)
        taken[spans["balance"]] = bound
        taken[spans["demand"]] = demands
        others = np.ones(len(taken), np.bool_)
        for name in ("balance", "demand", "capacity"):
            others[spans[name]] = False
        beyond = np.bincount(whole.row_of, weights=foreign[whole.program.columns], minlength=len(taken))
        taken |= others & (beyond == 0)
        return np.flatnonzero(taken)

    def at(self, weeks: float) -> tuple[float, Floats, float]:
        """The least loss after some weeks if groups had no limits, of a week on average in the program's units.

        Returns  its value; pieces by demand; the rise of the value with the part of the stock that a week may use
        """
        whole, part = self.whole, np.array([1.0 / weeks])
        self.x = np.zeros(len(whole.program.cost))
        lost = np.zeros(len(whole.network.demands))
        self.x[-1] = part[0]
        if self.solver is None:
            return 0.0, lost, 0.0
        self.solver.change_columns(np.array([len(self.columns) - 1]), part, part)
        found = self.solver.run(method="simplex")
        self.x[self.columns] = found.x
        lost[self.demands] = self.x[whole.places.behind[self.demands, 0]]
        return found.objective, lost, float(found.reduced[-1])

    def basis(self) -> Basis:
        """Where the whole program begins after the last `at`."""
        whole, places = self.whole, self.whole.places
        columns = np.zeros(len(whole.program.cost), np.int8)
        rows = np.ones(len(whole.program.row_low), np.int8)
        free = self.by != NONE
        rows[whole.model.rows["balance"]] = np.where(free, 0, 1)
        if self.solver is not None:
            part = self.solver.basis()
            columns[self.columns], rows[self.rows] = part.columns, part.rows
        served = free[whole.network.demands.item]
        supplied = places.supplied[:, 0]
        whole_rows = np.arange(whole.model.rows["demand"].start, whole.model.rows["demand"].stop)
        rows[whole_rows[served]] = 0
        asked = served & (supplied >= 0)
        columns[supplied[asked]] = 1
        columns[places.behind[served & (supplied < 0), 0]] = 1
        needed = self._needed(np.where(served, whole.wanted, self._supplied()))
        stock = places.stock[:, 0]
        made = free & ((needed > 0) | (stock < 0))
        columns[whole.start[self.by[made]]] = 1
        columns[stock[free & ~made]] = 1
        return Basis(columns, rows)

    def _supplied(self) -> Floats:
        place = self.whole.places.supplied[:, 0]
        return np.where(place >= 0, self.x[place], 0.0)

    def _needed(self, supplied: Floats) -> Floats:
        """Of each item, what has to be made beyond what lies there, float64 of shape (items,)."""
        whole = self.whole
        network, made = whole.network, whole.network.activities
        start = np.where(whole.start >= 0, self.x[whole.start], 0.0)
        needed = np.asarray(-whole.lying * self.x[-1], np.float64)
        np.add.at(needed, network.demands.item, supplied)
        np.add.at(needed, made.items, made.quantities * start[whole.taker])
        for rank in reversed(self.ranks):
            by = self.by[rank]
            begun = np.maximum(needed[rank], 0.0) / made.yields[by, 0]
            span = self.whole.lengths[by]
            within = np.arange(span.sum()) - np.repeat(np.cumsum(span) - span, span)
            place = np.repeat(made.starts[by], span) + within
            np.add.at(needed, made.items[place], made.quantities[place] * np.repeat(begun, span))
        return needed


def _part(whole: Beginnings, rows: Integers, columns: Integers) -> Program:
    """Some rows and columns of a program."""
    program = whole.program
    place = np.full(len(program.cost), NONE, np.int64)
    place[columns] = np.arange(len(columns))
    taken = np.zeros(len(program.row_low), np.bool_)
    taken[rows] = True
    entries = taken[whole.row_of] & (place[program.columns] != NONE)
    counts = np.bincount(whole.row_of[entries], minlength=len(program.row_low))[rows]
    return Program(
        cost=program.cost[columns],
        low=program.low[columns],
        high=program.high[columns],
        row_low=program.row_low[rows],
        row_high=program.row_high[rows],
        starts=np.concatenate(([0], np.cumsum(counts))),
        columns=place[program.columns[entries]],
        values=program.values[entries],
    )
