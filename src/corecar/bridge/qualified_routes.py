"""Routes of the chain as the qualifications that name them stand: approved from when until when, or not any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from corecar.bridge.calls import Call
from corecar.store.catalogue.qualifying import (
    Qualification,
    QualificationEntry,
    QualificationPlan,
    QualificationShare,
)

Row = dict[str, Any]


def qualified_routes(call: Call) -> list[Row]:
    """A row for each route that a qualification was ever approved for and that the actor's party may know of.

    Returns  route, approved, grade, valid_from, valid_until (days as text, or None), qualification: its number
    A route that no qualification was approved for stays as the chain's table has it: one that is open decides nothing.
    Of several, one that is approved counts before one that is not, and the later before the earlier.
    """
    shared = select(QualificationShare.qualification_id).where(QualificationShare.party_id == call.actor.party_id)
    seen = or_(Qualification.owner_id == call.actor.party_id, Qualification.id.in_(shared))
    asked = select(Qualification).where(Qualification.route.is_not(None), seen)
    found: dict[str, Row] = {}
    for row in call.session.scalars(asked.order_by(Qualification.id)).all():
        told = _standing(call, row)
        before = found.get(str(row.route))
        if told is not None and (before is None or told["approved"] or not before["approved"]):
            found[str(row.route)] = told
    return [found[route] for route in sorted(found)]


def _standing(call: Call, row: Qualification) -> Row | None:
    """How a qualification says its route stands; nothing where it was never approved."""
    steps = [entry for entry in call.session.scalars(
        select(QualificationEntry)
        .where(QualificationEntry.qualification_id == row.id, QualificationEntry.kind == "step")
        .order_by(QualificationEntry.id)
    ) if entry.facts["action"] in ("approve", "reopen")]  # fmt: skip
    approvals = [entry for entry in steps if entry.facts["action"] == "approve"]
    if not approvals:
        return None
    approved = row.state == "approved"
    plans = select(QualificationPlan.asked).where(QualificationPlan.qualification_id == row.id)
    asked = call.session.scalars(plans.order_by(QualificationPlan.version.desc()).limit(1)).one()
    return {
        "route": row.route, "approved": approved, "grade": asked["product"]["grade"],
        "valid_from": _day(approvals[-1].at) if approved else None,
        "valid_until": _day(row.valid_until) if approved else None, "qualification": row.id,
        "since": _day(steps[-1].at),
    }  # fmt: skip


def qualified_notes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a plan says of the routes that qualifications decide on."""
    notes = []
    for row in rows:
        if not row["approved"]:
            notes.append(f"Route {row['route']} is out: qualification {row['qualification']} was reopened on "
                         f"{row['since']}.")  # fmt: skip
        elif row["valid_until"]:
            notes.append(f"Route {row['route']} is qualified from {row['valid_from']} until {row['valid_until']} by "
                         f"qualification {row['qualification']}.")  # fmt: skip
        else:
            notes.append(f"Route {row['route']} is qualified from {row['valid_from']} on by qualification "
                         f"{row['qualification']}.")  # fmt: skip
    return notes


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d}"
