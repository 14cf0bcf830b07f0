"""Yields of a lot from the parts of its runs alone: no file is read again, and no reading is touched.

It stands among the formats because the rules of retests do: attempts are found here by the same `retests.resolve`, over
the same groups, that a reader of the files uses, so the figures are those of `Lot.yield_()`. What a caller stores of a
run is enough: its rows of `parts`, of `texts` where chips tell their identity, of `wafers` where a wafer has no name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chip_identities import chip_identities
from corecar.errors import ArgumentError
from corecar.formats.bins import bin_table
from corecar.formats.retests import Attempts, resolve
from corecar.formats.stdf.parts import APART
from corecar.formats.stdf.runs import testing_order
from corecar.lot import BoolArray, Choice, Identity, Int64Array, Retests, UInt16Array, Yield, yield_of
from corecar.stdf_values import NO_COORDINATE

COLUMNS = (
    "run", "part", "wafer", "x", "y", "part_id", "part_text", "hard_bin", "soft_bin", "passed", "attempt", "superseded",
    "incomplete", "flags",
)  # fmt: skip
"""Columns of `parts` that are looked at; a caller may leave out the others."""

INSERTION = ("stage", "test_code", "temperature")
"""Facts of a run that make an insertion: a lot passes through several, and each has its own yield."""


@dataclass(frozen=True, eq=False)
class MergedParts:
    """The parts of several runs as one lot's: in the order of testing, `attempt` and `superseded` found anew.

    runs  the rows given, in the order of testing
    unit  int64, shape (parts,): attempts at one unit bear the same number
    """

    parts: Any
    runs: tuple[Mapping[str, Any], ...]
    retests: Retests
    notes: tuple[str, ...]
    unit: Int64Array


@dataclass(frozen=True, eq=False)
class PartYields:
    """Yields of some runs taken together.

    total   as `Lot.yield_()` of their files read together
    wafers  the same by wafer, in the order of probing; empty at final test
    bins    the `bins` table; names and reported counts are null, since the parts do not tell them
    again   how many units of one run were tested next in which other run
    """

    total: Yield
    wafers: dict[str, Yield]
    bins: Any
    retests: Retests
    notes: tuple[str, ...]
    again: Mapping[tuple[Any, Any], int]


@dataclass(frozen=True, eq=False)
class InsertionYields:
    """Yields of one insertion: the runs of a lot at one stage, test code and temperature."""

    stage: str | None
    test_code: str | None
    temperature: str | None
    runs: tuple[Any, ...]
    yields: PartYields


@dataclass(frozen=True, eq=False)
class LotYields:
    """Yields of a lot.

    whole       of all runs together: a part that passes two insertions counts in each, as in `Lot.yield_()`
    insertions  of each alone, in the order of testing
    """

    whole: PartYields
    insertions: tuple[InsertionYields, ...]


def yields(
    parts: Any,
    runs: Sequence[Mapping[str, Any]],
    *,
    texts: Any = None,
    wafers: Any = None,
    identity: Identity = "auto",
    retest: Choice = "last",
) -> LotYields:
    """Yields of a lot: together, and by insertion, wafer and bin.

    parts     rows of `parts` of all its runs, of `COLUMNS`; `run` may be any name of a run
    runs      a row of `runs` for each, with the facts in force: `run` (as in `parts`), lot, product, stage, test_code,
              temperature, test_pass, start; in the order of testing where not every run has a start
    texts     rows of `texts`, with `run` likewise: only needed where a GDR tells a chip's identity
    wafers    rows of `wafers`, likewise: only needed where a wafer has no name
    identity, retest  as in `corecar.read`
    Raises    ArgumentError for parts of a run that is not given, and as `corecar.read` for an identity

    >>> yields(lot.parts, lot.runs.to_pylist()).whole.total == lot.yield_()  # doctest: +SKIP
    True
    """
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for place in testing_order(runs):
        found.setdefault(tuple(runs[place].get(name) for name in INSERTION), []).append(runs[place])
    more: dict[str, Any] = {"texts": texts, "wafers": wafers, "identity": identity, "retest": retest}
    whole = _part_yields(merge_parts(parts, runs, **more))
    insertions = []
    for key, chosen in found.items():
        names = tuple(run["run"] for run in chosen)
        alone = whole if len(found) == 1 else _part_yields(merge_parts(_of(parts, names), chosen, **more))
        insertions.append(InsertionYields(key[0], key[1], key[2], names, alone))
    return LotYields(whole, tuple(insertions))


def merge_parts(
    parts: Any,
    runs: Sequence[Mapping[str, Any]],
    *,
    texts: Any = None,
    wafers: Any = None,
    passes: UInt16Array | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
) -> MergedParts:
    """The parts of several runs as one lot's. Arguments and errors as of `yields`.

    passes  the test pass of each of the parts, where the runs alone do not tell it
    """
    rows = tuple(runs[place] for place in testing_order(runs))
    run = _run_of(parts["run"], rows)
    order = np.lexsort((parts["part"].to_numpy(), run))
    parts, run = parts.take(pa.array(order)), run[order]
    told = (
        np.array([int(row.get("test_pass") or 1) for row in rows], np.uint16)[run] if passes is None else passes[order]
    )
    wafer, group, unsure = _groups(parts, run, rows, wafers)
    ecid = None if texts is None else chip_identities(_placed(texts, parts, run, rows), len(run))
    resolved = resolve(_attempts(parts, run, wafer, group, told, ecid), identity, retest)
    for name in ("attempt", "superseded"):
        parts = parts.set_column(parts.column_names.index(name), name, pa.array(getattr(resolved, name)))
    return MergedParts(parts, rows, resolved.report, (*unsure, *resolved.notes), resolved.unit)


def _part_yields(merged: MergedParts) -> PartYields:
    parts, identity = merged.parts, merged.retests.identity
    names = [name for name in pc.unique(parts["wafer"]).to_pylist() if name is not None]
    by_wafer = {name: yield_of(parts.filter(pc.equal(parts["wafer"], name)), identity) for name in names}
    return PartYields(
        yield_of(parts, identity),
        by_wafer,
        bin_table(parts, identity),
        merged.retests,
        merged.notes,
        tested_again(merged),
    )


def tested_again(merged: MergedParts) -> dict[tuple[Any, Any], int]:
    """How many units of one run were tested next in which other run: by both runs, complete attempts only."""
    complete = np.flatnonzero(~merged.parts["incomplete"].to_numpy())
    order = complete[np.argsort(merged.unit[complete], kind="stable")]
    run = _run_of(merged.parts["run"], merged.runs)[order]
    same = merged.unit[order][1:] == merged.unit[order][:-1]
    moved = same & (run[1:] != run[:-1])
    pairs, counts = np.unique(np.stack([run[:-1][moved], run[1:][moved]]), axis=1, return_counts=True)
    names = [row["run"] for row in merged.runs]
    found = zip(pairs.T.tolist(), counts.tolist(), strict=True)
    return {(names[earlier], names[later]): count for (earlier, later), count in found}


def _of(table: Any, names: Sequence[Any]) -> Any:
    """The rows of these runs."""
    return table.filter(pc.is_in(table["run"], value_set=pa.array(names, table.schema.field("run").type)))


def _run_of(column: Any, rows: Sequence[Mapping[str, Any]]) -> Int64Array:
    """Place in `rows` of the run that each value of a column names."""
    names = pa.array([row["run"] for row in rows], column.type)
    found = pc.index_in(column, value_set=names)
    if found.null_count:
        stranger = column.filter(found.is_null())[0].as_py()
        raise ArgumentError(f"parts are of run {stranger!r}, which has no row of `runs`. Give the facts of every run.")
    place: Int64Array = found.to_numpy().astype(np.int64)
    return place


def _groups(
    parts: Any, run: Int64Array, rows: Sequence[Mapping[str, Any]], wafers: Any
) -> tuple[BoolArray, Int64Array, list[str]]:
    """Which parts lie on a wafer, the group of each as a reader of the files makes them, and what is not sure.

    A wafer without a name is one of its own. Where a run has several, nothing tells on which of them a part lies; its
    parts then have no place.
    """
    unnamed = _unnamed_wafers(wafers, rows)
    codes = pc.fill_null(parts["wafer"].combine_chunks().cast(pa.string()).dictionary_encode().indices, -1)
    wafer = codes.to_numpy().astype(np.int64)
    nameless = wafer < 0
    wafer = np.where(nameless, np.where(unnamed[run] == 1, -2 - run, -1), wafer)
    keys = [tuple(row.get(name) for name in APART) for row in rows]
    pairs, inverse = np.unique(np.stack([run, wafer]), axis=1, return_inverse=True)
    known: dict[tuple[Any, ...], int] = {}
    group = [known.setdefault((*keys[at], on), len(known)) for at, on in pairs.T.tolist()]
    lost = int((nameless & (unnamed[run] > 1)).sum())
    note = f"{lost} part(s) lie on several wafers without a name in one run; each counts as a unit of its own."
    return wafer != -1, np.array(group, np.int64)[inverse.reshape(-1)], [note] if lost else []


def _unnamed_wafers(wafers: Any, rows: Sequence[Mapping[str, Any]]) -> Int64Array:
    """How many wafers without a name each run has."""
    if wafers is None:
        return np.zeros(len(rows), np.int64)
    chosen = _of(wafers, [row["run"] for row in rows])
    chosen = chosen.filter(chosen["wafer"].is_null())
    return np.bincount(_run_of(chosen["run"], rows), minlength=len(rows))


def _placed(texts: Any, parts: Any, run: Int64Array, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The texts with the row of the merged parts in place of their run's own part number."""
    said = _of(texts.filter(texts["part"].is_valid()), [row["run"] for row in rows])
    keys = run << 32 | parts["part"].to_numpy().astype(np.int64)
    wanted = _run_of(said["run"], rows) << 32 | said["part"].to_numpy().astype(np.int64)
    place = pa.array(np.searchsorted(keys, wanted).astype(np.uint32))
    return said.set_column(said.column_names.index("part"), "part", place)


def _attempts(
    parts: Any, run: Int64Array, on_wafer: BoolArray, group: Int64Array, test_pass: UInt16Array, ecid: Any
) -> Attempts:
    x, y = (pc.fill_null(parts[name], NO_COORDINATE).to_numpy().astype(np.int16) for name in ("x", "y"))
    return Attempts(
        group=group,
        on_wafer=on_wafer,
        x=x,
        y=y,
        flags=parts["flags"].to_numpy(),
        complete=~parts["incomplete"].to_numpy(),
        passed=pc.fill_null(parts["passed"], False).to_numpy(),
        part_id=parts["part_id"].combine_chunks(),
        part_text=parts["part_text"].combine_chunks(),
        ecid=ecid,
        test_pass=test_pass,
        run=run.astype(np.uint32),
    )
