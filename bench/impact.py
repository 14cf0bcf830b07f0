"""How long the impact of stopped lots takes, by size of the chain: from the command to its answer, and asked once more.

    python bench/impact.py [--small] [--time-limit SECONDS] [--folder DIR] [--json FILE]

For each size a fictional province is written, taken into a workspace and planned once; that is told and not part of the
promise. Then the impact of one lot, and of every lot of a chip, is asked for, a process each time: start, reading, the
plan again with its gap, the answer. The base is the plan that was kept; no question plans it again. Beside that stands
what the same question takes in a process that has answered another one, as a service does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import corecar
from corecar.formats.chain import write_chain
from corecar.simulate import simulate_chain
from machine import describe_machine

Size = Literal["small", "medium", "large"]
LIMITS: dict[Size, float] = {"small": 3.0, "medium": 3.0, "large": 15.0}
"""What an answer may take, from the command on [s]."""
QUESTIONS = {"one lot": "L-CHIP0004-wafer-1-05", "all lots of a chip": "L-CHIP0004-*"}
BEFORE = "L-CHIP0005-wafer-1-05"
"""The lot that is asked about first where a process is to have answered a question already."""


def asked(command: list[str]) -> tuple[str, float, float, float]:
    """What a command prints, its seconds, those of the processor, and the peak of its memory [MB]."""
    begun = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen([sys.executable, "-m", "corecar", *command], stdout=told, text=True) as process,
    ):
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        told.seek(0)
        printed = told.read()
    if process.returncode:
        raise SystemExit(f"corecar {' '.join(command)} failed: {printed}")
    return printed, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def measured(name: Size, folder: Path, time_limit: float, weeks: int | None) -> dict[str, Any]:
    """One size: the plan that is kept, and every question about it."""
    province, house = folder / name, folder / f"house-{name}"
    write_chain(simulate_chain(size=name), province)
    with corecar.init(house, owner="Bench House") as opened:
        opened.chain_import([province])
        begun = time.perf_counter()
        opened.plan(time_limit=time_limit, weeks=weeks)
        planned = time.perf_counter() - begun
        gap = opened.plan_list()["rows"][0]["gap"]
    found: dict[str, Any] = {"plan_seconds": planned, "gap": gap, "asked": {}}
    for title, lots in QUESTIONS.items():
        printed, seconds, processor, peak = asked(["impact", lots, "--workspace", str(house), "--json"])
        answer = json.loads(printed)
        found["asked"][title] = {
            "seconds": seconds, "cpu_seconds": processor, "peak_mb": peak,
            "lots": len(answer["lots"]), "facts": answer["facts"], "notes": answer["notes"],
        }  # fmt: skip
    with corecar.open(house) as opened:
        opened.impact(BEFORE)
        for title, lots in QUESTIONS.items():
            begun = time.perf_counter()
            opened.impact(lots)
            found["asked"][title]["served_seconds"] = time.perf_counter() - begun
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="the smallest size only, eight weeks of it")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for the plan that is kept")
    parser.add_argument("--folder", type=Path, help="where workspaces are made; a temporary folder by default")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report: dict[str, Any] = {"machine": describe_machine(), "sizes": {}}
    print(
        ", ".join(
            f"{name} {value}" for name, value in report["machine"].items() if name in ("processor", "cores", "load")
        )
    )
    with tempfile.TemporaryDirectory(prefix="corecar-bench-") as temporary:
        folder = options.folder or Path(temporary)
        sizes: list[Size] = ["small"] if options.small else list(LIMITS)
        for name in sizes:
            size = measured(name, folder, options.time_limit, 8 if options.small else None)
            report["sizes"][name] = size
            print(f"{name:<7} kept plan {size['plan_seconds']:6.1f} s, gap {size['gap']:.2%}")
            for title, took in size["asked"].items():
                kept = "kept" if took["seconds"] < LIMITS[name] else "MISSED"
                print(
                    f"        {title:<20} {took['lots']:>3} lots {took['seconds']:6.2f} s "
                    f"(CPU {took['cpu_seconds']:.1f}, served {took['served_seconds']:.2f})  "
                    f"peak {took['peak_mb']:5.0f} MB  {took['facts']['planned_again']}  "
                    f"promise below {LIMITS[name]:g} s: {kept}",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
