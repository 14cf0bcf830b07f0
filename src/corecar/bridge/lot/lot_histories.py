"""The history of a lot in the catalogue: a row is added, and the lot's state follows, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.store.catalogue.models import Lot, LotState, Person, Run
from corecar.store.lot_states import NEW_DATA, Event, following, is_screened, next_state, state_of


def lot_of_run(session: Session, run: Run, now: datetime) -> Lot:
    """The lot that a run's facts name; a new one when there is none yet. It is locked until the transaction ends."""
    named = (run.owner_id, run.customer or "", run.product or "", run.lot_name or "")
    asked = select(Lot).where(
        Lot.owner_id == named[0], Lot.customer == named[1], Lot.product == named[2], Lot.name == named[3]
    )
    found = session.scalar(asked.with_for_update())
    if found is None:
        state = next_state(None, NEW_DATA)
        found = Lot(owner_id=named[0], customer=named[1], product=named[2], name=named[3], state=state, state_since=now)
        session.add(found)
        session.flush()
    return found


def history_of(session: Session, lot: Lot) -> list[Event]:
    """What happened to a lot, the first event first."""
    return histories_of(session, [lot.id])[lot.id]


def histories_of(session: Session, lots: Sequence[int]) -> dict[int, list[Event]]:
    """The same of some lots, by their numbers."""
    asked = (
        select(LotState.lot_id, LotState.action, LotState.state, Person.name, LotState.at, LotState.reason)
        .join(Person, Person.id == LotState.by_id)
        .where(LotState.lot_id.in_(lots))
        .order_by(LotState.id)
    )
    found: dict[int, list[Event]] = {lot: [] for lot in lots}
    for lot, action, state, by, at, reason in session.execute(asked):
        found[lot].append(Event(action, state, by, at, reason))
    return found


def add_event(
    session: Session, lot: Lot, action: str, *, by_id: int, by: str, now: datetime, reason: str = ""
) -> Event:
    """Add a step to a lot's history. Raises WrongState, ArgumentError as `lot_states.following`."""
    event = following(history_of(session, lot), action, by=by, at=now, reason=reason, lot=lot.name)
    session.add(
        LotState(
            lot_id=lot.id, state=event.state, action=action, reason=event.reason, at=now, by_id=by_id,
            owner_id=lot.owner_id,
        )
    )  # fmt: skip
    if event.state != lot.state:
        lot.state, lot.state_since = event.state, now
    session.flush()
    return event


def awaits_screen(history: Sequence[Event]) -> bool:
    """Whether a history says already that test data wait for a screen, and more of them change nothing."""
    waiting = bool(history) and not is_screened(history) and any(event.action == NEW_DATA for event in history)
    return waiting and next_state(state_of(history), NEW_DATA) == state_of(history)


def note_new_data(session: Session, lot: Lot, *, by_id: int, by: str, now: datetime, reason: str = "") -> None:
    """Note that a lot's test data changed; without a reason once only until the next screen."""
    if reason or not awaits_screen(history_of(session, lot)):
        add_event(session, lot, NEW_DATA, by_id=by_id, by=by, now=now, reason=reason)
