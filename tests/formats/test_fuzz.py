"""Thousands of damaged files, the same ones each time: only Corecar's own errors come out, in time and in memory.

CORECAR_FUZZ makes a longer run, for example CORECAR_FUZZ=20 for twenty times as many cases.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import zstandard

from corecar.simulate import Outliers, simulate_lot

MUTATION = Path(__file__).with_name("mutation.py")
TIMES = float(os.environ.get("CORECAR_FUZZ", "1"))
SIMULATED, REAL, TRAP, PACKED = 100, 100, 30, 50
"""Cases for each file of a kind."""

PROCESSES = 2
LIMIT_S = 300.0 * max(TIMES, 1.0)
"""A process that takes longer hangs: in compiled code no other clock would stop it."""

FIRST_RECORDS, LAST_RECORDS = 160, 40
"""What is taken of a real lot, so that damage meets records of every type."""


@dataclass(frozen=True)
class Outcome:
    """What one process said: the cases it began, the faults it found, and how it ended."""

    began: list[str]
    faults: list[dict[str, Any]]
    ended: str


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    plans = [f"{file}:0:{int(cases * TIMES)}" for file, cases in bases(tmp_path_factory.mktemp("fuzz"))]
    with ThreadPoolExecutor(PROCESSES) as pool:
        return list(pool.map(run, (plans[part::PROCESSES] for part in range(PROCESSES))))


def bases(folder: Path) -> Iterator[tuple[Path, int]]:
    """The files to damage, and how many times: simulated ones, and the shared ones where they are."""
    none = Outliers(strong=0, weak=0)
    for name, big in (("little.stdf", False), ("big.stdf", True)):
        simulated = simulate_lot(folder / name, wafers=2, dies=8, tests=20, big_endian=big, outliers=none)
        yield simulated, SIMULATED
    content = (folder / "little.stdf").read_bytes()
    yield written(folder / "packed.stdf.gz", gzip.compress(content, mtime=0)), PACKED
    yield written(folder / "packed.stdf.zst", zstandard.compress(content)), PACKED
    with zipfile.ZipFile(folder / "packed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("little.stdf", content)
    yield folder / "packed.zip", PACKED
    shared = Path(__file__).resolve().parents[3] / "shared" / "data"
    for file in sorted((shared / "traps").glob("*")):
        yield (excerpt(folder, file) if file.stat().st_size > 10_000 else file), TRAP
    for file in sorted((shared / "stdf").glob("*")):
        yield (excerpt(folder, file) if file.stat().st_size > 10_000 else file), REAL


def excerpt(folder: Path, file: Path) -> Path:
    """The first and the last records of a long file, or the first bytes of one that cannot be inflated."""
    try:
        content = gzip.decompress(file.read_bytes())
    except EOFError:
        return written(folder / file.name, file.read_bytes()[:4000])
    order: Literal["big", "little"] = "big" if content[0] == 0 else "little"
    at, places = 0, []
    while at < len(content):
        places.append(at)
        at += 4 + int.from_bytes(content[at : at + 2], order)
    kept = content[: places[FIRST_RECORDS]] + content[places[-LAST_RECORDS] :]
    return written(folder / file.name.removesuffix(".gz"), kept)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def run(plans: list[str]) -> Outcome:
    """Read the damaged files of some plans in a process of their own, where a crash or a hang can be seen."""
    command = [sys.executable, "-W", "error", str(MUTATION), *plans]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
        said, ended = process.stdout, f"ended with {process.returncode}: {process.stderr[-2000:]}"
        ended = "" if process.returncode == 0 else ended
    except subprocess.TimeoutExpired as error:
        said, ended = (error.stdout or b"").decode(), f"hangs, stopped after {LIMIT_S:g} s"
    lines = said.splitlines()
    faults = [json.loads(line) for line in lines if line.startswith("{")]
    return Outcome([line for line in lines if not line.startswith("{")], faults, ended)


def test_a_damaged_file_raises_nothing_but_corecars_own_errors(outcomes: list[Outcome]) -> None:
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    shown = "\n\n".join(f"{row['replay']} ({row['damage']}), {row['call']}: {row['fault']}" for row in faults[:10])
    assert not faults, f"{len(faults)} faults; replay one with {MUTATION.name}:\n{shown}"


def test_a_damaged_file_neither_crashes_nor_hangs_the_reader(outcomes: list[Outcome]) -> None:
    stopped = [f"{outcome.began[-1:]} {outcome.ended}" for outcome in outcomes if outcome.ended]
    assert not stopped


def test_damage_of_every_kind_was_tried(outcomes: list[Outcome]) -> None:
    began = [line for outcome in outcomes for line in outcome.began]
    tried = {name for line in began for name in line.partition(" ")[2].split(", ") if name}
    assert len(tried) == 10
    assert len(began) >= int(2 * SIMULATED * TIMES)
