"""The lots that a study looks at: from files, or from what a workspace kept of its lots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corecar.assess.pools import Insertion, Pool, is_of, nothing_of
from corecar.bridge.calls import Call
from corecar.bridge.lot.kept_lots import kept_lot, kept_runs_of
from corecar.bridge.lot.left_out import counted, runs_left_out
from corecar.bridge.sharing import visible_lot
from corecar.errors import ArgumentError, SourceMissing
from corecar.formats import read
from corecar.formats import records as read_records
from corecar.lot import Choice, Identity, Lot, OnError, Progress
from corecar.store.catalogue.models import Run

Seconds = dict[tuple[int, str | None], float]
ALL_SITES = 255
"""HEAD_NUM of a summary over all heads and sites."""
NO_TIME = 0b100
"""OPT_FLAG of a TSR: its TEST_TIM says nothing."""


@dataclass(frozen=True)
class Studied:
    """What a study looks at.

    seconds  mean time of one execution of a test by number and name, where the files were asked for it and say it
    """

    pool: Pool
    notes: tuple[str, ...] = ()
    seconds: Seconds | None = None


def studied_files(
    paths: Sequence[str | Path],
    *,
    stage: str | None = None,
    temperature: str | None = None,
    timed: bool = False,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Studied:
    """The lots of some files, those of a folder for the folder; lots are told apart by the name they have in the files.

    timed   whether to look for the time of tests too
    others  as in `corecar.read`
    Raises  SourceError; ArgumentError for parts of several stages or temperatures
    """
    files = list(_files(paths))
    lot = read(files, identity=identity, retest=retest, encoding=encoding, on_error=on_error, progress=progress)
    seconds = seconds_of_tests(lot, {str(path): path for path in files}, on_error) if timed else None
    return Studied(Pool([lot], stage=stage, temperature=temperature), lot.notes, seconds)


def studied_lots(
    call: Call,
    names: Sequence[str],
    *,
    stage: str | None = None,
    temperature: str | None = None,
    timed: bool = False,
    identity: Identity = "auto",
    retest: Choice = "last",
) -> Studied:
    """Lots of the workspace, read from the sources that were kept, under the facts in force.

    Raises  NotFound; ArgumentError for no lot, one named twice, or parts of several stages or temperatures
    """
    if not names:
        raise ArgumentError("no lot was named. Name at least one; `corecar lots` lists them.")
    lots: list[Lot] = []
    notes: list[str] = []
    seconds: list[Seconds] = []
    insertions: list[Insertion] = []
    for found in _each_once([visible_lot(call, name) for name in names]):
        left = runs_left_out(call.session, call.store, Run.lot_id == found.id)
        runs = [run for run in kept_runs_of(call.session, found) if run.id not in left]
        insertions += [run.insertion for run in runs]
        runs = [run for run in runs if is_of(stage, temperature, run.insertion)]
        notes += counted(left)
        if not runs:
            notes.append(f"lot {found.name} has no run of this stage and temperature.")
            continue
        with kept_lot(call.store.objects, runs, identity=identity, retest=retest) as (lot, files):
            lots.append(lot)
            if timed:
                salvaged = any(run.salvaged for run in runs)
                seconds.append(seconds_of_tests(lot, files, "salvage" if salvaged else "raise"))
    if not lots:
        raise ArgumentError(nothing_of(stage, temperature, insertions))
    pool = Pool(lots, stage=stage, temperature=temperature)
    return Studied(pool, tuple(dict.fromkeys(notes)), _means(seconds) if timed else None)


def seconds_of_tests(lot: Lot, files: Mapping[str, Path], on_error: OnError = "raise") -> Seconds:
    """Mean time of one execution [s] by test number and name, and by number alone, from the TSR of STDF files.

    files  where the content of each source of the lot lies
    Files of other formats, and records whose time is flagged as not valid, say nothing
    """
    stdf = dict.fromkeys(source.path for source in lot.sources if source.format == "STDF")
    return _means([_of_file(files[name], on_error) for name in stdf if name in files])


def _of_file(path: Path, on_error: OnError) -> Seconds:
    table = read_records(path, ["TSR"], on_error=on_error).get("TSR")
    rows = [] if table is None else [row for row in table.to_pylist() if _says_time(row)]
    whole = [row for row in rows if row["HEAD_NUM"] == ALL_SITES]
    found: dict[tuple[int, str | None], list[tuple[float, int]]] = defaultdict(list)
    for row in whole or rows:
        for name in (row["TEST_NAM"], None):
            found[row["TEST_NUM"], name].append((row["TEST_TIM"], row["EXEC_CNT"] or 1))
    return {key: sum(t * n for t, n in both) / sum(n for _, n in both) for key, both in found.items()}


def _says_time(row: dict[str, Any]) -> bool:
    flag = row["OPT_FLAG"]
    return flag is not None and not int(flag) & NO_TIME and (row["TEST_TIM"] or 0) > 0


def _means(several: Sequence[Seconds]) -> Seconds:
    """Of each test the mean over the files that say its time."""
    together: dict[tuple[int, str | None], list[float]] = defaultdict(list)
    for one in several:
        for key, seconds in one.items():
            together[key].append(seconds)
    return {key: sum(each) / len(each) for key, each in together.items()}


def _files(paths: Sequence[str | Path]) -> Iterable[Path]:
    for path in map(Path, paths):
        if not path.exists():
            raise SourceMissing(path, "there is no such file or folder.", advice="Check the path.")
        yield from sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]


def _each_once(lots: Sequence[Any]) -> Sequence[Any]:
    """Raises ArgumentError for a lot that was named twice."""
    seen: set[int] = set()
    for lot in lots:
        if lot.id in seen:
            raise ArgumentError(f"lot {lot.name} was named twice. Name each lot once.")
        seen.add(lot.id)
    return lots
