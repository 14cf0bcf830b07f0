"""What a whole process costs: the first on an empty cache, which makes machine code, and every later one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from files import Shape, made_lot

COMMANDS = ("info", "tests", "parts")
LATER_RUNS = 7
"""Runs of each command once the cache is full, unless fewer are asked for."""


class Cost(NamedTuple):
    """Seconds of one process: by the clock, and of the processor."""

    seconds: float
    cpu_seconds: float


def measure_start(folder: Path, later_runs: int = LATER_RUNS) -> dict[str, list[Cost]]:
    """Run small commands on a small file and print what they cost; by the name of each command its runs."""
    small = made_lot(folder, Shape("lean"), 0.1)
    with tempfile.TemporaryDirectory(prefix="corecar-cache-") as cache:
        found = {"first": [_run(["info", str(small)], cache)]}
        for command in COMMANDS:
            _run([command, str(small)], cache)
            found[command] = [_run([command, str(small)], cache) for _ in range(later_runs)]
        found["--help"] = [_run(["--help"], cache) for _ in range(later_runs)]
    print(f"\nwhole processes on {small.stat().st_size / 1000:.0f} kB: seconds and CPU seconds, each least and median")
    for name, costs in found.items():
        figures = [pick(column) for column in zip(*costs, strict=True) for pick in (min, median)]
        said = "info, the first time (compiles)" if name == "first" else name
        print(f"  {said:32}" + "".join(f"{figure:8.2f}" for figure in figures), flush=True)
    return found


def _run(arguments: list[str], cache: str) -> Cost:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "corecar.cli", *arguments]
    subprocess.run(command, env=os.environ | {"NUMBA_CACHE_DIR": cache}, capture_output=True, check=True)
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
