"""The lots of new runs, many at once: those that are there are locked, the others begin, and all say what came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.orm import Session

from corecar.bridge.lot.lot_histories import add_event, awaits_screen, histories_of
from corecar.store.catalogue.models import Lot, LotState
from corecar.store.lot_states import NEW_DATA, following

Named = tuple[str, str, str]
"""Customer, product and name of a lot; with the owner it is the lot's own."""


@dataclass(frozen=True)
class Bringing:
    """By whom and whose new runs are, and when they came."""

    by_id: int
    by: str
    owner_id: int
    now: datetime


def put_into_lots(session: Session, runs: Sequence[dict[str, Any]], bringing: Bringing) -> None:
    """Set `lot_id` of new runs, all of one owner, none of which is in the catalogue yet.

    Lots that are there stay locked until the transaction ends, in the order of their numbers: two that add to the same
    lots wait for each other once.

    runs  columns of `runs`; those whose `unfiled` says why they belong to no lot are left as they are
    """
    by_name: dict[Named, list[dict[str, Any]]] = {}
    for run in runs:
        if run["unfiled"] is None:
            named = (run["customer"] or "", run["product"] or "", run["lot_name"] or "")
            by_name.setdefault(named, []).append(run)
    if not by_name:
        return
    there = _locked(session, by_name, bringing.owner_id)
    begun = {named: found for named, found in sorted(by_name.items()) if named not in there}
    numbers = {named: lot.id for named, lot in there.items()} | _begin(session, begun, bringing)
    for named, found in by_name.items():
        for run in found:
            run["lot_id"] = numbers[named]
    if there:
        _add_to(session, there.values(), bringing)


def _locked(session: Session, names: Iterable[Named], owner_id: int) -> dict[Named, Lot]:
    """The lots of these names that are there."""
    asked = select(Lot).where(Lot.owner_id == owner_id, tuple_(Lot.customer, Lot.product, Lot.name).in_(list(names)))
    found = session.scalars(asked.order_by(Lot.id).with_for_update())
    return {(lot.customer, lot.product, lot.name): lot for lot in found}


def _begin(session: Session, begun: dict[Named, list[dict[str, Any]]], bringing: Bringing) -> dict[Named, int]:
    """Add lots with their first event; their numbers."""
    if not begun:
        return {}
    event = following([], NEW_DATA, by=bringing.by, at=bringing.now, lot="")
    rows = [
        {"owner_id": bringing.owner_id, "customer": customer, "product": product, "name": name, "state": event.state,
         "state_since": bringing.now, "unresolved": not _is_plain(runs)}
        for (customer, product, name), runs in begun.items()
    ]  # fmt: skip
    added = session.connection().execute(insert(Lot).returning(Lot.customer, Lot.product, Lot.name, Lot.id), rows)
    numbers = {(customer, product, name): number for customer, product, name, number in added}
    states = [
        {"lot_id": numbers[named], "state": event.state, "action": event.action, "reason": event.reason,
         "at": event.at, "by_id": bringing.by_id, "owner_id": bringing.owner_id}
        for named in begun
    ]  # fmt: skip
    session.connection().execute(insert(LotState), states)
    return numbers


def _add_to(session: Session, lots: Collection[Lot], bringing: Bringing) -> None:
    """Say in the history of lots that more test data came, and that their retests are to be resolved anew.

    Asked after the lots were locked: what another transaction added to them meanwhile is seen.
    """
    numbers = [lot.id for lot in lots]
    histories = histories_of(session, numbers)
    for lot in lots:
        if not awaits_screen(histories[lot.id]):
            add_event(session, lot, NEW_DATA, by_id=bringing.by_id, by=bringing.by, now=bringing.now)
    changed = update(Lot).where(Lot.id.in_(numbers)).values(unresolved=True)
    session.execute(changed, execution_options={"synchronize_session": False})


def _is_plain(runs: Sequence[dict[str, Any]]) -> bool:
    """Whether these runs make a lot of one run that is filed as its file says, whose own counts are the lot's."""
    return len(runs) == 1 and runs[0]["test_pass"] == int(runs[0]["read"].get("test_pass") or 1)
