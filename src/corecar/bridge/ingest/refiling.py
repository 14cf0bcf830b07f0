"""File the runs that wait without a lot by another mapping: what changes of their facts is appended as a correction.

The facts of a run that waits are no more than what the mapping in force makes of it, so that they follow a new mapping
without a record. With the lot they begin to count, and from there on each change is one more correction.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.ingest.run_facts import set_facts
from corecar.bridge.lot.lot_histories import lot_of_run, note_new_data
from corecar.bridge.lot.resolved_lots import note_changed_runs
from corecar.store.catalogue.models import Correction, Lot, Run, Source
from corecar.store.filing import Filed, FilingMapping, file_run
from corecar.store.filing.facts import FACTS

Facts = dict[str, str | None]


@dataclass(frozen=True)
class Refiled:
    """How many runs came into a lot, and how many wait still."""

    filed: int
    waiting: int


def file_waiting(call: Call, mapping: FilingMapping, *, reason: str) -> Refiled:
    """File every run that waits, whose ever it is, as a mapping says; a fact that a person corrected stays.

    reason  of the corrections that are appended to the runs that come into a lot
    """
    asked = select(Run, Source.path).join(Source, Source.hash == Run.source_hash).where(Run.lot_id.is_(None))
    waiting = call.session.execute(asked.order_by(Run.ingested_at, Run.id).with_for_update(of=Run)).all()
    given = corrected_facts(call.session)
    came: list[Run] = []
    for run, path in waiting:
        filed = file_run(read_facts(run), path, mapping, given=given.get(run.id, {}))
        if filed.filed:
            _note(call, run, filed, reason)
        if set_facts(run, filed):
            came.append(run)
    _into_lots(call, came)
    return Refiled(len(came), len(waiting) - len(came))


def _into_lots(call: Call, runs: list[Run]) -> None:
    """Put runs into the lots that their facts name; the history of each lot says once that test data came."""
    lots: dict[tuple[int, str | None, str | None, str | None], Lot] = {}
    with call.session.no_autoflush:
        for run in runs:
            named = (run.owner_id, run.customer, run.product, run.lot_name)
            if named not in lots:
                lots[named] = lot_of_run(call.session, run, call.now)
            run.lot_id = lots[named].id
    for lot in lots.values():
        note_new_data(call.session, lot, by_id=call.actor.person_id, by=call.actor.name, now=call.now)
        note_changed_runs(call.session, lot.id)


def _note(call: Call, run: Run, filed: Filed, reason: str) -> None:
    """Append what a mapping changes of a run's facts."""
    old = facts_of(run)
    new = filed.facts | {"test_pass": filed.facts["test_pass"] or "1"}
    for fact in FACTS:
        if old[fact] != new[fact]:
            call.session.add(
                Correction(
                    run_id=run.id, fact=fact, old=old[fact], new=new[fact], reason=reason, at=call.now,
                    by_id=call.actor.person_id, owner_id=run.owner_id,
                )
            )  # fmt: skip


def corrected_facts(session: Session) -> dict[str, Facts]:
    """Of each run that waits, the facts that were corrected, as last corrected."""
    asked = select(Correction.run_id, Correction.fact, Correction.new).join(Run, Run.id == Correction.run_id)
    found: defaultdict[str, Facts] = defaultdict(dict)
    for run, fact, new in session.execute(asked.where(Run.lot_id.is_(None)).order_by(Correction.id)):
        found[run][fact] = new
    return dict(found)


def facts_of(run: Run) -> Facts:
    """The facts of a run that are in force."""
    return {"customer": run.customer, "product": run.product, "lot": run.lot_name, "sublot": run.sublot,
            "stage": run.stage, "temperature": run.temperature, "test_pass": str(run.test_pass)}  # fmt: skip


def read_facts(run: Run) -> dict[str, Any]:
    """What the file itself said of a run, as the columns of `runs`."""
    return {**run.read, "start": run.start, "finish": run.finish}
