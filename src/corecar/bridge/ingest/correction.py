"""Set the facts of a run right without reading it again: an appended record with the reason, and the lot that
follows.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.ask.todo import SHORT
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.ingest.mapping import mapping_in_force
from corecar.bridge.ingest.refiling import facts_of
from corecar.bridge.ingest.run_facts import file_into_lot
from corecar.bridge.lot.lot_histories import add_event, note_new_data
from corecar.bridge.lot.resolved_lots import note_changed_runs, resolve_lot
from corecar.errors import ArgumentError, NotFound, WrongState
from corecar.plurals import plural
from corecar.store.catalogue.models import Correction, Lot, Run
from corecar.store.filing import FACTS, Filed, check_facts

SURELY_A_RUN = 6
"""Digits from which a word is rather the beginning of a run than the name of a lot."""


def correct(
    call: Call,
    run: Annotated[
        str, "The run: so many first digits of its identity that no other begins so. Or a lot's name: all its runs."
    ],
    *,
    reason: Annotated[str, "Why; whoever reads the lot's history sees it."],
    lot: Annotated[str | None, "The lot it belongs to."] = None,
    product: Annotated[str | None, "The product."] = None,
    customer: Annotated[str | None, "The customer."] = None,
    sublot: Annotated[str | None, "The sublot."] = None,
    stage: Annotated[str | None, "The stage, for example `final test`."] = None,
    temperature: Annotated[str | None, "The temperature in degrees Celsius."] = None,
    test_pass: Annotated[int | None, "1 for a first test, 2 and up for a retest.", AtLeast(1)] = None,
) -> dict[str, Any]:
    """Set facts of runs right. What the file said stays on record beside who changed it, when and why.

    Raises  NotFound; ArgumentError without a reason, without a fact, or for a product that is not known; WrongState
            where runs would leave a lot that is in quarantine or scrapped
    """
    given = {"lot": lot, "product": product, "customer": customer, "sublot": sublot, "stage": stage,
             "temperature": temperature, "test_pass": None if test_pass is None else str(test_pass)}  # fmt: skip
    new = {fact: value.strip() for fact, value in given.items() if value is not None}
    if not new:
        raise ArgumentError(f"nothing to correct. Name at least one of: {', '.join(FACTS)}.")
    if not reason.strip():
        raise ArgumentError("a correction needs a reason: who reads the history must see why.")
    runs = _runs(call, run)
    before = {row.lot_id for row in runs}
    changed = [row for row in runs if _corrected(call, row, new, reason)]
    for number in before | {row.lot_id for row in changed} if changed else ():
        if number is not None:
            resolve_lot(call.session, call.store, number)
    lots = sorted({row.lot_name if row.lot_id is not None and row.lot_name else "no lot" for row in runs})
    said = f"{plural(len(changed), 'run')} corrected; now in {', '.join(lots)}." if changed else "It was so already."
    waits = {row.unfiled for row in changed if row.lot_id is None and row.unfiled}
    notes = [f"In no lot, under the mapping in force: {why}" for why in sorted(waits)]
    return {"said": said, "runs": [row.id for row in changed], "lots": lots, "notes": notes}


def _runs(call: Call, named: str) -> list[Run]:
    """The own runs that are meant. Raises NotFound."""
    own = select(Run).where(Run.owner_id == call.actor.party_id)
    of_lot = list(call.session.scalars(own.join(Lot, Lot.id == Run.lot_id).where(Lot.name == named)))
    if of_lot and len(named) < SURELY_A_RUN:
        return of_lot
    if named and all(digit in "0123456789abcdef" for digit in named):
        found = list(call.session.scalars(own.where(Run.id.startswith(named, autoescape=True)).limit(2)))
        if len(found) > 1:
            first, second = (run.id[:SHORT] for run in found)
            raise NotFound(f'"{named}": several runs begin so, such as {first} and {second}. Give more digits.')
        if found:
            return found
    if not of_lot:
        raise NotFound(f'no run and no lot is called "{named}". `corecar todo` and `corecar lots` list them.')
    return of_lot


def _corrected(call: Call, run: Run, new: dict[str, str], reason: str) -> bool:
    """Write the corrections of one run and file it anew; whether anything changed."""
    old = facts_of(run)
    changes = {fact: value for fact, value in new.items() if (old[fact] or "") != value}
    if not changes:
        return False
    for fact, value in changes.items():
        call.session.add(
            Correction(
                run_id=run.id, fact=fact, old=old[fact], new=value or None, reason=reason, at=call.now, **call.facts
            )
        )
    facts = {fact: changes.get(fact, old[fact]) or None for fact in FACTS}
    filed: Filed = check_facts(facts, mapping_in_force(call.session))
    _check_given(changes, filed)
    left = call.session.get(Lot, run.lot_id) if run.lot_id is not None else None
    moves = left is not None and ({"lot", "product", "customer"} & set(changes) or filed.missing)
    if left is not None and moves and left.state in KEEPING:
        raise WrongState(
            f"lot {left.name} is {left.state}: its test data stay with it. {KEEPING[left.state]}",
            left.name, left.state, "correct", (),
        )  # fmt: skip
    about: dict[str, Any] = {"by_id": call.actor.person_id, "by": call.actor.name, "now": call.now}
    came = f"run {run.id[:12]} came from lot {left.name}: {reason}" if left is not None and moves else ""
    file_into_lot(call.session, run, filed, **about, reason=came)
    if left is not None and left.id != run.lot_id:
        _note_leaving(call, run, left, reason, about)
        note_changed_runs(call.session, left.id)
    return True


KEEPING = {
    "quarantined": "Take it out of quarantine first: corecar hold LOT --reason.",
    "scrapped": "It was destroyed.",
}
"""States in which a lot's runs cannot be filed elsewhere, and what to do."""


def _note_leaving(call: Call, run: Run, left: Lot, reason: str, about: dict[str, Any]) -> None:
    """Say so in the lot that a run left; its hold goes with the run."""
    there = call.session.get(Lot, run.lot_id) if run.lot_id is not None else None
    held, named = left.state == "held", run.id[:12]
    gone = f"run {named} was filed to {f'lot {there.name}' if there else 'no lot'}: {reason}"
    note_new_data(call.session, left, **about, reason=gone)
    if held and there is not None and there.state not in KEEPING:
        hold = f"its run {named} came from lot {left.name}, which is held"
        add_event(call.session, there, "hold", reason=hold, **about)


def _check_given(changes: dict[str, str], filed: Filed) -> None:
    """A person's fact that cannot be is refused, rather than take a run out of its lot. Raises ArgumentError."""
    for fact, why in zip(filed.missing, filed.reasons, strict=True):
        if changes.get(fact):
            raise ArgumentError(why)
