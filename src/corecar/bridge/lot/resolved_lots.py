"""Lots with retests resolved over all their runs: found from the stored parts, kept in the catalogue for lists."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from corecar.bridge.calls import Report, Stopped, Store
from corecar.bridge.lot.left_out import runs_left_out
from corecar.bridge.lot.run_rows import row_of_run, rows_of_runs
from corecar.errors import SourceError
from corecar.formats.merged_yields import COLUMNS, InsertionYields, LotYields, MergedParts, merge_parts, yields
from corecar.lot import Choice, Identity
from corecar.store.catalogue.models import Lot, ResolvedInsertion, Run

NEEDED: dict[str, Sequence[str] | None] = {
    "parts": COLUMNS,
    "texts": ("run", "sequence", "offset", "part", "kind", "text"),
    "wafers": ("run", "wafer"),
}
"""Tables of the lake, and their columns, by which retests are resolved."""
YIELDS = ("first_tested", "first_good", "final_tested", "final_good")


def runs_of_lot(session: Session, lot: int) -> list[Run]:
    """The runs of a lot in the order of testing."""
    return list(session.scalars(select(Run).where(Run.lot_id == lot).order_by(Run.start, Run.ingested_at)))


def counting_runs(session: Session, store: Store, lot: int) -> list[Run]:
    """The same without those of which another holds the same testing. Raises DamagedSource, SourceMissing."""
    left = runs_left_out(session, store, Run.lot_id == lot)
    return [run for run in runs_of_lot(session, lot) if run.id not in left]


def yields_of(
    session: Session, store: Store, runs: Sequence[Run], *, identity: Identity = "auto", retest: Choice = "last"
) -> LotYields:
    """Yields of some runs as one lot. Raises DamagedSource, SourceMissing; ArgumentError as `yields`."""
    return yields(**_rows_of(session, store, runs), identity=identity, retest=retest)


def merged_parts_of(session: Session, store: Store, runs: Sequence[Run]) -> MergedParts:
    """The parts of some runs with the attempts of one lot. Raises DamagedSource, SourceMissing."""
    return merge_parts(**_rows_of(session, store, runs))


def _rows_of(session: Session, store: Store, runs: Sequence[Run]) -> dict[str, Any]:
    ids = [run.id for run in runs]
    tables = {name: rows_of_runs(session, store, name, ids, columns) for name, columns in NEEDED.items()}
    return {**tables, "runs": [row_of_run(run) for run in runs]}


def note_changed_runs(session: Session, lot: int) -> None:
    """Note that the runs of a lot, or their facts, changed.

    Said to the database in any case, whatever this session had read of the lot: it waits for whoever resolves it.
    """
    session.flush()
    plain = is_plain(session, lot)
    if plain:
        session.execute(delete(ResolvedInsertion).where(ResolvedInsertion.lot_id == lot))
    session.execute(update(Lot).where(Lot.id == lot).values(unresolved=not plain))


def is_plain(session: Session, lot: int) -> bool:
    """Whether the lot is one run that is filed as its file says, whose own counts are the lot's."""
    runs = session.execute(select(Run.test_pass, Run.read).where(Run.lot_id == lot).limit(2)).all()
    return len(runs) == 1 and runs[0].test_pass == int(runs[0].read.get("test_pass") or 1)


def waiting_lots(session: Session) -> list[int]:
    """Numbers of the lots that wait to be resolved."""
    return list(session.scalars(select(Lot.id).where(Lot.unresolved).order_by(Lot.id)))


def resolve_lots(store: Store, stopped: Stopped, report: Report | None = None) -> None:
    """Resolve every lot that waits for it. The parts are read outside the transaction that keeps what they say.

    One that cannot be read goes on waiting: `verify` names the damage, and whoever asks for the lot is told.
    """
    waiting = store.catalogue.read(waiting_lots)
    for done, lot in enumerate(waiting):
        if stopped():
            return
        if report is not None:
            report(done, len(waiting), "lots")
        with suppress(SourceError):
            runs, rows = store.catalogue.read(partial(_now, store=store, lot=lot))
            store.catalogue.write(partial(_keep, lot=lot, runs=runs, found=rows))


def resolve_lot(session: Session, store: Store, lot: int) -> None:
    """Resolve one lot in a transaction that changed it; it goes on waiting when its parts cannot be read."""
    with suppress(SourceError):
        _keep(session, lot, *_now(session, store, lot))


Rows = list[dict[str, Any]]


def _now(session: Session, store: Store, lot: int) -> tuple[Rows, Rows]:
    """The runs of a lot under the facts in force, and its resolved insertions: none where it needs none."""
    runs = runs_of_lot(session, lot)
    return [row_of_run(run) for run in runs], _found(session, store, lot)


def _keep(session: Session, lot: int, runs: Rows, found: Rows) -> None:
    """Keep what was found, unless the runs are no longer those it was found of. The lot is locked from here on."""
    session.scalar(select(Lot.id).where(Lot.id == lot).with_for_update())
    if [row_of_run(run) for run in runs_of_lot(session, lot)] != runs:
        return
    session.execute(delete(ResolvedInsertion).where(ResolvedInsertion.lot_id == lot))
    session.add_all(ResolvedInsertion(**row) for row in found)
    session.flush()
    session.execute(update(Lot).where(Lot.id == lot).values(unresolved=False))


@dataclass(frozen=True)
class Resolved:
    """Resolved insertions by lot, and the lots whose parts cannot be read; a lot that needs none is in neither."""

    by_lot: dict[int, list[ResolvedInsertion]]
    unread: frozenset[int]


def resolved(session: Session, store: Store, which: ColumnElement[bool], of_rows: ColumnElement[bool]) -> Resolved:
    """What is kept of some lots and, of those that wait, what their parts say now.

    which    the lots
    of_rows  the rows of `ResolvedInsertion` that are wanted of what is kept
    """
    kept = select(ResolvedInsertion).join(Lot, Lot.id == ResolvedInsertion.lot_id).where(which, of_rows)
    by_lot: dict[int, list[ResolvedInsertion]] = {}
    for row in session.scalars(kept.where(~Lot.unresolved).order_by(ResolvedInsertion.id)):
        by_lot.setdefault(row.lot_id, []).append(row)
    unread = set()
    for lot in list(session.scalars(select(Lot.id).where(which, Lot.unresolved))):
        try:
            by_lot[lot] = [ResolvedInsertion(**row) for row in _found(session, store, lot)]
        except SourceError:
            unread.add(lot)
    return Resolved(by_lot, frozenset(unread))


def _found(session: Session, store: Store, lot: int) -> Rows:
    runs = [] if is_plain(session, lot) else counting_runs(session, store, lot)
    return [_row(lot, one) for one in yields_of(session, store, runs).insertions] if runs else []


def _row(lot: int, found: InsertionYields) -> dict[str, Any]:
    bins: dict[str, list[list[int]]] = {"hard": [], "soft": []}
    for row in found.yields.bins.to_pylist():
        bins[row["kind"]].append([row["bin"], row["final"]])
    pairs = [[earlier, later, count] for (earlier, later), count in found.yields.again.items()]
    return {
        "lot_id": lot, "runs": list(found.runs), "identity": found.yields.retests.identity, "bins": bins,
        "again": {"pairs": pairs} if pairs else None,
        **{name: getattr(found.yields.total, name) for name in YIELDS},
    }  # fmt: skip
