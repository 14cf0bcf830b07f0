"""What a worker does with one file: keep its bytes, read them, measure, lay out as columns. It knows no catalogue.

The bytes that are read are the bytes that were kept, so that a file which changes meanwhile cannot be stored as one
thing and read as another: each block is scanned in memory on its way into the store. What is damaged, or no STDF of one
stream, is read back from there.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from corecar.assess import measures
from corecar.bridge.ingest.discovery import Candidate
from corecar.bridge.ingest.taken import Refused, Taken, TakenRun
from corecar.errors import CorecarError, DamagedSource, MappingError, SourceChanged, SourceError, SourceMissing
from corecar.formats import read_streams
from corecar.formats.prepared import is_datalog
from corecar.formats.reading import Passing
from corecar.formats.recognition import HEAD, is_tester_file, mapping_beside
from corecar.formats.sources import Member, members
from corecar.formats.streams import Streamed, run_ids, stream_in_passing
from corecar.lot import Lot, OnError
from corecar.store.capture import MAPPING, Captured, capture, fetch_source
from corecar.store.lake import write_run
from corecar.store.objects import ObjectStore


@dataclass(frozen=True)
class Task:
    """One file to take in, and where to. Travels to another process or machine.

    kept   key of the copy that quarantine holds of it, when it is tried again
    """

    candidate: Candidate
    objects: ObjectStore
    token: str
    on_error: OnError
    encoding: str | None
    kept: str | None = None


def take_in(task: Task) -> Taken | Refused:
    """Keep, read and lay out one file; a bad one comes back as a refusal, what nobody can take raises."""
    written: list[str] = []
    task = replace(task, token=f"{secrets.token_hex(4)}-{task.token}")  # names of its own: another may hold the same
    try:
        with _at_hand(task) as path:
            return _taken(task, path, written)
    except (SourceChanged, SourceMissing) as error:
        _forget(task.objects, written)
        return Refused(task.candidate, type(error).__name__, str(error), later=True)
    except (SourceError, MappingError) as error:
        _forget(task.objects, written)
        return _refused(task, error)
    except (MemoryError, OSError) as error:
        _forget(task.objects, written)
        if not isinstance(error, MemoryError) and error.errno != errno.ENOMEM:
            raise
        problem = "it does not fit into the memory of this machine."
        return _refused(
            task, SourceError(task.candidate.path, problem, advice="Take it in on a larger one: --workers.")
        )
    except BaseException:
        _forget(task.objects, written)
        raise


def _taken(task: Task, path: Path, written: list[str]) -> Taken:
    found = _recognised(task, path)
    passing = Passing(found[0]) if len(found) == 1 else None
    captured = _captured(task, path, found, passing)
    written.append(captured.stored_key)
    extra = {MAPPING: _mapping_text(path)} if is_datalog(path) else {}
    stream = stream_in_passing(passing, encoding=task.encoding) if passing is not None else None
    if stream is not None:
        ids, streams = [captured.hash], [stream]
    else:
        with _readable(task.objects, captured, path.name, extra) as copy:
            streams = _streams(task, copy)
            ids = run_ids(copy, streams, captured.hash)
    runs = []
    for number, (identity, stream) in enumerate(zip(ids, streams, strict=True)):
        runs.append(_laid_out(task, identity, number, stream, captured.bytes))
        written.extend(file.key for file in runs[-1].written)
    sources = [source for stream in streams for source in stream.lot.sources]
    cut = [f"{member.cut[0].upper()}{member.cut[1:]}; the rest is lost." for member in found if member.cut]
    return Taken(
        candidate=task.candidate,
        captured=captured,
        compression=found[0].compression if found else None,
        format=next((source.format for source in sources), None),
        extra=extra,
        warnings=tuple(dict.fromkeys([*cut, *(warning for source in sources for warning in source.warnings)])),
        salvaged=bool(cut) or any(source.salvaged for source in sources),
        runs=tuple(runs),
        encoding=task.encoding,
    )


@contextmanager
def _at_hand(task: Task) -> Iterator[Path]:
    """The file; when it is gone and quarantine kept a copy, that copy under its name."""
    path = Path(task.candidate.path)
    if task.kept is None or path.exists():
        yield path
        return
    with TemporaryDirectory(prefix="corecar-") as folder:
        copy = Path(folder) / path.name
        fetch_source(task.objects, task.kept, copy)
        yield copy


def _recognised(task: Task, path: Path) -> list[Member]:
    """The streams of bytes in the file. Raises what reading it says when it is no tester file."""
    found = members(path)
    if not is_datalog(path) and not is_tester_file(found[0].head(HEAD)):
        read_streams(path, encoding=task.encoding)
    return found


def _captured(task: Task, path: Path, found: list[Member], passing: Passing | None) -> Captured:
    """Keep the content. Raises DamagedSource when its compression is damaged and nothing may be lost."""
    contents: Iterable[Iterator[Any]] = [passing.blocks()] if passing else (member.chunks() for member in found)
    blocks = chain.from_iterable(_whole(task, member, content) for member, content in zip(found, contents, strict=True))
    packed = any(member.compression is not None for member in found)
    return capture(path, task.objects, task.token, blocks=blocks, packed=packed)


def _whole(task: Task, member: Member, content: Iterator[Any]) -> Iterator[Any]:
    given = 0
    for block in content:
        given += len(block)
        yield block
    if member.cut and task.on_error == "raise":
        problem = f"{member.cut} after {given:_} bytes of content."
        raise DamagedSource(member.name, problem, advice="Find a whole copy, or take it with --salvage.", offset=given)


@contextmanager
def _readable(objects: ObjectStore, captured: Captured, name: str, extra: dict[str, Any]) -> Iterator[Path]:
    """A path at which the kept content can be read."""
    local = objects.local_path(captured.stored_key)
    if local is not None and not extra:
        yield local
        return
    with TemporaryDirectory(prefix="corecar-") as folder:
        if extra:
            copy = Path(folder) / name
            fetch_source(objects, captured.stored_key, copy)
            (Path(folder) / f"{name}.toml").write_text(extra[MAPPING], encoding="utf-8")
        else:
            copy = Path(folder) / f"{captured.hash}.zst"
            objects.fetch(captured.stored_key, copy)
        yield copy


def _streams(task: Task, copy: Path) -> list[Streamed]:
    """The runs of the kept file; an error names the file that the user knows."""
    try:
        return read_streams(copy, encoding=task.encoding, on_error=task.on_error)
    except SourceError as error:
        raise type(error)(
            task.candidate.path, error.problem, advice=error.advice, offset=error.offset, record=error.record
        ) from error
    except MappingError as error:
        raise MappingError(str(error).replace(str(copy), task.candidate.path), error.faults) from error


def _mapping_text(path: Path) -> str:
    mapping = mapping_beside(path)
    assert mapping is not None, "a datalog is told by its mapping"
    return mapping.read_text(encoding="utf-8-sig")


def _laid_out(task: Task, identity: str, number: int, stream: Streamed, size: int) -> TakenRun:
    """Measure one run and write its columns."""
    lot = stream.lot
    written = write_run(task.objects, identity, task.token, lot, measures)
    row = {name: value for name, value in lot.runs.slice(0, 1).to_pylist()[0].items() if name not in ("run", "source")}
    last = size if stream.stop is None else stream.stop
    return TakenRun(identity, number, stream.start, last, row, counts_of(lot), tuple(written))


def counts_of(lot: Lot) -> dict[str, int]:
    """The counts of a run that the catalogue keeps."""
    yields = lot.yield_()
    return {
        "parts": lot.parts.num_rows,
        "tests": lot.tests.num_rows,
        "results": len(lot.measurements),
        "wafers": len(set(lot.wafers["wafer"].to_pylist())),
        "first_tested": yields.first_tested,
        "first_good": yields.first_good,
        "final_tested": yields.final_tested,
        "final_good": yields.final_good,
    }


def _refused(task: Task, error: CorecarError) -> Refused:
    """Keep a bad file as it came, so that it can be tried again when its folder has been cleaned."""
    refused = Refused(task.candidate, type(error).__name__, str(error))
    if not task.candidate.suspected:
        return replace(refused, other=True)
    if task.kept is not None:
        return refused
    with suppress(SourceError):
        return replace(refused, key=capture(task.candidate.path, task.objects, task.token).stored_key)
    return refused


def _forget(objects: ObjectStore, keys: list[str]) -> None:
    """Take back what was written for nothing; what cannot be taken back now, vacuum finds."""
    for key in keys:
        with suppress(CorecarError):
            objects.delete(key)
