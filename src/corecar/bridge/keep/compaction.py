"""Merge small files of the lake, so that a question over years opens few: planned in tiers, swapped by one commit.

A file is merged only while it is what was written: merged, its damage would be given a sound hash, and nobody would
ever find it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call, Stopped, Store
from corecar.errors import ArgumentError, DamagedSource, SessionLost, SourceMissing
from corecar.plurals import plural
from corecar.store.catalogue.models import LakeFile, LakeSpan
from corecar.store.catalogue.sessions import hold_session, writing_session
from corecar.store.lake.merging import FULL, Filed, Merged, Span, merge, plan_merges
from corecar.store.lake.tables import LAKE_TABLES

MIXED = "measures"
"""The table whose merged files are sorted by test, so that the rows of a run lie all over them."""
BLOCK = 1 << 20
"""Bytes hashed at a time."""


def compact(
    call: Call, *, table: Annotated[str | None, "Only this table of the lake; without it all."] = None
) -> dict[str, Any]:
    """Merge small files of the lake where enough of one size have come together. Nothing a reader sees changes.

    Ingest does the same by itself as files come; this is for after an import in many small pieces. What was replaced
    is kept for readers of the past until `corecar vacuum`.
    Raises  DamagedSource when a file is not what was written; nothing of its table is merged any more
    """
    if table is not None and table not in LAKE_TABLES:
        raise ArgumentError(f'no table "{table}". The lake has: {", ".join(LAKE_TABLES)}.')
    tables = LAKE_TABLES if table is None else (table,)
    with writing_session(call.store.catalogue, "compact") as token:
        done = list(_merges(call.store, tables, token, call))
    before, after = sum(len(group) for group, _ in done), len(done)
    said = (
        f"{plural(before, 'file')} merged into {after}." if done else "Nothing to merge: no size has enough files yet."
    )
    return {"said": said, "merged": before, "into": after}


def compact_what_is_due(store: Store, token: str, stopped: Stopped) -> Iterator[DamagedSource]:
    """Merge, under the session of an ingest, what its files have made due.

    Yields  what is wrong with a damaged file; its table waits until it was put back, the others go on
    """
    for table in LAKE_TABLES:
        try:
            _merge_what_is_due(store, table, token, stopped)
        except DamagedSource as error:
            yield error


def _merge_what_is_due(store: Store, table: str, token: str, stopped: Stopped) -> None:
    swapped = True
    while swapped:  # what was merged may make the next tier due
        swapped = False
        for group in _planned(store, table):
            if stopped():
                return
            swapped = _swap(store, table, group, token) is not None or swapped


def _merges(store: Store, tables: Sequence[str], token: str, call: Call) -> Iterator[tuple[tuple[Filed, ...], Merged]]:
    for number, table in enumerate(tables):
        while groups := _planned(store, table):
            swapped = 0
            for group in groups:
                call.check_stopped()
                call.report(number, len(tables), f"merging {table}")
                merged = _swap(store, table, group, token)
                if merged is not None:
                    swapped += 1
                    yield group, merged
            if not swapped:
                break


def _planned(store: Store, table: str) -> list[tuple[Filed, ...]]:
    """Which files of a table to merge, with the spans of their runs. Only small files are looked at, and their runs
    last.
    """

    def plan(session: Session) -> list[tuple[Filed, ...]]:
        asked = select(LakeFile.key, LakeFile.bytes, LakeFile.rows).where(
            LakeFile.table == table, LakeFile.retired_at.is_(None), LakeFile.bytes < FULL
        )
        files = [Filed(key, size, rows, (Span("", 0, rows),)) for key, size, rows in session.execute(asked)]
        return [tuple(_with_spans(session, file) for file in group) for group in plan_merges(files)]

    return store.catalogue.read(plan)


def _with_spans(session: Session, file: Filed) -> Filed:
    asked = select(LakeSpan.run_id, LakeSpan.first_row, LakeSpan.rows).join(LakeFile, LakeFile.id == LakeSpan.file_id)
    spans = session.execute(asked.where(LakeFile.key == file.key))
    return replace(file, spans=tuple(Span(run, first_row or 0, rows) for run, first_row, rows in spans))


def _swap(store: Store, table: str, group: tuple[Filed, ...], token: str) -> Merged | None:
    """Write the merged file and let it take the place of its parts; None when somebody else was faster.

    Raises  DamagedSource when a part is not what was written
    """
    try:
        _check_content(store, group)
        merged = merge(store.objects, table, group, token)
    except SourceMissing:
        if _all_listed(store, group):
            raise
        return None  # somebody else merged them, and vacuum was quick
    keys = [file.key for file in group]

    def change(session: Session) -> bool:
        hold_session(session, token)
        if session.scalar(select(LakeFile.id).where(LakeFile.key == merged.written.key)) is not None:
            return True
        parts = list(
            session.scalars(
                select(LakeFile).where(LakeFile.key.in_(keys), LakeFile.retired_at.is_(None)).with_for_update()
            )
        )
        if len(parts) != len(keys):
            return False
        now = datetime.now(UTC)
        session.add(_row(merged, now))
        session.execute(update(LakeFile).where(LakeFile.id.in_([part.id for part in parts])).values(retired_at=now))
        return True

    try:
        swapped = store.catalogue.write(change)
    except SessionLost:
        swapped = False
    if not swapped:
        store.objects.delete(merged.written.key)
    return merged if swapped else None


def _check_content(store: Store, group: tuple[Filed, ...]) -> None:
    asked = select(LakeFile.key, LakeFile.sha256).where(LakeFile.key.in_([file.key for file in group]))
    for key, expected in store.catalogue.read(lambda session: session.execute(asked).all()):
        if _content_hash(store, key) != expected:
            problem = "its content is not what was written: the hash differs."
            raise DamagedSource(
                key, problem, advice="Put it back from a backup; `corecar verify` names all such files."
            )


def _content_hash(store: Store, key: str) -> str:
    digest = hashlib.sha256()
    with store.objects.open_input(key) as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _all_listed(store: Store, group: tuple[Filed, ...]) -> bool:
    asked = select(LakeFile.id).where(LakeFile.key.in_([file.key for file in group]), LakeFile.retired_at.is_(None))
    return store.catalogue.read(lambda session: len(session.scalars(asked).all())) == len(group)


def _row(merged: Merged, now: datetime) -> LakeFile:
    written = merged.written
    mixed = written.table == MIXED
    spans = [
        LakeSpan(run_id=span.run, first_row=None if mixed else span.first_row, rows=span.rows) for span in merged.spans
    ]
    return LakeFile(
        table=written.table, key=written.key, bytes=written.bytes, rows=written.rows, sha256=written.sha256,
        created_at=now, spans=spans,
    )  # fmt: skip
