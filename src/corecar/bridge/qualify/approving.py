"""Who agrees to a qualification: one proposes, another approves or refuses; it lapses, and a change reopens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from corecar.bridge.access import named_party
from corecar.bridge.calls import Call
from corecar.bridge.qualify.asked_tests import Details, asked_for
from corecar.bridge.qualify.kept_qualifications import Kept, Number, Reason, one, statuses_of, step
from corecar.bridge.qualify.opening import add_plan
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.plurals import plural
from corecar.qualify.evidence import summary
from corecar.store.catalogue.qualifying import QualificationShare
from corecar.store.limit_states import may_approve

_NAMED = 5
"""Gaps that a refusal writes out."""


def propose(call: Call, number: Number, *, reason: Reason) -> dict[str, Any]:
    """Say that the evidence of a qualification is whole; another person then approves it.

    Raises  NotFound; Conflict with the gaps while something is missing; WrongState; ArgumentError without a reason
    """
    found = one(call, number, own=True, locked=True)
    counted = summary(found.rows, statuses_of(found))
    if not counted.whole:
        told = "; ".join(f"{test}: {gap}" for test, gap in counted.gaps[:_NAMED])
        more = f"; and {len(counted.gaps) - _NAMED:,} more" if len(counted.gaps) > _NAMED else ""
        raise Conflict(
            f"{found.named} has {plural(len(counted.gaps), 'gap')}: {told}{more}. "
            f"List them: corecar qualify show {number} --gaps"
        )
    step(call, found, "propose", reason)
    return {"said": f"{_named(found)} is proposed. Another person approves it with: corecar qualify approve {number}",
            "number": number, "state": found.row.state}  # fmt: skip


def approve(
    call: Call,
    number: Number,
    *,
    reason: Reason,
    until: Annotated[datetime | None, "Last day on which it counts; without it, until a change."] = None,
) -> dict[str, Any]:
    """Approve a qualification that another person proposed. Who proposed it does not, in a workspace with accounts.

    Raises  NotFound, WrongState, ArgumentError without a reason or for a day that is past; AccessDenied
    """
    found = one(call, number, own=True, locked=True)
    rule = may_approve(_proposer(found), call.actor.name, accounts=call.actor.accounts, named=found.named)
    if not rule.allowed:
        raise AccessDenied(rule.sentence)
    end = None if until is None else until if until.tzinfo else until.replace(tzinfo=UTC)
    if end is not None and end <= call.now:
        raise ArgumentError(f"until={end:%Y-%m-%d}: a day to come was expected.")
    step(call, found, "approve", reason, two_persons=rule.sentence, until=None if end is None else end.isoformat())
    found.row.valid_until = end
    call.session.flush()
    return {"said": f"{_named(found)} is approved.", "number": number, "state": found.row.state, "valid_until": end,
            "two_persons": rule.sentence, "notes": [f"Rule of two persons: {rule.sentence}"]}  # fmt: skip


def refuse(call: Call, number: Number, *, reason: Reason) -> dict[str, Any]:
    """Refuse a qualification that was proposed, with the reason; evidence can be added then.

    Raises  NotFound, WrongState, ArgumentError without a reason
    """
    found = one(call, number, own=True, locked=True)
    step(call, found, "refuse", reason)
    return {"said": f"{_named(found)} is refused: {reason.strip()}", "number": number, "state": found.row.state}


def reopen(
    call: Call,
    number: Number,
    *,
    reason: Reason,
    change: Annotated[str | None, "The change that was made: a new plan holds the tests that it asks for."] = None,
    detail: Details = None,
) -> dict[str, Any]:
    """Reopen a qualification: it counts no more. With a change a new version of its plan begins; the old one stays.

    Raises  NotFound; ArgumentError without a reason, or for an unknown change
    """
    found = one(call, number, own=True, locked=True)
    step(call, found, "reopen", reason, change=change)
    found.row.valid_until = None
    if change is not None:
        product: Mapping[str, Any] = found.plan.asked["product"]
        first = asked_for(product["name"], product["grade"], product["package"], product["wire"], None, change,
                          detail, None, found.plan.asked["revision"])  # fmt: skip
        asked = replace(first, product=type(first.product)(**product))
        add_plan(call, found.row, found.plan.version + 1, asked)
    call.session.flush()
    why, name = reason.strip(), _named(found)
    return {
        "said": f"{name} is open again for {change}: {why}" if change else f"{name} is open again: {why}",
        "number": number,
        "state": found.row.state,
    }


def share(call: Call, number: Number, party: Annotated[str, "Who may see it from now on."]) -> dict[str, Any]:
    """Let another party see a qualification with its evidence.

    Raises  NotFound; AccessDenied for one of somebody else; ArgumentError for your own party
    """
    found, other = one(call, number, own=True), named_party(call.session, party)
    if other.id == found.row.owner_id:
        raise ArgumentError(f"{found.named} belongs to {other.name}, which sees it anyway. Name another party.")
    if call.session.get(QualificationShare, (number, other.id)) is None:
        call.session.add(QualificationShare(
            qualification_id=number, party_id=other.id, at=call.now, by_id=call.actor.person_id
        ))  # fmt: skip
    return {"said": f"{other.name} may see qualification {number}.", "number": number, "party": other.name}


def unshare(call: Call, number: Number, party: Annotated[str, "Who may not see it any more."]) -> dict[str, Any]:
    """Stop letting a party see a qualification; what it has seen it has seen.

    Raises  NotFound; AccessDenied for one of somebody else
    """
    one(call, number, own=True)
    other = named_party(call.session, party)
    shared = call.session.get(QualificationShare, (number, other.id))
    if shared is None:
        raise NotFound(f"qualification {number} is not shared with {other.name}.")
    call.session.delete(shared)
    return {"said": f"{other.name} may not see qualification {number} any more.", "number": number, "party": other.name}


def _proposer(found: Kept) -> str:
    """Who proposed it last; nobody where nobody did."""
    steps = [entry for entry in found.entries if entry.kind == "step" and entry.facts["action"] == "propose"]
    return steps[-1].by.name if steps else ""


def _named(found: Kept) -> str:
    return f"Qualification {found.row.id} of {found.row.product}"
