"""The runs of a lot of the workspace read again from the sources that were kept, under the facts in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.lot.left_out import LeftOut, runs_left_out
from corecar.bridge.lot.run_rows import distinct
from corecar.bridge.sharing import own_lot
from corecar.errors import NotFound
from corecar.formats.filed_runs import FiledRun, read_runs
from corecar.lot import Choice, Identity
from corecar.lot import Lot as ReadLot
from corecar.store.capture import MAPPING, fetch_source
from corecar.store.catalogue.models import Lot, Run, Source
from corecar.store.objects import ObjectStore

INSERTION = ("stage", "test_code", "temperature")


@dataclass(frozen=True)
class KeptRun:
    """A run and the source that holds it, as plain values that outlive the transaction."""

    id: str
    stream: int
    facts: dict[str, Any]
    insertion: tuple[str | None, ...]
    hash: str
    key: str
    name: str
    extra: dict[str, Any]
    encoding: str | None
    salvaged: bool


def kept_runs(session: Session, call: Call, named: str) -> tuple[Lot, list[KeptRun]]:
    """The lot of this name and its runs in the order of testing. Raises NotFound."""
    call_with = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
    found = own_lot(call_with, named)
    return found, kept_runs_of(session, found)


def kept_runs_of(session: Session, found: Lot) -> list[KeptRun]:
    """The runs of a lot in the order of testing. Raises NotFound where none is filed to it any more."""
    asked = select(Run, Source).join(Source, Source.hash == Run.source_hash).where(Run.lot_id == found.id)
    rows = session.execute(asked.order_by(Run.test_pass, Run.start, Run.ingested_at)).all()
    if not rows:
        raise NotFound(f"lot {found.name} has no run any more: they were filed elsewhere.")
    return [_kept(run, source) for run, source in rows]


def by_insertion(runs: Iterable[KeptRun]) -> dict[tuple[str | None, ...], list[KeptRun]]:
    """Runs by stage, test code and temperature."""
    insertions: dict[tuple[str | None, ...], list[KeptRun]] = {}
    for run in runs:
        insertions.setdefault(run.insertion, []).append(run)
    return insertions


@contextmanager
def kept_lot(
    objects: ObjectStore, runs: Sequence[KeptRun], *, identity: Identity = "auto", retest: Choice = "last"
) -> Iterator[tuple[ReadLot, dict[str, Path]]]:
    """Runs of one insertion read as one lot, and where the content of each source lies as long as the block lasts."""
    with _at_hand(objects, runs) as paths:
        on_error: Any = "salvage" if any(run.salvaged for run in runs) else "raise"
        names = _names(runs)
        filed = [
            FiledRun(path, run.stream, run.facts, names[run.hash], run.encoding)
            for path, run in zip(paths, runs, strict=True)
        ]
        lot = read_runs(filed, identity=identity, retest=retest, on_error=on_error).lot
        yield lot, {names[run.hash]: path for path, run in zip(paths, runs, strict=True)}


def insertions_of(
    call: Call, named: str, identity: Identity = "auto", retest: Choice = "last"
) -> Iterator[tuple[str, ReadLot]]:
    """Every insertion of a kept lot as `grade` reads it, with its name. Raises NotFound, and what reading raises."""
    with call.store.catalogue.reading() as session:
        found, kept = kept_runs(session, call, named)
        left = runs_left_out(session, call.store, Run.lot_id == found.id)
    insertions = by_insertion(run for run in kept if run.id not in left)
    for number, (insertion, members) in enumerate(insertions.items()):
        call.check_stopped()
        call.report(number, len(insertions), f"reading {insertion_label(insertion)}")
        with kept_lot(call.store.objects, members, identity=identity, retest=retest) as (lot, _):
            yield insertion_label(insertion), replace(lot, notes=(*left_out_by(members, left), *lot.notes))


def _names(runs: Sequence[KeptRun]) -> dict[str, str]:
    """What each source is called, by its hash: its path, with the hash where a path held several contents in turn."""
    paths = {run.hash: run.name for run in runs}
    shared = Counter(paths.values())
    return {digest: name if shared[name] == 1 else f"{name} ({digest[:8]})" for digest, name in paths.items()}


@contextmanager
def _at_hand(objects: ObjectStore, runs: Sequence[KeptRun]) -> Iterator[list[Path]]:
    """A readable path for each run: the kept file itself, or a copy of it for as long as the block lasts."""
    with TemporaryDirectory(prefix="corecar-") as folder:
        paths: dict[str, Path] = {}
        for run in runs:
            if run.hash not in paths:
                paths[run.hash] = _one_at_hand(objects, run, Path(folder))
        yield [paths[run.hash] for run in runs]


def _one_at_hand(objects: ObjectStore, run: KeptRun, folder: Path) -> Path:
    local = objects.local_path(run.key)
    if local is not None and not run.extra:
        return local
    copy = folder / run.hash[:16] / Path(run.name).name
    copy.parent.mkdir()
    fetch_source(objects, run.key, copy)
    if run.extra:
        (copy.parent / f"{copy.name}.toml").write_text(run.extra[MAPPING], encoding="utf-8")
    return copy


def left_out_by(runs: Sequence[KeptRun], left: Mapping[str, LeftOut]) -> list[str]:
    """What there is to say of the runs that are left out since these hold their testing."""
    here = {run.id for run in runs}
    return [one.sentence for one in left.values() if one.by in here]


def insertion_label(insertion: tuple[str | None, ...]) -> str:
    """Stage, test code and temperature in words."""
    return " ".join(distinct(insertion)) or "unknown"


def _kept(run: Run, source: Source) -> KeptRun:
    facts = {
        "lot": run.lot_name, "sublot": run.sublot, "product": run.product, "stage": run.stage,
        "temperature": run.temperature, "test_pass": run.test_pass,
    }  # fmt: skip
    insertion = (run.stage, run.read.get("test_code"), run.temperature)
    return KeptRun(
        run.id, run.stream, facts, insertion, source.hash, source.key, source.path, source.extra, source.encoding,
        source.salvaged,
    )  # fmt: skip
