"""Tables of a graded lot as people read them: parts, tests, bins, screens, what was rejected and by which limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.graded import Grade

PART_COLUMNS = ("wafer", "x", "y", "part_id", "part_text", "head", "site", "attempt")
TEST_COLUMNS = ("number", "name", "pin", "unit", "kind", "low_limit", "high_limit")
MEASURES = ("n", "failed", "mean", "sd", "minimum", "q1", "median", "q3", "maximum", "cpk")
LIMIT_COLUMNS = ("sigma", "low", "high", "clamp", "fallback")


def parts_table(grade: Grade) -> Any:
    """A row per final part: where it is, its bins before and after, whether it may ship, every reason."""
    found = grade.dispositions
    parts = grade.lot.parts.take(found["part"])
    columns = {"unit": found["unit"], **{name: parts[name] for name in PART_COLUMNS}}
    columns["wafer"] = columns["wafer"].cast(pa.string())
    columns |= {name: found[name] for name in found.column_names if name not in ("part", "unit")}
    return pa.table(columns)


def tests_table(grade: Grade) -> Any:
    """A row per test: its limits, its figures over the whole lot, and how many parts a screen rejected by it."""
    tests = grade.lot.tests
    whole = grade.measures.filter(pc.equal(grade.measures["scope"], "lot"))
    place = pc.index_in(tests["test"], whole["test"])
    columns = {name: tests[name].cast(pa.string()) if name == "kind" else tests[name] for name in TEST_COLUMNS}
    columns |= {name: whole[name].take(place) for name in MEASURES}
    rejects = np.bincount(grade.verdicts["test"].drop_null().to_numpy(), minlength=tests.num_rows)
    return pa.table({**columns, "rejected_by_screens": pa.array(rejects[: tests.num_rows])})


def bins_table(grade: Grade) -> Any:
    """A row per hard bin: parts that the tester put there, and parts that are there after screening."""
    counts = grade.summary()
    before, after = counts["hard_bins_before"], counts["hard_bins_after"]
    numbers = sorted({*before, *after}, key=lambda number: int(number) if number else -1)
    bins = zip(*(grade.lot.bins[name].to_pylist() for name in ("kind", "bin", "name")), strict=True)
    names = {str(number): name for kind, number, name in bins if kind == "hard"}
    rows = [
        {"bin": int(number) if number else None, "name": names.get(number), "tester": before.get(number, 0),
         "screened": after.get(number, 0)}
        for number in numbers
    ]  # fmt: skip
    columns = [("bin", pa.int64()), ("name", pa.string()), ("tester", pa.int64()), ("screened", pa.int64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def screens_table(grade: Grade) -> Any:
    """A row per screen: good parts that it rejects, those that it alone rejects, and its budget."""
    numbers = [("kills", pa.int64()), ("unique", pa.int64())]
    shares = [(name, pa.float64()) for name in ("share", "unique_share", "budget")]
    rows = grade.kills.get("screens", [])
    return pa.Table.from_pylist(rows, schema=pa.schema([("screen", pa.string()), *numbers, *shares]))


def rejects_table(grade: Grade) -> Any:
    """A row per verdict: the part, the screen, the test, the reading, and the limit that it was held against."""
    verdicts, lot = grade.verdicts, grade.lot
    parts = lot.parts.take(verdicts["part"])
    columns = {name: parts[name].cast(pa.string()) if name == "wafer" else parts[name] for name in PART_COLUMNS[:5]}
    columns["screen"] = verdicts["rule"].cast(pa.string())
    columns |= {name: lot.tests[name].take(verdicts["test"]) for name in ("number", "name", "unit")}
    columns |= {name: verdicts[name] for name in ("value", "distance")}
    columns |= {name: grade.limits[name].take(verdicts["limit"]) for name in LIMIT_COLUMNS}
    for name in ("clamp", "fallback"):
        columns[name] = columns[name].cast(pa.string())
    return pa.table({**columns, "old_bin": verdicts["old_bin"], "new_bin": verdicts["new_bin"],
                     "reason": verdicts["reason"]})  # fmt: skip
