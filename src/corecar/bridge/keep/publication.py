"""The lake for other engines: a Delta log over the files that are there, so that Spark, Trino, Polars read one
state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.lot.left_out import runs_left_out
from corecar.bridge.lot.run_rows import row_of_run
from corecar.bridge.travel import OnServer
from corecar.errors import ArgumentError, Conflict
from corecar.plurals import plural
from corecar.store import delta
from corecar.store.catalogue.models import LakeFile, LakeSpan, Run, Setting, Source, WritingSession
from corecar.store.catalogue.sessions import hold_session, is_alive, writing_session
from corecar.store.delta.places import ObjectPlace, Place
from corecar.store.lake.files import Written, write_file
from corecar.store.lake.tables import LAKE_TABLES, RUNS_TABLE, lake_schema, table_key

LEAVE = "publishing"
"""Setting that names the session of whoever publishes a lake in a bucket."""
SILENCE = timedelta(minutes=60)
"""After so long without a sign of life a publisher on another machine counts as dead, as for vacuum."""


def publish_delta(
    call: Call,
    *,
    into: Annotated[
        str | Path | None,
        "A folder for the Delta tables, with hard links to the files; without it the lake itself.",
        OnServer(),
    ] = None,
) -> dict[str, Any]:
    """Write a Delta log for each table of the lake, a new version where something changed. No data is copied.

    Raises  ArgumentError for a folder beside a lake in a bucket; Conflict while somebody else publishes such a lake;
            DamagedSource for a file that is not as it should be; OutputError
    """
    with writing_session(call.store.catalogue, "publish") as token:
        place_of = _places(call, token, None if into is None else Path(into))
        _publish_runs(call, token)
        with call.store.catalogue.reading() as session:
            listed = {table: _listed(session, table) for table in (RUNS_TABLE, *LAKE_TABLES)}
            left = [one.sentence for one in runs_left_out(session, call.store, Run.lot_id.is_not(None)).values()]
        rows: list[dict[str, Any]] = []
        for table, files in listed.items():
            call.check_stopped()
            call.report(len(rows), len(listed), table)
            if files:
                published = delta.publish(place_of(table), table, files)
                rows.append({"table": table, "version": published.version, "files": len(files),
                             "rows": sum(file.rows for file in files), "copied": published.copied})  # fmt: skip
    place = into or f"{call.store.objects.root}/lake"
    copied = sum(row["copied"] for row in rows)
    notes = [f"{plural(copied, 'file')} had to be copied: {place} lies on another disk."] if copied else []
    notes += [f"{sentence} The published tables hold it all the same." for sentence in left]
    return {"said": f"{plural(len(rows), 'Delta table')} in {place}.", "rows": rows, "notes": notes}


def _places(call: Call, token: str, into: Path | None) -> Callable[[str], Place]:
    """Where each table is published. In a bucket one publisher at a time is given leave, by the catalogue."""
    objects = call.store.objects
    local = objects.local_path("lake")
    if local is not None:
        return partial(delta.folder_place, local.parent, into=into)
    if into is not None:
        raise ArgumentError("this lake lies in a bucket and is published there, where its files are. Leave out --into.")
    call.store.catalogue.write(partial(_take_leave, token=token))
    alone = partial(call.store.catalogue.write, partial(_hold_leave, token=token))
    return lambda table: ObjectPlace(objects, f"lake/{table}", alone)


def _take_leave(session: Session, token: str) -> None:
    """Be the only one who publishes. Raises Conflict while another session that has leave is alive."""
    hold_session(session, token)
    leave = session.get(Setting, LEAVE, with_for_update=True)
    if leave is None:
        session.add(Setting(name=LEAVE, value={"token": token}))
        return
    other = session.get(WritingSession, leave.value["token"])
    if other is not None and other.token != token and is_alive(other, silent_for=SILENCE):
        raise Conflict(f"{other.host} publishes this lake already, since {other.opened_at:%H:%M}. Publish again later.")
    leave.value = {"token": token}


def _hold_leave(session: Session, token: str) -> None:
    """Be so still, and show a sign of life. Raises SessionLost, Conflict."""
    hold_session(session, token)
    leave = session.get(Setting, LEAVE, with_for_update=True)
    if leave is None or leave.value["token"] != token:
        raise Conflict("somebody else publishes this lake now: this process had shown no sign of life. Publish again.")


def _listed(session: Session, table: str) -> list[delta.Listed]:
    runs = func.min(LakeSpan.run_id), func.max(LakeSpan.run_id)
    asked = select(LakeFile.key, LakeFile.bytes, LakeFile.rows, LakeFile.created_at, *runs).outerjoin(LakeFile.spans)
    counting = asked.where(LakeFile.table == table, LakeFile.retired_at.is_(None))
    found = session.execute(counting.group_by(LakeFile.id).order_by(LakeFile.id))
    return [delta.Listed(*row) for row in found]


def _publish_runs(call: Call, token: str) -> None:
    """Write the facts in force of all runs as a file of the lake, when they are not what the last one says."""
    with call.store.catalogue.reading() as session:
        found = session.execute(
            select(Run, Source.path).join(Source, Source.hash == Run.source_hash).order_by(Run.id)
        ).all()
        rows = [row_of_run(run) | {"customer": run.customer, "source": path} for run, path in found]
        last = session.scalar(select(LakeFile.key).where(LakeFile.table == RUNS_TABLE, LakeFile.retired_at.is_(None)))
    name = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
    if not rows or (last is not None and last.startswith(f"lake/{RUNS_TABLE}/{name}-")):
        return
    written = _write(call, rows, table_key(RUNS_TABLE, name, token))
    call.store.catalogue.write(lambda session: _list(session, written, [row["run"] for row in rows], token))


def _write(call: Call, rows: list[dict[str, Any]], key: str) -> Written:
    columns = lake_schema(RUNS_TABLE)
    table = pa.Table.from_arrays(
        [pa.array([row.get(field.name) for row in rows], field.type) for field in columns], schema=columns
    )
    return write_file(call.store.objects.writer(key), RUNS_TABLE, key, [table])


def _list(session: Session, written: Written, runs: list[str], token: str) -> None:
    hold_session(session, token)
    if session.scalar(select(LakeFile.id).where(LakeFile.key == written.key)) is not None:
        return
    now = datetime.now(UTC)
    session.execute(
        update(LakeFile).where(LakeFile.table == RUNS_TABLE, LakeFile.retired_at.is_(None)).values(retired_at=now)
    )
    session.add(
        LakeFile(
            table=RUNS_TABLE, key=written.key, bytes=written.bytes, rows=written.rows, sha256=written.sha256,
            created_at=now, spans=[LakeSpan(run_id=run, first_row=number, rows=1) for number, run in enumerate(runs)],
        )
    )  # fmt: skip
