"""The one transaction by which files' runs become true: source, runs, lake files, lot and state, all or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from corecar.bridge.ingest.discovery import Candidate
from corecar.bridge.ingest.known_content import Known, known_content
from corecar.bridge.ingest.new_lots import Bringing, put_into_lots
from corecar.bridge.ingest.run_facts import columns_of
from corecar.bridge.ingest.taken import Refused, Taken, TakenRun
from corecar.formats.sources import shown
from corecar.store.catalogue.models import Base, LakeFile, LakeSpan, Quarantined, Run, Seen, Source
from corecar.store.catalogue.sessions import hold_session
from corecar.store.filing import FilingMapping, file_run

RUN_COLUMNS = ("test_program", "revision", "tester")
"""Columns of the file's own `runs` row that are columns of the catalogue's too."""


@dataclass(frozen=True)
class Admission(Bringing):
    """By whom and whose a file is, under which mapping it is filed, and in which writing session it was written."""

    mapping: FilingMapping
    token: str


@dataclass(frozen=True)
class Admitted:
    """What became of a file.

    new      runs that were added; known: those whose content was there before, or stands twice in the file
    unfiled  those among the new ones that belong to no lot yet
    left     keys of files that nothing lists and that can go
    foreign  those among the known ones that another party brought
    """

    new: int
    known: int
    unfiled: int
    results: int
    left: tuple[str, ...]
    foreign: int = 0


def admit(session: Session, files: Sequence[Taken], admission: Admission) -> list[Admitted]:
    """List some files and their runs, as far as they are not there already, in a few statements for all of them.

    Two that add the same rows at the same moment do so in the same order of tables and keys, so that one waits for the
    other instead of each for the other.
    Raises  SessionLost when vacuum has ended the writing session
    """
    hold_session(session, admission.token)
    there = known_content(session, files)
    coming = [_coming(taken, there, admission, place) for place, taken in enumerate(files)]
    runs = [run for one in coming for run in one.runs]
    _insert(session, Source, [one.source for one in coming if one.source is not None], "hash")
    put_into_lots(session, runs, admission)
    _insert(session, Run, runs, "id")
    _list_in_lake(session, [run for one in coming for run in one.added], admission.now)
    _note_seen(session, [one.taken for one in coming if not one.admitted_before])
    _resolve(session, [one.taken.candidate for one in coming if not one.admitted_before], admission)
    listed = _listed(session, [key for one in coming for key in one.left])
    return [one.answer(listed) for one in coming]


@dataclass(frozen=True)
class _Coming:
    """What a file adds to the catalogue.

    source  its row of `sources`; None where its content is there
    runs    its rows of `runs`; added: the same as they were taken
    left    keys of its files that this transaction does not list
    """

    taken: Taken
    known: int
    foreign: int
    source: dict[str, Any] | None = None
    runs: tuple[dict[str, Any], ...] = ()
    added: tuple[TakenRun, ...] = ()
    left: tuple[str, ...] = ()
    admitted_before: Admitted | None = None

    def answer(self, listed: Collection[str]) -> Admitted:
        """What became of it. listed: keys of `left` that a row names all the same"""
        if self.admitted_before is not None:
            return self.admitted_before
        unfiled = sum(run["lot_id"] is None for run in self.runs)
        results = sum(run.counts["results"] for run in self.added)
        left = tuple(key for key in self.left if key not in listed)
        return Admitted(len(self.runs), self.known, unfiled, results, left, self.foreign)


def _coming(taken: Taken, there: Known, admission: Admission, place: int) -> _Coming:
    """What a file adds, which from here on is there for the files after it.

    place  of the file among those of the transaction: each comes a microsecond after the one before it
    """
    each, content = _each_once(taken), taken.captured.hash
    if there.sources.get(content) == taken.captured.stored_key:
        return _Coming(taken, 0, 0, admitted_before=_admitted_before(taken, there))
    added = [run for run in each if run.id not in there.runs]
    foreign = sum(there.runs[run.id].owner_id != admission.owner_id for run in each if run.id in there.runs)
    now = admission.now + timedelta(microseconds=place)
    rows = tuple(_run(run, taken, admission, now) for run in added)
    source = _source(taken, admission, now) if content not in there.sources else None
    there.sources.setdefault(content, taken.captured.stored_key)
    there.add_runs(rows)
    listed = {written.key for run in added for written in run.written}
    listed |= {taken.captured.stored_key} if source is not None else set()
    left = tuple(key for key in taken.written_keys() if key not in listed)
    return _Coming(taken, len(taken.runs) - len(added), foreign, source, rows, tuple(added), left)


def _listed(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of some keys that a row names. Asked of the catalogue, since a commit whose answer was lost may have
    listed some.
    """
    columns = (LakeFile.key, Source.key) if keys else ()
    return {key for column in columns for key in session.scalars(select(column).where(column.in_(keys)))}


def refuse(session: Session, refused: Refused, admission: Admission) -> None:
    """Put a bad file on its party's list of those that wait for a person; the same path again counts one try more."""
    if refused.key is not None:
        hold_session(session, admission.token)
    candidate = refused.candidate
    row = session.scalar(select(Quarantined).where(*_case(candidate, admission.owner_id)).with_for_update())
    if row is None:
        row = Quarantined(
            path=shown(candidate.path), path_hash=candidate.path_hash, tries=0, first_at=admission.now,
            owner_id=admission.owner_id,
        )  # fmt: skip
        session.add(row)
    row.bytes, row.modified_ns, row.key = candidate.bytes, candidate.modified_ns, refused.key or row.key
    row.problem, row.message = refused.problem, refused.message
    row.tries, row.last_at, row.resolved_at = row.tries + 1, admission.now, None


def _admitted_before(taken: Taken, there: Known) -> Admitted:
    """The commit of this very file had happened, only its answer was lost."""
    own = [run for run in _each_once(taken) if there.runs[run.id].source_hash == taken.captured.hash]
    unfiled = sum(there.runs[run.id].waits for run in own)
    results = sum(run.counts["results"] for run in own)
    return Admitted(len(own), len(taken.runs) - len(own), unfiled, results, ())


def _each_once(taken: Taken) -> list[TakenRun]:
    """The runs of a file, which may hold the same testing twice: of equal ones the first."""
    return list({run.id: run for run in reversed(taken.runs)}.values())[::-1]


def _insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]], key: str) -> None:
    """Add rows in the order of their key."""
    if rows:
        session.connection().execute(insert(model), sorted(rows, key=itemgetter(key)))


def _source(taken: Taken, admission: Admission, now: datetime) -> dict[str, Any]:
    """The row of `sources` of a file."""
    captured = taken.captured
    return {
        "hash": captured.hash, "path": shown(taken.candidate.path), "bytes": captured.bytes, "key": captured.stored_key,
        "stored_bytes": captured.stored_bytes, "compression": taken.compression, "format": taken.format,
        "extra": taken.extra, "encoding": taken.encoding, "warnings": list(taken.warnings), "salvaged": taken.salvaged,
        "ingested_at": now, "by_id": admission.by_id, "owner_id": admission.owner_id,
    }  # fmt: skip


def _run(run: TakenRun, of: Taken, admission: Admission, now: datetime) -> dict[str, Any]:
    """The row of `runs` of a run, without its lot."""
    row, filed = run.row, file_run(run.row, of.candidate.path, admission.mapping)
    return {
        "id": run.id, "source_hash": of.captured.hash, "stream": run.stream, "first_byte": run.first,
        "last_byte": run.last, "start": row["start"], "finish": row["finish"], "lot_id": None,
        "read": {name: value for name, value in row.items() if name not in ("start", "finish")},
        "ingested_at": now, "owner_id": admission.owner_id,
        **{name: row[name] for name in RUN_COLUMNS}, **run.counts, **columns_of(filed),
    }  # fmt: skip


def _list_in_lake(session: Session, runs: Sequence[TakenRun], now: datetime) -> None:
    """List the files of some runs, and which rows of them are whose."""
    files = [(run.id, written) for run in runs for written in run.written]
    rows = [
        {"table": written.table, "key": written.key, "bytes": written.bytes, "rows": written.rows,
         "sha256": written.sha256, "created_at": now, "retired_at": None}
        for _, written in files
    ]  # fmt: skip
    if not rows:
        return
    added = session.connection().execute(insert(LakeFile).returning(LakeFile.key, LakeFile.id), rows)
    numbers = {row.key: row.id for row in added}
    spans = [
        {"file_id": numbers[written.key], "run_id": run, "first_row": 0, "rows": written.rows} for run, written in files
    ]
    session.connection().execute(insert(LakeSpan), spans)


def _note_seen(session: Session, files: Sequence[Taken]) -> None:
    """Note at which paths which content lay, so that a second look need not read it."""
    rows = {
        taken.candidate.path_hash: {
            "path_hash": taken.candidate.path_hash, "path": shown(taken.candidate.path),
            "bytes": taken.candidate.bytes, "modified_ns": taken.candidate.modified_ns,
            "source_hash": taken.captured.hash,
        }
        for taken in files
    }  # fmt: skip
    known = set(session.scalars(select(Seen.path_hash).where(Seen.path_hash.in_(list(rows))))) if rows else set()
    _insert(session, Seen, [row for path, row in rows.items() if path not in known], "path_hash")
    if known:
        session.execute(update(Seen), [rows[path] for path in sorted(known)])


def _resolve(session: Session, candidates: Sequence[Candidate], admission: Admission) -> None:
    """Quarantined files that their party could read now wait no longer; for another party they go on waiting."""
    paths = [candidate.path_hash for candidate in candidates]
    waiting = (
        Quarantined.path_hash.in_(paths), Quarantined.owner_id == admission.owner_id, Quarantined.resolved_at.is_(None)
    )  # fmt: skip
    resolved = update(Quarantined).where(*waiting).values(resolved_at=admission.now)
    session.execute(resolved, execution_options={"synchronize_session": False})


def _case(candidate: Candidate, owner_id: int) -> tuple[ColumnElement[bool], ...]:
    """The condition on `quarantined` that a row is of this path and party."""
    return Quarantined.path_hash == candidate.path_hash, Quarantined.owner_id == owner_id
