"""The chain in a workspace: each version of a table one immutable Parquet file, listed in the catalogue."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Store
from corecar.chain.chain import Chain, in_key_order
from corecar.chain.identities import identities, settled
from corecar.chain.tables import TABLES
from corecar.errors import DamagedSource
from corecar.store.catalogue.chains import ChainShare, ChainTable
from corecar.store.lake.files import RESTORE


def newest() -> ColumnElement[bool]:
    """The condition on versions of tables that they are the newest of their owner."""
    other = ChainTable.__table__.alias()
    last = select(func.max(other.c.version)).where(
        other.c.owner_id == ChainTable.owner_id, other.c.table == ChainTable.table
    )
    return ChainTable.version == last.correlate(ChainTable).scalar_subquery()


def visible_tables(party_id: int) -> ColumnElement[bool]:
    """The condition on versions of tables that a party may see them: its own, and those that are shared with it."""
    shared = exists().where(
        ChainShare.owner_id == ChainTable.owner_id,
        ChainShare.table == ChainTable.table,
        ChainShare.party_id == party_id,
    )
    return or_(ChainTable.owner_id == party_id, shared)


def tables_of(session: Session, owner_id: int) -> dict[str, ChainTable]:
    """The newest version of each table of an owner."""
    asked = select(ChainTable).where(and_(ChainTable.owner_id == owner_id, newest()))
    return {row.table: row for row in session.scalars(asked).unique()}


def seen_tables(session: Session, party_id: int) -> list[ChainTable]:
    """The newest version of every table that a party sees, its own first, then by owner."""
    asked = select(ChainTable).where(and_(visible_tables(party_id), newest()))
    rank = {name: place for place, name in enumerate(TABLES)}
    rows = session.scalars(asked).unique()
    return sorted(rows, key=lambda row: (rank.get(row.table, len(rank)), row.owner_id != party_id, row.owner_id))


def chain_in(store: Store, tables: Iterable[ChainTable]) -> Chain:
    """Versions of tables as a chain. Where those of several owners agree in a key, the row of the first counts.

    tables  in the order in which owners count
    Raises  DamagedSource for a file that is not as it was written
    """
    found: dict[str, list[Any]] = {}
    for row in tables:
        if row.table in TABLES:
            found.setdefault(row.table, []).append(read_table(store, row))
    return Chain({name: _united(name, parts) for name, parts in found.items()})


def _united(name: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    whole = pa.concat_tables(parts).unify_dictionaries()
    ids = identities([whole[column] for column in TABLES[name].key])
    first: dict[int, int] = {}
    for row, identity in enumerate(ids.tolist()):
        first.setdefault(identity, row)
    once = in_key_order(name, whole.take(pa.array(list(first.values()), pa.int64())))
    return pa.Table.from_arrays([settled(column) for column in once.columns], schema=TABLES[name].schema)


def read_table(store: Store, row: ChainTable) -> Any:
    """One version of a table in the columns of today: one that came later is empty in it. Raises DamagedSource."""
    schema = TABLES[row.table].schema
    try:
        with store.objects.open_input(row.key) as source:
            read = pq.read_table(source, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise DamagedSource(row.key, f"this is no whole Parquet file ({error}).", advice=RESTORE) from error
    columns = [
        read[field.name].cast(field.type) if field.name in read.column_names else pa.nulls(read.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def write_tables(
    store: Store, chain: Chain, versions: Mapping[str, int], owner_id: int, token: str
) -> list[ChainTable]:
    """Write tables as new versions; nothing lists them yet.

    versions  table -> the number of its new version
    token     of the session that writes, which stands in every file's name
    Returns   rows without their import
    """
    return [_written(store, chain, name, version, owner_id, token) for name, version in versions.items()]


def _written(store: Store, chain: Chain, name: str, version: int, owner_id: int, token: str) -> ChainTable:
    sink = io.BytesIO()
    table = chain[name]
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    data, key = sink.getvalue(), f"lake/chain/{name}/{owner_id}-{version}-{token}.parquet"
    store.objects.put_bytes(key, data)
    return ChainTable(
        table=name, version=version, key=key, bytes=len(data), rows=table.num_rows,
        sha256=hashlib.sha256(data).hexdigest(), owner_id=owner_id,
    )  # fmt: skip
