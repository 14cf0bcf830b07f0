"""Bins as the parts count them, beside what the tester reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.lot import finally_counted
from corecar.stdf_values import NO_BIN
from corecar.tables import schema


@dataclass(frozen=True)
class Told:
    """What a file says of one bin: its name, whether it passes, and how many parts the tester counted in it."""

    name: str | None = None
    passed: bool | None = None
    count: int | None = None


def bin_table(parts: Any, identity: str, told: Mapping[tuple[str, int], Told] | None = None) -> Any:
    """The `bins` table from the `parts` table and what the file told of each (`hard` or `soft`, bin).

    identity  what made two attempts the same unit; without one the final counts are as `finally_counted` says
    """
    told = told or {}
    complete = ~parts["incomplete"].to_numpy()
    first = complete & (parts["attempt"].to_numpy() == 1)
    final = finally_counted(parts, identity)
    verdicts = _Verdicts(parts)
    rows = []
    for kind in ("hard", "soft"):
        numbers = parts[f"{kind}_bin"].fill_null(NO_BIN).to_numpy()
        room = max(int(numbers[numbers != NO_BIN].max(initial=0)), *(key[1] for key in told), 0) + 1
        met, in_first, in_final = (_counts(numbers[mask], room) for mask in (complete, first, final))
        good, bad = (_counts(numbers[mask], room) for mask in (verdicts.passed, verdicts.failed))
        for number in sorted({*np.flatnonzero(met).tolist(), *(key[1] for key in told if key[0] == kind)}):
            said = told.get((kind, number), Told())
            agreed = bool(good[number]) if bool(good[number]) != bool(bad[number]) else None
            passed = said.passed if said.passed is not None else agreed
            rows.append((kind, number, said.name, passed, int(in_first[number]), int(in_final[number]), said.count))
    columns = schema("bins")
    arrays = [pa.array([row[at] for row in rows], columns.field(at).type) for at in range(len(columns))]
    return pa.Table.from_arrays(arrays, schema=columns)


class _Verdicts:
    """Masks of the parts that are known to have passed, and to have failed."""

    def __init__(self, parts: Any) -> None:
        known = parts["passed"].is_valid().to_numpy()
        passed = parts["passed"].fill_null(False).to_numpy()
        self.passed, self.failed = known & passed, known & ~passed


def _counts(numbers: npt.NDArray[np.uint16], room: int) -> npt.NDArray[np.int64]:
    """How many parts each bin below `room` has."""
    return np.bincount(numbers[numbers < room], minlength=room)
