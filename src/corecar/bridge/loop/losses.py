"""From a short program down to what costs it most: the lots of its chips, their tests, the zones of their wafers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from sqlalchemy.orm import Session

from corecar.assess.zones import QUADRANTS, RADIAL, zone_codes
from corecar.bridge.ask.questions import pareto
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.kept_chains import chain_in, seen_tables
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.lot.stopped import NO_SUPPLY, lot_states
from corecar.bridge.measured.insertions import TestedLot, insertions
from corecar.bridge.plan.kept_plans import last_plan, plan_files, plan_row, read_plan_table
from corecar.bridge.plan.kept_questions import PlanNumber
from corecar.chain.chain import Chain
from corecar.chain.words import CHIP
from corecar.errors import ArgumentError, CorecarError, NotFound
from corecar.faults import meant
from corecar.plurals import plural

FAILS = 10
"""Failed dies of a zone from which on the zone is told; a choice of ours (template, to be confirmed)."""


@dataclass(frozen=True)
class _Loss:
    """What one lot of a chip cost at one insertion."""

    product: str
    stage: str
    lot: TestedLot
    state: str
    lost: int


def losses(
    call: Call,
    demand: Annotated[str | None, "Which demand; without it the one that misses most value in the plan."] = None,
    *,
    plan: PlanNumber = None,
    last_lots: Annotated[int, "How many lots of each chip and stage are looked at, the latest.", AtLeast(1)] = 20,
    limit: Annotated[int, "At most so many lots, those that cost most.", AtLeast(1)] = 20,
) -> dict[str, Any]:
    """Say which lots, tests and wafer zones cost a program most.

    Of every chip that the program's bill leads to: units that its lots lost to tests and screens, and all units of lots
    that are stopped. `cars at most` is what they would have made if nothing else was missing.
    Raises  NotFound for no plan or no such demand; DamagedSource, SourceMissing
    """
    session = call.session
    row = last_plan(session, call.actor.party_id) if plan is None else plan_row(session, call.actor.party_id, plan)
    if row is None:
        raise NotFound("no plan was made yet. Make one with: corecar plan")
    supply = read_plan_table(call.store, plan_files(session, row.id)["supply"]).to_pylist()
    name, product, short = _asked(supply, demand)
    chips = chips_of(chain_in(call.store, seen_tables(session, call.actor.party_id)), product)
    states = lot_states(session, call.actor)
    found = [
        _Loss(one.product, one.stage, lot, states.get(lot.lot, ""), _lost(lot, states.get(lot.lot, "")))
        for one in insertions(session, call.store, call.actor, last_lots)
        if one.product in chips
        for lot in one.lots
    ]
    found.sort(key=lambda each: (-each.lost / chips[each.product], each.lot.lot))
    rows = [_row(call, each, chips[each.product]) for each in found[:limit] if each.lost]
    untold = sorted(chips.keys() - {each.product for each in found})
    notes = (
        [f"No tester file tells anything of {', '.join(untold[:5])}{', ...' if len(untold) > 5 else ''}."]
        if untold
        else []
    )
    return {"said": _said(name, short, rows, found), "rows": rows, "notes": [f"This is about plan {row.id}.", *notes]}


def chips_of(chain: Chain, product: str) -> dict[str, float]:
    """The chips that a product's bill leads to, alternates too, with how many go into one of it at most."""
    kinds = {row["product"]: row["kind"] for row in chain.products.to_pylist()}
    children: dict[str, list[tuple[str, float]]] = {}
    for row in chain.bills.to_pylist():
        children.setdefault(row["parent"], []).append((row["child"], float(row["quantity"] or 1.0)))
    found: dict[str, float] = {}
    todo, seen = [(product, 1.0)], set[tuple[str, float]]()
    while todo:
        name, pieces = todo.pop()
        if (name, pieces) in seen:
            continue
        seen.add((name, pieces))
        if kinds.get(name) == CHIP:
            found[name] = max(found.get(name, 0.0), pieces)
        todo += [(child, pieces * quantity) for child, quantity in children.get(name, ())]
    return found


def _asked(supply: list[dict[str, Any]], demand: str | None) -> tuple[str, str, float]:
    """The demand, its product, and how many pieces of it never come."""
    last: dict[str, dict[str, Any]] = {}
    for row in supply:
        if row["demand"] not in last or row["week"] > last[row["demand"]]["week"]:
            last[row["demand"]] = row
    if not last:
        raise ArgumentError("the plan has no demand, so nothing is short.")
    if demand is None:
        demand = max(last, key=lambda name: (last[name]["behind"] * last[name]["value"], name))
    if demand not in last:
        raise NotFound(f'the plan has no demand "{demand}". {meant(demand, last)}'.rstrip())
    return demand, last[demand]["product"], float(last[demand]["behind"])


def _lost(lot: TestedLot, state: str) -> int:
    return lot.tested if state in NO_SUPPLY else lot.tested - lot.good


def _row(call: Call, loss: _Loss, pieces: float) -> dict[str, Any]:
    worst, zone = _worst_test(call, loss), _zone(call.session, call, loss.lot)
    return {
        "lot": loss.lot.lot, "product": loss.product, "stage": loss.stage, "state": loss.state,
        "tested": loss.lot.tested, "lost": loss.lost, "cars_at_most": round(loss.lost / pieces),
        "worst_test": worst.get("name"), "failed": worst.get("failed"), **zone,
    }  # fmt: skip


def _worst_test(call: Call, loss: _Loss) -> Mapping[str, Any]:
    try:
        ranked = pareto(call, what="test", lot=loss.lot.lot, product=loss.product, stage=loss.stage)["rows"]
    except CorecarError:
        return {}
    first: Mapping[str, Any] = ranked[0] if ranked else {}
    return (
        {"name": f"{first.get('number')} {first.get('name') or ''}".strip(), "failed": first.get("failed")}
        if first
        else {}
    )


def _zone(session: Session, call: Call, lot: TestedLot) -> dict[str, Any]:
    """The zone in which most dies fail, with its rate and that of the other dies; None where none stands out."""
    parts = rows_of_runs(session, call.store, "parts", lot.runs, ("run", "x", "y", "passed", "superseded"))
    final = ~np.array(parts["superseded"].to_pylist(), bool)
    x, y = (
        np.array([np.nan if v is None else v for v in parts[name].to_pylist()], float)[final] for name in ("x", "y")
    )
    failed = ~np.array([bool(value) for value in parts["passed"].to_pylist()])[final]
    radial, quadrant = zone_codes(x, y)
    best: tuple[float, str, float, float] | None = None
    for codes, names in ((radial, RADIAL), (quadrant, QUADRANTS)):
        for code, name in enumerate(names):
            there, rest = codes == code, (codes >= 0) & (codes != code)
            if failed[there].sum() < FAILS or not rest.any():
                continue
            here, elsewhere = float(failed[there].mean()), float(failed[rest].mean())
            if best is None or here - elsewhere > best[0]:
                best = (here - elsewhere, name, here, elsewhere)
    if best is None or best[0] <= 0:
        return {"zone": None, "zone_fail_rate": None, "elsewhere_fail_rate": None}
    return {"zone": best[1], "zone_fail_rate": best[2], "elsewhere_fail_rate": best[3]}


def _said(name: str, short: float, rows: list[dict[str, Any]], found: list[_Loss]) -> str:
    told = f"{round(short):,} of {name} never come" if round(short) else f"Nothing of {name} is short in the end"
    if not rows:
        return f"{told}; no lot of its chips lost anything that tester files tell of."
    worst = rows[0]
    cars = sum(row["cars_at_most"] for row in rows)
    zone = f", most of all in the zone {worst['zone']}" if worst["zone"] else ""
    return (
        f"{told}; {plural(len(found), 'lot')} of its chips were tested, and what those below lost would be at most "
        f"{cars:,} of it. {worst['lot']} cost most: {worst['lost']:,} of {worst['tested']:,} units{zone}."
    )
