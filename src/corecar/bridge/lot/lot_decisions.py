"""What people decide about a lot: hold, release, ship, quarantine, scrap. Each is a row of its history."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot.lot_histories import add_event, history_of
from corecar.bridge.sharing import own_lot
from corecar.errors import AccessDenied, WrongState
from corecar.formats.stdf.marks import NEVER_SHIPPABLE
from corecar.store.catalogue.models import Grading, Lot, Run
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
    not screened, or where limits were changed for study
    """
    found = _locked(call, lot)
    _refuse_study(call, found, "release")
    actor = call.actor
    rule = second_person(history_of(call.session, found), actor.name, accounts=actor.accounts, lot=found.name)
    if not rule.allowed:
        raise AccessDenied(rule.sentence)
    answer = _decided(call, lot, "release", reason)
    return answer | {"two_persons": rule.sentence, "notes": [f"Rule of two persons: {rule.sentence}"]}


def ship(call: Call, lot: LotName, *, reason: Annotated[str, "To whom, with which delivery."] = "") -> dict[str, Any]:
    """Note that a released lot left for the customer.

    Raises  NotFound, AccessDenied; WrongState for a lot that is not released, or whose limits were changed for study
    """
    _refuse_study(call, _locked(call, lot), "ship")
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


def _refuse_study(call: Call, lot: Lot, action: str) -> None:
    """A lot of which a run was held against other limits for study neither is released nor ships.

    Raises  WrongState while the last grading of such a run found it so
    """
    gradings = call.session.scalars(select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id))
    last = {run: one for one in gradings for run in one.runs}
    there = call.session.scalars(select(Run.id).where(Run.lot_id == lot.id))
    marked = sum(run in last and any(why.startswith(NEVER_SHIPPABLE) for why in last[run].hold) for run in there)
    if marked:
        raise WrongState(
            f"lot {lot.name} never ships as it is: {NEVER_SHIPPABLE}. File that run under a lot of its own (corecar "
            "correct), and grade this one again.",
            lot=lot.name, state=lot.state, action=action, allowed=("hold", "quarantine", "scrap"),
        )  # fmt: skip


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
