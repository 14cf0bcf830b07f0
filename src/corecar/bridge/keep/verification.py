"""Hold catalogue, lake and sources against one another, byte by byte, and say in plain words what does not fit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.keep.vacuum import files_there
from corecar.bridge.limits.kept_limits import fingerprint, history_of
from corecar.bridge.lot.override_checks import override_problems
from corecar.errors import CorecarError, SourceMissing
from corecar.plurals import plural
from corecar.store.capture import stored_blocks
from corecar.store.catalogue.chains import ChainTable
from corecar.store.catalogue.limiting import LimitSet
from corecar.store.catalogue.models import LakeFile, LakeSpan, Lot, LotState, Quarantined, Run, Source, WritingSession
from corecar.store.catalogue.plans import PlanTable
from corecar.store.catalogue.sessions import token_of
from corecar.store.objects import ObjectStore

THREADS = 2
BLOCK = 1 << 20
COUNTED = {"parts": Run.parts, "tests": Run.tests, "results": Run.results}
"""Lake tables whose rows of a run the catalogue counts too."""
WHOLE_FROM_BACKUP = "Restore the workspace from its last backup."
FROM_BACKUP = "Put it back from a backup (same key), or ingest the source again into a new workspace."


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: what, where, and what to do."""

    what: str
    where: str
    problem: str
    advice: str


@dataclass(frozen=True)
class ToCheck:
    """A file that the catalogue lists, with what it says of it. rows: None for a source."""

    key: str
    bytes: int | None
    hash: str
    rows: int | None


def verify(
    call: Call, *, quick: Annotated[bool, "Compare names, sizes and counts only; read no content."] = False
) -> dict[str, Any]:
    """Check that every fact has its files, every file its bytes, and that all counts agree. Changes nothing.

    Limit sets are held against their hashes, overrides against their persons, the verdicts they speak of and the audit.

    Every lake file and every stored source is read and hashed, unless `quick`. Files that nothing lists are no fault:
    they are what `corecar vacuum` deletes.
    """
    there = {stored.key: stored.bytes for stored in files_there(call.store.objects)}
    with call.store.catalogue.reading() as session:
        files = _listed(session)
        findings = [*_catalogue(session), *_counts(session), *_lots(session), *_limit_sets(session)]
        findings += _overrides(session)
        alive = set(session.scalars(select(WritingSession.token)))
        named = {file.key for file in files} | set(session.scalars(select(Quarantined.key))) | _retired(session)
        sessions = len(alive)
    findings += _still_listed(call, list(_contents(call, files, there, quick)))
    unlisted = [key for key in there if key not in named and token_of(key) not in alive]
    notes = [f"{plural(len(unlisted), 'file')} that nothing lists: `corecar vacuum` deletes them."] if unlisted else []
    if sessions:
        notes.append(
            f"{plural(sessions, 'process', 'processes')} may be writing, or broke off: vacuum tells them apart."
        )
    told = (
        f"{plural(len(findings), 'fault')} found."
        if findings
        else f"All {plural(len(files), 'file')} and all counts agree."
    )
    return {
        "said": told, "sound": not findings, "files": len(files), "unlisted": unlisted, "notes": notes,
        "rows": [asdict(finding) for finding in findings],
    }  # fmt: skip


def _limit_sets(session: Session) -> Iterator[Finding]:
    """Limit sets that are not what was proposed, or whose state is not the last of their history."""
    for found in session.scalars(select(LimitSet).order_by(LimitSet.id)):
        where = f"limit set {found.id} ({found.name})"
        if fingerprint(found.content) != found.hash:
            yield Finding("limit set", where, "its content is not the one that was proposed", WHOLE_FROM_BACKUP)
        if [step.state for step in history_of(session, found)][-1:] != [found.state]:
            yield Finding("limit set", where, "its state is not the last of its history", WHOLE_FROM_BACKUP)


def _overrides(session: Session) -> Iterator[Finding]:
    """Overrides that are not what two persons decided upon."""
    for where, problem in override_problems(session):
        yield Finding("override", where, f"{problem}.", WHOLE_FROM_BACKUP)


def _listed(session: Session) -> list[ToCheck]:
    lake = session.execute(
        select(LakeFile.key, LakeFile.bytes, LakeFile.sha256, LakeFile.rows).where(LakeFile.retired_at.is_(None))
    )
    sources = session.execute(select(Source.key, Source.stored_bytes, Source.hash))
    chains = session.execute(select(ChainTable.key, ChainTable.bytes, ChainTable.sha256, ChainTable.rows))
    plans = session.execute(select(PlanTable.key, PlanTable.bytes, PlanTable.sha256, PlanTable.rows))
    return [ToCheck(*row) for row in (*lake, *chains, *plans)] + [ToCheck(*row, None) for row in sources]


def _retired(session: Session) -> set[str]:
    return set(session.scalars(select(LakeFile.key).where(LakeFile.retired_at.is_not(None))))


def _contents(call: Call, files: list[ToCheck], there: dict[str, int], quick: bool) -> Iterator[Finding]:
    """What is wrong with the files themselves."""
    with ThreadPoolExecutor(THREADS) as threads:
        checks = threads.map(lambda file: _check_file(call.store.objects, file, there.get(file.key), quick), files)
        for done, (file, finding) in enumerate(zip(files, checks, strict=True)):
            if call.stopped():
                threads.shutdown(cancel_futures=True)
                call.check_stopped()
            call.report(done + 1, len(files), file.key)
            if finding is not None:
                yield finding


def _still_listed(call: Call, findings: list[Finding]) -> list[Finding]:
    """Without the lake files that were replaced by merged ones, and perhaps deleted, while they were looked at."""
    if not findings:
        return []
    with call.store.catalogue.reading() as session:
        now = {file.key for file in _listed(session)}
    return [finding for finding in findings if finding.where in now]


def _size(objects: ObjectStore, key: str) -> int | None:
    """Bytes of a file that the listing lacks: it may have come after the listing was made."""
    try:
        return objects.size(key)
    except SourceMissing:
        return None


def _check_file(objects: ObjectStore, file: ToCheck, size: int | None, quick: bool) -> Finding | None:
    what = "source" if file.rows is None else "lake file"
    if size is None:
        size = _size(objects, file.key)
    if size is None:
        return Finding(what, file.key, "is missing.", FROM_BACKUP)
    if file.bytes is not None and size != file.bytes:
        return Finding(what, file.key, f"has {size:,} bytes, {file.bytes:,} were written.", FROM_BACKUP)
    if quick:
        return None
    try:
        problem = _source_problem(objects, file) if file.rows is None else _lake_problem(objects, file)
    except (CorecarError, OSError, pa.ArrowException) as error:
        problem = f"cannot be read: {error}"
    return None if problem is None else Finding(what, file.key, problem, FROM_BACKUP)


def _source_problem(objects: ObjectStore, file: ToCheck) -> str | None:
    digest = hashlib.sha256()
    for block in stored_blocks(objects, file.key):
        digest.update(block)
    return None if digest.hexdigest() == file.hash else "its content is not what was ingested: the hash differs."


def _lake_problem(objects: ObjectStore, file: ToCheck) -> str | None:
    digest = hashlib.sha256()
    with objects.open_input(file.key) as source:
        while block := source.read(BLOCK):
            digest.update(block)
        if digest.hexdigest() != file.hash:
            return "its content is not what was written: the hash differs."
        source.seek(0)
        rows = pq.read_metadata(source).num_rows
    return None if rows == file.rows else f"holds {rows:,} rows, {file.rows:,} were written."


def _catalogue(session: Session) -> Iterator[Finding]:
    """What the database says of itself; PostgreSQL checks its own pages and keys."""
    if session.connection().dialect.name != "sqlite":
        return
    for (told,) in session.execute(text("PRAGMA integrity_check")):
        if told != "ok":
            yield Finding("catalogue", "corecar.db", str(told), WHOLE_FROM_BACKUP)
    for row in session.execute(text("PRAGMA foreign_key_check")):
        yield Finding("catalogue", f"{row[0]} row {row[1]}", f"speaks of a row of {row[2]} that is gone.", FROM_BACKUP)


def _counts(session: Session) -> Iterator[Finding]:
    """Rows of each run in the lake against what the catalogue counted when it was ingested."""
    for table, column in COUNTED.items():
        spans = (
            select(LakeSpan.run_id, func.sum(LakeSpan.rows).label("rows"))
            .join(LakeFile, LakeFile.id == LakeSpan.file_id)
            .where(LakeFile.table == table, LakeFile.retired_at.is_(None))
            .group_by(LakeSpan.run_id)
            .subquery()
        )
        counted = func.coalesce(spans.c.rows, 0)
        asked = select(Run.id, column, counted).outerjoin(spans, spans.c.run_id == Run.id).where(column != counted)
        for run, wanted, found in session.execute(asked):
            problem = f"{found:,} rows of {table} are listed, {wanted:,} were ingested."
            yield Finding("run", run[:12], problem, WHOLE_FROM_BACKUP)
    spanned = select(LakeSpan.file_id, func.sum(LakeSpan.rows).label("rows")).group_by(LakeSpan.file_id).subquery()
    asked = select(LakeFile.key, LakeFile.rows, spanned.c.rows).outerjoin(spanned, spanned.c.file_id == LakeFile.id)
    for key, rows, found in session.execute(asked.where(LakeFile.rows != func.coalesce(spanned.c.rows, 0))):
        yield Finding("lake file", key, f"holds {rows:,} rows, runs are listed for {found or 0:,}.", FROM_BACKUP)


def _lots(session: Session) -> Iterator[Finding]:
    """Each lot's state against the last row of its history."""
    last = select(func.max(LotState.id)).group_by(LotState.lot_id)
    asked = select(Lot.name, Lot.state, LotState.state).outerjoin(
        LotState, (LotState.lot_id == Lot.id) & LotState.id.in_(last)
    )
    for name, state, told in session.execute(asked):
        if state != told:
            yield Finding(
                "lot", name, f"is {state}, its history ends with {told}.", "Tell us: this is a fault of Corecar."
            )
    for run in session.scalars(select(Run.id).where(Run.lot_id.is_(None), Run.unfiled.is_(None))):
        yield Finding(
            "run", run[:12], "is in no lot and waits for nobody.", "Correct it: corecar correct RUN --lot ..."
        )
