"""Linear and integer programs: what a solver is given and what it answers. No solver is named here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Entries(NamedTuple):
    """Coefficients of some rows as triples, in any order; those that name the same place add up."""

    row: npt.NDArray[Any]
    column: npt.NDArray[Any]
    value: npt.NDArray[Any]


@dataclass(frozen=True)
class Program:
    """min cost x + offset, row_low <= A x <= row_high, low <= x <= high.

    cost, low, high    float64, shape (columns,); infinite bounds are none
    row_low, row_high  float64, shape (rows,)
    starts, columns, values  A by rows (CSR): row i is columns[starts[i]:starts[i + 1]] with those values
    whole              bool, shape (columns,): which variables take whole numbers; None for none
    """

    cost: Floats
    low: Floats
    high: Floats
    row_low: Floats
    row_high: Floats
    starts: Integers
    columns: Integers
    values: Floats
    offset: float = 0.0
    whole: npt.NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.row_low), len(self.cost)

    def activity(self, x: Floats) -> Floats:
        """A x, float64 of shape (rows,); plain arithmetic, without the solver."""
        return np.asarray(np.add.reduceat(np.append(self.values * x[self.columns], 0.0), self.starts[:-1])) * (
            np.diff(self.starts) > 0
        )

    def violation(self, x: Floats) -> float:
        """The largest amount by which x breaks a bound or a row."""
        rows = self.activity(x)
        worst = [self.low - x, x - self.high, self.row_low - rows, rows - self.row_high]
        return max(0.0, *(float(part.max(initial=0.0)) for part in worst))


def by_rows(entries: Entries, rows: int) -> tuple[Integers, Integers, Floats]:
    """Triples as rows: `starts`, `columns` and `values` of a `Program`, columns ascending within a row.

    The order of the triples does not matter but for the order in which equal places are added up.
    """
    from scipy.sparse import coo_array

    width = int(entries.column.max(initial=-1)) + 1
    summed = coo_array((entries.value, (entries.row, entries.column)), shape=(rows, max(width, 1))).tocsr()
    summed.sum_duplicates()
    return summed.indptr, summed.indices, summed.data


@dataclass(frozen=True)
class Solution:
    """What came out of one run.

    status     `optimal`, or `time limit` where a feasible point was found and not proved best
    objective  of x, with the offset
    bound      no feasible point is better than this
    gap        (objective - bound) / |objective|; 0 at the optimum
    x          float64, shape (columns,)
    prices     float64, shape (rows,): by how much the objective rises when a row's binding side rises by one; the zero
               vector for a program with whole variables
    reduced    float64, shape (columns,): the same of the variables' bounds
    seconds    wall time in the solver; iterations: its steps of all kinds
    """

    status: Literal["optimal", "time limit"]
    objective: float
    bound: float
    gap: float
    x: Floats
    prices: Floats
    reduced: Floats
    seconds: float
    iterations: int


class Basis(NamedTuple):
    """Where a run of the simplex ended or shall begin: one state for each variable and each row.

    columns  int8, shape (columns,): 1 in the basis, 0 at the lower bound, 2 at the upper, 3 free at 0
    rows     int8, shape (rows,): the same of a row's activity; as many 1 in both as there are rows
    """

    columns: npt.NDArray[np.int8]
    rows: npt.NDArray[np.int8]
