"""Runs of the workspace that count for nothing, since another run of their lot holds the same testing.

The rule is that of files read together (`corecar.formats.same_testing`). It is asked anew whenever somebody looks, so
it does not matter in which order files came, and a corrected lot is judged as it stands. Only runs that their testers
began at the same moment are compared, and of those only what the catalogue's counts leave open is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Store
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.formats.same_testing import PARTS, TESTS, Content, Recorded, content_of, identity_of, left_out, told
from corecar.formats.stdf.marks import tells_loss
from corecar.plurals import plural
from corecar.store.catalogue.models import Run, Source

SHORT = 12
"""Digits of a run's identity that are enough for a person to name it."""


@dataclass(frozen=True)
class LeftOut:
    """A run that does not count.

    by     the run that holds its testing
    why    in a few words; sentence: the same with the names of both files
    """

    by: str
    why: str
    sentence: str


def runs_left_out(session: Session, store: Store, which: ColumnElement[bool]) -> dict[str, LeftOut]:
    """The runs of some lots that do not count, by identity.

    which   the condition on `runs`; of a lot all runs meet it or none
    Raises  DamagedSource, SourceMissing when a file of the lake is not what the catalogue says
    """
    found = _alike(session, which)
    recorded = [_recorded(session, store, run, source) for run, source in found]
    away = {}
    for place, held in left_out(recorded).items():
        (run, source), (other, holder) = found[place], found[held.by]
        digits = other.id[:SHORT]
        why = f"{'same testing as' if held.whole else 'part of'} run {digits}"
        away[run.id] = LeftOut(other.id, why, told(held, source.path, f"run {digits} ({holder.path})"))
    return away


def counted(left: Iterable[str]) -> list[str]:
    """What to say of figures beside which runs were left out; nothing where there were none."""
    runs = len(list(left))
    return [f"{plural(runs, 'run')} left out: others hold the same testing. `corecar lot` says which."] if runs else []


def _alike(session: Session, which: ColumnElement[bool]) -> list[tuple[Run, Source]]:
    """Runs of one lot that began at the same moment, or of which nobody knows when, as they came in."""
    in_lots = and_(which, Run.lot_id.is_not(None))
    several = select(Run.lot_id, Run.start).where(in_lots).group_by(Run.lot_id, Run.start).having(func.count() > 1)
    if session.execute(several.limit(1)).first() is None:
        return []
    alike = several.subquery()
    same = or_(Run.start == alike.c.start, and_(Run.start.is_(None), alike.c.start.is_(None)))
    asked = (
        select(Run, Source)
        .join(Source, Source.hash == Run.source_hash)
        .join(alike, and_(Run.lot_id == alike.c.lot_id, same))
        .where(in_lots)
        .order_by(Run.ingested_at, Run.source_hash, Run.stream)
    )
    return [(run, source) for run, source in session.execute(asked)]


def _recorded(session: Session, store: Store, run: Run, source: Source) -> Recorded:
    return Recorded(
        file=source.hash,
        identity=identity_of(run.read | {"start": run.start}, run.lot_id),
        damaged=source.salvaged or any(map(tells_loss, source.warnings)),
        parts=run.parts,
        readings=run.results,
        read=partial(_content, session, store, run.id),
    )


def _content(session: Session, store: Store, run: str) -> Content:
    def rows(table: str, *columns: str) -> Any:
        return rows_of_runs(session, store, table, [run], columns)

    parts, tests = (rows(name, name[:-1], *columns).sort_by(name[:-1]) for name, columns in _COMPARED.items())
    values = [rows(name, "value")["value"].to_numpy() for name in ("results", "repeats")]
    return content_of(parts, tests, values)


_COMPARED = {"parts": PARTS, "tests": TESTS}
