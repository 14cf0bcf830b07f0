"""How long genealogy takes, by size, on SQLite or PostgreSQL, beside a recursive query in plain SQL over the same rows.

    python bench/trace.py [--wafers 5 20] [--mounted 1000] [--database URL] [--folder DIR] [--json FILE]

For each size a fictional chain is taken in, a file for 50 wafers: wafers of 10,000 die through strips and reels; of
each wafer some units go on to an ECU and a vehicle by an event each. An event on a whole wafer counts as 10,000 piece
events. Then it is asked: back from vehicles, forward from one wafer, forward from a tool within one day. Processor
seconds stand beside, for a machine that has other work.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select, text

import corecar
from corecar.bridge.workspace import Workspace
from corecar.store.catalogue.tracing import TraceBlock, TraceEdge, TraceEvent, TraceThing
from machine import describe_machine
from trace_chain import DIE, START, lines

AT_ONCE = 50
"""Wafers of one file."""
ASKED = 200
"""Vehicles asked back from, of which the slowest in twenty is told."""
PIECE_EVENTS = 5
"""Events that every piece goes through in ranges: created, tested, on a strip, in a reel, shipped."""
BACK = """WITH RECURSIVE up(block, piece) AS (
  SELECT b.first, b.first FROM trace_blocks b JOIN trace_things t ON t.id = b.thing_id
  WHERE t.kind = 'vehicle' AND t.name = :name
  UNION SELECT e.from_block, e.from_first + up.piece - e.to_first FROM up JOIN trace_edges e
  ON e.to_block = up.block AND e.to_first <= up.piece AND e.to_last >= up.piece)
SELECT t.kind, t.name, up.piece - b.first FROM up JOIN trace_blocks b ON b.first = up.block
JOIN trace_things t ON t.id = b.thing_id WHERE t.kind = 'wafer'"""
AHEAD = """WITH RECURSIVE down(block) AS (
  SELECT b.first FROM trace_blocks b JOIN trace_things t ON t.id = b.thing_id WHERE t.kind = 'wafer' AND t.name = :name
  UNION SELECT e.to_block FROM down JOIN trace_edges e ON e.from_block = down.block)
SELECT count(*) FROM down JOIN trace_blocks b ON b.first = down.block JOIN trace_things t ON t.id = b.thing_id
JOIN trace_events v ON v.id = b.event_id"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def measured(folder: Path, wafers: int, mounted: int, database: str | None) -> dict[str, Any]:
    """One size: how long it takes in, how large it is, how long its answers take."""
    with corecar.init(folder / f"house-{wafers}", owner="Bench House", database=database) as house:
        loads = [loaded(house, folder, first, min(first + AT_ONCE, wafers), mounted)
                 for first in range(0, wafers, AT_ONCE)]  # fmt: skip
        found: dict[str, Any] = {
            "units": wafers * DIE, "events": sum(one["events"] for one in loads), "loads": loads,
            "load_s": sum(one["wall_s"] for one in loads), "load_cpu_s": sum(one["cpu_s"] for one in loads),
            "piece_events": wafers * DIE * PIECE_EVENTS + 2 * wafers * mounted, "rows": rows_of(house),
        }  # fmt: skip
        draw = Random(7)
        cars = [f"V{draw.randrange(wafers)}-{draw.randrange(mounted)}" for _ in range(ASKED)]
        found |= backward(house, cars)
        name = f"W{wafers // 2}"
        processor = time.process_time()
        found["forward_wafer_s"], ours = timed(lambda: house.trace_forward([f"wafer:{name}"], limit=10))
        found["forward_wafer_cpu_s"] = time.process_time() - processor
        found["affected"] = sum(ours["states"].values())
        found["forward_tool_s"], _ = timed(
            lambda: house.trace_forward(["equipment:BOND-3"], since=START + timedelta(days=2),
                                        until=START + timedelta(days=3), limit=10))  # fmt: skip
        with house.store.catalogue.reading() as session:
            found["peer_forward_wafer_s"], _ = timed(lambda: session.execute(text(AHEAD), {"name": name}).all())
    return found


def loaded(house: Workspace, folder: Path, first: int, last: int, mounted: int) -> dict[str, Any]:
    """How long a file of some wafers takes to come in, from reading it to its commit."""
    path = folder / f"{first}.csv"
    path.write_text("\n".join(lines(first, last, mounted)) + "\n", encoding="utf-8")
    processor = time.process_time()
    wall, answer = timed(lambda: house.trace_import(path))
    found = {"events": answer["events"], "wall_s": wall, "cpu_s": time.process_time() - processor}
    print(json.dumps(found), file=sys.stderr, flush=True)
    path.unlink()
    return found


def rows_of(house: Workspace) -> int:
    tables = (TraceBlock, TraceEdge, TraceEvent, TraceThing)
    with house.store.catalogue.reading() as session:
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def backward(house: Workspace, cars: list[str]) -> dict[str, Any]:
    """Milliseconds back from vehicles, ours with tools and material, the peer's for the die alone."""
    processor = time.process_time()
    ours = [timed(lambda name=car: house.trace_back(f"vehicle:{name}")) for car in cars]  # type: ignore[misc]
    processor = time.process_time() - processor
    peers = []
    with house.store.catalogue.reading() as session:
        for car, (_, answer) in zip(cars, ours, strict=True):
            seconds, rows = timed(lambda name=car: session.execute(text(BACK), {"name": name}).all())  # type: ignore[misc]
            assert len(rows) == 1
            assert rows[0][1] in answer["said"]
            peers.append(seconds)
    slow = ASKED - ASKED // 20 - 1
    return {
        "back_cpu_ms_mean": 1e3 * processor / ASKED,
        "back_ms_median": 1e3 * sorted(one for one, _ in ours)[ASKED // 2],
        "back_ms_p95": 1e3 * sorted(one for one, _ in ours)[slow],
        "peer_back_ms_median": 1e3 * sorted(peers)[ASKED // 2],
        "peer_back_ms_p95": 1e3 * sorted(peers)[slow],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wafers", type=int, nargs="+", default=[5, 20])
    parser.add_argument("--mounted", type=int, default=10_000, help="units of each wafer that go on, at most 10,000")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database, for one size; without it SQLite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="corecar-bench-") as own:
        folder = given.folder or Path(own)
        found = [measured(folder, wafers, given.mounted, given.database) for wafers in given.wafers]
    for one in found:
        print(json.dumps(one))
    if given.json:
        given.json.write_text(json.dumps({"machine": describe_machine(), "sizes": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
