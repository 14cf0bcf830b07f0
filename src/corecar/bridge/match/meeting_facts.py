"""Meetings as they stand in the catalogue: which a party sees, their pairs, the last that was told of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select

from corecar.bridge.calls import Call
from corecar.errors import AccessDenied, Conflict, NotFound
from corecar.match.facts import Dealing
from corecar.store.catalogue.meetings import Meeting, MeetingOutcome, MeetingPair, MeetingShare
from corecar.store.catalogue.models import Party

WORTH = {"agreed": 1.0, "going-on": 0.5, "declined": 0.0}
"""What an outcome counts as history of two parties (Corecar's default); who was absent has none."""
Last = dict[tuple[int, int], MeetingOutcome]


def seen(call: Call) -> list[Meeting]:
    """The meetings that the actor's party owns or that are shared with it, the latest day first."""
    shared = exists().where(MeetingShare.meeting_id == Meeting.id, MeetingShare.party_id == call.actor.party_id)
    asked = select(Meeting).where(or_(Meeting.owner_id == call.actor.party_id, shared))
    return list(call.session.scalars(asked.order_by(Meeting.day.desc(), Meeting.id.desc())))


def one(call: Call, number: int, *, own: bool = False, held: bool = False) -> Meeting:
    """A meeting that the actor sees.

    own     it has to be the actor's party's; held: it may not be cancelled
    Raises  NotFound; AccessDenied for one of somebody else; Conflict for one that is cancelled
    """
    found = next((meeting for meeting in seen(call) if meeting.id == number), None)
    if found is None:
        raise NotFound(f"there is no meeting {number}. `corecar meeting list` lists them.")
    if own and found.owner_id != call.actor.party_id:
        raise AccessDenied(f"meeting {number} belongs to another party, which shares it. Only its owner may do this.")
    if held and found.cancelled:
        raise Conflict(f"meeting {number} was cancelled: {found.cancelled}. Propose another one.")
    return found


def pairs_of(call: Call, meetings: list[Meeting]) -> list[MeetingPair]:
    """The pairs of meetings, by meeting and number."""
    asked = select(MeetingPair).where(MeetingPair.meeting_id.in_([meeting.id for meeting in meetings]))
    return list(call.session.scalars(asked.order_by(MeetingPair.meeting_id, MeetingPair.number)))


def outcomes_of(call: Call, meetings: list[Meeting]) -> list[MeetingOutcome]:
    """All that was told of the pairs of meetings, in the order in which it was told."""
    asked = select(MeetingOutcome).where(MeetingOutcome.meeting_id.in_([meeting.id for meeting in meetings]))
    return list(call.session.scalars(asked.order_by(MeetingOutcome.id)))


def seen_by(call: Call, meeting: Meeting) -> dict[str, Any]:
    """Whose a meeting is; and for its owner alone, with which parties it is shared."""
    owner = call.session.scalars(select(Party.name).where(Party.id == meeting.owner_id)).one()
    asked = select(Party.name).join(MeetingShare, MeetingShare.party_id == Party.id)
    shared = sorted(call.session.scalars(asked.where(MeetingShare.meeting_id == meeting.id)))
    return {"owner": owner, "shared_with": shared if meeting.owner_id == call.actor.party_id else []}


def last_of(outcomes: list[MeetingOutcome]) -> Last:
    """Of each pair what was told last."""
    return {(row.meeting_id, row.number): row for row in outcomes}


def dealings(call: Call) -> dict[tuple[str, str], Dealing]:
    """What came of earlier meetings of the party of a need and the party of an offer, as it was told last."""
    meetings = [meeting for meeting in seen(call) if not meeting.cancelled]
    of = {meeting.id: meeting for meeting in meetings}
    last = last_of(outcomes_of(call, meetings))
    told: list[tuple[Any, MeetingPair]] = [
        (last[pair.meeting_id, pair.number], pair)
        for pair in pairs_of(call, meetings)
        if (pair.meeting_id, pair.number) in last
    ]
    found: dict[tuple[str, str], Dealing] = {}
    for outcome, pair in sorted(told, key=lambda row: row[0].id):
        if outcome.outcome in WORTH:
            meeting = of[pair.meeting_id]
            words = f"{outcome.outcome} at {meeting.name}, {meeting.day.isoformat()}"
            found[pair.needed_by, pair.offered_by] = (WORTH[outcome.outcome], words)
    return found
