"""Links and tokens as an administrator or their owner sees them: made, listed, revoked. Secrets are shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, get_args

from sqlalchemy import select

from corecar.bridge.access import ROLES, own_permissions
from corecar.bridge.calls import AtLeast, Call, moved
from corecar.bridge.logins import LINK_LASTS, TOKEN_BEGINS, hash_of, make_link, new_secret
from corecar.bridge.verbs import Permission
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.store.catalogue.credentials import Token
from corecar.store.catalogue.models import Person


def people_link(call: Call, person: Annotated[str, "Who is to choose one."]) -> dict[str, Any]:
    """Make a one-time link by which a person chooses a password. A link of before holds no more.

    Raises  NotFound; Conflict for an account that is shut
    """
    found = call.session.scalar(select(Person).where(Person.name == person))
    if found is None:
        raise NotFound(f'nobody here is called "{person}". See: corecar people list')
    if not found.active:
        raise Conflict(f"the account of {person} is shut. Open it with: corecar people change {person} --active")
    secret = make_link(call.session, found, call.now)
    days = LINK_LASTS // timedelta(days=1)
    return {
        "said": f"below the server's address this lets {person} choose a password, once, within {days} days:",
        "person": person,
        "secret": f"/welcome/{secret}",
    }


def tokens_add(
    call: Call,
    name: Annotated[str, "What it is for, for example the computer that uses it."],
    *,
    scopes: Annotated[list[str] | None, "What it may do, once for each permission; without it, look."] = None,
    days: Annotated[float, "It ends after so many.", AtLeast(0)] = 365,
) -> dict[str, Any]:
    """Make a token by which a program acts for you. It is shown once.

    Raises  ArgumentError for a scope that is no permission; AccessDenied for one that you do not hold yourself
    """
    known = get_args(Permission)
    for scope in scopes or ():
        if scope not in known:
            raise ArgumentError(f'there is no permission "{scope}". Scopes are: {", ".join(known)}.')
    wanted = sorted(set(scopes or ["look"]))
    held = own_permissions(call.actor)
    for scope in wanted:
        if scope not in held:
            raise AccessDenied(f'{call.actor.name} may not "{scope}", so a token of theirs may not either.')
    secret = new_secret(TOKEN_BEGINS)
    until = moved(call.now, "days", days=days)
    token = Token(
        name=name, hash=hash_of(secret), person_id=call.actor.person_id, scopes=wanted, at=call.now, until=until,
        **call.facts,
    )  # fmt: skip
    call.session.add(token)
    call.session.flush()
    said = f"token {token.id} may {', '.join(wanted)} for {call.actor.name} until {until:%Y-%m-%d}. Shown only now:"
    return {"said": said, "token": token.id, "until": until, "secret": secret}


def tokens_list(call: Call) -> dict[str, Any]:
    """List the tokens of your party; of yourself alone, unless you administer."""
    asked = select(Token, Person.name).join(Person, Person.id == Token.person_id).order_by(Token.id)
    if "administer" in ROLES[call.actor.role]:
        asked = asked.where(Token.owner_id == call.actor.party_id)
    else:
        asked = asked.where(Token.person_id == call.actor.person_id)
    rows = [
        {"token": token.id, "name": token.name, "person": person, "scopes": ", ".join(token.scopes), "made": token.at,
         "until": token.until, "used": token.used_at, "revoked": token.revoked_at}
        for token, person in call.session.execute(asked)
    ]  # fmt: skip
    return {"said": "" if rows else "There is no token.", "rows": rows}


def tokens_revoke(call: Call, token: Annotated[int, "Its number."]) -> dict[str, Any]:
    """Revoke a token: from now on it opens nothing.

    Raises  NotFound; Conflict for one that was revoked before
    """
    found = call.session.get(Token, token)
    administers = "administer" in ROLES[call.actor.role] and found is not None and found.owner_id == call.actor.party_id
    if found is None or not (found.person_id == call.actor.person_id or administers):
        raise NotFound(f"there is no token {token}. See: corecar tokens list")
    if found.revoked_at is not None:
        raise Conflict(f"token {token} was revoked before.")
    found.revoked_at = call.now
    return {"said": f"token {token} is revoked.", "token": token}
