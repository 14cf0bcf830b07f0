"""People and parties of a workspace, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import func, or_, select

from corecar.bridge.access import ACCOUNTS, Role, named_party, own_permissions
from corecar.bridge.calls import AtLeast, Call
from corecar.errors import ArgumentError, Conflict, NotFound
from corecar.store.catalogue.models import Audit, Party, Person, Setting

ADMINISTRATOR = "administrator"


def me(call: Call) -> dict[str, Any]:
    """Say who acts here, for which party, and what they may do."""
    actor = call.actor
    facts = {
        "person": actor.name,
        "party": actor.party,
        "role": actor.role,
        "may": ", ".join(sorted(own_permissions(actor))),
        "keeps": actor.party == actor.house,
        "accounts": actor.accounts,
    }
    return {"facts": facts}


def people_list(call: Call) -> dict[str, Any]:
    """List the people of the workspace, their party and their role."""
    people = call.session.scalars(select(Person).order_by(Person.name)).unique().all()
    rows = [
        {"person": person.name, "name": person.full_name, "party": person.party.name, "role": person.role,
         "active": person.active}
        for person in people
    ]  # fmt: skip
    said = "" if call.actor.accounts else "This workspace has no accounts: whoever opens it may do everything."
    return {"said": said, "rows": rows}


def people_add(
    call: Call,
    person: Annotated[str, "The name to act by, as the operating system or the server knows it."],
    *,
    role: Annotated[Role, "What the person may do."],
    party: Annotated[str | None, "The company the person acts for; without it the same as yours."] = None,
    full_name: Annotated[str | None, "The name that people read."] = None,
) -> dict[str, Any]:
    """Add a person. The first one turns accounts on: from then on whoever acts must be one of the people.

    Raises  Conflict when there is a person of that name; NotFound for a party that is not there
    """
    for name in (person, full_name or person):
        if not name.strip() or not name.isprintable():
            raise ArgumentError(f"{name!r} is no name of a person: letters are expected, no line breaks or controls.")
    session = call.session
    if session.scalar(select(Person).where(Person.name == person)):
        raise Conflict(f'"{person}" is there already. Change the role with: corecar people change {person} --role ...')
    party_id = named_party(session, party).id if party else call.actor.party_id
    session.add(Person(name=person, full_name=full_name, party_id=party_id, role=role))
    turned_on = not call.actor.accounts
    if turned_on:
        session.get_one(Setting, ACCOUNTS).value = {"on": True}
    first = f" Accounts are on now; {call.actor.name} is administrator." if turned_on else ""
    return {
        "said": f"{person} may act as {role}.{first}",
        "person": person,
        "role": role,
        "accounts_turned_on": turned_on,
    }


def people_change(
    call: Call,
    person: Annotated[str, "Whose account."],
    *,
    role: Annotated[Role | None, "The new role."] = None,
    active: Annotated[bool | None, "Whether the person may act at all."] = None,
) -> dict[str, Any]:
    """Change a person's role, or shut the account; nobody is ever deleted, since facts bear their name.

    Raises  NotFound; Conflict when nobody would be left who may administer
    """
    found = call.session.scalar(select(Person).where(Person.name == person))
    if found is None:
        raise NotFound(f'nobody here is called "{person}". See: corecar people list')
    found.role = role or found.role
    found.active = found.active if active is None else active
    call.session.flush()
    left = select(func.count()).where(Person.role == ADMINISTRATOR, Person.active)
    if not call.session.scalar(left):
        raise Conflict("nobody would be left who may administer this workspace. Make somebody administrator first.")
    state = found.role if found.active else f"{found.role}, shut"
    return {"said": f"{person} is now {state}.", "person": person, "role": found.role, "active": found.active}


def parties_list(call: Call) -> dict[str, Any]:
    """List the parties."""
    parties = call.session.scalars(select(Party).order_by(Party.name))
    return {"rows": [{"party": party.name, "kind": party.kind} for party in parties]}


def parties_add(
    call: Call,
    party: Annotated[str, "Its name."],
    *,
    kind: Annotated[str | None, "What it is, for example carmaker, designer, foundry, laboratory."] = None,
) -> dict[str, Any]:
    """Add a party: somebody with whom lots can be shared, or for whom people act.

    Raises  Conflict when there is one of that name
    """
    if not party.strip():
        raise ArgumentError("a party needs a name.")
    if call.session.scalar(select(Party).where(Party.name == party)):
        raise Conflict(f'"{party}" is there already.')
    call.session.add(Party(name=party, kind=kind))
    return {"said": f"{party} is known now.", "party": party, "kind": kind}


def audit(
    call: Call,
    *,
    verb: Annotated[str | None, "Only this verb."] = None,
    person: Annotated[str | None, "Only this person, or whoever gave this name."] = None,
    since: Annotated[datetime | None, "Only calls from this moment on."] = None,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List who changed what: every call that writes, and every one that was not allowed.

    Somebody whom nobody knows is no person here: `claimed` is the name that was given.
    """
    asked = select(Audit, Person.name).outerjoin(Person, Person.id == Audit.by_id)
    if verb is not None:
        asked = asked.where(Audit.verb == verb)
    if person is not None:
        asked = asked.where(or_(Person.name == person, Audit.claimed == person))
    if since is not None:
        asked = asked.where(Audit.at >= since)
    found = call.session.execute(asked.order_by(Audit.id.desc()).limit(limit)).all()
    rows = [
        {"at": row.at, "person": name, "claimed": row.claimed, "verb": row.verb, "outcome": row.outcome,
         "arguments": row.arguments, "error": row.error}
        for row, name in found
    ]  # fmt: skip
    return {"rows": rows}
