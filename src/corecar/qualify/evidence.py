"""What evidence proves of each test of a plan: passed, failed, or what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corecar.qualify.planning import COUNTED, PlanRow

DONE = ("passed", "family data", "skipped", "does not apply")
"""States of a test in which nothing is missing."""


@dataclass(frozen=True)
class Result:
    """One lot's result of one test.

    fails       that were seen at the read point for the first time
    value       the figure that the row is judged by: Cpk, volts, percent; None where fails are counted
    read_point  when the parts were read; the same parts are read at each
    """

    lot: str
    units: int = 0
    fails: int = 0
    value: float | None = None
    read_point: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that is known of one test.

    claimed    family data that was claimed, in words; empty where none was
    stands     whether nothing speaks against the claim
    documents  names of the documents attached
    skipped    why it is left out; empty where it is not
    findings   what speaks against parts after the stress: drift, a subpopulation
    """

    results: Sequence[Result] = ()
    claimed: str = ""
    stands: bool = False
    documents: Sequence[str] = ()
    skipped: str = ""
    findings: Sequence[str] = ()


@dataclass(frozen=True)
class Status:
    """Where a test stands: passed, failed, incomplete, missing, open, family data, skipped, does not apply.

    gaps  what is missing or speaks against it, each in a sentence
    """

    state: str
    lots: int
    units: int
    fails: int
    value: float | None
    gaps: tuple[str, ...]


def status(row: PlanRow, evidence: Evidence) -> Status:
    """Where a test of a plan stands by its evidence.

    >>> row = PlanRow("B1", "B", "", "", "", "", 3, 77, 0.0, "fails", "needed", "", "", "", True)
    >>> status(row, Evidence([Result("L1", 77), Result("L2", 77)])).gaps
    ('2 of 3 lots',)
    >>> status(row, Evidence([Result("L1", 77), Result("L2", 77), Result("L3", 77, 1)])).state
    'failed'
    """
    lots = units_of_lots(evidence.results)
    units = sum(lots.values())
    fails = sum(one.fails for one in evidence.results)
    values = [one.value for one in evidence.results if one.value is not None]
    worst = min(values) if values else None

    def answered(state: str, *gaps: str) -> Status:
        return Status(state, len(lots), units, fails, worst, gaps)

    if evidence.skipped or row.state in ("skipped", "does not apply"):
        return answered("skipped" if evidence.skipped else row.state)
    against = _against(row, evidence, fails, worst)
    if against:
        return answered("failed", *against)
    if evidence.claimed and evidence.stands:
        return answered("family data")
    missing = _missing(row, evidence, len(lots))
    if not missing:
        return answered("passed")
    if row.state == "open" and not evidence.results:
        return answered("open", "hangs on a detail of the change that nobody told")
    return answered("incomplete" if evidence.results or evidence.documents or evidence.claimed else "missing", *missing)


def _against(row: PlanRow, evidence: Evidence, fails: int, worst: float | None) -> list[str]:
    """What the results say against the product."""
    found = list(evidence.findings)
    if row.judged == "fails" and row.accept is not None and fails > row.accept:
        found.append(f"{fails} fails, {row.accept:g} allowed")
    if row.judged == "Cpk above" and worst is not None and row.accept is not None and not worst > row.accept:
        found.append(f"Cpk {worst:g}, above {row.accept:g} is asked")
    if row.judged.endswith("at least") and worst is not None and row.accept is not None and worst < row.accept:
        found.append(f"{worst:g} {row.judged.split()[0]}, at least {row.accept:g} is asked")
    return found


def _missing(row: PlanRow, evidence: Evidence, lots: int) -> list[str]:
    """What the plan asks for and is not there."""
    if row.judged == "report":
        return [] if evidence.documents or evidence.results else ["a report"]
    found = []
    if not evidence.results and not row.lots:
        found.append("a result")
    if lots < row.lots:
        found.append(f"{lots} of {row.lots} lots")
    for lot, units in _short(row, evidence).items():
        found.append(f"lot {lot}: {units} of {row.units} units")
    if row.judged != "fails" and any(one.value is None for one in evidence.results):
        found.append(f"a value ({row.judged})")
    return found


def units_of_lots(results: Sequence[Result]) -> dict[str, int]:
    """Units of each lot that were tested: those of the read point with the most, as the same parts are read at each.

    >>> units_of_lots([Result("L1", 77, read_point="500 h"), Result("L1", 76, read_point="1000 h"), Result("L2", 40)])
    {'L1': 77, 'L2': 40}
    """
    read: dict[str, dict[str, int]] = {}
    for one in results:
        there = read.setdefault(one.lot, {})
        point = "".join(one.read_point.split()).casefold()
        there[point] = there.get(point, 0) + one.units
    return {lot: max(there.values()) for lot, there in read.items()}


def _short(row: PlanRow, evidence: Evidence) -> dict[str, int]:
    """Lots with fewer units than the plan asks for."""
    return {lot: count for lot, count in units_of_lots(evidence.results).items() if count < row.units}


@dataclass(frozen=True)
class Summary:
    """How far a qualification is: tests by state, and every gap with its test."""

    counts: Mapping[str, int]
    gaps: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps


def summary(rows: Sequence[PlanRow], statuses: Mapping[str, Status]) -> Summary:
    """How far a qualification is, over the tests of its plan."""
    counts: dict[str, int] = {}
    gaps: list[tuple[str, str]] = []
    for row in rows:
        one = statuses[row.test]
        counts[one.state] = counts.get(one.state, 0) + 1
        gaps += [(row.test, gap) for gap in one.gaps]
    return Summary(counts, tuple(gaps))


def plan_row(kept: Mapping[str, Any]) -> PlanRow:
    """A row of a plan as it was kept."""
    return PlanRow(**kept)


def to_do(rows: Sequence[PlanRow]) -> list[PlanRow]:
    """The rows that are to be done."""
    return [row for row in rows if row.state in COUNTED]
