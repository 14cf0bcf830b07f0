"""What waits for a person: unfiled runs, quarantined files, lots on hold or in quarantine, limits, overdue actions."""

from __future__ import annotations

from os.path import normpath
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.agree.showing_agreements import waiting_agreements
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.limits.limit_reviews import waiting_limits
from corecar.bridge.sharing import visible_lots
from corecar.plurals import plural
from corecar.store.catalogue.improvement import UNFINISHED, Action
from corecar.store.catalogue.models import Lot, LotState, Quarantined, Run, Source
from corecar.store.lot_states import STOPPED

HOPELESS = frozenset({"UnsupportedVersion"})
"""What is wrong with files that no second try reads."""
SHORT = 12
"""Digits of a run's identity that are enough for a person to name it."""


def todo(call: Call, *, limit: Annotated[int, "At most so many of each kind.", AtLeast(0)] = 200) -> dict[str, Any]:
    """List what waits for a person: unfiled runs, quarantined files, lots on hold or in quarantine, limit sets to
    approve, release or review, overdue actions, memoranda to answer or sign; each with what to do.

    Each row names its kind, the thing, since when it waits, and why.
    """
    rows = [
        *_unfiled(call, limit), *_quarantined(call, limit), *_held(call, limit), *waiting_limits(call, limit),
        *_overdue(call, limit), *waiting_agreements(call, limit),
    ]  # fmt: skip
    return {"said": f"{plural(len(rows), 'thing')} to do." if rows else "Nothing to do.", "rows": rows}


def _unfiled(call: Call, limit: int) -> list[dict[str, Any]]:
    found = call.session.execute(
        select(Run, Source.path)
        .join(Source, Source.hash == Run.source_hash)
        .where(Run.unfiled.is_not(None), Run.owner_id == call.actor.party_id)
        .order_by(Run.ingested_at)
        .limit(limit)
    )
    return [
        {
            "kind": "unfiled run",
            "what": run.id[:SHORT],
            "file": normpath(path),
            "since": run.ingested_at,
            "why": run.unfiled,
        }
        for run, path in found
    ]


def _quarantined(call: Call, limit: int) -> list[dict[str, Any]]:
    found = call.session.scalars(
        select(Quarantined)
        .where(Quarantined.resolved_at.is_(None), Quarantined.owner_id == call.actor.party_id)
        .order_by(Quarantined.last_at)
        .limit(limit)
    )
    return [
        {
            "kind": "quarantined file",
            "what": str(row.id),
            "file": normpath(row.path),
            "since": row.first_at,
            "why": f"{row.message.removeprefix(f'{row.path}: ')} {_again(row)}",
        }
        for row in found
    ]


def _again(row: Quarantined) -> str:
    """Whether to try a file again."""
    if row.problem in HOPELESS:
        return "No second try reads it as it is."
    return f"Tried {plural(row.tries, 'time')}; try again: corecar retry {row.id}"


def _held(call: Call, limit: int) -> list[dict[str, Any]]:
    found = call.session.scalars(
        select(Lot)
        .where(Lot.state.in_(STOPPED), Lot.owner_id == call.actor.party_id, visible_lots(call.actor))
        .order_by(Lot.state_since)
        .limit(limit)
    )
    lots = list(found)
    numbers = [lot.id for lot in lots]
    steps = call.session.scalars(select(LotState).where(LotState.lot_id.in_(numbers)).order_by(LotState.id))
    reasons = {step.lot_id: step.reason for step in steps}
    return [
        {
            "kind": "lot on hold" if lot.state == "held" else "lot in quarantine",
            "what": lot.name,
            "file": None,
            "since": lot.state_since,
            "why": f"{_sentence(reasons.get(lot.id))} See: corecar lot {lot.name}".strip(),
        }
        for lot in lots
    ]


def _sentence(reason: str | None) -> str:
    """A reason that somebody wrote, as a sentence of its own."""
    text = (reason or "").strip()
    return text + ("" if not text or text[-1] in ".!?" else ".")


def _overdue(call: Call, limit: int) -> list[dict[str, Any]]:
    """Actions of the actor's party whose due date passed before they were confirmed or closed."""
    asked = select(Action).where(
        Action.owner_id == call.actor.party_id, Action.state.in_(UNFINISHED), Action.due < call.now
    )
    return [
        {
            "kind": "overdue action",
            "what": str(action.id),
            "file": None,
            "since": action.due,
            "why": f"{action.finding.rstrip('.')}. {action.responsible} does it; see: corecar action show {action.id}",
        }
        for action in call.session.scalars(asked.order_by(Action.due, Action.id).limit(limit))
    ]
