"""From scanned streams to one lot: runs, parts, tests, readings, bins, wafers and texts, each once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.retests import Attempts, resolve
from corecar.formats.stdf import scan as kernel
from corecar.formats.stdf.cold import cold_tables, reported_bins, run_row, wafer_rows
from corecar.formats.stdf.locate import fetch_bytes
from corecar.formats.stdf.naming import TestList, add_tests
from corecar.formats.stdf.scanner import Stream, record_name
from corecar.formats.stdf.sorting import Batch, sort_readings
from corecar.formats.stdf.texts import LATIN1, NotUtf8, Speller
from corecar.lot import Choice, Identity, Lot, Source, passed_from_flags
from corecar.tables import schema

CHIP_FIELD = re.compile(r"ecid|chip[ _]?id|die[ _]?id|\buid\b", re.IGNORECASE)
"""GDR fields that announce a chip's own identity; what follows in the record is the identity."""


@dataclass(frozen=True)
class Scanned:
    """A stream and where it came from."""

    stream: Stream
    size: int
    compression: str | None


@dataclass
class _Run:
    scanned: Scanned
    cold: dict[str, Any]
    row: dict[str, Any]
    first_part: int
    parts: Any
    wafers: list[dict[str, Any]]

    @property
    def stream(self) -> Stream:
        return self.scanned.stream


def join(scanned: list[Scanned], *, identity: Identity, choice: Choice, encoding: str | None) -> Lot:
    """One lot from the streams of its files; their readings are taken out of them on the way.

    Raises ArgumentError for an identity that the files cannot give.
    """
    runs, notes = _runs(scanned, encoding)
    tests = TestList()
    mappings = [add_tests(tests, run.stream, run.cold, encoding) for run in runs]
    limits = _part_limits(runs, mappings)
    batches = [Batch(run.stream.blocks, map_, run.first_part) for run, map_ in zip(runs, mappings, strict=True)]
    results, repeats = sort_readings(batches, len(tests.rows))
    texts = _texts(runs)
    facts = _Parts(runs, encoding)
    resolved = resolve(facts.attempts(runs, texts), identity, choice)
    parts = facts.table(resolved.attempt, resolved.superseded)
    return Lot(
        runs=_run_table(runs),
        parts=parts,
        tests=tests.table(),
        measurements=results,
        repeats=_repeat_table(repeats),
        part_limits=limits,
        bins=_bin_table(runs, parts),
        wafers=_table("wafers", [row for run in runs for row in run.wafers]),
        texts=_table("texts", texts),
        sources=tuple(_source(run) for run in runs),
        retests=resolved.report,
        notes=(*notes, *resolved.notes, *_test_notes(tests, len(repeats.test), limits.num_rows)),
    )


def _runs(scanned: list[Scanned], encoding: str | None) -> tuple[list[_Run], list[str]]:
    """The streams in the order they were tested, each content once."""
    notes: list[str] = []
    kept: list[tuple[Scanned, dict[str, Any], dict[str, Any]]] = []
    seen: dict[tuple[Any, ...], str] = {}
    for one in scanned:
        print_ = _fingerprint(one.stream)
        if print_ in seen:
            notes.append(f"{one.stream.path} holds the same testing as {seen[print_]} and was left out.")
            continue
        seen[print_] = one.stream.path
        cold = cold_tables(one.stream, encoding)
        kept.append((one, cold, run_row(cold)))
    order = list(range(len(kept)))
    if all(row["start"] for _, _, row in kept):
        order.sort(key=lambda i: (kept[i][2]["test_pass"], kept[i][2]["start"]))
        if order != sorted(order):
            notes.append("The files were put in the order of their retest pass and start time.")
    runs: list[_Run] = []
    first_part = 0
    for place in order:
        one, cold, row = kept[place]
        parts = one.stream.working.parts[: one.stream.working.count(kernel.PARTS)]
        wafers = [wafer | {"run": len(runs)} for wafer in wafer_rows(cold)]
        runs.append(_Run(one, cold, row, first_part, parts, wafers))
        first_part += len(parts)
    return runs, notes


def _fingerprint(stream: Stream) -> tuple[Any, ...]:
    """Equal for streams of equal content, however they were compressed."""
    working = stream.working
    asides = working.asides[: working.count(kernel.ASIDES)]
    parts = working.parts[: working.count(kernel.PARTS)]
    readings = tuple(hash(block.value[: block.rows].tobytes()) for block in stream.blocks[:1])
    arena = hash(working.arena[: working.count(kernel.ARENA)].tobytes())
    return working.count(kernel.SEQUENCE), len(asides), len(parts), arena, readings, hash(parts["offset"].tobytes())


def _run_table(runs: list[_Run]) -> Any:
    return _table("runs", [run.row | {"run": i, "source": run.stream.path} for i, run in enumerate(runs)])


def _table(name: str, rows: list[dict[str, Any]]) -> Any:
    columns = schema(name)
    return pa.Table.from_arrays(
        [pa.array([row.get(column) for row in rows], columns.field(column).type) for column in columns.names],
        schema=columns,
    )


class _Parts:
    """The parts of all runs as columns."""

    def __init__(self, runs: list[_Run], encoding: str | None) -> None:
        self.rows: Any = np.concatenate([run.parts for run in runs])
        self.run = np.repeat(np.arange(len(runs), dtype=np.uint32), [len(run.parts) for run in runs])
        self.part_id, self.part_text = (
            pa.concat_arrays([_texts_of(run, which, encoding) for run in runs]) for which in ("id", "text")
        )
        self.wafer_row, self.wafer_names = _wafers_of_parts(runs, len(self.rows))
        self.closed = self.rows["state"] == kernel.CLOSED
        self.complete = self.closed & ((self.rows["flags"] & 0x04) == 0)

    def attempts(self, runs: list[_Run], texts: list[dict[str, Any]]) -> Attempts:
        flags = self.rows["flags"]
        return Attempts(
            group=self._groups(runs),
            on_wafer=self.wafer_row >= 0,
            x=self.rows["x"],
            y=self.rows["y"],
            flags=flags,
            complete=self.complete,
            passed=self.closed & ((flags & 0x18) == 0),
            part_id=self.part_id,
            part_text=self.part_text,
            ecid=_chip_identities(texts, len(self.rows)),
            test_pass=np.array([run.row["test_pass"] for run in runs], np.uint16)[self.run],
            run=self.run,
        )

    def _groups(self, runs: list[_Run]) -> npt.NDArray[np.int64]:
        """Lot, stage, temperature and wafer; a wafer without a name is one of its own."""
        codes: dict[tuple[Any, ...], int] = {}
        keys = [
            tuple(run.row[name] for name in ("lot", "product", "stage", "test_code", "temperature")) for run in runs
        ]
        pairs = np.stack([self.run.astype(np.int64), self.wafer_row], axis=1)
        found, inverse = np.unique(pairs, axis=0, return_inverse=True) if len(pairs) else (pairs, pairs[:, 0])
        group = []
        for run, wafer in found.tolist():
            name = self.wafer_names[wafer] if wafer >= 0 else None
            where = (name,) if name is not None else (None, wafer if wafer >= 0 else -1)
            group.append(codes.setdefault((*keys[run], *where), len(codes)))
        return np.array(group, np.int64)[inverse.ravel()]

    def table(self, attempt: Any, superseded: Any) -> Any:
        rows, flags, columns = self.rows, self.rows["flags"], schema("parts")
        closed = self.closed
        wafer = pa.DictionaryArray.from_arrays(*_dictionary(self.wafer_row, self.wafer_names))
        arrays = {
            "part": pa.array(np.arange(len(rows), dtype=np.uint32)),
            "run": pa.array(self.run),
            "wafer": wafer,
            "x": pa.array(rows["x"].copy(), mask=rows["x"] == -32768),
            "y": pa.array(rows["y"].copy(), mask=rows["y"] == -32768),
            "part_id": self.part_id,
            "part_text": self.part_text,
            "head": pa.array(rows["head"].copy()),
            "site": pa.array(rows["site"].copy()),
            "hard_bin": pa.array(rows["hard_bin"].copy(), mask=~closed | (rows["hard_bin"] == 65535)),
            "soft_bin": pa.array(rows["soft_bin"].copy(), mask=~closed | (rows["soft_bin"] == 65535)),
            "passed": pa.array((flags & 0x08) == 0, mask=~closed | ((flags & 0x10) != 0)),
            "attempt": pa.array(attempt),
            "superseded": pa.array(superseded),
            "incomplete": pa.array(~self.complete),
            "test_time_ms": pa.array(rows["time"].copy(), mask=rows["time"] == 0),
            "test_count": pa.array(rows["test_count"].copy()),
            "flags": pa.array(flags.copy()),
        }
        return pa.Table.from_arrays([arrays[name] for name in columns.names], schema=columns)


def _texts_of(run: _Run, which: str, encoding: str | None) -> Any:
    """PART_ID or PART_TXT of each part of a run as Arrow text, without padding; null where empty."""
    ends = np.zeros(len(run.parts) + 1, np.int64)
    np.cumsum(run.parts[f"{which}_length"], out=ends[1:])
    data = np.empty(int(ends[-1]), np.uint8)
    fetch_bytes(run.stream.working.arena, run.parts[f"{which}_at"].copy(), ends, data)
    try:
        spelled, _ = Speller(encoding).spell(data, ends, None)
    except NotUtf8:
        spelled, _ = Speller(LATIN1).spell(data, ends, None)
    trimmed = pc.utf8_trim(spelled, characters="\0 ")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _wafers_of_parts(runs: list[_Run], parts: int) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    """For each part the row of its wafer, or -1, and the wafers' names by row."""
    row_of = np.full(parts, -1, np.int64)
    names: list[str | None] = []
    for run in runs:
        head = run.parts["head"]
        heads = {wafer["head"] for wafer in run.wafers}
        for wafer in run.wafers:
            stop = wafer["_to"] if wafer["_to"] is not None else len(run.parts)
            span = np.arange(wafer["_from"], max(stop, wafer["_from"]))
            if len(heads) > 1:
                span = span[head[span] == wafer["head"]]
            row_of[span + run.first_part] = len(names)
            names.append(wafer["wafer"])
    return row_of, names


def _dictionary(row_of: npt.NDArray[np.int64], names: list[str | None]) -> tuple[Any, Any]:
    distinct = list(dict.fromkeys(name for name in names if name is not None))
    code = {name: place for place, name in enumerate(distinct)}
    of_row = np.array([code[name] if name is not None else -1 for name in names] + [-1], np.int32)
    codes = of_row[row_of]
    return pa.array(codes, mask=codes < 0), pa.array(distinct, pa.string())


def _part_limits(runs: list[_Run], mappings: list[npt.NDArray[np.uint32]]) -> Any:
    """Limits that a part was held against and that are not its test's; of a multiple-result test, for each pin."""
    pieces = []
    for run, mapping in zip(runs, mappings, strict=True):
        working = run.stream.working
        rows = working.limits[: working.count(kernel.LIMITS)]
        tests = working.tests
        multiple = tests["kind"][rows["test"]] == kernel.MULTIPLE
        times = np.where(multiple, np.maximum(tests["children"][rows["test"]], 0), 1)
        first = np.where(multiple, tests["child"][rows["test"]], rows["test"].astype(np.int64))
        repeated = np.repeat(rows, times)
        step = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
        pieces.append((mapping[np.repeat(first, times) + step], repeated["part"] + np.uint32(run.first_part), repeated))
    columns = schema("part_limits")
    if not pieces:
        return columns.empty_table()
    rows = np.concatenate([piece[2] for piece in pieces])
    test, part = (np.concatenate([piece[i] for piece in pieces]) for i in (0, 1))
    low, high = rows["low"].view(np.float32), rows["high"].view(np.float32)
    masks = [
        (rows[f"{side}_state"] != kernel.LIMIT_GIVEN) | np.isnan(values)
        for side, values in (("low", low), ("high", high))
    ]
    arrays = [pa.array(test), pa.array(part), pa.array(low, mask=masks[0]), pa.array(high, mask=masks[1])]
    return pa.Table.from_arrays(arrays, schema=columns).sort_by([("test", "ascending"), ("part", "ascending")])


def _repeat_table(repeats: Any) -> Any:
    return pa.Table.from_arrays(
        [*(pa.array(column) for column in repeats), passed_from_flags(repeats.flags)], schema=schema("repeats")
    )


def _bin_table(runs: list[_Run], parts: Any) -> Any:
    """Counted and reported bins side by side."""
    reported: dict[tuple[str, int], dict[str, Any]] = {}
    for run in runs:
        for key, entry in reported_bins(run.cold).items():
            known = reported.setdefault(key, {"name": None, "passed": None, "count": None})
            known["name"] = known["name"] or entry["name"]
            known["passed"] = entry["passed"] if known["passed"] is None else known["passed"]
            total = entry["sum"] if entry["sum"] is not None else entry["sites"]
            if total is not None:
                known["count"] = (known["count"] or 0) + total
    complete = ~parts["incomplete"].to_numpy()
    first = complete & (parts["attempt"].to_numpy() == 1)
    final = complete & ~parts["superseded"].to_numpy()
    rows = []
    for kind in ("hard", "soft"):
        numbers = _filled(parts, kind)
        counts = {
            which: np.bincount(numbers[mask], minlength=65536) for which, mask in (("first", first), ("final", final))
        }
        verdicts = _verdicts(parts, numbers)
        met = set(np.unique(numbers[complete]).tolist()) - {65535}
        for number in sorted(met | {key[1] for key in reported if key[0] == kind}):
            told = reported.get((kind, number), {"name": None, "passed": None, "count": None})
            passed = told["passed"] if told["passed"] is not None else verdicts.get(number)
            rows.append(
                {
                    "kind": kind, "bin": number, "name": told["name"], "passed": passed,
                    "first": int(counts["first"][number]), "final": int(counts["final"][number]),
                    "reported": told["count"],
                }
            )  # fmt: skip
    return _table("bins", rows)


def _filled(parts: Any, kind: str) -> npt.NDArray[np.uint16]:
    numbers: npt.NDArray[np.uint16] = parts[f"{kind}_bin"].fill_null(65535).to_numpy()
    return numbers


def _verdicts(parts: Any, numbers: npt.NDArray[np.uint16]) -> dict[int, bool]:
    """Pass or fail of a bin whose parts all agree."""
    known = parts["passed"].is_valid().to_numpy()
    passed = parts["passed"].fill_null(False).to_numpy()
    good, bad = set(numbers[known & passed].tolist()), set(numbers[known & ~passed].tolist())
    return {number: number in good for number in good ^ bad}


def _texts(runs: list[_Run]) -> list[dict[str, Any]]:
    """DTR and GDR of all runs, in the order of the files."""
    found = []
    for place, run in enumerate(runs):
        rows = []
        for kind in ("DTR", "GDR"):
            for row in run.cold[kind].to_pylist() if kind in run.cold else []:
                begun = row["_parts"]
                said = row.get("TEXT_DAT") if kind == "DTR" else _fields(row.get("GEN_DATA"))
                rows.append(
                    {
                        "run": place, "sequence": row["_sequence"], "offset": row["_offset"], "kind": kind,
                        "part": run.first_part + begun - 1 if begun else None, "text": said,
                    }
                )  # fmt: skip
        found += sorted(rows, key=lambda row: row["sequence"])
    return found


def _fields(fields: list[dict[str, str]] | None) -> str:
    return "|".join(field["value"] for field in fields or [] if field["code"] != "B0")


def _chip_identities(texts: list[dict[str, Any]], parts: int) -> Any:
    """The chip identity that a GDR tells of the part before it, or None when no GDR does."""
    found: list[str | None] = [None] * (parts if texts else 0)
    for row in texts:
        if row["kind"] == "GDR" and row["part"] is not None and row["text"]:
            name, _, value = row["text"].partition("|")
            if value and CHIP_FIELD.search(name):
                found[row["part"]] = value
    return pa.array(found, pa.string()) if any(found) else None


def _source(run: _Run) -> Source:
    stream = run.stream
    counts = stream.working.counts
    odd = [f"{record_name(int(code))} is no record of the specification; it was kept raw and counted."
           for code in np.flatnonzero(counts) if stream.working.known[code] == 2]  # fmt: skip
    missing = [f"The file has no {name}." for name in ("MIR", "MRR") if name not in run.cold]
    return Source(
        path=stream.path,
        bytes=run.scanned.size,
        compression=run.scanned.compression,
        format="STDF",
        endian="big" if stream.big_endian else "little",
        version="V4-2007" if _is_2007(run) else "V4",
        salvaged=stream.salvaged,
        warnings=(*stream.warnings, *missing, *odd, *_summary_warnings(run)),
        records={record_name(int(code)): int(counts[code]) for code in np.flatnonzero(counts)},
    )


def _is_2007(run: _Run) -> bool:
    names = {record_name(int(code)) for code in np.flatnonzero(run.stream.working.counts)}
    return bool(names & {"VUR", "PSR", "NMR", "CNR", "SSR", "CDR", "STR"})


def _summary_warnings(run: _Run) -> list[str]:
    """Where the tester's own count of parts and ours differ; both are kept."""
    table = run.cold.get("WRR")
    if table is None:
        return []
    warnings = []
    for wafer in run.wafers:
        stop = wafer["_to"] if wafer["_to"] is not None else len(run.parts)
        counted, told = stop - wafer["_from"], wafer["reported_parts"]
        if told is not None and told != counted and len({row["head"] for row in run.wafers}) == 1:
            warnings.append(f"Wafer {wafer['wafer']}: WRR counts {told} parts, the file holds {counted}.")
    return warnings


def _test_notes(tests: TestList, repeats: int, limits: int) -> list[str]:
    notes = []
    if repeats:
        notes.append(
            f"{repeats} reading(s) repeat a test within a part; the first stands in results, the later ones in repeats."
        )
    if limits:
        notes.append(f"{limits} reading(s) were held against limits of their own; they stand in part_limits.")
    if tests.changed:
        notes.append(
            f"{len(tests.changed)} test(s) have other limits in a later file; the first file's limits stand in tests."
        )
    return notes
