"""Which files are to be taken in: found under the paths given, finished, and not taken before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from corecar.errors import ArgumentError, SourceMissing
from corecar.formats.recognition import is_companion
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.models import Quarantined, Run, Seen

Item = TypeVar("Item")
NAMED_LIKE_TESTER_FILES = (".stdf", ".std", ".stf", ".atdf", ".atd")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".z")
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
AT_ONCE = 500
"""Paths asked for in one question to the catalogue."""


@dataclass(frozen=True, order=True)
class Candidate:
    """A file as it was when it was looked at.

    named   the user named this very file; otherwise it was found in a folder, and may be something else altogether
    """

    path: str
    bytes: int
    modified_ns: int
    named: bool

    @property
    def path_hash(self) -> str:
        return hash_of_path(self.path)

    @property
    def suspected(self) -> bool:
        """Whether it is to be quarantined when it can't be read: named by the user, or named like a tester file."""
        name = self.path.lower()
        for packed in PACKED:
            name = name.removesuffix(packed)
        return self.named or name.endswith(NAMED_LIKE_TESTER_FILES)


def hash_of_path(path: str) -> str:
    """A key of fixed length for a path of any length."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def find(paths: Sequence[str | Path], *, recursive: bool) -> list[Candidate]:
    """The files at and below some paths, each once, in the order of their names.

    paths      files, and folders whose files are meant; below them only when `recursive`
    Raises     ArgumentError for an empty path, which is no name of the current folder; SourceMissing for a path at
               which nothing is
    """
    if "" in paths:
        raise ArgumentError("a path is empty: a variable that is not set? The current folder is `.`.")
    found: dict[str, Candidate] = {}
    for path in (Path(given).absolute() for given in paths):
        if not path.exists():
            raise SourceMissing(path, "there is nothing.", advice="Check the path.")
        inside = _inside(path, recursive) if path.is_dir() else [path]
        for file in sorted(inside):
            candidate = _looked_at(file, named=file == path)
            if candidate is not None:
                found.setdefault(candidate.path, candidate)
    return list(found.values())


def _inside(folder: Path, recursive: bool) -> Iterator[Path]:
    """Files of a folder that may be tester files; hidden ones, and those that somebody still copies, are not."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if recursive else []
        for name in files:
            unfinished = name.startswith(".") or name.lower().endswith(UNFINISHED)
            if not unfinished and not is_companion(name):
                yield Path(at) / name


def _looked_at(file: Path, *, named: bool) -> Candidate | None:
    """None for what is gone again, or is no plain file."""
    try:
        status = file.stat()
    except OSError:
        return None
    return Candidate(str(file), status.st_size, status.st_mtime_ns, named) if file.is_file() else None


@dataclass
class Sorted:
    """Candidates by what is known of them.

    rest         new, or changed since
    known        how many were taken before; foreign: runs of these that another party brought
    quarantined  how many lie in quarantine of the party
    """

    rest: list[Candidate] = field(default_factory=list)
    known: int = 0
    foreign: int = 0
    quarantined: int = 0


def not_taken_yet(session: Session, candidates: Iterable[Candidate], owner_id: int) -> Sorted:
    """Candidates of a party, sorted into those to take and the others."""
    found = Sorted()
    for some in in_pieces(list(candidates), AT_ONCE):
        hashes = [candidate.path_hash for candidate in some]
        seen = {row.path_hash: row for row in session.scalars(select(Seen).where(Seen.path_hash.in_(hashes)))}
        open_cases = select(Quarantined).where(
            Quarantined.path_hash.in_(hashes), Quarantined.owner_id == owner_id, Quarantined.resolved_at.is_(None)
        )
        refused = {row.path_hash: row for row in session.scalars(open_cases)}
        known: list[str] = []
        for candidate in some:
            row = seen.get(candidate.path_hash)
            if row is not None and _is_same(candidate, row):
                known.append(row.source_hash)
            elif _is_same(candidate, refused.get(candidate.path_hash)):
                found.quarantined += 1
            else:
                found.rest.append(candidate)
        others = select(func.count()).where(Run.source_hash.in_(known), Run.owner_id != owner_id)
        found.known += len(known)
        found.foreign += session.scalar(others) or 0
    return found


def quarantined_paths(catalogue: Catalogue) -> frozenset[str]:
    """Where the files lie that could not be taken in and may be tried again."""
    with catalogue.reading() as session:
        return frozenset(session.scalars(select(Quarantined.path)))


def _is_same(candidate: Candidate, row: Seen | Quarantined | None) -> bool:
    return row is not None and (row.bytes, row.modified_ns) == (candidate.bytes, candidate.modified_ns)


def in_pieces(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The same in pieces of one size; the last may be smaller."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
