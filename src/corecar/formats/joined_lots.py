"""Lots that were read apart become one: for what is no STDF stream, such as CSV datalogs of one lot.

The rules are those of joining streams: a test is itself by kind, number, name and pin, its first description stays and
limits that differ later stand in `part_limits`; retests are found anew over all parts, under the facts given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.bins import Told, bin_table
from corecar.formats.merged_yields import MergedParts, merge_parts
from corecar.lot import Choice, Identity, Int64Array, Lot, Results, UInt16Array
from corecar.tables import schema

TEST_IDENTITY = ("kind", "number", "name", "pin")
DESCRIBING = ("unit", "low_limit", "high_limit")
LIMITS = ("low_limit", "high_limit")


@dataclass(frozen=True)
class Piece:
    """One lot of a single run, read with `identity="none"`, and the columns of `runs` that stand otherwise.

    Its notes are said of the joined lot too.
    """

    lot: Lot
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class _Numbered:
    """The pieces in the order of testing: the row of `parts` for every part of each, the row of `tests` likewise."""

    lots: list[Lot]
    parts: list[Int64Array]
    tests: list[Int64Array]


def join_lots(pieces: Sequence[Piece], *, identity: Identity, choice: Choice) -> tuple[Lot, tuple[int, ...]]:
    """One lot, and which piece each row of its `runs` is.

    identity, choice  as `identity` and `retest` of `corecar.read`
    Raises            ArgumentError for an identity that the pieces cannot give
    """
    merged = _merged(pieces, identity, choice)
    order = [row["run"] for row in merged.runs]
    lots = [pieces[place].lot for place in order]
    described, tests = _tests(lots)
    numbered = _Numbered(lots, _new_parts(merged, pieces, order), tests)
    parts = _with(merged.parts, part=np.arange(merged.parts.num_rows), run=_placed(merged.parts["run"], order))
    parts = _as("parts", parts)
    results = _results(numbered, described.num_rows)
    repeats = _sorted("repeats", _renumbered("repeats", numbered), ("test", "part", "execution"))
    limits, changed = _part_limits(numbered, described)
    lot = Lot(
        runs=_as("runs", pa.Table.from_pylist([dict(row) | {"run": at} for at, row in enumerate(merged.runs)],
                                              schema("runs"))),
        parts=parts,
        tests=described,
        measurements=results,
        repeats=repeats,
        part_limits=limits,
        bins=bin_table(parts, merged.retests.identity, _told(lots)),
        wafers=_of_runs("wafers", numbered),
        texts=_of_runs("texts", numbered),
        sources=tuple(source for one in lots for source in one.sources),
        retests=merged.retests,
        notes=tuple(dict.fromkeys([*_order_note(order), *(note for one in lots for note in one.notes), *merged.notes,
                                   *_test_notes(repeats.num_rows, limits.num_rows, changed)])),
        units=merged.unit,
    )  # fmt: skip
    return lot, tuple(order)


def _merged(pieces: Sequence[Piece], identity: Identity, choice: Choice) -> MergedParts:
    """The parts of all pieces, numbered throughout as they were given, with their attempts found anew."""
    begins = _begins(pieces)
    rows = [piece.lot.runs.to_pylist()[0] | dict(piece.facts) | {"run": at} for at, piece in enumerate(pieces)]
    parts = pa.concat_tables(
        _with(_plain(piece.lot.parts), part=np.arange(begin, begin + piece.lot.parts.num_rows), run=at)
        for at, (piece, begin) in enumerate(zip(pieces, begins, strict=True))
    )
    texts = pa.concat_tables(
        _with(piece.lot.texts, run=at, part=pc.add(piece.lot.texts["part"], pa.scalar(begin, pa.uint32())))
        for at, (piece, begin) in enumerate(zip(pieces, begins, strict=True))
    )
    wafers = pa.concat_tables(_with(piece.lot.wafers, run=at) for at, piece in enumerate(pieces))
    passes = np.concatenate([_passes(piece, row) for piece, row in zip(pieces, rows, strict=True)])
    return merge_parts(parts, rows, texts=texts, wafers=wafers, passes=passes, identity=identity, retest=choice)


def _begins(pieces: Sequence[Piece]) -> list[int]:
    """The number of the first part of each piece."""
    counts = [piece.lot.parts.num_rows for piece in pieces]
    return [sum(counts[:at]) for at in range(len(counts))]


def _passes(piece: Piece, row: Mapping[str, Any]) -> UInt16Array:
    """The test pass of each part: of a datalog that counts attempts itself what it says, else the run's."""
    said = piece.lot.parts["attempt"].to_numpy()
    written = piece.lot.runs["test_pass"][0].as_py() or 1
    passes: UInt16Array = np.where(said == written, row["test_pass"] or 1, said).astype(np.uint16)
    return passes


def _new_parts(merged: MergedParts, pieces: Sequence[Piece], order: Sequence[int]) -> list[Int64Array]:
    """For each piece, in the order of testing, the new row of each of its parts."""
    given = merged.parts["part"].to_numpy()
    place = np.empty(len(given), np.int64)
    place[given] = np.arange(len(given))
    begins = _begins(pieces)
    return [place[begins[at] : begins[at] + pieces[at].lot.parts.num_rows] for at in order]


def _tests(lots: Sequence[Lot]) -> tuple[Any, list[Int64Array]]:
    """The `tests` table, and for each lot the row in it of each of its tests."""
    known: dict[tuple[Any, ...], int] = {}
    rows: list[dict[str, Any]] = []
    numbers = []
    for lot in lots:
        found = []
        for row in lot.tests.to_pylist():
            number = known.setdefault(tuple(row[name] for name in TEST_IDENTITY), len(known))
            if number == len(rows):
                rows.append(row | {"test": number})
            elif not _tells(rows[number]) and _tells(row):
                rows[number] = row | {"test": number}
            found.append(number)
        numbers.append(np.array(found, np.int64))
    return pa.Table.from_pylist(rows, schema("tests")), numbers


def _tells(row: Mapping[str, Any]) -> bool:
    return any(row[name] is not None for name in DESCRIBING)


def _results(numbered: _Numbered, tests: int) -> Results:
    results = [lot.measurements for lot in numbered.lots]
    test = np.concatenate([of[_test_of(one)] for one, of in zip(results, numbered.tests, strict=True)])
    part = np.concatenate([of[one.part] for one, of in zip(results, numbered.parts, strict=True)])
    order = np.lexsort((part, test))
    offsets = np.searchsorted(test[order], np.arange(tests + 1)).astype(np.int64)
    value, flags = (np.concatenate([getattr(one, name) for one in results])[order] for name in ("value", "flags"))
    return Results(offsets, part[order].astype(np.uint32), value, flags)


def _test_of(results: Results) -> Int64Array:
    return np.repeat(np.arange(len(results.offsets) - 1), np.diff(results.offsets))


def _part_limits(numbered: _Numbered, described: Any) -> tuple[Any, int]:
    """The `part_limits` table, and how many tests are described with other limits later."""
    kept = described.select(LIMITS).to_pylist()
    pieces = [_renumbered("part_limits", numbered)]
    changed: set[int] = set()
    for lot, parts, tests in zip(numbered.lots, numbered.parts, numbered.tests, strict=True):
        for own, (row, number) in enumerate(zip(lot.tests.to_pylist(), tests.tolist(), strict=True)):
            said = {name: row[name] for name in LIMITS}
            if _tells(row) and said != kept[number]:
                changed.add(number)
                pieces.append(_limit_rows(number, parts[lot.measurements.part[lot.measurements.of(own)]], 1, said))
                again = lot.repeats.filter(pc.equal(lot.repeats["test"], own))
                pieces.append(_limit_rows(number, parts[again["part"].to_numpy()], again["execution"], said))
    every = pa.concat_tables(pieces).combine_chunks()
    keys = np.stack([_whole(every[name]) for name in ("test", "part", "execution")])
    _, firsts = np.unique(keys, axis=1, return_index=True)
    return _sorted("part_limits", every.take(pa.array(firsts)), ("test", "part", "execution")), len(changed)


def _whole(column: Any) -> Int64Array:
    """A column of whole numbers; 0 where a row has none."""
    numbers: Int64Array = column.fill_null(0).to_numpy().astype(np.int64)
    return numbers


def _limit_rows(test: int, parts: Int64Array, execution: Any, said: Mapping[str, Any]) -> Any:
    """Rows of one test with the same limits. execution: of all, or a column of them."""
    executions = [execution] * len(parts) if isinstance(execution, int) else execution.to_numpy()
    columns: dict[str, Any] = {"test": [test] * len(parts), "part": parts, "execution": executions}
    columns |= {name: [said[name]] * len(parts) for name in LIMITS}
    wanted = schema("part_limits")
    return pa.Table.from_arrays([pa.array(columns[field.name], field.type) for field in wanted], schema=wanted)


def _renumbered(name: str, numbered: _Numbered) -> Any:
    """A table of all lots whose rows name a test and a part."""
    return pa.concat_tables(
        _as(name, _with(table, test=tests[table["test"].to_numpy()], part=parts[table["part"].to_numpy()]))
        for table, parts, tests in zip(
            (getattr(lot, name) for lot in numbered.lots), numbered.parts, numbered.tests, strict=True
        )
    )


def _of_runs(name: str, numbered: _Numbered) -> Any:
    """A table of all lots whose rows name a run, and perhaps a part."""
    pieces = []
    for run, (lot, parts) in enumerate(zip(numbered.lots, numbered.parts, strict=True)):
        table = _with(getattr(lot, name), run=run)
        if "part" in table.column_names:
            known = table["part"].is_valid().to_numpy()
            place = pa.array(parts[table["part"].fill_null(0).to_numpy()] if len(parts) else [], pa.uint32())
            table = _with(table, part=pc.if_else(pa.array(known), place, None)) if len(parts) else table
        pieces.append(_as(name, table))
    return pa.concat_tables(pieces).combine_chunks()


def _told(lots: Sequence[Lot]) -> dict[tuple[str, int], Told]:
    """What the files say of their bins, their counts added up."""
    told: dict[tuple[str, int], Told] = {}
    for row in _said_of_bins(lots):
        key = row["kind"], row["bin"]
        old = told.get(key, Told())
        counts = [count for count in (old.count, row["reported"]) if count is not None]
        passed = row["passed"] if old.passed is None else old.passed
        told[key] = Told(old.name or row["name"], passed, sum(counts) if counts else None)
    return told


def _said_of_bins(lots: Sequence[Lot]) -> Iterator[dict[str, Any]]:
    """Rows of `bins` that a file told; the others are only counts of its parts."""
    for lot in lots:
        yield from (row for row in lot.bins.to_pylist() if row["name"] is not None or row["reported"] is not None)


def _order_note(order: Sequence[int]) -> list[str]:
    moved = list(order) != sorted(order)
    return ["The files were put in the order of their retest pass and start time."] if moved else []


def _test_notes(repeats: int, limits: int, changed: int) -> list[str]:
    counts = (
        (repeats, "reading(s) repeat a test within a part; the first stands in results, the later ones in repeats."),
        (limits, "reading(s) were held against limits of their own; they stand in part_limits."),
        (
            changed,
            "test(s) are described with other limits later; the first stand in tests, the others in part_limits.",
        ),
    )
    return [f"{count} {what}" for count, what in counts if count]


def _placed(runs: Any, order: Sequence[int]) -> Int64Array:
    place = np.empty(len(order), np.int64)
    place[list(order)] = np.arange(len(order))
    found: Int64Array = place[runs.to_numpy()]
    return found


def _with(table: Any, **columns: Any) -> Any:
    """A table with some columns put in place of its own; a single number stands in every row."""
    for name, values in columns.items():
        field = table.schema.field(name)
        array = pa.array(np.full(table.num_rows, values)) if isinstance(values, int) else values
        array = array if isinstance(array, (pa.Array, pa.ChunkedArray)) else pa.array(array)
        table = table.set_column(table.column_names.index(name), field, array.cast(field.type))
    return table


def _plain(table: Any) -> Any:
    """Dictionaries as text, so that tables of different files fit together."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table


def _as(name: str, table: Any) -> Any:
    """A table under its own schema, in one piece."""
    wanted = schema(name)
    columns = [_dictionary(table[field.name], field) for field in wanted]
    return pa.Table.from_arrays(columns, schema=wanted)


def _dictionary(column: Any, field: Any) -> Any:
    one = column.combine_chunks()
    if pa.types.is_dictionary(field.type) and not pa.types.is_dictionary(one.type):
        return pc.dictionary_encode(one).cast(field.type)
    return one.cast(field.type)


def _sorted(name: str, table: Any, keys: Sequence[str]) -> Any:
    return _as(name, table.sort_by([(key, "ascending") for key in keys]))
