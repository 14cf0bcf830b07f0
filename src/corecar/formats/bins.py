"""Bins as the parts count them, beside what the tester reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.stdf_values import NO_BIN
from corecar.tables import schema


@dataclass(frozen=True)
class Told:
    """What a file says of one bin: its name, whether it passes, and how many parts the tester counted in it."""

    name: str | None = None
    passed: bool | None = None
    count: int | None = None


def bin_table(parts: Any, told: Mapping[tuple[str, int], Told] | None = None) -> Any:
    """The `bins` table from the `parts` table and what the file told of each (`hard` or `soft`, bin)."""
    told = told or {}
    complete = ~parts["incomplete"].to_numpy()
    first = complete & (parts["attempt"].to_numpy() == 1)
    final = complete & ~parts["superseded"].to_numpy()
    rows = []
    for kind in ("hard", "soft"):
        numbers = parts[f"{kind}_bin"].fill_null(NO_BIN).to_numpy()
        counts = [np.bincount(numbers[mask], minlength=NO_BIN + 1) for mask in (first, final)]
        verdicts = _verdicts(parts, numbers)
        met = set(np.unique(numbers[complete]).tolist()) - {NO_BIN}
        for number in sorted(met | {key[1] for key in told if key[0] == kind}):
            said = told.get((kind, number), Told())
            passed = said.passed if said.passed is not None else verdicts.get(number)
            rows.append((kind, number, said.name, passed, *(int(count[number]) for count in counts), said.count))
    columns = schema("bins")
    arrays = [pa.array([row[at] for row in rows], columns.field(at).type) for at in range(len(columns))]
    return pa.Table.from_arrays(arrays, schema=columns)


def _verdicts(parts: Any, numbers: npt.NDArray[np.uint16]) -> dict[int, bool]:
    """Pass or fail of a bin whose parts all agree."""
    known = parts["passed"].is_valid().to_numpy()
    passed = parts["passed"].fill_null(False).to_numpy()
    good, bad = (set(np.unique(numbers[known & mask]).tolist()) for mask in (passed, ~passed))
    return {number: number in good for number in good ^ bad}
