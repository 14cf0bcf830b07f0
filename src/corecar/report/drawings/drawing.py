"""What a drawing is before it is a file, and what somebody may want of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.faults import alike
from corecar.graded import Grade
from corecar.lot import BoolArray
from corecar.report.blocks import Gallery
from corecar.report.evidence import Evidence, natural
from corecar.report.printable import printable


@dataclass(frozen=True)
class Drawing:
    """A titled picture, or several that share one legend; `notes` say what was chosen or left out."""

    title: str
    gallery: Gallery
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Wanted:
    """What to draw.

    tests   rows of `tests`; empty where the kind chooses
    bins    `hard` or `soft`
    """

    tests: tuple[int, ...] = ()
    bins: str = "hard"


def is_screened(evidence: Evidence) -> bool:
    """Whether the lot was graded, and not only laid out as the tester left it."""
    return bool(evidence.grade.recipe)


def stage(evidence: Evidence) -> str:
    """`after screening` or `as tested`."""
    return "after screening" if is_screened(evidence) else "as tested"


def chosen_tests(evidence: Evidence, wanted: Wanted) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The tests to draw and a note on how they were chosen: those asked for, else the worst with readings.

    Raises  ArgumentError for a test without readings, and for a lot that has none at all
    """
    if wanted.tests:
        for row in wanted.tests:
            if not len(evidence.readings(row).value):
                raise ArgumentError(f"{test_title(evidence, row)}: no final part has a reading of it to draw.")
        return wanted.tests, ()
    found = next((row for row in evidence.worst_first if len(evidence.readings(row).value)), None)
    if found is None:
        raise ArgumentError("the lot has no readings to draw.")
    first = "most rejected, then " if is_screened(evidence) else ""
    return (found,), (f"Test chosen: the worst ({first}lowest Cpk). Name another with --test.",)


def test_title(evidence: Evidence, row: int) -> str:
    """Number and name of a test."""
    return f"{evidence.test(row, 'number')} {evidence.test_name(row, 44)}"


def wafers_of(evidence: Evidence) -> tuple[int, ...]:
    """The wafers that have coordinates. Raises ArgumentError where there is none."""
    placed = sorted({int(wafer) for wafer in evidence.wafer[evidence.placed]})
    if not placed:
        raise ArgumentError("no part has a wafer and coordinates: there is no map to draw.")
    return tuple(placed)


@dataclass(frozen=True)
class OneWafer(Evidence):
    """The evidence on the parts of one wafer alone."""

    name: str = ""

    @cached_property
    def final(self) -> BoolArray:
        """The attempt that counts, of this wafer's parts."""
        return self.grade.lot.final & _on(self.grade, self.name)


def of_wafer(grade: Grade, name: str) -> OneWafer:
    """The evidence on one wafer's parts. Raises ArgumentError where the lot has no such wafer."""
    on = _on(grade, name)
    if not on.any():
        names = sorted((printable(one, 24) for one in pc.unique(grade.lot.parts["wafer"].cast(pa.string())).to_pylist()
                        if one is not None), key=natural)  # fmt: skip
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        held = f"the lot has {', '.join(names[:10])}{more}" if names else "the lot has no wafers"
        raise ArgumentError(f"wafer {name}: {held}.{alike(name, names)}")
    chosen = pa.array(on[grade.dispositions["part"].to_numpy()])
    return OneWafer(replace(grade, dispositions=grade.dispositions.filter(chosen)), name)


def _on(grade: Grade, name: str) -> BoolArray:
    """Parts of a wafer."""
    found: BoolArray = pc.fill_null(pc.equal(grade.lot.parts["wafer"].cast(pa.string()), name), False).to_numpy(
        zero_copy_only=False
    )
    return found
