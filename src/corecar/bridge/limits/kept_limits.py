"""Limit sets as the catalogue keeps them: found by name, read back whole, their history, and those in force."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.limits.static_limits import parse_static_limits
from corecar.bridge.sharing import is_number
from corecar.errors import CatalogueError, NotFound
from corecar.faults import alike
from corecar.screen.static_lots import StaticTest
from corecar.store.catalogue.limiting import LimitSet, LimitSetState
from corecar.store.limit_states import limit_step

Insertion = tuple[str, str, str]
"""Product, stage and temperature; empty where nothing says."""


def fingerprint(content: str) -> str:
    """SHA-256 of a set's content."""
    return hashlib.sha256(content.encode()).hexdigest()


def named_set(call: Call, named: str, *, lock: bool = False) -> LimitSet:
    """An own limit set by its number or name. Raises NotFound.

    lock  nobody else changes it until the transaction ends
    """
    own = select(LimitSet).where(LimitSet.owner_id == call.actor.party_id)
    which = LimitSet.id == int(named) if is_number(named) else LimitSet.name == named
    asked = own.where(which).order_by(LimitSet.id)
    found = call.session.scalars(asked.with_for_update() if lock else asked).first()
    if found is None:
        near = alike(named, set_names(call))
        raise NotFound(f'no limit set is called "{named}".{near} `corecar limits list` lists them.')
    return found


def set_names(call: Call) -> list[str]:
    """Names of the own limit sets."""
    own = select(LimitSet.name).where(LimitSet.owner_id == call.actor.party_id)
    return list(call.session.scalars(own.distinct()))


def tests_of(found: LimitSet) -> tuple[StaticTest, ...]:
    """The limits of a set. Raises CatalogueError where they are not those that were proposed."""
    if fingerprint(found.content) != found.hash:
        raise CatalogueError(
            f"limit set {found.id} ({found.name}): its content was changed in the database: its hash differs. "
            "Do not use it; put the catalogue back from a backup."
        )
    return parse_static_limits(found.content)


def history_of(session: Session, found: LimitSet) -> list[LimitSetState]:
    """What happened to a limit set, the first step first."""
    asked = select(LimitSetState).where(LimitSetState.set_id == found.id).order_by(LimitSetState.id)
    return list(session.scalars(asked))


def add_step(session: Session, call: Call, found: LimitSet, now: str | None, action: str, reason: str) -> LimitSetState:
    """Add a step to the life of a limit set. Raises WrongState, ArgumentError as `limit_step`."""
    step = limit_step(now, action, named=found.name, reason=reason)
    row = LimitSetState(
        set_id=found.id, state=step.then, action=action, reason=reason.strip() or step.why, at=call.now,
        by_name=call.actor.name, by_id=call.actor.person_id, owner_id=found.owner_id,
    )  # fmt: skip
    session.add(row)
    if found.state != step.then:
        found.state, found.state_since = step.then, call.now
    session.flush()
    return row


def sets_in_force(session: Session, owner: int) -> dict[Insertion, LimitSet]:
    """The limit set that is in force for each product, stage and temperature of a party."""
    asked = select(LimitSet).where(LimitSet.owner_id == owner, LimitSet.state == "released").order_by(LimitSet.id)
    return {(one.product, one.stage, one.temperature): one for one in session.scalars(asked)}


def last_look(session: Session, found: LimitSet) -> datetime | None:
    """When somebody last reviewed a set that is in force; None where nobody has."""
    steps = [row.at for row in history_of(session, found) if row.action == "review" and row.state == "released"]
    return max(steps, default=None)
