"""The chain of a workspace as it stood: after each import, or as each kept plan took it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.chain.kept_chains import seen_tables, visible_tables
from corecar.bridge.plan.kept_plans import visible_plans
from corecar.chain.tables import TABLES
from corecar.store.catalogue.chains import ChainShare, ChainTable
from corecar.store.catalogue.models import Party
from corecar.store.catalogue.plans import Plan

Over = Literal["horizon", "imports", "plans"]


@dataclass(frozen=True)
class State:
    """One state of the chain.

    name     the import or plan, such as `import 3`; `now` where later shares change what is seen
    at       when it came to be
    tables   its versions of tables, in the order in which owners count
    figures  of a plan what it gives and costs; empty of an import
    """

    name: str
    at: datetime | None
    tables: Sequence[ChainTable]
    figures: dict[str, Any]


def after_imports(session: Session, party_id: int) -> list[State]:
    """The chain that a party sees as it stood after each import that changed it, the oldest first.

    Tables of others count from the time on at which they were shared, never what stood in them before.
    """
    shared: dict[tuple[int, str], datetime] = {
        (share.owner_id, share.table): share.at
        for share in session.scalars(select(ChainShare).where(ChainShare.party_id == party_id))
    }
    rows = session.scalars(select(ChainTable).where(visible_tables(party_id))).unique()
    order = sorted(rows, key=lambda row: (row.imported.id, row.id))
    found: list[State] = []
    newest: dict[tuple[int, str], ChainTable] = {}
    for place, row in enumerate(order):
        newest[row.owner_id, row.table] = row
        if place + 1 < len(order) and order[place + 1].imported.id == row.imported.id:
            continue
        at = row.imported.at
        seen = [one for key, one in newest.items() if one.owner_id == party_id or (key in shared and shared[key] <= at)]
        if seen and (not found or _versions(seen) != _versions(found[-1].tables)):
            found.append(State(f"import {row.imported.id}", at, _ranked(seen, party_id), {}))
    now = seen_tables(session, party_id)
    if now and (not found or _versions(now) != _versions(found[-1].tables)):
        found.append(State("now", None, now, {}))
    return found


def of_plans(session: Session, party_id: int) -> tuple[list[State], list[int]]:
    """The chain as each plan that a party sees took it, the oldest first; plans of which it may not see every table."""
    names = {party.id: party.name for party in session.scalars(select(Party))}
    rows = session.scalars(select(ChainTable).where(visible_tables(party_id))).unique()
    known = {(names[row.owner_id], row.table, row.version): row for row in rows}
    found, hidden = [], []
    for plan in session.scalars(select(Plan).where(visible_plans(party_id)).order_by(Plan.id)).unique():
        keys = [(each["owner"], each["table"], each["version"]) for each in plan.inputs["tables"]]
        if all(key in known for key in keys):
            found.append(State(f"plan {plan.id}", plan.at, [known[key] for key in keys], dict(plan.figures)))
        else:
            hidden.append(plan.id)
    return found, hidden


def _versions(tables: Sequence[ChainTable]) -> set[int]:
    return {row.id for row in tables}


def _ranked(tables: Sequence[ChainTable], party_id: int) -> list[ChainTable]:
    """As `seen_tables` puts them: by table, the own first."""
    rank = {name: place for place, name in enumerate(TABLES)}
    return sorted(tables, key=lambda row: (rank.get(row.table, len(rank)), row.owner_id != party_id, row.owner_id))
