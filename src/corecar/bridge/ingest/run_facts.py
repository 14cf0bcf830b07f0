"""The facts of a run that are in force: set as a filing says, and the lot that follows from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from corecar.bridge.lot.lot_histories import lot_of_run, note_new_data
from corecar.bridge.lot.resolved_lots import note_changed_runs
from corecar.store.catalogue.models import Run
from corecar.store.filing import Filed


def file_into_lot(
    session: Session, run: Run, filed: Filed, *, by_id: int, by: str, now: datetime, reason: str = ""
) -> None:
    """Set a run's facts and the lot that follows from them; without one it says why.

    reason  why it comes there, where a person moved it
    """
    if set_facts(run, filed):
        lot = lot_of_run(session, run, now)
        run.lot_id = lot.id
        note_new_data(session, lot, by_id=by_id, by=by, now=now, reason=reason)
        note_changed_runs(session, lot.id)


def set_facts(run: Run, filed: Filed) -> bool:
    """Set a run's facts, and why it belongs to no lot when it does not; whether it belongs to one."""
    for name, value in columns_of(filed).items():
        setattr(run, name, value)
    if filed.missing:
        run.lot_id = None
    return filed.filed


def columns_of(filed: Filed) -> dict[str, Any]:
    """The columns of `runs` that a filing sets."""
    facts = filed.facts
    return {
        "customer": facts["customer"], "product": facts["product"], "lot_name": facts["lot"], "sublot": facts["sublot"],
        "stage": facts["stage"], "temperature": facts["temperature"], "test_pass": int(facts["test_pass"] or 1),
        "unfiled": " ".join(filed.reasons) or None,
    }  # fmt: skip
