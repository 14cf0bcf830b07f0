"""Plans in a workspace: each table one immutable Parquet file, listed in the catalogue beside what it was made of."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call, Store
from corecar.bridge.plain import plain
from corecar.bridge.plan.planning import ChainPlan
from corecar.errors import DamagedSource, NotFound
from corecar.plan.corners import corner_table
from corecar.store.catalogue.chains import ChainTable
from corecar.store.catalogue.models import Party
from corecar.store.catalogue.plans import Plan, PlanShare, PlanTable
from corecar.store.catalogue.sessions import hold_session, writing_session
from corecar.store.lake.files import RESTORE

Inputs = list[dict[str, Any]]
CORNER = "corner"
"""The table of a plan that nobody reads: where the next plan of nearly the same network begins."""


def visible_plans(party_id: int) -> ColumnElement[bool]:
    """The condition on plans that a party may see them: its own, and those that are shared with it."""
    shared = exists().where(PlanShare.plan_id == Plan.id, PlanShare.party_id == party_id)
    return or_(Plan.owner_id == party_id, shared)


def plan_row(session: Session, party_id: int, number: int) -> Plan:
    """A plan that a party sees. Raises NotFound."""
    found = session.scalars(select(Plan).where(and_(Plan.id == number, visible_plans(party_id)))).unique().first()
    if found is None:
        raise NotFound(f"there is no plan {number}. `corecar plan list` lists those that there are.")
    return found


def last_plan(session: Session, owner_id: int) -> Plan | None:
    """The newest plan of an owner."""
    return session.scalars(select(Plan).where(Plan.owner_id == owner_id).order_by(Plan.id.desc())).unique().first()


def plan_files(session: Session, number: int) -> dict[str, PlanTable]:
    """The listed tables of a plan by name, without its corner."""
    files = session.scalars(select(PlanTable).where(PlanTable.plan_id == number, PlanTable.table != CORNER))
    return {row.table: row for row in files}


def corner_file(session: Session, number: int) -> PlanTable | None:
    """The file of a plan's corner, where it was found at one."""
    return session.scalars(select(PlanTable).where(PlanTable.plan_id == number, PlanTable.table == CORNER)).first()


def read_plan_table(store: Store, row: PlanTable) -> Any:
    """One table of a plan. Raises DamagedSource."""
    try:
        with store.objects.open_input(row.key) as source:
            return pq.read_table(source, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise DamagedSource(row.key, f"this is no whole Parquet file ({error}).", advice=RESTORE) from error


def starts_of_plan(call: Call, number: int) -> Any:
    """The table `starts` of a plan that the caller's party sees. Raises NotFound, DamagedSource."""
    with call.store.catalogue.reading() as session:
        files = plan_files(session, plan_row(session, call.actor.party_id, number).id)
    return read_plan_table(call.store, files["starts"])


def inputs_of(session: Session, tables: Iterable[ChainTable]) -> Inputs:
    """Which versions of which tables of whom a plan is made of."""
    names = {party.id: party.name for party in session.scalars(select(Party))}
    return [{"table": row.table, "owner": names[row.owner_id], "version": row.version} for row in tables]


def keep_plan(call: Call, made: ChainPlan, options: Mapping[str, Any], inputs: Inputs, note: str) -> tuple[int, bool]:
    """Keep a plan; its number, and whether it is new: one that is the last one bit for bit is not kept twice."""
    tables = dict(made.tables)
    weekly = made.planned.weekly
    if weekly is not None and weekly.corner is not None:
        tables[CORNER] = corner_table(weekly.corner)
    contents = {name: _bytes_of(table) for name, table in tables.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    shown = {name: hashes[name] for name in made.tables}
    with call.store.catalogue.reading() as session:
        last = last_plan(session, call.actor.party_id)
        same = last is not None and (last.inputs["tables"], last.options) == (inputs, plain(options))
        if last is not None and same and _hashes(session, last) == shown:
            return last.id, False
    with writing_session(call.store.catalogue, "plan") as token:
        rows = []
        for name, data in contents.items():
            key = f"lake/plans/{name}/{call.actor.party_id}-{token}.parquet"
            call.store.objects.put_bytes(key, data)
            rows.append({"table": name, "key": key, "bytes": len(data), "rows": tables[name].num_rows,
                         "sha256": hashes[name]})  # fmt: skip

        def listed(session: Session) -> int:
            there = session.scalars(select(PlanTable).where(PlanTable.key == rows[0]["key"])).first()
            if there is not None:
                return there.plan_id  # the commit had happened, only its answer was lost
            hold_session(session, token)
            row = Plan(
                inputs={"tables": inputs}, options=plain(options), figures=plain(made.figures),
                left_out={"items": list(made.planned.network.left_out)}, why=made.planned.why, note=note, at=call.now,
                **call.facts,
            )  # fmt: skip
            session.add(row)
            session.flush()
            session.add_all(PlanTable(plan_id=row.id, **each) for each in rows)
            return row.id

        return call.store.catalogue.write(listed), True


def _hashes(session: Session, row: Plan) -> dict[str, str]:
    return {name: file.sha256 for name, file in plan_files(session, row.id).items()}


def _bytes_of(table: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()
