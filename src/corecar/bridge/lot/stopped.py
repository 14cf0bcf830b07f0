"""Lots of which nothing is supply: held, quarantined or scrapped in the workspace."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.access import Actor
from corecar.bridge.sharing import visible_lots
from corecar.store.catalogue.models import Lot
from corecar.store.lot_states import STOPPED

NO_SUPPLY = (*STOPPED, "scrapped")
"""States of a lot in which nothing of it is supply."""


def lot_states(session: Session, actor: Actor) -> dict[str, str]:
    """The state of every lot that an actor may see, by name; of lots of one name a stopped one counts."""
    rows = session.execute(select(Lot.name, Lot.state).where(visible_lots(actor)).order_by(Lot.id))
    found: dict[str, str] = {}
    for name, state in rows:
        if found.get(name) not in NO_SUPPLY:
            found[name] = state
    return found


def stopped_lots(session: Session, actor: Actor) -> list[str]:
    """Names of the stopped ones among them, ascending."""
    return sorted(name for name, state in lot_states(session, actor).items() if state in NO_SUPPLY)
