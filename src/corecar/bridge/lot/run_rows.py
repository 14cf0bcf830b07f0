"""Rows of the lake for some runs: which files hold them stands in the catalogue, so nothing else is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Store
from corecar.store.catalogue.models import LakeFile, LakeSpan, Run
from corecar.store.lake import read_rows
from corecar.store.lake.tables import lake_schema

AT_ONCE = 500
"""Runs asked for in one question to the catalogue."""


def row_of_run(run: Run) -> dict[str, Any]:
    """The facts of a run that are in force, as columns of `runs`; `run` is its identity."""
    return {
        **run.read, "run": run.id, "lot": run.lot_name, "sublot": run.sublot, "product": run.product, "stage":
        run.stage, "temperature": run.temperature, "test_pass": run.test_pass, "start": run.start, "finish":
        run.finish,
    }  # fmt: skip


def spans_of(session: Session, table: str, runs: Sequence[str]) -> list[tuple[LakeFile, LakeSpan]]:
    """Where the rows of some runs lie in one table."""
    found: list[tuple[LakeFile, LakeSpan]] = []
    for start in range(0, len(runs), AT_ONCE):
        asked = (
            select(LakeFile, LakeSpan)
            .join(LakeSpan, LakeSpan.file_id == LakeFile.id)
            .where(
                LakeFile.table == table,
                LakeFile.retired_at.is_(None),
                LakeSpan.run_id.in_(runs[start : start + AT_ONCE]),
            )
        )
        found += [(file, span) for file, span in session.execute(asked)]
    return found


def rows_of_runs(
    session: Session, store: Store, table: str, runs: Sequence[str], columns: Sequence[str] | None = None
) -> Any:
    """The rows of some runs in one table of the lake, as an Arrow table with `run` as text.

    columns  all of them by default; `run` is always there
    Raises   DamagedSource, SourceMissing when a file of the lake is not what the catalogue says
    """
    wanted = None if columns is None else ["run", *(name for name in columns if name != "run")]
    pieces = [_piece(store, file, span, wanted) for file, span in spans_of(session, table, runs)]
    if not pieces:
        empty = lake_schema(table).empty_table()
        pieces = [empty if wanted is None else empty.select(wanted)]
    return pa.concat_tables([_plain(piece) for piece in pieces])


def _piece(store: Store, file: LakeFile, span: LakeSpan, columns: Sequence[str] | None) -> Any:
    if span.first_row is not None:
        return read_rows(store.objects, file.key, span.first_row, span.rows, columns)
    whole = read_rows(store.objects, file.key, 0, file.rows, columns)
    return whole.filter(pc.equal(whole["run"].cast(pa.string()), span.run_id))


def _plain(table: Any) -> Any:
    """Dictionaries as text, so that pieces of different files fit together."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table


def distinct(values: Iterable[str | None]) -> list[str]:
    """The values that are there, each once, in the order they come."""
    return list(dict.fromkeys(value for value in values if value))
