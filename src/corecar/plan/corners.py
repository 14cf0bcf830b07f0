"""The corner that a plan was found at, as a table: what the next plan of nearly the same network begins from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corecar.program import Basis

VARIABLE, ROW = 0, 1


def corner_table(corner: Basis) -> Any:
    """Two columns of int8: `of`, 0 for a variable and 1 for a row, and its `state` as of `Basis`, each in its order."""
    of = np.repeat(np.array([VARIABLE, ROW], np.int8), [len(corner.columns), len(corner.rows)])
    return pa.table({"of": of, "state": np.concatenate([corner.columns, corner.rows])})


def corner_of(table: Any) -> Basis:
    """The corner that a table tells of; one that fits no program is told by its numbers of variables and rows."""
    of, state = (table[name].to_numpy() for name in ("of", "state"))
    return Basis(state[of == VARIABLE], state[of == ROW])
