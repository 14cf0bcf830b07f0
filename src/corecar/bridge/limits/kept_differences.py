"""`limits diff` in a workspace: also its limit sets, its lots and its runs can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.limits.kept_limits import named_set, set_names, tests_of
from corecar.bridge.limits.limit_differences import Compared, compare, compared, read_lot
from corecar.bridge.lot.kept_lots import KeptRun, kept_lot, kept_runs_of
from corecar.bridge.sharing import lot_names, own_lot
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError, NotFound
from corecar.lot import Choice, Identity
from corecar.store.catalogue.models import Run

LEAST = 6
"""Digits of a run's identity that name it."""


def limits_diff(
    call: Call,
    a: Annotated[
        str,
        "A limit set, run or lot of the workspace; or a tester file, recipe or file of static limits.",
        Sent(or_word=True),
    ],
    b: Annotated[str, "The other one, of the same kind.", Sent(or_word=True)],
    *,
    lot: Annotated[
        list[str] | None, "Files of one lot, or a lot of the workspace, to count parts in.", Sent(or_word=True)
    ] = None,
    identity: Annotated[Identity, "What makes two attempts the same unit; auto says what it took and why."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
) -> dict[str, Any]:
    """Say what differs between two test programs, two recipes or two sets of limits, and for how many parts.

    Raises  NotFound for what is nowhere; ArgumentError for two things of different kinds
    """

    how: dict[str, Any] = {"identity": identity, "retest": retest}

    def looked(word: str) -> Compared | None:
        return _looked(call, word, how)

    held = _held(call, lot, how) if lot else None
    one, other = (compared(word, how, looked, lambda: _known(call)) for word in (a, b))
    return compare(one, other, held)


def _known(call: Call) -> list[str]:
    """Names of limit sets and lots."""
    with call.store.catalogue.reading() as session:
        within = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        return [*set_names(within), *lot_names(session, call.actor)]


def _held(call: Call, named: Sequence[str], how: dict[str, Any]) -> Any:
    if len(named) == 1 and (found := _looked(call, named[0], how, lots_only=True)) is not None:
        return found.lot
    return read_lot(named, how)


def _looked(call: Call, word: str, how: dict[str, Any], *, lots_only: bool = False) -> Compared | None:
    """A limit set by number or name, a run by the first digits of its identity, or a lot; None where there is none."""
    with call.store.catalogue.reading() as session:
        within = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        if not lots_only:
            try:
                found = named_set(within, word)
                return Compared(found.name, tests=tests_of(found))
            except NotFound:
                pass
        runs = _runs(session, within, word)
    return _read(call, word, runs, how) if runs else None


def _runs(session: Session, call: Call, word: str) -> list[KeptRun]:
    try:
        return kept_runs_of(call.session, own_lot(call, word))
    except NotFound:
        pass
    if len(word) < LEAST:
        return []
    found = session.scalars(
        select(Run).where(Run.id.startswith(word, autoescape=True), Run.owner_id == call.actor.party_id)
    ).all()
    if len(found) != 1 or found[0].lot is None:
        return []
    return [run for run in kept_runs_of(call.session, found[0].lot) if run.id == found[0].id]


def _read(call: Call, word: str, runs: Sequence[KeptRun], how: dict[str, Any]) -> Compared:
    insertions = {run.insertion for run in runs}
    if len(insertions) > 1:
        raise ArgumentError(
            f"lot {word} was tested at {len(insertions)} insertions. Name a run of it: corecar lot {word}"
        )
    with kept_lot(call.store.objects, runs, **how) as (lot, _):
        return Compared(word, lot=lot)
