"""Overrides as the catalogue keeps them: found by number, their history, and those that grading has to apply."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.lot.kept_lots import insertion_label
from corecar.errors import NotFound
from corecar.graded import Grade
from corecar.screen.overrides import Override as Applied
from corecar.screen.overrides import rules_by_part
from corecar.store.catalogue.models import Grading, Lot
from corecar.store.catalogue.overriding import Override, OverrideState
from corecar.store.override_states import override_step

REJECTED, INSERTION, LIMIT_RECORDS = "rejected_units", "insertion", "limit_records"
"""What a grading leaves beside its summary: units that a screen rejected, where, and the hashes of its limits."""


def numbered(call: Call, number: int) -> Override:
    """An own override, locked until the transaction ends. Raises NotFound."""
    asked = select(Override).where(Override.owner_id == call.actor.party_id, Override.id == number)
    found = call.session.scalars(asked.with_for_update()).first()
    if found is None:
        raise NotFound(f"there is no override {number}. `corecar override list` lists them.")
    return found


def steps_of(session: Session, found: Override) -> list[OverrideState]:
    """What happened to an override, the first step first."""
    asked = select(OverrideState).where(OverrideState.override_id == found.id).order_by(OverrideState.id)
    return list(session.scalars(asked))


def add_step(
    session: Session, call: Call, found: Override, now: str | None, action: str, reason: str, two_persons: str = ""
) -> OverrideState:
    """Add a step to the life of an override. Raises WrongState, ArgumentError as `override_step`."""
    step = override_step(now, action, named=f"override {found.id}", reason=reason)
    row = OverrideState(
        override_id=found.id, state=step.then, action=action, reason=reason.strip(), two_persons=two_persons,
        at=call.now, by_name=call.actor.name, by_id=call.actor.person_id, owner_id=found.owner_id,
    )  # fmt: skip
    session.add(row)
    found.state = step.then
    session.flush()
    return row


def approved_overrides(session: Session, lot: Lot) -> dict[str, list[Applied]]:
    """The approved overrides of a lot by insertion, in the order they were proposed."""
    asked = select(Override).where(Override.lot_id == lot.id, Override.state == "approved").order_by(Override.id)
    found: dict[str, list[Applied]] = {}
    for one in session.scalars(asked):
        steps = {step.action: step for step in steps_of(session, one)}
        for label in dict.fromkeys(part["insertion"] for part in one.parts):
            units = tuple(part["unit"] for part in one.parts if part["insertion"] == label)
            found.setdefault(label, []).append(_applied(one, units, steps))
    return found


def _applied(one: Override, units: tuple[str, ...], steps: dict[str, OverrideState]) -> Applied:
    approval = steps["approve"]
    enforced = not approval.two_persons.startswith("Not enforced")
    return Applied(one.id, units, tuple(one.screens), steps["propose"].by_name, approval.by_name,
                   steps["propose"].reason, approval.two_persons, enforced)  # fmt: skip


def rejected_units(grade: Grade, insertion: tuple[str | None, ...]) -> dict[str, Any]:
    """What a grading leaves for overrides to be held against: its insertion, and the screens of each rejected unit."""
    rules = rules_by_part(grade)
    rows = zip(grade.dispositions["part"].to_pylist(), grade.dispositions["unit"].to_pylist(), strict=True)
    return {
        INSERTION: insertion_label(insertion),
        REJECTED: {unit: rules[part] for part, unit in rows if part in rules},
    }


def last_gradings(session: Session, lot: int) -> dict[str, dict[str, Any]]:
    """The summary of the last grading of each insertion of a lot, as far as it says what was rejected."""
    asked = select(Grading).where(Grading.lot_id == lot).order_by(Grading.id)
    return {one.summary[INSERTION]: one.summary for one in session.scalars(asked) if REJECTED in one.summary}
