"""Runs of one lot from their stored files, under the facts they are filed by rather than those the tester wrote.

Lot, product, stage, temperature and test pass decide which attempts may be of one unit and in which order they were
made. So a corrected fact is in force before retests are resolved: a lot with one mistyped file reads as if the tester
had written it right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.formats.joined_lots import Piece, join_lots
from corecar.formats.prepared import is_datalog
from corecar.formats.reading import scan_files
from corecar.formats.same_testing import left_out, recorded_lot, told
from corecar.formats.stdf.choosing import runs_of
from corecar.formats.stdf.cold import run_row
from corecar.formats.stdf.joining import lot_of
from corecar.formats.stdf.runs import Run, Scanned
from corecar.formats.stdf.texts import checked_encoding
from corecar.lot import Choice, Identity, Lot, OnError, Progress

FACTS = ("lot", "sublot", "product", "stage", "test_code", "temperature", "test_pass")
"""Columns of `runs` that may be filed otherwise than the tester wrote them."""
NOT_OF_RUNS = ("customer",)
"""Facts that a run is filed by and that no column of `runs` holds."""


@dataclass(frozen=True)
class FiledRun:
    """One run and what it is filed as.

    path      the file that holds it, plain or compressed: STDF, ATDF, or a CSV datalog with its mapping beside it
    stream    its number in that file, from 0; a concatenated file or a zip holds several
    facts     of `FACTS`, in place of what the records say, None for unknown; a customer may stand there and is left out
    name      what `runs.source` and messages about the run call the file; by default its path
    encoding  codec of its texts; None for that of all runs
    """

    path: str | Path
    stream: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    encoding: str | None = None

    @property
    def called(self) -> str:
        """What messages call the file."""
        return self.name or str(self.path)


@dataclass(frozen=True)
class Joined:
    """A lot read from filed runs, and which of them each row of its `runs` is.

    A run that holds the same testing as another one is left out, with a note in the lot.
    """

    lot: Lot
    given: tuple[int, ...]


def read_runs(
    runs: Sequence[FiledRun],
    *,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Joined:
    """Read runs of one lot under the facts they are filed by; a file that holds several of them is scanned once.

    runs      in the order of testing where their files do not tell when they were tested
    encoding  of the runs that do not name their own
    The other arguments are those of `corecar.read`, and so are the rules of retests.
    Raises  ArgumentError for a stream that a file does not hold or a fact that no run has, and as `corecar.read`

    >>> read_runs([FiledRun("a.stdf"), FiledRun("b.stdf", facts={"lot": "A530"})]).given  # doctest: +SKIP
    (0, 1)
    """
    if not runs:
        raise ArgumentError("no run was named. Name at least one.")
    facts = [stated_facts(run.facts, run.called) for run in runs]
    _check_each_once(runs)
    datalogs = [place for place, run in enumerate(runs) if is_datalog(Path(run.path))]
    streams = [place for place in range(len(runs)) if place not in set(datalogs)]
    scanned = _streams([runs[place] for place in streams], on_error, progress)
    codecs = [checked_encoding(runs[place].encoding or encoding) for place in streams]
    found, notes = runs_of(scanned, codecs, [facts[place] for place in streams])
    given = [streams[next(i for i, one in enumerate(scanned) if one is run.scanned)] for run in found]
    written = [(run_row(run.cold), facts[place]) for run, place in zip(found, given, strict=True)]
    if not datalogs:
        return Joined(lot_of(found, notes + _restated(written), identity=identity, choice=retest), tuple(given))
    pieces = dict(zip(given, map(_piece, found), strict=True))
    for place, lot in _read_datalogs({place: runs[place] for place in datalogs}, notes):
        pieces[place] = Piece(lot, facts[place])
        written.append((lot.runs.to_pylist()[0], facts[place]))
    places = sorted(pieces)
    lot, order = join_lots([pieces[place] for place in places], identity=identity, choice=retest)
    return Joined(
        replace(lot, notes=tuple(dict.fromkeys([*notes, *_restated(written), *lot.notes]))),
        tuple(places[at] for at in order),
    )


def stated_facts(facts: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The facts as columns of `runs`: texts or None, the test pass a whole number from 1.

    Raises ArgumentError for one that no run has and for a test pass that is no such number
    """
    unknown = [name for name in facts if name not in (*FACTS, *NOT_OF_RUNS)]
    if unknown:
        raise ArgumentError(f'{where}: "{unknown[0]}" is no fact to file a run by. There is {", ".join(FACTS)}.')
    stated = {name: None if value == "" else value for name, value in facts.items() if name in FACTS}
    if "test_pass" in stated:
        stated["test_pass"] = _test_pass(stated["test_pass"], where)
    return stated


def _test_pass(value: Any, where: str) -> int:
    """A test pass that nobody knows counts as a first one, as the records' own does."""
    text = "1" if value is None else str(value)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 65535):
        raise ArgumentError(f"{where}: test_pass={value!r}: expected a whole number from 1, 1 for a first test.")
    return int(text)


def _check_each_once(runs: Sequence[FiledRun]) -> None:
    """Raises ArgumentError for a run that was named twice."""
    named: set[tuple[Path, int]] = set()
    for run in runs:
        key = Path(run.path), run.stream
        if key in named:
            raise ArgumentError(f"{run.path}: stream {run.stream} was named twice. Name each run once.")
        named.add(key)


def _piece(run: Run) -> Piece:
    """A stream as a lot of its own."""
    alone = replace(run, first_part=0, wafers=[wafer | {"run": 0} for wafer in run.wafers])
    return Piece(replace(lot_of([alone], [], identity="none", choice="last"), notes=()), {})


def _read_datalogs(runs: Mapping[int, FiledRun], notes: list[str]) -> Iterator[tuple[int, Lot]]:
    """The lot of each datalog under its name; one that holds the same testing as another is left out with a note."""
    from corecar.formats.datalog import read_datalog

    lots = {place: _datalog(run, read_datalog) for place, run in runs.items()}
    places = list(lots)
    away = left_out([recorded_lot(lot, str(runs[place].path)) for place, lot in lots.items()])
    for at, place in enumerate(places):
        if at in away:
            notes.append(told(away[at], runs[place].called, runs[places[away[at].by]].called))
        else:
            yield place, _called(lots[place], str(runs[place].path), runs[place].called)


def _datalog(run: FiledRun, read_datalog: Callable[..., Lot]) -> Lot:
    """The lot of a datalog, which is one run."""
    lot = read_datalog(run.path, identity="none")
    if run.stream or lot.runs.num_rows != 1:
        raise ArgumentError(f"{run.called}: stream {run.stream}: the datalog holds {lot.runs.num_rows} run(s).")
    return lot


def _called(lot: Lot, path: str, name: str) -> Lot:
    """A lot whose file is called by another name."""
    at = lot.runs.column_names.index("source")
    runs = lot.runs.set_column(at, lot.runs.schema.field(at), pa.array([name] * lot.runs.num_rows, pa.string()))
    sources = tuple(replace(source, path=name) for source in lot.sources)
    return replace(lot, runs=runs, sources=sources, notes=tuple(note.replace(path, name) for note in lot.notes))


def _streams(runs: Sequence[FiledRun], on_error: OnError, progress: Progress | None) -> list[Scanned]:
    """The stream of each run, under its name."""
    paths = list(dict.fromkeys(Path(run.path) for run in runs))
    by_path = dict(zip(paths, scan_files(paths, on_error=on_error, progress=progress), strict=True))
    chosen: list[Scanned] = []
    for run in runs:
        streams = by_path[Path(run.path)]
        if not 0 <= run.stream < len(streams):
            raise ArgumentError(f"{run.path}: stream {run.stream}: the file has streams 0 to {len(streams) - 1}.")
        one = streams[run.stream]
        one.stream.path = run.name or one.stream.path
        chosen.append(one)
    return chosen


def _restated(runs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[str]:
    """One note of what stands otherwise than the tester wrote it: of each run its row as written, and the facts."""
    changes: Counter[tuple[str, Any, Any]] = Counter()
    for written, stated in runs:
        changes.update((name, written[name], value) for name, value in stated.items() if value != written[name])
    if not changes:
        return []
    told = [f"{name.replace('_', ' ')} {_quoted(old)} as {_quoted(new)}" for name, old, new in changes]
    return [f"Facts stand as the runs are filed, not as the tester wrote them: {', '.join(told)}."]


def _quoted(value: Any) -> str:
    return "(none)" if value is None else f'"{value}"'
