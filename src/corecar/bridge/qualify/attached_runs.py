"""Runs before and after a stress attached to a test of a qualification: drift of each unit, what moved apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.plain import plain
from corecar.bridge.qualify.kept_qualifications import Number, Test, add, edited, row_of
from corecar.bridge.qualify.stressed_units import stressed
from corecar.bridge.study.studied import studied_lots
from corecar.lot import Identity, Lot
from corecar.plurals import plural

_KEPT = 50
"""Tests of a comparison that are kept with it, the worst first."""


def attach_runs(
    call: Call,
    number: Number,
    test: Test,
    *,
    before: Annotated[str, "The lot as it was measured before the stress."],
    after: Annotated[str, "The lot as it was measured after it; it may be the same."],
    stage_before: Annotated[str | None, "Only runs of this stage or test code before."] = None,
    stage_after: Annotated[str | None, "Only runs of this stage or test code after."] = None,
    temperature: Annotated[str | None, "Only runs at this temperature."] = None,
    control: Annotated[list[str] | None, "A unit that was not stressed; repeat for more."] = None,
    identity: Annotated[Identity, "What makes a part before the unit after."] = "auto",
) -> dict[str, Any]:
    """Attach the runs before and after a stress to a test: how far each unit moved, and whether some moved apart.

    Control units show what the tester did; it is taken off. A unit beyond a limit or the drift allowed, and units that
    moved apart from the rest, fail the test; where an 8D explains them, the lot is set aside and another one tested.
    The fails after the stress count as a result of the lot.
    Raises  NotFound; ArgumentError where no unit pairs; Conflict where nothing is added now
    """
    found = edited(call, number)
    row = row_of(found, test)
    one = _lot(call, before, stage_before, temperature)
    other = _lot(call, after, stage_after, temperature)
    answer = stressed(one, other, tuple(control or ()), identity)
    runs = {"before": _runs(one), "after": _runs(other)}
    tested = len(other.chosen("final"))
    fails = tested - int(other.passed[other.chosen("final")].sum())
    facts = plain({
        "lot": after, "findings": answer.findings, "runs": runs, "pairs": answer.pairs, "controls": answer.controls,
        "unpaired": answer.unpaired, "identity": answer.identity, "rows": answer.rows[:_KEPT],
    })  # fmt: skip
    said = (
        f"{test}: {plural(answer.pairs, 'unit')} paired by {answer.identity}, "
        f"{plural(answer.controls, 'control unit')}, {plural(len(answer.findings), 'finding')}."
    )
    add(call, found, "runs", row.test, said, facts)
    told = f"lot {after}: {fails} of {tested} failed after the stress"
    result = {"lot": after, "units": tested, "fails": fails, "value": None, "read_point": None, "cpk_at_least": None}
    add(call, found, "result", row.test, told, result)
    return {"said": said, "test": test, "findings": answer.findings, "rows": answer.rows, "runs": runs,
            "notes": list(answer.findings)}  # fmt: skip


def _lot(call: Call, name: str, stage: str | None, temperature: str | None) -> Lot:
    return studied_lots(call, [name], stage=stage, temperature=temperature).pool.lots[0]


def _runs(lot: Lot) -> Sequence[str]:
    """The hashes of a lot's runs: they say which content was judged."""
    return [str(run) for run in lot.runs["run"].to_pylist()]
