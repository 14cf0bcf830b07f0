"""Benchmark of the workspace: a lake of many small lots, what one more costs and what questions cost.

python bench/workspace.py                        some five minutes: 1,000 lots
python bench/workspace.py --small                seconds, to see that it runs
python bench/workspace.py --lots 5000
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import corecar
from machine import describe_machine

ASKED = 5
"""How often each question is asked; the median counts."""
DIES, TESTS = 100, 74
PROMISES = {
    "trend of one test over all lots": 0.3,
    "all readings of one test of one lot": 0.1,
    "one wafer's map": 0.1,
    "parts of the whole lake by product": 1.0,
}
"""Seconds that a question may take."""
ONE_MORE = 9
"""Lots taken in one by one at each size of the lake; the median counts."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.lots = 6
    report: dict[str, Any] = {"machine": describe_machine()}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="corecar-bench-", dir=options.folder) as folder:
        report["lake"] = _lake(Path(folder), options.lots)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _lake(folder: Path, lots: int) -> dict[str, Any]:
    """Many small lots: how they come in, what one more costs, what questions cost."""
    incoming = folder / "in"
    incoming.mkdir()
    with ProcessPoolExecutor() as makers:
        list(makers.map(_make, [(incoming, seed) for seed in range(1, lots + 3 * ONE_MORE + 1)]))
    raw = sum(path.stat().st_size for path in incoming.glob("*.gz"))
    print(f"\n{lots:,} lots of 1 wafer, {DIES} dies, {TESTS} tests", flush=True)
    report: dict[str, Any] = {"lots": lots}
    with corecar.init(folder / "house") as house:
        stages = sorted({min(10, lots), min(100, lots), lots})
        files = sorted(incoming.glob("*.stdf.gz"))
        taken, spare = 0, lots
        for stage in stages:
            begun = time.perf_counter()
            house.ingest(files[taken:stage], workers="processes:2")
            rate = (stage - taken) / (time.perf_counter() - begun)
            each = sorted(
                _seconds(partial(house.ingest, [file], workers="inline")) for file in files[spare:][:ONE_MORE]
            )
            report[f"one more at {stage}"] = statistics.median(each)
            print(
                f"  to {stage:>5,} lots: {rate:6.1f} files/s with two processes; one more lot, of {ONE_MORE}: median "
                f"{statistics.median(each) * 1e3:.0f} ms, {each[0] * 1e3:.0f} to {each[-1] * 1e3:.0f}",
                flush=True,
            )
            taken, spare = stage, spare + ONE_MORE
        report |= _asked(house, files[0])
        report |= _sizes(folder / "house", raw, house)
    return report


def _make(what: tuple[Path, int]) -> None:
    folder, seed = what
    corecar.simulate_lot(folder / f"lot{seed:05}.stdf.gz", wafers=1, dies=DIES, tests=TESTS, seed=seed)
    (folder / f"lot{seed:05}.truth.json").unlink(missing_ok=True)


def _asked(house: Any, first: Path) -> dict[str, float]:
    """The questions, each asked several times."""
    number = str(corecar.read(first).tests["number"][5].as_py())
    name = house.lots()["rows"][-1]["lot"]
    questions: dict[str, Callable[[], Any]] = {
        "trend of one test over all lots": lambda: house.trend(number),
        "all readings of one test of one lot": lambda: house.readings(name, number),
        "one wafer's map": lambda: house.wafer(name, "W01"),
        "parts of the whole lake by product": lambda: house.sql(
            "select product, count(*) as n from parts join runs using (run) group by all"
        ),
    }
    found = {}
    for text, ask in questions.items():
        ask()
        found[text] = statistics.median(_seconds(ask) for _ in range(ASKED))
        met = _verdict(found[text] <= PROMISES[text])
        print(f"  {met} {text:38} {found[text] * 1e3:7.0f} ms (<= {PROMISES[text] * 1e3:.0f})", flush=True)
    return found


def _sizes(house: Path, raw: int, workspace: Any) -> dict[str, float]:
    counted = workspace.sql("select count(*) as runs, sum(results) as results from runs")["rows"][0]
    results, runs = int(counted["results"]), int(counted["runs"])
    lake = sum(path.stat().st_size for path in (house / "lake").rglob("*.parquet"))
    live = sum(file.bytes for files in _listing(workspace).values() for file in files)
    catalogue = (house / "corecar.db").stat().st_size
    print(
        f"  bytes a result: STDF.gz {raw / results:.2f}, lake {live / results:.2f}; "
        f"lake with what was merged {lake / results:.2f}; catalogue {catalogue / runs:,.0f} bytes a run"
    )
    return {"raw": raw / results, "lake": live / results, "catalogue": catalogue / runs}


def _listing(workspace: Any) -> dict[str, Any]:
    from sqlalchemy import select

    from corecar.store.catalogue.models import LakeFile

    found: dict[str, Any] = {}
    with workspace.store.catalogue.reading() as session:
        for file in session.scalars(select(LakeFile).where(LakeFile.retired_at.is_(None))):
            found.setdefault(file.table, []).append(file)
    return found


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _verdict(met: bool) -> str:
    return "met   " if met else "MISSED"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the workspace.")
    parser.add_argument("--small", action="store_true", help="tiny, to see that it runs")
    parser.add_argument("--lots", type=int, default=1000, help="lots in the lake")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
