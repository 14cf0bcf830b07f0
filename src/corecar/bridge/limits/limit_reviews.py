"""Which limit sets wait for a person: proposals to approve, approved ones to release, and those due for a review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.limits.kept_limits import last_look
from corecar.screen.baselines import Review, baseline_rules, next_review
from corecar.store.catalogue.limiting import LimitSet, LimitSetState
from corecar.store.catalogue.models import Run

STANDARD = "AEC-Q001"
WAITING = {
    "proposed": ("limits to approve", "proposed; another person looks at it (corecar limits show {0}) and approves: "
                 'corecar limits approve {0} --reason "..."'),
    "approved": ("limits to release", "approved, but not with the tester: corecar limits release {0} --out DIR"),
}  # fmt: skip
"""What a set in each state waits for, and what to do."""


@dataclass(frozen=True)
class SetReview:
    """When a set in force must be looked at again; `since` is what counts from: its day, or the last review."""

    since: date
    lots: int
    review: Review


def review_of(session: Session, found: LimitSet, today: date) -> SetReview:
    """When a limit set must be reviewed.

    Counted are lots of its product, stage and temperature that were tested after the later of its day and its last
    review. Limits are new for half a year after the first that were ever released for them.
    Source  AEC-Q001 Rev D; the days and lots are rows `baseline` of `standards/aec_q001.csv`
    """
    look = last_look(session, found)
    since = max(found.set_on, look.date()) if look is not None else found.set_on
    lots = _lots_since(session, found, since)
    first = min(_first_day(session, found), since)
    review = next_review(baseline_rules(STANDARD), first=first, updated=since, lots_since=lots, today=max(today, since))
    return SetReview(since, lots, review)


def waiting_limits(call: Call, limit: int) -> list[dict[str, Any]]:
    """Rows of `todo` on limit sets of the actor's party, at most `limit` of each kind."""
    asked = select(LimitSet).where(LimitSet.owner_id == call.actor.party_id).order_by(LimitSet.state_since)
    rows = []
    for state, (kind, advice) in WAITING.items():
        for one in call.session.scalars(asked.where(LimitSet.state == state).limit(limit)):
            rows.append(_row(kind, one, one.state_since, advice.format(one.id)))
    return rows + list(_due(call, limit))


def _due(call: Call, limit: int) -> Iterator[dict[str, Any]]:
    asked = select(LimitSet).where(LimitSet.owner_id == call.actor.party_id, LimitSet.state == "released")
    found = [(one, review_of(call.session, one, call.now.date())) for one in call.session.scalars(asked)]
    due = sorted(((one, row) for one, row in found if row.review.due), key=lambda pair: (pair[1].review.by, pair[0].id))
    for one, row in due[:limit]:
        why = (
            f"{STANDARD} asks for a review: {row.review.reason}. Propose new limits from the lots since, or note that "
            f'these stand: corecar limits review {one.id} --reason "..."'
        )
        yield _row("limits to review", one, datetime.combine(row.review.by, time(), UTC), why)


def _row(kind: str, found: LimitSet, since: datetime, why: str) -> dict[str, Any]:
    return {"kind": kind, "what": found.name, "file": None, "since": since, "why": why}


def _lots_since(session: Session, found: LimitSet, since: date) -> int:
    """Lots of the set's product, stage and temperature that were tested after a day."""
    end = datetime.combine(since, time.max)
    facts = ((Run.product, found.product), (Run.stage, found.stage), (Run.temperature, found.temperature))
    same = [func.coalesce(column, "") == value for column, value in facts]
    asked = select(func.count(distinct(Run.lot_id))).where(Run.owner_id == found.owner_id, Run.start > end, *same)
    return session.scalar(asked) or 0


def _first_day(session: Session, found: LimitSet) -> date:
    """Day of the first limits that were ever released for the same product, stage and temperature."""
    released = select(LimitSetState.set_id).where(LimitSetState.action == "release")
    asked = select(func.min(LimitSet.set_on)).where(
        LimitSet.owner_id == found.owner_id, LimitSet.product == found.product, LimitSet.stage == found.stage,
        LimitSet.temperature == found.temperature, LimitSet.id.in_(released),
    )  # fmt: skip
    return session.scalar(asked) or found.set_on
