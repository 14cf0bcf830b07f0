"""What the parties of a memorandum let others see of it, and what other systems call it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from corecar.bridge.access import named_party
from corecar.bridge.agree.acting import ForParty, Number, acting, notes_of
from corecar.bridge.agree.visible_agreements import one
from corecar.bridge.calls import AtLeast, Call
from corecar.errors import ArgumentError, NotFound
from corecar.store.catalogue.agreements import AgreementLink, AgreementShare

ShareLevel = Annotated[
    Literal["standing", "volumes", "terms"],
    "How much: that it is there and where it stands; what is agreed by week too; all of its terms.",
]
LONGEST = 500
"""Characters of an identity in another system."""

KEEPS = {"data-space": "keeps the data-space agreement of", "capacity-group": "keeps the capacity group of volume"}
KEEPS_NO = {"data-space": "keeps no data-space agreement of", "capacity-group": "keeps no capacity group of volume"}


def share(
    call: Call, number: Number, other: Annotated[str, "Who may see it: a party of the workspace."], *,
    level: ShareLevel = "standing", party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Let another party, such as the coordinator, see a memorandum once it is signed.

    It sees what every party of the memorandum shares: the least of it.
    Raises  NotFound; AccessDenied; ArgumentError for one of its own parties
    """
    kept, found = one(call, number), named_party(call.session, other)
    by = acting(call, kept.accounts, party, number)
    if found.id in kept.accounts.values():
        raise ArgumentError(f"{other} is a party of {number} and sees all of it. Name another party.")
    row = call.session.get(AgreementShare, (kept.row.id, by.party, found.id))
    if row is None:
        call.session.add(AgreementShare(
            agreement_id=kept.row.id, by_party=by.party, party_id=found.id, level=level, at=call.now,
            by_id=call.actor.person_id,
        ))  # fmt: skip
    else:
        row.level, row.at, row.by_id = level, call.now, call.actor.person_id
    others = [name for name, account in kept.accounts.items() if account is not None and name != by.party]
    left = (
        f" It sees no more than {', '.join(others)} let{'s' if len(others) == 1 else ''} it see too." if others else ""
    )
    return {"said": f"{by.party} lets {other} see of {number}: {level}.{left}", "number": number,
            "notes": notes_of(call)}  # fmt: skip


def unshare(
    call: Call, number: Number, other: Annotated[str, "Who may not see it any more."], *, party: ForParty = None
) -> dict[str, Any]:
    """Stop letting a party see a memorandum; what it has seen it has seen.

    Raises  NotFound, AccessDenied
    """
    kept, found = one(call, number), named_party(call.session, other)
    by = acting(call, kept.accounts, party, number)
    row = call.session.get(AgreementShare, (kept.row.id, by.party, found.id))
    if row is None:
        raise NotFound(f"{by.party} does not share {number} with {other}.")
    call.session.delete(row)
    return {"said": f"{by.party} lets {other} see {number} no more.", "number": number}


def link(
    call: Call, number: Number,
    kind: Annotated[Literal["data-space", "capacity-group"], "What it is called by: an agreement of a data space, or "
                    "a capacity group of a message."],
    identity: Annotated[str, "What it is called there; empty takes it back."], *,
    volume: Annotated[int, "Of a capacity group: for which volume, from 1.", AtLeast(0)] = 0,
    party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Keep beside a memorandum what another system calls it, such as the agreement under which a data space shares.

    Raises  NotFound, AccessDenied; ArgumentError for a volume that it does not have
    """
    kept = one(call, number)
    by = acting(call, kept.accounts, party, number)
    if volume > len(kept.terms.volumes) or (kind == "capacity-group") != (volume > 0):
        wanted = f"1 to {len(kept.terms.volumes)}" if kind == "capacity-group" else "none"
        raise ArgumentError(f"{number}: volume {volume} does not go with {kind}. Expected is {wanted}.")
    if len(identity) > LONGEST:
        raise ArgumentError(f"an identity has at most {LONGEST} characters; this one has {len(identity):,}.")
    row = call.session.get(AgreementLink, (kept.row.id, kind, volume, by.party))
    if row is not None:
        call.session.delete(row)
        call.session.flush()
    if identity.strip():
        call.session.add(AgreementLink(
            agreement_id=kept.row.id, kind=kind, volume=volume, party=by.party, identity=identity.strip(),
            at=call.now, **call.facts,
        ))  # fmt: skip
    what = f"{volume} of {number}" if volume else number
    said = (
        f"{by.party} {KEEPS[kind]} {what}: {identity.strip()}."
        if identity.strip()
        else f"{by.party} {KEEPS_NO[kind]} {what} any more."
    )
    return {"said": said, "number": number, "notes": notes_of(call)}
