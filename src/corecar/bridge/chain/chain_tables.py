"""The chain as a party sees it: which tables there are, their rows, what was imported when, and out as files again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.access import named_party
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.kept_chains import chain_in, seen_tables, tables_of
from corecar.bridge.travel import Returned
from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.errors import ArgumentError, NotFound
from corecar.faults import meant
from corecar.formats.catenax import Message, built_messages, write_messages
from corecar.formats.chain import write_chain
from corecar.formats.chain.writing import texts_of
from corecar.plurals import plural
from corecar.store.catalogue.chains import ChainImport, ChainShare
from corecar.store.catalogue.models import Party
from corecar.store.questions import ByColumn

TableName = Annotated[str, "Name of the table, such as demand."]
Of = Annotated[str | None, "Only what this party owns; without it your own and all that is shared with you."]


def chain_of(call: Call, of: str | None = None) -> Chain:
    """The chain that the actor sees, as columns; where rows of several parties share a key, the own one counts.

    of      only what this party owns
    Raises  NotFound for a party that is not there; DamagedSource
    """
    found = seen_tables(call.session, call.actor.party_id)
    if of is not None:
        owner = named_party(call.session, of).id
        found = [row for row in found if row.owner_id == owner]
    return chain_in(call.store, found)


def chain_views(call: Call) -> dict[str, ByColumn]:
    """The tables of the chain that the actor sees, as SQL names them (`chain_demand`); each is read when asked for."""
    return {
        f"chain_{name}": ByColumn(tuple(table.schema.names), partial(_view, call, name))
        for name, table in TABLES.items()
    }


def _view(call: Call, table: str, columns: Sequence[str]) -> Any:
    own = [row for row in seen_tables(call.session, call.actor.party_id) if row.table == table]
    return chain_in(call.store, own)[table].select(list(columns))


def tables(call: Call) -> dict[str, Any]:
    """List the tables of the chain that you may see: rows, version, when imported and by whom, whose, who else sees."""
    names = {party.id: party.name for party in call.session.scalars(select(Party))}
    shares: dict[tuple[int, str], list[str]] = {}
    for share in call.session.scalars(select(ChainShare).where(ChainShare.owner_id == call.actor.party_id)):
        shares.setdefault((share.owner_id, share.table), []).append(names[share.party_id])
    rows = [
        {"table": row.table, "rows": row.rows, "version": row.version, "imported": row.imported.at,
         "by": row.imported.by.name, "owner": names[row.owner_id],
         "shared_with": sorted(shares.get((row.owner_id, row.table), []))}
        for row in seen_tables(call.session, call.actor.party_id)
    ]  # fmt: skip
    said = "" if rows else "The chain is empty. Begin with: corecar chain template DIR"
    return {"said": said, "rows": rows}


def show(
    call: Call,
    table: TableName,
    *,
    of: Of = None,
    limit: Annotated[int | None, "At most so many rows; without it all.", AtLeast(0)] = None,
) -> dict[str, Any]:
    """Show the rows of a table of the chain, sorted by its key; weeks as ISO weeks.

    Raises  NotFound for a table or party that is not there
    """
    described = known_table(table)
    data = chain_of(call, of)[table]
    few = data if limit is None else data.slice(0, limit)
    columns = [
        few[column.name].to_pylist() if column.kind in ("number", "whole", "flag") else [text or None for text in texts]
        for column, texts in zip(described.columns, texts_of(described, few), strict=True)
    ]
    names = [column.name for column in described.columns]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    notes = [f"{plural(data.num_rows - few.num_rows, 'more row')}: raise --limit."] if len(few) < len(data) else []
    said = "" if rows else f"No row of {table}. Take some in with: corecar chain import FILE"
    return {"said": said, "rows": rows, "notes": notes, "columns": names}


def known_table(name: str) -> Any:
    """A table of the chain by its name. Raises NotFound."""
    if name not in TABLES:
        raise NotFound(f'the chain has no table "{name}". {meant(name, TABLES)}')
    return TABLES[name]


def imports(call: Call, *, limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 40) -> dict[str, Any]:
    """List what your party imported into the chain: when, by whom, from which files, and how many rows it changed."""
    asked = select(ChainImport).where(ChainImport.owner_id == call.actor.party_id)
    found = call.session.scalars(asked.order_by(ChainImport.id.desc()).limit(limit)).unique()
    rows = [
        {"import": one.id, "at": one.at, "by": one.by.name, **_totals(one.changes["tables"]), "left_out": one.left_out,
         "files": one.files}
        for one in found
    ]  # fmt: skip
    return {"said": "" if rows else "Nothing was imported yet.", "rows": rows}


def _totals(counts: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(count[name] for count in counts) for name in ("added", "changed", "removed")}


def export(
    call: Call,
    path: Annotated[str | Path, "A workbook (.xlsx), or a folder, which is made.", Returned(folder=True)],
    *,
    format: Annotated[Literal["csv", "parquet", "catenax"], "Of a folder: what its files are."] = "csv",
    of: Of = None,
) -> dict[str, Any]:
    """Write the tables of the chain that you may see as files, which import gives back as they are.

    As Catena-X messages: those that came in go out as they came, where nothing has changed since; others are made anew.

    Raises  NotFound; OutputError; ArgumentError for a table that no sheet holds
    """
    chain = chain_of(call, of)
    if not any(chain.counts.values()):
        raise ArgumentError("the chain is empty: there is nothing to write. Take tables in with: corecar chain import")
    if format == "catenax":
        messages, notes = built_messages(chain, call.now)
        return _told_messages(messages, write_messages(messages, path), notes, path)
    files = write_chain(chain, path, as_=format)
    rows = [{"table": name, "rows": count} for name, count in chain.counts.items() if count]
    return {"said": f"{plural(sum(chain.counts.values()), 'row')} in {path}.", "rows": rows,
            "files": [str(file) for file in files]}  # fmt: skip


def _told_messages(
    messages: Sequence[Message], files: Sequence[Path], notes: list[str], path: str | Path
) -> dict[str, Any]:
    counts = Counter(message.aspect for message in messages)
    rows = [{"aspect": aspect, "messages": count} for aspect, count in sorted(counts.items())]
    said = f"{plural(len(messages), 'message')} in {path}."
    return {"said": said, "rows": rows, "files": [str(file) for file in files], "notes": notes}


def share(call: Call, table: TableName, party: Annotated[str, "Who may see it from now on."]) -> dict[str, Any]:
    """Let another party see a table of the chain that is yours, also as it will be.

    Raises  NotFound; ArgumentError for your own party
    """
    other = _other(call, table, party)
    if call.session.get(ChainShare, (call.actor.party_id, table, other.id)) is None:
        call.session.add(ChainShare(
            owner_id=call.actor.party_id, table=table, party_id=other.id, at=call.now, by_id=call.actor.person_id,
        ))  # fmt: skip
    return {"said": f"{other.name} may see {table}.", "table": table, "party": other.name}


def unshare(call: Call, table: TableName, party: Annotated[str, "Who may not see it any more."]) -> dict[str, Any]:
    """Stop letting a party see a table of the chain; what it has seen it has seen.

    Raises  NotFound; ArgumentError for your own party
    """
    other = _other(call, table, party)
    found = call.session.get(ChainShare, (call.actor.party_id, table, other.id))
    if found is None:
        raise NotFound(f"{table} is not shared with {other.name}.")
    call.session.delete(found)
    return {"said": f"{other.name} may not see {table} any more.", "table": table, "party": other.name}


def _other(call: Call, table: str, party: str) -> Party:
    known_table(table)
    other = named_party(call.session, party)
    if other.id == call.actor.party_id:
        raise ArgumentError(f"{table} belongs to {other.name}, which sees it anyway. Name another party.")
    if table not in tables_of(call.session, call.actor.party_id):
        raise NotFound(f"{call.actor.party} has no table {table}. Take it in with: corecar chain import FILE")
    return other
