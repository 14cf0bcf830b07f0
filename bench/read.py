"""Benchmark of reading: Corecar beside its peers on the same files, each in processes of its own.

python bench/read.py                           about ten minutes
python bench/read.py --small                   seconds, to see that it runs
python bench/read.py --sizes 10 100 1000 --only text
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from files import MB, Shape, gzipped, made_lot, repeated_lot
from machine import describe_machine
from measure import Measurement, measure
from start import measure_start
from subjects import SUBJECTS
from targets import held_against_targets

ROOT = Path(__file__).resolve().parents[1]
REAL_LOT = ROOT.parent / "shared" / "data" / "stdf" / "a530_lot2.stdf.gz"

PLAIN = ("corecar read", "corecar to Parquet", "stdf-convert tables", "stdf-convert to Parquet", "header walk")
PACKED = ("corecar read", "isal inflate", "stdf-convert tables")
COMPLETE = ("corecar read", "stdf-convert tables", "stupidf")
TINY = ("corecar read", "stdf-convert tables", "pystdf")
BASE = "stdf-convert tables"

WARM_UP_MB = 0.3
PYSTDF_MB = 2.0


@dataclass(frozen=True)
class Case:
    """A file and the subjects that read it."""

    name: str
    path: Path
    warm_up: Path
    subjects: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when every subject of Corecar ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.sizes, options.runs, options.styles, options.endians = [0.3], 1, ["text"], ["little"]
    folder = options.folder or Path(tempfile.gettempdir()) / "corecar-bench"
    folder.mkdir(parents=True, exist_ok=True)
    machine = describe_machine()
    print("\n".join(f"{name:14} {value}" for name, value in machine.items()), flush=True)
    report: dict[str, Any] = {"machine": machine, "cases": []}
    if not options.no_start and _wanted(options.only, "start"):
        report["start"] = measure_start(folder, 1) if options.small else measure_start(folder)
    failed = False
    for case in _cases(options, folder):
        found = _measured(case, options)
        _print_case(case, found)
        report["cases"].append({"name": case.name, "bytes": case.path.stat().st_size, **_plain(found)})
        failed |= any(each.failure for name, each in found.items() if name.startswith("corecar"))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Corecar's reading beside its peers, on the same files.")
    parser.add_argument("--sizes", type=float, nargs="+", default=[10, 100], metavar="MB", help="file sizes")
    parser.add_argument("--styles", nargs="+", default=["lean", "text", "full"], choices=["lean", "text", "full"])
    parser.add_argument("--endians", nargs="+", default=["little", "big"], choices=["little", "big"])
    parser.add_argument("--maker", type=Path, help="a script that makes the files, instead of the simulator")
    parser.add_argument("--real", type=Path, default=REAL_LOT, help="a real one-wafer file to repeat")
    parser.add_argument("--folder", type=Path, help="where the files are made and kept")
    parser.add_argument("--runs", type=int, default=3, help="runs of each subject; the median counts")
    parser.add_argument("--limit", type=float, default=300.0, metavar="S", help="seconds a run may take")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="cases or subjects with any such word")
    parser.add_argument("--no-start", action="store_true", help="leave out the start of the program")
    parser.add_argument("--small", action="store_true", help="tiny files, one run: does it work at all?")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser


def _cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """The cases asked for; a file is made when its turn comes."""
    for size, style, endian in product(options.sizes, options.styles, options.endians):
        shape = Shape(style, endian == "big")
        name = f"{shape.name} {size:g} MB"
        if subjects := _chosen(options.only, name, PLAIN):
            yield Case(name, made_lot(folder, shape, size, options.maker), _warm_up(folder, shape, options), subjects)
    largest = max(options.sizes)
    text = Shape("text")
    name = f"gzip {text.name} {largest:g} MB"
    if subjects := _chosen(options.only, name, PACKED):
        packed = gzipped(made_lot(folder, text, largest, options.maker))
        yield Case(name, packed, gzipped(_warm_up(folder, text, options)), subjects)
    name = f"real {options.real.name.partition('.')[0]} {largest:g} MB"
    if options.real.exists() and (subjects := _chosen(options.only, name, PLAIN)):
        repeated = repeated_lot(folder, options.real, largest)
        yield Case(name, repeated, repeated_lot(folder, options.real, WARM_UP_MB), subjects)
    yield from _peer_cases(options, folder, largest)


def _peer_cases(options: argparse.Namespace, folder: Path, largest: float) -> Iterator[Case]:
    """Files for the peers that are slow, or read only files of one kind."""
    size = min(largest, PYSTDF_MB)
    text = Shape("text")
    if subjects := _chosen(options.only, name := f"tiny {text.name} {size:g} MB", TINY):
        yield Case(name, made_lot(folder, text, size, options.maker), _warm_up(folder, text, options), subjects)
    complete = Shape("full", parametric_only=True)
    name = f"complete {complete.name} {largest:g} MB"
    if options.maker and (subjects := _chosen(options.only, name, COMPLETE)):
        path = made_lot(folder, complete, largest, options.maker)
        yield Case(name, path, _warm_up(folder, complete, options), subjects)


def _warm_up(folder: Path, shape: Shape, options: argparse.Namespace) -> Path:
    return made_lot(folder, shape, WARM_UP_MB, options.maker)


def _chosen(words: list[str], case: str, subjects: tuple[str, ...]) -> tuple[str, ...]:
    """All subjects when the case has one of the words, else those that have one themselves."""
    if _wanted(words, case):
        return subjects
    return tuple(name for name in subjects if _wanted(words, name))


def _wanted(words: list[str], name: str) -> bool:
    return not words or any(word in name for word in words)


def _measured(case: Case, options: argparse.Namespace) -> dict[str, Measurement]:
    case.path.read_bytes()
    return {
        name: measure(name, case.path, case.warm_up, runs=options.runs, limit_s=options.limit) for name in case.subjects
    }


def _print_case(case: Case, found: dict[str, Measurement]) -> None:
    size = case.path.stat().st_size
    base = found.get(BASE)
    print(f"\n{case.name} ({size / MB:.1f} MB)")
    print(f"  {'':26}{'s':>9}{'MB/s':>9}{'cores':>7}{'peak MB':>9}{'kept MB':>9}{'x ' + BASE:>23}{'in CPU s':>10}")
    for name, row in found.items():
        if row.failure:
            print(f"  {name:26}  {row.failure}")
            continue
        times = cpu_times = ""
        if base and not base.failure:
            times, cpu_times = f"{base.seconds / row.seconds:.1f}", f"{base.cpu_seconds / row.cpu_seconds:.1f}"
        cores = row.cpu_seconds / row.seconds
        figures = f"{row.seconds:9.3f}{size / MB / row.seconds:9.0f}{cores:7.1f}{row.peak_mb:9.0f}{row.kept_mb:9.0f}"
        print(f"  {name:26}{figures}{times:>23}{cpu_times:>10}  {SUBJECTS[name].does}{_per_result(row)}")
    walk, read = found.get("header walk"), found.get("corecar read")
    if walk and read and not read.failure:
        print(f"  corecar read takes {read.seconds / walk.seconds:.1f} times the header walk")
    for target, value, met in held_against_targets(case.path, found):
        sign = ">=" if target.at_least else "<="
        said = "met" if met else "MISSED"
        print(f"  {said:7} {target.promise}: {value:.2f} {target.unit} ({sign} {target.limit:g})")
    sys.stdout.flush()


def _per_result(row: Measurement) -> str:
    results = row.facts.get("results")
    return f"; {results:,.0f} results, {row.seconds / results * 1e9:.1f} ns each" if results else ""


def _plain(found: dict[str, Measurement]) -> dict[str, Any]:
    return {"subjects": {name: asdict(row) for name, row in found.items()}}


if __name__ == "__main__":
    raise SystemExit(main())
