"""What is measured: one function per way of reading. Run as a script it measures one of them, in a process of its own.

    python bench/subjects.py SUBJECT PATH WARM_UP FOLDER

reads WARM_UP first (imports, compiled code from the cache), then PATH, and prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Subject:
    """One way of reading a file.

    does  what the reader gets, in a few words
    run   (file, folder to write into) -> (what it made, to keep it alive; facts about it)
    """

    name: str
    does: str
    run: Callable[[Path, Path], tuple[Any, dict[str, float]]]


def corecar_read(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """Joined columns in memory."""
    import corecar

    lot = corecar.read(path)
    held = lot.measurements
    resident = sum(array.nbytes for array in (held.offsets, held.part, held.value, held.flags))
    return lot, {"results": len(held), "resident_bytes": resident}


def corecar_parquet(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """Joined columns, then a folder of Parquet files."""
    import corecar

    lot = corecar.read(path)
    corecar.write(lot, folder / "lot.parquet")
    return lot, {"results": len(lot.measurements), "written_bytes": _size(folder)}


def stdf_convert_tables(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """A table per record type, nothing joined."""
    import stdf_convert

    tables = stdf_convert.tables(path)
    return tables, {"records": sum(table.num_rows for table in tables.values())}


def stdf_convert_batches(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """Records parsed, each batch dropped."""
    import stdf_convert

    return None, {"records": sum(batch.num_rows for _, batch in stdf_convert.batches(path))}


def stdf_convert_parquet(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """A Parquet file per record type, by pyarrow with zstd."""
    import pyarrow.parquet
    import stdf_convert

    tables = stdf_convert.tables(path)
    for name, table in tables.items():
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return tables, {"records": sum(table.num_rows for table in tables.values()), "written_bytes": _size(folder)}


def stupidf_frame(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """A wide data frame, a row per part."""
    import stupidf

    found = stupidf.parse_stdf(str(path))
    return found, {"parts": len(found["df"])}


def pystdf_events(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """Every record handed to a Python object."""
    from pystdf.IO import Parser

    class Counting:
        records = 0

        def before_send(self, source: object, data: object) -> None:
            self.records += 1

    counting = Counting()
    with path.open("rb") as file:
        parser = Parser(inp=file)
        parser.addSink(counting)
        parser.parse()
    return None, {"records": counting.records}


def bare_inflate(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """The gzip inflated by isal into one reused buffer, nothing read."""
    from isal import igzip

    buffer, total = bytearray(1 << 20), 0
    with igzip.open(path, "rb") as file:
        while count := file.readinto(buffer):
            total += count
    return None, {"inflated_bytes": total}


def header_walk(path: Path, folder: Path) -> tuple[Any, dict[str, float]]:
    """Compiled code that goes from header to header, the limit of what any reader can do."""
    import numpy as np

    from walk import count_records

    content = np.memmap(path, dtype=np.uint8, mode="r")
    return None, {"records": int(count_records(content, bool(content[0] == 0)))}


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("corecar read", "joined columns in memory", corecar_read),
        Subject("corecar to Parquet", "joined columns on disk", corecar_parquet),
        Subject("stdf-convert tables", "a table per record type", stdf_convert_tables),
        Subject("stdf-convert batches", "batches, each dropped", stdf_convert_batches),
        Subject("stdf-convert to Parquet", "a file per record type", stdf_convert_parquet),
        Subject("stupidf", "a wide data frame", stupidf_frame),
        Subject("pystdf", "events of Python objects", pystdf_events),
        Subject("isal inflate", "bytes, nothing read", bare_inflate),
        Subject("header walk", "a count of records", header_walk),
    )
}


def memory_kb(field: str) -> int:
    """A line of /proc/self/status, for example `RssAnon` [kB]."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise LookupError(field)


def measure(name: str, path: Path, warm_up: Path, folder: Path) -> dict[str, float]:
    """Run a subject twice, the second time on the real file; seconds, memory and what it said of itself.

    `before_kb` is the private memory just before the run and `kept_kb` what the result keeps of it; the parent process
    watches the peak between the lines `ready` and `done`.
    """
    subject = SUBJECTS[name]
    subject.run(warm_up, folder)
    gc.collect()
    before = memory_kb("RssAnon")
    print("ready", flush=True)
    cpu, start = time.process_time(), time.perf_counter()
    kept, facts = subject.run(path, folder)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    print("done", flush=True)
    gc.collect()
    after = memory_kb("RssAnon")
    del kept
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "before_kb": before, "kept_kb": after - before, **facts}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], *map(Path, sys.argv[2:5]))), flush=True)
    sys.stdout.flush()
    os._exit(0)
