"""From scanned streams to one lot: runs, parts, tests, readings, bins, wafers and texts, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chip_identities import chip_identities
from corecar.formats.bins import Told, bin_table
from corecar.formats.retests import resolve
from corecar.formats.stdf.choosing import earlier_losses, runs_of
from corecar.formats.stdf.cold import added, reported_bins
from corecar.formats.stdf.footing import VENDOR, record_name
from corecar.formats.stdf.naming import Named, TestList, describe_tests, name_tests
from corecar.formats.stdf.own_limits import OwnLimits
from corecar.formats.stdf.parts import PartColumns
from corecar.formats.stdf.remarks import remark_table
from corecar.formats.stdf.runs import Run, Scanned
from corecar.formats.stdf.sorting import Batch, bytes_standing, give_back, sort_readings
from corecar.lot import Choice, Identity, Lot, Source, passed_from_flags
from corecar.tables import schema

ONLY_2007 = frozenset(("VUR", "PSR", "NMR", "CNR", "SSR", "CDR", "STR"))
"""Records that STDF V4-2007 added."""

FEW, LITTLE = 20_000, 1_000
"""Parts, and bytes of readings for each: the table of more parts with less each is a weight of its own, so that it is
not made while the readings still stand in memory twice.
"""


def join(scanned: list[Scanned], *, identity: Identity, choice: Choice, encoding: str | None) -> Lot:
    """One lot from the streams of its files; their readings are taken out of them on the way.

    Raises ArgumentError for an identity that the files cannot give.

    While the readings are gathered they stand in memory twice, so only what takes little is made beside that.
    """
    runs, notes = runs_of(scanned, [encoding] * len(scanned))
    return lot_of(runs, notes, identity=identity, choice=choice)


def lot_of(runs: list[Run], notes: list[str], *, identity: Identity, choice: Choice) -> Lot:
    """One lot from its runs, as `join`; `notes` is what there is to say of their choice and order."""
    tests = TestList()
    named = [name_tests(tests, run.stream, run.cold, run.encoding) for run in runs]
    batches = [Batch(run.stream.readings, names.tests, run.first_part) for run, names in zip(runs, named, strict=True)]
    with ThreadPoolExecutor(1) as pool:
        sorting = pool.submit(sort_readings, batches, len(tests))
        own_limits, limits = _own_limits(runs, tests, named), None
        remarks = remark_table(runs)
        columns = PartColumns(runs)
        if len(columns) > FEW and bytes_standing(batches) < LITTLE * len(columns):
            limits = own_limits.table(*sorting.result())
            give_back(batches)
        resolved = resolve(columns.attempts(runs, chip_identities(remarks, len(columns))), identity, choice)
        parts = columns.table(resolved.attempt, resolved.superseded)
        bins = bin_table(parts, resolved.report.identity, _told_bins(runs))
        test_table, run_table = tests.table(), _run_table(runs)
        wafers = _table("wafers", [row for run in runs for row in run.wafers])
        sources = tuple(_source(run) for run in runs)
        results, repeats = sorting.result()
    if limits is None:
        limits = own_limits.table(results, repeats)
    give_back(batches)
    return Lot(
        runs=run_table,
        parts=parts,
        tests=test_table,
        measurements=results,
        repeats=_repeat_table(repeats),
        part_limits=limits,
        bins=bins,
        wafers=wafers,
        texts=remarks,
        sources=sources,
        retests=resolved.report,
        notes=(
            *notes,
            *resolved.notes,
            *_test_notes(tests, len(repeats.test), limits.num_rows),
        ),
        units=resolved.unit,
    )


def _own_limits(runs: list[Run], tests: TestList, named: list[Named]) -> OwnLimits:
    """Describe the tests; what their records say otherwise of single parts or in later runs is collected."""
    own_limits = OwnLimits()
    for run, names in zip(runs, named, strict=True):
        own_limits.add_run(run, names, describe_tests(tests, names, run.stream, run.encoding))
    return own_limits


def _run_table(runs: list[Run]) -> Any:
    return _table("runs", [run.row | {"run": i, "source": run.stream.path} for i, run in enumerate(runs)])


def _table(name: str, rows: list[dict[str, Any]]) -> Any:
    columns = schema(name)
    return pa.Table.from_arrays(
        [pa.array([row.get(column) for row in rows], columns.field(column).type) for column in columns.names],
        schema=columns,
    )


def _repeat_table(repeats: Any) -> Any:
    return pa.Table.from_arrays(
        [*(pa.array(column) for column in repeats), passed_from_flags(repeats.flags)], schema=schema("repeats")
    )


def _told_bins(runs: list[Run]) -> dict[tuple[str, int], Told]:
    """What the runs say of their bins, their counts added up."""
    told: dict[tuple[str, int], Told] = {}
    for run in runs:
        for key, new in reported_bins(run.cold).items():
            old = told.get(key, Told())
            passed = old.passed if old.passed is not None else new.passed
            told[key] = Told(old.name or new.name, passed, added([old.count, new.count]))
    return told


def _source(run: Run) -> Source:
    stream = run.stream
    counts, known = stream.working.counts, stream.working.known
    met = np.flatnonzero(counts).tolist()
    names = {code: record_name(code) for code in met}
    odd = [f"{name} is no record of the specification; it was kept raw and counted."
           for code, name in names.items() if known[code] == VENDOR]  # fmt: skip
    missing = [f"The file has no {name}." for name in ("MIR", "MRR") if name not in run.cold]
    return Source(
        path=stream.path,
        bytes=run.scanned.size,
        compression=run.scanned.compression,
        format=run.scanned.format,
        endian=_byte_order(run),
        version="V4-2007" if ONLY_2007.intersection(names.values()) else "V4",
        salvaged=stream.salvaged,
        warnings=(*stream.warnings, *earlier_losses(run.cold), *missing, *odd, *_summary_warnings(run)),
        records={name: int(counts[code]) for code, name in names.items()},
    )


def _byte_order(run: Run) -> str | None:
    """The byte order of a stream's records; text has none."""
    if run.scanned.format != "STDF":
        return None
    return "big" if run.stream.big_endian else "little"


def _summary_warnings(run: Run) -> list[str]:
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
            f"{len(tests.changed)} test(s) are described with other limits later; the first stand in tests, the "
            "others in part_limits."
        )
    return notes
