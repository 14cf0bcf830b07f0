"""What other parties may see: a lot is its owner's alone until it is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from corecar.bridge.access import Actor, actor_of, named_party
from corecar.bridge.calls import Call
from corecar.errors import AccessDenied, ArgumentError, NotFound
from corecar.faults import alike
from corecar.store.catalogue.models import Lot, LotShare, Party, Run

if TYPE_CHECKING:
    from corecar.bridge.workspace import Workspace

NUMBER = "number:"
"""Stands before a lot's number where a lot may have that number for a name."""
LONGEST = 18
"""Digits of a number that every database takes."""


def share(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    party: Annotated[str, "Who may see it from now on."],
) -> dict[str, Any]:
    """Let another party see a lot: its runs, yields, readings and history, and nothing else of the workspace.

    Raises  NotFound; AccessDenied for a lot of somebody else; ArgumentError for the party whose lot it is
    """
    found, other = own_lot(call, lot), named_party(call.session, party)
    if other.id == found.owner_id:
        raise ArgumentError(f"lot {found.name} belongs to {other.name}, which sees it anyway. Name another party.")
    if call.session.get(LotShare, (found.id, other.id)) is None:
        call.session.add(LotShare(lot_id=found.id, party_id=other.id, at=call.now, by_id=call.actor.person_id))
    return {"said": f"{other.name} may see lot {found.name}.", "lot": found.name, "party": other.name}


def unshare(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    party: Annotated[str, "Who may not see it any more."],
) -> dict[str, Any]:
    """Stop letting a party see a lot; what it has seen it has seen.

    Raises  NotFound; AccessDenied for a lot of somebody else
    """
    found, other = own_lot(call, lot), named_party(call.session, party)
    shared = call.session.get(LotShare, (found.id, other.id))
    if shared is None:
        raise NotFound(f"lot {found.name} is not shared with {other.name}.")
    call.session.delete(shared)
    return {"said": f"{other.name} may not see lot {found.name} any more.", "lot": found.name, "party": other.name}


def seen_by(call: Call, lot: Lot) -> dict[str, Any]:
    """Whose a lot is; and for its owner alone, with which parties it is shared."""
    owner = call.session.scalars(select(Party.name).where(Party.id == lot.owner_id)).one()
    asked = select(Party.name).join(LotShare, LotShare.party_id == Party.id).where(LotShare.lot_id == lot.id)
    shared = sorted(call.session.scalars(asked))
    return {"owner": owner, "shared_with": shared if lot.owner_id == call.actor.party_id else []}


def visible_lots(actor: Actor) -> ColumnElement[bool]:
    """The condition on `lots` that this actor may see them; a lot to which no run is filed any more is nobody's."""
    shared = exists().where(LotShare.lot_id == Lot.id, LotShare.party_id == actor.party_id)
    return and_(exists().where(Run.lot_id == Lot.id), or_(Lot.owner_id == actor.party_id, shared))


def visible_runs(actor: Actor) -> ColumnElement[bool]:
    """The condition on `runs` that this actor may see them: the own ones, and those of lots that are shared."""
    shared = exists().where(LotShare.lot_id == Run.lot_id, LotShare.party_id == actor.party_id)
    return or_(Run.owner_id == actor.party_id, shared)


def sees_everything(session: Session, actor: Actor) -> bool:
    """Whether no run of the workspace is hidden from this actor."""
    return session.scalar(select(Run.id).where(~visible_runs(actor)).limit(1)) is None


def visible_lot(call: Call, named: str, **facts: str | None) -> Lot:
    """A lot by its name or, where several share the name, by its number, `7` or `number:7`. Raises NotFound.

    facts  customer and product that the lot must be of; None leaves them open
    """
    asked = select(Lot).where(visible_lots(call.actor)).filter_by(**{k: v for k, v in facts.items() if v is not None})
    found = list(call.session.scalars(asked.where(_called(named))))
    if not found and (number := _number_of(named)) is not None:
        found = list(call.session.scalars(asked.where(Lot.id == number)))
    if not found:
        of = "".join(f" of {fact} {value}" for fact, value in facts.items() if value is not None)
        near = alike(named, lot_names(call.session, call.actor))
        raise NotFound(f'no lot{of} is called "{named}".{near} `corecar lots` lists them.')
    if len(found) > 1:
        which = ", ".join(f"{NUMBER}{lot.id} ({lot.customer or 'no customer'}, {lot.product})" for lot in found)
        raise NotFound(f'{len(found)} lots are called "{named}". Name one by its number: {which}.')
    return found[0]


def is_lot(workspace: Workspace, named: str) -> bool:
    """Whether a lot that the actor may see has this name or number. Raises AccessDenied for somebody unknown."""
    with workspace.store.catalogue.reading() as session:
        actor, number = actor_of(session, workspace.actor), _number_of(named)
        which = _called(named) if number is None else or_(_called(named), Lot.id == number)
        return session.scalar(select(Lot.id).where(visible_lots(actor), which).limit(1)) is not None


def lots_alike(workspace: Workspace, named: str) -> str:
    """` Did you mean "SIM00001"?` of the lots that the actor may see; empty where none is spelled alike."""
    with workspace.store.catalogue.reading() as session:
        return alike(named, lot_names(session, actor_of(session, workspace.actor)))


def is_number(text: str) -> bool:
    """Whether a person's word is the number of something in the catalogue or in a test program."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST


def lots_called(named: str) -> ColumnElement[bool]:
    """The condition that lots have a name, or that a lot is the one that `number:7` names."""
    number = _number_of(named) if named.startswith(NUMBER) else None
    return _called(named) if number is None else Lot.id == number


def _called(named: str) -> ColumnElement[bool]:
    """The condition that a lot has this name; none has one that begins as a number."""
    return false() if named.startswith(NUMBER) else Lot.name == named


def _number_of(named: str) -> int | None:
    """The number that a word may be."""
    number = named.removeprefix(NUMBER)
    return int(number) if is_number(number) else None


def lot_names(session: Session, actor: Actor) -> list[str]:
    """Names of the lots that an actor may see."""
    return list(session.scalars(select(Lot.name).where(visible_lots(actor)).distinct()))


def own_lot(call: Call, named: str) -> Lot:
    """A lot that belongs to the actor's party. Raises NotFound, AccessDenied."""
    found = visible_lot(call, named)
    if found.owner_id != call.actor.party_id:
        raise AccessDenied(f"lot {found.name} belongs to another party; {call.actor.party} may only look at it.")
    return found
