"""The parts of all runs as columns: who they are, which wafer they stand on, what the tester said."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.retests import Attempts
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.layout import stacked
from corecar.formats.stdf.locate import fetch_bytes
from corecar.formats.stdf.runs import Run
from corecar.formats.stdf.texts import LATIN1, NotUtf8, Speller, flat_array
from corecar.stdf_values import NO_BIN, NO_COORDINATE, PART_FAILED, PART_NO_VERDICT
from corecar.tables import schema

APART = ("lot", "product", "stage", "test_code", "temperature")
"""Columns of `runs`: attempts in runs that differ in one of them are never of one unit."""
PADDING = (0, 32)
"""Bytes that testers fill text up with: NUL and the space."""


class PartColumns:
    """The parts of all runs as columns."""

    def __init__(self, runs: list[Run]) -> None:
        self.rows: Any = stacked([run.parts for run in runs])
        self.run = np.repeat(np.arange(len(runs), dtype=np.uint32), [len(run.parts) for run in runs])
        self.part_id, self.part_text = (
            _end_to_end([_texts_of(run, which, run.encoding) for run in runs]) for which in ("id", "text")
        )
        self.wafer_row, self.wafer_names = _wafers_of_parts(runs, len(self.rows))
        self.closed = self.rows["state"] == kernel.CLOSED
        self.complete = self.closed & ((self.rows["flags"] & 0x04) == 0)

    def attempts(self, runs: list[Run], ecid: Any) -> Attempts:
        """What the retest rules need; `ecid` is the chips' own identity as Arrow text, or None."""
        flags = self.rows["flags"]
        return Attempts(
            group=self._groups(runs),
            on_wafer=self.wafer_row >= 0,
            x=self.rows["x"],
            y=self.rows["y"],
            flags=flags,
            complete=self.complete,
            passed=self.closed & ((flags & 0x18) == 0),
            part_id=self.part_id,
            part_text=self.part_text,
            ecid=ecid,
            test_pass=np.array([run.row["test_pass"] for run in runs], np.uint16)[self.run],
            run=self.run,
        )

    def _groups(self, runs: list[Run]) -> npt.NDArray[np.int64]:
        """Lot, stage, temperature and wafer; a wafer without a name is one of its own."""
        codes: dict[tuple[Any, ...], int] = {}
        keys = [tuple(run.row[name] for name in APART) for run in runs]
        wafers = len(self.wafer_names)
        place = np.where(self.wafer_row >= 0, self.wafer_row, wafers + self.run.astype(np.int64))
        run_of, group = (np.zeros(wafers + len(runs), np.int64) for _ in range(2))
        run_of[place] = self.run
        for row in np.flatnonzero(np.bincount(place)).tolist():
            name = self.wafer_names[row] if row < wafers else None
            where = (name,) if name is not None else (None, row if row < wafers else -1)
            group[row] = codes.setdefault((*keys[run_of[row]], *where), len(codes))
        return group[place]

    def __len__(self) -> int:
        return len(self.rows)

    def table(self, attempt: Any, superseded: Any) -> Any:
        """The `parts` table, with what the retest rules found."""
        rows, flags, columns = self.rows, self.rows["flags"], schema("parts")
        closed = self.closed
        wafer = pa.DictionaryArray.from_arrays(*_dictionary(self.wafer_row, self.wafer_names))
        arrays = {
            "part": pa.array(np.arange(len(rows), dtype=np.uint32)),
            "run": pa.array(self.run),
            "wafer": wafer,
            "x": pa.array(rows["x"].copy(), mask=rows["x"] == NO_COORDINATE),
            "y": pa.array(rows["y"].copy(), mask=rows["y"] == NO_COORDINATE),
            "part_id": self.part_id,
            "part_text": self.part_text,
            "head": pa.array(rows["head"].copy()),
            "site": pa.array(rows["site"].copy()),
            "hard_bin": pa.array(rows["hard_bin"].copy(), mask=~closed | (rows["hard_bin"] == NO_BIN)),
            "soft_bin": pa.array(rows["soft_bin"].copy(), mask=~closed | (rows["soft_bin"] == NO_BIN)),
            "passed": pa.array((flags & PART_FAILED) == 0, mask=~closed | ((flags & PART_NO_VERDICT) != 0)),
            "attempt": pa.array(attempt),
            "superseded": pa.array(superseded),
            "incomplete": pa.array(~self.complete),
            "test_time_ms": pa.array(rows["time"].copy(), mask=rows["time"] == 0),
            "test_count": pa.array(rows["test_count"].copy()),
            "flags": pa.array(flags.copy()),
        }
        return pa.Table.from_arrays([arrays[name] for name in columns.names], schema=columns)


def _end_to_end(arrays: list[Any]) -> Any:
    """Arrow arrays as one; a single one as it is, for joining it would copy it."""
    return pa.concat_arrays(arrays) if len(arrays) > 1 else arrays[0]


def _texts_of(run: Run, which: str, encoding: str | None) -> Any:
    """PART_ID or PART_TXT of each part of a run as Arrow text, without padding; null where empty."""
    ends = np.zeros(len(run.parts) + 1, np.int64)
    np.cumsum(run.parts[f"{which}_length"], out=ends[1:])
    data = np.empty(int(ends[-1]), np.uint8)
    fetch_bytes(run.stream.working.arena, run.parts[f"{which}_at"].copy(), ends, data)
    if not data.size or (data.max() < 128 and not np.isin(data, PADDING).any()):
        return flat_array(pa.string(), data, ends, np.diff(ends) > 0)
    try:
        spelled, _ = Speller(encoding).spell(data, ends, None)
    except NotUtf8:
        spelled, _ = Speller(LATIN1).spell(data, ends, None)
    trimmed = pc.utf8_trim(spelled, characters="\0 ")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _wafers_of_parts(runs: list[Run], parts: int) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    """For each part the row of its wafer, or -1, and the wafers' names by row."""
    row_of = np.full(parts, -1, np.int64)
    names: list[str | None] = []
    for run in runs:
        head = run.parts["head"]
        heads = {wafer["head"] for wafer in run.wafers}
        for wafer in run.wafers:
            stop = wafer["_to"] if wafer["_to"] is not None else len(run.parts)
            span = np.arange(wafer["_from"], max(stop, wafer["_from"]))
            if len(heads) > 1:
                span = span[head[span] == wafer["head"]]
            row_of[span + run.first_part] = len(names)
            names.append(wafer["wafer"])
    return row_of, names


def _dictionary(row_of: npt.NDArray[np.int64], names: list[str | None]) -> tuple[Any, Any]:
    distinct = list(dict.fromkeys(name for name in names if name is not None))
    code = {name: place for place, name in enumerate(distinct)}
    of_row = np.array([code[name] if name is not None else -1 for name in names] + [-1], np.int32)
    codes = of_row[row_of]
    return pa.array(codes, mask=codes < 0), pa.array(distinct, pa.string())
