"""Parts as built for partners: Catena-X messages of a thing and all that it came from or went into."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

from corecar.atomic import whole_file
from corecar.bridge.calls import Call
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import suspects
from corecar.bridge.trace.vins import are_hashed
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError
from corecar.formats.catenax.as_built import Built, as_built, global_id
from corecar.plurals import plural
from corecar.trace.blocks import Edge
from corecar.trace.kinds import POOL, SCRAP
from corecar.trace.walk import Part, backward, forward

_BPNL = re.compile(r"BPNL[a-zA-Z0-9]{12}")
_COUNTRY = re.compile(r"[A-Z]{3}")


def export_as_built(
    call: Call,
    what: Annotated[str, "Name of a thing, or class and name: `vehicle:VIN1`, `wafer:W1`."],
    *,
    out: Annotated[Path, "Folder to write the messages into.", Returned(folder=True)],
    bpnl: Annotated[str, "Your business partner number, such as BPNL00000003CSGV."],
    part: Annotated[str, "The product's number that partners know."],
    country: Annotated[str, "Where it is made, in three letters (ISO 3166)."] = "CHN",
) -> dict[str, Any]:
    """Write a thing and all that it came from or went into as Catena-X JSON: SerialPart, Batch, BOM and usage as built.

    Only what your party recorded is told. Units, ECUs and vehicles are serial parts, all else is a batch.
    Raises  NotFound, ArgumentError
    """
    for value, pattern, name in ((bpnl, _BPNL, "bpnl"), (country, _COUNTRY, "country")):
        if not pattern.fullmatch(value):
            raise ArgumentError(f'{name}="{value}" is not of the form that Catena-X asks for: {pattern.pattern}.')
    edges = SeenEdges(call.session, call.actor)
    start = suspects(call, edges, what)
    numbers = backward(start, edges.back).blocks | forward(start, edges.onward, edges.whole).blocks
    blocks = {n: one for n, one in edges.blocks(numbers).items() if one.owner_id == call.actor.party_id}
    built = _built(call, edges, blocks)
    messages = as_built(built, partner=bpnl, country=country, part=part)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in messages.items():
        with whole_file(folder / name) as place:
            place.write_text(json.dumps(message, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    counts: dict[str, int] = {}
    for name in messages:
        aspect = name.split("-", 1)[0]
        counts[aspect] = counts.get(aspect, 0) + 1
    rows = [{"aspect": aspect, "messages": count} for aspect, count in counts.items()]
    hashed = are_hashed([one.thing.name for one in {b.thing_id: b for b in blocks.values()}.values()])
    notes = [f"{plural(hashed, 'vehicle')}: told by a keyed hash, not by the number (VIN), as kept."] if hashed else []
    said = f"{out}: {plural(len(messages), 'message')} about {plural(len(built), 'thing')}."
    return {"said": said, "rows": rows, "notes": notes}


def _built(call: Call, edges: SeenEdges, blocks: dict[int, SeenBlock]) -> list[Built]:
    """The things of blocks with their links, pools in between left out."""
    links: dict[tuple[int, int], tuple[int, str, bool]] = {}
    parts = edges.start([Part(n, one.first, one.last) for n, one in blocks.items()], call.actor.party_id)
    found = [edge for edge in edges.onward(parts) if edge.to_block in blocks and edge.from_block in blocks]
    by_source: dict[int, list[Edge]] = {}
    for edge in found:
        by_source.setdefault(edge.from_block, []).append(edge)
    for edge in found:
        through = by_source.get(edge.to_block, []) if blocks[edge.to_block].thing.kind == POOL else [edge]
        for last in through:
            one, other = blocks[edge.from_block], blocks[last.to_block]
            if POOL in (one.thing.kind, other.thing.kind) or SCRAP in (one.thing.kind, other.thing.kind):
                continue
            count, at, sure = links.get((one.thing_id, other.thing_id), (0, "", True))
            more = min(edge.from_last - edge.from_first, last.to_last - last.to_first) + 1
            moment = f"{other.at:%Y-%m-%dT%H:%M:%S.000Z}"
            links[one.thing_id, other.thing_id] = (count + more, at or moment, sure and edge.exact and last.exact)
    things = {one.thing_id: one for one in blocks.values() if one.thing.kind not in (POOL, SCRAP)}
    owner = call.actor.party
    ids = {number: global_id(owner, *one.thing) for number, one in things.items()}
    return [
        Built(ids[number], *one.thing, f"{one.at:%Y-%m-%d}",
              tuple((ids[a], *link) for (a, b), link in links.items() if b == number),
              tuple((ids[b], *link) for (a, b), link in links.items() if a == number))
        for number, one in things.items()
    ]  # fmt: skip
