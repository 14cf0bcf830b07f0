"""Overrides: parts that a screen rejected, let through only by two different people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.lot.kept_lots import insertions_of, kept_runs
from corecar.bridge.lot.kept_overrides import REJECTED, add_step, last_gradings, numbered, steps_of
from corecar.bridge.lot.named_parts import FoundPart, found_parts, unit_names
from corecar.bridge.sharing import lots_called
from corecar.bridge.travel import Sent
from corecar.errors import AccessDenied, ArgumentError, Conflict
from corecar.plurals import plural
from corecar.store.catalogue.models import Lot
from corecar.store.catalogue.overriding import Override
from corecar.store.limit_states import may_approve
from corecar.store.override_states import STATES

Number = Annotated[int, "Number of the override."]
Reason = Annotated[str, "Why; it stands in the history of the override."]
NAMED = 3
"""Parts that a row names; of more, it says how many."""


def propose(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    parts: Annotated[
        list[str],
        "Wafer and place as `W03,12,-4`, part ids, or a CSV with wafer, x and y, or part_id.",
        Sent(or_word=True),
    ],
    *,
    screens: Annotated[list[str], "A screen that rejected them; once for each that did."],
    reason: Annotated[str, "Why they may ship; it stands with each part."],
) -> dict[str, Any]:
    """Propose that parts which screens rejected may ship. It counts once another person approves it.

    Parts are held against the last grading of the lot. One that failed at the tester is never let through.
    Raises  NotFound for a part that is not in the lot; Conflict for one that failed, that nothing identifies, that
            no screen rejected, or that another screen rejected too; ArgumentError without a reason, parts or screens
    """
    names = unit_names(parts)
    chosen = list(dict.fromkeys(screens))
    if not names or not chosen or not reason.strip():
        raise ArgumentError("an override needs parts, --screens and a reason. Say which and why.")
    with call.store.catalogue.reading() as session:
        found, _ = kept_runs(session, call, lot)
        graded = last_gradings(session, found.id)
    if not graded:
        raise Conflict(
            f"lot {found.name} has no grading that overrides can be held against: corecar grade {found.name}"
        )
    how = next(reversed(graded.values()))
    kept = insertions_of(call, lot, how["identity"], how["retest"])
    seen = found_parts(names, kept)
    rejected = {label: summary[REJECTED] for label, summary in graded.items()}
    entries = [entry for parts_of in seen.values() for entry in _entries(parts_of, rejected, chosen)]
    row = call.store.catalogue.write(lambda session: _added(session, call, found.id, entries, chosen, reason))
    said = f"Proposed: override {row['number']} ({plural(len(names), 'part')} of lot {found.name}). "
    return {
        "said": f"{said}Another person approves with: corecar override approve {row['number']} --reason WHY",
        "rows": [row],
    }


def _entries(
    parts: Sequence[FoundPart], rejected: dict[str, dict[str, list[str]]], screens: Sequence[str]
) -> list[dict[str, str]]:
    """What an override keeps of one part. Raises Conflict where it may not be let through."""
    for part in parts:
        if not part.passed:
            raise Conflict(
                f"{part.unit} failed at the tester ({part.insertion}). No override lets such a part through."
            )
        if not part.lasting:
            raise Conflict(
                f"{part.unit}: nothing identifies it, so that no override can name it. Grade by another identity."
            )
    by = {part: rules for part in parts if (rules := rejected.get(part.insertion, {}).get(part.unit))}
    if not by:
        raise Conflict(f"{parts[0].unit}: no screen rejected it when the lot was last graded. It needs no override.")
    for part, rules in by.items():
        others = [rule for rule in rules if rule not in screens]
        if others:
            raise Conflict(
                f"{part.unit} was rejected by {', '.join(rules)} ({part.insertion}). "
                f"Name these as well: {', '.join(others)}."
            )
    return [{"insertion": part.insertion, "unit": part.unit} for part in by]


def _added(
    session: Session, call: Call, lot: int, entries: list[dict[str, str]], screens: list[str], reason: str
) -> dict[str, Any]:
    row = Override(lot_id=lot, parts=entries, screens=screens, state="proposed", at=call.now, **call.facts)
    session.add(row)
    session.flush()
    add_step(session, call, row, None, "propose", reason)
    return row_of_override(session, row)


def approve(call: Call, override: Number, *, reason: Reason) -> dict[str, Any]:
    """Approve an override that another person proposed. Its parts may ship when the lot is graded again.

    Who proposed it does not approve it, in a workspace with accounts.
    Raises  NotFound, ArgumentError without a reason, WrongState; AccessDenied for who proposed it
    """
    found = numbered(call, override)
    proposer = steps_of(call.session, found)[0].by_name
    rule = may_approve(proposer, call.actor.name, accounts=call.actor.accounts, named=f"override {found.id}")
    if not rule.allowed:
        raise AccessDenied(rule.sentence)
    answer = _done(call, found, "approve", reason, rule.sentence)
    return answer | {"two_persons": rule.sentence, "notes": [f"Rule of two persons: {rule.sentence}"]}


def withdraw(call: Call, override: Number, *, reason: Reason) -> dict[str, Any]:
    """Withdraw an override, approved or not. There is no way back; its parts are rejected when graded again.

    Raises  NotFound, ArgumentError without a reason, WrongState
    """
    return _done(call, numbered(call, override), "withdraw", reason)


def override_list(
    call: Call,
    *,
    lot: Annotated[str | None, "Only overrides of the lots of this name, or of the one lot `number:7`."] = None,
    state: Annotated[str | None, "Only overrides in this state."] = None,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List the overrides: lot, parts, screens, state, who proposed and approved, and why; the latest first.

    Raises  ArgumentError for a state that there is none of
    """
    if state is not None and state not in STATES:
        raise ArgumentError(f'no state is called "{state}". There are: {", ".join(STATES)}.')
    asked = select(Override).where(Override.owner_id == call.actor.party_id).order_by(Override.id.desc())
    if state is not None:
        asked = asked.where(Override.state == state)
    if lot is not None:
        asked = asked.where(Override.lot_id.in_(select(Lot.id).where(lots_called(lot))))
    rows = [row_of_override(call.session, one) for one in call.session.scalars(asked.limit(limit))]
    none = "No override yet. Propose one with: corecar override propose LOT PARTS"
    return {"said": "" if rows else "No override is such." if state or lot else none, "rows": rows}


def _done(call: Call, found: Override, action: str, reason: str, two_persons: str = "") -> dict[str, Any]:
    before = found.state
    step = add_step(call.session, call, found, before, action, reason, two_persons)
    name = call.session.get_one(Lot, found.lot_id).name
    units = plural(len({part["unit"] for part in found.parts}), "part")
    said = f"Override {found.id} ({units} of lot {name}) is {step.state} (was {before}): {step.reason}. "
    return {"said": f"{said}Grade the lot again: corecar grade {name}", "number": found.id, "before": before,
            "state": step.state, "reason": step.reason}  # fmt: skip


def row_of_override(session: Session, found: Override) -> dict[str, Any]:
    """An override as `override list` tells it."""
    steps = steps_of(session, found)
    by = {step.action: step.by_name for step in steps}
    units = list(dict.fromkeys(part["unit"] for part in found.parts))
    more = f" and {len(units) - NAMED:,} more" if len(units) > NAMED else ""
    return {
        "number": found.id, "lot": session.get_one(Lot, found.lot_id).name, "state": found.state, "parts": len(units),
        "units": ", ".join(units[:NAMED]) + more, "screens": ", ".join(found.screens),
        "proposed_by": by.get("propose"),
        "approved_by": by.get("approve"), "withdrawn_by": by.get("withdraw"),
        "reason": steps[0].reason if steps else None,
    }  # fmt: skip
