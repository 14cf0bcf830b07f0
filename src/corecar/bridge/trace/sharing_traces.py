"""What other parties may see of a genealogy: one step of it, and all of it where the owner shares it."""

from __future__ import annotations

from typing import Annotated, Any

from corecar.bridge.access import named_party
from corecar.bridge.calls import Call
from corecar.errors import ArgumentError, NotFound
from corecar.store.catalogue.tracing import TraceShare


def share(call: Call, party: Annotated[str, "Who may see it from now on."]) -> dict[str, Any]:
    """Let another party see all of your genealogy; without it a party sees one step up and down from its own.

    Raises  NotFound; ArgumentError for the own party
    """
    other = named_party(call.session, party)
    if other.id == call.actor.party_id:
        raise ArgumentError(f"{other.name} sees its own genealogy anyway. Name another party.")
    if call.session.get(TraceShare, (call.actor.party_id, other.id)) is None:
        facts = {"owner_id": call.actor.party_id, "by_id": call.actor.person_id}
        call.session.add(TraceShare(party_id=other.id, at=call.now, **facts))
    return {"said": f"{other.name} may see all genealogy of {call.actor.party}.", "party": other.name}


def unshare(call: Call, party: Annotated[str, "Who may not see it any more."]) -> dict[str, Any]:
    """Stop letting a party see your genealogy beyond one step; what it has seen it has seen.

    Raises  NotFound
    """
    other = named_party(call.session, party)
    shared = call.session.get(TraceShare, (call.actor.party_id, other.id))
    if shared is None:
        raise NotFound(f"no genealogy is shared with {other.name}.")
    call.session.delete(shared)
    return {"said": f"{other.name} may not see genealogy of {call.actor.party} any more.", "party": other.name}
