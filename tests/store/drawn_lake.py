"""A small lake with known readings: its files in either layout, and every table as a pandas frame to compute from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from corecar.store.lake.listing import LakeFile, Listing, view_schema
from corecar.store.lake.tables import LAKE_TABLES

ORDER = ["scope", "number", "name", "pin", "kind", "group", "run"]
PARTS, WAFERS, SITES = 60, 3, 4


@dataclass(frozen=True)
class Folder:
    """The least that a question needs of an object store: a folder, or the same one as if it lay elsewhere."""

    root: Path
    remote: bool = False

    def filesystem(self) -> Any:
        return pyarrow.fs.LocalFileSystem()

    def path(self, key: str) -> str:
        return str(self.root / key)

    def local_path(self, key: str) -> Path | None:
        return None if self.remote else self.root / key

    def out_of_reach(self, error: BaseException) -> str:
        return ""


def run_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _run(name: str, lot: str | None, start: str | None, **facts: Any) -> dict[str, Any]:
    known = {"customer": "C1", "product": "P1", "stage": "wafer sort", "temperature": "25C", "test_pass": 1}
    return {"run": run_id(name), "lot": lot, "start": pd.Timestamp(start) if start else pd.NaT, **known, **facts}


RUNS = (
    _run("L1 first", "L1", "2026-01-02 08:00"),
    _run("L1 second", "L1", "2026-01-02 10:00"),
    _run("L1 retest", "L1", "2026-01-03 08:00", test_pass=2),
    _run("L1 hot", "L1", "2026-01-04 08:00", temperature="125C"),
    _run("L2", "L2", "2026-01-01 08:00"),
    _run("L2 other limits", "L2", "2026-01-05 08:00"),
    _run("L3", "L3", "2026-01-06 08:00", product="P2", stage="final test", customer="C2"),
    _run("no lot", None, None),
)
TESTS = ((1000, "VDD", None), (1001, "LEAK", "A"), (1001, "LEAK", "B"), (1002, "IDD", None), (1003, "it's [x]*", None))
LIMITS = ((-3.0, 3.0), (-3.0, 2.0), (None, 2.5), (-2.0, None), (None, None))


@dataclass(frozen=True)
class Drawn:
    """A listing and what its files hold."""

    listing: Listing
    frames: dict[str, pd.DataFrame]

    @property
    def readings(self) -> pd.DataFrame:
        """Every reading with the facts of its run, the identity of its test and its part."""
        joined = self.frames["results"].merge(self.frames["tests"], on=["run", "test"])
        joined = joined.merge(self.frames["parts"], on=["run", "part"], suffixes=("", "_of_part"))
        return joined.merge(self.frames["runs"], on="run")


def draw_lake(root: Path, *, merged: Sequence[str] = (), remote: bool = False, visible: Any = None) -> Drawn:
    """Write the lake; `merged` tables lie in one file of all runs, the others in one file per run."""
    frames = {name: frame.copy() for name, frame in _frames().items()}
    files = {table: _write(root, table, table in merged) for table in LAKE_TABLES if table in frames}
    runs = pa.Table.from_pandas(frames["runs"], preserve_index=False)
    runs = runs.set_column(runs.column_names.index("start"), "start", runs["start"].cast(pa.timestamp("us")))
    lots = pa.table({"lot": ["L1", "L2", "L3"], "state": ["open", "held", "released"]})
    return Drawn(Listing(Folder(root, remote), files, {"runs": runs, "lots": lambda: lots}, visible), frames)


def _write(root: Path, table: str, merged: bool) -> list[LakeFile]:
    """Put the files of a table in place."""
    for file, content in _files(table, merged):
        path = root / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [file for file, _ in _files(table, merged)]


@cache
def _files(table: str, merged: bool) -> list[tuple[LakeFile, bytes]]:
    """The files of a table with their content."""
    order, frame = ORDER if table == "measures" else ["run"], _frames()[table]
    if merged:
        return [_file(f"lake/{table}/m-0a1b2c3d-00000000.parquet", table, frame.sort_values(order), None)]
    return [
        _file(f"lake/{table}/{run[:16]}-00000000.parquet", table, rows, run)
        for run, rows in frame.groupby("run", sort=False)
    ]


def _file(key: str, table: str, frame: pd.DataFrame, run: str | None) -> tuple[LakeFile, bytes]:
    rows = pa.Table.from_pandas(
        frame.reindex(columns=view_schema(table).names), view_schema(table), preserve_index=False
    )
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, row_group_size=64)
    content = sink.getvalue().to_pybytes()
    return LakeFile(key, len(content), rows.num_rows, run), content


@cache
def _frames() -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(20260101)
    drawn = [_one_run(row, place, random) for place, row in enumerate(RUNS)]
    frames = {name: pd.concat([run[name] for run in drawn], ignore_index=True) for name in drawn[0]}
    return {"runs": pd.DataFrame(RUNS), **frames}


def _one_run(row: dict[str, Any], place: int, random: np.random.Generator) -> dict[str, pd.DataFrame]:
    part = np.arange(PARTS)
    final_test = row["stage"] == "final test"
    parts = pd.DataFrame(
        {
            "run": row["run"],
            "part": part,
            "wafer": None if final_test else [f"W{number % WAFERS + 1:02d}" for number in part],
            "x": part % 10,
            "y": part // 10,
            "part_id": [f"secret {place} {number}" for number in part],
            "head": 1,
            "site": part % SITES,
            "hard_bin": random.choice([1, 1, 1, 1, 5, 6, 7], PARTS),
            "attempt": 1,
            "superseded": part % 20 == 7,
            "incomplete": False,
        }
    )
    parts["soft_bin"] = parts["hard_bin"] * 10
    parts["passed"] = parts["hard_bin"] == 1
    tests = _tests(row["run"], place)
    results = _results(row["run"], place, random)
    bins = _bins(row["run"], parts)
    return {
        "parts": parts,
        "tests": tests,
        "results": results,
        "bins": bins,
        "measures": _measures(parts, tests, results),
    }


def _tests(run: str, place: int) -> pd.DataFrame:
    low, high = zip(*LIMITS, strict=True)
    tests = pd.DataFrame(TESTS, columns=["number", "name", "pin"])
    shift = 1.0 if RUNS[place] is RUNS[5] else 0.0
    columns = {"unit": "mV" if RUNS[place]["product"] == "P2" else "V", "low_limit": low}
    high_limit = pd.Series(high, dtype="float64") + shift
    return tests.assign(run=run, test=range(len(TESTS)), high_limit=high_limit, kind="parametric", **columns)


def _results(run: str, place: int, random: np.random.Generator) -> pd.DataFrame:
    """Readings whose mean and spread differ from run to run; a few carry a fail, a few were not usable."""
    count = len(TESTS)
    test, part = np.repeat(np.arange(count), PARTS), np.tile(np.arange(PARTS), count)
    value = random.normal(0.2 * place, 1 + 0.1 * place, count * PARTS).astype(np.float32)
    flags = np.where(random.random(count * PARTS) < 0.05, 0x80, 0)
    return pd.DataFrame({"run": run, "test": test, "part": part, "value": value, "flags": flags, "passed": flags == 0})


def _bins(run: str, parts: pd.DataFrame) -> pd.DataFrame:
    final = parts[~parts["superseded"]]
    rows = [
        {"run": run, "kind": kind, "bin": number, "name": f"BIN{number}", "passed": number in (1, 10),
         "first": len(of), "final": len(of)}
        for kind, column in (("hard", "hard_bin"), ("soft", "soft_bin"))
        for number, of in final.groupby(column)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _measures(parts: pd.DataFrame, tests: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    rows = results.merge(
        parts[["run", "part", "wafer", "site", "superseded", "passed"]], on=["run", "part"], suffixes=("", "_part")
    )
    rows = rows[~rows["superseded"]].merge(tests.drop(columns="run"), on="test")
    found = []
    for scope, column in (("lot", None), ("wafer", "wafer"), ("site", "site")):
        keys = rows[column].astype("string") if column else pd.Series("", index=rows.index)
        for (test, group), of in rows.groupby(["test", keys]):
            found.append({"test": test, "scope": scope, "group": group} | described(of))
    identity = tests[["run", "test", "number", "name", "pin", "kind", "unit", "low_limit", "high_limit"]]
    return pd.DataFrame(found).merge(identity, on="test").sort_values(ORDER)


def described(rows: pd.DataFrame) -> dict[str, Any]:
    """What measures say of readings, by pandas: counts over all, statistics over those of good parts."""
    good = rows.loc[rows["passed_part"], "value"].astype("float64")
    mean, sd = good.mean(), good.std()
    nearest = np.nanmin([rows["high_limit"].iloc[0] - mean, mean - rows["low_limit"].iloc[0], np.inf])
    return {
        "n": len(rows),
        "failed": int((~rows["passed"]).sum()),
        "passing_n": len(good),
        "mean": mean,
        "sd": sd,
        "minimum": good.min(),
        "q1": good.quantile(0.25),
        "median": good.median(),
        "q3": good.quantile(0.75),
        "maximum": good.max(),
        "cpk": nearest / (3 * sd) if np.isfinite(nearest) and sd > 0 else None,
    }
