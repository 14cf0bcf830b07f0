"""Who may do what: roles, the actor of a call, and the rule that two people must agree.

A workspace begins without accounts: whoever may open its files acts as the local user and may do everything. With the
first `people add` it has accounts: from then on every call is by a person of the catalogue, and a rule that needs two
people is enforced. The embedded workspace believes the name it is given; a server checks it first.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.verbs import Permission, Verb
from corecar.errors import AccessDenied, NotFound
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.models import Party, Person, Setting

Role = Literal[
    "reader", "operator", "engineer", "quality", "planner", "coordinator", "signatory", "keeper", "administrator"
]

ROLES: Mapping[Role, frozenset[Permission]] = {
    "reader": frozenset({"look"}),
    "operator": frozenset({"look", "bring"}),
    "engineer": frozenset({"look", "bring", "correct", "decide", "plan"}),
    "quality": frozenset({"look", "bring", "correct", "decide", "release", "plan"}),
    "planner": frozenset({"look", "plan"}),
    "coordinator": frozenset({"look", "plan"}),
    "signatory": frozenset({"look", "plan", "sign"}),
    "keeper": frozenset({"look", "bring", "keep"}),
    "administrator": frozenset(get_args(Permission)),
}
"""What each role may do; `verbs.Permission` says what each permission is. A planner plans for a party, a coordinator
leads the table of several: both see what is their party's own and what was shared with it. A signatory signs memoranda
for a party too."""

ACCOUNTS = "accounts"
"""The setting that says whether the workspace has accounts."""


@dataclass(frozen=True)
class Actor:
    """Who a call is by.

    house     the party that keeps the workspace, the first one in it
    scopes    what the proof of this caller holds at most, such as a token's; None for all that the role holds
    accounts  whether the workspace has accounts, so that two people can be told apart
    """

    person_id: int
    name: str
    party_id: int
    party: str
    role: Role
    house: str
    accounts: bool
    scopes: frozenset[Permission] | None = None


def local_name() -> str:
    """The name of whoever runs this process, as the operating system tells it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local"


def actor_of(session: Session, name: str | None) -> Actor:
    """The person of a call: the one named, or the local user.

    Raises  AccessDenied when the workspace has accounts and this name is none of them
    """
    wanted = name or local_name()
    accounts = has_accounts(session)
    person = session.scalar(select(Person).where(Person.name == wanted))
    if person is None and not accounts:
        person = session.scalar(select(Person).order_by(Person.id).limit(1))
    if person is None or not person.active:
        raise AccessDenied(
            f'"{wanted}" is nobody that this workspace knows. An administrator adds people with: corecar people add'
        )
    shown = person.name if accounts else wanted
    role: Role = person.role if accounts else "administrator"  # type: ignore[assignment]
    house = session.scalars(select(Party.name).order_by(Party.id).limit(1)).one()
    return Actor(person.id, shown, person.party_id, person.party.name, role, house, accounts)


def keeper(catalogue: Catalogue) -> str:
    """The first administrator of the party that keeps the workspace, in whose name a server takes up jobs."""
    with catalogue.reading() as session:
        house = select(Party.id).order_by(Party.id).limit(1).scalar_subquery()
        asked = select(Person.name).where(Person.role == "administrator", Person.active, Person.party_id == house)
        return session.scalars(asked.order_by(Person.id)).first() or local_name()


def has_accounts(session: Session) -> bool:
    """Whether people were added to the workspace, so that every call is by one of them."""
    found = session.get(Setting, ACCOUNTS)
    return found is not None and bool(found.value["on"])


def own_permissions(actor: Actor) -> frozenset[Permission]:
    """What this caller may do: what the role holds, as far as the proof goes."""
    held = ROLES[actor.role]
    return held if actor.scopes is None else held & actor.scopes


def require(actor: Actor, verb: Verb) -> None:
    """Raises AccessDenied where the actor's role does not hold the verb's permission, and for other parties where it
    concerns the workspace as a whole."""
    permission = verb.permission
    if permission not in ROLES[actor.role]:
        able = ", ".join(role for role, allowed in ROLES.items() if permission in allowed)
        raise AccessDenied(
            f'{verb.words}: {actor.name} is {actor.role}, and this needs the permission "{permission}". '
            f"Ask somebody who is {able}."
        )
    if permission not in own_permissions(actor):
        raise AccessDenied(
            f'{verb.words}: this token of {actor.name} does not hold "{permission}". Make one that does with: '
            f"corecar tokens add NAME --scopes {permission}"
        )
    if verb.of_house:
        require_house(actor, verb.words)


def require_house(actor: Actor, words: str) -> None:
    """Raises AccessDenied for people of a party that does not keep the workspace."""
    if actor.party != actor.house:
        raise AccessDenied(
            f"{words}: this concerns the whole workspace, which {actor.house} keeps, not {actor.party}. "
            f"Ask somebody of {actor.house}."
        )


def named_party(session: Session, name: str) -> Party:
    """A party by its name. Raises NotFound."""
    party = session.scalar(select(Party).where(Party.name == name))
    if party is None:
        known = ", ".join(session.scalars(select(Party.name).order_by(Party.name)))
        raise NotFound(f'no party is called "{name}". Known are: {known}. Add one with: corecar parties add')
    return party
