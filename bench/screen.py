"""Benchmark of the screens: each beside one np.partition pass for median and quartiles over the same readings.

python bench/screen.py                        some minutes: to 100 million results
python bench/screen.py --small                seconds, to see that it runs
python bench/screen.py --sizes 50000x200
python bench/screen.py --sizes --distances 50000x20   one group of tests beside scikit-learn's robust covariance

Beside every time stand the cores that it kept busy (CPU by wall-clock time) and the memory on top of the readings.
Behind each size stand pandas beside the same limits and the time of one group of tests, at the end what a result takes
at each size. On a busy machine only the ratios count, and its load is printed.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.lot import Lot, Results, Retests
from corecar.screen import Recipe, read_recipe
from corecar.screen.dies import lay_out
from corecar.screen.dynamic import derive
from corecar.screen.group_screens import mahalanobis, pca_residual
from corecar.screen.pair_screen import pair_residual
from corecar.screen.recipe import parse_recipe
from corecar.screen.screening import OF_PLACES, OF_READINGS
from corecar.screen.verdicts import judge
from corecar.tables import schema
from distances import compare_distances, print_distances
from frames import dynamic_long, dynamic_wide, long_frame, wide_frame
from growth import print_groups, print_growth, print_pandas
from machine import describe_machine
from subjects import memory_kb

DIES = 2000
"""Dies of a wafer."""
SITES = 8
SIZES = ("12500x200", "50000x200", "50000x1000", "10000x10000", "500000x200")
PASS = "np.partition"
TOGETHER = "dynamic PAT, GDBN, Z-PAT"
NEIGHBOURS = "nearest neighbour residual"
DYNAMIC = "dynamic PAT by wafer and site"
PROMISES = {TOGETHER: 3.0, NEIGHBOURS: 4.0}
"""Times one pass that a subject may take, where it is promised."""
PROMISED_FROM_S = 0.1
"""Below it, what does not grow with the readings is most of the time."""
MEMORY = 2.0
"""Of the readings' bytes that a subject may need on top."""
WATCH_S = 0.002
OTHERS = ("cluster", "scratch", "parametric-z-pat")
OUTLIERS = 100_000
"""Readings of which one lies far out, so that verdicts are there to be compared."""
FAR = 7.5
"""Sigmas: beyond what dynamic limits allow, within the test's own limits of 8."""
RELATED = 20
"""Tests of a group that is judged as one."""
SLOW_TO = 12_000_000
"""Results up to which what takes many passes is measured too: pandas, groups of tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.sizes, options.runs, options.distances = ["2000x5", "4000x5"], 1, ["900x4"]
    report: dict[str, Any] = {"machine": describe_machine(), "sizes": {}}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    _run(_made_lot(600, 3), 1)
    for size in options.sizes:
        parts, tests = map(int, size.split("x"))
        report["sizes"][size] = _sized(size, _made_lot(parts, tests), options.runs)
    print_growth(report["sizes"])
    report["distances"] = {size: _distances(size, options.runs) for size in options.distances}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _distances(size: str, runs: int) -> dict[str, float]:
    parts, tests = map(int, size.split("x"))
    found = compare_distances(parts, tests, runs)
    print_distances(found, parts, tests)
    return found


def _sized(size: str, made: tuple[Lot, Any], runs: int) -> dict[str, Any]:
    """All subjects on one size, printed as they come."""
    lot = made[0]
    results = len(lot.measurements)
    data = sum(getattr(lot.measurements, name).nbytes for name in ("offsets", "part", "value", "flags"))
    print(f"\n{size.replace('x', ' parts x ')} tests, {results / 1e6:.1f} M results, {data / 1e6:,.0f} MB", flush=True)
    print(f"  {'':32} {'s':>8} {'CPU s':>8} {'cores':>5} {'ns/result':>9} {'pass':>6} {'MB':>7} {'of data':>7}")
    found = _run(made, runs)
    for name, row in found.items():
        row |= {"of_data": row["peak_mb"] * 1e6 / data, "ns": row["seconds"] / results * 1e9}
        row["cores"] = row["cpu"] / row["seconds"]
        print(
            f"  {name:32} {row['seconds']:8.3f} {row['cpu']:8.3f} {row['cores']:5.2f} {row['ns']:9.1f} "
            f"{row['ratio']:5.2f}x {row['peak_mb']:7.0f} {row['of_data']:6.2f}x{_verdict(name, row)}",
            flush=True,
        )
    print_pandas(found, DYNAMIC)
    print_groups(found, tests=lot.tests.num_rows, of=RELATED)
    return {"results": results, "bytes": data, "subjects": found}


def _verdict(name: str, row: dict[str, float]) -> str:
    if name not in PROMISES or row["seconds"] < PROMISED_FROM_S:
        return ""
    met = row["ratio"] <= PROMISES[name] and row["of_data"] <= MEMORY
    return f"  {'met' if met else 'MISSED'} (<= {PROMISES[name]:g}x, memory <= {MEMORY:g}x)"


def _run(made: tuple[Lot, Any], runs: int) -> dict[str, dict[str, float]]:
    """Every subject in turn, some rounds; the ratio is that of each round's own pass, the median of the rounds."""
    subjects = _subjects(*made)
    rounds: dict[str, list[tuple[float, ...]]] = {name: [] for name in subjects}
    for _ in range(runs):
        one = _measured(subjects[PASS])
        for name, work in subjects.items():
            seconds, cpu, peak, beyond = one if name == PASS else _measured(work)
            rounds[name].append((seconds, cpu, peak, seconds / one[0], beyond))
    return {name: _summed_up(rows) for name, rows in rounds.items()}


def _summed_up(rows: Sequence[tuple[float, ...]]) -> dict[str, float]:
    """Medians of the rounds; of memory the most, as later rounds find some that was left to them."""
    seconds, cpu, peak_mb, ratio, beyond = zip(*rows, strict=True)
    middle = {"seconds": seconds, "cpu": cpu, "ratio": ratio, "beyond": beyond}
    return {name: statistics.median(column) for name, column in middle.items()} | {"peak_mb": max(peak_mb)}


def _subjects(lot: Lot, values: Any) -> dict[str, Callable[[], Any]]:
    """What is measured, by name."""
    recipe = replace(read_recipe(), scope="wafer-site")
    quarter = values.shape[1] // 4
    kinds = ("gdbn", "z-pat", "nnr", *OTHERS)
    rows = {row.kind: row for row in parse_recipe("".join(f'[[screen]]\nkind = "{k}"\n' for k in kinds), "").screens}
    dies = lay_out(lot)

    def places(*chosen: str) -> list[Any]:
        own = lay_out(lot)
        return [OF_PLACES[kind](lot, own, rows[kind]) for kind in chosen]

    found = {
        PASS: lambda: np.partition(values, [quarter, 2 * quarter, 3 * quarter], axis=1),
        DYNAMIC: lambda: _dynamic(lot, recipe),
        "GDBN": lambda: places("gdbn"),
        "Z-PAT": lambda: places("z-pat"),
        TOGETHER: lambda: [_dynamic(lot, recipe), *places("gdbn", "z-pat")],
        NEIGHBOURS: lambda: OF_READINGS["nnr"](lot, dies, rows["nnr"], recipe),
        "clusters": lambda: places("cluster"),
        "scratches": lambda: places("scratch"),
        "parametric Z-PAT": lambda: OF_READINGS["parametric-z-pat"](lot, dies, rows["parametric-z-pat"], recipe),
    }
    return found | (_slow_subjects(lot, recipe) if len(lot.measurements) <= SLOW_TO else {})


def _slow_subjects(lot: Lot, recipe: Recipe) -> dict[str, Callable[[], Any]]:
    """Dynamic limits with pandas, its frames made beforehand; groups of tests, pairs of tests."""
    numbers = [str(number) for number in lot.tests["number"].to_pylist()]
    groups = [numbers[start : start + RELATED] for start in range(0, len(numbers), RELATED)]
    pairs = [numbers[start : start + 2] for start in range(0, len(numbers) - 1, 2)]
    text = (
        f'[[screen]]\nkind = "mahalanobis"\ngroups = {json.dumps(groups)}\n'
        f'[[screen]]\nkind = "pca-residual"\ngroups = {json.dumps(groups)}\n'
        f'[[screen]]\nkind = "pair-residual"\npairs = {json.dumps(pairs)}\n'
    )
    rows = {row.kind: row for row in parse_recipe(text, "").screens}
    wide, long = wide_frame(lot), long_frame(lot)
    return {
        "dynamic PAT in pandas, wide": lambda: dynamic_wide(wide),
        "dynamic PAT in pandas, long": lambda: dynamic_long(long),
        f"Mahalanobis, groups of {RELATED}": lambda: mahalanobis(lot, rows["mahalanobis"], recipe),
        f"PCA residual, groups of {RELATED}": lambda: pca_residual(lot, rows["pca-residual"], recipe),
        "pair residual, every second test": lambda: pair_residual(lot, rows["pair-residual"], recipe),
    }


def _dynamic(lot: Lot, recipe: Recipe) -> Any:
    return judge(lot, derive(lot, recipe), recipe)


def _measured(work: Callable[[], Any]) -> tuple[float, float, float, int]:
    """Seconds, CPU seconds of all cores, private memory at its peak on top of what was there [MB], readings beyond."""
    gc.collect()
    before, peak, done = memory_kb("RssAnon"), [0], threading.Event()

    def watch() -> None:
        while not done.wait(WATCH_S):
            peak[0] = max(peak[0], memory_kb("RssAnon"))

    watching = threading.Thread(target=watch)
    watching.start()
    cpu, begun = time.process_time(), time.perf_counter()
    kept = work()
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu
    peak[0] = max(peak[0], memory_kb("RssAnon"))
    done.set()
    watching.join()
    beyond = kept if isinstance(kept, int) else len(getattr(kept, "part", ()))
    return seconds, cpu_seconds, max(peak[0] - before, 0) * 1024 / 1e6, beyond


def _made_lot(parts: int, tests: int) -> tuple[Lot, Any]:
    """A lot of round wafers with random readings, and the readings as a matrix, shape (tests, parts), one memory."""
    random = np.random.default_rng(1)
    x, y, wafer = _places(parts)
    values = random.standard_normal((tests, parts), dtype=np.float32)
    values.reshape(-1)[random.integers(0, values.size, values.size // OUTLIERS + 1)] = FAR
    good = random.random(parts) > 0.05
    bins = np.where(good, 1, 7)
    columns = {"part": range(parts), "run": 0, "wafer": wafer, "x": x, "y": y, "head": 1, "site": 1 + x % SITES,
               "hard_bin": bins, "soft_bin": bins, "passed": good, "attempt": 1, "superseded": False,
               "incomplete": False, "flags": 0}  # fmt: skip
    results = Results(
        np.arange(tests + 1, dtype=np.int64) * parts, np.tile(np.arange(parts, dtype=np.uint32), tests),
        values.reshape(-1), np.zeros(parts * tests, np.uint16),
    )  # fmt: skip
    named = {"test": range(tests), "number": range(1000, 1000 + tests), "name": [f"T{test}" for test in range(tests)],
             "low_limit": -8.0, "high_limit": 8.0, "kind": "parametric"}  # fmt: skip
    empty = {name: schema(name).empty_table() for name in ("repeats", "part_limits", "bins", "wafers", "texts")}
    retests = Retests("xy", "last", "made for the benchmark", 0, 0)
    runs = _table("runs", 1, {"run": 0, "lot": "L1", "stage": "wafer sort", "test_pass": 1})
    return Lot(
        runs=runs, parts=_table("parts", parts, columns), tests=_table("tests", tests, named), measurements=results,
        sources=(), retests=retests, **empty,
    ), values  # fmt: skip


def _places(parts: int) -> tuple[Any, Any, list[str]]:
    """x, y and wafer of each part: round wafers filled row by row."""
    of_wafer = min(parts, DIES)
    side = int(np.ceil(np.sqrt(of_wafer * 4 / np.pi))) + 2
    y, x = np.mgrid[:side, :side]
    near = np.argsort((x - side / 2) ** 2 + (y - side / 2) ** 2, axis=None, kind="stable")[:of_wafer]
    near.sort()
    place = np.arange(parts) % of_wafer
    wafers = [f"W{number:03}" for number in (np.arange(parts) // of_wafer).tolist()]
    return x.ravel()[near][place], y.ravel()[near][place], wafers


def _table(name: str, rows: int, columns: dict[str, Any]) -> Any:
    """A table of `corecar.tables`; a single value stands for every row, a column not given is null."""
    arrays = []
    for field in schema(name):
        given = columns.get(field.name)
        if given is None:
            arrays.append(pa.nulls(rows, field.type))
            continue
        listed = given if hasattr(given, "__len__") and not isinstance(given, str) else [given] * rows
        kind = pa.string() if pa.types.is_dictionary(field.type) else None
        arrays.append(pa.array(list(listed) if isinstance(listed, range) else listed, kind).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema(name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the screens.")
    parser.add_argument("--small", action="store_true", help="tiny, to see that it runs")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), metavar="PARTSxTESTS", help="what to measure")
    parser.add_argument(
        "--distances", nargs="*", default=["50000x20"], metavar="PARTSxTESTS", help="groups to hold beside scikit-learn"
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
