"""Containing what is suspect: all pieces held where they are, customers and the supply told, status to closure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select

from corecar.atomic import whole_file
from corecar.bridge.calls import Call, in_session
from corecar.bridge.contain.eight_d import eight_d_pdf
from corecar.bridge.contain.papers import by_customer, customer_list, eight_d, quality_alert
from corecar.bridge.contain.partners import partner_numbers
from corecar.bridge.contain.supply import lost_supply
from corecar.bridge.trace.asking import Limit, Whats, affected
from corecar.bridge.trace.die_lots import OF_LOTS
from corecar.bridge.trace.kept_events import KeptEvents, counters
from corecar.bridge.trace.seen_edges import SeenEdges
from corecar.bridge.trace.suspects import check_window, suspects
from corecar.bridge.travel import Returned
from corecar.errors import Conflict
from corecar.plurals import plural
from corecar.store.catalogue.tracing import TraceImport
from corecar.trace.blocks import Entries, Mark, Touch
from corecar.trace.lines import Thing
from corecar.trace.ranges import both
from corecar.trace.walk import Part, Reached, backward

Name = Annotated[str, "Name of the containment, such as the number of the 8D."]
FORMAT = "containment"
"""Of what a containment records, among what was taken in."""
REASON = "reason"
"""The class of side input by which a containment's holds are found again."""


@dataclass(frozen=True)
class Held:
    """What a containment held. behind: names of lots that the pieces come from."""

    rows: list[dict[str, Any]]
    states: dict[str, int]
    behind: list[str]


def contain(
    call: Call,
    whats: Whats,
    *,
    name: Name,
    reason: Annotated[str, "What is wrong, as customers read it."],
    since: Annotated[datetime | None, "Of what events used: only events from then on."] = None,
    until: Annotated[datetime | None, "Of what events used: only events until then."] = None,
    out: Annotated[
        Path | None,
        "Folder for the list of customers, an alert for each, and the 8D report as text and PDF.",
        Returned(folder=True),
    ] = None,
) -> dict[str, Any]:
    """Hold all pieces of a suspect set wherever they are, and say who must know and what supply loses.

    The holds are events of the kind `hold` with the name as their reason, so that `trace contained` follows them.
    Raises  NotFound, ArgumentError; Conflict for a name that was used
    """
    check_window(whats, since, until)
    about = {"whats": whats, "reason": reason}
    held = call.store.catalogue.write(lambda session: _hold(in_session(call, session), about, name, since, until))
    supply, lost = lost_supply(call, held.rows, held.behind)
    call.store.catalogue.write(lambda session: _noted(in_session(call, session), name, supply))
    notes: list[str] = []
    if out is not None:
        customers_of = by_customer(held.rows)
        with call.store.catalogue.reading() as session:
            parties = [call.actor.party, *customers_of] if customers_of else []
            numbers, notes = partner_numbers(in_session(call, session), parties)
        _write(Path(out), _papers(call, whats, name, reason, held, supply, numbers))
    said = f"{name}: {plural(sum(held.states.values()), 'piece')} held. {supply}"
    customers = [{"party": party, "pieces": sum(row["pieces"] for row in found)}
                 for party, found in by_customer(held.rows).items()]  # fmt: skip
    losses = lost.get("rows", [])
    return {"said": said, "states": held.states, "customers": customers, "impact": supply, "losses": losses,
            "rows": held.rows, "notes": notes}  # fmt: skip


def contained(
    call: Call,
    name: Name,
    *,
    limit: Limit = 1000,
    out: Annotated[
        Path | None, "Folder for the papers as they are now: customers, an alert for each, the 8D.",
        Returned(folder=True),
    ] = None,
) -> dict[str, Any]:  # fmt: skip
    """Follow what a containment held: where each piece is now, held still, released or scrapped.

    A piece that went on although it was held is not closed; neither is one that was released and went on.

    Raises  NotFound
    """
    edges = SeenEdges(call.session, call.actor)
    rows, _, _ = affected(call, edges, suspects(call, edges, f"{REASON}:{name}"))
    for row in rows:
        row["closed"] = row["state"] == "scrapped" or row["released"]
    total, closed = sum(row["pieces"] for row in rows), sum(row["pieces"] for row in rows if row["closed"])
    said = f"{name}: {closed:,} of {plural(total, 'piece')} closed, {total - closed:,} held still."
    about = _about(call, name)
    notes: list[str] = []
    if out is not None:
        states: Counter[str] = Counter()
        for row in rows:
            states[row["state"]] += 0 if row["closed"] else row["pieces"]
        customers_of = by_customer(rows)
        numbers, notes = partner_numbers(call, [call.actor.party, *customers_of] if customers_of else [])
        left = Held(rows, {state: count for state, count in states.items() if count}, [])
        _write(Path(out), _papers(call, about.get("whats", [name]), name, str(about.get("reason", "")), left,
                                  str(about.get("supply") or "not told"), numbers))  # fmt: skip
    facts = {"reason": about.get("reason"), "suspect": ", ".join(about.get("whats", ())) or None,
             "supply": about.get("supply")}  # fmt: skip
    return {"said": said, "facts": facts, "pieces": total, "closed": closed, "found": len(rows), "rows": rows[:limit],
            "customers": _customers(rows), "notes": notes}  # fmt: skip


def _customers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"party": party, "pieces": sum(row["pieces"] for row in found),
             "closed": sum(row["pieces"] for row in found if row.get("closed"))}
            for party, found in by_customer(rows).items()]  # fmt: skip


def _made(call: Call, name: str) -> TraceImport | None:
    """What was recorded of a containment when it was made, where the actor's party made it."""
    asked = select(TraceImport).filter_by(owner_id=call.actor.party_id, format=FORMAT, path=f"hold {name}")
    return call.session.scalars(asked).unique().first()


def _about(call: Call, name: str) -> dict[str, Any]:
    """What was told of a containment when it was made."""
    made = _made(call, name)
    return {} if made is None else dict(made.options)


def _noted(call: Call, name: str, supply: str) -> None:
    """Note what supply loses beside the hold."""
    made = _made(call, name)
    if made is not None:
        made.options = {**made.options, "supply": supply}


def _hold(call: Call, about: dict[str, Any], name: str, since: datetime | None, until: datetime | None) -> Held:
    counters(call.session)  # from here on nobody else records
    kept = KeptEvents(call)
    reference = f"hold {name}"
    if kept.references({reference}):
        raise Conflict(
            f"a containment {name} is there already. `corecar trace contained` follows it; take another name."
        )
    edges = SeenEdges(call.session, call.actor)
    start = [part for what in about["whats"] for part in suspects(call, edges, what, since, until)]
    rows, found, blocks = affected(call, edges, start)
    states: Counter[str] = Counter()
    for row in rows:
        states[row["state"]] += row["pieces"]
        row["held"] = True
    mine = {number for number, block in blocks.items() if block.owner_id in edges.owners}
    record_in_place(call, kept, (reference, "hold"), name, _touched(start, found, mine), about)
    behind = edges.blocks(backward(start, edges.back).blocks)
    return Held(
        rows, dict(states), sorted({block.thing.name for block in behind.values() if block.thing.kind in OF_LOTS})
    )


def _touched(start: Iterable[Part], found: Reached, mine: Iterable[int]) -> list[Touch]:
    """The ranges that a hold touches: what is suspect, and all that may be it where it is."""
    parts = {(part.block, part.first, part.last) for part in start}
    for block in mine:
        parts |= {(block, first, last) for first, last in both(found.of(block), found.stays.get(block, []))}
    return [Touch(0, *part) for part in sorted(parts)]


def record_in_place(
    call: Call, kept: KeptEvents, event: tuple[str, str], name: str, touches: list[Touch], about: dict[str, Any]
) -> None:
    """Record an event in place with a containment as its reason. event: its id and kind; about: what is kept of it"""
    reference, kind = event
    imported = keep_import(call, reference, about)
    entries = Entries(events=[(reference, call.now, kind)], touches=touches, marks=[Mark(0, Thing(REASON, name))])
    kept.keep(entries, imported, counters(call.session))


def keep_import(call: Call, reference: str, about: dict[str, Any]) -> int:
    """Keep among what was taken in what a containment records; its number."""
    digest = hashlib.sha256(f"containment {reference.removeprefix('hold ')}".encode()).hexdigest()
    imported = TraceImport(path=reference, format=FORMAT, hash=digest, events=1, options=about, at=call.now,
                           **call.facts)  # fmt: skip
    call.session.add(imported)
    call.session.flush()
    return imported.id


def _papers(
    call: Call, whats: list[str], name: str, reason: str, held: Held, supply: str, numbers: Mapping[str, str]
) -> Mapping[str, bytes]:
    told = eight_d(name, reason, whats, held.rows, held.states, supply, call.now)
    paper = eight_d_pdf(name, reason, whats, held.rows, held.states, supply, call.now, call.actor.party)
    made = {"customers.csv": customer_list(held.rows).encode(), "8d.md": told.encode(), "8d.pdf": paper}
    for number, (party, rows) in enumerate(by_customer(held.rows).items(), 1):
        alert = quality_alert(name, reason, call.actor.party, party, rows, call.now, numbers)
        made[f"alert-{number}.json"] = alert.encode()
    return made


def _write(folder: Path, papers: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in papers.items():
        with whole_file(folder / file) as place:
            place.write_bytes(content)
