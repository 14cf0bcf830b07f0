"""Benchmark of ingest: one large file beside its conversion to Parquet, and many files with one worker and with two.

python bench/ingest.py                        some five minutes
python bench/ingest.py --small                seconds, to see that it runs
python bench/ingest.py --megabytes 300 --maker make_big_stdf.py
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import corecar
from files import MB, Shape, made_lot
from machine import describe_machine

RATE = 0.6
"""Of the rate of `corecar convert` to Parquet that ingest must reach."""
CONVERT, INGEST, PEER = "convert to Parquet", "ingest", "stdf-convert + pyarrow"
WAYS = {
    CONVERT: "corecar.write(corecar.read(path), place + '.parquet')",
    INGEST: "corecar.init(place).ingest([path], workers='inline')",
    PEER: "import subjects, pathlib; os.mkdir(place); subjects.stdf_convert_parquet(path, pathlib.Path(place))",
}
TIMED = """
import os, sys, time, corecar
sys.path.insert(0, {bench!r})
def work(path, place):
    {work}
work(sys.argv[1], sys.argv[3] + "-small")
before, begun = os.times(), time.perf_counter()
work(sys.argv[2], sys.argv[3])
after = os.times()
print(time.perf_counter() - begun, after.user + after.system - before.user - before.system)
"""
LOTS = {"lots of 25 wafers, a file each": (1, 25), "lots of 25 wafers, a file per wafer": (25, 1)}
"""By what it is: files of a lot, wafers of a file."""
DIES, TESTS = 400, 74
ALONE, ONE, TWO = "1 worker on 1 core", "1 worker", "2 workers"
WORKERS: tuple[tuple[str, int, int | None], ...] = ((ALONE, 1, 1), (ONE, 1, None), (TWO, 2, None))
"""Name, workers, and cores that they and the process that commits may use; None for all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.megabytes, options.maker, options.runs, options.lots, options.dies = 1.0, None, 1, 1, 20
    report: dict[str, Any] = {"machine": describe_machine()}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="corecar-bench-", dir=options.folder) as folder:
        report["large"] = _large_file(Path(folder), options)
        for name, (files, wafers) in LOTS.items():
            report[name] = _many(Path(folder), name, options, files, wafers)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _large_file(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Ingest of one large file beside its conversion to Parquet, each in processes of its own that are warm."""
    path = made_lot(folder, Shape("text"), options.megabytes, options.maker)
    small, size = folder / "small.stdf", path.stat().st_size
    corecar.simulate_lot(small, wafers=1, dies=20, tests=20)
    print(f"\none file of {size / MB:,.0f} MB, seconds and CPU seconds (median of {options.runs}, least in brackets)")
    found: dict[str, float] = {"bytes": size}
    for name, work in WAYS.items():
        runs = [_timed(work, small, path, folder / f"{name[:3]}{run}") for run in range(options.runs)]
        seconds, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        least, least_cpu = (min(column) for column in zip(*runs, strict=True))
        found |= {name: seconds, f"{name}, CPU": cpu}
        print(
            f"  {name:24} {seconds:6.2f} ({least:.2f}) {cpu:6.2f} ({least_cpu:.2f})   {size / MB / seconds:5.0f} MB/s",
            flush=True,
        )
    found["share"] = share = found[CONVERT] / found[INGEST]
    print(f"  {_verdict(share >= RATE)} ingest at {share:.2f} of the rate to Parquet (>= {RATE})")
    found["times peer"] = times = found[PEER] / found[INGEST]
    print(f"  ingest at {times:.1f} times the rate of {PEER}")
    return found


def _timed(work: str, small: Path, path: Path, place: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of some work in a process that has done it once on a small file."""
    code = TIMED.format(work=work, bench=str(Path(__file__).parent))
    words = [sys.executable, "-c", code, str(small), str(path), str(place)]
    outcome = subprocess.run(words, check=True, capture_output=True, text=True)
    for left in place.parent.glob(f"{place.name}*"):
        shutil.rmtree(left)
    seconds, cpu = outcome.stdout.split()
    return float(seconds), float(cpu)


def _many(folder: Path, name: str, options: argparse.Namespace, files: int, wafers: int) -> dict[str, float]:
    """Some lots taken in by one worker on one core, by one on all, and by two."""
    incoming = folder / f"in-{files}"
    incoming.mkdir()
    with ProcessPoolExecutor() as makers:
        tasks = [(incoming, seed, wafers, options.dies) for seed in range(1, options.lots * files + 1)]
        list(makers.map(_make, tasks))
    paths = sorted(incoming.glob("*.stdf.gz"))
    results = sum(len(corecar.read(path).measurements) for path in paths)
    print(f"\n{options.lots} {name}: {len(paths)} files, {results:,} results", flush=True)
    found: dict[str, float] = {"files": len(paths), "results": results}
    for way, workers, cores in WORKERS:
        with _on_cores(cores):
            seconds = statistics.median(_taken_in(folder, paths, workers) for _ in range(options.runs))
        found[way] = seconds
        print(
            f"  {way:24} {seconds:6.2f} s   {len(paths) / seconds:6.1f} files/s "
            f"{results / seconds / 1e6:6.2f} M results/s",
            flush=True,
        )
    least = min(found[TWO], found[ONE])
    print(f"  two workers are {found[ONE] / found[TWO]:.2f} times as fast as one that may use both cores,")
    print(f"  and two cores {found[ALONE] / least:.2f} times as fast as one core with one worker")
    return found


@contextmanager
def _on_cores(number: int | None) -> Iterator[None]:
    """Let this process and those it starts use so many cores; None for all."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:number]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _taken_in(folder: Path, paths: list[Path], workers: int) -> float:
    """Seconds to take files into a fresh workspace by worker processes, their start included."""
    with tempfile.TemporaryDirectory(dir=folder) as place, corecar.init(Path(place) / "house") as house:
        begun = time.perf_counter()
        house.ingest(paths, workers=f"processes:{workers}")
        return time.perf_counter() - begun


def _make(what: tuple[Path, int, int, int]) -> None:
    folder, seed, wafers, dies = what
    corecar.simulate_lot(folder / f"lot{seed:05}.stdf.gz", wafers=wafers, dies=dies, tests=TESTS, seed=seed)


def _verdict(met: bool) -> str:
    return "met   " if met else "MISSED"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure ingest.")
    parser.add_argument("--small", action="store_true", help="tiny, to see that it runs")
    parser.add_argument("--megabytes", type=float, default=300.0, help="size of the large file")
    parser.add_argument("--maker", type=Path, help="a script that makes large files")
    parser.add_argument("--runs", type=int, default=3, help="runs of each")
    parser.add_argument("--lots", type=int, default=10, help="lots of 25 wafers")
    parser.add_argument("--dies", type=int, default=DIES, help="dies of a wafer")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
