"""Taking tables of the chain into the workspace: all of it or nothing, each time with what it changes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from sqlalchemy.orm import Session

from corecar.atomic import whole_file
from corecar.bridge.calls import Call
from corecar.bridge.chain.kept_chains import chain_in, tables_of, write_tables
from corecar.bridge.travel import Returned, Sent
from corecar.chain.chain import Chain
from corecar.chain.faults import Findings
from corecar.chain.intake import Taken, take_in
from corecar.chain.merging import Changes
from corecar.chain.sheets import Sheet
from corecar.errors import CellFault, ChainError, Conflict
from corecar.formats.catenax import Message, message_sheets, read_messages
from corecar.formats.catenax.directory import directory
from corecar.formats.catenax.into_tables import lot_prefix
from corecar.formats.catenax.messages import ENDING
from corecar.formats.chain import sheets_of
from corecar.formats.chain.reading import has_tables, others_in
from corecar.plurals import plural
from corecar.store.catalogue.chains import ChainImport, ChainTable
from corecar.store.catalogue.sessions import hold_session, writing_session

TRIES = 5
"""How often an import begins again when another one of the same party was quicker."""
FAULT_COLUMNS = ("sheet", "row", "column", "value", "rule", "problem", "advice", "path")
PLACE_TOLD = ("sheet", "row", "column", "value", "rule", "problem", "advice")
LISTED = 1_000
"""Faults of each kind in an answer; a file of them holds all."""
SAME = "Nothing changes: all of it is there already."

Paths = Annotated[
    list[str | Path],
    "Workbooks, CSV and Parquet files named for their table, Catena-X JSON, folders of them.",
    Sent(),
]
Replace = Annotated[bool, "Of the tables that have rows here, let rows fall away that are not among them."]
Partial = Annotated[bool, "Leave out rows that have a fault, and rows that refer to them, instead of taking nothing."]
FaultsFile = Annotated[Path | None, "Write every fault and warning to this CSV too.", Returned()]


def import_chain(
    call: Call,
    paths: Paths,
    *,
    replace: Replace = False,
    partial: Partial = False,
    faults: FaultsFile = None,
    try_only: Annotated[bool, "Say what would change, and take nothing in."] = False,
) -> dict[str, Any]:
    """Take tables of the chain in: parties, products, routes, demand and what else there is. All, or nothing of it.

    A row takes the place of the one that has the same key; what is there already changes nothing, so that the same
    files can be imported again. Every fault is told at once: sheet, row, column, value, rule, and what to write.
    Raises  ChainError with every fault; SourceMissing, UnknownFormat, DamagedSource
    """
    brought = bring(paths)
    for _ in range(TRIES):
        with call.store.catalogue.reading() as session:
            before = tables_of(session, call.actor.party_id)
        base = chain_in(call.store, before.values())
        with _faults_kept(faults):
            taken = understood(brought, base, replace=replace, partial=partial)
        write_faults([*taken.left_out, *taken.warnings], faults)
        changed = [change for change in taken.changes if change.any]
        if try_only or not changed or _kept(call, paths, before, taken, changed):
            return told(taken, would=try_only)
    raise Conflict("other imports of the same party went ahead each time. Import again in a moment.")


def _kept(
    call: Call, paths: Sequence[str | Path], before: dict[str, ChainTable], taken: Taken, changed: Sequence[Changes]
) -> bool:
    """Write the tables that change and list them; False where another import was quicker, so that nothing is listed."""
    numbers = {change.table: before[change.table].version if change.table in before else 0 for change in changed}
    with writing_session(call.store.catalogue, "chain import") as token:
        versions = {name: number + 1 for name, number in numbers.items()}
        written = write_tables(call.store, taken.chain, versions, call.actor.party_id, token)

        def listed(session: Session) -> bool:
            there = tables_of(session, call.actor.party_id)
            if written and there.get(written[0].table) is not None and there[written[0].table].key == written[0].key:
                return True  # the commit had happened, only its answer was lost
            hold_session(session, token)
            if {name: row.id for name, row in there.items()} != {name: row.id for name, row in before.items()}:
                return False
            counts = {"tables": [counted(change) for change in taken.changes]}
            this = ChainImport(
                files=[str(path) for path in paths], changes=counts, left_out=_rows_of(taken.left_out), at=call.now,
                **call.facts,
            )  # fmt: skip
            session.add(this)
            session.flush()
            session.add_all(_row(row, this.id) for row in written)
            return True

        return call.store.catalogue.write(listed)


def _row(written: ChainTable, import_id: int) -> ChainTable:
    """A row to add, made anew each time, since a transaction may be tried again."""
    names = ("table", "version", "key", "bytes", "rows", "sha256", "owner_id")
    return ChainTable(import_id=import_id, **{name: getattr(written, name) for name in names})


def check_files(
    paths: Iterable[str | Path], *, partial: bool = False, faults: str | Path | None = None
) -> tuple[Chain, dict[str, Any]]:
    """Hold files against every rule without a workspace; the chain, and what there is to say.

    Raises  ChainError with every fault; SourceMissing, UnknownFormat, DamagedSource
    """
    with _faults_kept(faults):
        taken = understood(bring(paths), Chain({}), partial=partial)
    write_faults([*taken.left_out, *taken.warnings], faults)
    rows = [{"table": name, "rows": count} for name, count in taken.chain.counts.items() if count]
    said = f"{plural(sum(taken.chain.counts.values()), 'row')} in {plural(len(rows), 'table')} fit."
    return taken.chain, {"said": said, "rows": rows, **_beside(taken)}


@dataclass(frozen=True)
class Brought:
    """What files hold: sheets of tables, Catena-X messages, and what their aspect models do not allow."""

    sheets: list[Sheet]
    messages: list[Message]
    findings: Findings


def bring(paths: Iterable[str | Path]) -> Brought:
    """Read files: workbooks, CSV, Parquet and Catena-X messages as JSON, and folders of them.

    Raises  SourceMissing, UnknownFormat, DamagedSource
    """
    brought = Brought([], [], Findings())
    for path in paths:
        place = Path(path)
        letters = sorted(place.glob(f"*{ENDING}")) if place.is_dir() else []
        if place.suffix.lower() == ENDING:
            letters = [place]
        elif not letters or has_tables(place):
            brought.sheets.extend(sheets_of(place))
        if place.is_dir():
            for file in (file for file, is_meant in others_in(place) if not is_meant):
                brought.findings.warn(CellFault(
                    str(file), file.stem, None, "", "", "sheet", "is none of the tables, and was not read.",
                    "A file is named for its table.",
                ))  # fmt: skip
        brought.messages.extend(one for letter in letters for one in read_messages(letter, brought.findings))
    return brought


def understood(brought: Brought, base: Chain, *, replace: bool = False, partial: bool = False) -> Taken:
    """What files make of a chain. Lots that an earlier message about the same gave fall away. Raises ChainError."""
    prior = Findings(list(brought.findings.faults), list(brought.findings.warnings))
    names = directory(base, brought.sheets)
    sheets = [*brought.sheets, *message_sheets(brought.messages, names, prior)]
    prefixes = tuple({lot_prefix(message) for message in brought.messages})
    dropped = {}
    if prefixes and base.wip.num_rows:
        mask = np.array([lot.startswith(prefixes) for lot in base.wip["lot"].to_pylist()], bool)
        dropped = {"wip": mask} if mask.any() else {}
    return take_in(sheets, base, replace=replace, partial=partial, prior=prior, dropped=dropped)


def told(taken: Taken, *, would: bool = False) -> dict[str, Any]:
    """What an import did, or would do: counts of each table, the cells that change, what was left out."""
    changed = [change for change in taken.changes if change.any]
    counts = [sum(getattr(change, name) for change in changed) for name in ("added", "changed", "removed")]
    words = zip(counts, ("added", "changed", "removed"), strict=True)
    what = ", ".join(f"{count:,} {word}" for count, word in words if count)
    said = f"{plural(sum(counts), 'row')}: {what}{' (nothing was taken in)' if would else ''}." if changed else SAME
    rows = [counted(change) for change in taken.changes]
    cells = [cell for change in changed for cell in change.cells]
    return {"said": said, "rows": rows, "cells": cells, **_beside(taken)}


def counted(change: Changes) -> dict[str, Any]:
    """How many rows of a table an import added, changed, removed and left."""
    return {name: getattr(change, name) for name in ("table", "added", "changed", "removed", "same")}


def _beside(taken: Taken) -> dict[str, Any]:
    rows = _rows_of(taken.left_out)
    notes = [f"{plural(rows, 'row')} left out for {'its' if rows == 1 else 'their'} faults."] if rows else []
    found = {"left_out": taken.left_out, "warnings": taken.warnings}
    for name, faults in found.items():
        if len(faults) > LISTED:
            what = name.replace("_", " ")
            notes.append(f"{plural(len(faults) - LISTED, 'more row')} under {what}: --faults FILE writes all of them.")
    return {name: [_told(fault) for fault in faults[:LISTED]] for name, faults in found.items()} | {"notes": notes}


def _rows_of(faults: Sequence[CellFault]) -> int:
    """How many rows were left out; a header that is no column leaves none out."""
    return len({(fault.path, fault.sheet, fault.row) for fault in faults if fault.rule != "column"})


def _told(fault: CellFault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in PLACE_TOLD}


@contextmanager
def _faults_kept(path: str | Path | None) -> Iterator[None]:
    """What the block raises for faults is written to a file too."""
    try:
        yield
    except ChainError as error:
        write_faults(error.faults, path)
        raise


def write_faults(faults: Sequence[CellFault], path: str | Path | None) -> None:
    """Write faults as CSV, a row each; without a path nowhere. Raises OutputError."""
    if path is None:
        return
    with whole_file(path) as sibling, sibling.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, FAULT_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(fault) for fault in faults)
