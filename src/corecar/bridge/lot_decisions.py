"""What people decide about a lot: hold, release, ship, quarantine, scrap. Each is a row of its history."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot_histories import add_event, history_of
from corecar.bridge.sharing import own_lot
from corecar.errors import AccessDenied
from corecar.store.catalogue.models import Lot
from corecar.store.lot_states import second_person

LotName = Annotated[str, "Name or number of the lot."]
Reason = Annotated[str, "Why; whoever reads the lot's history sees it."]


def hold(call: Call, lot: LotName, *, reason: Reason) -> dict[str, Any]:
    """Hold a lot: nothing of it may ship until somebody releases it.

    Raises  NotFound, AccessDenied; WrongState where the lot's state does not allow it
    """
    return _decided(call, lot, "hold", reason)


def release(call: Call, lot: LotName, *, reason: Reason) -> dict[str, Any]:
    """Release a lot: it may be shipped. Who held it does not release it, in a workspace with accounts.

    Raises  NotFound; ArgumentError without a reason; AccessDenied also for who held it; WrongState where test data are
    not screened
    """
    found = _locked(call, lot)
    actor = call.actor
    rule = second_person(history_of(call.session, found), actor.name, accounts=actor.accounts, lot=found.name)
    if not rule.allowed:
        raise AccessDenied(rule.sentence)
    answer = _decided(call, lot, "release", reason)
    return answer | {"two_persons": rule.sentence, "notes": [f"Rule of two persons: {rule.sentence}"]}


def ship(call: Call, lot: LotName, *, reason: Annotated[str, "To whom, with which delivery."] = "") -> dict[str, Any]:
    """Note that a released lot left for the customer.

    Raises  NotFound, AccessDenied; WrongState for a lot that is not released
    """
    return _decided(call, lot, "ship", reason)


def quarantine(call: Call, lot: LotName, *, reason: Reason) -> dict[str, Any]:
    """Lock a lot away, also one that was shipped: it is called back.

    Raises  NotFound, AccessDenied, WrongState
    """
    return _decided(call, lot, "quarantine", reason)


def scrap(call: Call, lot: LotName, *, reason: Reason) -> dict[str, Any]:
    """Note that a lot was destroyed. There is no way back from here.

    Raises  NotFound, AccessDenied, WrongState
    """
    return _decided(call, lot, "scrap", reason)


def _locked(call: Call, named: str) -> Lot:
    """The own lot of that name, as it is now; nobody else changes it until the transaction ends."""
    found = own_lot(call, named)
    locked = select(Lot).where(Lot.id == found.id).with_for_update().execution_options(populate_existing=True)
    return call.session.scalars(locked).one()


def _decided(call: Call, named: str, action: str, reason: str) -> dict[str, Any]:
    lot = _locked(call, named)
    before = lot.state
    event = add_event(
        call.session, lot, action, by_id=call.actor.person_id, by=call.actor.name, now=call.now, reason=reason
    )
    said = f"Lot {lot.name} is {event.state} (was {before}): {event.reason}"
    return {
        "said": said,
        "lot": lot.name,
        "number": lot.id,
        "before": before,
        "state": event.state,
        "reason": event.reason,
    }
