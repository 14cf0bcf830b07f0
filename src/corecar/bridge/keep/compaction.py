"""Merge small files of the lake, so that a question over years opens few: planned in tiers, written by workers, swapped
by one commit.
"""

from __future__ import annotations

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
from corecar.store.executors import Crew, Inline, work
from corecar.store.lake.checked_merging import MergeTask, merge_checked
from corecar.store.lake.merging import FULL, Filed, Merged, Span, plan_merges
from corecar.store.lake.tables import LAKE_TABLES

MIXED = "measures"
"""The table whose merged files are sorted by test, so that the rows of a run lie all over them."""


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
    before = after = 0
    with writing_session(call.store.catalogue, "compact") as token:
        for task, outcome in merges(call.store, tables, token, call.stopped, Inline()):
            if isinstance(outcome, DamagedSource):
                raise outcome
            before, after = before + len(task.files), after + 1
            call.report(tables.index(task.table), len(tables), f"merging {task.table}")
        call.check_stopped()
    said = (
        f"{plural(before, 'file')} merged into {after}." if after else "Nothing to merge: no size has enough files yet."
    )
    return {"said": said, "merged": before, "into": after}


def compact_what_is_due(store: Store, token: str, stopped: Stopped, crew: Crew) -> Iterator[DamagedSource]:
    """Merge in the workers of an ingest, under its session, what its files have made due.

    Yields  what is wrong with a damaged file; its table waits until it was put back, the others go on
    """
    for _, outcome in merges(store, LAKE_TABLES, token, stopped, crew):
        if isinstance(outcome, DamagedSource):
            yield outcome


def merges(
    store: Store, tables: Sequence[str], token: str, stopped: Stopped, crew: Crew
) -> Iterator[tuple[MergeTask, Merged | DamagedSource]]:
    """Merge what is due of some tables until nothing is, as what was merged may make the next tier due.

    Yields  each merging that took the place of its parts, and the first damage of a table, of which no more is planned
    """
    waiting, damaged = set(tables), set[str]()
    while waiting:
        moved = set()
        for task, outcome in work(crew, merge_checked, _planned(store, sorted(waiting), token), stop=stopped):
            try:
                merged: Merged | DamagedSource | None = _swap(store, task, outcome)
            except DamagedSource as error:
                merged = None if task.table in damaged else error
                damaged.add(task.table)
            if merged is not None:
                moved.add(task.table)
                yield task, merged
        waiting = set() if stopped() else moved - damaged


def _planned(store: Store, tables: Sequence[str], token: str) -> list[MergeTask]:
    """Which files to merge, with the spans of their runs. Only small files are looked at, and their runs last."""

    def plan(session: Session) -> list[MergeTask]:
        asked = select(LakeFile.table, LakeFile.key, LakeFile.bytes, LakeFile.rows, LakeFile.sha256).where(
            LakeFile.table.in_(tables), LakeFile.retired_at.is_(None), LakeFile.bytes < FULL
        )
        files: dict[str, list[Filed]] = {table: [] for table in tables}
        hashes: dict[str, str] = {}
        for table, key, size, rows, expected in session.execute(asked):
            files[table].append(Filed(key, size, rows, (Span("", 0, rows),)))
            hashes[key] = expected
        groups = ((table, _with_spans(session, group)) for table in tables for group in plan_merges(files[table]))
        return [
            MergeTask(store.objects, table, group, tuple(hashes[file.key] for file in group), token)
            for table, group in groups
        ]

    return store.catalogue.read(plan)


def _with_spans(session: Session, group: Sequence[Filed]) -> tuple[Filed, ...]:
    asked = (
        select(LakeFile.key, LakeSpan.run_id, LakeSpan.first_row, LakeSpan.rows)
        .join(LakeSpan, LakeSpan.file_id == LakeFile.id)
        .where(LakeFile.key.in_([file.key for file in group]))
        .order_by(LakeSpan.file_id, LakeSpan.first_row, LakeSpan.run_id)
    )
    spans: dict[str, list[Span]] = {file.key: [] for file in group}
    for key, run, first_row, rows in session.execute(asked):
        spans[key].append(Span(run, first_row or 0, rows))
    return tuple(replace(file, spans=tuple(spans[file.key])) for file in group)


def _swap(store: Store, task: MergeTask, outcome: Merged | Exception) -> Merged | None:
    """Let a merged file take the place of its parts; None when somebody else was faster.

    Raises  what the merging raised, such as DamagedSource when a part is not what was written
    """
    keys = [file.key for file in task.files]
    if isinstance(outcome, SourceMissing) and not _all_listed(store, keys):
        return None  # somebody else merged them, and vacuum was quick
    if isinstance(outcome, Exception):
        raise outcome
    merged = outcome

    def change(session: Session) -> bool:
        hold_session(session, task.token)
        if session.scalar(select(LakeFile.id).where(LakeFile.key == merged.written.key)) is not None:
            return True
        listed = select(LakeFile.id).where(LakeFile.key.in_(keys), LakeFile.retired_at.is_(None))
        parts = session.scalars(listed.order_by(LakeFile.id).with_for_update()).all()
        if len(parts) != len(keys):
            return False
        now = datetime.now(UTC)
        session.add(_row(merged, now))
        session.execute(update(LakeFile).where(LakeFile.id.in_(parts)).values(retired_at=now))
        return True

    try:
        swapped = store.catalogue.write(change)
    except SessionLost:
        swapped = False
    if not swapped:
        store.objects.delete(merged.written.key)
    return merged if swapped else None


def _all_listed(store: Store, keys: Sequence[str]) -> bool:
    asked = select(LakeFile.id).where(LakeFile.key.in_(keys), LakeFile.retired_at.is_(None))
    return store.catalogue.read(lambda session: len(session.scalars(asked).all())) == len(keys)


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
