"""Who gets which alerts by mail."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.access import own_permissions
from corecar.bridge.calls import Call
from corecar.bridge.mail.alerts import KINDS
from corecar.bridge.mail.readers import Whom, person_meant, reader_of
from corecar.errors import ArgumentError
from corecar.faults import alike
from corecar.store.catalogue.mail import AlertSubscription
from corecar.store.catalogue.models import Person

Kinds = Annotated[list[str], f"Kinds of alerts: {', '.join(KINDS)}; or all."]


def kinds_of(session: Session, person_id: int) -> list[str]:
    """The kinds that a person gets, in the order of `KINDS`."""
    asked = select(AlertSubscription.kind).where(AlertSubscription.person_id == person_id)
    found = set(session.scalars(asked))
    return [kind for kind in KINDS if kind in found]


def checked_kinds(kinds: list[str]) -> list[str]:
    """Kinds as they are known, `all` for every one. Raises ArgumentError for none, or one that there is none of."""
    if not kinds:
        raise ArgumentError(f"no kind was named. There are: {', '.join(KINDS)}; all stands for every one.")
    for kind in kinds:
        if kind != "all" and kind not in KINDS:
            raise ArgumentError(
                f'there is no kind of alert "{kind}".{alike(kind, KINDS)} There are: {", ".join(KINDS)}.'
            )
    return list(KINDS) if "all" in kinds else list(dict.fromkeys(kinds))


def subscribe(call: Call, kinds: Kinds, *, person: Whom = None) -> dict[str, Any]:
    """Get alerts of some kinds by mail. The first mail tells what stands already, later ones what is new.

    Raises  ArgumentError for a kind that there is none of; Conflict where no address is known; AccessDenied, NotFound
    """
    chosen = checked_kinds(kinds)
    whom = person_meant(call, person)
    address = reader_of(call.session, whom).address
    there = set(kinds_of(call.session, whom.id))
    for kind in chosen:
        if kind not in there:
            row = AlertSubscription(person_id=whom.id, kind=kind, at=call.now, by_id=call.actor.person_id)
            call.session.add(row)
    call.session.flush()
    got = kinds_of(call.session, whom.id)
    return {"said": f"{whom.name} gets alerts at {address}: {', '.join(got)}.", "person": whom.name, "kinds": got}


def unsubscribe(call: Call, kinds: Kinds, *, person: Whom = None) -> dict[str, Any]:
    """Get alerts of some kinds by mail no more.

    Raises  ArgumentError for a kind that there is none of; AccessDenied, NotFound
    """
    chosen = checked_kinds(kinds)
    whom = person_meant(call, person)
    asked = select(AlertSubscription).where(AlertSubscription.person_id == whom.id, AlertSubscription.kind.in_(chosen))
    for row in call.session.scalars(asked):
        call.session.delete(row)
    call.session.flush()
    got = kinds_of(call.session, whom.id)
    said = f"{whom.name} gets alerts: {', '.join(got)}." if got else f"{whom.name} gets no alerts by mail."
    return {"said": said, "person": whom.name, "kinds": got}


def alerts_list(call: Call) -> dict[str, Any]:
    """List who gets which alerts by mail: yourself, and your party's people where you administer."""
    names = {person.id: person.name for person in seen_people(call)}
    asked = select(AlertSubscription).where(AlertSubscription.person_id.in_(names))
    rows = [
        {"person": names[row.person_id], "kind": row.kind, "since": row.at}
        for row in call.session.scalars(asked.order_by(AlertSubscription.person_id, AlertSubscription.kind))
    ]
    said = "" if rows else f"No alert goes out by mail. Kinds: {', '.join(KINDS)}."
    return {"said": said, "rows": rows}


def seen_people(call: Call) -> list[Person]:
    """The people whose mail an actor may look after: the own, the party's, or for the house everybody's."""
    asked = select(Person).order_by(Person.name)
    if "administer" not in own_permissions(call.actor):
        asked = asked.where(Person.id == call.actor.person_id)
    elif call.actor.party != call.actor.house:
        asked = asked.where(Person.party_id == call.actor.party_id)
    return list(call.session.scalars(asked).unique())
