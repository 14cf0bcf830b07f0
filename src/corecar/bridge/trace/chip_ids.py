"""Chips that tell by their ECID which die they are, held against what events and wafer maps say they are."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.lot.resolved_lots import counting_runs
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.sharing import own_lot
from corecar.bridge.trace.asking import Limit
from corecar.bridge.trace.die_lots import BETWEEN, OF_LOTS, Die, die_met, names_of_wafer
from corecar.bridge.trace.kept_parts import KeptParts
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import of_events
from corecar.bridge.travel import Sent
from corecar.chip_identities import chip_identities
from corecar.errors import Conflict, MappingError, NotFound, SourceMissing
from corecar.plurals import plural
from corecar.store.catalogue.models import Lot, Run, Setting
from corecar.store.catalogue.tracing import TraceThing
from corecar.trace.ecids import ChipPlace, Decoder, decoder_of, layout_of_table
from corecar.trace.walk import Part, backward

ECID = "ecid"
"""The class of side input by which an event tells a chip's own identity."""
RECENT = timedelta(days=30)
"""How long ago test data came in that are looked at where no lot is named."""
MOST_DIE = 1000
"""Die behind an event that are looked at; an identity is of one."""
Row = dict[str, Any]


def set_decoder(
    call: Call,
    file: Annotated[str | Path, "The layout of the identities, a TOML file, or a CSV of bit fields.", Sent()],
) -> dict[str, Any]:
    """Say how the ECIDs of your chips are decoded: by a layout that names the decoder; one of before ends.

    Raises  MappingError for a layout that its decoder cannot use; SourceMissing
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
        layout = layout_of_table(csv.DictReader(text.splitlines())) if path.suffix == ".csv" else tomllib.loads(text)
    except FileNotFoundError:
        raise SourceMissing(path, "there is no such file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: this is no TOML ({error}).") from None
    decoder_of(layout)
    name, value = _setting(call), {"file": path.name, "layout": layout}
    kept = call.session.get(Setting, name)
    if kept is None:
        call.session.add(Setting(name=name, value=value))
    else:
        kept.value = value
    return {"said": f"ECIDs are decoded by {path.name} from now on.", "file": path.name}


def decode_ecid(call: Call, ecid: Annotated[str, "The identity as a chip gives it."]) -> dict[str, Any]:
    """Say which die a chip is by its ECID, and by which name the genealogy knows that die.

    Raises  Conflict where no layout was set; NotFound for an identity that the decoder does not take
    """
    try:
        place = _decoder(call)(ecid)
    except ValueError as error:
        raise NotFound(f"no die has this identity: {error}") from None
    what = _known(call, place)
    facts = {"lot": place.lot, "wafer": place.wafer, "x": place.x, "y": place.y, "what": what or None}
    rest = f" Follow it with: corecar trace forward {what}" if what else " No event tells of this wafer."
    return {"said": f"{ecid}: die {place}.{rest}", "facts": facts}


def check_ecids(
    call: Call,
    *,
    lot: Annotated[
        list[str] | None, "Lots whose test data are looked at; without it those of the last 30 days."
    ] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """List chips whose ECID says another die than their events or their wafer map do. Each is an alert.

    Events tell an ECID as a side input of the class `ecid`; test data as generic data (GDR) or, where the layout says
    `read = "part_text"`, as PART_TXT. A chip of which nothing else is known agrees with nothing and is counted apart.
    Raises  Conflict where no layout was set; NotFound
    """
    decoder, edges = _decoder(call), SeenEdges(call.session, call.actor)
    rows: list[Row] = []
    counts = {"agree": 0, "differ": 0, "alone": 0}
    for found in (*_of_events(call, edges, decoder), *_of_lots(call, edges, decoder, _lots(call, lot))):
        counts[found["outcome"]] += 1
        if found.pop("outcome") == "differ":
            rows.append(found)
    said = f"{plural(sum(counts.values()), 'ECID')}: {counts['agree']:,} agree, {counts['differ']:,} say another die"
    alone = f", {counts['alone']:,} could be held against nothing" if counts["alone"] else ""
    return {"said": f"{said}{alone}.", "rows": rows[:limit], "found": len(rows), **counts}


def has_decoder(call: Call) -> bool:
    """Whether the actor's party said how its ECIDs are decoded."""
    return call.session.get(Setting, _setting(call)) is not None


def _setting(call: Call) -> str:
    return f"trace ecid {call.actor.party_id}"


def _layout(call: Call) -> dict[str, Any]:
    kept = call.session.get(Setting, _setting(call))
    if kept is None:
        raise Conflict("nobody said how ECIDs are decoded. Say it with: corecar trace decoder LAYOUT.toml")
    layout: dict[str, Any] = kept.value["layout"]
    return layout


def _decoder(call: Call) -> Decoder:
    return decoder_of(_layout(call))


def _known(call: Call, place: ChipPlace) -> str:
    """The name by which the genealogy knows a die; empty where it does not."""
    edges = SeenEdges(call.session, call.actor)
    names = [place.wafer, *(f"{place.lot}{sign}{place.wafer}" for sign in BETWEEN)]
    asked = select(TraceThing.name).where(
        TraceThing.owner_id.in_(edges.owners), TraceThing.kind == "wafer", TraceThing.name.in_(names)
    )
    known = sorted(call.session.scalars(asked), key=lambda name: (name == place.wafer, name))
    fits = [name for name in known if place.wafer in names_of_wafer(place.lot, name)]
    return f"wafer:{fits[0]}@{place.x},{place.y}" if fits else ""


def _of_events(call: Call, edges: SeenEdges, decoder: Decoder) -> Iterator[Row]:
    """Identities that events tell, each against the die behind the event's pieces."""
    asked = select(TraceThing).where(TraceThing.owner_id == call.actor.party_id, TraceThing.kind == ECID)
    for thing in call.session.scalars(asked.order_by(TraceThing.name)).unique():
        start = edges.start(of_events(call, thing, None, None), thing.owner_id)
        found = backward(start, edges.back)
        blocks = edges.blocks(found.blocks)
        begun = edges.blocks(part.block for part in start)
        where = ", ".join(sorted({f"{block.thing.kind} {block.thing.name}" for block in begun.values()}))
        die, _ = die_met(found, blocks, MOST_DIE)
        on_wafers = [one for one in die if one.wafer is not None]
        yield _judged(decoder, thing.name, on_wafers, _lots_behind(blocks), f"event of {where}")


def _lots_behind(blocks: dict[int, SeenBlock]) -> set[str]:
    return {block.thing.name for block in blocks.values() if block.thing.kind in OF_LOTS}


def _judged(decoder: Decoder, ecid: str, die: Iterable[Die], lots: set[str], where: str) -> Row:
    """An identity against the die that it may be of."""
    there = list(die)
    told = ", ".join(one.name for one in there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
    row: Row = {"ecid": ecid, "says": "", "recorded": told, "where": where, "why": "", "outcome": "differ"}
    try:
        place = decoder(ecid)
    except ValueError as error:
        return row | {"why": str(error)}
    row["says"] = str(place)
    if not there:
        return row | {"outcome": "alone"}
    if not any(_is_die(place, one) for one in there):
        return row | {"why": "another wafer or place"}
    if lots and place.lot not in lots:
        return row | {"why": f"of lot {', '.join(sorted(lots)[:3])}"}
    return row | {"outcome": "agree"}


def _is_die(place: ChipPlace, die: Die) -> bool:
    named = place.wafer in names_of_wafer(place.lot, die.wafer or "")
    return named and (place.x, place.y) == (die.x, die.y)


def _lots(call: Call, named: list[str] | None) -> list[Lot]:
    if named:
        return [own_lot(call, name) for name in named]
    recent = select(Run.lot_id).where(Run.owner_id == call.actor.party_id, Run.ingested_at > call.now - RECENT)
    return list(call.session.scalars(select(Lot).where(Lot.id.in_(recent)).order_by(Lot.id)))


def _of_lots(call: Call, edges: SeenEdges, decoder: Decoder, lots: Iterable[Lot]) -> Iterator[Row]:
    """Identities in test data, against the place of the same part on its wafer, or the die behind its unit."""
    in_text = _layout(call).get("ecid", {}).get("read") == "part_text"
    kept = KeptParts(call, edges)
    for lot in lots:
        for run in counting_runs(call.session, call.store, lot.id):
            for part in _identified(call, run, in_text):
                if part["wafer"] is not None and part["x"] is not None:
                    die = [Die(part["wafer"], part["x"], part["y"])]
                    yield _judged(decoder, part[ECID], die, {lot.name}, f"test data of lot {lot.name}")
                else:
                    _, pieces = kept.of(lot, part)
                    yield _judged(decoder, part[ECID], _die_behind(edges, pieces), set(), f"unit of lot {lot.name}")


def _die_behind(edges: SeenEdges, pieces: Iterable[Part]) -> list[Die]:
    found = backward(pieces, edges.back)
    die, _ = die_met(found, edges.blocks(found.blocks), MOST_DIE)
    return [one for one in die if one.wafer is not None]


def _identified(call: Call, run: Run, in_text: bool) -> Iterator[Row]:
    """The parts of a run that tell their identity."""
    columns = ("run", "part", "wafer", "x", "y", "part_id", "part_text")
    parts = rows_of_runs(call.session, call.store, "parts", [run.id], columns)
    if in_text:
        told: Any = parts["part_text"]
    else:
        texts = rows_of_runs(call.session, call.store, "texts", [run.id], ("run", "part", "kind", "text"))
        told = chip_identities(texts, parts.num_rows)
    if told is None:
        return
    for row in parts.append_column(ECID, _column(told)).to_pylist():
        if row[ECID]:
            yield row


def _column(told: Any) -> Any:
    return told if isinstance(told, (pa.Array, pa.ChunkedArray)) else pa.array(told)
