"""Which streams are runs of the lot, each testing once, and in which order they were tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from corecar.formats.same_testing import Content, Recorded, content_of, identity_of, left_out, told
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.cold import ColdTables, Tables, run_row, text, wafer_rows
from corecar.formats.stdf.marks import losses
from corecar.formats.stdf.naming import TestList, describe_tests, name_tests
from corecar.formats.stdf.parts import PartColumns
from corecar.formats.stdf.runs import Run, Scanned, testing_order


def runs_of(
    scanned: list[Scanned], encodings: Sequence[str | None], facts: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[Run], list[str]]:
    """The runs that count, and what a reader must know about their choice and order.

    encodings  for each stream, the codec of its texts; None for UTF-8, else Latin-1
    facts      for each stream, columns of `runs` that stand in place of what its records say
    """
    stated = facts or [{}] * len(scanned)
    found = [_run(*each) for each in zip(scanned, encodings, stated, strict=True)]
    away = left_out([_recorded(run) for run in found])
    names = [run.stream.path for run in found]
    notes = [told(held, names[place], names[held.by]) for place, held in sorted(away.items())]
    kept = [run for place, run in enumerate(found) if place not in away]
    order = testing_order([run.row for run in kept])
    if order != sorted(order):
        notes.append("The files were put in the order of their retest pass and start time.")
    runs: list[Run] = []
    first_part = 0
    for place in order:
        run = kept[place]
        wafers = [wafer | {"run": len(runs)} for wafer in run.wafers]
        runs.append(replace(run, first_part=first_part, wafers=wafers))
        first_part += len(run.parts)
    return runs, notes


def earlier_losses(cold: Tables) -> list[str]:
    """A warning where the tester's file was damaged and what stands here was made of it later, as an ATR says."""
    table = cold.get("ATR")
    return [] if table is None else losses(text(line) or "" for line in table["CMD_LINE"])


def _run(one: Scanned, encoding: str | None, stated: Mapping[str, Any]) -> Run:
    """A stream as a run, alone."""
    cold = ColdTables(one.stream, encoding)
    parts = one.stream.working.parts[: one.stream.working.count(kernel.PARTS)]
    return Run(one, encoding, cold, run_row(cold) | dict(stated), 0, parts, wafer_rows(cold))


def _recorded(run: Run) -> Recorded:
    working = run.stream.working
    return Recorded(
        file=run.stream.path,
        identity=identity_of(run_row(run.cold), run.row["lot"]),
        damaged=run.stream.salvaged or bool(earlier_losses(run.cold)),
        parts=len(run.parts),
        readings=working.count(kernel.READINGS),
        read=partial(_content, run),
    )


def _content(run: Run) -> Content:
    tests = TestList()
    describe_tests(tests, name_tests(tests, run.stream, run.cold, run.encoding), run.stream, run.encoding)
    attempts = np.zeros(len(run.parts), np.uint16), np.zeros(len(run.parts), np.bool_)
    content = content_of(PartColumns([run]).table(*attempts), tests.table(), [])
    return replace(content, checksum=run.stream.working.count(kernel.CHECKSUM) % 2**64)
