"""Measure a subject: each run in a fresh process, the peak of its memory watched from outside, the median reported."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SUBJECTS = Path(__file__).with_name("subjects.py")
WATCH_S = 0.002


@dataclass(frozen=True)
class Measurement:
    """The median run of one subject on one file.

    seconds, cpu_seconds  medians over the runs
    peak_mb               private memory at its peak, beyond what was there before [MB]; mapped files do not count
    kept_mb               private memory the result keeps [MB]
    facts                 what the subject said: results, records, resident_bytes, written_bytes, ...
    failure               the last line it said when it failed; empty otherwise
    """

    subject: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    kept_mb: float
    facts: dict[str, float]
    failure: str = ""


def measure(subject: str, path: Path, warm_up: Path, *, runs: int, limit_s: float) -> Measurement:
    """Run a subject some times on a file.

    warm_up  a small file of the same kind, read first in each process
    limit_s  a run that takes longer is ended and counts as a failure
    """
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="corecar-bench-") as folder:
            outcome = _run([subject, str(path), str(warm_up), folder], limit_s)
        if isinstance(outcome, str):
            return Measurement(subject, 0.0, 0.0, 0.0, 0.0, {}, outcome)
        found.append(outcome)
    middle = {key: median(run[key] for run in found) for key in found[0]}
    own = {key: middle.pop(key) for key in ("seconds", "cpu_seconds", "peak_kb", "kept_kb", "before_kb")}
    peak_mb = max(own["peak_kb"] - own["before_kb"], 0) * 1024 / 1e6
    return Measurement(subject, own["seconds"], own["cpu_seconds"], peak_mb, own["kept_kb"] * 1024 / 1e6, middle)


def _run(arguments: list[str], limit_s: float) -> dict[str, float] | str:
    """One run: its facts with `peak_kb` added, or the last line it wrote before it failed."""
    with subprocess.Popen(
        [sys.executable, str(SUBJECTS), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        limit = threading.Timer(limit_s, process.kill)
        limit.start()
        errors: list[str] = []
        reading = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
        reading.start()
        process.stdout.readline()
        peak = _watched_peak(process)
        last = process.stdout.read()
        late = process.wait() < 0
        limit.cancel()
        reading.join()
    if process.returncode:
        return f"took longer than {limit_s:g} s" if late else _said(errors)
    facts: dict[str, float] = json.loads(last)
    return facts | {"peak_kb": peak}


def _watched_peak(process: subprocess.Popen[str]) -> int:
    """Highest private memory until the process says that its run is done [kB]."""
    done = threading.Event()

    def wait() -> None:
        assert process.stdout is not None
        process.stdout.readline()
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    peak = 0
    while not done.is_set():
        peak = max(peak, _private_kb(process.pid))
        done.wait(WATCH_S)
    waiting.join()
    return max(peak, _private_kb(process.pid))


def _private_kb(process_id: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def _said(errors: list[str]) -> str:
    """The line of an error output that tells most: of a panic its message, else the last line."""
    lines = [line.strip() for line in errors if line.strip()]
    for place, line in enumerate(lines):
        if "panicked at" in line and place + 1 < len(lines):
            return f"panicked: {lines[place + 1]}"
    return lines[-1] if lines else "failed without a word"
