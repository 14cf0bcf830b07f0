"""The certificate of conformance of a shipment: from the genealogy, and from the gradings of the lots behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select

from corecar.agree.canonical import sha256_of
from corecar.atomic import whole_file
from corecar.bridge.calls import Call
from corecar.bridge.files.conformance_papers import CONTENT_FILE, certificate_pdf, content_bytes
from corecar.bridge.sharing import own_lot
from corecar.bridge.trace.asking import came_from
from corecar.bridge.trace.certified_lots import certified_lot, moment_told
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.travel import Returned
from corecar.errors import NotFound
from corecar.faults import alike
from corecar.plurals import plural
from corecar.store.catalogue.models import Lot
from corecar.store.catalogue.tracing import TraceEvent, TraceMark, TraceThing, TraceTouch
from corecar.trace.conformance import FORMAT
from corecar.trace.walk import Part

OF_LOTS = ("lot", "sublot")
"""Classes of things whose names are those of lots that were graded."""


def certify(
    call: Call,
    shipment: Annotated[str, "Name of the shipment that events `ship` name, or the id of one such event."],
    *,
    lot: Annotated[Sequence[str], "Lots behind it whose names the genealogy does not say."] = (),
    out: Annotated[Path, "Folder for `certificate.json` and `certificate.pdf`.", Returned(folder=True)],
) -> dict[str, Any]:
    """Write the certificate of conformance of a shipment: what was shipped, from which lots, tested and screened how.

    The PDF is set from the JSON and carries it; `corecar trace sign` signs it, `corecar trace verify` checks it without
    a workspace. The same records give the same bytes. What the records do not say stands in it as a gap.
    Raises  NotFound
    """
    events = _shipped(call, shipment)
    edges = SeenEdges(call.session, call.actor)
    start = _parts(call, edges, events)
    rows, notes, _, _ = came_from(call, edges, start)
    lots, gaps = _lots(call, rows, lot)
    content = {
        "format": FORMAT, "shipment": shipment, "supplier": call.actor.party, "customer": _customer(call, events),
        "shipped_at": moment_told(max(event.at for event in events)), "events": [event.reference for event in events],
        **_pieces(rows, edges.blocks(part.block for part in start), start), "programs": _programs(rows), "lots": lots,
        "gaps": [*gaps, *notes],
    }  # fmt: skip
    _write(Path(out), content)
    return _answer(content)


def _shipped(call: Call, named: str) -> list[TraceEvent]:
    """The own events of a shipment, in order of time. Raises NotFound."""
    mine = select(TraceEvent).where(TraceEvent.owner_id == call.actor.party_id, TraceEvent.kind == "ship")
    of_name = (
        select(TraceMark.event_id).join(TraceThing, TraceThing.id == TraceMark.thing_id)
        .where(TraceThing.owner_id == call.actor.party_id, TraceThing.kind == "shipment", TraceThing.name == named)
    )  # fmt: skip
    ordered = (TraceEvent.at, TraceEvent.id)
    found = list(call.session.scalars(mine.where(TraceEvent.id.in_(of_name)).order_by(*ordered)))
    found = found or list(call.session.scalars(mine.where(TraceEvent.reference == named)))
    if not found:
        known = select(TraceThing.name).filter_by(owner_id=call.actor.party_id, kind="shipment").limit(1000)
        near = alike(named, list(call.session.scalars(known)))
        raise NotFound(f'no event ship is recorded of the shipment "{named}".{near} '
                       "Name the shipment or the id of the event.")  # fmt: skip
    return found


def _parts(call: Call, edges: SeenEdges, events: Iterable[TraceEvent]) -> list[Part]:
    touched = select(TraceTouch).where(TraceTouch.event_id.in_([event.id for event in events]))
    found = {Part(one.block, one.first, one.last) for one in call.session.scalars(touched)}
    return edges.start(sorted(found), call.actor.party_id)


def _customer(call: Call, events: Iterable[TraceEvent]) -> str:
    asked = (
        select(TraceThing.name).join(TraceMark, TraceMark.thing_id == TraceThing.id)
        .where(TraceMark.event_id.in_([event.id for event in events]), TraceThing.kind == "party")
    )  # fmt: skip
    return ", ".join(sorted(set(call.session.scalars(asked))))


def _pieces(rows: list[dict[str, Any]], blocks: dict[int, SeenBlock], start: Iterable[Part]) -> dict[str, Any]:
    """What was shipped and what it was made from, a row each."""
    things = {(block.thing.kind, block.thing.name) for block in blocks.values()}
    told = sorted((row for row in rows if row["role"] == "piece"),
                  key=lambda row: (row["at"], row["class"], row["id"], row["places"]))  # fmt: skip
    own = ("class", "id", "places", "pieces")
    shipped = [{name: row[name] for name in own} for row in told if (row["class"], row["id"]) in things]
    before = [{name: row[name] for name in (*own, "sure")} for row in told if (row["class"], row["id"]) not in things]
    counts = {block: min(sum(part.last - part.first + 1 for part in start if part.block == block), one.quantity)
              for block, one in blocks.items()}  # fmt: skip
    return {"pieces": sum(counts.values()), "shipped": shipped, "made_from": before}


def _programs(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Test programs that events along the way name."""
    told = [{"program": row["id"], "event": row["event"], "at": moment_told(row["at"])}
            for row in rows if row["role"] == "with" and row["class"] == "test_program"]  # fmt: skip
    return sorted(told, key=lambda row: (row["at"], row["event"], row["program"]))


def _lots(call: Call, rows: Iterable[dict[str, Any]], named: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The lots behind a shipment as they were graded, and what is not known of them."""
    names = sorted({row["id"] for row in rows if row["class"] in OF_LOTS})
    found = {one.id: one for one in (own_lot(call, name) for name in named)}
    asked = select(Lot).where(Lot.owner_id == call.actor.party_id, Lot.name.in_(names))
    there = list(call.session.scalars(asked))
    found |= {one.id: one for one in there}
    known = {one.name for one in there}
    gaps = [f"Lot {name}: no test data of it are in this workspace." for name in names if name not in known]
    if not found and not names:
        gaps = ["The genealogy names no lot, so that no test result can be told. Name the lots."]
    told = []
    for one in sorted(found.values(), key=lambda each: (each.name, each.id)):
        lot, more = certified_lot(call, one)
        told.append(lot)
        gaps += more
    return told, gaps


def _write(folder: Path, content: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in ((CONTENT_FILE, content_bytes(content)), ("certificate.pdf", certificate_pdf(content))):
        with whole_file(folder / name) as place:
            place.write_bytes(made)


def _answer(content: dict[str, Any]) -> dict[str, Any]:
    rows = [
        {"lot": lot["lot"], "insertion": one["insertion"], "tested": one["tested"], "may_ship": one["may_ship"],
         "yield": one["yield"], "screens": len(one["screens"]), "beyond": len(one["beyond"])}
        for lot in content["lots"] for one in lot["insertions"]
    ]  # fmt: skip
    whom = f" to {content['customer']}" if content["customer"] else ""
    said = f"Certificate of {content['shipment']}: {plural(content['pieces'], 'piece')}{whom}, " \
           f"{plural(len(content['lots']), 'lot')}."  # fmt: skip
    return {"said": said, "facts": {"content_sha256": sha256_of(content_bytes(content))}, "rows": rows,
            "notes": content["gaps"]}  # fmt: skip
