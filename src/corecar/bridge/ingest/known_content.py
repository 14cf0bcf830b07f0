"""What the catalogue holds already of the content of some files, asked at once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.ingest.taken import Taken
from corecar.store.catalogue.models import Run, Source


@dataclass(frozen=True)
class KnownRun:
    """A run that is there: whose, of which source, and whether it waits without a lot."""

    owner_id: int
    source_hash: str
    waits: bool


@dataclass
class Known:
    """Sources by the hash of their content, each with the key of its copy, and runs by their identity.

    It grows with what the files of one transaction add, since two of them may hold the same.
    """

    sources: dict[str, str]
    runs: dict[str, KnownRun]

    def add_runs(self, rows: Iterable[dict[str, Any]]) -> None:
        """Count rows of `runs` as known from here on."""
        for row in rows:
            self.runs[row["id"]] = KnownRun(row["owner_id"], row["source_hash"], row["unfiled"] is not None)


def known_content(session: Session, files: Sequence[Taken]) -> Known:
    """What is there of the content of some files."""
    contents = {taken.captured.hash for taken in files}
    identities = {run.id for taken in files for run in taken.runs}
    sources = session.execute(select(Source.hash, Source.key).where(Source.hash.in_(sorted(contents))))
    asked = select(Run.id, Run.owner_id, Run.source_hash, Run.unfiled).where(Run.id.in_(sorted(identities)))
    runs = {run: KnownRun(owner, source, unfiled is not None) for run, owner, source, unfiled in session.execute(asked)}
    return Known({row.hash: row.key for row in sources}, runs)
