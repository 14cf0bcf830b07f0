"""Lots of the workspace by product and insertion, with what each yielded and how long its runs took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.assess.throughput import Throughput, Touchdowns, throughput, touchdowns_of
from corecar.bridge.access import Actor
from corecar.bridge.calls import Store
from corecar.bridge.lot.left_out import runs_left_out
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.sharing import visible_runs
from corecar.store.catalogue.models import Grading, Lot, Party, Run

SECONDS_A_WEEK = 604_800.0


@dataclass(frozen=True)
class TestedLot:
    """One lot at one insertion.

    good      units that may ship where a screen judged them, else units that the tester found good
    screened  whether a screen did
    passed    units that the tester found good
    retested  units that were tested more than once
    """

    lot: str
    tested: int
    good: int
    screened: bool
    retested: int
    passed: int
    when: datetime | None
    runs: tuple[str, ...]

    @property
    def week(self) -> float | None:
        """When it was tested, in weeks since 1970."""
        return None if self.when is None else (self.when - datetime(1970, 1, 1)).total_seconds() / SECONDS_A_WEEK


@dataclass(frozen=True)
class Insertion:
    """A product at one stage and temperature on one floor: its lots, the latest first, and the testers they ran on."""

    owner: str
    product: str
    stage: str
    temperature: str | None
    platforms: tuple[str, ...]
    lots: tuple[TestedLot, ...]


def insertions(session: Session, store: Store, actor: Actor, lots: int) -> list[Insertion]:
    """What the lots that an actor may see were tested at; of each insertion at most so many lots, the latest.

    Raises  DamagedSource, SourceMissing
    """
    asked = (
        select(Run, Lot, Party.name)
        .join(Lot, Lot.id == Run.lot_id)
        .join(Party, Party.id == Lot.owner_id)
        .where(visible_runs(actor), Run.stage.is_not(None), Run.product.is_not(None))
    )
    rows = session.execute(asked).all()
    away = runs_left_out(session, store, Run.lot_id.in_({lot.id for _, lot, _ in rows}))
    groups: dict[tuple[str, str, str, str | None], dict[Lot, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run, lot, owner in rows:
        if run.id not in away:
            groups[owner, run.product or "", run.stage or "", run.temperature][lot].append(run)
    graded = _gradings(session, {lot.id for _, lot, _ in rows})
    found = []
    for (owner, product, stage, temperature), members in sorted(groups.items(), key=lambda pair: str(pair[0])):
        several = [_tested(lot, runs, graded.get((lot.id, stage, temperature))) for lot, runs in members.items()]
        several.sort(key=lambda each: (each.when or datetime.min, each.lot), reverse=True)
        kinds = {str(run.read.get("tester_type") or "") for runs in members.values() for run in runs} - {""}
        found.append(Insertion(owner, product, stage, temperature, tuple(sorted(kinds)), tuple(several[:lots])))
    return found


def throughput_of(session: Session, store: Store, insertion: Insertion) -> Throughput:
    """How fast an insertion was tested, over all runs of its lots. Raises DamagedSource, SourceMissing."""
    ids = [run for lot in insertion.lots for run in lot.runs]
    columns = ("run", "part", "wafer", "head", "site", "test_time_ms")
    parts = rows_of_runs(session, store, "parts", ids, columns).sort_by([("run", "ascending"), ("part", "ascending")])
    rows = {name: parts[name].to_pylist() for name in columns}
    spans: dict[str, list[int]] = {}
    for place, run in enumerate(rows["run"]):
        spans.setdefault(run, [place, place])[1] = place + 1
    clocks = {run.id: _clock(run) for run in session.scalars(select(Run).where(Run.id.in_(ids)))}
    several: list[tuple[Touchdowns, float | None]] = []
    for run, (first, last) in spans.items():
        where = list(zip(rows["wafer"][first:last], rows["head"][first:last], strict=True))
        touchdowns = touchdowns_of(where, rows["site"][first:last], rows["test_time_ms"][first:last])
        several.append((touchdowns, clocks.get(run)))
    return throughput(sum(lot.tested for lot in insertion.lots), several)


def _gradings(session: Session, lots: set[int]) -> dict[tuple[int, str | None, str | None], Grading]:
    """The last grading of each lot at each stage and temperature."""
    asked = select(Grading).where(Grading.lot_id.in_(lots)).order_by(Grading.id)
    return {(row.lot_id, row.stage, row.temperature): row for row in session.scalars(asked)}


def _tested(lot: Lot, runs: Sequence[Run], graded: Grading | None) -> TestedLot:
    ids = tuple(run.id for run in runs)
    begun = [run.start for run in runs if run.start is not None]
    tested, passed = sum(run.final_tested for run in runs), sum(run.final_good for run in runs)
    if graded is not None and set(graded.runs) == set(ids):
        told: dict[str, Any] = graded.summary
        counts = (int(told["final_tested"]), int(told["shippable"]), True, int(told.get("reunits_of_lots") or 0))
    else:
        counts = (tested, passed, False, sum(run.parts for run in runs) - tested)
    return TestedLot(lot.name, *counts, passed=passed, when=min(begun, default=None), runs=ids)


def _clock(run: Run) -> float | None:
    if run.start is None or run.finish is None or run.finish <= run.start:
        return None
    return (run.finish - run.start).total_seconds()
