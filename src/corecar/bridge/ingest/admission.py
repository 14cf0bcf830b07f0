"""The one transaction by which a file's runs become true: source, runs, lake files, lot and state, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from corecar.bridge.ingest.discovery import Candidate
from corecar.bridge.ingest.taken import Refused, Taken, TakenRun
from corecar.bridge.lot.lot_histories import lot_of_run, note_new_data
from corecar.bridge.lot.resolved_lots import note_changed_runs
from corecar.formats.sources import shown
from corecar.store.catalogue.models import LakeFile, LakeSpan, Quarantined, Run, Seen, Source
from corecar.store.catalogue.sessions import hold_session
from corecar.store.filing import Filed, FilingMapping, file_run

RUN_COLUMNS = ("test_program", "revision", "tester")
"""Columns of the file's own `runs` row that are columns of the catalogue's too."""


@dataclass(frozen=True)
class Admission:
    """By whom and whose a file is, under which mapping it is filed, and in which writing session it was written."""

    by_id: int
    by: str
    owner_id: int
    mapping: FilingMapping
    token: str
    now: datetime


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


def admit(session: Session, taken: Taken, admission: Admission) -> Admitted:
    """List a file and its runs, if they are not there already.

    Raises  SessionLost when vacuum has ended the writing session
    """
    hold_session(session, admission.token)
    source = session.get(Source, taken.captured.hash)
    if source is not None and source.key == taken.captured.stored_key:
        return _admitted_before(session, taken)
    there = {run.id: session.get(Run, run.id) for run in _each_once(taken)}
    new = [run for run in _each_once(taken) if there[run.id] is None]
    foreign = sum(run is not None and run.owner_id != admission.owner_id for run in there.values())
    if source is None:
        session.add(_source(taken, admission))
        session.flush()
    filed = [_add_run(session, run, taken, admission) for run in new]
    _note_seen(session, taken.candidate, taken.captured.hash)
    _resolve(session, taken.candidate, admission)
    session.flush()
    left = _not_listed(session, taken.written_keys())
    results = sum(run.counts["results"] for run in new)
    return Admitted(len(new), len(taken.runs) - len(new), filed.count(False), results, left, foreign)


def _not_listed(session: Session, keys: Iterable[str]) -> tuple[str, ...]:
    """The keys that no row names. Asked of the catalogue, since a commit whose answer was lost may have listed some."""
    written = list(keys)
    listed = {
        key
        for column in (LakeFile.key, Source.key)
        for key in session.scalars(select(column).where(column.in_(written)))
    }
    return tuple(key for key in written if key not in listed)


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


def _admitted_before(session: Session, taken: Taken) -> Admitted:
    """The commit of this very file had happened, only its answer was lost."""
    own = [run for run in _each_once(taken) if session.get_one(Run, run.id).source_hash == taken.captured.hash]
    unfiled = sum(session.get_one(Run, run.id).unfiled is not None for run in own)
    results = sum(run.counts["results"] for run in own)
    return Admitted(len(own), len(taken.runs) - len(own), unfiled, results, ())


def _each_once(taken: Taken) -> list[TakenRun]:
    """The runs of a file, which may hold the same testing twice: of equal ones the first."""
    return list({run.id: run for run in reversed(taken.runs)}.values())[::-1]


def _source(taken: Taken, admission: Admission) -> Source:
    return Source(
        hash=taken.captured.hash,
        path=shown(taken.candidate.path),
        bytes=taken.captured.bytes,
        key=taken.captured.stored_key,
        stored_bytes=taken.captured.stored_bytes,
        compression=taken.compression,
        format=taken.format,
        extra=taken.extra,
        encoding=taken.encoding,
        warnings=list(taken.warnings),
        salvaged=taken.salvaged,
        ingested_at=admission.now,
        by_id=admission.by_id,
        owner_id=admission.owner_id,
    )


def _add_run(session: Session, taken: TakenRun, of: Taken, admission: Admission) -> bool:
    """Add a run with its files; whether it belongs to a lot."""
    filed = file_run(taken.row, of.candidate.path, admission.mapping)
    run = Run(
        id=taken.id,
        source_hash=of.captured.hash,
        stream=taken.stream,
        first_byte=taken.first,
        last_byte=taken.last,
        start=taken.row["start"],
        finish=taken.row["finish"],
        read={name: value for name, value in taken.row.items() if name not in ("start", "finish")},
        ingested_at=admission.now,
        owner_id=admission.owner_id,
        **{name: taken.row[name] for name in RUN_COLUMNS},
        **taken.counts,
    )
    session.add(run)
    file_into_lot(session, run, filed, by_id=admission.by_id, by=admission.by, now=admission.now)
    session.flush()
    session.add_all(_lake_files(taken, admission.now))
    return run.lot_id is not None


def file_into_lot(
    session: Session, run: Run, filed: Filed, *, by_id: int, by: str, now: datetime, reason: str = ""
) -> None:
    """Set a run's facts and the lot that follows from them; without one it says why.

    reason  why it comes there, where a person moved it
    """
    if set_facts(run, filed):
        lot = lot_of_run(session, run, now)
        run.lot_id = lot.id
        note_new_data(session, lot, by_id=by_id, by=by, now=now, reason=reason)
        note_changed_runs(session, lot.id)


def set_facts(run: Run, filed: Filed) -> bool:
    """Set a run's facts, and why it belongs to no lot when it does not; whether it belongs to one."""
    facts = filed.facts
    run.customer, run.product, run.lot_name = facts["customer"], facts["product"], facts["lot"]
    run.sublot, run.stage, run.temperature = facts["sublot"], facts["stage"], facts["temperature"]
    run.test_pass = int(facts["test_pass"] or 1)
    run.unfiled = " ".join(filed.reasons) or None
    if filed.missing:
        run.lot_id = None
    return filed.filed


def _lake_files(run: TakenRun, now: datetime) -> Iterator[LakeFile]:
    for written in run.written:
        yield LakeFile(
            table=written.table, key=written.key, bytes=written.bytes, rows=written.rows, sha256=written.sha256,
            created_at=now, spans=[LakeSpan(run_id=run.id, first_row=0, rows=written.rows)],
        )  # fmt: skip


def _note_seen(session: Session, candidate: Candidate, source_hash: str) -> None:
    row = session.get(Seen, candidate.path_hash)
    if row is None:
        row = Seen(path_hash=candidate.path_hash, path=shown(candidate.path))
        session.add(row)
    row.bytes, row.modified_ns, row.source_hash = candidate.bytes, candidate.modified_ns, source_hash


def _resolve(session: Session, candidate: Candidate, admission: Admission) -> None:
    """A quarantined file that its party could read now waits no longer; for another party it goes on waiting."""
    case = _case(candidate, admission.owner_id)
    row = session.scalar(select(Quarantined).where(*case, Quarantined.resolved_at.is_(None)))
    if row is not None:
        row.resolved_at = admission.now


def _case(candidate: Candidate, owner_id: int) -> tuple[ColumnElement[bool], ...]:
    """The condition on `quarantined` that a row is of this path and party."""
    return Quarantined.path_hash == candidate.path_hash, Quarantined.owner_id == owner_id
