"""A lot as a wide CSV datalog, with the mapping that reads it back beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from corecar.atomic import whole_file
from corecar.formats.datalog.grammar import LOT_FACTS, REMARK, TEST_FACTS
from corecar.formats.outputs.wide import FAIL, PASS, column_labels, left_out, wide_pieces
from corecar.formats.stdf.marks import BETWEEN, marks_of
from corecar.lot import Lot
from corecar.tables import WAFERS

PART_COLUMNS = (
    "part_id", "part_text", "wafer", "x", "y", "head", "site", "hard_bin", "soft_bin", "passed", "attempt",
    "incomplete", "test_time_ms", "test_count",
)  # fmt: skip
FIRST = "part"
WAFER_FACTS = tuple(column.name for column in WAFERS if column.name not in ("wafer", "run", "head"))
MARKED = 0x2701
"""Bits of `flags` that limits and verdicts do not tell: TEST_FLG bit 0, PARM_FLG bits 0, 1, 2 and 5."""


def mapping_path(path: str | Path) -> Path:
    """Where the mapping of a written CSV stands: `lot.csv.toml` beside `lot.csv`."""
    return Path(path).with_name(Path(path).name + ".toml")


def write_csv(lot: Lot, path: str | Path) -> tuple[str, ...]:
    """Write a lot as one wide CSV: lines about the lot, the header, rows about the tests, one row per part.

    The mapping that reads it back is written to `<path>.toml`, so that `corecar.read` finds it. Returns a sentence for
    everything that a wide table cannot hold. Raises OutputError when a file cannot be written.
    """
    labels = column_labels(lot, (FIRST, *PART_COLUMNS, *LOT_FACTS))
    single = lot.runs.num_rows == 1
    facts = _told_facts(lot)
    above = [[fact, _text(lot.runs[fact][0].as_py())] for fact in facts] if single else []
    if marks := marks_of(lot):
        above.append([REMARK, BETWEEN.join(marks)])
    run_columns = [] if single else ["run", *facts]
    header = [FIRST, *PART_COLUMNS, *run_columns, *labels]
    with whole_file(path) as sibling, whole_file(mapping_path(path)) as beside:
        with sibling.open("wb") as out:
            out.write(_rows(above).encode())
            out.write(_rows([header, *_test_rows(lot, len(header) - len(labels))]).encode())
            options = pv.WriteOptions(include_header=False, quoting_style="needed")
            for start, stop, columns in wide_pieces(lot):
                whole = [*_part_columns(lot, start, stop, run_columns), *columns]
                table = pa.Table.from_arrays(whole, names=[str(at) for at in range(len(whole))])
                pv.write_csv(table, out, options)
        beside.write_text(_mapping(lot, facts, [name for name, _ in above]), encoding="utf-8")
    return (*left_out(lot), *_beside_the_parts(lot))


def _beside_the_parts(lot: Lot) -> list[str]:
    """What a lot tells of its readings, bins and wafers that no column of parts holds, one sentence each."""
    flagged = int(((lot.measurements.flags & MARKED) != 0).sum())
    counts = (
        (flagged, "flags of readings (alarm, scale error, drift, oscillation, alternate limits)"),
        (_described(lot.bins, ("name", "reported")), "descriptions of bins (name, count of the tester)"),
        (_described(lot.wafers, WAFER_FACTS), "descriptions of wafers (times, counts, sizes, orientation)"),
    )
    return [f"Left out: {count:,} {what}." for count, what in counts if count]


def _described(table: Any, facts: Sequence[str]) -> int:
    """How many rows of a table tell one of the facts."""
    told = np.zeros(table.num_rows, np.bool_)
    for fact in facts:
        told |= pc.is_valid(table[fact]).to_numpy(zero_copy_only=False)
    return int(told.sum())


def _told_facts(lot: Lot) -> list[str]:
    return [fact for fact in LOT_FACTS if fact != "run" and lot.runs[fact].null_count < lot.runs.num_rows]


def _told_tests(lot: Lot) -> list[str]:
    return [fact for fact in TEST_FACTS if lot.tests[fact].null_count < lot.tests.num_rows]


def _test_rows(lot: Lot, before: int) -> list[list[str]]:
    """One row per fact of the tests; numbers are the shortest that read back as the same float32."""
    out = []
    for fact in _told_tests(lot):
        column = lot.tests[fact]
        texts = pc.cast(column, pa.string()).to_pylist()
        out.append([f"test {fact}", *[""] * (before - 1), *(_text(text) for text in texts)])
    return out


def _part_columns(lot: Lot, start: int, stop: int, run_columns: list[str]) -> list[Any]:
    parts = lot.parts.slice(start, stop - start)
    passed = pc.if_else(parts["passed"], PASS, FAIL)
    columns = [parts["part"]]
    for name in PART_COLUMNS:
        columns.append(passed if name == "passed" else _single_line(parts[name]))
    for name in run_columns:
        columns.append(_single_line(lot.runs[name].take(parts["run"])))
    return columns


def _single_line(column: Any) -> Any:
    """Texts without line breaks, which many CSV readers cannot hold."""
    texts = pc.cast(column, pa.string()) if pa.types.is_dictionary(column.type) else column
    return pc.replace_substring_regex(texts, r"[\r\n]+", " ") if pa.types.is_string(texts.type) else texts


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).splitlines())


def _rows(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _mapping(lot: Lot, facts: list[str], above: list[str]) -> str:
    """The mapping that reads the CSV back; `above` names the lines above the header."""
    lines = len(above) + 1
    columns = [] if lot.runs.num_rows == 1 else ["run", *facts]
    lot_rows = [f"{fact} = {{ column = {_quoted(fact)} }}" for fact in columns]
    lot_rows += [f"{fact} = {{ line = {_quoted(fact)} }}" for fact in above]
    part_rows = [f"{name} = {_quoted(name)}" for name in PART_COLUMNS]
    test_rows = [f"{fact} = {_quoted(f'test {fact}')}" for fact in _told_tests(lot)]
    return "\n".join(
        [
            "# Written by Corecar beside its CSV; corecar.read finds it there.",
            "[file]", f"header_row = {lines}", f"data_row = {lines + len(test_rows) + 1}", "",
            "[lot]", *lot_rows, "",
            "[parts]", *part_rows, "",
            "[verdicts]", f'pass = ["{PASS}", "true"]', f'fail = ["{FAIL}", "false"]', "",
            "[tests]", f"exclude = [{_quoted(FIRST)}]", "[tests.rows]", *test_rows, "",
        ]
    )  # fmt: skip


def _quoted(text: str) -> str:
    """A text as TOML and JSON write it."""
    return json.dumps(text, ensure_ascii=False)
