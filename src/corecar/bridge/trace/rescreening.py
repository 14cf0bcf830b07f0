"""A new recipe over old lots: the parts that it newly rejects become suspects, and are followed to where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import Call, in_session
from corecar.bridge.sharing import own_lot
from corecar.bridge.trace.asking import Limit, affected, mixing_and_beyond
from corecar.bridge.trace.kept_parts import KeptParts, joined_parts
from corecar.bridge.trace.screened_again import Again, screened_again, units_rejected
from corecar.bridge.trace.seen_edges import SeenEdges
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError, NotFound
from corecar.plurals import plural
from corecar.screen import read_recipe
from corecar.store.catalogue.models import Lot, Run

Row = dict[str, Any]


def trace_rescreen(
    call: Call,
    recipe: Annotated[str, "A recipe file, or the name of one that comes with Corecar.", Sent(or_word=True)],
    lots: Annotated[list[str] | None, "Names or numbers of lots; without any those that are asked for."] = None,
    *,
    product: Annotated[str | None, "Lots of this product."] = None,
    since: Annotated[datetime | None, "Lots of which a run began from then on."] = None,
    until: Annotated[datetime | None, "Lots of which a run began until then."] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Say where the parts are that a recipe rejects in old lots and that went through before. Nothing is graded.

    A part went through where the last grading did not reject it, or an override let it through; in a lot that was
    not graded, where the tester called it good.
    Raises  NotFound; ArgumentError without lots and without a query; RecipeError, and what reading raises
    """
    chosen = read_recipe(recipe)
    with call.store.catalogue.reading() as session:
        within = in_session(call, session)
        asked = _lots(within, lots or [], product, since, until)
        before = {lot.id: units_rejected(within, lot) for lot in asked}
        session.expunge_all()
    tallies: list[Row] = []
    newly: list[tuple[Lot, str, Row]] = []
    notes: list[str] = []
    for number, lot in enumerate(asked):
        call.check_stopped()
        call.report(number, len(asked), lot.name)
        for again in screened_again(call, lot, chosen, before[lot.id]):
            tallies.append(_tally(again))
            newly += [(lot, again.label, row) for row in again.newly]
            if again.before is None:
                notes.append(f"Lot {lot.name} was not graded at {again.label}: all that the recipe rejects are new.")
    with call.store.catalogue.reading() as session:
        followed = _followed(in_session(call, session), newly, limit)
    parts = {(lot.id, row["unit"]) for lot, _, row in newly}
    said = f"{chosen.title}: {plural(len(parts), 'part')} of {plural(len(asked), 'lot')} newly rejected. "
    return {"said": said + followed.pop("where"), **followed, "lots": tallies, "notes": [*followed["notes"], *notes]}


def _lots(
    call: Call, named: Iterable[str], product: str | None, since: datetime | None, until: datetime | None
) -> list[Lot]:
    """The lots that are named or asked for. Raises NotFound, ArgumentError."""
    found = {lot.id: lot for lot in (own_lot(call, name) for name in named)}
    if not found and product is None and since is None and until is None:
        raise ArgumentError("no lot is named. Name lots, or ask for them with --product, --since and --until.")
    if product is None and since is None and until is None:
        return list(found.values())
    asked = select(Lot).where(Lot.owner_id == call.actor.party_id).order_by(Lot.name, Lot.id)
    if product is not None:
        asked = asked.where(Lot.product == product)
    of_time = select(Run.lot_id)
    of_time = of_time if since is None else of_time.where(Run.start >= since.replace(tzinfo=None))
    of_time = of_time if until is None else of_time.where(Run.start <= until.replace(tzinfo=None))
    asked = asked.where(Lot.id.in_(of_time.where(Run.lot_id.is_not(None))))
    found |= {lot.id: lot for lot in call.session.scalars(asked)}
    if not found:
        raise NotFound("no lot is such. `corecar lots` lists them.")
    return list(found.values())


def _tally(again: Again) -> Row:
    now, new = len(again.rejected), len(again.newly)
    return {
        "lot": again.lot.name, "insertion": again.label, "tested": again.tested, "good": again.good,
        "rejected": now, "rejected_before": None if again.before is None else len(again.before),
        "newly_rejected": new, "share": new / again.good if again.good else None,
    }  # fmt: skip


def _followed(call: Call, newly: Iterable[tuple[Lot, str, Row]], limit: int) -> Row:
    """Where the newly rejected parts are now."""
    edges = SeenEdges(call.session, call.actor)
    kept = KeptParts(call, edges)
    suspects: list[Row] = []
    pieces, lost = [], Counter[str]()
    for lot, label, row in newly:
        what, parts = kept.of(lot, row)
        pieces.append(parts)
        if not parts:
            lost[lot.name] += 1
        suspects.append({"part": row["unit"], "lot": lot.name, "insertion": label, "rejected_by": row["reasons"],
                         "what": what})  # fmt: skip
    start = joined_parts(pieces)
    rows, found, blocks = affected(call, edges, start)
    states: Counter[str] = Counter()
    for one in rows:
        states[one["state"]] += one["pieces"]
    notes = [f"{plural(count, 'part')} of lot {name}: no event tells of their wafers or units."
             for name, count in lost.items()]  # fmt: skip
    notes += [f"Parts of lot {name} bear no identity that events know: all of the lot is followed."
              for name in kept.whole]  # fmt: skip
    notes += mixing_and_beyond(call, edges, found, blocks)
    where = ", ".join(f"{count:,} {state}" for state, count in states.items()) or "nothing of them is in the genealogy"
    return {"where": f"{where[0].upper()}{where[1:]}.", "states": dict(states), "rows": rows[:limit],
            "found": len(rows), "suspects": suspects[:limit], "notes": notes}  # fmt: skip
