"""Tasks that other processes are given in the tests, and a program that gives them some."""

from __future__ import annotations

import hashlib
import math
import os
import signal
import sys
import time
from pathlib import Path

import corecar
from corecar.errors import DamagedSource
from corecar.store.executors import open_executor, work


def digest(path: Path) -> str:
    """SHA-256 over every table of a lot, value by value, and over its readings, bit by bit."""
    lot = corecar.read(path, on_error="salvage")
    found = hashlib.sha256()
    for name in ("runs", "parts", "tests", "repeats", "part_limits", "bins", "wafers", "texts"):
        found.update(repr(getattr(lot, name).to_pydict()).encode())
    for column in (lot.measurements.offsets, lot.measurements.part, lot.measurements.value, lot.measurements.flags):
        found.update(column.tobytes())
    return found.hexdigest()


def square(number: int) -> int:
    return number * number


def square_root(text: str) -> float:
    return math.sqrt(float(text))


def wait_a_little(number: int) -> int:
    time.sleep(0.05)
    return number


def refuse(number: int) -> int:
    if number == 3:
        raise DamagedSource("lot.stdf", "3 is no number.", offset=3)
    if number == 4:
        raise Stubborn("needs", "two")
    if number == 5:
        sys.exit(7)
    return number


class Stubborn(Exception):
    """An error that cannot be made again from what it was pickled to."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def kill_its_worker(number: int) -> int:
    """Task 3 is one that no worker survives."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return wait_a_little(number)


def kill_its_first_worker(mark: Path) -> str:
    """Kills the worker that tries it first; every try leaves a line in the mark."""
    with mark.open("a", encoding="utf-8") as lines:
        lines.write(f"{os.getpid()}\n")
    if mark.name == "mortal" and mark.read_text("utf-8").count("\n") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return mark.name


def lie_down(mark: Path) -> None:
    """Say that it has begun, then be busy for longer than any test."""
    mark.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def main(folder: Path) -> None:
    """Keep two workers busy until somebody ends this."""
    with open_executor("processes:2") as executor:
        (folder / "opened").touch()
        list(work(executor, lie_down, [folder / "one", folder / "two", folder / "three"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
