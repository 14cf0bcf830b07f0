"""The parts of a pool in order of time, and in groups: by lot, wafer, site or what they were tested on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.assess.pools import HARDWARE, Pool
from corecar.strata import CodeArray

GROUPS = ("lot", "wafer", "site", *HARDWARE)
"""What parts can be grouped by."""
_NEVER = datetime.max


def part_words(pool: Pool, name: str) -> list[Any]:
    """A column of `parts`, or of the runs behind them (`lot`, `start`), by part of the pool."""
    found: list[Any] = []
    for lot, rows in zip(pool.lots, pool.chosen, strict=True):
        if name in lot.parts.column_names:
            found += lot.parts[name].take(rows).to_pylist()
        else:
            of_run = lot.runs[name].to_pylist()
            found += [of_run[run] for run in lot.parts["run"].to_numpy()[rows]]
    return found


def in_time(pool: Pool) -> npt.NDArray[np.intp]:
    """Places of the parts, by when their lot was begun and within it as they were tested; lots without a time last."""
    codes = pool.lot_codes
    first = [_NEVER] * pool.lot_count
    for code, start in zip(codes, part_words(pool, "start"), strict=True):
        first[code] = min(first[code], _bare(start))
    order = sorted(range(len(first)), key=lambda code: (first[code], _place(codes, code)))
    rank = np.argsort(order)
    return np.argsort(rank[codes], kind="stable")


def _bare(start: datetime | None) -> datetime:
    return _NEVER if start is None else start.replace(tzinfo=None)


def _place(codes: CodeArray, code: int) -> int:
    return int(np.argmax(codes == code))


def groups(pool: Pool, by: str) -> tuple[CodeArray, list[str]]:
    """The group of each part and the groups' names, in order of time; -1 where a part has none.

    by  one of `GROUPS`; the wafers of several lots are told apart by their lots
    """
    if by in ("site", *HARDWARE):
        return pool.labels(by)
    order = in_time(pool)
    lots = part_words(pool, "lot")
    names = [str(lot) for lot in lots] if by == "lot" else _wafers(lots, part_words(pool, "wafer"), pool.lot_count > 1)
    places: dict[str, int] = {}
    codes = np.full(len(pool), -1, np.int32)
    for row in order.tolist():
        name = names[row]
        if name is not None:
            codes[row] = places.setdefault(name, len(places))
    return codes, list(places)


def _wafers(lots: list[Any], wafers: list[Any], several: bool) -> list[str | None]:
    both = zip(lots, wafers, strict=True)
    return [None if wafer is None else f"{lot} {wafer}" if several else f"{wafer}" for lot, wafer in both]


def part_rows(pool: Pool, places: Any) -> list[dict[str, Any]]:
    """What tells a person which parts these are: lot, wafer, part, x, y."""
    columns = {"part": "part_id", "lot": "lot", "wafer": "wafer", "x": "x", "y": "y"}
    told = {name: part_words(pool, source) for name, source in columns.items()}
    return [{name: cells[place] for name, cells in told.items()} for place in map(int, places)]
