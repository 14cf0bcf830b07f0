"""Which runs of a lot hold testing that another of its runs holds too, and therefore count for nothing.

This is the one place where that is decided: files that are read together, a lot of the workspace, questions about all
lots and grading ask it. Two runs are of one testing only when their testers say so: lot, start, tester, program and
test pass agree. Then the same testing may lie here in another byte order or compression, or once as a whole file and
once as a copy that was cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from corecar.lot import Lot

IDENTITY = ("start", "tester", "test_program", "revision", "test_pass")
"""Columns of `runs`, as the tester wrote them, in which two runs of one testing agree; beside them the lot."""
PARTS = (
    "wafer", "x", "y", "part_id", "part_text", "head", "site", "hard_bin", "soft_bin", "passed", "incomplete", "flags",
)  # fmt: skip
"""Columns of `parts` that are compared: which part it is, its bins and its verdict."""
TESTS = ("kind", "number", "name", "pin", "unit", "low_limit", "high_limit")
"""Columns of `tests` that are compared."""


@dataclass(frozen=True)
class Content:
    """What a run holds, to be compared.

    parts     of each part its values of `PARTS`, in the order of testing
    tests     of each test its values of `TESTS`, as text, so that every number equals itself
    checksum  sum of the bits of the values of all readings
    """

    parts: tuple[tuple[Any, ...], ...]
    tests: str
    checksum: int

    @property
    def complete(self) -> list[tuple[Any, ...]]:
        """The parts that were tested to their end."""
        return [part for part in self.parts if not part[PARTS.index("incomplete")]]


@dataclass(frozen=True, eq=False)
class Recorded:
    """One run as far as it tells whether another holds the same testing.

    file      what tells its file from others: runs of one file stand as the tester put them there
    identity  the lot and the values of `IDENTITY`
    damaged   it was salvaged, or closed by `corecar repair`: parts may be missing
    parts, readings  how many it has
    read      gives its content; it is called only where the content decides
    """

    file: str
    identity: tuple[Any, ...]
    damaged: bool
    parts: int
    readings: int
    read: Callable[[], Content]

    @cached_property
    def content(self) -> Content:
        """What it holds, read once."""
        return self.read()


@dataclass(frozen=True)
class Held:
    """Where the testing of a run that does not count is held.

    by     place of the run that holds it
    whole  it holds exactly the same; else more of it
    """

    by: int
    whole: bool


def identity_of(written: Mapping[str, Any], lot: Any) -> tuple[Any, ...]:
    """The identity of a run: its row of `runs` as the tester wrote it, and the lot it is filed in."""
    return (lot, *(written.get(name) for name in IDENTITY))


def content_of(parts: Any, tests: Any, values: Sequence[Any]) -> Content:
    """The content of a run from its tables.

    parts, tests  Arrow tables in the order of testing, with the columns of `PARTS` and `TESTS`
    values        float32 arrays: the values of its readings, and of those that repeat a test
    """
    rows = zip(*(parts[name].to_pylist() for name in PARTS), strict=True)
    checksum = sum(int(np.ascontiguousarray(each, np.float32).view(np.uint32).sum(dtype=np.uint64)) for each in values)
    return Content(tuple(rows), str(tests.select(TESTS).to_pylist()), checksum)


def recorded_lot(lot: Lot, file: str) -> Recorded:
    """A lot of one run as a run to be compared."""
    row = lot.runs.to_pylist()[0]
    values = [lot.measurements.value, lot.repeats["value"].to_numpy()]
    damaged = any(source.salvaged for source in lot.sources)
    return Recorded(
        file, identity_of(row, row["lot"]), damaged, lot.parts.num_rows, len(lot.measurements),
        lambda: content_of(lot.parts, lot.tests, values),
    )  # fmt: skip


def left_out(runs: Sequence[Recorded]) -> dict[int, Held]:
    """By place the runs that do not count, and where their testing is held: always by a run that counts.

    A run is left out when another one holds exactly the same testing; of such the first counts. A damaged one is also
    left out when all its complete parts are parts of another run, in the same order with the same bins and verdicts.

    runs  those of one lot or of several, in the order in which they came
    """
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, run in enumerate(runs):
        alike.setdefault(run.identity, []).append(place)
    found: dict[int, Held] = {}
    for places in alike.values():
        kept: list[int] = []
        for place in sorted(places, key=lambda place: (runs[place].damaged, -runs[place].parts, place)):
            held = next((held for other in kept if (held := _held(runs, place, other)) is not None), None)
            if held is None:
                kept.append(place)
            else:
                found[place] = held
    return found


def told(held: Held, name: str, holder: str) -> str:
    """The sentence about a run that was left out.

    >>> told(Held(0, False), "cut.stdf", "lot.stdf")
    'cut.stdf was left out: it is part of lot.stdf.'
    """
    if held.whole:
        return f"{name} holds the same testing as {holder} and was left out."
    return f"{name} was left out: it is part of {holder}."


def _held(runs: Sequence[Recorded], place: int, other: int) -> Held | None:
    run, holder = runs[place], runs[other]
    if run.file == holder.file:
        return None
    if (run.parts, run.readings) == (holder.parts, holder.readings) and run.content == holder.content:
        return Held(other, whole=True)
    return Held(other, whole=False) if _is_part(run, holder) else None


def _is_part(run: Recorded, holder: Recorded) -> bool:
    """Whether a damaged run, of which something is left, holds nothing but what another one holds.

    Without a start nothing says that they are of one testing.
    """
    if not run.damaged or run.identity[1 + IDENTITY.index("start")] is None:
        return False
    if run.parts > holder.parts or run.readings > holder.readings:
        return False
    complete, there = run.content.complete, iter(holder.content.parts)
    return bool(complete) and all(part in there for part in complete)
