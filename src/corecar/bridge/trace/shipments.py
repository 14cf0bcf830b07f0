"""The own shipments, by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.trace.asking import sides_of
from corecar.plurals import plural
from corecar.store.catalogue.bulk import moment_from, rows_among
from corecar.store.catalogue.tracing import TraceEvent

_WHAT = """SELECT u.event_id, t.kind, t.name, u.last - u.first + 1, b.quantity FROM trace_touches u
           JOIN trace_blocks b ON b.first = u.block JOIN trace_things t ON t.id = b.thing_id
           WHERE u.event_id IN {among}"""


def list_shipments(call: Call) -> dict[str, Any]:
    """List what was shipped: to whom, which reels, how many pieces; the newest first.

    A shipment without a name goes by the id of its event.
    """
    asked = select(TraceEvent).filter_by(owner_id=call.actor.party_id, kind="ship").order_by(TraceEvent.at)
    events = {event.id: event for event in call.session.scalars(asked)}
    sides = sides_of(call, events)
    found: dict[str, dict[str, Any]] = {}
    named = {}
    for number, event in events.items():
        told = dict(sides.get(number, ()))
        name = named[number] = str(told.get("shipment", event.reference))
        row = found.setdefault(name, {"shipment": name, "party": told.get("party"), "things": [], "pieces": 0})
        row["at"] = moment_from(event.at)
    for number, kind, thing, pieces, quantity in rows_among(call.session, _WHAT, events):
        row = found[named[number]]
        row["things"].append(f"{kind} {thing}")
        row["pieces"] += min(pieces, quantity)
    rows = [{**row, "things": ", ".join(dict.fromkeys(row["things"]))} for row in reversed(found.values())]
    said = f"{plural(len(rows), 'shipment')}." if rows else "No shipment yet: no event ship names one."
    return {"said": said, "rows": rows}
