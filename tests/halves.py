"""Run the tests side by side, two groups at a time: `python -m tests.halves`. What a group prints follows when it ends.

Whenever a group ends, the one that takes longest of those left begins, so that both halves of the work end at about the
same time whatever was added. What a group writes stands in memory where there is room, and goes when it ends. A script
instead of a shell's `&`: what that starts ignores Ctrl-C, which some tests are about. Thousands of tests start a
command of their own, so modules are compiled once and kept, also where the environment asks that they are not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.memory import quick_folder

PYTEST = (sys.executable, "-m", "pytest")
AT_ONCE = 2
OTHERS = "all others"
GROUPS = (OTHERS, "bridge", "faults", "web", "docs", "cli", "store", "formats")
"""Folders whose tests are run by one process, those that take longest first."""
NAMED = tuple(f"tests/{name}" for name in GROUPS if name != OTHERS)
PAUSE_S = 0.2


@dataclass
class Group:
    """Tests that are being run."""

    name: str
    printed: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    begun: float = field(default_factory=time.monotonic)
    folder: Path = field(default_factory=lambda: quick_folder("corecar-tests-"))

    def __post_init__(self) -> None:
        print(f"{self.name}: begun", flush=True)
        command = [*PYTEST, *paths(self.name)]
        keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        keeping["TMPDIR"] = str(self.folder)
        self.process = subprocess.Popen(command, stdout=self.printed, stderr=self.printed, env=keeping)

    def tell(self) -> int:
        """Print what it printed, and remove what it wrote; its exit status."""
        shutil.rmtree(self.folder, ignore_errors=True)
        print(f"\n{self.name}: {time.monotonic() - self.begun:.0f} s", flush=True)
        self.printed.seek(0)
        sys.stdout.buffer.write(self.printed.read())
        sys.stdout.flush()
        self.printed.close()
        return int(self.process.returncode)


def paths(name: str) -> list[str]:
    """What pytest is called with for a group; the others are what no group names, so that nothing is left out."""
    return ["tests", *(f"--ignore={folder}" for folder in NAMED)] if name == OTHERS else [f"tests/{name}"]


def main() -> int:
    """0 when the tests of every group passed."""
    begun, waiting, running, failed = time.monotonic(), list(GROUPS), list[Group](), 0
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(Group(waiting.pop(0)))
            time.sleep(PAUSE_S)
            for group in [group for group in running if group.process.poll() is not None]:
                running.remove(group)
                failed = group.tell() or failed
    finally:
        for group in running:
            group.process.terminate()
            group.process.wait()
            group.tell()
    print(f"\nall tests: {time.monotonic() - begun:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main())
