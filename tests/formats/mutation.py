"""Damage to tester files, and a process that reads damaged ones. Run as a script by test_fuzz.py, or by hand to replay:

    python tests/formats/mutation.py FILE:FIRST:LAST ... [--keep DAMAGED]

reads the mutations FIRST to LAST - 1 of each FILE and prints a line per case, then one JSON object per fault found.
"""

from __future__ import annotations

import argparse
import json
import struct
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

Damage = Callable[[bytearray, np.random.Generator], None]

LONGEST_S = 10.0
"""A case that takes longer counts as a hang; the slowest undamaged one takes a hundredth of it."""

LARGEST_MB = 128.0
"""Memory a case may take beyond what was there before; the files are below 0.1 MB."""

MODES: tuple[Literal["raise"], Literal["salvage"]] = ("raise", "salvage")


def flip_bits(content: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(0, len(content), rng.integers(1, 12)):
        content[place] ^= 1 << int(rng.integers(8))


def set_bytes(content: bytearray, rng: np.random.Generator) -> None:
    """Extreme values, where counts and lengths like to stand."""
    for place in rng.integers(0, len(content), rng.integers(1, 5)):
        content[place] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))


def cut(content: bytearray, rng: np.random.Generator) -> None:
    del content[int(rng.integers(0, len(content))) :]


def drop_span(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    del content[start : start + int(rng.integers(1, 40))]


def repeat_span(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    span = content[start : start + int(rng.integers(1, 400))]
    content[start:start] = span * int(rng.integers(1, 4))


def splice(content: bytearray, rng: np.random.Generator) -> None:
    """A piece of the file in another place of it."""
    start = int(rng.integers(0, len(content)))
    place = int(rng.integers(0, len(content)))
    content[place:place] = content[start : start + int(rng.integers(1, 200))]


def insert_noise(content: bytearray, rng: np.random.Generator) -> None:
    place = int(rng.integers(0, len(content) + 1))
    content[place:place] = rng.bytes(int(rng.integers(1, 60)))


def lie_about_a_length(content: bytearray, rng: np.random.Generator) -> None:
    """A record that says it is longer or shorter than it is."""
    headers = list(record_headers(content))
    if headers:
        at, length, code = headers[int(rng.integers(len(headers)))]
        lies = [0, 1, length + 1, max(length - 1, 0), length + 4, 0xFFFF, int(rng.integers(0, 65536))]
        struct.pack_into(code, content, at, int(rng.choice(lies)) & 0xFFFF)


def change_a_type(content: bytearray, rng: np.random.Generator) -> None:
    """A record that says it is of another type."""
    headers = list(record_headers(content))
    if headers:
        at, _, _ = headers[int(rng.integers(len(headers)))]
        kinds = [(0, 10), (1, 10), (2, 10), (5, 10), (5, 20), (15, 10), (15, 15), (15, 20), (15, 30), (50, 10), (9, 9)]
        content[at + 2 : at + 4] = bytes(kinds[int(rng.integers(len(kinds)))])


def swap_records(content: bytearray, rng: np.random.Generator) -> None:
    headers = list(record_headers(content))
    if len(headers) > 2:
        first, second = sorted(int(n) for n in rng.choice(len(headers) - 1, 2, replace=False))
        spans = [(headers[n][0], headers[n][0] + 4 + headers[n][1]) for n in (first, second)]
        pieces = [content[slice(*span)] for span in spans]
        content[slice(*spans[1])] = pieces[0]
        content[slice(*spans[0])] = pieces[1]


DAMAGES: tuple[Damage, ...] = (
    flip_bits,
    set_bytes,
    cut,
    drop_span,
    repeat_span,
    splice,
    insert_noise,
    lie_about_a_length,
    change_a_type,
    swap_records,
)


def record_headers(content: bytes | bytearray) -> Iterator[tuple[int, int, str]]:
    """Position, length and struct code of the length of each record of an STDF file; nothing for other content."""
    if len(content) < 4 or content[2:4] != b"\x00\x0a":
        return
    code, at = (">H" if content[0] == 0 else "<H"), 0
    while at + 4 <= len(content):
        (length,) = struct.unpack_from(code, content, at)
        yield at, length, code
        at += 4 + length


def damaged(content: bytes, case: int) -> tuple[bytes, str]:
    """A damaged copy, the same for the same case, and what was done to it."""
    rng = np.random.default_rng([case, len(content)])
    out, done = bytearray(content), []
    for number in rng.integers(0, len(DAMAGES), rng.choice([1, 1, 1, 2, 3])):
        if out:
            DAMAGES[number](out, rng)
            done.append(DAMAGES[number].__name__)
    return bytes(out), ", ".join(done)


def faults_of(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file in every way and mode; what comes out besides Corecar's own errors.

    A file in which nothing is found damaged is not read a second time to salvage it.
    """
    import corecar

    for name, read in (("read", corecar.read), ("records", corecar.records)):
        for mode in MODES:
            refused, fault = _fault(partial(read, path, on_error=mode))
            if fault:
                yield {"call": f"{name} on_error={mode}", "fault": fault}
            if not refused:
                break


def _fault(attempt: Callable[[], object]) -> tuple[bool, str]:
    """Whether an attempt was refused by an error, and what is wrong with how it ended."""
    from corecar.errors import CorecarError

    before = _memory_mb("VmRSS")
    _forget_peak()
    start = time.perf_counter()
    refused, fault = True, ""
    try:
        attempt()
        refused = False
    except CorecarError as error:
        fault = "" if str(error) else f"a {type(error).__name__} without a word"
    except Exception:
        fault = traceback.format_exc(limit=-12)
    seconds, grown = time.perf_counter() - start, _memory_mb("VmHWM") - before
    if seconds > LONGEST_S:
        fault += f" took {seconds:.1f} s"
    if grown > LARGEST_MB:
        fault += f" took {grown:.0f} MB"
    return refused, fault


def _memory_mb(field: str) -> float:
    """A line of /proc/self/status [MB]; 0 on systems without one."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith(field)), 0.0)


def _forget_peak() -> None:
    """Let the kernel measure the peak of resident memory from now on (proc(5), clear_refs)."""
    place = Path("/proc/self/clear_refs")
    if place.exists():
        place.write_text("5", encoding="ascii")


def plan(text: str) -> tuple[Path, range]:
    """FILE:FIRST:LAST as a path and its cases."""
    name, first, last = text.rsplit(":", 2)
    return Path(name), range(int(first), int(last))


def main() -> None:
    parser = argparse.ArgumentParser(description="Read damaged copies of files.")
    parser.add_argument("plans", type=plan, nargs="+", metavar="FILE:FIRST:LAST")
    parser.add_argument("--keep", type=Path, help="leave the last damaged file here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for file, cases in options.plans:
            content, path = file.read_bytes(), options.keep or Path(folder) / file.name
            path.write_bytes(content)
            list(faults_of(path))
            for case in cases:
                bad, done = damaged(content, case)
                print(f"{file}:{case}:{case + 1} {done}", flush=True)
                path.write_bytes(bad)
                for fault in faults_of(path):
                    print(json.dumps({"replay": f"{file}:{case}:{case + 1}", "damage": done, **fault}), flush=True)


if __name__ == "__main__":
    main()
